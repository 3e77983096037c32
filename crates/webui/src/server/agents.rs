//! All senders: agents, and modules inside devices.

use askama::Template;
use jiff::Timestamp;
use wire::envelope::{SenderKind, Software};

use super::SiteName;
use crate::clock::{Clock, When};
use crate::filters;
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::paging::{Paging, Ways};
use crate::paths::page_of;
use crate::synchronisation::Synchronisation;
use crate::words;

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

impl AgentState {
    /// Returns the word for the state.
    pub fn word(self) -> &'static str {
        match self {
            AgentState::Unresponsive => "unresponsive",
            AgentState::Disabled => "disabled",
            AgentState::Provisioned => "provisioned",
            AgentState::Running => "running",
            AgentState::Stopped => "stopped",
            AgentState::Retired => "retired",
        }
    }

    /// Explains the state in a sentence.
    pub fn explained(self) -> &'static str {
        match self {
            AgentState::Unresponsive => "Nothing has come for too long.",
            AgentState::Disabled => "It is shut out: its reports are refused.",
            AgentState::Provisioned => "It is enrolled; its first report has not come yet.",
            AgentState::Running => "Its reports come.",
            AgentState::Stopped => "It went out of service in good order.",
            AgentState::Retired => "It will not come back; its data are kept.",
        }
    }

    /// Returns the style class of the state.
    pub(crate) fn class(self) -> &'static str {
        match self {
            AgentState::Unresponsive => "fault",
            AgentState::Disabled => "low",
            AgentState::Provisioned => "notice",
            AgentState::Running => "fine",
            AgentState::Stopped | AgentState::Retired => "absent",
        }
    }
}

#[derive(Template)]
#[template(path = "server/agents.html")]
struct Page<'a> {
    shell: Shell<'a>,
    lines: Vec<Line<'a>>,
    ways: Ways<'a>,
}

struct Line<'a> {
    row: &'a AgentRow,
    page: String,
    kind: &'static str,
    site: Option<&'a str>,
    software: Option<String>,
    lasting: Option<When>,
    last_data: When,
    last_contact: When,
    last_success: When,
    next_send: Option<When>,
    error: Option<(When, &'a str)>,
}

impl Agents {
    /// Returns the page; what fell silent stands first.
    pub fn render(&self, frame: &Frame) -> String {
        let mut rows: Vec<&AgentRow> = self.agents.iter().collect();
        rows.sort_by_key(|row| row.state);
        finish(&Page {
            shell: Shell::new(Program::Server, frame, "/agents", "Agents"),
            lines: rows.into_iter().map(|row| Line::of(&frame.clock, row)).collect(),
            ways: Ways::new(&self.paging, self.agents.len()),
        })
    }
}

impl<'a> Line<'a> {
    fn of(clock: &Clock, row: &'a AgentRow) -> Self {
        let window = &row.synchronisation;
        Line {
            row,
            page: page_of("agents", &row.id),
            kind: words::sender(row.kind),
            site: row.site.as_ref().map(|site| site.name.as_str()),
            software: row.software.as_ref().map(|software| format!("{} {}", software.name, software.version)),
            lasting: row.state_since.map(|at| clock.lasting(at)),
            last_data: clock.ago_or(window.last_data_at, "never"),
            last_contact: clock.ago_or(window.last_contact_at, "never"),
            last_success: clock.ago_or(window.last_success_at, "never"),
            next_send: window.next_send_at.map(|at| clock.until(at)),
            error: window.last_error.as_ref().map(|error| (clock.ago(error.at), error.reason.as_str())),
        }
    }
}
