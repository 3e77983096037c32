//! One sender: its synchronisation window, its computer, what was expected of it, its commands.
//!
//! Commands are posted to `/agents/ID/commands` as fields `csrf` and `action` (`read-now`,
//! `send-full-report` or `set-schedule`); a schedule comes as `rhythm` (`daily` or `every`), `at`
//! (`HH:MM`), `spread_minutes`, `every_minutes` and `time_zone`.

use jiff::Timestamp;
use jiff::civil::Date;
use wire::commands::{Action, Outcome};
use wire::envelope::{Host, Site};
use wire::privacy::Group;
use wire::rhythm::Schedule;

use super::agents::AgentRow;

/// Is the page of one sender.
#[derive(Clone, Debug)]
pub struct Agent {
    pub row: AgentRow,
    pub schedule: Option<Schedule>,
    pub host: Option<Host>,
    pub site: Option<Site>,
    /// When it told host, site and what it withholds: the time of its last report.
    pub told_at: Option<Timestamp>,
    /// What its site has switched off.
    pub withheld: Vec<Group>,
    /// The last 30 days, in any order; a day without an entry was before its time.
    pub days: Vec<ExpectedDay>,
    /// The newest first.
    pub commands: Vec<CommandRow>,
    /// Whether the person may give commands.
    pub may_command: bool,
}

/// Is what was expected on one day, and what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedDay {
    pub date: Date,
    /// How many reports were due.
    pub expected: u32,
    /// How many of them came, late ones included.
    pub arrived: u32,
    /// How many came after their time.
    pub late: u32,
    /// How many are due later today.
    pub pending: u32,
    /// Why one is missing or late, as far as known.
    pub reason: Option<String>,
}

/// Is a command that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRow {
    pub id: String,
    pub action: Action,
    pub issued_at: Timestamp,
    /// Who gave it.
    pub issued_by: Option<String>,
    pub expires_at: Timestamp,
    /// When the sender fetched it; commands ride back on the reply to a report.
    pub fetched_at: Option<Timestamp>,
    pub outcome: Option<Outcome>,
}
