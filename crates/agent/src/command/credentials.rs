//! `credentials`: which of them serve how many devices, and keeping them sealed. No secret is ever shown.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::has_store;
use crate::access;
use crate::access::progress::{Progress, progress};
use crate::args::{CredentialsArgs, CredentialsCommand};
use crate::config::{Config, credentials, crypto, vault};
use crate::store::Store;

/// Lists the credentials, or takes a file of them in.
///
/// # Errors
/// Fails if the credentials do not read, and if the folder cannot be written.
pub fn run(args: &CredentialsArgs, config: &Config, folder: &Path) -> Result<ExitCode> {
    match &args.command {
        None => list(args.json, config, folder),
        Some(CredentialsCommand::Import { file }) => import(file, folder),
        Some(CredentialsCommand::Forget) => forget(folder),
    }
}

fn list(json: bool, config: &Config, folder: &Path) -> Result<ExitCode> {
    let credentials = credentials(&config.discovery, Some(folder))?;
    let key = access::known_key(folder).context("cannot read the key of fingerprints; run this as the user of the agent")?;
    let standing = match key {
        Some(key) if has_store(folder) => {
            progress(&Store::look(folder)?, &credentials, &access::fingerprints(&credentials, &*crypto(), &key))?
        }
        _ => Progress { credentials: access::progress::names(&credentials), ..Progress::default() },
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&standing)?);
    } else {
        print!("{}", words(&standing));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the table for people.
fn words(progress: &Progress) -> String {
    let width = progress.credentials.iter().map(|line| line.name.chars().count()).max().unwrap_or(0).max(10);
    let mut out = format!("{:width$}  {:>8}  {:>8}  not taken by\n", "credential", "devices", "waiting");
    for line in &progress.credentials {
        let why = line.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let turned = if line.turned_away == 0 { String::new() } else { format!("{}{why}", line.turned_away) };
        let text = format!("{:width$}  {:>8}  {:>8}  {turned}", line.name, line.devices, line.waiting);
        out.push_str(&::report::safe_text(text.trim_end()));
        out.push('\n');
    }
    for (count, what) in [
        (progress.by_former, "were let in by a credential that is no longer there; put it back until they have moved"),
        (progress.refusing, "let nobody in; their pages say why"),
        (progress.not_asked, "have not been asked yet"),
    ] {
        if count > 0 {
            out.push_str(&format!("{count} devices {what}\n"));
        }
    }
    out
}

fn import(file: &Path, folder: &Path) -> Result<ExitCode> {
    let kept = vault::import(file, folder)?;
    println!("{} credentials are in {}", kept.count, folder.join(vault::FILE).display());
    if kept.is_sealed {
        println!("they are sealed with the key that systemd hands out; {} is not needed any more, so remove it", file.display());
    } else {
        println!(
            "they are protected by the file's mode alone, since the system hands out no key; see docs/operations/snmpv3.md for how it does\n\
             {} is not needed any more, so remove it",
            file.display()
        );
    }
    println!("a running agent takes them with its next round");
    Ok(ExitCode::SUCCESS)
}

fn forget(folder: &Path) -> Result<ExitCode> {
    let was_there = vault::forget(folder)?;
    println!("{}", if was_there { "the imported credentials are gone" } else { "no credentials had been imported" });
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::progress::Line;

    #[test]
    fn a_rotation_is_told_in_a_table() {
        let new = Line {
            name: "user service (SHA-256, AES-128)".into(),
            devices: 118,
            turned_away: 4,
            why: Some("a wrong digest".into()),
            ..Line::default()
        };
        let old = Line { name: "community, 1st in order".into(), devices: 4, waiting: 4, ..Line::default() };
        let text = words(&Progress { credentials: vec![new, old], refusing: 1, ..Progress::default() });
        assert_eq!(
            text,
            "credential                        devices   waiting  not taken by\n\
             user service (SHA-256, AES-128)       118         0  4: a wrong digest\n\
             community, 1st in order                 4         4\n\
             1 devices let nobody in; their pages say why\n"
        );
    }
}
