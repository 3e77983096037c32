//! What must be so after such a month.

use std::collections::BTreeMap;

use agent::ledger::What;
use jiff::{SignedDuration, Timestamp};
use policy::expectation::Kept;
use policy::lifecycle::State;
use policy::overdue::Why;
use store::Device;
use wire::Value;

use crate::agent::privacy;
use crate::calendar::{Calendar, DAYS};
use crate::month::{Month, number};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

pub fn everything(month: &Month) {
    let devices = month.office.devices();
    assert_eq!(devices.len(), month.options.devices as usize);
    every_day_has_its_line(month);
    reports_went_at_their_times(month);
    the_agent_was_seen_to_be_silent_and_to_come_back(month);
    devices_were_overdue_when_and_why_they_were(month, &devices);
    history_is_what_was_read(month, &devices);
    the_server_knows_what_the_agent_knows(month, &devices);
    each_report_arrived_once(month);
}

fn kept_on(day: i8, catch_up: bool) -> Kept {
    match day {
        // Nothing ran and nothing was read.
        8 | 9 => Kept::Missed,
        // It was off at the time of its report. In the afternoon it read; whoever catches up reported at once.
        10 if catch_up => Kept::Late,
        10 => Kept::CaughtUp,
        // Read on the day, told after the link was mended.
        15 | 16 => Kept::CaughtUp,
        _ => Kept::Met,
    }
}

fn every_day_has_its_line(month: &Month) {
    let ledger = month.office.ledger();
    let expected: Vec<_> =
        (1..=DAYS).map(|day| (Calendar::date(day), month.calendar.planned(day), kept_on(day, month.options.catch_up))).collect();
    let found: Vec<_> = ledger.iter().map(|line| (line.day, line.due_at, line.kept)).collect();
    assert_eq!(found, expected);
    for line in &ledger {
        let was_silent = matches!(line.kept, Kept::Missed | Kept::CaughtUp | Kept::Late);
        assert_eq!(line.why, was_silent.then_some(Why::SenderSilent), "{line:?}");
        if line.kept == Kept::Met {
            assert!(line.reports >= 1, "{line:?}");
            let met_at = line.met_at.unwrap();
            // The lost reply is of no consequence for the server: it had the report.
            assert!((line.due_at..line.due_at + SignedDuration::from_mins(1)).contains(&met_at), "{line:?}");
        }
        let is_retried = line.day == Calendar::date(20);
        if line.kept == Kept::Met && !is_retried {
            assert_eq!((line.reports, line.devices), (1, month.options.devices), "{line:?}");
        }
    }
}

/// Reports are sent at the planned times and at no other, but for the first and those caught up on.
fn reports_went_at_their_times(month: &Month) {
    let calendar = &month.calendar;
    let mut expected: Vec<Timestamp> = (1..=DAYS).filter(|day| kept_on(*day, true) == Kept::Met).map(|day| calendar.planned(day)).collect();
    if month.options.catch_up {
        expected.extend([calendar.host_off.end, calendar.link_cut.end]);
        expected.sort_unstable();
    }
    let (first, sent) = month.agent.successes.split_first().expect("there were reports");
    assert!(*first < calendar.start() + HOUR, "{first}");
    assert_eq!(sent.len(), expected.len(), "{sent:?}");
    for (sent, planned) in sent.iter().zip(&expected) {
        // A retry waits for up to ten minutes.
        assert!((*planned..*planned + SignedDuration::from_mins(11)).contains(sent), "{sent} for {planned}");
    }
    let lost = month.agent.failures.iter().filter(|(at, _)| !calendar.link_cut.contains(at)).count();
    assert_eq!(lost, 1, "{:?}", month.agent.failures);
    assert!(month.agent.failures.len() > 2);
    if !month.options.catch_up {
        // Each day's report is tried for half an hour and then given up.
        let window = SignedDuration::from_mins(30);
        let is_in_window = |at: &Timestamp| (1..=DAYS).any(|day| (calendar.planned(day)..=calendar.planned(day) + window).contains(at));
        assert!(month.agent.failures.iter().all(|(at, _)| is_in_window(at)), "{:?}", month.agent.failures);
    }
}

