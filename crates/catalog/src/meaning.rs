//! What a vendor's objects mean: which fact of the device record each one tells, and how well that is known.
//!
//! These are the blocks of a vendor file below its objects; `docs/vendor-files.md` lists every word.

use std::collections::BTreeMap;
use std::fmt;

use model::Level;
use model::standard::{
    AlertCode, AlertGroup, AlertTrainingLevel, Charset, ErrorState, MarkerCounterUnit, MarkerSuppliesSupplyUnit, MarkerSuppliesType,
};

use crate::object::{ObjectId, Rule, word_for};
use crate::table::TableId;

/// Is everything that a profile says about the meaning of its objects.
#[derive(Clone, Debug, Default)]
pub struct Meanings {
    pub identity: Vec<IdentityRule>,
    pub meters: Vec<MeterRule>,
    pub meter_rows: Vec<MeterRows>,
    pub sums: Vec<Sum>,
    pub checks: Vec<Sum>,
    pub supplies: Vec<SupplyRule>,
    pub supply_rows: Vec<SupplyRows>,
    pub service_items: Vec<ServiceItemRule>,
    pub options: Vec<OptionRule>,
    pub states: Vec<StateRule>,
    pub deviations: Vec<Deviation>,
    pub faults: Vec<Fault>,
}

/// Is how well it is known what an object means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Measured and consistent on a recorded device.
    A,
    /// Two or more independent sources, or the vendor's own text.
    B,
    /// One source.
    C,
    /// Sources contradict each other.
    D,
}

impl Grade {
    /// Lists the words for them in a vendor file.
    pub(crate) const WORDS: [(&str, Grade); 4] = [("A", Grade::A), ("B", Grade::B), ("C", Grade::C), ("D", Grade::D)];
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word_for(&Grade::WORDS, self))
    }
}

/// Is a value within an object: the object itself, or one record of its tagged records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    pub object: ObjectId,
    pub tag: Option<u8>,
}

/// Is a fact of the device's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityFact {
    Manufacturer,
    Model,
    SerialNumber,
    Firmware,
    DeviceId,
    PrinterName,
    BoardManufacturer,
    BoardModel,
    BoardSerialNumber,
}

impl IdentityFact {
    /// Lists the words for them in a vendor file.
    pub(crate) const WORDS: [(&str, IdentityFact); 9] = [
        ("manufacturer", IdentityFact::Manufacturer),
        ("model", IdentityFact::Model),
        ("serial-number", IdentityFact::SerialNumber),
        ("firmware", IdentityFact::Firmware),
        ("device-id", IdentityFact::DeviceId),
        ("printer-name", IdentityFact::PrinterName),
        ("board-manufacturer", IdentityFact::BoardManufacturer),
        ("board-model", IdentityFact::BoardModel),
        ("board-serial-number", IdentityFact::BoardSerialNumber),
    ];
}

impl fmt::Display for IdentityFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word_for(&IdentityFact::WORDS, self))
    }
}

/// Says that an object tells a fact of the identity.
#[derive(Clone, Debug)]
pub struct IdentityRule {
    pub fact: IdentityFact,
    pub object: ObjectId,
    pub grade: Grade,
    pub rule: Rule,
}

/// Says that a value is a meter.
#[derive(Clone, Debug)]
pub struct MeterRule {
    pub name: &'static str,
    pub value: Reference,
    pub unit: Option<MarkerCounterUnit>,
    pub grade: Grade,
    /// How the sources contradict each other.
    pub conflict: Option<Box<str>>,
    pub rule: Rule,
}

/// Says which rows of a table are which meters.
#[derive(Clone, Debug)]
pub struct MeterRows {
    pub value: ObjectId,
    /// The column that tells which row is which; `None`: the row's own numbers do.
    pub by: Option<ObjectId>,
    /// What the column or the numbers say, in lower case → the meter's name.
    pub names: BTreeMap<Box<str>, &'static str>,
    /// Whether rows of the same name are parts of one meter.
    pub add: bool,
    pub unit: Option<MarkerCounterUnit>,
    pub grade: Grade,
    pub conflict: Option<Box<str>>,
    pub rule: Rule,
}

/// Says that meters add up to another one.
#[derive(Clone, Debug)]
pub struct Sum {
    pub total: &'static str,
    pub parts: Vec<&'static str>,
    pub rule: Rule,
}

/// Is an amount, and what its values mean that are none.
#[derive(Clone, Debug)]
pub struct Amount<V> {
    pub value: V,
    pub unit: Option<MarkerSuppliesSupplyUnit>,
    /// How many of the value's steps make one of the unit.
    pub scale: u32,
    /// Values that are words.
    pub words: BTreeMap<i64, Level>,
    /// Whether the value is what is used up instead of what is left.
    pub used: bool,
}

