//! Devices that misbehave: each is read as far as it lets us, and says so.

mod common;

use common::{SECOND, SimReader, SimScan, address, one_printer, options, read_one, scan_options};
use model::DeviceRecord;
use sim::{Every, NetOptions, Recording, ReplyFrom, SimDevice, SimNet, TableFault, Vices};
use snmp::oid;
use survey::scan::Task;
use survey::{Event, Rate};

/// What must be read of the colour MFP whatever its vices: nine supplies with their levels.
fn assert_supplies(record: &DeviceRecord) {
    let measured = record.supplies.iter().filter(|supply| supply.remaining.is_some()).count();
    assert_eq!((record.supplies.len(), measured), (9, 9), "{:?}\n{:?}", record.supplies, record.problems);
}

fn oid_of(text: &str) -> Vec<u8> {
    oid::encode(&oid::parse(text).expect("dotted text"))
}

/// D-12: one request at a time, and few of them.
#[test]
fn an_honest_printer_is_read_in_few_requests_and_without_a_problem() {
    let (scan, net) = read_one(Vices::default());
    let record = scan.record();
    assert_supplies(record);
    assert_eq!(record.problems, Vec::<String>::new());
    assert!(scan.scan.statistics().requests <= 9, "{:?}", scan.scan.statistics());
    assert_eq!(net.most_open(), 1);
}

#[test]
fn a_printer_that_answers_v1_only_gives_the_same_record() {
    let (v2c, _) = read_one(Vices::default());
    let (v1, net) = read_one(Vices { v1_only: true, ..Vices::default() });
    let mut record = v1.record().clone();
    record.observed_at = v2c.record().observed_at;
    record.status.up_time = v2c.record().status.up_time;
    assert_eq!(&record, v2c.record());
    assert_eq!(net.most_open(), 1);
}

/// D-14: what one missing object would have taken with it is read all the same.
#[test]
fn in_v1_one_missing_object_does_not_take_the_others_with_it() {
    for hidden in ["1.3.6.1.2.1.1.6.0", "1.3.6.1.2.1.43.11.1.1.6", "1.3.6.1.2.1.43.8.2.1.13.1.2"] {
        let (scan, _) = read_one(Vices { v1_only: true, hidden_in_v1: Some(oid_of(hidden)), ..Vices::default() });
        assert_supplies(scan.record());
    }
}

#[test]
fn a_printer_that_drops_getbulk_is_walked_by_getnext() {
    let (scan, _) = read_one(Vices { ignores_bulk: true, ..Vices::default() });
    assert_supplies(scan.record());
}

#[test]
fn a_printer_whose_getbulk_is_cut_short_is_still_read_whole() {
    let (scan, _) = read_one(Vices { bulk_bindings: Some(2), ..Vices::default() });
    assert_supplies(scan.record());
}

#[test]
fn a_printer_that_says_too_big_is_asked_for_less_at_a_time() {
    let (scan, _) = read_one(Vices { too_big_above: Some(484), ..Vices::default() });
    assert_supplies(scan.record());
}

#[test]
fn oids_that_do_not_increase_end_their_table_with_a_problem() {
    for fault in [TableFault::Stuck, TableFault::Restarts] {
        let table = Some((oid_of("1.3.6.1.2.1.43.8.2.1.8"), fault));
        let (scan, _) = read_one(Vices { table, ..Vices::default() });
        assert_supplies(scan.record());
        assert!(
            scan.record().problems.iter().any(|problem| problem.contains("goes round or back")),
            "{fault:?}: {:?}",
            scan.record().problems
        );
    }
}

#[test]
fn a_table_told_backwards_is_read_from_its_other_columns() {
    let (honest, _) = read_one(Vices::default());
    let table = Some((oid_of("1.3.6.1.2.1.43.8.2.1.8"), TableFault::Reversed));
    let (scan, _) = read_one(Vices { table, ..Vices::default() });
    assert_supplies(scan.record());
    assert_eq!(scan.record().inputs, honest.record().inputs, "{:?}", scan.record().problems);
}

