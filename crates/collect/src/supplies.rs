//! prtMarkerSuppliesTable and prtMarkerColorantTable: what is used up and what fills.

use std::borrow::Cow;

use catalog::Standard;
use catalog::meaning::DeviationKind;
use model::Level;
use model::record::{Supply, SupplyClass};
use model::standard::{AlertCode, AlertGroup, ErrorState, MarkerSuppliesClass, MarkerSuppliesSupplyUnit, MarkerSuppliesType};
use snmp::Value;

use crate::answers::Instance;
use crate::cells::{Cell, Grid, Source};
use crate::{status, vendor_supplies};

const COLUMNS: [Standard; 8] = [
    Standard::PrtMarkerSuppliesMarkerIndex,
    Standard::PrtMarkerSuppliesColorantIndex,
    Standard::PrtMarkerSuppliesClass,
    Standard::PrtMarkerSuppliesType,
    Standard::PrtMarkerSuppliesDescription,
    Standard::PrtMarkerSuppliesSupplyUnit,
    Standard::PrtMarkerSuppliesMaxCapacity,
    Standard::PrtMarkerSuppliesLevel,
];

/// Reads the supplies, ordered by index: the standard's rows, and what only the vendor's objects tell.
pub(crate) fn read(source: &mut Source<'_>) -> Vec<Supply> {
    let grid = if is_without_device_index(source) { Grid::read_all(source, COLUMNS) } else { Grid::read(source, COLUMNS) };
    let mut supplies = Vec::with_capacity(grid.len());
    for (instance, cells) in grid.rows() {
        supplies.push(read_row(source, instance, cells));
    }
    if !source.profile.meanings.deviations.is_empty() {
        supplies.iter_mut().for_each(|supply| deviate(source, supply));
    }
    vendor_supplies::add(source, &mut supplies);
    for place in 0..supplies.len() {
        if is_doubtful_zero(&supplies[place]) {
            supplies[place].level = settle_zero(source, &supplies, place);
        }
        supplies[place].remaining = remaining(&supplies[place]);
    }
    supplies
}

fn read_row<'a>(source: &mut Source<'a>, instance: Instance, cells: [Cell<'a>; 8]) -> Supply {
    let [marker, colorant, class, kind, description, unit, capacity, level] = cells;
    let kind = source.word(kind, MarkerSuppliesType::from_number);
    let class = source.word(class, MarkerSuppliesClass::from_number).map(SupplyClass::from).or_else(|| class_of(kind?));
    let description = source.words(description);
    let unit = source.word(unit, MarkerSuppliesSupplyUnit::from_number);
    let capacity = source.capacity(capacity);
    let colorant = source.index(colorant).and_then(|index| colorant_of(source, instance, index));
    let named = description.as_deref();
    Supply {
        index: instance.row(),
        marker: source.integer(marker).and_then(|marker| u32::try_from(marker).ok()),
        class,
        kind,
        colorant: colorant.or_else(|| named.and_then(colorant_in).map(Cow::Borrowed)).map(Cow::into_owned),
        part_number: named.and_then(part_number_in).map(str::to_string),
        serial_number: named.and_then(serial_number_in).map(str::to_string),
        unit,
        capacity,
        level: read_level(source, level, capacity, unit),
        remaining: None,
        origin: level.origin(),
        description: description.map(Cow::into_owned),
    }
}

/// Returns whether the rows of the supplies table are named without hrDeviceIndex.
fn is_without_device_index(source: &Source<'_>) -> bool {
    let table = source.profile.object(Standard::PrtMarkerSuppliesLevel).table;
    source.profile.meanings.deviations.iter().any(|deviation| match deviation.kind {
        DeviationKind::TableWithoutDeviceIndex(named) => table == Some(named),
        _ => false,
    })
}