fn the_agent_was_seen_to_be_silent_and_to_come_back(month: &Month) {
    let states: Vec<State> = month.states.iter().map(|(_, state)| *state).collect();
    let (running, silent) = (State::Running, State::Unresponsive);
    assert_eq!(states, [State::Provisioned, running, silent, running, silent, running]);
    let at = |day, hour| month.state_at(month.calendar.at(day, hour));
    assert_eq!((at(8, 3), at(8, 4), at(10, 14)), (running, silent, silent), "an hour's grace after the planned time");
    assert_eq!((at(15, 3), at(15, 4), at(16, 23)), (running, silent, silent));
    assert_eq!((at(11, 3), at(17, 3)), (running, running));
}

fn devices_were_overdue_when_and_why_they_were(month: &Month, devices: &[Device]) {
    let calendar = &month.calendar;
    let all: BTreeMap<u32, &Device> = devices.iter().map(|device| (number(device), device)).collect();
    let [switched_off, carried_away] = month.victims.map(|address| {
        let address = address.to_string();
        let known = month.agent.devices().into_iter().find(|device| device.address.as_deref() == Some(&*address));
        all[&known.expect("it was found").number]
    });
    let last_read = |device: &Device, before: Timestamp| {
        let readings = &month.agent.truth[&number(device)];
        *readings.range(..before).rev().find(|(_, seen)| seen.is_whole).expect("it was read").0
    };
    // While the computer is off everything is overdue, and the agent's silence is the reason.
    let off = month.overdue_at(calendar.at(9, 12));
    assert_eq!(off.len(), devices.len());
    for device in devices {
        let overdue = off[&device.id];
        assert_eq!(overdue.why, Why::SenderSilent);
        assert_eq!(overdue.since, last_read(device, calendar.at(8, 0)) + DAY);
    }
    // While one printer is off it alone is overdue, and the agent tells why.
    let since = last_read(switched_off, calendar.unreachable.start) + DAY;
    for (day, hour) in [(12, 5), (12, 21), (13, 2), (13, 12), (14, 2)] {
        let overdue = month.overdue_at(calendar.at(day, hour));
        let only: Vec<_> = overdue.iter().map(|(id, overdue)| (*id, overdue.since, overdue.why)).collect();
        assert_eq!(only, [(switched_off.id, since, Why::Unreachable)], "{day} {hour}:00");
    }
    let since = last_read(carried_away, calendar.gone_from) + DAY;
    for day in 25..=DAYS {
        let overdue = month.overdue_at(calendar.at(day, 12));
        let only: Vec<_> = overdue.iter().map(|(id, overdue)| (*id, overdue.since, overdue.why)).collect();
        assert_eq!(only, [(carried_away.id, since, Why::Unreachable)], "{day}");
    }
    // At all other times nothing is overdue, not even shortly before the report of a day of 25 hours.
    let is_quiet = |at: Timestamp| {
        let until_planned = |from: i8, to: i8| calendar.planned(from) + HOUR - SignedDuration::from_mins(5)..calendar.at(to, 3);
        [(8, 11), (12, 14), (15, 17), (25, DAYS + 1)].iter().all(|(from, to)| !until_planned(*from, *to).contains(&at))
    };
    for at in month.looks.iter().filter(|at| is_quiet(**at)) {
        let overdue = month.overdue_at(*at);
        assert!(overdue.is_empty(), "{at}: {} devices are overdue, one of them {:?}", overdue.len(), overdue.first_key_value());
    }
}

