//! The module at work: a step, a sleep, and again.

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use wire::code::EnrolmentCode;
use wire::envelope::Software;

use super::config::{Config, Mode as Configured};
use super::files::Files;
use super::link::fetch;
use super::machine::Machine;
use super::source::Source;
use super::{log, status};
use crate::module::{Introduction, Mode, Module, Settings};

/// Is how long the module sleeps at most: clocks are set, and somebody may allow a command.
const NAP: Duration = Duration::from_secs(30);

/// Is where the module's things are.
#[derive(Clone, Debug)]
pub struct Place {
    pub folder: PathBuf,
    pub run: PathBuf,
}

/// Is a module on its machine.
pub struct Ready {
    pub module: Module,
    pub machine: Machine,
}

/// Joins configuration, state and machine; nothing is sent yet.
///
/// # Errors
/// Fails if the folder is another module's, or a secret cannot be fetched.
pub fn start(config: Config, place: &Place, code: Option<String>) -> Result<Ready> {
    let files = Files::open(&place.folder)?;
    let source = Source::new(&config)?;
    let configured =
        |secret: &Option<::settings::Secret>| secret.as_ref().map(fetch).transpose().context("a secret that the configuration names");
    let code = match code {
        Some(code) => Some(code),
        None => configured(&config.enrolment.code)?,
    };
    let token = configured(&config.enrolment.token)?;
    let code: Option<EnrolmentCode> = code.map(|text| text.trim().parse()).transpose().context("the enrolment code")?;
    let introduction = match (&code, token) {
        (Some(code), _) => Some(Introduction { secret: code.secret_text(), works_once: true }),
        (None, Some(token)) => Some(Introduction { secret: token, works_once: false }),
        (None, None) => None,
    };
    let settings = Settings {
        software: Software { name: "roundsman-device".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), profiles: None },
        schedule: config.schedule(),
        privacy: config.privacy(),
        mode: match config.commands.mode {
            Configured::Normal => Mode::Normal,
            Configured::Approve => Mode::Approve,
            Configured::Locked => Mode::Locked,
        },
        introduction,
        name: config.enrolment.name.clone(),
        catch_up: config.report.catch_up,
    };
    let mut machine = Machine { config, files, source, code, run: place.run.clone(), session: None };
    let module = Module::start(settings, &mut machine);
    Ok(Ready { module, machine })
}

impl Ready {
    /// Makes one attempt now; returns whether the server has everything.
    pub fn once(&mut self, place: &Place) -> bool {
        self.module.report_now(&self.machine);
        self.module.step(&mut self.machine);
        status::leave(&place.run, &self.module);
        self.module.trouble().is_none()
    }

    /// Works until the process ends, which it may at any time: the state survives that.
    pub fn forever(&mut self, place: &Place) -> ! {
        let mut told = None;
        loop {
            let next = self.module.step(&mut self.machine);
            status::leave(&place.run, &self.module);
            if told != Some(next) {
                log::line(super::config::Level::Info, &format!("waits until {} ({:?})", next.at, next.why));
                told = Some(next);
            }
            let left = next.at.duration_since(Timestamp::now());
            thread::sleep(Duration::try_from(left).unwrap_or(Duration::ZERO).min(NAP));
        }
    }
}

/// Runs one attempt and tells how it went.
///
/// # Errors
/// As [`start`].
pub fn once(config: Config, place: &Place, code: Option<String>) -> Result<ExitCode> {
    let mut ready = start(config, place, code)?;
    let is_done = ready.once(place);
    status::take_away(&place.run);
    match ready.module.trouble() {
        Some(trouble) => eprintln!("roundsman-device: {trouble}"),
        None => {
            let sender = ready.module.state().enrolment.as_ref().map_or("-", |enrolment| enrolment.sender.as_str());
            println!("the server has everything; this module is {sender}");
        }
    }
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
