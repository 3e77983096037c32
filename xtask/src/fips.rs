//! `cargo xtask fips`: the workspace with the lock file of the validated set.
//!
//! Cargo reads one lock file a workspace, and can be told another only by its nightly. So the workspace is
//! laid out once more below the target directory, as links to the real files, with `Cargo.fips.lock` in the
//! place of its lock file.
//!
//! Start reading at [`steps`].

mod symbols;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::test::{Step, call, run};
use crate::{needs, paths, process};

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

/// The crates whose tests about FIPS run beside the module's own.
const TESTED: &str = "-p cli -p agent -p device -p netio -p server -p store -p uplink --no-default-features --features \
                      cli/fips,agent/fips,device/fips,netio/fips,netio/ports,server/fips,store/fips,uplink/fips";

pub fn command(arguments: &[String]) -> Result<()> {
    match arguments {
        [word] if word == "build" => build(),
        [word] if word == "lock" => lock(),
        _ => bail!("expected `cargo xtask fips build` or `cargo xtask fips lock`"),
    }
}

/// Returns what `cargo xtask test --fips` runs, in order.
pub fn steps() -> Result<Vec<Step>> {
    lay_out()?;
    let tests = |what: &str| -> Result<Command> {
        let mut command = cargo(&format!("test --locked {what}"))?;
        // The module is compiled as for a release; of ours, what is tested is quick.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
        Ok(command)
    };
    Ok(vec![
        call("lock", "every pin of Cargo.fips.lock", check_pins),
        call("tree", "who brings cryptography into the program", || {
            tree::check(&mut cargo(&format!("tree --locked {PROGRAM} -e normal {}", tree::FORM))?)
        }),
        run("licences", cargo("deny check licenses sources")?),
        run("module", tests("-p cryptography -p snmp --no-default-features --features cryptography/fips")?),
        run("programs", tests(&format!("{TESTED} --lib --test fips -- fips"))?),
        // The whole way of a report, over TLS inside the module.
        run("story", tests(&format!("{TESTED} --test story"))?),
        call("symbols", "which module the program is linked with", || symbols::check(&target()?.join("debug/roundsman"), MODULE)),
    ])
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
