//! The rules, one by one.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use survey::agenda::{Agenda, AgendaOptions, Ask, Backoff, Done, Failure, Outcome, Reason, Remembered, Task, Why};
use wire::rhythm::Rhythm;

use crate::harness::{HOUR, MINUTE, Story, daily, options, settled, time, zone};

const EVENING: &str = "2026-11-22T18:00:00Z";

fn catching_up() -> AgendaOptions {
    AgendaOptions { catch_up: true, ..options() }
}

#[test]
fn a_new_agent_looks_around_reads_and_reports_what_it_found() {
    let mut story = Story::new(options(), Remembered::default(), time(EVENING));
    story.run_to("2026-11-22T18:30:00Z");
    assert_eq!(story.discovered(), ["22 18:00:00 Discover"]);
    assert_eq!(story.read(), ["22 18:03:00 Read"]);
    assert_eq!(story.sent(), ["22 18:04:00 First"]);
}

#[test]
fn the_first_report_follows_enrolment_at_once_if_something_has_been_read() {
    let mut story = Story::new(AgendaOptions { enrolled: false, ..options() }, Remembered::default(), time(EVENING));
    story.run_to("2026-11-23T09:00:00Z");
    assert_eq!(story.sent(), [""; 0]);
    assert_eq!(story.agenda.window().next_send_at, None);
    assert!(!story.agenda.handle_ask(story.now, Ask::Synchronise));
    story.agenda.handle_enrolled(story.now);
    story.take_tasks();
    assert_eq!(story.sent(), ["23 09:00:00 First"]);
    story.run_to("2026-11-24T03:00:00Z");
    assert_eq!(story.sent(), ["23 09:00:00 First", "24 02:00:00 Planned"]);
}

#[test]
fn the_first_report_waits_half_an_hour_for_a_reading_and_no_longer() {
    let mut story = Story::new(options(), Remembered::default(), time(EVENING));
    story.running[0].0 = time("2026-11-22T20:00:00Z");
    story.run_to("2026-11-22T19:00:00Z");
    assert_eq!(story.sent(), ["22 18:30:00 First"]);
}

#[test]
fn a_first_report_that_fails_is_tried_until_it_succeeds() {
    let mut story = Story::new(options(), Remembered::default(), time(EVENING));
    story.link_is_up = false;
    story.run_to("2026-11-22T21:00:00Z");
    assert!((15..60).contains(&story.count(Reason::First)), "{:?}", story.sent());
    story.link_is_up = true;
    story.run_to("2026-11-22T21:10:00Z");
    assert!(story.agenda.remembered().first_done);
    assert_eq!(story.next_send_at(), time("2026-11-23T02:00:00Z"));
}

#[test]
fn devices_are_read_every_hour_and_looked_for_every_day() {
    let mut story = Story::settled(options(), "2026-11-22T08:00:00Z");
    story.run_to("2026-11-22T11:30:00Z");
    assert_eq!(story.read(), ["22 08:50:00 Read", "22 09:51:00 Read", "22 10:52:00 Read"]);
    story.run_to("2026-11-24T23:00:00Z");
    assert_eq!(story.discovered(), ["23 07:00:00 Discover", "24 07:04:00 Discover"]);
}

#[test]
fn one_task_of_a_kind_at_a_time_and_never_a_reading_during_a_sweep() {
    // The harness asserts it each time a task begins; here there is much to begin.
    let busy = AgendaOptions {
        rhythm: Rhythm::Every { seconds: 60 },
        discover_every: Duration::from_secs(60),
        read_every: Duration::from_secs(60),
        ..options()
    };
    let mut story = Story::settled(busy, EVENING);
    story.sending_takes = 3 * MINUTE;
    for minute in 1..600 {
        story.run_until(time(EVENING) + minute * MINUTE);
        story.ask([Ask::Discover, Ask::Read, Ask::Synchronise, Ask::ReadAndSynchronise][minute as usize % 4]);
    }
    for at_least in [story.read().len(), story.discovered().len(), story.sent().len()] {
        assert!(at_least > 50, "{at_least}");
    }
}

