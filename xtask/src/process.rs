//! Running other programs, without a keyboard behind them.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::paths;

/// Prepares a program to run at the root of the repository, with nothing on its standard input.
pub fn program(name: impl AsRef<OsStr>) -> Result<Command> {
    let mut command = Command::new(name);
    command.current_dir(paths::root()?).stdin(Stdio::null());
    Ok(command)
}

/// Prepares a cargo command, given as one would type it after `cargo`.
pub fn cargo(arguments: &str) -> Result<Command> {
    let mut command = program("cargo")?;
    command.args(arguments.split_whitespace());
    forget_own_package(&mut command);
    Ok(command)
}

/// Hides what `cargo run` told *this* program about its own package: the inner cargo would pass
/// it on to build scripts and rebuild crates that watch those variables.
fn forget_own_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs a prepared command and fails unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command.status().with_context(|| format!("`{line}` did not start"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Returns whether a prepared command succeeds; what it prints is thrown away.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Returns a prepared command as one would type it.
pub fn line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        write!(line, " {}", argument.to_string_lossy()).expect("writing to a string cannot fail");
    }
    line
}
