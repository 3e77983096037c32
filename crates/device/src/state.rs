//! What a module remembers over a loss of power.

pub mod codec;
pub mod slots;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jiff::Timestamp;
use wire::Facts;
use wire::commands::{Command, Outcome};
use wire::reading::Reading;
use wire::rhythm::Schedule;

use crate::printer::Printer;

/// Is all that a module remembers; it is written as a whole, and seldom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub wear: Wear,
    pub enrolment: Option<Enrolment>,
    /// The mark of the one-time code that was used last: it must not be tried again.
    pub spent: Option<u64>,
    /// The printer that all of this is about.
    pub printer: Option<Printer>,
    /// The schedule that the server has set.
    pub schedule: Option<Schedule>,
    /// The number of the last report that was made.
    pub sequence: u64,
    /// When a report was acknowledged last.
    pub reported_at: Option<Timestamp>,
    pub base: Option<Base>,
    /// Readings that are not acknowledged, each told against the one before it.
    pub readings: Vec<Reading>,
    /// Readings that were given up for want of room since the last acknowledgement.
    pub dropped: u32,
    pub pending: Option<Pending>,
    pub orders: Vec<Order>,
}

/// Is how much has been written to the flash, over the module's whole life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wear {
    pub writes: u64,
    pub octets: u64,
}

/// Is what the module got at enrolment.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Host and port.
    pub server: String,
    /// The certificate of the authority to trust, in DER form.
    pub authority: Option<Vec<u8>>,
    pub sender: String,
    pub secret: String,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrolment").field("server", &self.server).field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// Is the last acknowledged report, and what the server knows since.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Base {
    /// Empty if the server is not known to have it: readings are kept against it, and told whole.
    pub report: String,
    pub facts: Facts,
}

impl Base {
    /// Returns whether changes can be told against it.
    pub fn is_shared(&self) -> bool {
        !self.report.is_empty()
    }
}

impl State {
    /// Makes the next report whole. What is kept stays told against what it was told against.
    pub fn forget_base(&mut self) {
        if let Some(base) = &mut self.base {
            base.report.clear();
        }
    }
}

/// Is a report that was made and is not acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    pub id: String,
    pub sequence: u64,
    /// The base that its changes are told against; `None` if it needs none.
    pub base: Option<String>,
    /// As it travels: a retry is the same octets.
    pub octets: Vec<u8>,
    /// How many of the readings it carries.
    pub readings: u32,
    /// The commands whose outcomes it carries.
    pub outcomes: Vec<String>,
}

/// Is a command of the server, and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub command: Command,
    pub stage: Stage,
}

/// Is how far a command has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Somebody at the site has to allow it.
    Waiting,
    /// It was about to run; found after a restart, nobody knows whether it did.
    Begun,
    Ended(Outcome),
    /// The server has heard of its end. It is remembered so that it never runs twice.
    Told,
}
