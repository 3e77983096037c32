//! The counts that the newest printers tell over IPP.

use model::Origin;
use model::record::{Evidence, Meter};
use model::standard::MarkerCounterUnit;
use printport::ipp::Attributes;

/// Reads the meters; of most printers there are none.
///
/// Source: PWG 5100.22, printer-impressions-completed(-col), printer-media-sheets-completed.
pub(super) fn read(attributes: &Attributes) -> Vec<Meter> {
    let mut meters = Vec::new();
    let mut add = |name: &str, value: Option<i32>, unit, origin: &'static str| {
        let value = value.and_then(|value| u64::try_from(value).ok());
        meters.extend(value.map(|value| Meter {
            name: name.to_string(),
            value,
            unit: Some(unit),
            origin: Origin::new(origin, &[]),
            evidence: Evidence::Reported,
        }));
    };
    let impressions = attributes.number("printer-impressions-completed");
    add("total", impressions, MarkerCounterUnit::Impressions, "printer-impressions-completed");
    let parts = attributes.value("printer-impressions-completed-col").and_then(|value| value.collection());
    for (name, member) in [("monochrome", "monochrome"), ("full-color", "full-color"), ("duplex", "two-sided")] {
        let value = parts.and_then(|parts| parts.number(member));
        add(name, value, MarkerCounterUnit::Impressions, "printer-impressions-completed-col");
    }
    let sheets = attributes.number("printer-media-sheets-completed");
    add("total.sheets", sheets, MarkerCounterUnit::Sheets, "printer-media-sheets-completed");
    meters
}

#[cfg(test)]
mod tests {
    use crate::ipp::testing::Printer;

    #[test]
    fn p_02_no_meter_is_made_of_what_is_none() {
        let record = Printer::new().numbers("printer-up-time", &[7432]).numbers("pages-per-minute", &[40]).collect();
        assert!(record.meters.is_empty());
        assert_eq!(record.identity.serial_number, None);
    }

    #[test]
    fn the_counts_of_the_system_are_meters() {
        let record =
            Printer::new().numbers("printer-impressions-completed", &[7432]).numbers("printer-media-sheets-completed", &[4100]).collect();
        let named: Vec<_> = record.meters.iter().map(|meter| (meter.name.as_str(), meter.value)).collect();
        assert_eq!(named, [("total", 7432), ("total.sheets", 4100)]);
    }
}
