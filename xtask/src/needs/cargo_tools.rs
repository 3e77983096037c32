//! Cargo subcommands written by others.
//!
//! Versions are fixed: what passed yesterday is judged by the same tool tomorrow.

use anyhow::{Result, bail};

use crate::process;

/// Is a target without an operating system, with a small processor such as printers have.
pub const BARE_METAL: &str = "thumbv7em-none-eabi";

/// Makes sure that the library of [`BARE_METAL`] is there.
pub fn provide_bare_metal() -> Result<()> {
    let installed = process::program("rustup")?.args(["target", "list", "--installed"]).output()?;
    if String::from_utf8_lossy(&installed.stdout).lines().any(|target| target == BARE_METAL) {
        return Ok(());
    }
    process::run(process::program("rustup")?.args(["target", "add", BARE_METAL]))
}

/// Makes sure that the standard library can be built along.
pub fn provide_std_source() -> Result<()> {
    process::run(process::program("rustup")?.args(["component", "add", "rust-src"]))
}

/// Makes sure that `cargo deny` is there.
pub fn provide_deny() -> Result<()> {
    provide("deny", "install cargo-deny --version 0.20.2 --locked")
}

/// Makes sure that `cargo fuzz`, and the nightly compiler it instruments with, are there.
pub fn provide_fuzz() -> Result<()> {
    if !process::succeeds(process::program("rustup")?.args(["run", "nightly", "rustc", "-V"])) {
        bail!("fuzzing needs the nightly compiler; run `rustup toolchain install nightly`");
    }
    provide("fuzz", "install cargo-fuzz --version 0.13.2 --locked")
}

/// Returns whether cargo has this subcommand.
pub fn has_cargo_tool(name: &str) -> bool {
    process::cargo(&format!("{name} --version")).is_ok_and(|mut command| process::succeeds(&mut command))
}

fn provide(name: &str, install: &str) -> Result<()> {
    if has_cargo_tool(name) {
        return Ok(());
    }
    println!("cargo {name} is missing: `cargo {install}` (this takes some minutes, once)");
    process::run(&mut process::cargo(install)?)
}
