//! What a crate's `Cargo.toml` imports.
//!
//! Looks at dependencies and build dependencies, for every target.
//! Dev-dependencies are left alone on purpose: tests of a low crate may stand on a higher one
//! (an engine is tested against simulated printers), cargo allows it, and nothing of it is
//! built into a program.

use std::ops::Range;

use anyhow::Result;
use toml::de::{DeTable, DeValue};

use super::rules::Rules;
use super::{RULES, Violation, line_of};

/// One dependency: the crate's own name, and where the manifest names it.
struct Import {
    name: String,
    span: Range<usize>,
}

/// Compares one manifest with the rules.
pub fn check(rules: &Rules, importer: &str, file: &str, text: &str) -> Result<Vec<Violation>> {
    let violations = imports(text)?
        .into_iter()
        .filter_map(|import| {
            Some(Violation {
                file: file.to_string(),
                line: line_of(text, import.span.start),
                message: objection(rules, importer, &import.name)?,
            })
        })
        .collect();
    Ok(violations)
}

fn objection(rules: &Rules, importer: &str, imported: &str) -> Option<String> {
    if rules.is_ours(imported) {
        let allowed = rules.refuses(importer, imported)?;
        return Some(format!(
            "{importer} imports {imported} but may import {allowed}; move what it needs into a \
             lower crate, or change {RULES} and say why in an ADR"
        ));
    }
    let forbidden = rules.engines.contains(importer) && rules.forbidden_dependencies.contains(imported);
    forbidden.then(|| {
        format!(
            "{importer} is an engine and imports {imported}; input, output, clocks and chance \
             are the programs' business: take values and return values"
        )
    })
}

fn imports(text: &str) -> Result<Vec<Import>> {
    let manifest = DeTable::parse(text)?;
    let manifest = manifest.get_ref();
    let mut imports = Vec::new();
    add_imports(manifest, &mut imports);
    if let Some(targets) = subtable(manifest, "target") {
        for target in targets.values() {
            if let Some(target) = target.get_ref().as_table() {
                add_imports(target, &mut imports);
            }
        }
    }
    imports.sort_by_key(|import| import.span.start);
    Ok(imports)
}

fn add_imports(table: &DeTable, imports: &mut Vec<Import>) {
    for kind in ["dependencies", "build-dependencies"] {
        let Some(dependencies) = subtable(table, kind) else {
            continue;
        };
        for (name, details) in dependencies {
            imports.push(Import { name: own_name(name.get_ref(), details.get_ref()), span: name.span() });
        }
    }
}

/// A dependency may be renamed: `net = { package = "netio" }` imports `netio`.
fn own_name(name: &str, details: &DeValue) -> String {
    let package = details.as_table().and_then(|details| details.get("package")).and_then(|package| package.get_ref().as_str());
    package.unwrap_or(name).to_string()
}

fn subtable<'a>(table: &'a DeTable<'a>, key: &str) -> Option<&'a DeTable<'a>> {
    table.get(key)?.get_ref().as_table()
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::HOUSE;
    use super::*;

    fn lines(importer: &str, manifest: &str) -> Vec<String> {
        let rules = Rules::parse(HOUSE).unwrap();
        let violations = check(&rules, importer, "Cargo.toml", manifest).unwrap();
        violations.iter().map(Violation::to_string).collect()
    }

    #[test]
    fn an_import_that_points_up_is_named_with_its_line() {
        let manifest = "[package]\nname = 'floor'\n\n[dependencies]\nserde = '1'\nwall.workspace = true\n";
        let lines = lines("floor", manifest);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("Cargo.toml:6: floor imports wall but may import none"));
    }

    #[test]
    fn imports_of_one_target_and_renamed_imports_count() {
        let manifest = "[target.'cfg(unix)'.dependencies]\nup = { package = 'roof' }\n";
        assert!(lines("wall", manifest)[0].starts_with("Cargo.toml:2: wall imports roof"));
    }

    #[test]
    fn a_table_of_its_own_counts_like_a_line() {
        let manifest = "[dependencies.roof]\npath = '../roof'\n";
        assert!(lines("wall", manifest)[0].starts_with("Cargo.toml:1: wall imports roof"));
    }

    #[test]
    fn tests_may_import_anything() {
        assert!(lines("floor", "[dev-dependencies]\nroof.workspace = true\n").is_empty());
    }

    #[test]
    fn an_engine_may_not_bring_a_socket_in_by_the_back_door() {
        let manifest = "[dependencies]\nsocket2.workspace = true\n";
        assert!(lines("wall", manifest)[0].contains("wall is an engine and imports socket2"));
        assert!(lines("roof", manifest).is_empty());
    }
}
