//! One device, as both programs show it: everything it said, with age and origin.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use model::DeviceRecord;
use model::record::Path;

mod body;
mod heading;
mod history;

pub(crate) use body::Body;
pub(crate) use heading::Heading;

/// Tells when, and by which path, a fact was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    pub at: Timestamp,
    pub path: Path,
}

/// Tells the age of each fact, by its key as in [`wire::facts`], such as `meters/total/value`.
///
/// A fact without an entry is as old as the record. An empty map is right where everything in the
/// record was told at once.
pub type Ages = BTreeMap<String, Told>;

/// Is everything known of one device.
#[derive(Clone, Debug)]
pub struct DeviceFile {
    pub record: DeviceRecord,
    pub ages: Ages,
    /// One entry a day, in any order; as many days as the page is to show.
    pub history: Vec<HistoryDay>,
}

/// Is what the counters stood at on one day; what is not known is `None`, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryDay {
    pub date: Date,
    pub total: Option<u64>,
    pub color: Option<u64>,
    pub monochrome: Option<u64>,
}
