//! Thirty simulated days of an agent: agenda, store and sessions together, with a host that is off,
//! a link that is cut, and clocks that are put forward.

mod common;

use std::cell::Cell;

use agent::config::Mode;
use agent::synchronise::synchronise;
use common::server::FakeServer;
use common::{Folder, desk, keep, make_places, speaker, time};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use survey::agenda::{Agenda, AgendaOptions, Done, Failure, Outcome, Task};
use wire::rhythm::{Rhythm, TimeOfDay};

/// Is when host and link are there.
struct World {
    /// Off from and until.
    off: Vec<(Timestamp, Timestamp)>,
    cut: Vec<(Timestamp, Timestamp)>,
}

fn within(spans: &[(Timestamp, Timestamp)], now: Timestamp) -> bool {
    spans.iter().any(|(from, until)| *from <= now && now < *until)
}

/// Runs from the 15th of March for thirty days; returns when each report was accepted.
fn run(world: &World, catch_up: bool) -> (Vec<Timestamp>, FakeServer) {
    let folder = Folder::new();
    make_places(folder.path());
    let mut agent = desk(folder.path());
    let server = FakeServer::default();
    let zone = TimeZone::get("Europe/Amsterdam").unwrap();
    let rhythm = Rhythm::Daily { at: TimeOfDay::new(2, 30).unwrap(), spread_minutes: 0 };
    let options = AgendaOptions { catch_up, ..AgendaOptions::new(rhythm, zone.clone(), 0) };
    let begin = time("2026-03-15T09:00:00Z");
    let clock = Cell::new(begin);
    let now = || clock.get();
    let mut agenda = Agenda::new(options.clone(), Default::default(), begin);
    let mut sent = Vec::new();
    let mut was_off = false;
    while clock.get() < begin + SignedDuration::from_hours(30 * 24) {
        if within(&world.off, now()) {
            was_off = true;
            clock.set(clock.get() + SignedDuration::from_secs(30));
            continue;
        }
        if std::mem::take(&mut was_off) {
            // The host starts anew, with what was written down.
            let remembered = agent.store.lock().recall("agenda").unwrap().unwrap();
            agenda = Agenda::new(options.clone(), remembered, now());
        }
        server.is_cut.set(within(&world.cut, now()));
        agenda.handle_timeout(now());
        if let Some(remembered) = agenda.poll_remembered() {
            agent.store.lock().remember("agenda", remembered).unwrap();
        }
        while let Some(task) = agenda.poll_task() {
            let done = match task {
                Task::Discover => Done::Discover,
                Task::Read => {
                    let pages = (now().as_second() - begin.as_second()) / 60;
                    keep(&agent.store, "SN-0001", pages, now());
                    keep(&agent.store, "SN-00002", 2 * pages, now());
                    Done::Read { data_at: Some(now()) }
                }
                Task::Synchronise { .. } => match synchronise(&mut agent, &server, speaker(), Mode::Normal, &now).1 {
                    Ok(()) => {
                        sent.push(now());
                        Done::Synchronise(Outcome::Accepted)
                    }
                    Err(error) => {
                        let reason = error.to_string();
                        Done::Synchronise(Outcome::Failed(Failure { reason, server_answered: error.server_answered(), wait: None }))
                    }
                },
            };
            agenda.handle_done(now(), done);
        }
        let minute = clock.get() + SignedDuration::from_secs(60);
        clock.set(agenda.poll_timeout().map_or(minute, |(when, _)| when.min(minute)).max(clock.get() + SignedDuration::from_secs(1)));
    }
    (sent, server)
}

/// Returns the civil days of Amsterdam on which a report was accepted.
fn days(sent: &[Timestamp]) -> Vec<Date> {
    let zone = TimeZone::get("Europe/Amsterdam").unwrap();
    sent.iter().map(|time| time.to_zoned(zone.clone()).date()).collect()
}

fn march(day: i8) -> Date {
    jiff::civil::date(2026, 3, day)
}

#[test]
fn every_day_has_its_report_also_the_one_on_which_clocks_leave_its_time_out() {
    let (sent, server) = run(&World { off: vec![], cut: vec![] }, false);
    // The first right after enrolment, then one each night.
    assert_eq!(sent.len(), 31);
    let days = days(&sent);
    assert!(days.windows(2).skip(1).all(|pair| pair[1] == pair[0].tomorrow().unwrap()), "{days:?}");
    assert!(days.contains(&march(29)));
    assert!(server.readings.borrow().values().all(|count| *count == 1));
}

#[test]
fn a_host_that_was_off_waits_for_the_next_planned_time_and_brings_what_it_read() {
    // Off over two nights; the day between, too.
    let off = vec![(time("2026-03-20T20:00:00Z"), time("2026-03-22T08:00:00Z"))];
    let (sent, server) = run(&World { off, cut: vec![] }, false);
    let days = days(&sent);
    assert!(days.contains(&march(20)) && !days.contains(&march(21)) && !days.contains(&march(22)) && days.contains(&march(23)));
    let report = &server.accepted()[days.iter().position(|day| *day == march(23)).unwrap()];
    // Of the 20th, the 22nd and the night of the 23rd, the last word each, with its own time.
    let of_one: Vec<String> =
        report.readings.iter().filter(|reading| reading.device == 1).map(|reading| reading.observed_at.to_string()).collect();
    assert_eq!(of_one.len(), 3, "{of_one:?}");
    assert!(
        of_one[0].starts_with("2026-03-20T19") && of_one[1].starts_with("2026-03-22T2") && of_one[2].starts_with("2026-03-23T01"),
        "{of_one:?}"
    );
}

#[test]
fn with_catch_up_the_report_goes_as_soon_as_the_host_is_back() {
    let off = vec![(time("2026-03-20T20:00:00Z"), time("2026-03-22T08:00:00Z"))];
    let (sent, _) = run(&World { off, cut: vec![] }, true);
    assert!(sent.iter().any(|time| time.to_string().starts_with("2026-03-22T08:")), "{sent:?}");
}

#[test]
fn a_link_that_is_cut_at_the_planned_time_is_tried_for_a_while_and_then_tomorrow() {
    let cut = vec![
        // Back within the half hour.
        (time("2026-03-20T01:00:00Z"), time("2026-03-20T01:40:00Z")),
        // Not back for two nights.
        (time("2026-03-25T00:00:00Z"), time("2026-03-26T12:00:00Z")),
    ];
    let (sent, server) = run(&World { off: vec![], cut }, false);
    let days = days(&sent);
    assert!(days.contains(&march(20)) && !days.contains(&march(25)) && !days.contains(&march(26)) && days.contains(&march(27)), "{days:?}");
    // Nothing is lost: each device has a reading of every day.
    let zone = TimeZone::UTC;
    let read: std::collections::BTreeSet<Date> =
        server.readings.borrow().keys().filter(|(device, _)| *device == 2).map(|(_, at)| at.to_zoned(zone.clone()).date()).collect();
    assert!((15..31).all(|day| read.contains(&march(day))), "{read:?}");
}
