//! One sender: its synchronisation window, its computer, what was expected of it, its commands.
//!
//! Commands are posted to `/agents/ID/commands` as fields `csrf` and `action` (`read-now`,
//! `send-full-report` or `set-schedule`); a schedule comes as `rhythm` (`daily` or `every`), `at`
//! (`HH:MM`), `spread_minutes`, `every_minutes` and `time_zone`.

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use wire::commands::{Action, Outcome, OutcomeKind};
use wire::envelope::{Host, Site};
use wire::privacy::Group;
use wire::rhythm::{Rhythm, Schedule};

use super::agents::AgentRow;
use crate::clock::{Clock, When};
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::paths::page_of;
use crate::site::SiteInformation;
use crate::strip::Strip;
use crate::synchronisation::Window;
use crate::words;

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

#[derive(Template)]
#[template(path = "server/agent.html")]
struct Page<'a> {
    shell: Shell<'a>,
    row: &'a AgentRow,
    kind: &'static str,
    lasting: Option<When>,
    window: Window,
    schedule: Option<String>,
    software: Option<String>,
    profiles: Option<&'a str>,
    host: Option<&'a Host>,
    told: When,
    site_information: Option<SiteInformation>,
    withheld: Vec<&'static str>,
    strip: Strip,
    commands: Vec<Line<'a>>,
    form: Option<Form>,
}

/// Is a command with its outcome.
struct Line<'a> {
    row: &'a CommandRow,
    action: String,
    issued: When,
    class: &'static str,
    outcome: String,
    detail: Option<&'a str>,
    ended: Option<When>,
}

/// Is where commands are posted to, and the schedule to begin with.
struct Form {
    address: String,
    is_daily: bool,
    at: String,
    spread_minutes: u16,
    every_minutes: u32,
    time_zone: String,
}

impl Agent {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let (clock, row) = (&frame.clock, &self.row);
        finish(&Page {
            shell: Shell::new(Program::Server, frame, "/agents", row.name.clone()),
            row,
            kind: words::sender(row.kind),
            lasting: row.state_since.map(|at| clock.lasting(at)),
            window: Window::new(clock, "It", &row.synchronisation),
            schedule: self.schedule.as_ref().map(words::schedule),
            software: row.software.as_ref().map(|software| format!("{} {}", software.name, software.version)),
            profiles: row.software.as_ref().and_then(|software| software.profiles.as_deref()),
            host: self.host.as_ref(),
            told: clock.ago_or(self.told_at, "never"),
            site_information: self.site.as_ref().map(|site| SiteInformation::new(site, &self.withheld)),
            withheld: self.withheld.iter().map(|group| group.word()).collect(),
            strip: Strip::new(&self.days),
            commands: self.commands.iter().map(|command| Line::of(clock, command)).collect(),
            form: self.may_command.then(|| Form::new(&row.id, self.schedule.as_ref())),
        })
    }
}

impl<'a> Line<'a> {
    fn of(clock: &Clock, row: &'a CommandRow) -> Self {
        let (class, outcome) = match &row.outcome {
            Some(outcome) => (outcome_class(outcome.outcome), words::outcome(outcome.outcome).to_owned()),
            None if row.expires_at <= clock.now && row.fetched_at.is_none() => ("low", "expired before it was fetched".to_owned()),
            None => match row.fetched_at {
                Some(_) => ("notice", "fetched, no outcome yet".to_owned()),
                None => ("absent", "waits for the next report".to_owned()),
            },
        };
        Line {
            row,
            action: words::action(&row.action),
            issued: clock.ago(row.issued_at),
            class,
            outcome,
            detail: row.outcome.as_ref().and_then(|outcome| outcome.detail.as_deref()),
            ended: row.outcome.as_ref().map(|outcome| clock.ago(outcome.at)),
        }
    }
}

fn outcome_class(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Done => "fine",
        OutcomeKind::Failed | OutcomeKind::Unknown => "fault",
        OutcomeKind::Refused | OutcomeKind::Expired => "low",
    }
}

impl Form {
    /// Makes the form; it shows the schedule in use, or the usual one.
    fn new(id: &str, schedule: Option<&Schedule>) -> Self {
        let usual = Form {
            address: format!("{}/commands", page_of("agents", id)),
            is_daily: true,
            at: "02:00".to_owned(),
            spread_minutes: 60,
            every_minutes: 60,
            time_zone: schedule.map_or_else(|| "UTC".to_owned(), |schedule| schedule.time_zone.clone()),
        };
        match schedule.map(|schedule| schedule.rhythm) {
            Some(Rhythm::Daily { at, spread_minutes }) => Form { at: at.to_string(), spread_minutes, ..usual },
            Some(Rhythm::Every { seconds }) => Form { is_daily: false, every_minutes: seconds.div_ceil(60), ..usual },
            None => usual,
        }
    }
}
