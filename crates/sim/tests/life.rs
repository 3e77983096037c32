//! What a printer's life must look like from outside, over weeks and years.

use std::sync::Arc;

use sim::printer::Meter;
use sim::time::{DAY, HOUR, MINUTE, SECOND, WEEK};
use sim::{Habits, Identity, Model, ModelSpec, SimPrinter, TraySpec};
use snmp::oid::{encode, parse};
use snmp::responder::Objects;
use snmp::{OidRef, Value};

fn told<'a>(printer: &'a SimPrinter, name: &str) -> Option<Value<'a>> {
    printer.get(OidRef::new(&encode(&parse(name).unwrap())))
}

fn number(printer: &SimPrinter, name: &str) -> i64 {
    match told(printer, name) {
        Some(Value::Integer(number)) => number,
        Some(Value::Counter32(number) | Value::TimeTicks(number) | Value::Gauge32(number)) => number.into(),
        other => panic!("{name} is {other:?}"),
    }
}

fn quiet(spec: ModelSpec) -> SimPrinter {
    let mut printer = SimPrinter::new(11, ModelSpec { habits: Habits::none(), ..spec });
    let rows: Vec<u32> = printer.spec().supplies.iter().map(|supply| supply.row).collect();
    rows.into_iter().for_each(|row| printer.replace(row));
    (1..=printer.spec().trays.len() as u32).for_each(|tray| printer.fill_tray(tray, u32::MAX));
    printer
}

const LIFE_COUNT: &str = "1.3.6.1.2.1.43.10.2.1.4.1.1";
const UP_TIME: &str = "1.3.6.1.2.1.1.3.0";
const ALL_EVENTS: &str = "1.3.6.1.2.1.43.5.1.1.19.1";
const CRITICAL_EVENTS: &str = "1.3.6.1.2.1.43.5.1.1.18.1";
const CONFIG_CHANGES: &str = "1.3.6.1.2.1.43.5.1.1.1.1";
const PRINTER_STATUS: &str = "1.3.6.1.2.1.25.3.5.1.1.1";
const DEVICE_STATUS: &str = "1.3.6.1.2.1.25.3.2.1.5.1";
const ERROR_STATE: &str = "1.3.6.1.2.1.25.3.5.1.2.1";
const CONSOLE: &str = "1.3.6.1.2.1.43.16.5.1.2.1.1";

#[test]
fn a_year_keeps_counters_rising_and_levels_within_their_capacity() {
    for (seed, spec) in (1..).zip(ModelSpec::all()) {
        let mut printer = SimPrinter::new(seed, spec);
        let before = printer.total_impressions();
        let mut last: Vec<u64> = Vec::new();
        for hour in 0..365 * 24 {
            printer.advance(hour * HOUR + 7 * MINUTE);
            let meters: Vec<u64> = Meter::ALL.iter().map(|meter| printer.meter(*meter)).chain([printer.total_sheets()]).collect();
            assert!(last.iter().zip(&meters).all(|(before, after)| before <= after), "{last:?} {meters:?}");
            last = meters;
            for (place, supply) in printer.spec().supplies.iter().enumerate() {
                let level = number(&printer, &format!("1.3.6.1.2.1.43.11.1.1.9.1.{}", supply.row));
                assert!((-3..=i64::from(supply.capacity)).contains(&level), "supply {place}: {level}");
                assert!(printer.level(supply.row) <= supply.capacity);
            }
            for tray in 1..=printer.spec().trays.len() as u32 {
                assert!(printer.sheets(tray) <= printer.spec().trays[tray as usize - 1].capacity);
            }
        }
        let printed = printer.total_impressions() - before;
        let expected = u64::from(printer.spec().habits.jobs_a_day) * 261 * 6;
        assert!((expected / 2..expected * 2).contains(&printed), "{}: {printed} of about {expected}", printer.spec().name);
        assert!(printer.replacements(printer.spec().supplies[0].row) >= 1, "{}", printer.spec().name);
        let meters = |of: &[Meter]| of.iter().map(|meter| printer.meter(*meter)).sum::<u64>();
        assert_eq!(meters(&[Meter::Monochrome, Meter::Color]), printer.meter(Meter::Total));
        assert_eq!(meters(&[Meter::Print, Meter::Copy, Meter::Fax]), printer.meter(Meter::Total));
    }
}

