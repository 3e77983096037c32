//! One record from several protocols: of each fact the best evidence, and every disagreement told.
//!
//! SNMP tells most and is asked most closely, so its word stands where it has one; what it does not
//! tell, or tells without a number, is taken from the others. Who says the same is named beside the
//! origin; who says something else is named among the problems. Nothing is averaged.

use std::collections::BTreeMap;

use model::record::{Evidence, Identity, Meter, Presence, Supply};
use model::standard::PrinterStatus;
use model::{DeviceRecord, Level, Origin};

use crate::conflict;
use crate::vendor_supplies::is_same_slot;

/// Joins what one device said through several protocols, the most trusted first; `None` of no records.
///
/// The time is the latest of all, since the whole is no older than its newest part; address, recording and
/// path are those of the first.
pub fn fuse(records: impl IntoIterator<Item = DeviceRecord>) -> Option<DeviceRecord> {
    let mut records = records.into_iter();
    let first = records.next()?;
    Some(records.fold(first, join))
}

fn join(mut one: DeviceRecord, other: DeviceRecord) -> DeviceRecord {
    one.observed_at = one.observed_at.max(other.observed_at);
    one.presence = presence(one.presence, other.presence);
    let problems = &mut one.problems;
    join_identity(&mut one.identity, other.identity, problems);
    join_meters(&mut one.meters, other.meters, &mut one.configuration, problems);
    join_supplies(&mut one.supplies, other.supplies, problems);
    if one.inputs.is_empty() {
        one.inputs = other.inputs;
    }
    if one.outputs.is_empty() {
        one.outputs = other.outputs;
    }
    if one.covers.is_empty() {
        one.covers = other.covers;
    }
    for alert in other.alerts {
        let known = |own: &model::record::Alert| (own.group, own.code) == (alert.group, alert.code);
        if !one.alerts.iter().any(known) {
            let index = one.alerts.iter().map(|own| own.index).max().unwrap_or(0) + 1;
            one.alerts.push(model::record::Alert { index, ..alert });
        }
    }
    one.status.device = one.status.device.or(other.status.device);
    one.status.printer = one.status.printer.filter(|status| *status != PrinterStatus::Unknown).or(other.status.printer);
    one.status.console = one.status.console.take().or(other.status.console);
    one.status.up_time = one.status.up_time.or(other.status.up_time);
    for error in other.status.errors {
        if !one.status.errors.contains(&error) {
            one.status.errors.push(error);
        }
    }
    for option in other.options {
        if !one.options.iter().any(|own| own.name == option.name) {
            one.options.push(option);
        }
    }
    for item in other.service_items {
        if !one.service_items.iter().any(|own| own.name == item.name) {
            one.service_items.push(item);
        }
    }
    for (name, value) in other.configuration {
        one.configuration.entry(name).or_insert(value);
    }
    one.diagnostic_mode = one.diagnostic_mode.take().or(other.diagnostic_mode);
    one.problems.extend(other.problems);
    one
}

/// Says what two words on the device's presence come to: who answers knows more than who does not, and
/// who sleeps may still answer as if it were ready.
fn presence(one: Presence, other: Presence) -> Presence {
    const BY_STRENGTH: [Presence; 7] = [
        Presence::Printing,
        Presence::Asleep,
        Presence::Ready,
        Presence::Refusing,
        Presence::Off,
        Presence::Unreachable,
        Presence::Unknown,
    ];
    BY_STRENGTH.into_iter().find(|presence| [one, other].contains(presence)).unwrap_or(Presence::Unknown)
}

fn join_identity(one: &mut Identity, other: Identity, problems: &mut Vec<String>) {
    let mut facts = Facts { own: &mut one.origins, others: &other.origins, problems };
    facts.join("manufacturer", &mut one.manufacturer, other.manufacturer, same);
    facts.join("model", &mut one.model, other.model, |one, other| !conflict::models(one, other));
    facts.join("serial_number", &mut one.serial_number, other.serial_number, |one, other| !conflict::serial_numbers(one, other));
    // Components have versions of their own, so two are no contradiction.
    facts.join("firmware", &mut one.firmware, other.firmware, |_, _| true);
    facts.join("system_name", &mut one.system_name, other.system_name, |_, _| true);
    facts.join("location", &mut one.location, other.location, same);
    one.printer_uuid = one.printer_uuid.take().or(other.printer_uuid);
    one.device_id = one.device_id.take().or(other.device_id);
    one.system_object_id = one.system_object_id.take().or(other.system_object_id);
    one.system_description = one.system_description.take().or(other.system_description);
    one.board = one.board.take().or(other.board);
    one.builder = one.builder.take().or(other.builder);
    for address in other.mac_addresses {
        if !one.mac_addresses.contains(&address) {
            one.mac_addresses.push(address);
        }
    }
}

