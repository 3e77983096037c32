//! How a device lets one in: what is remembered of it, and what did not serve.

use std::fmt;

use snmp::Version;
use snmp::usm::{Refused, Remote};

/// Is what a device has answered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The number of the credential.
    pub credential: u16,
    pub version: Version,
    /// Its engine, in v3. Ticks are the reader's.
    pub remote: Option<Remote>,
}

/// Says why a credential did not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    Refused(Refused),
    /// No answer, where another credential had one.
    Unanswered,
}

/// Is what a reader is told of a device before it asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door {
    /// What it answered to before.
    pub access: Option<Access>,
    /// Credentials that it did not take lately, by number: they are not tried now.
    pub shut: Vec<u16>,
}

/// Is what a reader tells of a device after it has asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub access: Option<Access>,
    /// What was tried in vain, by number.
    pub turned: Vec<(u16, Turned)>,
}

impl fmt::Display for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Turned::Refused(refused) => refused.fmt(f),
            Turned::Unanswered => f.write_str("no answer"),
        }
    }
}
