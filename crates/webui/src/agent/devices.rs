//! The devices that the agent has found.

use askama::Template;
use jiff::Timestamp;
use model::DeviceRecord;

use crate::clock::When;
use crate::device::{Body, DeviceFile, Heading};
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::list::{Entry, List};
use crate::paging::{Paging, Ways};
use crate::paths::page_of;

/// Is the list of devices.
#[derive(Clone, Debug)]
pub struct Devices {
    /// They are ordered by urgency within the page.
    pub devices: Vec<DeviceRow>,
    pub paging: Paging,
}

/// Is one device of the list.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    /// Names its page, `/devices/ID`.
    pub id: String,
    pub record: DeviceRecord,
    /// Whether the agent looks after it.
    pub in_scope: bool,
}

/// Is the page of one device.
#[derive(Clone, Debug)]
pub struct Device {
    pub id: String,
    pub file: DeviceFile,
    pub in_scope: bool,
    /// Its last move to another address, if it has moved.
    pub moved: Option<Moved>,
}

/// Is why a device was taken for the same at another address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub at: Timestamp,
    /// `None` if another device had been found there before.
    pub from: Option<String>,
    pub to: String,
    /// Each reason with its points.
    pub why: String,
}

/// Is what stands beside a device that the agent only sees.
const OUT_OF_SCOPE: &str = "out of scope: seen, not looked after";

#[derive(Template)]
#[template(path = "agent/devices.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    list: List,
    ways: Ways<'a>,
}

impl Devices {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let entries = self.devices.iter().map(|device| Entry {
            address: page_of("devices", &device.id),
            record: &device.record,
            meters_at: None,
            supplies_at: None,
            overdue: None,
            remark: (!device.in_scope).then_some(OUT_OF_SCOPE),
        });
        finish(&ListPage {
            shell: Shell::new(Program::Agent, frame, "/devices", "Devices"),
            list: List::new(&frame.clock, entries),
            ways: Ways::new(&self.paging, self.devices.len()),
        })
    }
}

#[derive(Template)]
#[template(path = "agent/device.html")]
struct DevicePage<'a> {
    shell: Shell<'a>,
    heading: Heading<'a>,
    remark: Option<&'static str>,
    moved: Option<(When, &'a Moved)>,
    /// The number by which a person parts it.
    number: &'a str,
    body: Body,
}

impl Device {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let heading = Heading::new(&frame.clock, &self.file.record, None);
        finish(&DevicePage {
            shell: Shell::new(Program::Agent, frame, "/devices", heading.printer.clone()),
            heading,
            remark: (!self.in_scope).then_some(OUT_OF_SCOPE),
            moved: self.moved.as_ref().map(|moved| (frame.clock.ago(moved.at), moved)),
            number: &self.id,
            body: Body::new(&frame.clock, &self.file),
        })
    }
}