/// Returns whether two words have the same letters and digits.
fn same(one: &str, other: &str) -> bool {
    let signs = |text: &str| text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    signs(one) == signs(other)
}

struct Facts<'a> {
    own: &'a mut BTreeMap<String, Vec<Origin>>,
    others: &'a BTreeMap<String, Vec<Origin>>,
    problems: &'a mut Vec<String>,
}

impl Facts<'_> {
    fn join(&mut self, fact: &str, one: &mut Option<String>, other: Option<String>, agree: fn(&str, &str) -> bool) {
        let Some(said) = other else { return };
        let origins = self.others.get(fact).cloned().unwrap_or_default();
        match one {
            None => {
                *one = Some(said);
                self.own.insert(fact.to_string(), origins);
            }
            Some(own) if agree(own, &said) => {
                let known = self.own.entry(fact.to_string()).or_default();
                origins.into_iter().for_each(|origin| {
                    if !known.contains(&origin) {
                        known.push(origin);
                    }
                });
            }
            Some(own) => {
                let named = |origins: Option<&Vec<Origin>>| {
                    origins.and_then(|origins| origins.first()).map_or_else(|| "?".into(), ToString::to_string)
                };
                let (here, there) = (named(self.own.get(fact)), named(self.others.get(fact)));
                self.problems.push(format!("{}: {here} says {own}, {there} says {said}", fact.replace('_', " ")));
            }
        }
    }
}

/// Keeps both counts of one name: the first as the meter, the other among the configuration; they are
/// conflicting where they differ in the same unit.
fn join_meters(own: &mut Vec<Meter>, others: Vec<Meter>, configuration: &mut BTreeMap<String, String>, problems: &mut Vec<String>) {
    for meter in others {
        let Some(known) = own.iter_mut().find(|known| known.name == meter.name) else {
            own.push(meter);
            continue;
        };
        configuration.insert(meter.origin.to_string(), meter.value.to_string());
        let comparable = !matches!((known.unit, meter.unit), (Some(one), Some(other)) if one != other);
        if comparable && known.value != meter.value && !may_have_moved(known.value, meter.value) {
            known.evidence = Evidence::Conflicting;
            problems.push(format!("{}: {} says {}, {} says {}", known.name, known.origin, known.value, meter.origin, meter.value));
        }
    }
}

/// Returns whether a printer may have printed the difference between two questions of one reading.
fn may_have_moved(one: u64, other: u64) -> bool {
    one.abs_diff(other) <= 20
}

fn join_supplies(own: &mut Vec<Supply>, others: Vec<Supply>, problems: &mut Vec<String>) {
    if own.is_empty() {
        own.extend(others);
        return;
    }
    let before = own.len();
    for supply in others {
        let place = (0..before).find(|place| is_same_slot(&own[..before], *place, &supply));
        match place {
            Some(place) => join_supply(&mut own[place], supply, problems),
            None => {
                let index = own.iter().map(|supply| supply.index).max().unwrap_or(0).saturating_add(1);
                own.push(Supply { index, ..supply });
            }
        }
    }
}

/// How far two levels of one supply may lie apart: one protocol rounds to ten percent.
const ROUNDING: f64 = 0.1;

