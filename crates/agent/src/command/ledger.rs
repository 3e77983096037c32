//! `ledger`: what has left this site, or would.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::has_store;
use crate::args::LedgerCommand;
use crate::config::Config;
use crate::enrolment::Enrolment;
use crate::ledger::{Payload, Reader, show};
use crate::page;
use crate::store::Store;

/// Is how many entries are listed.
const LISTED: usize = 50;
/// Is the most of a payload that is printed.
const PRINTED: usize = 64 << 20;

/// Runs one of the commands.
///
/// # Errors
/// Fails if there is nothing to read, or it does not read.
pub fn run(command: &LedgerCommand, config: &Config, folder: &Path) -> Result<ExitCode> {
    let reader = Reader::new(folder.join("ledger"));
    match command {
        LedgerCommand::Preview => return preview(config, folder),
        LedgerCommand::Show { number: Some(number), .. } => {
            let entry = reader.entry(*number)?;
            let payload = reader.payload(*number)?;
            let text = match &payload {
                Payload::Kept(octets) => show::unpacked(octets, PRINTED)?,
                Payload::Pruned | Payload::None => String::new(),
            };
            let content = match payload {
                Payload::Kept(_) => show::Content::Json(&text),
                Payload::Pruned => show::Content::Pruned,
                Payload::None => show::Content::None,
            };
            print!("{}", show::one(&entry, content, PRINTED));
        }
        LedgerCommand::Show { number: None, before } => print!("{}", show::list(&reader.entries(*before, LISTED)?)),
        LedgerCommand::Verify => {
            let verdict = reader.verify()?;
            print!("{}", show::verdict(&verdict));
            return Ok(if verdict.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what would be sent now; nothing leaves, and nothing changes.
fn preview(config: &Config, folder: &Path) -> Result<ExitCode> {
    if !has_store(folder) {
        anyhow::bail!("no agent has run with the folder {}, so there is nothing to send; name its folder with --folder", folder.display());
    }
    let enrolment = Enrolment::load(folder)?;
    let (text, has_more) = page::preview(config, folder, &mut Store::look(folder)?, enrolment.as_ref())?;
    let json: serde_json::Value = serde_json::from_str(&text)?;
    println!("{}", serde_json::to_string_pretty(&json)?);
    if has_more {
        eprintln!("there is more; this is the beginning of it");
    }
    Ok(ExitCode::SUCCESS)
}
