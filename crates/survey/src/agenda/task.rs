//! What an agent is told to do, what it may be asked for, and how it tells that it has done it.

use std::time::Duration;

use jiff::Timestamp;

/// Is one thing to do; it ends with the [`Done`] of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Sweeps the ranges for devices.
    Discover,
    /// Reads all known devices.
    Read,
    /// Reports to the server.
    Synchronise { reason: Reason },
}

/// Says why a report is sent; where there are several reasons, the first of this order is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Somebody wants it now: a person here, or the server.
    Asked,
    /// The first one after enrolment.
    First,
    /// Its planned time has come.
    Planned,
    /// A planned one was missed, and the site wants those to follow.
    CatchUp,
}

/// Is what somebody may want at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Discover,
    Read,
    /// Reports what is there: `sync-now`, and the server's *send full report*.
    Synchronise,
    /// Reports a reading that begins after the question: the server's *read now*.
    ReadAndSynchronise,
}

/// Tells that a task has ended, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The sweep is over, whatever it found.
    Discover,
    /// The reading is over.
    Read {
        /// When a printer last said something; `None` if none did.
        data_at: Option<Timestamp>,
    },
    Synchronise(Outcome),
}

/// Says how a synchronisation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server has said that the report is on its disk.
    Accepted,
    Failed(Failure),
}

/// Says why a synchronisation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For the customer to read: what was expected, what happened, what to do.
    pub reason: String,
    /// The server answered, only not as hoped.
    pub server_answered: bool,
    /// The server wants no report for so long; heeded up to a day.
    pub wait: Option<Duration>,
}