/// Something is put in and something taken out between any two of our questions.
#[test]
fn a_table_that_changes_during_the_walk_is_read_without_a_wrong_value() {
    let at = address("10.0.0.7");
    let mut changed = 0;
    for moment in 0..40 {
        let mut net = one_printer(Vices::default());
        let printer = net.printer(at.ip()).expect("living");
        printer.jam();
        let trays = printer.spec().trays.clone();
        let mut reader = SimReader::new(options("all", &["public"]));
        reader.reader.read(at, false);
        let soon = net.now() + moment * SECOND / 500;
        net.run(&mut reader, soon, |reader, _| reader.events.extend(reader.reader.poll_event()));
        let midway = reader.events.is_empty();
        let printer = net.printer(at.ip()).expect("living");
        printer.clear();
        printer.add_tray(trays[0]);
        let until = net.now() + 300 * SECOND;
        net.run(&mut reader, until, |reader, _| reader.events.extend(reader.reader.poll_event()));
        let [Event::Read { record, .. }] = &reader.events[..] else { panic!("{moment}: {:?}", reader.events) };
        assert_supplies(record);
        assert!(record.inputs.len() == trays.len() || record.inputs.len() == trays.len() + 1, "{moment}: {:?}", record.inputs);
        assert!(record.alerts.len() <= 2, "{moment}: {:?}", record.alerts);
        changed += u32::from(midway && moment > 0);
    }
    assert!(changed > 5, "only {changed} changes fell into a reading");
}

/// A label printer of which nothing is counted: prtAlertAllEvents stays at 0.
fn uncounted(error_state: &str, alerts: &[u32]) -> SimDevice {
    let mut text = String::from(
        "1.3.6.1.2.1.1.1.0|4|Exemplar\n1.3.6.1.2.1.1.3.0|67|17\n1.3.6.1.2.1.25.3.2.1.5.1|2|2\n1.3.6.1.2.1.25.3.5.1.1.1|2|3\n\
         1.3.6.1.2.1.43.5.1.1.1.1|65|1\n1.3.6.1.2.1.43.5.1.1.19.1|65|0\n1.3.6.1.2.1.43.10.2.1.4.1.1|65|7000\n",
    );
    text.push_str(&format!("1.3.6.1.2.1.25.3.5.1.2.1|4x|{error_state}\n"));
    for (column, value) in [(2, 5), (4, 11), (7, 1105)] {
        alerts.iter().for_each(|row| text.push_str(&format!("1.3.6.1.2.1.43.18.1.1.{column}.1.{row}|2|{value}\n")));
    }
    SimDevice::recorded(Recording::parse("uncounted", &text).expect("lines"), 7)
}

#[test]
fn s_23_alerts_that_nobody_counts_are_seen_by_a_second_reading() {
    let at = address("10.0.0.7");
    let rows = |event: Event| match event {
        Event::Read { record, known, .. } => (record.alerts.iter().map(|alert| alert.index).collect::<Vec<_>>(), known),
        other => panic!("{other:?}"),
    };
    let mut net = SimNet::new(1, NetOptions::default());
    net.add(at.ip(), uncounted("00", &[]));
    let mut reader = SimReader::new(options("all", &["public"]));
    let (_, _, known) = reader.read(&mut net, at);
    net.add(at.ip(), uncounted("20", &[4]));
    let (found, known) = rows(reader.read_again(&mut net, at, known));
    assert_eq!(found, [4], "the error state moved");
    net.add(at.ip(), uncounted("20", &[4, 5]));
    let (found, _) = rows(reader.read_again(&mut net, at, known));
    assert_eq!(found, [4, 5], "there is a row, so there may be more");
}

#[test]
fn a_mistyped_level_is_a_problem_and_never_a_number() {
    let mistyped = vec![oid_of("1.3.6.1.2.1.43.11.1.1.9.1.3")];
    let (scan, _) = read_one(Vices { mistyped, ..Vices::default() });
    let record = scan.record();
    let supply = record.supplies.iter().find(|supply| supply.index == 3).expect("the row is there");
    assert_eq!(supply.remaining, None);
    let expected = "prtMarkerSuppliesLevel.1.3: type OCTET STRING, expected INTEGER";
    assert!(record.problems.iter().any(|problem| problem == expected), "{:?}", record.problems);
}

