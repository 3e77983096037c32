//! `service`: the agent as a service of this computer.

use std::process::ExitCode;

use anyhow::{Context, Result};

use super::Place;
use crate::args::ServiceCommand;
use crate::config;
use crate::service::{Plan, RealHost, Service, of_this_host};

/// Runs one of the commands.
///
/// # Errors
/// Fails without the rights of an administrator, and as the computer's service manager does.
pub fn run(command: &ServiceCommand, place: &Place) -> Result<ExitCode> {
    let (manager, host) = (of_this_host(), RealHost);
    match command {
        ServiceCommand::Install { dry_run } => {
            let program = std::env::current_exe().context("cannot tell where this program stands")?;
            let configuration = std::path::absolute(place.config_file()).context("cannot tell where the configuration stands")?;
            let service = Service { program, configuration, needs_low_port: needs_low_port(place) };
            let plan = manager.install(&service, &host)?;
            carry_out(&plan, *dry_run)
        }
        ServiceCommand::Uninstall { dry_run } => carry_out(&manager.uninstall(&host)?, *dry_run),
        ServiceCommand::Status => {
            let status = manager.status(&host)?;
            let word = |is: bool, word: &'static str| if is { word.to_owned() } else { format!("not {word}") };
            println!(
                "{}, {}, {}",
                word(status.is_installed, "installed"),
                word(status.is_enabled, "started with the computer"),
                word(status.is_running, "running")
            );
            if !status.said.is_empty() {
                println!("{}", ::report::safe_text(&status.said));
            }
            Ok(if status.is_running { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
    }
}

/// Returns whether the configuration wants a port that takes a right; one that does not load is told of when the
/// service starts.
fn needs_low_port(place: &Place) -> bool {
    match config::load(place.config.as_deref(), &place.folder) {
        Ok(parsed) => parsed.value.traps.needs_a_right(),
        Err(error) => {
            eprintln!("note: {}", crate::story::story(&error));
            false
        }
    }
}

fn carry_out(plan: &Plan, dry_run: bool) -> Result<ExitCode> {
    if dry_run {
        print!("{}", plan.describe());
    } else {
        println!("{}", plan.carry_out(&RealHost)?);
    }
    Ok(ExitCode::SUCCESS)
}
