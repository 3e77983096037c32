//! prtMarkerTable: how much the printer has marked in its life.

use std::collections::BTreeMap;

use catalog::Standard;
use catalog::meaning::DeviationKind;
use model::record::{Evidence, Meter};
use model::standard::MarkerCounterUnit;

use crate::cells::{Cell, Grid, Source};

/// Is one marker that counts.
struct Marker<'a> {
    row: u32,
    unit: Option<MarkerCounterUnit>,
    count: Option<u64>,
    cell: Cell<'a>,
}

/// Reads the life counts as meters; the count since power-up goes to the configuration.
///
/// Of several markers the total is the sum, if all count and in the same unit. Otherwise the first
/// marker's count is the total, the others stand beside it, and a problem says so.
pub(crate) fn read(source: &mut Source<'_>, configuration: &mut BTreeMap<String, String>) -> Vec<Meter> {
    const COLUMNS: [Standard; 3] = [Standard::PrtMarkerCounterUnit, Standard::PrtMarkerLifeCount, Standard::PrtMarkerPowerOnCount];
    let mut markers = Vec::with_capacity(1);
    for (instance, [unit, life, power_on]) in Grid::read(source, COLUMNS).rows() {
        if let Some(count) = source.counter(power_on) {
            configuration.insert(power_on.origin().to_string(), count.to_string());
        }
        let unit = known_unit(source).or_else(|| source.word(unit, MarkerCounterUnit::from_number));
        markers.push(Marker { row: instance.row(), unit, count: source.counter(life), cell: life });
    }
    let Some(first) = markers.iter().position(|marker| marker.count.is_some()) else { return Vec::new() };
    let same_unit = markers.iter().all(|marker| marker.unit == markers[first].unit);
    let all_count = markers.iter().all(|marker| marker.count.is_some());
    let sum = markers.iter().filter_map(|marker| marker.count).try_fold(0u64, |sum, count| sum.checked_add(count));
    if let Some(value) = sum.filter(|_| markers.len() == 1 || same_unit && all_count) {
        return vec![meter("total".to_string(), value, &markers[first])];
    }
    let why = match (all_count, same_unit) {
        (false, _) => "a marker tells no count",
        (true, false) => "the markers count in different units",
        (true, true) => "it is too large",
    };
    source.problem(markers[first].cell, format_args!("no sum of {} markers: {why}", markers.len()));
    let counting = markers.iter().filter_map(|marker| marker.count.map(|count| (marker, count)));
    let name = |place: usize, row: u32| if place == 0 { "total".to_string() } else { format!("total.marker.{row}") };
    counting.enumerate().map(|(place, (marker, count))| meter(name(place, marker.row), count, marker)).collect()
}

/// Returns what this kind of device counts, whatever it says that it does.
fn known_unit(source: &Source<'_>) -> Option<MarkerCounterUnit> {
    let unit = |kind: &DeviationKind| match kind {
        DeviationKind::CounterUnit(unit) => Some(*unit),
        _ => None,
    };
    source.profile.meanings.deviations(unit).last()
}

fn meter(name: String, value: u64, marker: &Marker<'_>) -> Meter {
    Meter { name, value, unit: marker.unit, origin: marker.cell.origin(), evidence: Evidence::Standard }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;
    use snmp::Value;

    fn marker(device: Device, row: u32, unit: i64, count: u32) -> Device {
        device.integer(Standard::PrtMarkerCounterUnit, &[1, row], unit).value(
            Standard::PrtMarkerLifeCount,
            &[1, row],
            Value::Counter32(count),
        )
    }

    fn names_and_values(device: Device) -> (Vec<(String, u64)>, Vec<String>) {
        let record = device.collect();
        (record.meters.into_iter().map(|meter| (meter.name, meter.value)).collect(), record.problems)
    }

    #[test]
    fn the_life_count_is_the_total_in_its_unit() {
        let record = marker(Device::new(), 1, 8, 42976).value(Standard::PrtMarkerPowerOnCount, &[1, 1], Value::Counter32(4)).collect();
        let meter = &record.meters[0];
        assert_eq!((meter.name.as_str(), meter.value, meter.unit), ("total", 42976, Some(MarkerCounterUnit::Sheets)));
        assert_eq!(meter.origin.to_string(), "prtMarkerLifeCount.1.1");
        assert_eq!(record.configuration["prtMarkerPowerOnCount.1.1"], "4");
    }

    #[test]
    fn markers_of_one_unit_are_added() {
        let (meters, problems) = names_and_values(marker(marker(Device::new(), 1, 7, 1000), 2, 7, 234));
        assert_eq!(meters, [("total".to_string(), 1234)]);
        assert!(problems.is_empty());
    }

    #[test]
    fn markers_of_different_units_are_not_added() {
        let (meters, problems) = names_and_values(marker(marker(Device::new(), 1, 7, 1000), 2, 17, 234));
        assert_eq!(meters, [("total".to_string(), 1000), ("total.marker.2".to_string(), 234)]);
        assert_eq!(problems, ["prtMarkerLifeCount.1.1: no sum of 2 markers: the markers count in different units"]);
    }

    #[test]
    fn counts_too_large_to_be_added_are_not() {
        let marker = |device: Device, row| device.value(Standard::PrtMarkerLifeCount, &[1, row], Value::Counter64(u64::MAX));
        let (meters, problems) = names_and_values(marker(marker(Device::new(), 1), 2));
        assert_eq!(meters, [("total".to_string(), u64::MAX), ("total.marker.2".to_string(), u64::MAX)]);
        assert_eq!(problems, ["prtMarkerLifeCount.1.1: no sum of 2 markers: it is too large"]);
    }

    #[test]
    fn a_missing_part_makes_no_sum() {
        let (meters, problems) = names_and_values(marker(Device::new(), 1, 7, 1000).integer(Standard::PrtMarkerCounterUnit, &[1, 2], 7));
        assert_eq!(meters, [("total".to_string(), 1000)]);
        assert_eq!(problems, ["prtMarkerLifeCount.1.1: no sum of 2 markers: a marker tells no count"]);
    }

    #[test]
    fn a_count_of_another_type_is_taken_and_a_negative_one_is_not() {
        let device = |value| Device::new().value(Standard::PrtMarkerLifeCount, &[1, 1], value);
        assert_eq!(names_and_values(device(Value::Integer(77))).0, [("total".to_string(), 77)]);
        assert_eq!(names_and_values(device(Value::Counter64(1 << 40))).0, [("total".to_string(), 1 << 40)]);
        let (meters, problems) = names_and_values(device(Value::Integer(-5)));
        assert!(meters.is_empty());
        assert_eq!(problems, ["prtMarkerLifeCount.1.1: value -5, expected 0 or more"]);
        let (_, problems) = names_and_values(device(Value::OctetString(b"77")));
        assert_eq!(problems, ["prtMarkerLifeCount.1.1: type OCTET STRING, expected Counter32"]);
    }

    #[test]
    fn the_printer_need_not_be_device_one() {
        let record = Device::new().value(Standard::PrtMarkerLifeCount, &[3, 1], Value::Counter32(9)).collect();
        assert_eq!(record.meters[0].origin.to_string(), "prtMarkerLifeCount.3.1");
    }
}
