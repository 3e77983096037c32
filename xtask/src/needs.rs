//! `cargo xtask needs`: the tools and packages that the tests need.
//!
//! Installs what is missing where it may (as root on Debian; under the target directory;
//! in cargo's own folder), otherwise names the exact command to run and fails.
//! Nothing is left out silently.

mod cargo_tools;
mod debian;
mod snmpsim;

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::paths;

pub use cargo_tools::{BARE_METAL, has_cargo_tool, provide_bare_metal, provide_std_source};

/// What the tests are told about: real peers, and recordings where there are some.
pub struct Provided {
    /// snmpsim's responder, which serves recordings over SNMP.
    pub snmpsim: PathBuf,
    /// net-snmp's agent.
    pub snmpd: PathBuf,
    /// The folder of recorded printers that `ROUNDSMAN_CORPUS` names.
    pub corpus: Option<PathBuf>,
}

pub fn command(arguments: &[String]) -> Result<()> {
    crate::expect_no_arguments("needs", arguments)?;
    let provided = provide()?;
    println!("snmpsim     {}", provided.snmpsim.display());
    println!("snmpd       {}", provided.snmpd.display());
    if let Some(corpus) = &provided.corpus {
        println!("recordings  {}", corpus.display());
    }
    println!("everything that the tests need is there");
    Ok(())
}

/// Makes sure that everything is there, and returns where.
pub fn provide() -> Result<Provided> {
    let corpus = corpus()?;
    debian::provide(debian::FOR_TESTS)?;
    cargo_tools::provide_deny()?;
    cargo_tools::provide_bare_metal()?;
    let snmpsim = snmpsim::provide()?;
    let snmpd = paths::find_program("snmpd").context("snmpd is installed but not found")?;
    Ok(Provided { snmpsim, snmpd, corpus })
}

/// Makes sure that what builds and tests the FIPS module is there.
pub fn provide_fips() -> Result<()> {
    debian::provide(debian::FOR_FIPS)?;
    cargo_tools::provide_deny()
}

/// Makes sure that what learns a dictionary is there.
pub fn provide_training() -> Result<()> {
    debian::provide(debian::FOR_TRAINING)
}

/// Makes sure that the fuzzer is there.
pub fn provide_fuzzing() -> Result<()> {
    cargo_tools::provide_fuzz()
}

/// Says aloud that a part of the tests had nothing to work on.
pub fn say_recordings_absent() {
    println!("recordings absent: tests on recorded printers did not run");
    println!("  (ROUNDSMAN_CORPUS names the folder of recorded printers)");
}

/// Returns the folder of recordings as an absolute path, since each test runs in the folder of
/// its own crate. A folder that is named but missing is a mistake, not an absence.
fn corpus() -> Result<Option<PathBuf>> {
    let Some(named) = env::var_os("ROUNDSMAN_CORPUS").filter(|named| !named.is_empty()) else {
        say_recordings_absent();
        return Ok(None);
    };
    let folder = paths::root()?.join(&named);
    if !folder.is_dir() {
        bail!("ROUNDSMAN_CORPUS names {}, which is not a folder; correct it or unset it", folder.display());
    }
    Ok(Some(folder.canonicalize()?))
}