#[test]
fn steps_and_time_do_not_matter() {
    let (mut steady, mut hasty) = (SimPrinter::new(3, ModelSpec::color_mfp()), SimPrinter::new(3, ModelSpec::color_mfp()));
    (0..5_000).for_each(|step| steady.advance(step * 17 * MINUTE));
    hasty.advance(4_999 * 17 * MINUTE);
    let objects = |printer: &SimPrinter| -> Vec<String> {
        let first = printer.next(OidRef::new(&[]));
        std::iter::successors(first, |(name, _)| printer.next(*name)).map(|(name, value)| format!("{name} {value:?}")).collect()
    };
    assert_eq!(objects(&steady), objects(&hasty));
}

#[test]
fn an_empty_cartridge_stops_the_printer_until_it_is_replaced() {
    let mut printer = quiet(ModelSpec::color_mfp());
    let events = number(&printer, ALL_EVENTS);
    printer.empty(1);
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.11.1.1.9.1.1"), 0);
    assert_eq!(told(&printer, ERROR_STATE), Some(Value::OctetString(&[0x10, 0])));
    assert_eq!((number(&printer, DEVICE_STATUS), number(&printer, PRINTER_STATUS)), (5, 1));
    assert_eq!(told(&printer, CONSOLE), Some(Value::OctetString(b"Black Toner Cartridge empty {101101}")));
    let (index, code) = printer.alert_codes()[0];
    assert_eq!((code, number(&printer, &format!("1.3.6.1.2.1.43.18.1.1.7.1.{index}"))), (1101, 1101));
    assert_eq!(number(&printer, ALL_EVENTS), events + 1);
    assert_eq!(printer.print(10, 0.0), 0);

    let before = printer.total_impressions();
    printer.replace(1);
    assert!(printer.alert_codes().is_empty() && !printer.is_stopped());
    assert_eq!(told(&printer, &format!("1.3.6.1.2.1.43.18.1.1.7.1.{index}")), None);
    assert_eq!(number(&printer, ALL_EVENTS), events + 1);
    // What waited is printed now, with the new cartridge.
    assert_eq!(printer.total_impressions(), before + 10);
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.11.1.1.9.1.1"), 26_000 - 10);
}

#[test]
fn a_cartridge_runs_low_then_empty_while_people_print() {
    let mut printer = quiet(ModelSpec::mono_printer());
    let mut levels = Vec::new();
    while printer.level(1) > 0 {
        printer.fill_tray(2, 250);
        printer.print(250, 0.0);
        levels.push(printer.level(1));
    }
    assert_eq!(levels.len(), 40);
    assert!(levels.windows(2).all(|pair| pair[1] < pair[0]));
    assert!(printer.all_events() >= 2 && printer.alert_codes().iter().any(|(_, code)| *code == 1101));
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.11.1.1.9.1.1"), 0);
}

#[test]
fn a_waste_container_tells_the_room_that_is_left() {
    let mut printer = quiet(ModelSpec::color_mfp());
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.11.1.1.9.1.9"), 30_000);
    printer.print(100, 1.0);
    printer.print(100, 0.0);
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.11.1.1.9.1.9"), 30_000 - 300);
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.11.1.1.4.1.9"), 4);
    printer.empty(9);
    assert_eq!((printer.is_stopped(), printer.alert_codes()[0].1), (true, 1109));
}

#[test]
fn paper_runs_out_and_the_rest_of_the_job_waits() {
    let mut printer = quiet(ModelSpec::mono_printer());
    assert_eq!(printer.print(300, 0.0), 250);
    assert_eq!(told(&printer, ERROR_STATE), Some(Value::OctetString(&[0x40])));
    assert_eq!((number(&printer, "1.3.6.1.2.1.43.8.2.1.10.1.2"), number(&printer, "1.3.6.1.2.1.43.8.2.1.11.1.2")), (0, 17));
    let before = printer.total_impressions();
    printer.fill_tray(2, 250);
    assert_eq!((printer.total_impressions(), printer.sheets(2)), (before + 50, 200));
    assert!(printer.alert_codes().is_empty());
}

#[test]
fn jams_covers_and_trays_are_told_and_forgotten() {
    let mut printer = quiet(ModelSpec::color_mfp());
    printer.jam();
    printer.open_cover(1);
    assert_eq!(told(&printer, ERROR_STATE), Some(Value::OctetString(&[0x0c, 0])));
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.6.1.1.3.1.1"), 3);
    printer.clear();
    printer.pull_tray(2);
    assert_eq!(told(&printer, ERROR_STATE), Some(Value::OctetString(&[0, 0x80])));
    assert_eq!((number(&printer, "1.3.6.1.2.1.43.8.2.1.10.1.2"), printer.is_stopped()), (-2, false));
    printer.push_tray(2);
    assert_eq!((printer.alert_codes().len(), number(&printer, DEVICE_STATUS)), (0, 2));
}

