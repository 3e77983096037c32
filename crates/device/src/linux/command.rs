//! The commands: each joins what it needs and says what came of it.

use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::args::{self, Args, Command, HELP};
use super::config::{self, Config, ConfigError};
use super::run::{self, Place};
use super::{link, log, source, status};

/// Runs the program with these arguments, the first of which is its name.
pub fn command(args: impl IntoIterator<Item = impl Into<OsString>>) -> ExitCode {
    let args = match args::parse(args.into_iter().map(Into::into).skip(1)) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("roundsman-device: {error}");
            return ExitCode::from(2);
        }
    };
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("roundsman-device: {}", link::story(error.as_ref()));
            ExitCode::from(if error.is::<ConfigError>() { 2 } else { 1 })
        }
    }
}

fn run(args: &Args) -> Result<ExitCode> {
    match &args.command {
        Command::Help => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        Command::Version { long } => {
            println!("roundsman-device {}", version(*long));
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let folder = args.folder.clone().unwrap_or_else(usual_folder);
    let config = config::load(args.config.as_deref(), &folder)?.value;
    let place = place(&config, folder);
    log::begin(config.log.level);
    match &args.command {
        Command::Run { once: true, .. } => run::once(config, &place, None),
        Command::Run { announce, .. } => {
            let mut ready = run::start(config, &place, None)?;
            if *announce {
                println!("ready");
            }
            ready.forever(&place)
        }
        Command::Enrol { code } => {
            let code = if code == "-" { from_standard_input()? } else { code.clone() };
            run::once(config, &place, Some(code))
        }
        Command::Status { json } => {
            let status = status::gather(&place.folder, &place.run)?;
            if *json {
                println!("{}", serde_json::to_string(&status)?)
            } else {
                print!("{}", status.lines())
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Decide { id, allow } => {
            status::decide(&place.run, id, *allow).with_context(|| format!("cannot leave word in {}", place.run.display()))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Facts => {
            let mut facts = source::Source::new(&config)?.read().facts;
            config.privacy().apply(&mut facts);
            println!("{}", serde_json::to_string_pretty(&facts)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::CheckConfig => {
            print!("{}", config.effective());
            Ok(ExitCode::SUCCESS)
        }
        Command::Help | Command::Version { .. } => unreachable!("these were done above"),
    }
}

/// Returns this program's number and, at length, which cryptography it was built with.
fn version(long: bool) -> &'static str {
    if !long {
        return env!("CARGO_PKG_VERSION");
    }
    #[cfg(feature = "aws-lc")]
    return cryptography::version(env!("CARGO_PKG_VERSION"));
    #[cfg(not(feature = "aws-lc"))]
    return concat!(env!("CARGO_PKG_VERSION"), "\ncryptography: ring, not validated");
}

fn place(config: &Config, folder: PathBuf) -> Place {
    let folder = config.store.folder.clone().unwrap_or(folder);
    let given = std::env::var_os("RUNTIME_DIRECTORY").filter(|run| !run.is_empty()).map(PathBuf::from);
    let run = config.store.run.clone().or(given).unwrap_or_else(|| PathBuf::from("/run/roundsman-device"));
    Place { folder, run }
}

/// Returns the folder that the service has of its own.
fn usual_folder() -> PathBuf {
    // systemd says where it has made the folder of `StateDirectory=`.
    let given = std::env::var_os("STATE_DIRECTORY").filter(|folder| !folder.is_empty());
    given.map_or_else(|| PathBuf::from("/var/lib/roundsman-device"), PathBuf::from)
}

fn from_standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("the code cannot be read from standard input")?;
    Ok(text)
}
