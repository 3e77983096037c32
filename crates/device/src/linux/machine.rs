//! A Linux printer as the module sees it.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use uplink::{Coding, Session};
use wire::code::EnrolmentCode;
use wire::commands::Command;
use wire::talk::{EnrolRequest, Hello, Reply};

use super::config::{Config, Level};
use super::files::Files;
use super::source::Source;
use super::{link, log, status};
use crate::platform::{Enrolled, Platform, Seen, Slot, StoreFault, Trouble, Verdict};
use crate::state::Enrolment;

/// Is the machine; see [`Platform`].
pub struct Machine {
    pub config: Config,
    pub files: Files,
    pub source: Source,
    /// The one-time code that is to be used, if there is one.
    pub code: Option<EnrolmentCode>,
    /// Where verdicts on commands lie.
    pub run: PathBuf,
    pub session: Option<Session>,
}

/// Returns a number that nobody can guess.
///
/// # Panics
/// If the operating system has no chance to give; nothing secure can be done then.
pub fn chance() -> u64 {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).expect("the operating system gives random numbers");
    u64::from_be_bytes(octets)
}

impl Platform for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn chance(&mut self) -> u64 {
        chance()
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        TimeZone::get(name).ok()
    }

    fn read(&mut self, slot: Slot) -> Result<Vec<u8>, StoreFault> {
        self.files.read(slot)
    }

    fn write(&mut self, slot: Slot, octets: &[u8]) -> Result<(), StoreFault> {
        self.files.write(slot, octets)
    }

    fn facts(&mut self) -> Seen {
        self.source.read()
    }

    #[cfg(feature = "zstd")]
    fn pack(&mut self, report: Vec<u8>) -> Vec<u8> {
        uplink::compress_short(&report)
    }

    fn enrol(&mut self, request: &EnrolRequest) -> Result<Enrolled, Trouble> {
        link::enrol(&self.config, self.code.as_ref(), request)
    }

    fn hello(&mut self, enrolment: &Enrolment) -> Result<Hello, Trouble> {
        let session = link::session(&self.config, enrolment)?;
        let hello = session.hello().clone();
        self.session = Some(session);
        Ok(hello)
    }

    fn send(&mut self, report: &[u8]) -> Result<Reply, Trouble> {
        let coding = if cfg!(feature = "zstd") { Coding::Zstd } else { Coding::Plain };
        let session = self.session.as_mut().ok_or_else(|| Trouble::Blocked("there is no session".to_owned()))?;
        let sent = session.send_as(report, coding).map_err(|error| link::refusal(&error, link::story(&error)));
        log::line(Level::Debug, &format!("a report of {} octets was sent; {:?} octets in this session", report.len(), session.octets()));
        sent
    }

    fn close(&mut self) {
        self.session = None;
    }

    fn verdict(&mut self, command: &Command) -> Verdict {
        status::verdict(&self.run, &command.id)
    }

    fn tell(&mut self, event: &str) {
        log::line(Level::Info, event);
    }
}
