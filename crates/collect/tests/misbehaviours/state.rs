//! Error bits, alerts and presence.

use model::record::Presence;
use model::standard::{AlertCode, AlertSeverityLevel, ErrorState};

use crate::Printer;

/// A printer that runs and is idle, with an error state.
fn idle(printer: Printer, errors: &[u8]) -> Printer {
    let printer = printer.number("hrDeviceStatus", &[1], 2).number("hrPrinterStatus", &[1], 3);
    printer.octets("hrPrinterDetectedErrorState", &[1], errors)
}

/// A row of the alert table: severity, training, group, group index, location, code; and its text.
fn alert(printer: Printer, row: u32, numbers: [i64; 6], text: &str) -> Printer {
    let columns = ["SeverityLevel", "TrainingLevel", "Group", "GroupIndex", "Location", "Code"];
    let printer = columns
        .iter()
        .zip(numbers)
        .fold(printer, |printer, (column, number)| printer.number(&format!("prtAlert{column}"), &[1, row], number));
    printer.text("prtAlertDescription", &[1, row], text)
}

#[test]
fn s_20_an_error_state_has_any_length_and_missing_octets_say_nothing() {
    let errors = |octets: &[u8]| idle(Printer::standard(), octets).read().status.errors;
    assert_eq!(errors(&[]), []);
    assert_eq!(errors(&[0x80]), [ErrorState::LowPaper]);
    assert_eq!(errors(&[0x80, 0x00]), [ErrorState::LowPaper]);
    assert_eq!(errors(&[0x00, 0x04]), [ErrorState::InputTrayEmpty]);
    assert_eq!(errors(&[0x10, 0x00, 0x00, 0x00]), [ErrorState::NoToner]);
}

#[test]
fn s_21_the_blank_character_is_lowtoner() {
    let record = idle(Printer::of("epson"), b" ").read();
    assert_eq!((record.status.errors, record.problems.len()), (vec![ErrorState::LowToner], 0));
}

#[test]
fn s_22_a_row_of_zeros_named_sleep_is_presence_and_no_fault() {
    let record = alert(idle(Printer::of("brother"), &[0]), 1, [0, 0, 0, 0, 40_000, 0], "Sleep").read();
    assert_eq!((record.presence, record.alerts.len(), record.problems.len()), (Presence::Asleep, 0, 0));
}

#[test]
fn s_22_numbers_that_nobody_knows_are_kept() {
    let record = alert(idle(Printer::standard(), &[0]), 1, [0, 0, 9999, 3, 40_000, 29_999], "Unit 3").read();
    let found = &record.alerts[0];
    assert_eq!((found.severity, found.code), (Some(AlertSeverityLevel::Other(0)), Some(AlertCode::from_number(29_999))));
    assert_eq!((found.group.map(|group| group.number()), found.location), (Some(9999), Some(40_000)));
}

#[test]
fn s_23_alerts_are_read_though_the_event_counters_stand_at_0() {
    let printer = idle(Printer::of("epson"), b" ").count("prtAlertAllEvents", &[1], 0).count("prtAlertCriticalEvents", &[1], 0);
    let printer = alert(printer, 4, [5, 3, 11, 2, -2, 1105], "Ink is low.");
    let record = alert(printer, 276, [1, 1, 1, -1, -2, 1], "Idle").read();
    let found: Vec<_> = record.alerts.iter().map(|alert| (alert.index, alert.code, alert.raised_at)).collect();
    assert_eq!(found, [(4, Some(AlertCode::MarkerInkAlmostEmpty), None)], "status text in the table is no alert");
}

/// That a cold fuser is raised only while the device is awake is decided where attention is:
/// `a_cold_fuser_is_a_fault_only_while_awake` in `report`.
#[test]
fn s_24_rows_that_stay_or_come_twice_are_told_as_they_stand() {
    let printer = idle(Printer::of("kyocera"), &[0]).text("prtConsoleDisplayBufferText", &[1, 1], "Sleeping");
    let printer = printer.count("prtAlertAllEvents", &[1], 1845).count("prtGeneralConfigChanges", &[1], 0);
    let printer = alert(printer, 2, [4, 6, 5, 1, 0, 503], "");
    let record = alert(alert(printer, 23, [5, 3, 10, 1, 0, 1001], ""), 24, [5, 3, 10, 1, 0, 1001], "").read();
    assert_eq!(record.presence, Presence::Asleep);
    let codes: Vec<_> = record.alerts.iter().map(|alert| (alert.index, alert.code)).collect();
    let cold = Some(AlertCode::MarkerFuserUnderTemperature);
    assert_eq!(codes, [(2, Some(AlertCode::PowerUp)), (23, cold), (24, cold)]);
}