#[test]
fn answers_in_another_order_are_put_where_they_belong() {
    let (honest, _) = read_one(Vices::default());
    let (scan, _) = read_one(Vices { shuffles: Every::ALWAYS, ..Vices::default() });
    let (record, honest) = (scan.record(), honest.record());
    assert_eq!((&record.identity.serial_number, &record.meters), (&honest.identity.serial_number, &honest.meters));
    // A GETBULK told backwards hides rows; what is read is right, and the record says that it is not whole.
    assert!(!record.supplies.is_empty() && record.supplies.iter().all(|supply| honest.supplies.contains(supply)), "{:?}", record.supplies);
    assert!(record.problems.iter().any(|problem| problem.contains("goes round or back")));
}

#[test]
fn answers_that_cannot_be_used_now_and_then_are_ignored_and_asked_again() {
    let now_and_then = Every(3);
    let cases = [
        Vices { truncates: now_and_then, ..Vices::default() },
        Vices { indefinite: now_and_then, ..Vices::default() },
        Vices { wrong_request_id: now_and_then, ..Vices::default() },
        Vices { wrong_community: now_and_then, ..Vices::default() },
        Vices { drops: now_and_then, ..Vices::default() },
        Vices { swells: now_and_then, ..Vices::default() },
        Vices { duplicates: now_and_then, ..Vices::default() },
        Vices { late: now_and_then, late_by: 3 * SECOND / 2, ..Vices::default() },
    ];
    for vices in cases {
        let told = format!("{vices:?}");
        let (scan, net) = read_one(vices);
        assert_supplies(scan.record());
        assert_eq!(net.most_open(), 1, "{told}");
    }
}

#[test]
fn an_answer_from_another_port_counts_and_one_from_another_address_does_not() {
    let (scan, _) = read_one(Vices { answers_from: ReplyFrom::OtherPort(40_000), ..Vices::default() });
    assert_supplies(scan.record());
    let elsewhere = Vices { answers_from: ReplyFrom::OtherAddress(address("10.9.9.9").ip()), ..Vices::default() };
    let (scan, _) = read_one(elsewhere.clone());
    assert!(scan.records().is_empty() && scan.scan.statistics().mismatched > 0, "{:?}", scan.events);
    // A sweep finds it all the same: its ids name the address that was asked.
    let mut net = one_printer(elsewhere);
    let found = SimScan::new(scan_options(Task::Identify, &["10.0.0.0/29"], Rate::UNLIMITED)).run(&mut net, 60 * SECOND);
    assert!(format!("{:?}", found.events).contains("10.0.0.7"), "{:?}", found.events);
}

#[test]
fn strangers_are_ignored_and_counted() {
    let mut net = one_printer(Vices::default());
    let stranger = address("10.0.0.66");
    for (count, from) in [(0u8, stranger), (1, address("10.0.0.7")), (2, stranger)] {
        let head = snmp::message::Head {
            version: snmp::Version::V2c,
            community: b"public",
            kind: snmp::PduType::Response,
            request_id: 0x4000_0000 + i32::from(count),
            first: 0,
            second: 0,
        };
        let mut forged = Vec::new();
        snmp::message::push_message(&mut forged, &head, |out| {
            let name = oid_of("1.3.6.1.2.1.43.11.1.1.9.1.1");
            snmp::message::push_varbind(out, snmp::OidRef::new(&name), snmp::Value::Integer(0));
        });
        net.inject(1000, from, forged);
    }
    let scan = SimScan::new(scan_options(Task::Read, &["10.0.0.7"], Rate::UNLIMITED)).run(&mut net, 60 * SECOND);
    assert_supplies(scan.record());
    assert_eq!(scan.scan.statistics().strangers, 3);
}