#[test]
fn a_planned_report_goes_on_the_minute_with_a_fresh_reading() {
    let mut story = Story::settled(AgendaOptions { read_every: Duration::from_secs(4 * 3600), ..options() }, EVENING);
    story.run_to("2026-11-23T02:30:00Z");
    assert_eq!(story.sent(), ["23 02:00:00 Planned"]);
    assert_eq!(story.read(), ["22 21:50:00 Read", "23 01:51:00 Read", "23 01:58:00 Read"]);
}

#[test]
fn a_planned_report_waits_for_its_reading() {
    let mut story = Story::settled(options(), EVENING);
    story.reading_takes = 7 * MINUTE;
    story.run_to("2026-11-23T02:30:00Z");
    assert_eq!(story.sent(), ["23 02:05:00 Planned"]);
}

#[test]
fn after_ten_minutes_a_planned_report_goes_with_what_there_is() {
    let mut story = Story::settled(options(), EVENING);
    story.reading_takes = 40 * MINUTE;
    story.run_to("2026-11-23T02:01:00Z");
    assert_eq!(story.next_send_at(), time("2026-11-23T02:10:00Z"));
    story.run_to("2026-11-23T02:30:00Z");
    assert_eq!(story.sent(), ["23 02:10:00 Planned"]);
}

#[test]
fn a_sweep_in_the_way_of_the_reading_holds_a_report_up_for_ten_minutes() {
    let mut story = Story::settled(options(), EVENING);
    story.run_to("2026-11-23T01:50:00Z");
    story.discovery_takes = HOUR;
    story.ask(Ask::Discover).run_to("2026-11-23T02:40:00Z");
    assert_eq!(story.sent(), ["23 02:10:00 Planned"]);
}

#[test]
fn a_sweep_does_not_begin_shortly_before_a_planned_report() {
    let mut remembered = settled(time(EVENING));
    remembered.last_discovery = Some(time("2026-11-22T01:55:00Z"));
    let mut story = Story::new(options(), remembered, time(EVENING));
    story.run_to("2026-11-23T03:00:00Z");
    assert_eq!(story.discovered(), ["23 02:00:00 Discover"]);
    assert_eq!(story.sent(), ["23 02:00:00 Planned"]);
}

#[test]
fn a_report_may_run_beside_a_sweep() {
    let mut story = Story::settled(options(), EVENING);
    story.ask(Ask::Discover).ask(Ask::Synchronise);
    assert_eq!(story.running.len(), 2);
}

#[test]
fn what_is_asked_for_goes_at_once_and_the_planned_one_still_goes() {
    let mut story = Story::settled(options(), EVENING);
    story.ask(Ask::Synchronise).run_to("2026-11-23T03:00:00Z");
    assert_eq!(story.sent(), ["22 18:00:00 Asked", "23 02:00:00 Planned"]);
}

#[test]
fn what_is_asked_for_goes_at_once_even_between_attempts() {
    let mut story = Story::settled(options(), EVENING);
    (story.link_is_up, story.asked_wait) = (false, Some(Duration::from_secs(20 * 60)));
    story.run_to("2026-11-23T02:01:00Z");
    story.link_is_up = true;
    story.ask(Ask::Synchronise).run_to("2026-11-24T01:00:00Z");
    // One report fulfils both.
    assert_eq!(story.sent(), ["23 02:00:00 Planned", "23 02:01:00 Asked"]);
    assert_eq!(story.agenda.remembered().last_planned_done(), Some(time("2026-11-23T02:00:00Z")));
}

#[test]
fn read_now_reports_a_reading_that_begins_after_the_question() {
    let mut story = Story::settled(options(), EVENING);
    story.reading_takes = 4 * MINUTE;
    story.ask(Ask::Read).run_until(time(EVENING) + MINUTE).ask(Ask::ReadAndSynchronise).run_until(time(EVENING) + HOUR / 2);
    assert_eq!(story.read(), ["22 18:00:00 Read", "22 18:04:00 Read"]);
    assert_eq!(story.sent(), ["22 18:08:00 Asked"]);
}

#[test]
fn what_is_asked_for_while_a_report_is_under_way_goes_after_it() {
    let mut story = Story::settled(options(), EVENING);
    story.ask(Ask::Synchronise).ask(Ask::Synchronise).ask(Ask::Synchronise).run_to("2026-11-22T19:00:00Z");
    assert_eq!(story.sent(), ["22 18:00:00 Asked", "22 18:00:02 Asked"]);
}

