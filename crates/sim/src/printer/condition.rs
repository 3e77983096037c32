//! What may be wrong with a printer at a moment, and what it says about it.

use crate::printer::spec::{ModelSpec, SupplyKind};

/// Is one thing that may be wrong. Parts are places from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    SupplyLow(usize),
    SupplyEmpty(usize),
    TrayLow(usize),
    /// A tray is empty, and others are not.
    TrayEmpty(usize),
    /// A tray is empty or missing, and with it all paper.
    PaperOut(usize),
    TrayMissing(usize),
    CoverOpen(usize),
    Jam,
}

/// Is a set of conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions(u64);

/// Where the bits of a kind begin; the kinds hold 12 supplies, 6 trays and 6 covers.
const SUPPLY_EMPTY: usize = 12;
const TRAY_LOW: usize = 24;
const TRAY_EMPTY: usize = 30;
const PAPER_OUT: usize = 36;
const TRAY_MISSING: usize = 42;
const COVER_OPEN: usize = 48;
const JAM: usize = 54;

impl Condition {
    fn bit(self) -> u64 {
        1 << match self {
            Condition::SupplyLow(place) => place,
            Condition::SupplyEmpty(place) => SUPPLY_EMPTY + place,
            Condition::TrayLow(place) => TRAY_LOW + place,
            Condition::TrayEmpty(place) => TRAY_EMPTY + place,
            Condition::PaperOut(place) => PAPER_OUT + place,
            Condition::TrayMissing(place) => TRAY_MISSING + place,
            Condition::CoverOpen(place) => COVER_OPEN + place,
            Condition::Jam => JAM,
        }
    }

    fn of_bit(bit: usize) -> Self {
        match bit {
            ..SUPPLY_EMPTY => Condition::SupplyLow(bit),
            SUPPLY_EMPTY..TRAY_LOW => Condition::SupplyEmpty(bit - SUPPLY_EMPTY),
            TRAY_LOW..TRAY_EMPTY => Condition::TrayLow(bit - TRAY_LOW),
            TRAY_EMPTY..PAPER_OUT => Condition::TrayEmpty(bit - TRAY_EMPTY),
            PAPER_OUT..TRAY_MISSING => Condition::PaperOut(bit - PAPER_OUT),
            TRAY_MISSING..COVER_OPEN => Condition::TrayMissing(bit - TRAY_MISSING),
            COVER_OPEN..JAM => Condition::CoverOpen(bit - COVER_OPEN),
            _ => Condition::Jam,
        }
    }

    /// Returns whether printing stops until it is gone.
    pub fn stops_printing(self, spec: &ModelSpec) -> bool {
        match self {
            Condition::SupplyEmpty(place) => spec.supplies[place].kind.stops_printing(),
            Condition::PaperOut(_) | Condition::CoverOpen(_) | Condition::Jam => true,
            _ => false,
        }
    }

    /// Returns the bits of hrPrinterDetectedErrorState that it sets.
    ///
    /// Source: RFC 2790, hrPrinterDetectedErrorState; bit 0 is the highest of the first octet.
    fn error_bits(self, spec: &ModelSpec) -> u16 {
        let kind = |place: usize| spec.supplies[place].kind;
        match self {
            Condition::SupplyLow(place) if matches!(kind(place), SupplyKind::Toner(_)) => 0x2000,
            Condition::SupplyEmpty(place) if matches!(kind(place), SupplyKind::Toner(_)) => 0x1000,
            Condition::SupplyLow(_) => 0,
            Condition::SupplyEmpty(place) if kind(place).is_receptacle() => 0x0100,
            Condition::SupplyEmpty(_) => 0x0102,
            Condition::TrayLow(_) => 0x8000,
            Condition::TrayEmpty(_) => 0x0004,
            Condition::PaperOut(_) => 0x4004,
            Condition::TrayMissing(_) => 0x0080,
            Condition::CoverOpen(_) => 0x0800,
            Condition::Jam => 0x0400,
        }
    }

