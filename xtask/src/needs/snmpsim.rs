//! snmpsim: an agent written by others that serves recordings, kept in a Python environment of
//! its own under the target directory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::debian;
use crate::{paths, process};

const REQUIREMENT: &str = "snmpsim-lextudio==1.1.1";

/// Written last, so that a half-finished installation is begun again.
const MARKER: &str = "installed.txt";

/// Makes sure that snmpsim is there, and returns its responder.
pub fn provide() -> Result<PathBuf> {
    let home = paths::target_dir()?.join("tools/snmpsim");
    let responder = home.join("bin/snmpsim-command-responder");
    if fs::read_to_string(home.join(MARKER)).is_ok_and(|found| found == REQUIREMENT) {
        return Ok(responder);
    }
    println!("installing {REQUIREMENT} into {}", home.display());
    create_environment(&home)?;
    install(&home)?;
    process::run(process::program(&responder)?.arg("--version"))?;
    fs::write(home.join(MARKER), REQUIREMENT)?;
    Ok(responder)
}

/// Debian splits the module that makes environments from Python itself; without it, `venv` fails
/// halfway and leaves a folder behind, hence `--clear`.
fn create_environment(home: &Path) -> Result<()> {
    fs::create_dir_all(home)?;
    if venv(home)?.status()?.success() {
        return Ok(());
    }
    debian::install(&["python3-venv"])?;
    process::run(&mut venv(home)?)
}

fn venv(home: &Path) -> Result<std::process::Command> {
    let mut command = process::program("python3")?;
    command.args(["-m", "venv", "--clear"]).arg(home);
    Ok(command)
}

fn install(home: &Path) -> Result<()> {
    let mut pip = process::program(home.join("bin/pip"))?;
    pip.args(["install", "--quiet", "--disable-pip-version-check"]);
    process::run(pip.arg(REQUIREMENT))
        .with_context(|| format!("{REQUIREMENT} could not be installed; it comes from PyPI, which must be in reach"))
}
