//! What a server may ask of a sender: a closed list, and what became of each.

use alloc::string::String;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::rhythm::Schedule;

/// Is one thing that a sender is asked to do.
///
/// A sender writes the id to disk before it begins. After a restart in between, the outcome is
/// [`OutcomeKind::Unknown`] and is reported as that: the command never runs a second time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// At most 64 octets.
    pub id: String,
    pub issued_at: Timestamp,
    /// From then on it must not begin.
    pub expires_at: Timestamp,
    #[serde(flatten)]
    pub action: Action,
}

/// Is what is to be done. There is no script, no shell and no address to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Reads every device now, and reports.
    ReadNow,
    /// Changes when reports are sent.
    SetSchedule { schedule: Schedule },
    /// Makes the next report whole, whatever was acknowledged.
    SendFullReport,
    /// A command of a newer version; it is refused.
    #[serde(other)]
    Unknown,
}

/// Tells what became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The command's id.
    pub command: String,
    pub outcome: OutcomeKind,
    pub at: Timestamp,
    /// Why, in words for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Says how a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    Done,
    Failed,
    /// The sender does not know it, or its site does not allow it.
    Refused,
    /// It came after its time.
    Expired,
    /// The sender stopped while it ran. Whether it took effect nobody knows.
    Unknown,
}