    /// Returns what stands in the alert table.
    pub fn notice(self, spec: &ModelSpec) -> Notice {
        let notice = |group, group_index: u32, training, code, description: String| Notice {
            severity: if self.stops_printing(spec) { 3 } else { 5 },
            training,
            group,
            group_index: group_index.into(),
            code,
            description,
        };
        let row = |place: usize| place as u32 + 1;
        match self {
            Condition::SupplyLow(place) => {
                let supply = &spec.supplies[place];
                let (code, training, what) = match supply.kind {
                    SupplyKind::Toner(_) => (1104, 4, "low"),
                    SupplyKind::WasteToner => (1107, 4, "almost full"),
                    SupplyKind::BlackDrum | SupplyKind::ColorDrum => (1111, 5, "near end of life"),
                    SupplyKind::Staples => (12, 3, "low"),
                    SupplyKind::TransferUnit | SupplyKind::Fuser => (10, 5, "near end of life"),
                };
                notice(11, supply.row, training, code, format!("{} {what} {{10{code}}}", supply.description))
            }
            Condition::SupplyEmpty(place) => {
                let supply = &spec.supplies[place];
                let (code, training, what) = match supply.kind {
                    SupplyKind::Toner(_) => (1101, 4, "empty"),
                    SupplyKind::WasteToner => (1109, 4, "full"),
                    SupplyKind::BlackDrum | SupplyKind::ColorDrum => (1112, 5, "at end of life"),
                    SupplyKind::Staples => (13, 3, "empty"),
                    SupplyKind::TransferUnit | SupplyKind::Fuser => (11, 5, "at end of life"),
                };
                notice(11, supply.row, training, code, format!("{} {what} {{10{code}}}", supply.description))
            }
            Condition::TrayLow(place) => notice(8, row(place), 3, 807, format!("{} low on paper {{40100}}", spec.trays[place].name)),
            Condition::TrayEmpty(place) | Condition::PaperOut(place) => {
                notice(8, row(place), 3, 808, format!("{} empty {{40107}}", spec.trays[place].name))
            }
            Condition::TrayMissing(place) => notice(8, row(place), 3, 801, format!("{} missing {{40110}}", spec.trays[place].name)),
            Condition::CoverOpen(place) => notice(6, row(place), 3, 3, format!("{} open {{40021}}", spec.covers[place])),
            Condition::Jam => notice(13, 1, 3, 8, "Paper jam {40031}".to_owned()),
        }
    }
}

/// Is what an alert says, but for when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// prtAlertSeverityLevel: 3 critical, 5 warningBinaryChangeEvent.
    pub severity: i64,
    /// prtAlertTrainingLevel: 3 untrained, 4 trained, 5 fieldService.
    pub training: i64,
    pub group: i64,
    pub group_index: i64,
    pub code: i64,
    pub description: String,
}

impl Conditions {
    pub fn insert(&mut self, condition: Condition) {
        self.0 |= condition.bit();
    }

    pub fn contains(self, condition: Condition) -> bool {
        self.0 & condition.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns those that are not in `other`.
    pub fn without(self, other: Conditions) -> Conditions {
        Conditions(self.0 & !other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Condition> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(Condition::of_bit(bit))
        })
    }

    pub fn stop_printing(self, spec: &ModelSpec) -> bool {
        self.iter().any(|condition| condition.stops_printing(spec))
    }

    /// Returns hrPrinterDetectedErrorState.
    pub fn error_state(self, spec: &ModelSpec) -> [u8; 2] {
        self.iter().fold(0, |bits, condition| bits | condition.error_bits(spec)).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_what_was_put_in() {
        let all = [
            Condition::SupplyLow(11),
            Condition::SupplyEmpty(0),
            Condition::SupplyEmpty(11),
            Condition::TrayLow(5),
            Condition::TrayEmpty(0),
            Condition::PaperOut(5),
            Condition::TrayMissing(5),
            Condition::CoverOpen(5),
            Condition::Jam,
        ];
        let mut set = Conditions::default();
        all.iter().for_each(|condition| set.insert(*condition));
        assert_eq!(set.iter().collect::<Vec<_>>(), all);
    }

    #[test]
    fn an_empty_toner_stops_the_printer_and_a_worn_drum_does_not() {
        let spec = ModelSpec::color_mfp();
        let toner = Condition::SupplyEmpty(0).notice(&spec);
        assert_eq!((toner.severity, toner.group, toner.group_index, toner.code), (3, 11, 1, 1101));
        let drum = Condition::SupplyEmpty(4).notice(&spec);
        assert_eq!((drum.severity, drum.training, drum.code), (5, 5, 1112));
        let waste = Condition::SupplyLow(8).notice(&spec);
        assert_eq!((waste.group_index, waste.description.as_str()), (9, "Waste Toner Container almost full {101107}"));
    }

    #[test]
    fn error_bits_stand_where_the_standard_puts_them() {
        let spec = ModelSpec::color_mfp();
        let state = |conditions: &[Condition]| {
            let mut set = Conditions::default();
            conditions.iter().for_each(|condition| set.insert(*condition));
            set.error_state(&spec)
        };
        assert_eq!(state(&[Condition::TrayLow(1), Condition::SupplyLow(0)]), [0xa0, 0]);
        assert_eq!(state(&[Condition::CoverOpen(0), Condition::Jam]), [0x0c, 0]);
        assert_eq!(state(&[Condition::TrayMissing(1), Condition::PaperOut(2)]), [0x40, 0x84]);
    }
}
