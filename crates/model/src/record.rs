//! The device record: everything one device said at one moment, in the fixed JSON contract.
//!
//! Absent (`None`, an empty list) always means that the device did not say.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::level::Level;
use crate::origin::Origin;
use crate::standard::{
    AlertCode, AlertGroup, AlertSeverityLevel, AlertTrainingLevel, CapacityUnit, CoverStatus, DeviceStatus, ErrorState, InputType,
    MarkerCounterUnit, MarkerSuppliesClass, MarkerSuppliesSupplyUnit, MarkerSuppliesType, OutputType, PrinterStatus, SubUnitStatus,
};

/// Names the version of the record's JSON form.
pub const SCHEMA: &str = "roundsman.device/1";

/// Is what one device said at one moment, through one path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRecord {
    pub schema: String,
    /// The address that was asked, IPv4 or IPv6, without a port; `None` in a replay.
    pub address: Option<String>,
    /// The recording's file name without its ending; `None` on a network.
    pub recording: Option<String>,
    /// When the last answer of this reading arrived; `None` in a replay.
    pub observed_at: Option<Timestamp>,
    pub path: Path,
    pub presence: Presence,
    pub identity: Identity,
    /// One entry per meter name.
    pub meters: Vec<Meter>,
    /// Ordered by index.
    pub supplies: Vec<Supply>,
    pub inputs: Vec<Input>,
    pub outputs: Vec<Output>,
    pub covers: Vec<Cover>,
    pub alerts: Vec<Alert>,
    pub status: Status,
    /// Installed hardware.
    pub options: Vec<DeviceOption>,
    /// Object name with instance → value as text.
    pub configuration: BTreeMap<String, String>,
    pub service_items: Vec<ServiceItem>,
    pub diagnostic_mode: Option<String>,
    /// What went wrong while reading, and what the device said that cannot be.
    pub problems: Vec<String>,
}

impl DeviceRecord {
    /// Returns a record in which the device has said nothing yet.
    pub fn new(path: Path) -> Self {
        DeviceRecord {
            schema: String::from(SCHEMA),
            address: None,
            recording: None,
            observed_at: None,
            path,
            presence: Presence::Unknown,
            identity: Identity::default(),
            meters: Vec::new(),
            supplies: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            covers: Vec::new(),
            alerts: Vec::new(),
            status: Status::default(),
            options: Vec::new(),
            configuration: BTreeMap::new(),
            service_items: Vec::new(),
            diagnostic_mode: None,
            problems: Vec::new(),
        }
    }
}

/// Is the way by which a reading came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// Read over the network by a program beside the printers.
    Agent,
    /// Told by a module inside the printer.
    DeviceDirect,
}

/// Is whether the device is there at all; a fault is not a presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    Ready,
    Printing,
    Asleep,
    Off,
    /// Nothing answered at its address.
    Unreachable,
    /// Something is there and will not talk to us (wrong community, access list).
    Refusing,
    Unknown,
}

/// Is who the device says it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    /// The printer's own serial number; a print server's stands in `board`.
    pub serial_number: Option<String>,
    pub firmware: Option<String>,
    pub system_name: Option<String>,
    pub location: Option<String>,
    /// Lower case, colons, universally administered addresses first.
    pub mac_addresses: Vec<String>,
    pub printer_uuid: Option<String>,
    pub system_object_id: Option<String>,
    /// The IEEE 1284 device ID.
    pub device_id: Option<String>,
    /// sysDescr as said; it often names the network board.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub system_description: Option<String>,
    /// The print server's or network board's own identity.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub board: Option<Board>,
    /// Who built a rebadged device.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub builder: Option<String>,
    /// Which objects tell each of the facts above: the fact's name in this record → the origin of what
    /// stands there, then those of others that say the same.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub origins: BTreeMap<String, Vec<Origin>>,
}

/// Is the identity of a print server or network board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
}

/// Is one billable or technical counter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    /// `total`, `monochrome`, `color`, `print`, `copy`, … (PWG 5106.1 for the finer ones).
    pub name: String,
    pub value: u64,
    /// `None` when the device does not say what it counts.
    pub unit: Option<MarkerCounterUnit>,
    pub origin: Origin,
    pub evidence: Evidence,
}

