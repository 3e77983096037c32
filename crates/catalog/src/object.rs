//! Objects that a device can be asked for, and how to take their values.

use std::fmt;

use crate::section::Sections;
use crate::table::TableId;

/// Names an object within a profile; a [`Standard`](crate::Standard) object has the same number in every profile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(pub u16);

impl ObjectId {
    /// Returns the place in [`Profile::objects`](crate::Profile::objects).
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Is one object: a scalar, a value of the printer's device row, or a column of a table.
#[derive(Clone, Debug)]
pub struct Object {
    pub id: ObjectId,
    /// The MIB's own name, such as `prtMarkerSuppliesLevel`.
    pub name: &'static str,
    /// The contents of the identifier's BER element, without an instance.
    pub oid: Box<[u8]>,
    /// The same identifier as arcs.
    pub arcs: Box<[u32]>,
    pub syntax: Syntax,
    /// The sections that need it; none means that it is known and never asked for.
    pub sections: Sections,
    pub instance: Instance,
    /// The table that it is a column of.
    pub table: Option<TableId>,
    pub moves: Moves,
    /// The usual length of the value's contents, for packing a datagram.
    pub expected_octets: u8,
    pub rule: Rule,
}

/// Is what stands behind the object's identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instance {
    /// 0: there is one for the whole agent.
    Scalar,
    /// hrDeviceIndex of the printer, nearly always 1.
    Device,
    /// Nothing: the identifier is whole.
    Exact,
    /// The row of its table.
    Row,
}

/// Is when a re-read must ask for an object again.
///
/// A later word includes no earlier one: what moves with alerts is asked again when an alert
/// counter *or* the configuration counter moved, what moves with the configuration only when the
/// latter did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Once is enough while the device stays the same device.
    Never,
    /// Each time.
    Always,
    /// When prtAlertAllEvents or prtGeneralConfigChanges differs.
    WithAlerts,
    /// When prtGeneralConfigChanges differs.
    WithConfiguration,
}

impl Moves {
    /// Lists the words for them in a vendor file.
    pub(crate) const WORDS: [(&str, Moves); 4] = [
        ("never", Moves::Never),
        ("always", Moves::Always),
        ("with-alerts", Moves::WithAlerts),
        ("with-configuration", Moves::WithConfiguration),
    ];
}

impl fmt::Display for Moves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word_for(&Moves::WORDS, self))
    }
}

/// Is how the octets of a value are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Integer,
    Counter,
    Gauge,
    TimeTicks,
    /// Text in the charset of prtGeneralCurrentLocalization.
    Text,
    /// Text in the charset of prtConsoleLocalization.
    ConsoleText,
    Octets,
    Oid,
    Bits,
    MacAddress,
    /// An IEEE 1284 device ID.
    DeviceId,
    /// Binary records of a tag octet, a type octet, a length octet and a number.
    TaggedRecords,
}

impl Syntax {
    /// Lists the words for them in a vendor file.
    pub(crate) const WORDS: [(&str, Syntax); 12] = [
        ("integer", Syntax::Integer),
        ("counter", Syntax::Counter),
        ("gauge", Syntax::Gauge),
        ("time-ticks", Syntax::TimeTicks),
        ("text", Syntax::Text),
        ("console-text", Syntax::ConsoleText),
        ("octets", Syntax::Octets),
        ("oid", Syntax::Oid),
        ("bits", Syntax::Bits),
        ("mac-address", Syntax::MacAddress),
        ("device-id", Syntax::DeviceId),
        ("tagged-records", Syntax::TaggedRecords),
    ];

    /// Returns the usual length of such a value's contents, unless the file says otherwise.
    pub(crate) fn usual_octets(self) -> u8 {
        match self {
            Syntax::Bits => 2,
            Syntax::Integer => 1,
            Syntax::Gauge => 3,
            Syntax::Counter | Syntax::TimeTicks => 4,
            Syntax::MacAddress => 6,
            Syntax::Octets | Syntax::Oid => 10,
            Syntax::Text | Syntax::ConsoleText => 16,
            // Too long for one length octet; what is left out comes in the next answer.
            Syntax::DeviceId => 200,
            Syntax::TaggedRecords => 80,
        }
    }
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word_for(&Syntax::WORDS, self))
    }
}

/// Returns the word for a value, as it stands in a vendor file.
pub(crate) fn word_for<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word)
}

/// Is where a rule stands: `vendors/printer-mib.toml:18`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub file: &'static str,
    /// Counted from 1.
    pub line: u32,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
