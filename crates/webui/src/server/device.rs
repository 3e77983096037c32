//! One device with its history, paths and problems.

use askama::Template;
use jiff::Timestamp;
use model::record::Path;

use super::SiteName;
use super::fleet::Overdue;
use crate::clock::{Clock, When};
use crate::device::{Body, DeviceFile, Heading};
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::paths::page_of;
use crate::words;

/// Is the page of one device.
#[derive(Clone, Debug)]
pub struct Device {
    pub id: String,
    pub site: Option<SiteName>,
    pub file: DeviceFile,
    pub overdue: Option<Overdue>,
    /// The ways by which it is heard.
    pub paths: Vec<HeardBy>,
    /// When the server first heard of it.
    pub first_seen_at: Option<Timestamp>,
    /// Another device that tells the same, by its id.
    pub twin: Option<String>,
    /// Whose word alone is shown, if it is not everybody's.
    pub alone: Option<SenderName>,
    /// Whether the person may say which device is which.
    pub may_decide: bool,
}

/// Is one way by which a device is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardBy {
    pub path: Path,
    /// When the device last spoke this way.
    pub observed_at: Option<Timestamp>,
    /// Who told it.
    pub sender: Option<SenderName>,
    /// On what evidence its word counts for this device, and since when; `None` for the first.
    pub joined: Option<(String, Timestamp)>,
    /// What spoke for that and against it, each in words with its points.
    pub why: Vec<String>,
}

/// Is an agent or a device module by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderName {
    pub id: String,
    pub name: String,
}

#[derive(Template)]
#[template(path = "server/device.html")]
struct Page<'a> {
    shell: Shell<'a>,
    heading: Heading<'a>,
    site: Option<&'a str>,
    overdue: Option<(When, &'a str)>,
    paths: Vec<Way<'a>>,
    first_seen: Option<When>,
    /// The address of this page.
    here: String,
    twin: Option<(&'a str, String)>,
    alone: Option<&'a str>,
    may_decide: bool,
    body: Body,
}

struct Way<'a> {
    path: &'static str,
    heard: When,
    /// The page, the name and the id of who told it.
    sender: Option<(String, &'a str, &'a str)>,
    joined: Option<(&'a str, When)>,
    why: &'a [String],
}

impl Device {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let clock = &frame.clock;
        let heard = self.paths.iter().filter_map(|way| way.observed_at).max();
        let heading = Heading::new(clock, &self.file.record, heard);
        finish(&Page {
            shell: Shell::new(Program::Server, frame, "/", heading.printer.clone()),
            heading,
            site: self.site.as_ref().map(|site| site.name.as_str()),
            overdue: self.overdue.as_ref().map(|overdue| (clock.lasting(overdue.since), overdue.reason.as_str())),
            paths: self.paths.iter().map(|way| Way::of(clock, way)).collect(),
            first_seen: self.first_seen_at.map(|at| clock.ago(at)),
            here: page_of("devices", &self.id),
            twin: self.twin.as_deref().map(|twin| (twin, page_of("devices", twin))),
            alone: self.alone.as_ref().map(|sender| sender.name.as_str()),
            may_decide: self.may_decide,
            body: Body::new(clock, &self.file),
        })
    }
}

impl<'a> Way<'a> {
    fn of(clock: &Clock, way: &'a HeardBy) -> Self {
        Way {
            path: words::path(way.path),
            heard: clock.ago_or(way.observed_at, "never"),
            sender: way.sender.as_ref().map(|sender| (page_of("agents", &sender.id), sender.name.as_str(), sender.id.as_str())),
            joined: way.joined.as_ref().map(|(evidence, at)| (evidence.as_str(), clock.ago(*at))),
            why: &way.why,
        }
    }
}