fn join_supply(own: &mut Supply, other: Supply, problems: &mut Vec<String>) {
    match (own.remaining, other.remaining) {
        (Some(one), Some(two)) if (one - two).abs() > ROUNDING => {
            problems.push(format!("{}: {:.0} % are left, {} says {:.0} %", own.origin, one * 100.0, other.origin, two * 100.0));
        }
        (None, Some(_)) if !matches!(own.level, Level::Measured { .. } | Level::Empty) => {
            (own.level, own.capacity, own.unit, own.remaining) = (other.level, other.capacity, other.unit, other.remaining);
            own.origin = other.origin;
        }
        _ => {}
    }
    own.colorant = own.colorant.take().or(other.colorant);
    own.description = own.description.take().or(other.description);
    own.part_number = own.part_number.take().or(other.part_number);
    own.serial_number = own.serial_number.take().or(other.serial_number);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipp::testing::Printer;
    use crate::testing::Device;
    use catalog::Standard;

    fn snmp() -> Device {
        Device::new()
            .integer(Standard::HrDeviceStatus, &[1], 2)
            .integer(Standard::HrPrinterStatus, &[1], 3)
            .text(Standard::HrDeviceDescr, &[1], b"HP LaserJet M605")
            .text(Standard::PrtGeneralSerialNumber, &[1], b"PHBBB12345")
            .integer(Standard::PrtMarkerSuppliesType, &[1, 1], 21)
            .integer(Standard::PrtMarkerSuppliesMaxCapacity, &[1, 1], -2)
            .integer(Standard::PrtMarkerSuppliesLevel, &[1, 1], -3)
    }

    fn ipp() -> Printer {
        Printer::new()
            .numbers("printer-state", &[3])
            .texts("marker-types", &["toner-cartridge"])
            .texts("marker-colors", &["#000000"])
            .numbers("marker-levels", &[42])
    }

    fn both(snmp: Device, ipp: Printer) -> DeviceRecord {
        fuse([snmp.collect(), ipp.collect()]).expect("two records")
    }

    #[test]
    fn a_level_that_snmp_does_not_measure_is_taken_from_ipp() {
        let record = both(snmp(), ipp());
        assert_eq!((record.supplies.len(), record.supplies[0].remaining), (1, Some(0.42)));
        assert_eq!(record.supplies[0].origin.to_string(), "marker-levels.1");
        assert!(record.problems.is_empty(), "{:?}", record.problems);
    }

    #[test]
    fn who_agrees_is_named_beside_and_who_does_not_among_the_problems() {
        let id = "MFG:Hewlett-Packard;MDL:HP LaserJet M605;SN:PHBBB12345;";
        let agreeing = both(snmp(), ipp().texts("printer-device-id", &[id]));
        let origins: Vec<_> = agreeing.identity.origins["serial_number"].iter().map(ToString::to_string).collect();
        assert_eq!(origins, ["prtGeneralSerialNumber.1", "printer-device-id"]);
        let other = both(snmp(), ipp().texts("printer-device-id", &["MFG:HP;MDL:HP LaserJet M605;SN:PHCCC99999;"]));
        assert_eq!(other.identity.serial_number.as_deref(), Some("PHBBB12345"));
        assert_eq!(other.problems, ["serial number: prtGeneralSerialNumber.1 says PHBBB12345, printer-device-id says PHCCC99999"]);
    }

    #[test]
    fn who_names_a_family_or_a_part_agrees_and_another_model_does_not() {
        let said = |id: &str| both(snmp(), ipp().texts("printer-device-id", &[id])).problems;
        assert_eq!(said("MFG:HP;MDL:HP LaserJet M605 series;SN:PHBBB12345-01;"), Vec::<String>::new());
        assert_eq!(
            said("MFG:HP;MDL:HP LaserJet M404;"),
            ["model: hrDeviceDescr.1 says LaserJet M605, printer-device-id says LaserJet M404"]
        );
    }

    #[test]
    fn counts_that_differ_are_conflicting_and_both_are_kept() {
        let counted = snmp().integer(Standard::PrtMarkerLifeCount, &[1, 1], 7432).integer(Standard::PrtMarkerCounterUnit, &[1, 1], 7);
        let record = both(counted, ipp().numbers("printer-impressions-completed", &[9000]));
        assert_eq!((record.meters[0].value, record.meters[0].evidence), (7432, Evidence::Conflicting));
        assert_eq!(record.configuration["printer-impressions-completed"], "9000");
        assert_eq!(record.problems, ["total: prtMarkerLifeCount.1.1 says 7432, printer-impressions-completed says 9000"]);
    }

    #[test]
    fn levels_far_apart_are_told_and_snmps_stands() {
        let measured = Device::new()
            .integer(Standard::PrtMarkerSuppliesType, &[1, 1], 21)
            .integer(Standard::PrtMarkerSuppliesMaxCapacity, &[1, 1], 100)
            .integer(Standard::PrtMarkerSuppliesLevel, &[1, 1], 90);
        let record = both(measured, ipp());
        assert_eq!(record.supplies[0].remaining, Some(0.9));
        assert_eq!(record.problems, ["prtMarkerSuppliesLevel.1.1: 90 % are left, marker-levels.1 says 42 %"]);
    }

    #[test]
    fn d_11_a_printer_whose_inks_all_are_unknown_over_ipp_sleeps() {
        let asleep = Printer::new().numbers("printer-state", &[3]).texts("marker-types", &["ink"; 4]).numbers("marker-levels", &[-2; 4]);
        let record = both(snmp(), asleep);
        assert_eq!(record.presence, Presence::Asleep);
        assert_eq!(record.supplies[0].level, Level::Some, "a level read asleep is no news");
    }

    #[test]
    fn who_answers_is_believed_before_who_does_not() {
        let mut silent = DeviceRecord::new(model::record::Path::Agent);
        silent.presence = Presence::Unreachable;
        let record = fuse([silent, ipp().collect()]).expect("two records");
        assert_eq!((record.presence, record.supplies.len()), (Presence::Ready, 1));
        assert!(fuse([]).is_none());
    }
}
