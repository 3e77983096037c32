//! `roundsman profile`: the vendor files that printers are read by, to look at, check and try.

mod check;
mod list;
mod show;
mod tapped;
mod trial;
mod words;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use crate::args::ProfileCommand;
use crate::output::Sink;
use crate::setup;
use crate::usage::WrongUsage;

/// Runs the command.
///
/// # Errors
/// Fails if a vendor file has a fault that the command is not there to tell, or the output takes no more.
pub fn run(command: &ProfileCommand) -> Result<ExitCode> {
    let mut sink = Sink::open(None)?;
    match command {
        ProfileCommand::List(args) => {
            let text = list::render(&setup::catalog(&args.profiles)?, &sink.style())?;
            sink.write_all(text.as_bytes())?;
        }
        ProfileCommand::Show(args) => {
            let catalog = setup::catalog(&args.profiles)?;
            let profile = catalog.profile(&args.name).map_err(|errors| match catalog.names().any(|name| name == args.name) {
                true => anyhow::Error::new(errors),
                false => WrongUsage(format!("{}; `roundsman profile list` tells them all", errors.0[0].message)).into(),
            })?;
            sink.write_all(show::render(&catalog, profile).as_bytes())?;
        }
        ProfileCommand::Check(args) => {
            let code = check::run(args, &mut sink)?;
            sink.finish()?;
            return Ok(code);
        }
    }
    sink.finish()?;
    Ok(ExitCode::SUCCESS)
}
