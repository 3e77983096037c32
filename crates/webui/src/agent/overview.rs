//! The first page: whether data reach the server.
//!
//! Its button posts `csrf` to `/sync-now`.

use askama::Template;
use jiff::Timestamp;
use wire::envelope::Software;
use wire::privacy::Group;
use wire::rhythm::Schedule;

use crate::clock::When;
use crate::filters;
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::paths::page_of;
use crate::synchronisation::{Synchronisation, Window};
use crate::words;

/// Is the agent's first page.
#[derive(Clone, Debug)]
pub struct Overview {
    pub site_name: Option<String>,
    /// Whom it reports to, as host and port; `None` before enrolment.
    pub server: Option<String>,
    pub synchronisation: Synchronisation,
    pub schedule: Option<Schedule>,
    pub software: Software,
    /// Devices that it looks after; `None` before the first discovery has ended.
    pub devices: Option<u64>,
    /// Devices that were seen and are not looked after.
    pub devices_out_of_scope: Option<u64>,
    /// Readings that have not been sent yet.
    pub readings_waiting: u64,
    /// Reports that are sealed and have not been acknowledged yet.
    pub reports_waiting: u64,
    /// What it does at the moment, such as "reading 12 of 40 printers".
    pub activity: Option<String>,
    /// What the site has switched off.
    pub withheld: Vec<Group>,
    /// What printers have sent of themselves; `None` where nobody listens for that.
    pub traps: Option<Traps>,
    /// By which credentials printers let the agent in; `None` before the first round has ended.
    pub credentials: Option<Credentials>,
}

/// Is how the printers stand with the credentials: names only.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// In the order of the configuration.
    pub lines: Vec<CredentialLine>,
    /// Devices that were let in by a credential that is no longer there.
    pub by_former: u64,
    /// Devices that let nobody in.
    pub refusing: u64,
}

/// Is one credential.
#[derive(Clone, Debug, Default)]
pub struct CredentialLine {
    /// Such as "user service (SHA-256, AES-128)".
    pub name: String,
    /// How many devices it serves.
    pub devices: u64,
    /// How many of these wait for the first credential of their range.
    pub waiting: u64,
    /// How many devices did not take it.
    pub turned_away: u64,
    /// The reason that most of them gave.
    pub why: Option<String>,
}

/// Is what printers have sent of themselves, since the agent started.
#[derive(Clone, Debug, Default)]
pub struct Traps {
    /// Where the agent listens.
    pub listen: Option<String>,
    /// Why it cannot.
    pub failure: Option<String>,
    pub heard: u64,
    /// How many devices were read for that.
    pub looks: u64,
    /// What was left alone, by reason.
    pub left_alone: Vec<(String, u64)>,
    pub last: Option<LastNotice>,
}

/// Is the last notice of a known device.
#[derive(Clone, Debug)]
pub struct LastNotice {
    pub at: Timestamp,
    /// Names its page, `/devices/ID`.
    pub device: String,
    pub address: String,
    pub what: String,
    /// Such as "v2c".
    pub version: String,
    /// Whether its sender proved to be a user.
    pub is_proved: bool,
}

#[derive(Template)]
#[template(path = "agent/overview.html")]
struct Page<'a> {
    shell: Shell<'a>,
    overview: &'a Overview,
    window: Window,
    schedule: Option<String>,
    withheld: Vec<&'static str>,
    last_notice: Option<(When, String)>,
}

impl Overview {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let last_notice = self.traps.as_ref().and_then(|traps| traps.last.as_ref());
        finish(&Page {
            shell: Shell::new(Program::Agent, frame, "/", "Synchronisation"),
            overview: self,
            window: Window::new(&frame.clock, "The agent", &self.synchronisation),
            schedule: self.schedule.as_ref().map(words::schedule),
            withheld: self.withheld.iter().map(|group| group.word()).collect(),
            last_notice: last_notice.map(|last| (frame.clock.ago(last.at), page_of("devices", &last.device))),
        })
    }
}
