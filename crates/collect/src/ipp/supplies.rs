//! The lists `marker-*`, which belong together by their places, and `printer-supply`, which is packed.

use model::record::{Supply, SupplyClass};
use model::standard::{MarkerSuppliesSupplyUnit, MarkerSuppliesType};
use model::{Level, Origin};
use printport::ipp::{Attributes, Value};
use printport::packed::Packed;

use super::{level, same_word};
use crate::supplies::{class_of, colorant_in, part_number_in, remaining, serial_number_in};

/// Reads the supplies, by their places from 1: the markers, or printer-supply where there are none.
///
/// Source: CUPS, `marker-levels`: percent, of a receptacle how full it is; -1 unavailable, -2 unknown, -3
/// some left. PWG 5100.13, printer-supply: as in the Printer MIB.
pub(super) fn read(attributes: &Attributes, problems: &mut Vec<String>) -> Vec<Supply> {
    let levels = attributes.values("marker-levels");
    let mut supplies: Vec<Supply> = (0..levels.len()).map(|place| marker(attributes, place, problems)).collect();
    if supplies.is_empty() {
        supplies = (0..attributes.values("printer-supply").len()).filter_map(|place| packed(attributes, place)).collect();
    }
    supplies.iter_mut().for_each(|supply| supply.remaining = remaining(supply));
    supplies
}

fn text<'a>(attributes: &'a Attributes, name: &str, place: usize) -> Option<&'a str> {
    attributes.values(name).get(place).and_then(Value::text).map(str::trim).filter(|text| !text.is_empty())
}

fn marker(attributes: &Attributes, place: usize, problems: &mut Vec<String>) -> Supply {
    let kind = text(attributes, "marker-types", place).and_then(kind_of);
    let description = text(attributes, "marker-names", place).map(str::to_string);
    let full_at = attributes.values("marker-high-levels").get(place).and_then(Value::number);
    let class = kind.and_then(class_of).or((full_at == Some(100)).then_some(SupplyClass::Container));
    let raw = attributes.values("marker-levels")[place].number();
    let index = place as u32 + 1;
    let origin = Origin::new("marker-levels", &[index]);
    let level = match raw {
        // Unavailable and unknown are the same to whoever waits for a cartridge.
        Some(-2 | -1) | None => Level::Unknown,
        Some(-3) => Level::Some,
        Some(percent @ 0..=100) => Level::Measured { value: left(percent as u32, class), step: None },
        Some(other) => {
            problems.push(format!("{origin}: value {other}, expected -3 to 100"));
            Level::Invalid
        }
    };
    let colours = text(attributes, "marker-colors", place).and_then(colorants);
    let named = description.as_deref();
    Supply {
        index,
        marker: None,
        class,
        kind,
        colorant: colours.or_else(|| named.and_then(colorant_in).map(str::to_string)),
        part_number: named.and_then(part_number_in).map(str::to_string),
        serial_number: named.and_then(serial_number_in).map(str::to_string),
        unit: Some(MarkerSuppliesSupplyUnit::Percent),
        capacity: None,
        level,
        remaining: None,
        description,
        origin,
    }
}

/// Returns what is left to use: of a receptacle the room, which the markers tell the other way round.
fn left(percent: u32, class: Option<SupplyClass>) -> u32 {
    if class == Some(SupplyClass::Receptacle) { 100 - percent } else { percent }
}

/// Reads the keyword of a supply's type: hyphens, or the MIB's own spelling.
fn kind_of(keyword: &str) -> Option<MarkerSuppliesType> {
    MarkerSuppliesType::LISTED.iter().copied().find(|kind| same_word(&kind.to_string(), keyword)).or_else(|| {
        let is_known = !matches!(keyword, "unknown" | "");
        is_known.then_some(MarkerSuppliesType::Other(1))
    })
}