#[test]
fn a_restart_begins_anew_what_counts_from_the_start() {
    let mut printer = quiet(ModelSpec::color_mfp());
    printer.advance(HOUR);
    printer.print(40, 0.0);
    printer.empty(5);
    let life = number(&printer, LIFE_COUNT);
    printer.restart(true);
    assert!(!printer.is_on());
    printer.advance(HOUR + 50 * SECOND);
    assert!(printer.is_on());
    assert_eq!((number(&printer, UP_TIME), number(&printer, LIFE_COUNT)), (5_000, life));
    // The drum is still worn out, and that is the first event of the new boot.
    assert_eq!(printer.alert_codes(), [(1, 1112)]);
    assert_eq!((number(&printer, ALL_EVENTS), number(&printer, CRITICAL_EVENTS)), (1, 0));
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.10.2.1.5.1.1"), 0);

    printer.restart(false);
    assert_eq!((number(&printer, UP_TIME), number(&printer, LIFE_COUNT), number(&printer, CONFIG_CHANGES)), (0, 0, 0));
}

#[test]
fn an_idle_printer_sleeps_and_a_job_wakes_it() {
    let mut printer = quiet(ModelSpec::color_mfp());
    printer.set_habits(Habits { sleeps_after: 15 * MINUTE, ..Habits::none() });
    printer.advance(HOUR);
    assert_eq!((number(&printer, PRINTER_STATUS), number(&printer, DEVICE_STATUS)), (1, 2));
    assert_eq!(told(&printer, CONSOLE), Some(Value::OctetString(b"Sleep")));
    printer.print(45, 0.0);
    assert_eq!(number(&printer, PRINTER_STATUS), 5);
    printer.advance(HOUR + 40 * SECOND);
    assert_eq!((number(&printer, PRINTER_STATUS), number(&printer, DEVICE_STATUS)), (4, 2));
    printer.advance(HOUR + 10 * MINUTE);
    assert_eq!(number(&printer, PRINTER_STATUS), 3);
    printer.sleep();
    assert!(printer.is_asleep());
    printer.wake();
    assert!(!printer.is_asleep());
}

#[test]
fn a_printer_is_off_at_night_if_its_people_are_thrifty() {
    let mut printer = SimPrinter::new(5, ModelSpec::mono_printer());
    printer.set_off_at_night(true);
    let is_on_at = |printer: &mut SimPrinter, at| {
        printer.advance(at);
        printer.is_on()
    };
    assert!(!is_on_at(&mut printer, HOUR));
    assert!(is_on_at(&mut printer, 12 * HOUR));
    assert!(number(&printer, UP_TIME) <= 5 * 360_000);
    assert!(!is_on_at(&mut printer, 23 * HOUR));
    assert!(!is_on_at(&mut printer, 5 * DAY + 12 * HOUR));
    assert!(is_on_at(&mut printer, WEEK + 12 * HOUR));
}

#[test]
fn a_new_tray_brings_rows_and_moves_the_configuration_counter() {
    let mut printer = quiet(ModelSpec::mono_printer());
    let (changes, objects) = (number(&printer, CONFIG_CHANGES), printer.object_count());
    printer.add_tray(TraySpec { name: "Tray 2", feeds_jobs: true, capacity: 500, level: sim::printer::LevelBehaviour::Exact });
    assert_eq!(number(&printer, "1.3.6.1.2.1.43.8.2.1.10.1.3"), 500);
    assert_eq!((number(&printer, CONFIG_CHANGES), printer.object_count()), (changes + 1, objects + 24));
}

#[test]
fn walking_visits_every_object_in_order() {
    let model = |spec| Arc::new(Model::new(spec));
    for spec in ModelSpec::all() {
        let mut printer = SimPrinter::of_model(9, model(ModelSpec { device_index: 3, ..spec }), Identity::numbered(9));
        printer.jam();
        printer.open_cover(1);
        let names: Vec<Vec<u8>> = std::iter::successors(printer.next(OidRef::new(&[])), |(name, _)| printer.next(*name))
            .map(|(name, _)| name.as_octets().to_vec())
            .collect();
        assert_eq!(names.len(), printer.object_count());
        assert!(names.windows(2).all(|pair| OidRef::new(&pair[0]).cmp_arcs(&OidRef::new(&pair[1])).is_lt()));
        assert!(names.iter().all(|name| printer.get(OidRef::new(name)).is_some_and(|value| !value.is_exception())));
        assert!(names.iter().all(|name| OidRef::new(name).check().is_ok()));
    }
}
