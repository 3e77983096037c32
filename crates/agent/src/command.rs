//! The commands: each joins what it needs and says what came of it.

mod credentials;
mod device;
mod enroll;
mod ledger;
mod local;
mod service;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use clap::Parser;

use crate::args::{Args, Command, RunArgs};
use crate::config::{self, Config, ConfigError, Format, Level};
use crate::run::{Agent, Message, make_folder};
use crate::{memory, page, story};

/// Says that what was typed makes no sense: the exit code is 2 then.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUsage(pub String);

/// Runs the program with these arguments, the first of which is its name.
pub fn command<T: Into<std::ffi::OsString> + Clone>(args: impl IntoIterator<Item = T>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors; clap knows which.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("roundsman-agent: {}", story::story(error.as_ref()));
            let is_usage = error.is::<WrongUsage>() || matches!(error.downcast_ref(), Some(ConfigError::Faults(_)));
            ExitCode::from(if is_usage { 2 } else { 1 })
        }
    }
}

fn run(args: &Args) -> Result<ExitCode> {
    let place = Place::of(args);
    if let Command::CheckConfig = &args.command {
        return show::check_config(&place);
    }
    if let Command::Service(command) = &args.command {
        return service::run(command, &place);
    }
    let config = config::load(place.config.as_deref(), &place.folder)?.value;
    let folder = config.store.folder.clone().unwrap_or_else(|| place.folder.clone());
    match &args.command {
        Command::Run(args) => serve(args, config, folder),
        Command::Enroll(args) => enroll::run(args, &config, &folder),
        Command::Status(args) => show::status(args, &config, &folder),
        Command::SyncNow(args) => local::sync_now(args, &folder),
        Command::Report(args) => show::report(args, &folder),
        Command::Credentials(args) => credentials::run(args, &config, &folder),
        Command::Device(command) => device::run(command, &folder),
        Command::Ledger(command) => ledger::run(command, &config, &folder),
        Command::CheckConfig | Command::Service(_) => unreachable!("these need no configuration and were run before"),
    }
}

/// Is where the agent's things are.
pub struct Place {
    pub folder: PathBuf,
    /// As typed; otherwise the one in the folder, if it is there.
    pub config: Option<PathBuf>,
}

impl Place {
    fn of(args: &Args) -> Self {
        Place { folder: args.folder.clone().unwrap_or_else(usual_folder), config: args.config.clone() }
    }

    /// Returns the configuration file, whether it is there or not.
    pub fn config_file(&self) -> PathBuf {
        self.config.clone().unwrap_or_else(|| self.folder.join(config::FILE))
    }
}

/// Returns the folder that the service has of its own.
fn usual_folder() -> PathBuf {
    // systemd says where it has made the folder of `StateDirectory=`.
    if let Some(folder) = std::env::var_os("STATE_DIRECTORY").filter(|folder| !folder.is_empty()) {
        return folder.into();
    }
    if cfg!(windows) {
        let data = std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from);
        return data.join("roundsman-agent");
    }
    if cfg!(target_os = "macos") {
        return PathBuf::from("/Library/Application Support/roundsman-agent");
    }
    PathBuf::from("/var/lib/roundsman-agent")
}

/// Runs the service until it is told to stop.
fn serve(args: &RunArgs, config: Config, folder: PathBuf) -> Result<ExitCode> {
    memory::be_frugal();
    begin_log(&config);
    if args.service {
        return as_windows_service(config, folder);
    }
    let (agent, address) = start(config, &folder)?;
    stop_on_signal(&agent)?;
    if args.announce {
        println!("ready http://{address}");
    }
    agent.run();
    let _ = std::fs::remove_file(folder.join(page::ADDRESS_FILE));
    Ok(ExitCode::SUCCESS)
}

/// Opens what the agent keeps, and serves its page.
fn start(config: Config, folder: &Path) -> Result<(Agent, std::net::SocketAddr)> {
    make_folder(folder)?;
    let shared = Arc::new(config.clone());
    let agent = Agent::open(config, folder.to_owned())?;
    agent.listen();
    let served = page::serve(&shared, folder.to_owned(), agent.store(), agent.board(), agent.sender())?;
    tracing::info!(folder = %folder.display(), "the agent runs; its page is at http://{}", served.address);
    Ok((agent, served.address))
}

/// Runs under the service manager of Windows, which asks it to stop in its own way.
#[cfg(windows)]
fn as_windows_service(config: Config, folder: PathBuf) -> Result<ExitCode> {
    use crate::service::windows_dispatch;
    windows_dispatch::dispatch(Box::new(move |stopped| {
        let (agent, _) = start(config, &folder)?;
        let sender = agent.sender();
        std::thread::spawn(move || {
            let _ = stopped.recv();
            // The loop may have ended by itself.
            let _ = sender.send(Message::Stop);
        });
        agent.run();
        Ok(())
    }))
    .context("this is how the service manager of Windows starts the agent; use `roundsman-agent run`")?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(windows))]
fn as_windows_service(_: Config, _: PathBuf) -> Result<ExitCode> {
    Err(WrongUsage("--service is for the service manager of Windows; use `roundsman-agent run`".to_owned()).into())
}

/// The first signal asks for an orderly end, the second ends at once.
fn stop_on_signal(agent: &Agent) -> Result<()> {
    let (sender, asked) = (agent.sender(), AtomicBool::new(false));
    let handler = move || {
        if asked.swap(true, Ordering::Relaxed) || sender.send(Message::Stop).is_err() {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(handler).context("cannot listen for the signal to stop")
}

fn begin_log(config: &Config) {
    let level = match config.log.level {
        Level::Error => tracing::Level::ERROR,
        Level::Warn => tracing::Level::WARN,
        Level::Info => tracing::Level::INFO,
        Level::Debug => tracing::Level::DEBUG,
        Level::Trace => tracing::Level::TRACE,
    };
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false);
    // A second log in one process is no reason to stop.
    let _ = match config.log.format {
        Format::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    };
}

/// Returns whether a store is there to be looked at.
fn has_store(folder: &Path) -> bool {
    folder.join(crate::store::FILE).is_file()
}