/// Reads one or more colours of one supply, `#00FFFF#FF00FF#FFFF00`, in the standard's words where it has them.
fn colorants(text: &str) -> Option<String> {
    const COLOURS: [(&str, &str); 11] = [
        ("000000", "black"),
        ("00ffff", "cyan"),
        ("ff00ff", "magenta"),
        ("ffff00", "yellow"),
        ("ff0000", "red"),
        ("00ff00", "green"),
        ("0000ff", "blue"),
        ("ffffff", "white"),
        ("808080", "gray"),
        ("e0ffff", "light cyan"),
        ("ffe0ff", "light magenta"),
    ];
    let names: Vec<String> = text
        .split('#')
        .map(|digits| digits.trim().to_ascii_lowercase())
        .filter(|digits| !digits.is_empty() && digits != "none")
        .map(|digits| COLOURS.iter().find(|(code, _)| *code == digits).map_or(digits.clone(), |(_, name)| (*name).to_string()))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Reads one row of printer-supply; one that tells neither level nor type is none.
fn packed(attributes: &Attributes, place: usize) -> Option<Supply> {
    let row = Packed::parse(attributes.values("printer-supply")[place].octets()?);
    let kind = row.get("type").and_then(kind_of);
    let number = row.number("level");
    if number.is_none() && kind.is_none() {
        return None;
    }
    let class = match row.get("class") {
        Some(word) if same_word("receptacleThatIsFilled", word) => Some(SupplyClass::Receptacle),
        Some(word) if same_word("supplyThatIsConsumed", word) => Some(SupplyClass::Container),
        _ => kind.and_then(class_of),
    };
    let capacity = row.number("maxcapacity").and_then(|number| u32::try_from(number).ok()).filter(|capacity| *capacity > 0);
    let units = MarkerSuppliesSupplyUnit::LISTED;
    let typed = match (level(number), capacity) {
        (Level::Measured { value, .. }, Some(capacity)) if value > capacity => Level::Invalid,
        (level, _) => level,
    };
    let description = text(attributes, "printer-supply-description", place).map(str::to_string);
    let index = row.number("index").and_then(|index| u32::try_from(index).ok()).unwrap_or(place as u32 + 1);
    Some(Supply {
        index,
        marker: None,
        class,
        kind,
        colorant: row.get("colorantname").filter(|name| !matches!(*name, "unknown" | "other" | "none" | "")).map(str::to_ascii_lowercase),
        part_number: None,
        serial_number: description.as_deref().and_then(serial_number_in).map(str::to_string),
        unit: row.get("unit").and_then(|text| super::word(text, units, MarkerSuppliesSupplyUnit::from_number)),
        capacity,
        level: typed,
        remaining: None,
        description,
        origin: Origin::new("printer-supply", &[place as u32 + 1]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipp::testing::Printer;

    fn printer(kinds: &[&str], colours: &[&str], levels: &[i32]) -> Printer {
        Printer::new().texts("marker-types", kinds).texts("marker-colors", colours).numbers("marker-levels", levels)
    }

    #[test]
    fn d_15_a_single_marker_is_a_list_of_one() {
        let supplies = printer(&["toner-cartridge"], &["#000000"], &[7]).collect().supplies;
        assert_eq!(supplies.len(), 1);
        assert_eq!((supplies[0].colorant.as_deref(), supplies[0].remaining), (Some("black"), Some(0.07)));
    }

    #[test]
    fn p_01_no_markers_are_no_supplies() {
        assert!(Printer::new().numbers("printer-state", &[3]).collect().supplies.is_empty());
    }

    #[test]
    fn p_03_an_unknown_level_is_not_empty() {
        let supplies = printer(&["ink"; 3], &["#FF00FF", "#00FFFF", "#FFFF00"], &[-2, -3, -1]).collect().supplies;
        let levels: Vec<_> = supplies.iter().map(|supply| (supply.level, supply.remaining)).collect();
        assert_eq!(levels, [(Level::Unknown, None), (Level::Some, None), (Level::Unknown, None)]);
    }

    #[test]
    fn p_04_both_spellings_of_a_type_are_read_and_no_colour_is_none() {
        let supplies = printer(&["inkCartridge", "ink-cartridge", "maintenanceKit"], &["none"; 3], &[50, 50, 100]).collect().supplies;
        let kinds: Vec<_> = supplies.iter().map(|supply| supply.kind).collect();
        let ink = Some(MarkerSuppliesType::InkCartridge);
        assert_eq!(kinds, [ink, ink, Some(MarkerSuppliesType::Other(1))]);
        assert!(supplies.iter().all(|supply| supply.colorant.is_none()));
    }

    #[test]
    fn p_05_a_cartridge_of_several_colours_is_one_supply() {
        let supplies = printer(&["ink-cartridge"], &["#00FFFF#FF00FF#FFFF00"], &[80]).collect().supplies;
        assert_eq!((supplies.len(), supplies[0].colorant.as_deref()), (1, Some("cyan, magenta, yellow")));
    }

    #[test]
    fn d_03_a_receptacle_tells_how_full_it_is() {
        let supplies = printer(&["waste-toner"], &["none"], &[90]).collect().supplies;
        assert_eq!((supplies[0].class, supplies[0].remaining), (Some(SupplyClass::Receptacle), Some(0.1)));
    }

    #[test]
    fn p_15_the_printers_own_low_level_is_no_level() {
        let record = printer(&["ink"], &["#000000"], &[20]).numbers("marker-low-levels", &[35]).collect();
        assert_eq!(record.supplies[0].level, Level::Measured { value: 20, step: None });
        assert!(record.alerts.is_empty());
    }

    #[test]
    fn a_level_above_a_hundred_is_invalid_and_told() {
        let record = printer(&["ink"], &["#000000"], &[150]).collect();
        assert_eq!((record.supplies[0].level, record.supplies[0].remaining), (Level::Invalid, None));
        assert_eq!(record.problems, ["marker-levels.1: value 150, expected -3 to 100"]);
    }

    #[test]
    fn packed_supplies_are_read_where_there_are_no_markers() {
        let supplies = Printer::new()
            .packed("printer-supply", &["index=3;class=receptacleThatIsFilled;type=wasteToner;unit=percent;maxcapacity=100;level=25"])
            .collect()
            .supplies;
        assert_eq!((supplies[0].index, supplies[0].remaining), (3, Some(0.25)), "here the level is the room left");
    }
}
