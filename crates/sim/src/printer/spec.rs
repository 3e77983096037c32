//! What a model of printer is made of, and how its people use it.

use crate::time::{MINUTE, Tick};

/// Is a model of printer: what every printer of it has in common.
///
/// Makers and models are invented; sysObjectIDs stand under 32473, the enterprise number that
/// RFC 5612 keeps for documentation.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// hrDeviceDescr.
    pub name: &'static str,
    /// sysDescr.
    pub description: &'static str,
    /// The last arc of sysObjectID.
    pub product: u32,
    pub firmware: &'static str,
    /// hrDeviceIndex of the printer, the first index of every table of the Printer MIB; nearly always 1.
    pub device_index: u32,
    /// Whether it copies, faxes and scans too.
    pub is_multifunction: bool,
    pub impressions_per_minute: u32,
    /// prtMarkerCounterUnit: 7 impressions, 8 sheets.
    pub counter_unit: i64,
    /// How many octets hrPrinterDetectedErrorState has: 1 or 2.
    pub error_state_octets: usize,
    /// prtMarkerColorantValue by row, black first.
    pub colorants: Vec<&'static str>,
    /// At most 12, ordered by row.
    pub supplies: Vec<SupplySpec>,
    /// At most 6.
    pub trays: Vec<TraySpec>,
    pub bins: Vec<BinSpec>,
    /// prtCoverDescription by row; at most 6.
    pub covers: Vec<&'static str>,
    pub habits: Habits,
}

/// Is a supply or a part that wears.
#[derive(Clone, Debug, PartialEq)]
pub struct SupplySpec {
    /// prtMarkerSuppliesIndex; rows may have gaps.
    pub row: u32,
    pub kind: SupplyKind,
    /// prtMarkerSuppliesDescription, without a serial number.
    pub description: &'static str,
    /// Whether the description ends in the part's serial number, which changes when it is replaced.
    pub tells_serial: bool,
    /// prtMarkerSuppliesSupplyUnit: 7 impressions, 13 tenths of grams, 19 percent, …
    pub unit: i64,
    /// What a new one holds, in `unit`.
    pub capacity: u32,
    /// Whether prtMarkerSuppliesMaxCapacity tells the capacity; otherwise it says -2.
    pub tells_capacity: bool,
    /// How many impressions a new one lasts; of a toner those of usual coverage.
    pub lasts: u32,
    pub level: LevelBehaviour,
}

/// Is what a supply is, which decides how it wears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupplyKind {
    /// Toner of a colorant, by its row from 1.
    Toner(u32),
    /// The photoconductor of every impression.
    BlackDrum,
    /// The photoconductors of impressions in colour.
    ColorDrum,
    TransferUnit,
    Fuser,
    /// A receptacle: its level is the room that is left.
    WasteToner,
    Staples,
}

/// Is how a device tells a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelBehaviour {
    /// As it is, rounded up: only an empty one says 0.
    Exact,
    /// Rounded up to steps of so many units.
    Steps(u32),
    /// -3 while anything is left, 0 when empty.
    Some,
    /// -2, whatever is left.
    Unknown,
}

/// Is a tray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraySpec {
    /// prtInputName.
    pub name: &'static str,
    /// Whether jobs take paper from it; a manual slot only takes what is put in.
    pub feeds_jobs: bool,
    /// In sheets.
    pub capacity: u32,
    pub level: LevelBehaviour,
}

/// Is an output bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinSpec {
    pub name: &'static str,
    /// In sheets.
    pub capacity: u32,
    /// How the room that is left is told.
    pub room: LevelBehaviour,
}

