//! What a module needs from the machine that it runs on.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wire::Facts;
use wire::commands::Command;
use wire::rhythm::Schedule;
use wire::talk::{EnrolReply, EnrolRequest, Hello, LastReport, Reply};

use crate::state::Enrolment;

/// Is the machine: its clock, its flash, its facts, and the way to the server.
///
/// Calls may take their time, but each must end: a deadline on everything that waits is the
/// platform's business. None of them may panic on what the network or the flash says.
pub trait Platform {
    /// Returns the time of day.
    fn now(&self) -> Timestamp;

    /// Returns a number that nobody can guess: ids of reports and waits are made with it.
    fn chance(&mut self) -> u64;

    /// Returns the time zone of this IANA name; `None` if it is not known here.
    fn zone(&self, name: &str) -> Option<TimeZone>;

    /// Returns the first planned time strictly after `now`, and the last one before: for the module's
    /// `place`, see [`wire::rhythm::place_of`].
    ///
    /// A port without time zones answers with [`crate::utc`], and saves the room of a calendar.
    fn planned(&self, schedule: &Schedule, place: u64, now: Timestamp) -> (Timestamp, Timestamp) {
        // Without its zone a schedule counts in UTC: too early or too late is better than never.
        let zone = self.zone(&schedule.time_zone).unwrap_or(TimeZone::UTC);
        (schedule.rhythm.next_after(&zone, place, now), schedule.rhythm.last_until(&zone, place, now))
    }

    /// Reads all of a slot; an empty one if nothing was ever written there.
    ///
    /// # Errors
    /// Fails if the flash cannot be read.
    fn read(&mut self, slot: Slot) -> Result<Vec<u8>, StoreFault>;

    /// Writes a slot anew; returns when the octets would survive a power cut.
    ///
    /// The slot may be torn by a power cut meanwhile; the other one must not be touched.
    ///
    /// # Errors
    /// Fails if the flash does not take it.
    fn write(&mut self, slot: Slot, octets: &[u8]) -> Result<(), StoreFault>;

    /// Asks the printer what it has to say now; what it does not say in time is left out.
    fn facts(&mut self) -> Seen;

    /// Makes a report small for the way; as it is, unless the platform can do better.
    fn pack(&mut self, report: Vec<u8>) -> Vec<u8> {
        report
    }

    /// Asks for credentials, of a server whose certificate has been found good.
    ///
    /// # Errors
    /// Fails if the server cannot be reached or trusted, or gives none.
    fn enrol(&mut self, request: &EnrolRequest) -> Result<Enrolled, Trouble>;

    /// Begins a session: verifies the server, shows the credentials, hears its hello.
    ///
    /// # Errors
    /// Fails if one of the three does.
    fn hello(&mut self, enrolment: &Enrolment) -> Result<Hello, Trouble>;

    /// Sends a packed report in the session; returns when the server has it on its disk.
    ///
    /// # Errors
    /// Fails if the server does not take it, or if nobody knows whether it has.
    fn send(&mut self, report: &[u8]) -> Result<Reply, Trouble>;

    /// Ends the session, if there is one.
    fn close(&mut self);

    /// Says whether somebody at the site has allowed a command; asked where the site wants that.
    fn verdict(&mut self, command: &Command) -> Verdict;

    /// Hears what happens, for a log; the default says nothing.
    fn tell(&mut self, _event: &str) {}
}

/// Names one of the two places that hold the state: one is whole while the other is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    A,
    B,
}

impl Slot {
    /// Returns the other place.
    pub fn other(self) -> Self {
        match self {
            Slot::A => Slot::B,
            Slot::B => Slot::A,
        }
    }
}

/// Says why the flash did not obey, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state cannot be kept: {0}")]
pub struct StoreFault(pub String);

/// Is what the printer said at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub observed_at: Timestamp,
    /// Whether the facts are all that the printer has to say; otherwise the others were not seen.
    pub is_whole: bool,
    pub facts: Facts,
}

/// Is what a new sender gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    pub reply: EnrolReply,
    /// Host and port of the server.
    pub server: String,
    /// The certificate of the authority to trust from now on, in DER form; `None` if the
    /// platform's own trust vouched for the server.
    pub authority: Option<Vec<u8>>,
}

/// Is the site's word on one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    Refused,
    /// Nobody has decided yet.
    Open,
}

/// Says why the server has not taken something, as far as that makes a difference to a module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No answer, or one that says nothing: the same may succeed soon.
    #[error("{why}")]
    Later { why: String, wait: Option<Duration> },
    /// Nothing that a module could change: whom it was to trust is not there, or a setting is wrong.
    #[error("{0}")]
    Blocked(String),
    /// The server does not know the credentials.
    #[error("{0}")]
    Unknown(String),
    /// The server knows the sender and does not listen to it, or does not take the code.
    #[error("{0}")]
    Forbidden(String),
    #[error("the server wants a whole report")]
    NeedsFull(Option<LastReport>),
    #[error("the server has a newer report of this sender; is there a copy of this module?")]
    Stale(Option<LastReport>),
    /// The server knows another printer under these credentials.
    #[error("{0}")]
    AnotherDevice(String),
    /// The server will never take this report as it is.
    #[error("{0}")]
    Rejected(String),
}