/// Is a capacity: told by an object, or known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity<V> {
    Told(V),
    Known(u32),
}

/// Says that single values tell a supply.
#[derive(Clone, Debug)]
pub struct SupplyRule {
    pub kind: MarkerSuppliesType,
    pub colorant: Option<Box<str>>,
    pub description: Option<Box<str>>,
    pub level: Amount<Reference>,
    pub capacity: Option<Capacity<Reference>>,
    pub grade: Grade,
    pub rule: Rule,
}

/// Is what a column's values mean: what it says, in lower case → the meaning.
pub type Said<T> = BTreeMap<Box<str>, T>;

/// Says that the rows of a table are supplies.
#[derive(Clone, Debug)]
pub struct SupplyRows {
    pub level: Amount<ObjectId>,
    pub capacity: Option<Capacity<ObjectId>>,
    pub description: Option<ObjectId>,
    pub part_number: Option<ObjectId>,
    pub serial_number: Option<ObjectId>,
    /// The column that tells the type, with what its values mean.
    pub kind_column: Option<(ObjectId, Said<MarkerSuppliesType>)>,
    /// The type of every row whose column tells none.
    pub kind: Option<MarkerSuppliesType>,
    /// The column that tells the colorant, with what its values mean; a value not listed means itself if it is text.
    pub colorant_column: Option<(ObjectId, Said<Box<str>>)>,
    pub grade: Grade,
    pub rule: Rule,
}

/// Says that a value tells how much of a part's service life remains.
#[derive(Clone, Debug)]
pub struct ServiceItemRule {
    pub name: Box<str>,
    pub remaining: Amount<Reference>,
    pub capacity: Option<Capacity<Reference>>,
    pub grade: Grade,
    pub rule: Rule,
}

/// Says that an object tells installed hardware or a component's version.
#[derive(Clone, Debug)]
pub struct OptionRule {
    pub name: Box<str>,
    pub object: ObjectId,
    pub rule: Rule,
}

/// Says that an object tells a state of the whole device.
#[derive(Clone, Debug)]
pub struct StateRule {
    pub object: ObjectId,
    pub state: State,
    pub rule: Rule,
}

/// Is a state that an object tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// What stands on the panel.
    Console,
    /// The device sleeps when the object has one of these values.
    Asleep(Vec<i64>),
}

/// Is how a device departs from the standards.
#[derive(Clone, Debug)]
pub struct Deviation {
    pub kind: DeviationKind,
    pub rule: Rule,
}

/// Is a way to depart from the standards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviationKind {
    /// The level of a receptacle is how full it is.
    ReceptacleTellsFilling(Vec<MarkerSuppliesType>),
    /// A level that is a word.
    LevelWord { raw: i64, means: Level },
    /// Levels move in steps of so many percent; of no types: of all.
    LevelStep { percent: u32, types: Vec<MarkerSuppliesType> },
    /// Levels are percentages although the unit says otherwise.
    PercentWhateverUnit,
    /// The rows of a table are named without hrDeviceIndex.
    TableWithoutDeviceIndex(TableId),
    /// A counter begins again at this value.
    CounterWraps { object: ObjectId, at: u32 },
    /// prtMarkerLifeCount counts these, whatever prtMarkerCounterUnit says.
    CounterUnit(MarkerCounterUnit),
    /// Texts are in this charset, whatever is declared.
    Charset(Charset),
    /// Rows of prtAlertTable with these texts are no alerts; perhaps the device sleeps then.
    StatusAsAlert { texts: Vec<Box<str>>, asleep: bool },
    /// The serial number in the device ID is the hexadecimal digits of its octets.
    SerialNumberInHex,
    /// Error bits that mean nothing.
    UnreliableErrorBits(Vec<ErrorState>),
}

/// Is a family of fault codes of a vendor's own.
#[derive(Clone, Debug)]
pub struct Fault {
    /// How the code begins.
    pub begins: Box<str>,
    pub group: Option<AlertGroup>,
    pub code: Option<AlertCode>,
    pub training: Option<AlertTrainingLevel>,
    /// In plain words.
    pub meaning: Box<str>,
    pub rule: Rule,
}

impl Meanings {
    /// Returns the deviations of one kind, in the order of the files.
    pub fn deviations<'a, T>(&'a self, which: impl Fn(&'a DeviationKind) -> Option<T>) -> impl Iterator<Item = T> {
        self.deviations.iter().filter_map(move |deviation| which(&deviation.kind))
    }
}
