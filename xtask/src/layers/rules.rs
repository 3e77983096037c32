//! The rules that `layers.toml` states.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{RULES, Violation, line_of};

/// Written instead of a list of names by a crate that may import any other.
const ANYTHING: &str = "*";

/// `layers.toml`, read.
pub struct Rules {
    /// In the order of the file, which is the order of the house from the ground up.
    rows: Vec<Row>,
    /// Crates that do no input or output.
    pub engines: BTreeSet<String>,
    /// Other people's crates that no engine may use.
    pub forbidden_dependencies: BTreeSet<String>,
    /// Words that no engine may contain, each with what to do instead.
    pub forbidden_words: BTreeMap<String, String>,
}

struct Row {
    name: String,
    line: usize,
    may_import: BTreeSet<String>,
}

impl Rules {
    /// Reads the text of `layers.toml`.
    pub fn parse(text: &str) -> Result<Self> {
        let document = DeTable::parse(text)?;
        let document = document.get_ref();
        let engines = table(document, "engines")?;
        Ok(Self {
            rows: rows(table(document, "imports")?, text)?,
            engines: names(value(engines, "crates")?)?,
            forbidden_dependencies: names(value(engines, "forbidden-dependencies")?)?,
            forbidden_words: words(table(engines, "forbidden-words")?)?,
        })
    }

    /// Returns whether the file has a row for this crate.
    pub fn is_ours(&self, name: &str) -> bool {
        self.row(name).is_some()
    }

    /// Returns what a crate may import, as a phrase, when it may *not* import the other.
    pub fn refuses(&self, importer: &str, imported: &str) -> Option<String> {
        let row = self.row(importer)?;
        let allowed = &row.may_import;
        if allowed.contains(ANYTHING) || allowed.contains(imported) {
            return None;
        }
        let names: Vec<&str> = allowed.iter().map(String::as_str).collect();
        Some(match names.as_slice() {
            [] => "none of ours".to_string(),
            names => format!("only {}", names.join(", ")),
        })
    }

    /// A row names only crates of rows above it; otherwise imports could run in a circle.
    pub fn check_order(&self) -> Vec<Violation> {
        let mut above = BTreeSet::from([ANYTHING]);
        let mut violations = Vec::new();
        for row in &self.rows {
            for name in &row.may_import {
                if !above.contains(name.as_str()) {
                    violations.push(row.violation(format!(
                        "{} may not import {name}, which does not stand above it in this file; \
                         imports go down only: move what both need into a lower crate",
                        row.name
                    )));
                }
            }
            above.insert(&row.name);
        }
        violations
    }

    /// Rows, engines and folders name the same crates.
    pub fn check_names(&self, folders: &BTreeMap<String, String>) -> Vec<Violation> {
        let gone = self
            .rows
            .iter()
            .filter(|row| !folders.contains_key(&row.name))
            .map(|row| row.violation(format!("there is no crate {}; remove the row", row.name)));
        let unlisted = folders.iter().filter(|(name, _)| !self.is_ours(name)).map(|(name, folder)| Violation {
            file: format!("{folder}/Cargo.toml"),
            line: 1,
            message: format!("crate {name} has no row in {RULES}; add one that says what it may import"),
        });
        let unknown_engines = self.engines.iter().filter(|name| !folders.contains_key(*name)).map(|name| Violation {
            file: RULES.to_string(),
            line: 1,
            message: format!("engines.crates names {name}, which is no crate; remove it"),
        });
        gone.chain(unlisted).chain(unknown_engines).collect()
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

impl Row {
    fn violation(&self, message: String) -> Violation {
        Violation { file: RULES.to_string(), line: self.line, message }
    }
}

fn rows(imports: &DeTable, text: &str) -> Result<Vec<Row>> {
    let mut imports: Vec<_> = imports.iter().collect();
    imports.sort_by_key(|(name, _)| name.span().start);
    imports
        .into_iter()
        .map(|(name, may_import)| {
            Ok(Row {
                name: name.get_ref().to_string(),
                line: line_of(text, name.span().start),
                may_import: names(may_import.get_ref()).context(name.get_ref().to_string())?,
            })
        })
        .collect()
}

fn words(table: &DeTable) -> Result<BTreeMap<String, String>> {
    table
        .iter()
        .map(|(word, instead)| {
            let instead = instead.get_ref().as_str();
            let instead = instead.with_context(|| format!("{}: expected text", word.get_ref()))?;
            Ok((word.get_ref().to_string(), instead.to_string()))
        })
        .collect()
}

fn names(value: &DeValue) -> Result<BTreeSet<String>> {
    let names = value.as_array().context("expected a list of names")?;
    names
        .iter()
        .map(|name: &Spanned<DeValue>| {
            let name = name.get_ref().as_str();
            Ok(name.context("expected a name in quotes")?.to_string())
        })
        .collect()
}

fn table<'a>(table: &'a DeTable<'a>, key: &str) -> Result<&'a DeTable<'a>> {
    let value = value(table, key)?;
    value.as_table().with_context(|| format!("{key}: expected a table"))
}

fn value<'a>(table: &'a DeTable<'a>, key: &str) -> Result<&'a DeValue<'a>> {
    let value = table.get(key).with_context(|| format!("{key} is missing"))?;
    Ok(value.get_ref())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A small house: a roof that may import anything, a wall on a floor.
    pub const HOUSE: &str = r#"
[imports]
floor = []
wall = ["floor"]
roof = ["*"]

[engines]
crates = ["floor", "wall"]
forbidden-dependencies = ["socket2"]
[engines.forbidden-words]
"UdpSocket" = "return what is to be sent"
"rand::" = "take a seed"
"#;

    #[test]
    fn a_crate_imports_what_its_row_names_and_nothing_else() {
        let rules = Rules::parse(HOUSE).unwrap();
        assert_eq!(rules.refuses("wall", "floor"), None);
        assert_eq!(rules.refuses("roof", "wall"), None);
        assert_eq!(rules.refuses("floor", "wall").unwrap(), "none of ours");
        assert_eq!(rules.refuses("wall", "roof").unwrap(), "only floor");
    }

    #[test]
    fn a_row_that_points_up_is_named_with_its_line() {
        let upward = HOUSE.replace("floor = []", "floor = [\"wall\"]");
        let violations = Rules::parse(&upward).unwrap().check_order();
        assert_eq!(violations.len(), 1);
        assert!(violations[0].to_string().starts_with("layers.toml:3: floor"));
        assert!(Rules::parse(HOUSE).unwrap().check_order().is_empty());
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_both_named() {
        let folders = ["floor", "wall", "shed"].map(|name| (name.into(), format!("crates/{name}")));
        let violations = Rules::parse(HOUSE).unwrap().check_names(&folders.into());
        let lines: Vec<String> = violations.iter().map(Violation::to_string).collect();
        assert!(lines[0].starts_with("layers.toml:5: there is no crate roof"));
        assert!(lines[1].starts_with("crates/shed/Cargo.toml:1: crate shed has no row"));
        assert_eq!(lines.len(), 2);
    }
}