/// Is how far a meter can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Evidence {
    /// The standard's own counter.
    Standard,
    /// A vendor's counter that agrees with its cross-sums.
    Verified,
    /// A vendor's counter that nothing contradicts or proves.
    Reported,
    /// Two counters that ought to agree do not.
    Conflicting,
}

/// Is one row of prtMarkerSuppliesTable: a container that empties or a receptacle that fills.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Supply {
    /// prtMarkerSuppliesIndex; of an IPP row its place from 1.
    pub index: u32,
    /// prtMarkerSuppliesMarkerIndex; 0 means all markers.
    pub marker: Option<u32>,
    pub class: Option<SupplyClass>,
    #[serde(rename = "type")]
    pub kind: Option<MarkerSuppliesType>,
    /// The standard's colour word, joined by prtMarkerSuppliesColorantIndex.
    pub colorant: Option<String>,
    pub description: Option<String>,
    pub part_number: Option<String>,
    pub serial_number: Option<String>,
    pub unit: Option<MarkerSuppliesSupplyUnit>,
    /// In `unit`; `None` when the device says unknown (-2) or unrestricted (-1).
    pub capacity: Option<u32>,
    /// In `unit`; of a receptacle the room left.
    pub level: Level,
    /// What is left to use, 0.0 to 1.0, of containers and receptacles alike.
    pub remaining: Option<f64>,
    pub origin: Origin,
}

/// Is whether a supply is used up or filled.
///
/// Source: RFC 3805, prtMarkerSuppliesClass, in the words of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SupplyClass {
    Container,
    Receptacle,
    Other,
}

impl From<MarkerSuppliesClass> for SupplyClass {
    fn from(class: MarkerSuppliesClass) -> Self {
        match class {
            MarkerSuppliesClass::SupplyThatIsConsumed => SupplyClass::Container,
            MarkerSuppliesClass::ReceptacleThatIsFilled => SupplyClass::Receptacle,
            MarkerSuppliesClass::Other(_) => SupplyClass::Other,
        }
    }
}

/// Is one tray or feeder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    pub index: u32,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<InputType>,
    /// prtInputMediaName: a PWG media name or free text.
    pub media: Option<String>,
    pub unit: Option<CapacityUnit>,
    pub capacity: Option<u32>,
    pub level: Level,
    pub status: Option<SubUnitStatus>,
    pub origin: Origin,
}

/// Is one output bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    pub index: u32,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<OutputType>,
    pub unit: Option<CapacityUnit>,
    pub capacity: Option<u32>,
    /// The room that is left.
    pub room: Level,
    pub status: Option<SubUnitStatus>,
    pub origin: Origin,
}

/// Is one door or cover with its switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    pub index: u32,
    pub description: Option<String>,
    pub status: Option<CoverStatus>,
    pub origin: Origin,
}

/// Is one row of prtAlertTable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub index: u32,
    pub severity: Option<AlertSeverityLevel>,
    pub training: Option<AlertTrainingLevel>,
    pub group: Option<AlertGroup>,
    /// The row in the group's table; `None` when the device says not applicable (-1).
    pub group_index: Option<u32>,
    pub code: Option<AlertCode>,
    /// A place numbered by the maker; `None` when unknown.
    pub location: Option<u32>,
    pub description: Option<String>,
    /// From prtAlertTime and sysUpTime, where both are known and agree.
    pub raised_at: Option<Timestamp>,
    pub origin: Origin,
}

/// Is what the device says of itself as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// hrDeviceStatus.
    pub device: Option<DeviceStatus>,
    /// hrPrinterStatus.
    pub printer: Option<PrinterStatus>,
    /// hrPrinterDetectedErrorState, the bits that are set.
    pub errors: Vec<ErrorState>,
    /// The lines of the panel, joined by a line feed.
    pub console: Option<String>,
    /// sysUpTime in hundredths of a second: of the SNMP agent, not of the printer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub up_time: Option<u32>,
}

/// Is a piece of installed hardware.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceOption {
    pub name: String,
    pub value: String,
    pub origin: Origin,
}

/// Is a part with a service life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceItem {
    pub name: String,
    /// 0.0 to 1.0.
    pub remaining: Option<f64>,
}
