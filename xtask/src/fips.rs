//! `cargo xtask fips`: the workspace with the lock file of the validated set.
//!
//! Cargo reads one lock file a workspace, and can be told another only by its nightly. So the workspace is
//! laid out once more below the target directory, as links to the real files, with `Cargo.fips.lock` in the
//! place of its lock file.
//!
//! Start reading at [`steps`].

mod symbols;
mod tree;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::needs::{self, Provided};
use crate::test::{Step, call, run, with_tools};
use crate::{paths, process};

/// The lock file of the validated set.
const LOCK: &str = "Cargo.fips.lock";

/// What makes the set the validated one, in the order in which the lock file can be brought to it.
///
/// The module of certificates 5298 and 5314 is in aws-lc-fips-sys 0.13; the newer releases of the others
/// demand a module that is not validated yet.
const PINS: &[(&str, &str)] =
    &[("rcgen", "0.14.9"), ("rustls", "0.23.43"), ("rustls-webpki", "0.103.13"), ("aws-lc-rs", "1.17.4"), (MODULE.0, MODULE.1)];

/// The crate that holds the module.
const MODULE: (&str, &str) = ("aws-lc-fips-sys", "0.13.17");

/// The program as it is built for FIPS.
const PROGRAM: &str = "-p cli --no-default-features --features fips";

/// The crates that are tested: all that do cryptography, and the program that joins them.
///
/// Always the same ones in one command: with others the module would be compiled anew, for minutes.
const TESTED: &str = "-p cli -p agent -p cryptography -p device -p netio -p server -p snmp -p store -p uplink --no-default-features --features \
                      cli/fips,agent/fips,device/fips,netio/fips,netio/ports,server/fips,store/fips,uplink/fips";

pub fn command(arguments: &[String]) -> Result<()> {
    match arguments {
        [word] if word == "build" => build(),
        [word] if word == "lock" => lock(),
        _ => bail!("expected `cargo xtask fips build` or `cargo xtask fips lock`"),
    }
}

/// Returns what `cargo xtask test --fips` runs, in order.
pub fn steps(provided: &Provided) -> Result<Vec<Step>> {
    lay_out()?;
    Ok(vec![
        call("lock", "every pin of Cargo.fips.lock", check_pins),
        call("tree", "who brings cryptography into the program", || {
            tree::check(&mut cargo(&format!("tree --locked {PROGRAM} -e normal {}", tree::FORM))?)
        }),
        run("licences", cargo("deny check licenses sources")?),
        run("tests", with_tools(tests()?, provided)),
        call("symbols", "which module the program is linked with", || symbols::check(&target()?.join("debug/roundsman"), MODULE)),
    ])
}

/// Returns the command that builds the program and runs what is to be tested of it: every unit test, all of
/// the module and of SNMP, what the program says of itself, and the whole way of a report.
fn tests() -> Result<Command> {
    let mut command = cargo(&format!("test --locked {TESTED} --lib --test fips --test story"))?;
    for name in test_files("cryptography")?.into_iter().chain(test_files("snmp")?) {
        command.arg("--test").arg(name);
    }
    // The module is compiled as for a release; of ours, what is quick to compile is quick enough to test.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
    Ok(command)
}

/// Returns the names of a crate's integration tests, in order.
fn test_files(name: &str) -> Result<BTreeSet<OsString>> {
    let folder = paths::root()?.join("crates").join(name).join("tests");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").is_file() {
            names.extend(path.file_stem().map(OsString::from));
        }
    }
    Ok(names)
}

/// Builds the program for a release, and says what it says of itself.
fn build() -> Result<()> {
    needs::provide_fips()?;
    lay_out()?;
    check_pins()?;
    process::run(&mut cargo(&format!("build --locked --release {PROGRAM}"))?)?;
    let program = target()?.join("release/roundsman");
    process::run(process::program(&program)?.arg("--version"))?;
    println!("the FIPS build is {}", program.display());
    Ok(())
}

/// Makes `Cargo.fips.lock` anew: what `Cargo.lock` has, except for the pins.
fn lock() -> Result<()> {
    let workspace = lay_out()?;
    let theirs = workspace.join("Cargo.lock");
    fs::copy(paths::root()?.join("Cargo.lock"), &theirs)?;
    for (name, version) in PINS {
        process::run(&mut cargo(&format!("update -p {name} --precise {version}"))?)?;
    }
    fs::copy(&theirs, paths::root()?.join(LOCK))?;
    println!("{LOCK} is made anew; `cargo xtask test --fips` tests it");
    Ok(())
}

/// Checks that the lock file is the validated set, and fits the manifests as they are now.
fn check_pins() -> Result<()> {
    let lock = fs::read_to_string(paths::root()?.join(LOCK)).context(LOCK)?;
    for (name, version) in PINS {
        if !lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")) {
            bail!("{LOCK}: expected {name} {version}, which belongs to the validated set; run `cargo xtask fips lock`");
        }
    }
    let mut metadata = cargo("metadata --locked --format-version 1")?;
    if !process::succeeds(&mut metadata) {
        bail!("{LOCK} does not fit the manifests; run `cargo xtask fips lock` and commit what comes of it");
    }
    Ok(())
}

/// Prepares a cargo command in the workspace that [`lay_out`] has made.
fn cargo(arguments: &str) -> Result<Command> {
    let mut command = process::cargo(arguments)?;
    command.current_dir(workspace()?).env("CARGO_TARGET_DIR", target()?);
    Ok(command)
}

fn workspace() -> Result<PathBuf> {
    Ok(paths::target_dir()?.join("fips/workspace"))
}

fn target() -> Result<PathBuf> {
    Ok(paths::target_dir()?.join("fips/build"))
}

/// Lays the workspace out with the other lock file, and returns its folder.
fn lay_out() -> Result<PathBuf> {
    let (root, workspace) = (paths::root()?, workspace()?);
    if workspace.exists() {
        fs::remove_dir_all(&workspace)?;
    }
    fs::create_dir_all(&workspace)?;
    for entry in fs::read_dir(&root)? {
        let name = entry?.file_name();
        if !["Cargo.lock", "target", ".git"].iter().any(|left_out| name == *left_out) {
            link(&root.join(&name), &workspace.join(&name))?;
        }
    }
    fs::copy(root.join(LOCK), workspace.join("Cargo.lock")).context(LOCK)?;
    Ok(workspace)
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> Result<()> {
    std::os::unix::fs::symlink(from, to).with_context(|| to.display().to_string())
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<()> {
    bail!("this needs symbolic links; on this system copy {LOCK} over Cargo.lock and run `cargo build --locked --release {PROGRAM}`")
}
