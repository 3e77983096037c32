//! The user that simulated printers let in where communities are refused, as in the FIPS build.
//!
//! Nothing is protected by it: the printers are made up, and both ends are on this machine.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Is the name of the agent's file of credentials.
const FILE: &str = "simulated-printers.toml";
const PASSWORD: &str = "simulated-printers";

/// Returns what `sim` is told besides, so that the agent is let in.
pub fn arguments() -> Vec<String> {
    let user = ["--user", "simulated", "--auth", "SHA-256", "--auth-password", PASSWORD];
    user.into_iter().chain(["--privacy", "AES-128", "--privacy-password", PASSWORD]).map(String::from).collect()
}

/// Writes the file of credentials for these networks into the agent's folder; returns where it is.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write(folder: &Path, ranges: &[String]) -> Result<PathBuf> {
    let targets = toml::Value::from(ranges.to_vec());
    let text = format!(
        "[[credentials]]\ntargets = {targets}\n\n[[credentials.users]]\nname = \"simulated\"\nauthentication = \"SHA-256\"\n\
         authentication_password = \"{PASSWORD}\"\nprivacy = \"AES-128\"\nprivacy_password = \"{PASSWORD}\"\n"
    );
    let path = folder.canonicalize().with_context(|| format!("cannot find {}", folder.display()))?.join(FILE);
    agent::secrets::write(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
