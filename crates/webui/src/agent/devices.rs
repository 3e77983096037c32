//! The devices that the agent has found.

use model::DeviceRecord;

use crate::device::DeviceFile;
use crate::paging::Paging;

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
}
