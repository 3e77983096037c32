//! Words that no engine's source may contain.
//!
//! This is the coarse second guard behind the engines' `clippy.toml`: clippy sees through
//! imports and renames, but knows no macros and only whole paths.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::Violation;
use super::rules::Rules;

/// Searches the sources of one engine.
pub fn check(rules: &Rules, root: &Path, folder: &str) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    check_folder(rules, root, &format!("{folder}/src"), &mut violations)?;
    Ok(violations)
}

fn check_folder(rules: &Rules, root: &Path, folder: &str, violations: &mut Vec<Violation>) -> Result<()> {
    let mut entries: Vec<_> = fs::read_dir(root.join(folder))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let file = format!("{folder}/{name}");
        if entry.path().is_dir() && name != "tests" {
            check_folder(rules, root, &file, violations)?;
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(entry.path())?;
            violations.extend(check_text(rules, &file, &text));
        }
    }
    Ok(())
}

fn check_text(rules: &Rules, file: &str, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (line, code) in code_lines(text) {
        for (word, instead) in &rules.forbidden_words {
            if contains_word(code, word) {
                violations.push(Violation { file: file.to_string(), line, message: format!("an engine must not use `{word}`; {instead}") });
            }
        }
    }
    violations
}

/// Returns the lines of a source, counted from 1, without comments and tests.
///
/// A test is the item after `#[cfg(test)]`: to its closing brace, which rustfmt puts at the
/// item's own indentation, or to its end when it has no braces (`mod tests;`).
fn code_lines(text: &str) -> Vec<(usize, &str)> {
    let mut lines = text.lines().enumerate();
    let mut code = Vec::new();
    while let Some((index, line)) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            skip_item(&mut lines);
        } else {
            code.push((index + 1, without_comment(line)));
        }
    }
    code
}

fn skip_item<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>) {
    let mut closing = None;
    for (_, line) in lines {
        let indentation = &line[..line.len() - line.trim_start().len()];
        match &closing {
            None if line.trim_end().ends_with(';') => return,
            None if line.trim_end().ends_with('{') => closing = Some(format!("{indentation}}}")),
            Some(closing) if line.trim_end() == closing => return,
            _ => {}
        }
    }
}

fn without_comment(line: &str) -> &str {
    line.split("//").next().expect("a split has a first part")
}

/// `operand::new` does not contain the word `rand::`.
fn contains_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::HOUSE;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let rules = Rules::parse(HOUSE).unwrap();
        let violations = check_text(&rules, "lib.rs", text);
        violations.iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_forbidden_word_is_found_with_its_line() {
        assert_eq!(lines("fn a() {}\nuse std::net::{IpAddr, UdpSocket};\n"), [2]);
    }

    #[test]
    fn comments_may_speak_of_anything() {
        assert!(lines("/// Unlike a UdpSocket, this blocks nobody.\nlet a = 1; // rand::\n").is_empty());
    }

    #[test]
    fn part_of_a_longer_word_is_another_word() {
        assert!(lines("operand::new();\n").is_empty());
    }

    #[test]
    fn tests_may_use_anything_and_code_after_them_may_not() {
        let text = "\
#[cfg(test)]
mod tests {
    fn a() {
        UdpSocket::bind();
    }
}
fn b() {
    UdpSocket::bind();
}
#[cfg(test)]
mod more;
use rand::Rng;
";
        assert_eq!(lines(text), [8, 12]);
    }
}