/// Is how a printer is used and looked after.
#[derive(Clone, Debug, PartialEq)]
pub struct Habits {
    /// Jobs on a working day; 0 for a printer that only does what it is told.
    pub jobs_a_day: u32,
    /// The share of jobs in colour, from 0.0 to 1.0; of no effect without colour.
    pub color_share: f64,
    pub duplex_share: f64,
    /// Whether people refill trays, replace supplies and clear jams, each after a while.
    pub attended: bool,
    /// One job in so many jams; 0 for never.
    pub jams_one_in: u32,
    /// It restarts by itself once in so many days; 0 for never.
    pub restarts_every_days: u32,
    /// Whether it is switched off at 20:00 and on at 7:00, and stays off at weekends.
    pub off_at_night: bool,
    /// How long it idles before it sleeps.
    pub sleeps_after: Tick,
}

impl Default for Habits {
    fn default() -> Self {
        Habits {
            jobs_a_day: 40,
            color_share: 0.4,
            duplex_share: 0.5,
            attended: true,
            jams_one_in: 400,
            restarts_every_days: 60,
            off_at_night: false,
            sleeps_after: 15 * MINUTE,
        }
    }
}

impl Habits {
    /// Describes a printer to which nothing happens but what a test commands; not even sleep.
    pub fn none() -> Self {
        Habits {
            jobs_a_day: 0,
            color_share: 0.0,
            duplex_share: 0.0,
            attended: false,
            jams_one_in: 0,
            restarts_every_days: 0,
            off_at_night: false,
            sleeps_after: Tick::MAX,
        }
    }
}

impl SupplyKind {
    /// Returns prtMarkerSuppliesType.
    pub fn type_number(&self) -> i64 {
        match self {
            SupplyKind::Toner(_) => 3,
            SupplyKind::BlackDrum | SupplyKind::ColorDrum => 9,
            SupplyKind::TransferUnit => 20,
            SupplyKind::Fuser => 15,
            SupplyKind::WasteToner => 4,
            SupplyKind::Staples => 32,
        }
    }

    /// Returns prtMarkerSuppliesColorantIndex: 0 where no single colorant belongs to it.
    pub fn colorant(&self) -> u32 {
        match self {
            SupplyKind::Toner(colorant) => *colorant,
            SupplyKind::BlackDrum => 1,
            _ => 0,
        }
    }

    pub fn is_receptacle(&self) -> bool {
        matches!(self, SupplyKind::WasteToner)
    }

    /// Returns whether the printer stops when it is used up.
    pub fn stops_printing(&self) -> bool {
        matches!(self, SupplyKind::Toner(_) | SupplyKind::WasteToner)
    }
}

impl SupplySpec {
    fn new(row: u32, kind: SupplyKind, description: &'static str, lasts: u32) -> Self {
        let level = LevelBehaviour::Exact;
        SupplySpec { row, kind, description, tells_serial: false, unit: 7, capacity: lasts, tells_capacity: true, lasts, level }
    }

    fn in_percent(self, level: LevelBehaviour) -> Self {
        SupplySpec { unit: 19, capacity: 100, level, ..self }
    }

    /// Tells only whether anything is left, and no capacity.
    fn vague(self, level: LevelBehaviour) -> Self {
        SupplySpec { tells_capacity: false, level, ..self }
    }

    fn with_serial(self) -> Self {
        SupplySpec { tells_serial: true, ..self }
    }
}

impl ModelSpec {
    /// Returns every model of this file.
    pub fn all() -> Vec<ModelSpec> {
        vec![Self::color_mfp(), Self::mono_printer(), Self::color_printer(), Self::small_mono_printer()]
    }