#[test]
fn s_25_without_an_alert_table_the_error_state_still_speaks() {
    let record = idle(Printer::standard(), &[0x04]).number("hrDeviceStatus", &[1], 5).read();
    assert_eq!((record.alerts.len(), record.status.errors), (0, vec![ErrorState::Jammed]));
}

#[test]
fn d_11_a_sleeping_printer_is_asleep_and_not_faulty() {
    let record = idle(Printer::standard(), &[0]).text("prtConsoleDisplayBufferText", &[1, 1], "Sleep mode").read();
    assert_eq!(record.presence, Presence::Asleep);
    let standby = Printer::standard().number("hrDeviceStatus", &[1], 2).number("hrPrinterStatus", &[1], 1).read();
    assert_eq!(standby.presence, Presence::Asleep, "running and other is standby");
}

#[test]
fn d_11_what_a_sleeping_printer_does_not_know_is_unknown_and_no_number() {
    let printer = idle(Printer::standard(), &[0]).text("prtConsoleDisplayBufferText", &[1, 1], "Sleep");
    let record = printer.supply(1, crate::Row { level: -2, ..crate::CONTAINER }).read();
    assert_eq!((record.supplies[0].level, record.supplies[0].remaining), (model::Level::Unknown, None));
}

#[test]
fn d_18_bits_that_mean_nothing_on_a_device_are_left_out() {
    let deviation = "kind = \"unreliable-error-bits\"\nbits = [\"offline\", \"serviceRequested\", \"overduePreventMaint\"]";
    let record = idle(Printer::that_deviates(deviation), &[0x23, 0x02]).read();
    assert_eq!(record.status.errors, [ErrorState::LowToner]);
    let record = idle(Printer::standard(), &[0x23, 0x02]).read();
    assert_eq!(record.status.errors.len(), 4, "raw facts elsewhere: {:?}", record.status.errors);
    assert_eq!(record.presence, Presence::Ready, "no presence either");
}

#[test]
fn two_hundred_alert_rows_are_read_and_more_are_told() {
    let rows =
        |count| (1..=count).fold(idle(Printer::standard(), &[0]), |printer, row| alert(printer, row, [4, 3, 8, 1, 1, 13], "")).read();
    let record = rows(200);
    assert_eq!((record.alerts.len(), record.problems.len()), (200, 0));
    let record = rows(201);
    assert_eq!((record.alerts.len(), record.problems.len()), (200, 1));
}

#[test]
fn a_printer_at_hr_device_index_7_is_read_among_the_hosts_other_devices() {
    let printer = Printer::standard()
        .named("hrDeviceType", &[1], &[1, 3, 6, 1, 2, 1, 25, 3, 1, 3])
        .text("hrDeviceDescr", &[1], "A processor")
        .named("hrDeviceType", &[7], &[1, 3, 6, 1, 2, 1, 25, 3, 1, 5])
        .text("hrDeviceDescr", &[7], "KYOCERA ECOSYS P9999dn")
        .number("hrDeviceStatus", &[1], 2)
        .number("hrDeviceStatus", &[7], 5)
        .number("hrPrinterStatus", &[7], 1)
        .octets("hrPrinterDetectedErrorState", &[7], &[0x40])
        .count("prtMarkerLifeCount", &[7, 1], 42)
        .number("prtMarkerSuppliesLevel", &[7, 1], 30)
        .number("prtMarkerSuppliesMaxCapacity", &[7, 1], 100)
        .text("prtGeneralSerialNumber", &[7], "AB1234567");
    let record = printer.read();
    assert_eq!(record.identity.model.as_deref(), Some("ECOSYS P9999dn"));
    assert_eq!(record.identity.serial_number.as_deref(), Some("AB1234567"));
    assert_eq!((record.meters[0].value, record.supplies[0].remaining), (42, Some(0.3)));
    assert_eq!((record.status.errors, record.presence), (vec![ErrorState::NoPaper], Presence::Ready));
    assert_eq!(record.status.device.map(|status| status.to_string()).as_deref(), Some("down"));
}
