//! `printer-input-tray` and `printer-output-tray`: rows of the Printer MIB as packed text.

use model::Origin;
use model::record::{Input, Output};
use model::standard::{CapacityUnit, InputType, OutputType, SubUnitStatus};
use printport::ipp::Attributes;
use printport::packed::Packed;

use super::{level, word};

fn rows<'a>(attributes: &'a Attributes, name: &str) -> impl Iterator<Item = (u32, Packed)> + use<'a> {
    let values = attributes.values(name).iter();
    (1..)
        .zip(values)
        .filter_map(|(place, value)| Some((place, Packed::parse(value.octets()?))))
        .filter(|(_, row)| row.pairs().next().is_some())
}

fn positive(row: &Packed, key: &str) -> Option<u32> {
    row.number(key).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

fn status(row: &Packed) -> Option<SubUnitStatus> {
    row.number("status").and_then(|number| u32::try_from(number).ok()).and_then(SubUnitStatus::from_number)
}

fn name(row: &Packed) -> Option<String> {
    ["name", "description"].iter().find_map(|key| row.get(key)).filter(|text| !text.is_empty()).map(str::to_string)
}

/// Source: PWG 5100.13, printer-input-tray.
pub(super) fn inputs(attributes: &Attributes) -> Vec<Input> {
    let rows = rows(attributes, "printer-input-tray");
    rows.map(|(place, row)| Input {
        index: positive(&row, "index").unwrap_or(place),
        name: name(&row),
        kind: row
            .get("type")
            .and_then(|text| word(text, InputType::LISTED, InputType::from_number))
            .or(row.get("type").map(|_| InputType::Other(1))),
        media: row.get("medianame").or(row.get("media")).filter(|text| !text.is_empty()).map(str::to_string),
        unit: row.get("unit").and_then(|text| word(text, CapacityUnit::LISTED, CapacityUnit::from_number)),
        capacity: positive(&row, "maxcapacity"),
        level: level(row.number("level")),
        status: status(&row),
        origin: Origin::new("printer-input-tray", &[place]),
    })
    .collect()
}

/// Source: PWG 5100.13, printer-output-tray.
pub(super) fn outputs(attributes: &Attributes) -> Vec<Output> {
    let rows = rows(attributes, "printer-output-tray");
    rows.map(|(place, row)| Output {
        index: positive(&row, "index").unwrap_or(place),
        name: name(&row),
        kind: row
            .get("type")
            .and_then(|text| word(text, OutputType::LISTED, OutputType::from_number))
            .or(row.get("type").map(|_| OutputType::Other(1))),
        unit: row.get("unit").and_then(|text| word(text, CapacityUnit::LISTED, CapacityUnit::from_number)),
        capacity: positive(&row, "maxcapacity"),
        room: level(row.number("remaining")),
        status: status(&row),
        origin: Origin::new("printer-output-tray", &[place]),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipp::testing::Printer;
    use model::Level;

    #[test]
    fn p_11_trays_are_read_however_they_are_written() {
        let inputs = Printer::new()
            .packed(
                "printer-input-tray",
                &[
                    "type=sheetFeedAutoNonRemovable;dimunit=3;mediafeed=110000;maxcapacity=250;level=-3;status=0;name=Tray 1",
                    "type=unRemovableBin;maxcapacity=-2;level=50;status=19",
                    "type=3;unit=8;maxcapacity=500;level=0;name=;",
                    "",
                ],
            )
            .collect()
            .inputs;
        let kinds: Vec<_> = inputs.iter().map(|input| input.kind.map(|kind| kind.to_string())).collect();
        let kinds: Vec<_> = kinds.iter().map(Option::as_deref).collect();
        assert_eq!(kinds, [Some("sheetFeedAutoNonRemovableTray"), Some("other"), Some("sheetFeedAutoRemovableTray")]);
        assert_eq!((inputs[0].level, inputs[0].capacity, inputs[0].name.as_deref()), (Level::Some, Some(250), Some("Tray 1")));
        assert_eq!((inputs[1].capacity, inputs[1].status.map(SubUnitStatus::number)), (None, Some(19)));
        assert_eq!((inputs[2].unit, inputs[2].name.as_deref()), (Some(CapacityUnit::Sheets), None));
    }
}