/// Takes a row as the profile says that this kind of device means it.
fn deviate(source: &mut Source<'_>, supply: &mut Supply) {
    let speaks_of = |types: &[MarkerSuppliesType]| types.is_empty() || supply.kind.is_some_and(|kind| types.contains(&kind));
    let profile = source.profile;
    for deviation in &profile.meanings.deviations {
        match &deviation.kind {
            DeviationKind::PercentWhateverUnit if supply.capacity.is_none_or(|capacity| capacity == 100) => {
                supply.unit = Some(MarkerSuppliesSupplyUnit::Percent);
            }
            DeviationKind::ReceptacleTellsFilling(types) if speaks_of(types) && supply.class == Some(SupplyClass::Receptacle) => {
                let percent = supply.unit == Some(MarkerSuppliesSupplyUnit::Percent);
                supply.level = room_left(supply.level, supply.capacity.or(percent.then_some(100)));
            }
            DeviationKind::LevelStep { percent, types } if speaks_of(types) => {
                let whole = supply.capacity.unwrap_or(100);
                if let Level::Measured { value, .. } = supply.level {
                    supply.level = Level::Measured { value, step: Some((whole.saturating_mul(*percent) / 100).max(1)) };
                }
            }
            _ => {}
        }
    }
}

/// Turns round a level that says how full a receptacle is; of an unknown capacity nobody knows.
fn room_left(level: Level, capacity: Option<u32>) -> Level {
    match (level, capacity) {
        (Level::Measured { value, step }, Some(capacity)) if value <= capacity => Level::Measured { value: capacity - value, step },
        (Level::Measured { .. }, _) => Level::Unknown,
        (level, _) => level,
    }
}

/// Types the level; a percentage above 100 cannot be, whatever the capacity.
fn read_level<'a>(source: &mut Source<'a>, cell: Cell<'a>, capacity: Option<u32>, unit: Option<MarkerSuppliesSupplyUnit>) -> Level {
    let percent = unit == Some(MarkerSuppliesSupplyUnit::Percent);
    if let Some(Value::Integer(number)) = cell.value {
        let word = |kind: &DeviationKind| match kind {
            DeviationKind::LevelWord { raw, means } if *raw == number => Some(*means),
            _ => None,
        };
        if let Some(word) = source.profile.meanings.deviations(word).next() {
            return word;
        }
    }
    source.level(cell, if percent { Some(capacity.unwrap_or(100)) } else { capacity })
}

/// Returns what is left to use, where level and capacity both mean it.
///
/// Source: RFC 3805, prtMarkerSuppliesLevel: of a receptacle the level is the room left, so the
/// same division holds.
pub(crate) fn remaining(supply: &Supply) -> Option<f64> {
    let percent = supply.unit == Some(MarkerSuppliesSupplyUnit::Percent);
    let share = match supply.capacity {
        // A percentage of anything but 100 could be meant in two ways.
        Some(capacity) if percent && capacity != 100 => None,
        None if percent => supply.level.share_of(Some(100)),
        capacity => supply.level.share_of(capacity),
    }?;
    // Four digits are more than any device measures, and keep records short.
    Some((share * 10_000.0).round() / 10_000.0)
}

/// Infers the class of a supply that tells only its type: what collects waste is filled.
pub(crate) fn class_of(kind: MarkerSuppliesType) -> Option<SupplyClass> {
    use MarkerSuppliesType as Type;
    match kind {
        Type::WasteToner | Type::WasteInk | Type::WasteWax | Type::WasteWater | Type::WastePaper => Some(SupplyClass::Receptacle),
        Type::Unknown | Type::Other(_) => None,
        _ => Some(SupplyClass::Container),
    }
}

/// Returns whether a supply says 0 of it knows not what: often the device's way to say nothing.
fn is_doubtful_zero(supply: &Supply) -> bool {
    let measured_share = supply.unit == Some(MarkerSuppliesSupplyUnit::Percent);
    supply.level.measured() == Some(0) && supply.capacity.is_none() && !measured_share
}

