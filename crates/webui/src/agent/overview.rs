//! The first page: whether data reach the server.
//!
//! Its button posts `csrf` to `/sync-now`.

use askama::Template;
use wire::envelope::Software;
use wire::privacy::Group;
use wire::rhythm::Schedule;

use crate::filters;
use crate::frame::{Frame, Notice, Program, Shell, finish};
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
}

#[derive(Template)]
#[template(path = "agent/overview.html")]
struct Page<'a> {
    shell: Shell<'a>,
    overview: &'a Overview,
    window: Window,
    schedule: Option<String>,
    withheld: Vec<&'static str>,
}

impl Overview {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        finish(&Page {
            shell: Shell::new(Program::Agent, frame, "/", "Synchronisation"),
            overview: self,
            window: Window::new(&frame.clock, "The agent", &self.synchronisation),
            schedule: self.schedule.as_ref().map(words::schedule),
            withheld: self.withheld.iter().map(|group| group.word()).collect(),
        })
    }
}
