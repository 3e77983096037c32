//! Days of a module: when it reports, what it says, and what it keeps.

use device::state::slots;
use device::{Module, Trouble, Why};
use jiff::{SignedDuration, Timestamp};
use wire::{Extent, Value};

use crate::machine::{Machine, live, printer, settings};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn started(machine: &mut Machine) -> Module {
    Module::start(settings(), machine)
}

#[test]
fn the_first_report_goes_at_once_and_whole_and_later_ones_daily_and_as_changes() {
    let mut machine = Machine::new(1);
    let mut module = started(&mut machine);
    assert_eq!(module.next().why, Why::Installed);
    live(&mut module, &mut machine, 3);
    let reports = &machine.server.reports;
    let times: Vec<String> = reports.iter().map(|report| report.created_at.to_string()).collect();
    assert_eq!(times, ["2026-11-25T12:00:00Z", "2026-11-26T02:00:00Z", "2026-11-27T02:00:00Z", "2026-11-28T02:00:00Z"]);
    assert_eq!(reports[0].readings[0].extent, Extent::Whole);
    assert!(reports[1..].iter().all(|report| report.base.is_some() && report.readings[0].extent == Extent::Changes));
    assert_eq!(reports[1].next_at, Some("2026-11-27T02:00:00Z".parse().unwrap()));
}

#[test]
fn an_ordinary_day_costs_two_writes() {
    let mut machine = Machine::new(2);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    let before = module.state().wear;
    live(&mut module, &mut machine, 10);
    let after = module.state().wear;
    assert_eq!(after.writes - before.writes, 20);
    assert!((after.octets - before.octets) / 20 < 4096, "{after:?}");
    assert_eq!(slots::load(&mut machine).unwrap().state.unwrap().wear, after, "what is counted is what was written");
}

#[test]
fn whoever_was_off_at_the_hour_waits_for_the_next_and_sends_what_was_kept() {
    let mut machine = Machine::new(3);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    machine.has_way = false;
    live(&mut module, &mut machine, 3);
    assert!(module.trouble().is_some());
    assert_eq!(module.state().readings.len(), 3);
    drop(module);
    // It is off over the planned time, and comes back in the morning.
    machine.has_way = true;
    let count = machine.server.reports.len();
    machine.pass(20 * HOUR);
    let mut module = started(&mut machine);
    assert_eq!(module.next().why, Why::Planned);
    assert_eq!(module.next().at, "2026-12-01T02:00:00Z".parse().unwrap());
    live(&mut module, &mut machine, 1);
    let sent = &machine.server.reports[count..];
    assert_eq!(sent[0].created_at, "2026-11-27T02:00:00Z".parse().unwrap(), "what was sealed then goes as it was");
    assert_eq!(sent[1].created_at, "2026-12-01T02:00:00Z".parse().unwrap());
    assert_eq!(sent.iter().map(|report| report.readings.len()).sum::<usize>(), 4, "three that were kept, and the new one");
    assert!(machine.server.readings.values().all(|count| *count == 1));
}

#[test]
fn a_module_that_catches_up_reports_when_it_comes_back() {
    let mut machine = Machine::new(3);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    drop(module);
    machine.pass(20 * HOUR);
    let mut settings = settings();
    settings.catch_up = true;
    let module = Module::start(settings, &mut machine);
    assert_eq!(module.next().at, machine.now);
}

#[test]
fn attempts_get_rarer_and_end_with_the_day() {
    let mut machine = Machine::new(4);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    machine.has_way = false;
    let (before, written) = (machine.now, module.state().wear.writes);
    let mut times: Vec<Timestamp> = Vec::new();
    while machine.now < before + 24 * HOUR {
        let next = module.step(&mut machine);
        if next.why == Why::Retry {
            times.push(next.at);
        }
        machine.now = next.at;
    }
    assert!((3..12).contains(&times.len()), "{times:?}");
    assert!(times.last().unwrap().duration_since(times[0]) < 2 * HOUR);
    assert!(module.state().wear.writes - written <= 2 + times.len() as u64, "retries must not wear the flash out");
}

#[test]
fn a_month_without_a_way_is_bounded_and_the_server_is_told_what_was_given_up() {
    let mut machine = Machine::new(5);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    machine.has_way = false;
    for _ in 0..100 {
        machine.print(7);
        live(&mut module, &mut machine, 1);
    }
    assert!(module.state().readings.len() <= device::readings::MOST_READINGS);
    assert!(machine.flash.iter().all(|slot| slot.len() < 16 * 1024));
    machine.has_way = true;
    live(&mut module, &mut machine, 1);
    let told = machine.server.facts["problems"].to_string();
    assert!(told.contains("older readings were given up"), "{told}");
    assert_eq!(machine.server.facts["meters/total/value"], Value::Integer(1700));
    live(&mut module, &mut machine, 1);
    assert!(!machine.server.facts.contains_key("problems"), "it is told once");
}