    /// Describes a multifunction device in colour for a department: nine supplies, told exactly.
    pub fn color_mfp() -> Self {
        use SupplyKind::*;
        let supply = SupplySpec::new;
        ModelSpec {
            name: "Exemplar C4500 MFP",
            description: "Exemplar C4500 MFP; System 4.17.2, Controller 2.1, Engine 1.09; SN in prtGeneralSerialNumber",
            product: 4500,
            firmware: "4.17.2",
            device_index: 1,
            is_multifunction: true,
            impressions_per_minute: 45,
            counter_unit: 7,
            error_state_octets: 2,
            colorants: vec!["black", "cyan", "magenta", "yellow"],
            supplies: vec![
                supply(1, Toner(1), "Black Toner Cartridge", 26_000).with_serial(),
                supply(2, Toner(2), "Cyan Toner Cartridge", 15_000).with_serial(),
                supply(3, Toner(3), "Magenta Toner Cartridge", 15_000).with_serial(),
                supply(4, Toner(4), "Yellow Toner Cartridge", 15_000).with_serial(),
                supply(5, BlackDrum, "Black Drum Unit", 125_000),
                supply(6, ColorDrum, "Color Drum Unit", 80_000),
                supply(7, TransferUnit, "Transfer Belt", 200_000),
                supply(8, Fuser, "Fuser Unit", 200_000),
                supply(9, WasteToner, "Waste Toner Container", 30_000),
            ],
            trays: vec![
                TraySpec { name: "Bypass", feeds_jobs: false, capacity: 100, level: LevelBehaviour::Some },
                TraySpec { name: "Tray 1", feeds_jobs: true, capacity: 550, level: LevelBehaviour::Exact },
                TraySpec { name: "Tray 2", feeds_jobs: true, capacity: 550, level: LevelBehaviour::Exact },
                TraySpec { name: "Tray 3", feeds_jobs: true, capacity: 2_000, level: LevelBehaviour::Steps(500) },
            ],
            bins: vec![
                BinSpec { name: "Upper bin", capacity: 250, room: LevelBehaviour::Exact },
                BinSpec { name: "Lower bin", capacity: 500, room: LevelBehaviour::Some },
            ],
            covers: vec!["Front cover", "Side cover", "Document feeder cover"],
            habits: Habits { jobs_a_day: 60, ..Habits::default() },
        }
    }

    /// Describes a mono printer for an office.
    pub fn mono_printer() -> Self {
        use SupplyKind::*;
        let supply = SupplySpec::new;
        ModelSpec {
            name: "Exemplar M400dn",
            description: "Exemplar Print Board EB-20, Firmware 1.32, Exemplar M400dn",
            product: 400,
            firmware: "1.32",
            device_index: 1,
            is_multifunction: false,
            impressions_per_minute: 40,
            counter_unit: 7,
            error_state_octets: 1,
            colorants: vec!["black"],
            supplies: vec![
                supply(1, Toner(1), "Black Toner", 10_000).in_percent(LevelBehaviour::Exact),
                supply(2, BlackDrum, "Drum Unit", 50_000),
                supply(3, Fuser, "Fuser Unit", 200_000),
                supply(4, WasteToner, "Waste Toner Box", 40_000).in_percent(LevelBehaviour::Steps(10)),
            ],
            trays: vec![
                TraySpec { name: "MP Tray", feeds_jobs: false, capacity: 50, level: LevelBehaviour::Some },
                TraySpec { name: "Tray 1", feeds_jobs: true, capacity: 250, level: LevelBehaviour::Exact },
            ],
            bins: vec![BinSpec { name: "Face-down bin", capacity: 150, room: LevelBehaviour::Some }],
            covers: vec!["Front cover", "Rear cover"],
            habits: Habits { jobs_a_day: 25, color_share: 0.0, ..Habits::default() },
        }
    }

