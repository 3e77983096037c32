//! `cargo xtask dist`: what a release consists of, under `dist` in the target directory.
//!
//! The program, its man pages, its shell completions, the licences, and the SHA-256 sums of all.

use std::env::consts::EXE_SUFFIX;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{paths, process};

const SUMS: &str = "SHA256SUMS";

pub fn command(arguments: &[String]) -> Result<()> {
    crate::expect_no_arguments("dist", arguments)?;
    let target = paths::target_dir()?;
    let dist = empty_folder(target.join("dist"))?;
    let program = format!("roundsman{EXE_SUFFIX}");

    process::run(&mut process::cargo("build --release -p cli")?)?;
    fs::copy(target.join("release").join(&program), dist.join(&program))?;
    copy_documents(&dist)?;
    // The program writes its own man pages and completions, so they cannot disagree with it.
    process::run(process::program(dist.join(&program))?.arg("generate").arg(&dist))?;

    let sums = sums(&dist)?;
    fs::write(dist.join(SUMS), &sums)?;
    print!("{sums}");
    println!("release in {}", dist.display());
    Ok(())
}

fn empty_folder(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn copy_documents(dist: &Path) -> Result<()> {
    let root = paths::root()?;
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
        fs::copy(root.join(name), dist.join(name)).with_context(|| name.to_string())?;
    }
    Ok(())
}

/// Returns the sums in the form that `sha256sum --check` reads, ordered by name.
fn sums(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect_files(folder, &mut files)?;
    files.sort();
    let mut sums = String::new();
    for file in files {
        let sum = Sha256::digest(fs::read(&file)?);
        for octet in sum {
            write!(sums, "{octet:02x}")?;
        }
        let name = file.strip_prefix(folder)?.to_string_lossy();
        writeln!(sums, "  {}", name.replace('\\', "/"))?;
    }
    Ok(sums)
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_files(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
