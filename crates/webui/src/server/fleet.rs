//! All devices, what needs attention first.

use askama::Template;
use jiff::Timestamp;
use model::DeviceRecord;

use super::SiteName;
use crate::filters;
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::list::{Entry, List};
use crate::paging::{Paging, Ways};
use crate::paths::page_of;

/// Is the list of devices.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// Over all devices that the person may see, whatever the filter.
    pub counts: Counts,
    /// Every site, to choose from.
    pub sites: Vec<SiteName>,
    pub filter: Filter,
    /// Those of this page. They are ordered by urgency within it; who pages orders the whole list.
    pub devices: Vec<FleetDevice>,
    pub paging: Paging,
    /// Devices that may be the same as another one, by id and name; a person is to decide.
    pub twins: Vec<(String, String)>,
}

/// Counts the fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub devices: u64,
    /// Those for which somebody should do something.
    pub need_attention: u64,
    /// Those whose data are missing.
    pub overdue: u64,
    /// Senders that have fallen silent.
    pub agents_unresponsive: u64,
}

/// Is what the person wants to see, as in `?site=ID&show=attention&find=TEXT`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A site's id.
    pub site: Option<String>,
    pub show: Show,
    /// Part of a serial number, model, address or location.
    pub find: String,
}

/// Is which devices are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    All,
    /// Those for which somebody should do something.
    Attention,
    /// Those whose data are missing.
    Overdue,
}

impl Show {
    /// Reads the query parameter `show`; what it does not know means all.
    pub fn from_word(word: &str) -> Self {
        match word {
            "attention" => Show::Attention,
            "overdue" => Show::Overdue,
            _ => Show::All,
        }
    }

    /// Returns the word for the query parameter `show`.
    pub fn word(self) -> &'static str {
        match self {
            Show::All => "all",
            Show::Attention => "attention",
            Show::Overdue => "overdue",
        }
    }
}

/// Is one device of the list.
#[derive(Clone, Debug)]
pub struct FleetDevice {
    pub id: String,
    pub site: Option<SiteName>,
    pub record: DeviceRecord,
    /// When the total meter was told; `None` where that is the record's time.
    pub meters_at: Option<Timestamp>,
    /// When the supplies were told; `None` where that is the record's time.
    pub supplies_at: Option<Timestamp>,
    pub overdue: Option<Overdue>,
}

/// Tells that data of a device are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    pub since: Timestamp,
    /// Why, as far as known, such as "its agent is silent".
    pub reason: String,
}

#[derive(Template)]
#[template(path = "server/fleet.html")]
struct Page<'a> {
    shell: Shell<'a>,
    counts: Counts,
    sites: &'a [SiteName],
    filter: &'a Filter,
    twins: Vec<(String, &'a str)>,
    is_filtered: bool,
    list: List,
    ways: Ways<'a>,
}

impl Fleet {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let entries = self.devices.iter().map(|device| Entry {
            address: page_of("devices", &device.id),
            record: &device.record,
            meters_at: device.meters_at,
            supplies_at: device.supplies_at,
            overdue: device.overdue.as_ref(),
            remark: device.site.as_ref().map(|site| site.name.as_str()),
        });
        finish(&Page {
            shell: Shell::new(Program::Server, frame, "/", "Devices"),
            counts: self.counts,
            sites: &self.sites,
            filter: &self.filter,
            twins: self.twins.iter().map(|(id, name)| (page_of("devices", id), name.as_str())).collect(),
            is_filtered: self.filter != Filter::default(),
            list: List::new(&frame.clock, entries),
            ways: Ways::new(&self.paging, self.devices.len()),
        })
    }
}

impl Page<'_> {
    fn is_chosen(&self, site: &SiteName) -> bool {
        self.filter.site.as_deref() == Some(site.id.as_str())
    }

    fn shows(&self, show: &str) -> bool {
        self.filter.show.word() == show
    }
}