/// Decides what a level of 0 with an unknown capacity means.
///
/// A second row of the same slot that says *some* is left contradicts it; the error state or an
/// alert confirms it; else nobody knows.
fn settle_zero(source: &mut Source<'_>, supplies: &[Supply], place: usize) -> Level {
    let supply = &supplies[place];
    let same_slot = |other: &&Supply| (other.marker, other.kind, &other.colorant) == (supply.marker, supply.kind, &supply.colorant);
    let level = Cell::of(Standard::PrtMarkerSuppliesLevel, Instance::new(supply.origin.instance()).unwrap_or_default(), None);
    if let Some(sibling) = supplies.iter().filter(same_slot).find(|other| other.level == Level::Some) {
        source.problem(
            level,
            format_args!("level 0 of an unknown capacity, while row {} of the same slot says that some is left", sibling.index),
        );
        return Level::Some;
    }
    if is_confirmed_empty(source, supply) {
        return Level::Empty;
    }
    source.problem(level, format_args!("level 0 of an unknown capacity, which nothing confirms"));
    Level::Unknown
}

/// Returns whether the error state or an alert says that this supply is used up (or full).
fn is_confirmed_empty(source: &Source<'_>, supply: &Supply) -> bool {
    use MarkerSuppliesType as Type;
    let holds_toner = matches!(
        supply.kind,
        Some(Type::Toner | Type::TonerCartridge | Type::Ink | Type::InkCartridge | Type::MatteToner | Type::MatteInk)
    );
    let no_toner = || status::errors(source).contains(&ErrorState::NoToner);
    if holds_toner && no_toner() {
        return true;
    }
    let number = |object: Standard, instance: &[u32]| match source.answers.get(object, instance) {
        Some(snmp::Value::Integer(number)) => Some(number),
        _ => None,
    };
    source.answers.column(Standard::PrtAlertCode).any(|(instance, code)| {
        let row = instance.as_slice();
        let snmp::Value::Integer(code) = code else { return false };
        number(Standard::PrtAlertGroup, row) == Some(AlertGroup::MarkerSupplies.number().into())
            && number(Standard::PrtAlertGroupIndex, row) == Some(supply.index.into())
            && u32::try_from(code).is_ok_and(|code| says_used_up(AlertCode::from_number(code)))
    })
}

fn says_used_up(code: AlertCode) -> bool {
    use AlertCode as Code;
    matches!(
        code,
        Code::SubunitLifeOver
            | Code::SubunitEmpty
            | Code::SubunitFull
            | Code::MarkerTonerEmpty
            | Code::MarkerInkEmpty
            | Code::MarkerPrintRibbonEmpty
            | Code::MarkerWasteTonerReceptacleFull
            | Code::MarkerWasteInkReceptacleFull
            | Code::MarkerOpcLifeOver
            | Code::MarkerDeveloperEmpty
    )
}

/// Returns the colour that prtMarkerColorantValue names, in lower case; words for nothing are absent.
fn colorant_of<'a>(source: &mut Source<'a>, supply: Instance, index: u32) -> Option<Cow<'a, str>> {
    let instance = Instance::new(&[supply.device(), index])?;
    let value = source.answers.get(Standard::PrtMarkerColorantValue, instance.as_slice());
    let name = source.words(Cell::of(Standard::PrtMarkerColorantValue, instance, value))?;
    let name = if name.bytes().any(|octet| octet.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { name };
    (!matches!(&*name, "other" | "unknown")).then_some(name)
}

/// Returns the one colour that a description names; none if it names several.
///
/// Used where a supply points to no colorant. Source of the words: RFC 3805, prtMarkerColorantValue,
/// and the inks of photographic printers.
pub(crate) fn colorant_in(description: &str) -> Option<&'static str> {
    const COLOURS: [&str; 13] =
        ["black", "cyan", "magenta", "yellow", "red", "green", "blue", "white", "gray", "grey", "orange", "violet", "clear"];
    const SHADES: [(&str, &str, &str); 8] = [
        ("light", "cyan", "light cyan"),
        ("light", "magenta", "light magenta"),
        ("light", "black", "light black"),
        ("light", "gray", "light gray"),
        ("light", "grey", "light gray"),
        ("photo", "black", "photo black"),
        ("matte", "black", "matte black"),
        ("light", "light", "light light black"),
    ];
    let mut before = "";
    let mut found = None;
    for word in description.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if let Some(colour) = COLOURS.iter().find(|colour| word.eq_ignore_ascii_case(colour)) {
            let shade = SHADES.iter().find(|(shade, base, _)| before.eq_ignore_ascii_case(shade) && base == colour);
            let colour = shade.map_or(if *colour == "grey" { "gray" } else { colour }, |(_, _, name)| name);
            if found.is_some_and(|first| first != colour) {
                return None;
            }
            found = Some(colour);
        }
        before = word;
    }
    found
}

