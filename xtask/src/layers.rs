//! `cargo xtask layers`: imports go down only, and engines do no I/O.
//!
//! Reads `layers.toml` and compares it with what the crates say and do:
//! [`manifest`] looks at their `Cargo.toml`, [`sources`] at the words in the engines' sources,
//! [`memory`] at the engines' `clippy.toml`.
//! Every violation is listed with its place and what to do about it, not just the first.

mod manifest;
mod memory;
mod rules;
mod sources;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::paths;
use rules::Rules;

/// The rules' own file, as violations name it.
const RULES: &str = "layers.toml";

/// One broken rule: where, what is wrong, and what to do.
#[derive(Debug, PartialEq)]
pub struct Violation {
    /// Relative to the root of the repository.
    file: String,
    /// Counted from 1.
    line: usize,
    message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { file, line, message } = self;
        write!(formatter, "{file}:{line}: {message}")
    }
}

pub fn command(arguments: &[String]) -> Result<()> {
    crate::expect_no_arguments("layers", arguments)?;
    check()
}

/// Checks the whole house and fails when one rule is broken.
pub fn check() -> Result<()> {
    let root = paths::root()?;
    let text = fs::read_to_string(root.join(RULES)).context(RULES)?;
    let rules = Rules::parse(&text).context(RULES)?;
    let folders = folders(&root)?;

    let mut violations = rules.check_order();
    violations.extend(rules.check_names(&folders));
    for (name, folder) in &folders {
        let text = fs::read_to_string(root.join(folder).join("Cargo.toml"))?;
        let file = format!("{folder}/Cargo.toml");
        violations.extend(manifest::check(&rules, name, &file, &text).context(file)?);
    }
    for engine in &rules.engines {
        let Some(folder) = folders.get(engine) else {
            continue;
        };
        violations.extend(sources::check(&rules, &root, folder)?);
        violations.extend(memory::check(&root, folder)?);
    }
    conclude(&folders, &violations)
}

fn conclude(folders: &BTreeMap<String, String>, violations: &[Violation]) -> Result<()> {
    if violations.is_empty() {
        println!("{} crates keep to {RULES}", folders.len());
        return Ok(());
    }
    for violation in violations {
        eprintln!("{violation}");
    }
    bail!("{} violations of {RULES}", violations.len());
}

/// Returns the folder of every crate of ours by the crate's name.
fn folders(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut folders = BTreeMap::from([("xtask".to_string(), "xtask".to_string())]);
    for entry in fs::read_dir(root.join("crates"))? {
        let path: PathBuf = entry?.path();
        if path.join("Cargo.toml").is_file() {
            let name = path.file_name().expect("an entry of a folder has a name").to_string_lossy().into_owned();
            folders.insert(name.clone(), format!("crates/{name}"));
        }
    }
    Ok(folders)
}

/// Returns the line, counted from 1, on which an octet of a text stands.
fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}
