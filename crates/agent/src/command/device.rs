//! `device`: why a device was known again at another address, and undoing that.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use jiff::Timestamp;

use super::has_store;
use crate::args::DeviceCommand;
use crate::store::{Move, Store};

/// Runs one of the commands.
///
/// # Errors
/// Fails if there is no agent in the folder, or nothing to part.
pub fn run(command: &DeviceCommand, folder: &Path) -> Result<ExitCode> {
    if !has_store(folder) {
        anyhow::bail!("no agent has run with the folder {}; name its folder with --folder", folder.display());
    }
    match command {
        DeviceCommand::Moves => {
            for moved in Store::look(folder)?.moves()? {
                println!("{}", line(&moved));
            }
        }
        DeviceCommand::Part { number } => {
            let new = Store::open(folder)?.part(*number, Timestamp::now())?;
            println!("what is at its address now has the number {new}; {number} is again where it was");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a move for people.
fn line(moved: &Move) -> String {
    let from = moved.from.as_deref().unwrap_or("an address that another device has taken");
    let why = ::report::safe_text(&moved.why);
    format!("{:>6}  {}  {from} → {}  {why}", moved.device, moved.at, moved.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_told_with_its_reasons() {
        let moved = Move { device: 7, at: Timestamp::UNIX_EPOCH, from: None, to: "10.0.0.8".into(), why: "name \u{1b}[2J: +5".into() };
        let line = line(&moved);
        assert!(line.starts_with("     7  1970-01-01T00:00:00Z  an address that another device has taken → 10.0.0.8  name "), "{line}");
        assert!(!line.contains('\u{1b}'), "no text of a device moves the cursor: {line:?}");
    }
}