    /// Describes a printer in colour that tells its levels in tens of percent.
    pub fn color_printer() -> Self {
        use SupplyKind::*;
        let tens =
            |row, colorant, description| SupplySpec::new(row, Toner(colorant), description, 6_000).in_percent(LevelBehaviour::Steps(10));
        ModelSpec {
            name: "Specimen CP-220",
            description: "Specimen CP-220",
            product: 220,
            firmware: "V02.11.05",
            device_index: 1,
            is_multifunction: false,
            impressions_per_minute: 26,
            counter_unit: 7,
            error_state_octets: 1,
            // The colours of a page come in another order than the rows of the supplies.
            colorants: vec!["black", "cyan", "magenta", "yellow"],
            supplies: vec![
                tens(1, 2, "Toner (Cyan)"),
                tens(2, 3, "Toner (Magenta)"),
                tens(3, 4, "Toner (Yellow)"),
                tens(4, 1, "Toner (Black)"),
                SupplySpec::new(30, WasteToner, "Waste Toner Box", 25_000).vague(LevelBehaviour::Some),
                SupplySpec::new(31, Fuser, "Fixing Unit", 100_000).vague(LevelBehaviour::Unknown),
            ],
            trays: vec![
                TraySpec { name: "Multi-purpose", feeds_jobs: false, capacity: 100, level: LevelBehaviour::Some },
                TraySpec { name: "Cassette 1", feeds_jobs: true, capacity: 500, level: LevelBehaviour::Steps(125) },
                TraySpec { name: "Cassette 2", feeds_jobs: true, capacity: 500, level: LevelBehaviour::Steps(125) },
            ],
            bins: vec![BinSpec { name: "Top", capacity: 250, room: LevelBehaviour::Some }],
            covers: vec!["Cover A", "Cover B"],
            habits: Habits { jobs_a_day: 30, ..Habits::default() },
        }
    }

    /// Describes a small mono printer that says only whether anything is left, and counts sheets.
    pub fn small_mono_printer() -> Self {
        use SupplyKind::*;
        ModelSpec {
            name: "Specimen ML-12 series",
            description: "Specimen NC-100w, Firmware Ver.1.05",
            product: 12,
            firmware: "1.05",
            device_index: 1,
            is_multifunction: false,
            impressions_per_minute: 20,
            counter_unit: 8,
            error_state_octets: 1,
            colorants: vec!["black"],
            supplies: vec![
                SupplySpec::new(1, Toner(1), "Black Toner Cartridge", 2_600).vague(LevelBehaviour::Some),
                SupplySpec::new(2, BlackDrum, "Drum Unit", 12_000),
            ],
            trays: vec![
                TraySpec { name: "Tray 1", feeds_jobs: true, capacity: 250, level: LevelBehaviour::Some },
                TraySpec { name: "Manual feed", feeds_jobs: false, capacity: 1, level: LevelBehaviour::Some },
            ],
            bins: vec![BinSpec { name: "Output", capacity: 100, room: LevelBehaviour::Unknown }],
            covers: vec!["Front cover"],
            habits: Habits { jobs_a_day: 8, color_share: 0.0, ..Habits::default() },
        }
    }
}

impl LevelBehaviour {
    /// Tells a level, which is never above `capacity`.
    pub fn tell(&self, level: u32, capacity: u32) -> i64 {
        match self {
            LevelBehaviour::Exact => level.into(),
            LevelBehaviour::Steps(step) => level.next_multiple_of((*step).max(1)).min(capacity).into(),
            LevelBehaviour::Some => {
                if level == 0 {
                    0
                } else {
                    -3
                }
            }
            LevelBehaviour::Unknown => -2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_in_four_ways_and_only_an_empty_one_says_0() {
        let told = |behaviour: LevelBehaviour| [0, 1, 41, 100].map(|level| behaviour.tell(level, 100));
        assert_eq!(told(LevelBehaviour::Exact), [0, 1, 41, 100]);
        assert_eq!(told(LevelBehaviour::Steps(10)), [0, 10, 50, 100]);
        assert_eq!(told(LevelBehaviour::Steps(30)), [0, 30, 60, 100]);
        assert_eq!(told(LevelBehaviour::Some), [0, -3, -3, -3]);
        assert_eq!(told(LevelBehaviour::Unknown), [-2; 4]);
    }

    #[test]
    fn every_model_keeps_within_what_the_conditions_can_hold() {
        for spec in ModelSpec::all() {
            assert!(spec.supplies.len() <= 12 && spec.trays.len() <= 6 && spec.covers.len() <= 6, "{}", spec.name);
            assert!(spec.supplies.windows(2).all(|pair| pair[0].row < pair[1].row), "{}", spec.name);
            assert!(spec.trays.iter().any(|tray| tray.feeds_jobs) && !spec.covers.is_empty(), "{}", spec.name);
        }
    }
}