#[test]
fn what_is_asked_for_and_fails_is_tried_for_half_an_hour() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.ask(Ask::Synchronise).run_to("2026-11-22T23:00:00Z");
    assert!((4..20).contains(&story.count(Reason::Asked)));
    let last = story.log.iter().rev().find(|(_, task)| *task == Task::Synchronise { reason: Reason::Asked }).unwrap().0;
    assert!(last <= time("2026-11-22T18:30:00Z"));
    assert_eq!(story.next_send_at(), time("2026-11-23T02:00:00Z"));
}

#[test]
fn a_host_that_was_off_waits_for_the_next_planned_time() {
    let mut story = Story::settled(options(), EVENING);
    story.restart_at("2026-11-23T02:05:01Z");
    assert_eq!(story.next_send_at(), time("2026-11-24T02:00:00Z"));
    story.run_to("2026-11-24T03:00:00Z");
    assert_eq!(story.sent(), ["24 02:00:00 Planned"]);
}

#[test]
fn a_host_that_was_asleep_waits_for_the_next_planned_time() {
    let mut story = Story::settled(options(), EVENING);
    story.jump_to("2026-11-23T02:20:00Z").run_to("2026-11-24T03:00:00Z");
    assert_eq!(story.sent(), ["24 02:00:00 Planned"]);
}

#[test]
fn a_host_that_wakes_up_to_five_minutes_late_is_in_time() {
    let mut asleep = Story::settled(options(), EVENING);
    asleep.jump_to("2026-11-23T02:05:00Z").run_to("2026-11-23T03:00:00Z");
    assert_eq!(asleep.sent(), ["23 02:06:00 Planned"]);
    let mut off = Story::settled(options(), EVENING);
    off.restart_at("2026-11-23T02:05:00Z").run_to("2026-11-23T03:00:00Z");
    assert_eq!(off.sent(), ["23 02:06:00 Planned"]);
}

#[test]
fn a_planned_report_that_fails_is_tried_again_with_growing_waits_for_half_an_hour() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T06:00:00Z");
    let attempts: Vec<_> = story.log.iter().filter(|(_, task)| matches!(task, Task::Synchronise { .. })).map(|(at, _)| *at).collect();
    assert!((4..20).contains(&attempts.len()), "{attempts:?}");
    assert!(*attempts.last().unwrap() <= time("2026-11-23T02:30:00Z"));
    let waits: Vec<_> = attempts.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
    let half = waits.len() / 2;
    assert!(waits[..half].iter().sum::<SignedDuration>() < waits[half..].iter().sum(), "{waits:?}");
    assert_eq!(story.next_send_at(), time("2026-11-24T02:00:00Z"));
    assert_eq!(story.agenda.remembered().last_planned_done(), None);
}

#[test]
fn a_link_that_comes_back_within_half_an_hour_is_used() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T02:10:00Z").link_is_up = true;
    story.run_to("2026-11-23T06:00:00Z");
    assert_eq!(story.agenda.remembered().last_planned_done(), Some(time("2026-11-23T02:00:00Z")));
}

#[test]
fn a_restart_between_attempts_goes_on_with_them() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T02:01:00Z").link_is_up = true;
    story.restart_at("2026-11-23T02:20:00Z").run_to("2026-11-23T06:00:00Z");
    assert_eq!(story.agenda.remembered().last_planned_done(), Some(time("2026-11-23T02:00:00Z")));
}

#[test]
fn a_restart_after_the_window_does_not() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T02:01:00Z").link_is_up = true;
    let tried = story.sent().len();
    story.restart_at("2026-11-23T02:31:00Z").run_to("2026-11-23T06:00:00Z");
    assert_eq!(story.sent().len(), tried);
    assert_eq!(story.agenda.remembered().trying, None);
}

#[test]
fn what_the_server_asks_for_is_the_least_wait() {
    let mut story = Story::settled(options(), EVENING);
    (story.link_is_up, story.asked_wait) = (false, Some(Duration::from_secs(12 * 60)));
    story.run_to("2026-11-23T06:00:00Z");
    let attempts: Vec<_> = story.log.iter().filter(|(_, task)| matches!(task, Task::Synchronise { .. })).map(|(at, _)| *at).collect();
    assert!((2..=3).contains(&attempts.len()), "{attempts:?}");
    assert!(attempts.windows(2).all(|pair| pair[1].duration_since(pair[0]) >= 12 * MINUTE), "{attempts:?}");
}

