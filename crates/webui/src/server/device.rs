//! One device with its history, paths and problems.

use jiff::Timestamp;
use model::record::Path;

use super::SiteName;
use super::fleet::Overdue;
use crate::device::DeviceFile;

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
}

/// Is one way by which a device is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardBy {
    pub path: Path,
    /// When the device last spoke this way.
    pub observed_at: Option<Timestamp>,
    /// Who told it.
    pub sender: Option<SenderName>,
}

/// Is an agent or a device module by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderName {
    pub id: String,
    pub name: String,
}
