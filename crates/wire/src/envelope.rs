//! A report: who speaks, since when, and what was read.

use alloc::string::String;
use alloc::vec::Vec;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::commands::Outcome;
use crate::privacy::Group;
use crate::reading::Reading;
use crate::rhythm::Schedule;

/// Names the version of a report that this crate writes and reads.
pub const SCHEMA: &str = "roundsman.report/1";

/// Is one report: everything that a sender says in one upload.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub sender: Sender,
    /// Made by the sender, unique for ever; a report sent twice carries the same. At most 64 octets.
    pub id: String,
    /// Grows with each report of a sender; gaps are allowed.
    pub sequence: u64,
    /// By the sender's clock.
    pub created_at: Timestamp,
    /// The acknowledged report that changes are told against; `None` when every reading is whole.
    pub base: Option<String>,
    pub software: Software,
    /// When the sender plans to report.
    pub schedule: Option<Schedule>,
    /// The next planned time, by the sender's clock.
    pub next_at: Option<Timestamp>,
    /// Whether the sender goes out of service in good order; its silence is then no fault.
    pub stopping: bool,
    /// Of an agent: the computer it runs on.
    pub host: Option<Host>,
    pub site: Option<Site>,
    /// Groups of fields that the site has switched off.
    pub withheld: Vec<Group>,
    /// What became of commands.
    pub outcomes: Vec<Outcome>,
    /// In the order of observation for each device.
    pub readings: Vec<Reading>,
}

/// Is who reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub kind: SenderKind,
    /// Given at enrolment; the same as the user name.
    pub id: String,
}

/// Is the way by which a sender knows its devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SenderKind {
    /// A program that reads devices over the customer's network.
    Agent,
    /// A module inside the device.
    DeviceDirect,
}

impl From<SenderKind> for model::record::Path {
    fn from(kind: SenderKind) -> Self {
        match kind {
            SenderKind::Agent => model::record::Path::Agent,
            SenderKind::DeviceDirect => model::record::Path::DeviceDirect,
        }
    }
}

/// Is what the sender runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Software {
    pub name: String,
    pub version: String,
    /// The version of the rules by which devices are found and read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profiles: Option<String>,
}

/// Is the diagnostics of the agent's computer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The proxy that reports go through, as host and port without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_id: Option<String>,
    /// A number made at installation; it tells two installations apart and says nothing about the computer.
    pub host_id: String,
}

/// Is what an agent says of its computer and site: sixteen fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_name: Option<String>,
    /// The agent's store with its write-ahead log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_database_octets: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_build_version: Option<String>,
    /// The address from which devices are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operating_system_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<String>,
    /// The part of the store that knows the devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery_database_octets: Option<u64>,
    /// Of the disk with the agent's store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Room>,
    /// `32-bit` or `64-bit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operating_system_type: Option<String>,
    /// An IANA name, such as `Europe/Amsterdam`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices_discovered: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Room>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// Devices that the agent looks after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printers_in_scope: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery_version: Option<String>,
    /// Devices that were seen and are not looked after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printers_out_of_scope: Option<u64>,
}

/// Is a size and what of it is free, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    pub size: u64,
    pub free: u64,
}