fn history_is_what_was_read(month: &Month, devices: &[Device]) {
    let calendar = &month.calendar;
    // The store in memory goes through everybody's history for each question, so of many not all are asked for.
    let every = if devices.len() > 500 { 4 } else { 1 };
    for device in devices.iter().step_by(every) {
        let truth = &month.agent.truth[&number(device)];
        let mut read = BTreeMap::new();
        for day in month.office.history(device.id, calendar) {
            for sample in day.samples {
                let whole = truth.get(&sample.observed_at).filter(|seen| seen.is_whole);
                let Some(seen) = whole else {
                    let facts: Vec<_> = sample.facts.iter().collect();
                    assert_eq!(facts, [(&"presence".into(), &Value::from("unreachable"))], "{}", sample.observed_at);
                    continue;
                };
                assert!(seen.total.is_some());
                assert_eq!(sample.meter("total"), seen.total, "{} at {}", number(device), sample.observed_at);
                let meters: BTreeMap<String, i64> = sample
                    .facts
                    .iter()
                    .filter_map(|(key, value)| match value {
                        Value::Integer(count) if key.starts_with("meters/") => Some((key.to_string(), *count)),
                        _ => None,
                    })
                    .collect();
                assert!(read.insert(sample.observed_at, meters).is_none(), "nothing is doubled");
            }
        }
        // Of a day on which it was read more than once, the last word counts.
        let last: BTreeMap<_, Timestamp> =
            truth.iter().filter(|(_, seen)| seen.is_whole).map(|(at, _)| (calendar.date_of(*at), *at)).collect();
        let missing: Vec<_> = last.values().filter(|at| !read.contains_key(at)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", number(device));
        for (earlier, later) in read.values().zip(read.values().skip(1)) {
            assert!(earlier.iter().all(|(meter, count)| later.get(meter).is_none_or(|later| later >= count)), "{earlier:?} {later:?}");
        }
    }
    // All but the eighth and the ninth; the victims have fewer.
    let mut days: BTreeMap<usize, usize> = BTreeMap::new();
    devices.iter().for_each(|device| *days.entry(days_read(month, device)).or_default() += 1);
    assert_eq!(days, BTreeMap::from([(28, devices.len() - 2), (26, 1), (22, 1)]), "devices by the days on which they were read");
}

/// Counts the days on which a device was read.
fn days_read(month: &Month, device: &Device) -> usize {
    let read = month.agent.truth[&number(device)].iter().filter(|(_, seen)| seen.is_whole);
    read.map(|(at, _)| month.calendar.date_of(*at)).collect::<std::collections::BTreeSet<_>>().len()
}

fn the_server_knows_what_the_agent_knows(month: &Month, devices: &[Device]) {
    let privacy = privacy();
    let known = month.agent.devices();
    assert_eq!(known.len(), devices.len());
    for (known, device) in known.iter().zip(devices) {
        let view = &device.views[0].view;
        let mut facts = known.facts.clone();
        privacy.apply(&mut facts);
        assert!(facts.len() < known.facts.len() && facts.len() > 20, "{} of {}", facts.len(), known.facts.len());
        assert_eq!((known.number, &facts, known.facts_at), (number(device), &view.facts, view.answered_at()));
    }
}

fn each_report_arrived_once(month: &Month) {
    let taken = month.office.taken.borrow();
    assert!(taken.values().all(|(accepted, _)| *accepted == 1), "{taken:?}");
    assert_eq!(taken.values().map(|(_, again)| again).sum::<u32>(), 1, "the one whose reply was lost: {taken:?}");
    assert_eq!(month.office.inbox(), taken.len());
    assert_eq!(month.agent.waiting(), (0, 0), "nothing waits");
    let verdict = month.agent.verdict();
    assert!(verdict.is_sound(), "{verdict:?}");
    assert_eq!((verdict.payloads, verdict.pruned), (taken.len() as u64, 0));
    assert_eq!((month.agent.entries(What::Sent), month.agent.entries(What::Acknowledged)), (taken.len(), taken.len()));
}
