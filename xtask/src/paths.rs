//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Returns the root of the repository: the folder above xtask's own.
///
/// The folder is asked of cargo at run time, not fixed at build time: two clones may share one
/// target directory, and then one clone's xtask must not work on the other's files.
pub fn root() -> Result<PathBuf> {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").context("CARGO_MANIFEST_DIR is not set; start this program with `cargo xtask`")?;
    let root = Path::new(&xtask).parent().context("xtask has no folder above it")?;
    Ok(root.to_path_buf())
}

/// Returns the folder that cargo builds into.
pub fn target_dir() -> Result<PathBuf> {
    let root = root()?;
    Ok(match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root.join(dir),
        None => root.join("target"),
    })
}

/// Finds a program in `PATH` and in the system folders that an ordinary user's `PATH` leaves out.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // CUPS keeps what inetd starts in a folder of its own.
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/lib/cups/daemon"].map(PathBuf::from);
    // Debian keeps each version of PostgreSQL in a folder of its own, outside every path.
    let databases = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    env::split_paths(&path).chain(system).chain(databases).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}