#[test]
fn a_planned_time_that_the_server_wants_free_passes_unused() {
    let mut story = Story::settled(AgendaOptions { rhythm: Rhythm::Every { seconds: 3600 }, ..options() }, "2026-11-22T18:30:00Z");
    (story.link_is_up, story.asked_wait) = (false, Some(Duration::from_secs(3 * 3600)));
    story.run_to("2026-11-22T19:01:00Z");
    let announced = story.next_send_at();
    assert!(announced >= time("2026-11-22T22:00:02Z") && announced < time("2026-11-22T22:01:00Z"), "{announced}");
    story.link_is_up = true;
    story.restart_at("2026-11-22T20:30:00Z").run_to("2026-11-22T22:30:00Z");
    assert_eq!(
        story.log.iter().filter(|(_, task)| matches!(task, Task::Synchronise { .. })).map(|(at, _)| *at).next_back(),
        Some(announced)
    );
    assert_eq!(story.sent().len(), 2);
}

#[test]
fn no_server_silences_an_agent_for_more_than_a_day() {
    let mut story = Story::settled(options(), EVENING);
    (story.link_is_up, story.asked_wait) = (false, Some(Duration::MAX));
    story.run_to("2026-11-23T03:00:00Z").link_is_up = true;
    assert!(story.next_send_at() <= time("2026-11-24T02:11:00Z"), "{}", story.next_send_at());
    story.run_to("2026-11-24T03:00:00Z");
    assert_eq!(story.agenda.remembered().last_planned_done(), Some(time("2026-11-24T02:00:00Z")));
}