#[test]
fn a_lost_reply_costs_a_second_sending_of_the_same_octets_and_no_second_reading() {
    let mut machine = Machine::new(6);
    let mut module = started(&mut machine);
    machine.server.lose_replies = 3;
    live(&mut module, &mut machine, 2);
    assert!(machine.server.readings.values().all(|count| *count == 1), "{:?}", machine.server.readings);
    assert_eq!(module.state().readings.len(), 0);
}

#[test]
fn a_server_that_lost_its_memory_hears_everything_whole() {
    let mut machine = Machine::new(7);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 2);
    machine.server.last = None;
    machine.server.facts.clear();
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.reports.last().unwrap().readings[0].extent, Extent::Whole);
    assert_eq!(machine.server.facts["meters/total/value"], Value::Integer(1000));
}

#[test]
fn what_was_not_seen_keeps_its_age() {
    let mut machine = Machine::new(8);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    let whole = std::mem::take(&mut machine.facts);
    machine.is_whole = false;
    machine.facts.insert("presence".into(), "unknown".into());
    live(&mut module, &mut machine, 1);
    let last = machine.server.reports.last().unwrap();
    assert_eq!((last.readings[0].extent, last.readings[0].changes.len()), (Extent::Glimpse, 1));
    assert_eq!(machine.server.facts["meters/total/value"], Value::Integer(1000));
    (machine.facts, machine.is_whole) = (whole, true);
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.facts["presence"], Value::from("ready"));
}

#[test]
fn a_refused_report_is_not_sent_again_and_again() {
    let mut machine = Machine::new(9);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    let count = machine.server.reports.len();
    machine.server.troubles.push_back(Trouble::Rejected("it says what cannot be".into()));
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.reports.len(), count);
    live(&mut module, &mut machine, 1);
    let report = machine.server.reports.last().unwrap();
    assert_eq!((report.readings.len(), report.readings[0].extent), (2, Extent::Whole), "its readings are told whole");
}

#[test]
fn a_clock_that_was_never_set_makes_no_readings() {
    let mut machine = Machine::new(10);
    let noon = machine.now;
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    drop(module);
    let readings = machine.asked.len();
    machine.now = Timestamp::UNIX_EPOCH;
    let mut module = started(&mut machine);
    for _ in 0..10 {
        machine.now = module.step(&mut machine).at;
    }
    assert_eq!(machine.asked.len(), readings);
    assert!(module.trouble().unwrap().contains("clock"));
    machine.now = noon + 48 * HOUR;
    let next = module.step(&mut machine);
    assert_eq!((next.why, next.at), (Why::Planned, "2026-11-28T02:00:00Z".parse().unwrap()));
    assert_eq!(machine.asked.len(), readings, "power that comes back is no reason to report");
}

#[test]
fn a_clock_set_back_by_a_year_does_not_silence_the_module_for_a_year() {
    let mut machine = Machine::new(11);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    machine.now = "2025-11-25T12:00:00Z".parse().unwrap();
    assert_eq!(module.step(&mut machine).at, "2025-11-26T02:00:00Z".parse().unwrap());
}

#[test]
fn worn_flash_silences_nobody_and_is_told() {
    let mut machine = Machine::new(12);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    machine.flash_is_worn = true;
    live(&mut module, &mut machine, 2);
    assert!(machine.server.facts["problems"].to_string().contains("cannot be kept"), "{:?}", machine.server.facts);
    assert_eq!(machine.server.reports.len(), 4);
}

#[test]
fn nothing_is_enrolled_that_cannot_be_kept() {
    let mut machine = Machine::new(13);
    machine.flash_is_worn = true;
    let mut module = started(&mut machine);
    module.step(&mut machine);
    assert_eq!(machine.server.senders, 0, "a code would be used up for nothing");
    assert!(module.trouble().unwrap().contains("cannot be kept"));
}

#[test]
fn another_printer_is_not_reported_under_this_one_s_name() {
    let mut machine = Machine::new(14);
    let mut module = started(&mut machine);
    live(&mut module, &mut machine, 1);
    machine.facts = printer("AC0099999", 5);
    live(&mut module, &mut machine, 1);
    assert_eq!(machine.server.senders, 2);
    assert_eq!(machine.server.reports.last().unwrap().sender.id, "sender-2");
}