/// Returns the supply's own serial number, where the description carries it: "… S/N:CRUM-12052100123".
///
/// Some firmware writes `S/N_:`; a label with nothing behind it is no serial number.
pub(crate) fn serial_number_in(description: &str) -> Option<&str> {
    if !description.as_bytes().contains(&b':') {
        return None;
    }
    let (_, after) = ["S/N_:", "S/N:", "SN:"].iter().find_map(|label| description.split_once(label))?;
    let number = after.split([',', ';', ' ']).find(|word| !word.is_empty())?;
    number.bytes().any(|octet| octet.is_ascii_digit()).then_some(number)
}

/// Returns the part number, where the description ends in one or labels it.
///
/// A last word of five to ten capitals and digits that begins with a letter and has at least two
/// digits is one if at least two words stand before it ("Black Cartridge HP CF300A"). A description that is
/// nothing but a number ("TK-1170") is left as it is.
pub(crate) fn part_number_in(description: &str) -> Option<&str> {
    let may_be_labelled = description.as_bytes().contains(&b'N');
    if may_be_labelled && let Some((_, after)) = ["P/N:", "PN:", "P/N ", "PN "].iter().find_map(|label| description.split_once(label)) {
        let number = after.trim_start().split([',', ';', ' ']).next()?;
        return number.bytes().any(|octet| octet.is_ascii_digit()).then_some(number);
    }
    let (before, last) = description.rsplit_once(' ')?;
    let capitals = last.bytes().all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit() || octet == b'-');
    let digits = last.bytes().filter(u8::is_ascii_digit).count();
    let shaped = (5..=10).contains(&last.len()) && capitals && digits >= 2 && last.as_bytes()[0].is_ascii_uppercase();
    (shaped && before.contains(' ') && !before.ends_with([',', ':'])).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;
    use model::DeviceRecord;
    use snmp::Value;

    /// A row of marker 1 with type, unit, capacity and level.
    fn row(device: Device, row: u32, kind: i64, unit: i64, capacity: i64, level: i64) -> Device {
        device
            .integer(Standard::PrtMarkerSuppliesMarkerIndex, &[1, row], 1)
            .integer(Standard::PrtMarkerSuppliesType, &[1, row], kind)
            .integer(Standard::PrtMarkerSuppliesSupplyUnit, &[1, row], unit)
            .integer(Standard::PrtMarkerSuppliesMaxCapacity, &[1, row], capacity)
            .integer(Standard::PrtMarkerSuppliesLevel, &[1, row], level)
    }

    fn one(kind: i64, unit: i64, capacity: i64, level: i64) -> DeviceRecord {
        row(Device::new(), 1, kind, unit, capacity, level).collect()
    }

    fn level_and_remaining(record: &DeviceRecord) -> (Level, Option<f64>) {
        (record.supplies[0].level, record.supplies[0].remaining)
    }

    const MEASURED_40: Level = Level::Measured { value: 40, step: None };

    #[test]
    fn a_measured_level_gives_what_is_left() {
        let record = one(3, 7, 7200, 5112);
        assert_eq!(level_and_remaining(&record), (Level::Measured { value: 5112, step: None }, Some(0.71)));
        assert_eq!(record.supplies[0].origin.to_string(), "prtMarkerSuppliesLevel.1.1");
        assert!(record.problems.is_empty());
    }

    #[test]
    fn a_receptacle_tells_the_room_left() {
        let record = one(4, 7, 100, 40);
        assert_eq!(level_and_remaining(&record), (MEASURED_40, Some(0.4)));
        assert_eq!(record.supplies[0].class, Some(SupplyClass::Receptacle), "inferred from the type");
    }

    #[test]
    fn sentinels_never_become_numbers() {
        assert_eq!(level_and_remaining(&one(3, 7, 100, -1)), (Level::Unrestricted, None));
        assert_eq!(level_and_remaining(&one(3, 7, 100, -2)), (Level::Unknown, None));
        assert_eq!(level_and_remaining(&one(3, 7, 100, -3)), (Level::Some, None));
        for capacity in [-2, -1, 0] {
            let record = one(3, 7, capacity, 40);
            assert_eq!(level_and_remaining(&record), (MEASURED_40, None), "capacity {capacity}");
            assert_eq!(record.supplies[0].capacity, None);
        }
    }

    #[test]
    fn what_cannot_be_is_invalid_and_told() {
        let record = one(3, 7, 100, 150);
        assert_eq!(level_and_remaining(&record), (Level::Invalid, None));
        assert_eq!(record.problems, ["prtMarkerSuppliesLevel.1.1: level 150 above capacity 100"]);
        let record = one(3, 7, 100, -100);
        assert_eq!(level_and_remaining(&record), (Level::Invalid, None));
        assert_eq!(record.problems, ["prtMarkerSuppliesLevel.1.1: value -100, expected -3 or more"]);
        let record = Device::new().value(Standard::PrtMarkerSuppliesLevel, &[1, 1], Value::Gauge32(4_294_967_293)).collect();
        assert_eq!(level_and_remaining(&record), (Level::Invalid, None));
        let record = Device::new().text(Standard::PrtMarkerSuppliesLevel, &[1, 3], b"40").collect();
        assert_eq!(level_and_remaining(&record), (Level::Invalid, None));
        assert_eq!(record.problems, ["prtMarkerSuppliesLevel.1.3: type OCTET STRING, expected INTEGER"]);
        let record = one(3, 7, -7, 40);
        assert_eq!(record.problems, ["prtMarkerSuppliesMaxCapacity.1.1: value -7, expected -2 or more"]);
    }

    #[test]
    fn a_percentage_needs_no_capacity() {
        assert_eq!(level_and_remaining(&one(3, 19, -2, 40)), (MEASURED_40, Some(0.4)));
        assert_eq!(level_and_remaining(&one(3, 19, 100, 40)), (MEASURED_40, Some(0.4)));
        assert_eq!(level_and_remaining(&one(3, 19, 7200, 40)), (MEASURED_40, None), "40 % or 40 of 7200");
        assert_eq!(level_and_remaining(&one(3, 19, -2, 101)), (Level::Invalid, None));
        assert_eq!(level_and_remaining(&one(3, 19, -2, 0)), (Level::Measured { value: 0, step: None }, Some(0.0)));
    }

    #[test]
    fn a_zero_of_an_unknown_capacity_is_empty_only_if_confirmed() {
        let record = one(3, 13, -2, 0);
        assert_eq!(level_and_remaining(&record), (Level::Unknown, None));
        assert_eq!(record.problems, ["prtMarkerSuppliesLevel.1.1: level 0 of an unknown capacity, which nothing confirms"]);

        let confirmed = row(Device::new(), 1, 3, 13, -2, 0).text(Standard::HrPrinterDetectedErrorState, &[1], &[0x10]).collect();
        assert_eq!(level_and_remaining(&confirmed), (Level::Empty, None));

        let alert = |supply| {
            row(Device::new(), 1, 9, 7, -2, 0)
                .integer(Standard::PrtAlertGroup, &[1, 5], 11)
                .integer(Standard::PrtAlertGroupIndex, &[1, 5], supply)
                .integer(Standard::PrtAlertCode, &[1, 5], 11)
        };
        assert_eq!(level_and_remaining(&alert(1).collect()).0, Level::Empty);
        assert_eq!(level_and_remaining(&alert(2).collect()).0, Level::Unknown, "the alert is of another supply");
    }

    #[test]
    fn a_sibling_with_some_left_contradicts_a_zero() {
        let device = row(row(Device::new(), 1, 3, 13, -2, 0), 2, 3, 13, -2, -3);
        let record = device.text(Standard::HrPrinterDetectedErrorState, &[1], &[0]).collect();
        assert_eq!(record.supplies[0].level, Level::Some);
        assert_eq!(
            record.problems,
            ["prtMarkerSuppliesLevel.1.1: level 0 of an unknown capacity, while row 2 of the same slot says that some is left"]
        );
    }

    #[test]
    fn a_colorant_is_joined_by_its_index_and_else_by_its_name() {
        let record = row(row(row(Device::new(), 1, 3, 7, 100, 1), 2, 3, 7, 100, 1), 3, 3, 7, 100, 1)
            .integer(Standard::PrtMarkerSuppliesColorantIndex, &[1, 1], 4)
            .integer(Standard::PrtMarkerSuppliesColorantIndex, &[1, 2], 9)
            .integer(Standard::PrtMarkerSuppliesColorantIndex, &[1, 3], 0)
            .text(Standard::PrtMarkerSuppliesDescription, &[1, 1], b"Toner (Cyan)")
            .text(Standard::PrtMarkerSuppliesDescription, &[1, 2], b"Drum Cartridge (Magenta)")
            .text(Standard::PrtMarkerSuppliesDescription, &[1, 3], b"Waste Toner Box")
            .text(Standard::PrtMarkerColorantValue, &[1, 1], b"cyan")
            .text(Standard::PrtMarkerColorantValue, &[1, 4], b"Black")
            .collect();
        let colorants: Vec<_> = record.supplies.iter().map(|supply| supply.colorant.as_deref()).collect();
        assert_eq!(colorants, [Some("black"), Some("magenta"), None]);
    }

    #[test]
    fn colours_are_whole_words_and_one_alone() {
        assert_eq!(colorant_in("Black Photoconductive Drum"), Some("black"));
        assert_eq!(colorant_in("Light Cyan Ink"), Some("light cyan"));
        assert_eq!(colorant_in("Tri-color cyan/magenta/yellow"), None);
        assert_eq!(colorant_in("Blackbird Kit"), None);
        assert_eq!(colorant_in("Light Grey"), Some("light gray"));
    }

    #[test]
    fn serial_and_part_numbers_are_taken_only_where_they_are_clear() {
        assert_eq!(serial_number_in("Black Toner Cartridge S/N:CRUM-18051432146"), Some("CRUM-18051432146"));
        assert_eq!(serial_number_in("Black Toner S/N_:CRUM-21031654321"), Some("CRUM-21031654321"));
        assert_eq!(serial_number_in("Black Toner Cartridge S/N:CRUM-"), None);
        assert_eq!(serial_number_in("Fuser S/N:"), None);
        assert_eq!(part_number_in("Black Cartridge 827A HP CF300A"), Some("CF300A"));
        assert_eq!(part_number_in("Transfer Kit HP D7H14A"), Some("D7H14A"));
        assert_eq!(part_number_in("Cyan Toner Cartridge, PN 106R03480"), Some("106R03480"));
        for none in [
            "TK-1170",
            "Clean Rollers HP None",
            "Fuser Kit HP 110V-C1N54A, 220V-C1N58A",
            "Tray 1 Roller",
            "Waste Toner Box",
            "Maintenance Kit 110V",
        ] {
            assert_eq!(part_number_in(none), None, "{none}");
        }
    }

    #[test]
    fn gaps_and_long_names_are_kept() {
        let name = [b'n'; 255];
        let device =
            row(row(Device::new(), 1, 3, 7, 100, 40), 30, 9, 7, -2, -3).text(Standard::PrtMarkerSuppliesDescription, &[1, 30], &name);
        let record = device.collect();
        assert_eq!(record.supplies.iter().map(|supply| supply.index).collect::<Vec<_>>(), [1, 30]);
        assert_eq!(record.supplies[1].description.as_ref().map(String::len), Some(255));
    }

    #[test]
    fn a_printer_at_another_device_index_keeps_its_own_rows() {
        let record = Device::new()
            .integer(Standard::HrPrinterStatus, &[3], 3)
            .integer(Standard::PrtMarkerSuppliesLevel, &[3, 1], 40)
            .integer(Standard::PrtMarkerSuppliesMaxCapacity, &[3, 1], 100)
            .integer(Standard::PrtMarkerSuppliesLevel, &[4, 1], 90)
            .collect();
        assert_eq!(record.supplies.len(), 1);
        assert_eq!(
            (record.supplies[0].remaining, record.supplies[0].origin.to_string()),
            (Some(0.4), "prtMarkerSuppliesLevel.3.1".to_string())
        );
    }
}
