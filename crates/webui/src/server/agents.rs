//! All senders: agents, and modules inside devices.

use jiff::Timestamp;
use wire::envelope::{SenderKind, Software};

use super::SiteName;
use crate::paging::Paging;
use crate::synchronisation::Synchronisation;

/// Is the list of senders, in the order to be shown within a state.
#[derive(Clone, Debug)]
pub struct Agents {
    pub agents: Vec<AgentRow>,
    pub paging: Paging,
}

/// Is one sender of the list.
#[derive(Clone, Debug)]
pub struct AgentRow {
    pub id: String,
    pub name: String,
    pub kind: SenderKind,
    pub site: Option<SiteName>,
    pub state: AgentState,
    pub state_since: Option<Timestamp>,
    /// Why it is in this state, where that needs saying.
    pub state_reason: Option<String>,
    pub synchronisation: Synchronisation,
    /// What it runs, as it said in its last report.
    pub software: Option<Software>,
    /// How many devices it reports on; `None` before its first report.
    pub devices: Option<u64>,
    /// How many of them are overdue.
    pub devices_overdue: Option<u64>,
}

/// Is where a sender stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentState {
    /// Nothing has come for too long.
    Unresponsive,
    /// An operator has shut it out, or it was too noisy.
    Disabled,
    /// Enrolled; its first report has not come yet.
    Provisioned,
    Running,
    /// It went out of service in good order.
    Stopped,
    /// It will not come back.
    Retired,
}