#[test]
fn in_a_short_rhythm_the_waits_go_on_growing() {
    let mut story = Story::settled(AgendaOptions { rhythm: Rhythm::Every { seconds: 10 }, ..options() }, EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T00:00:00Z");
    let attempts = story.sent().len();
    assert!((40..150).contains(&attempts), "{attempts} in six hours, at a mean wait of five minutes");
    story.link_is_up = true;
    story.run_to("2026-11-23T00:20:00Z");
    assert!(story.sent().len() > attempts + 30, "{}", story.sent().len());
}

#[test]
fn with_catch_up_a_host_that_was_off_reads_and_reports() {
    let mut story = Story::settled(catching_up(), EVENING);
    story.restart_at("2026-11-23T08:00:00Z").run_to("2026-11-24T03:00:00Z");
    assert_eq!(story.sent(), ["23 08:01:00 CatchUp", "24 02:00:00 Planned"]);
}

#[test]
fn with_catch_up_a_host_that_was_asleep_reads_and_reports_only_once() {
    let mut story = Story::settled(catching_up(), EVENING);
    story.jump_to("2026-12-25T08:00:00Z").run_to("2026-12-25T20:00:00Z");
    assert_eq!(story.sent(), ["25 08:01:00 CatchUp"]);
}

#[test]
fn with_catch_up_a_link_is_used_when_it_comes_back() {
    let mut story = Story::settled(catching_up(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T09:00:00Z");
    assert!(story.count(Reason::CatchUp) > 20);
    story.restart_at("2026-11-23T09:05:00Z").run_to("2026-11-23T10:00:00Z").link_is_up = true;
    story.run_to("2026-11-23T10:15:00Z");
    assert!(story.agenda.window().last_success_at > Some(time("2026-11-23T10:00:00Z")));
    let sent = story.sent().len();
    story.run_to("2026-11-24T01:00:00Z");
    assert_eq!(story.sent().len(), sent);
}

#[test]
fn nothing_is_caught_up_on_that_went_with_another_report() {
    let mut story = Story::settled(catching_up(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T02:40:00Z").link_is_up = true;
    let catching_up = story.count(Reason::CatchUp);
    story.ask(Ask::Synchronise).run_to("2026-11-24T01:00:00Z");
    assert_eq!(story.count(Reason::CatchUp), catching_up);
}

#[test]
fn a_clock_set_back_does_not_repeat_a_planned_report_of_the_same_day() {
    let mut story = Story::settled(options(), EVENING);
    story.run_to("2026-11-23T02:10:00Z").jump_to("2026-11-23T01:00:00Z").run_to("2026-11-23T03:00:00Z");
    assert_eq!(story.sent(), ["23 02:00:00 Planned"]);
    // Nor after a restart, nor after three days back.
    story.restart_at("2026-11-23T01:30:00Z").run_to("2026-11-25T02:10:00Z");
    assert_eq!(story.next_send_at(), time("2026-11-26T02:00:00Z"));
    story.jump_to("2026-11-22T12:00:00Z");
    assert_eq!(story.next_send_at(), time("2026-11-26T02:00:00Z"));
    story.run_to("2026-11-26T03:00:00Z");
    assert_eq!(story.sent(), ["23 02:00:00 Planned", "24 02:00:00 Planned", "25 02:00:00 Planned", "26 02:00:00 Planned"]);
}

#[test]
fn a_clock_set_back_across_an_attempt_tries_the_same_time_again() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T02:10:00Z").jump_to("2026-11-22T20:00:00Z").link_is_up = true;
    assert_eq!(story.next_send_at(), time("2026-11-23T02:00:00Z"));
    story.run_to("2026-11-23T03:00:00Z");
    assert_eq!(story.agenda.remembered().last_planned_done(), Some(time("2026-11-23T02:00:00Z")));
}

/// A clock that is wrong by years.
#[test]
fn a_clock_years_ahead_for_an_hour_neither_floods_nor_silences() {
    for options in [options(), catching_up(), AgendaOptions { rhythm: Rhythm::Every { seconds: 10 }, ..options() }] {
        let is_daily = matches!(options.rhythm, Rhythm::Daily { .. });
        let mut story = Story::settled(options, EVENING);
        story.jump_to("2038-01-19T01:30:00Z");
        if is_daily {
            assert!(story.sent().len() <= 1, "{:?}", story.sent());
        }
        story.run_to("2038-01-19T02:30:00Z").jump_to("2026-11-22T19:00:00Z");
        let sent = story.sent().len();
        story.run_to("2026-11-23T02:30:00Z");
        assert!(story.sent().len() > sent);
        assert!(story.read().len() >= 8, "{:?}", story.read());
        story.run_to("2026-11-24T12:00:00Z");
        assert_eq!(story.discovered().len(), 2, "{:?}", story.discovered());
    }
}

#[test]
fn a_clock_set_back_shortens_every_wait_to_what_it_can_be() {
    let mut story = Story::settled(options(), "2038-01-19T01:30:00Z");
    (story.link_is_up, story.asked_wait) = (false, Some(Duration::from_secs(3600)));
    story.ask(Ask::Synchronise).run_to("2038-01-19T01:31:00Z").jump_to("2026-11-22T19:00:00Z").link_is_up = true;
    story.run_to("2026-11-25T03:00:00Z");
    assert_eq!(story.agenda.remembered().last_planned_done(), Some(time("2026-11-25T02:00:00Z")));
}

#[test]
fn a_planned_time_is_a_new_chance_whatever_waits_there_were() {
    let mut story = Story::settled(catching_up(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-24T02:00:00Z");
    assert!(story.sent().contains(&"24 02:00:00 Planned".to_owned()));
}

#[test]
fn who_asks_while_a_report_is_failing_gets_an_attempt_at_once() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.ask(Ask::Synchronise).ask(Ask::Synchronise).run_until(time(EVENING) + SignedDuration::from_secs(2));
    assert_eq!(story.sent(), ["22 18:00:00 Asked", "22 18:00:02 Asked"]);
}

#[test]
fn nothing_is_caught_up_on_that_somebody_asked_for_before_its_reading() {
    let mut story = Story::settled(AgendaOptions { read_every: Duration::from_secs(86_400), ..catching_up() }, EVENING);
    story.reading_takes = HOUR;
    story.run_to("2026-11-23T02:01:00Z").ask(Ask::Synchronise).run_to("2026-11-23T02:02:00Z");
    story.restart_at("2026-11-23T03:00:00Z").run_to("2026-11-23T12:00:00Z");
    assert_eq!(story.sent(), ["23 02:01:00 Asked"]);
}

#[test]
fn nothing_is_caught_up_on_that_goes_with_a_report_under_way() {
    let mut story = Story::settled(catching_up(), EVENING);
    story.ask(Ask::Synchronise).running.clear();
    story.jump_to("2026-11-23T08:00:00Z");
    story.agenda.handle_done(story.now, Done::Synchronise(Outcome::Accepted));
    story.take_tasks();
    story.run_to("2026-11-23T20:00:00Z");
    assert_eq!(story.sent(), ["22 18:00:00 Asked"]);
}

#[test]
fn a_restart_late_in_the_window_still_sends_what_there_is() {
    let mut story = Story::settled(AgendaOptions { read_every: Duration::from_secs(86_400), ..options() }, EVENING);
    story.reading_takes = HOUR;
    story.run_to("2026-11-23T02:01:00Z").restart_at("2026-11-23T02:25:00Z").run_to("2026-11-23T03:00:00Z");
    assert_eq!(story.sent(), ["23 02:30:00 Planned"]);
}

#[test]
fn a_clock_set_back_ends_what_was_asked_for_in_its_time() {
    let mut story = Story::settled(options(), "2038-01-19T10:00:00Z");
    story.link_is_up = false;
    story.ask(Ask::Synchronise).run_to("2038-01-19T10:01:00Z").jump_to("2026-11-22T19:00:00Z").run_to("2026-11-22T23:00:00Z");
    assert_eq!(story.agenda.poll_timeout().map(|(_, why)| why), Some(Why::Read));
    assert_eq!(story.next_send_at(), time("2026-11-23T02:00:00Z"));
}

#[test]
fn a_clock_set_back_does_not_hold_up_the_next_attempt() {
    let mut story = Story::new(options(), Remembered::default(), time("2038-01-19T10:00:00Z"));
    story.link_is_up = false;
    story.run_to("2038-01-19T11:00:00Z").jump_to("2026-11-22T19:00:00Z").link_is_up = true;
    story.run_to("2026-11-22T19:11:00Z");
    assert!(story.agenda.remembered().first_done);
}

#[test]
fn a_clock_set_back_by_seconds_does_not_repeat_a_beat_and_by_an_hour_goes_on() {
    let mut story = Story::settled(AgendaOptions { rhythm: Rhythm::Every { seconds: 900 }, ..options() }, EVENING);
    story.run_to("2026-11-22T18:15:03Z").jump_to("2026-11-22T18:14:58Z").run_to("2026-11-22T18:46:00Z");
    assert_eq!(story.sent(), ["22 18:15:00 Planned", "22 18:30:00 Planned", "22 18:45:00 Planned"]);
    story.jump_to("2026-11-22T18:20:00Z").run_to("2026-11-22T18:31:00Z");
    assert_eq!(story.sent().len(), 4);
}

#[test]
fn another_schedule_drops_the_old_report_even_while_it_is_being_sent() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T02:00:01Z");
    story.agenda.set_schedule(story.now, daily("12:00"), TimeZone::UTC);
    story.run_to("2026-11-23T03:00:00Z");
    assert_eq!(story.sent(), ["23 02:00:00 Planned"]);
}

#[test]
fn another_schedule_counts_from_now() {
    let mut story = Story::settled(options(), EVENING);
    story.run_to("2026-11-22T18:30:00Z");
    story.agenda.set_schedule(story.now, daily("18:28"), TimeZone::UTC);
    assert_eq!(story.next_send_at(), time("2026-11-23T18:28:00Z"));
    story.agenda.set_schedule(story.now, daily("20:00"), zone("Europe/Amsterdam"));
    assert_eq!(story.next_send_at(), time("2026-11-22T19:00:00Z"));
    story.run_to("2026-11-23T03:00:00Z");
    assert_eq!(story.sent(), ["22 19:00:00 Planned"]);
}

#[test]
fn another_schedule_ends_the_attempts_of_the_old_one() {
    let mut story = Story::settled(options(), EVENING);
    story.link_is_up = false;
    story.run_to("2026-11-23T02:10:00Z");
    story.agenda.set_schedule(story.now, daily("12:00"), TimeZone::UTC);
    assert_eq!(story.next_send_at(), time("2026-11-23T12:00:00Z"));
    assert_eq!(story.agenda.remembered().trying, None);
}

#[test]
fn the_schedule_that_there_is_changes_nothing() {
    let mut story = Story::settled(options(), EVENING);
    story.run_to("2026-11-23T02:00:01Z");
    story.agenda.set_schedule(story.now, daily("02:00"), TimeZone::UTC);
    story.run_to("2026-11-23T03:00:00Z");
    assert_eq!(story.agenda.remembered().last_planned_done(), Some(time("2026-11-23T02:00:00Z")));
}

#[test]
fn the_window_tells_what_happened_and_what_will() {
    let mut story = Story::settled(options(), EVENING);
    story.run_to("2026-11-23T02:00:02Z");
    let window = story.agenda.window().clone();
    assert_eq!(window.last_data_at, Some(time("2026-11-23T01:58:00Z")));
    assert_eq!(window.last_contact_at, Some(time("2026-11-23T02:00:02Z")));
    assert_eq!(window.last_success_at, window.last_contact_at);
    assert_eq!((window.next_send_at, window.last_error), (Some(time("2026-11-24T02:00:00Z")), None));
    story.link_is_up = false;
    story.run_to("2026-11-24T02:00:02Z");
    let window = story.agenda.window().clone();
    assert_eq!(window.last_contact_at, Some(time("2026-11-23T02:00:02Z")));
    let error = window.last_error.expect("it failed");
    assert_eq!((error.at, error.reason.as_str()), (time("2026-11-24T02:00:02Z"), "server.example: no route to host"));
    assert!(window.next_send_at.is_some_and(|next| next > story.now && next <= story.now + MINUTE));
    story.asked_wait = Some(Duration::from_secs(1));
    story.run_to("2026-11-24T02:20:00Z");
    assert!(story.agenda.window().last_contact_at > Some(time("2026-11-24T02:00:00Z")));
    let text = serde_json::to_string(story.agenda.window()).unwrap();
    assert!(text.contains(r#""last_error":{"at":"2026-11-24T02:"#), "{text}");
}

#[test]
fn news_of_a_task_that_was_not_begun_is_ignored() {
    let mut agenda = Agenda::new(options(), settled(time(EVENING)), time(EVENING));
    let before = agenda.remembered().clone();
    let failed = Outcome::Failed(Failure { reason: String::new(), server_answered: true, wait: None });
    for done in
        [Done::Discover, Done::Read { data_at: Some(time(EVENING)) }, Done::Synchronise(failed), Done::Synchronise(Outcome::Accepted)]
    {
        agenda.handle_done(time(EVENING), done);
    }
    assert_eq!(*agenda.remembered(), before);
}

#[test]
fn what_is_to_be_written_down_is_told_once() {
    let mut story = Story::settled(options(), EVENING);
    assert!(story.agenda.poll_remembered().is_some());
    assert!(story.agenda.poll_remembered().is_none());
    story.agenda.handle_timeout(story.now + MINUTE);
    assert!(story.agenda.poll_remembered().is_none());
    story.ask(Ask::Read).run_to("2026-11-22T18:02:00Z");
    assert_eq!(story.agenda.poll_remembered().unwrap().last_reading, Some(time("2026-11-22T18:01:00Z")));
}

#[test]
fn it_wakes_for_the_next_thing_and_says_which() {
    let story = Story::settled(options(), "2026-11-23T01:40:00Z");
    assert_eq!(story.agenda.poll_timeout(), Some((time("2026-11-23T01:58:00Z"), Why::Read)));
    let mut read_lately = settled(time("2026-11-23T01:58:00Z"));
    read_lately.last_reading = Some(time("2026-11-23T01:57:00Z"));
    let story = Story::new(options(), read_lately, time("2026-11-23T01:58:00Z"));
    assert_eq!(story.agenda.poll_timeout(), Some((time("2026-11-23T02:00:00Z"), Why::PlannedTime)));
}

#[test]
fn settings_of_zero_do_not_spin() {
    let none = AgendaOptions {
        discover_every: Duration::ZERO,
        read_every: Duration::ZERO,
        backoff: Backoff { first: Duration::ZERO, most: Duration::ZERO, seed: 0 },
        ..options()
    };
    let mut story = Story::settled(none, EVENING);
    (story.reading_takes, story.discovery_takes, story.sending_takes) = Default::default();
    story.link_is_up = false;
    story.ask(Ask::Synchronise).run_to("2026-11-22T19:00:00Z");
    assert!(story.log.len() < 3000, "{}", story.log.len());
}
