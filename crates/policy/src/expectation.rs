//! The expected-report ledger: what was to come on each day, and what came.
//!
//! Every sender owes one report on each civil day of its own time zone. A day that passes without
//! one is written down with its reason, and stays written down when a later report brings that
//! day's readings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wire::Report;
use wire::rhythm::Schedule;

use crate::lifecycle::{GRACE, State, later};
use crate::overdue::Why;

/// A sender's clock may be a little ahead of ours: a report so much before its time counts as on time.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// Is how many days back a report can still change the ledger.
pub const DAYS_BACK: i64 = 400;

/// Is the most days that one sweep opens: after a long standstill of the server it goes on with the next sweep.
const MOST_DAYS: usize = 62;

/// Is what one sender owed on one day, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// By the calendar of the sender's time zone.
    pub day: Date,
    /// The first planned time on that day.
    pub due_at: Timestamp,
    pub kept: Kept,
    /// When the day's first report arrived.
    pub met_at: Option<Timestamp>,
    /// Reports that arrived for this day.
    pub reports: u32,
    /// Devices with a reading of their own in the fullest of them.
    pub devices: u32,
    /// Why it was missed, as far as was known when the time had passed.
    pub why: Option<Why>,
}

/// Is whether an expectation was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// Its time has not passed.
    Pending,
    Met,
    /// It came on its day, after its hour.
    Late,
    /// Nothing came on its day; a later report brought readings of that day.
    CaughtUp,
    Missed,
}

impl Kept {
    /// Returns the word for people and for the API.
    pub fn word(self) -> &'static str {
        match self {
            Kept::Pending => "pending",
            Kept::Met => "met",
            Kept::Late => "late",
            Kept::CaughtUp => "caught-up",
            Kept::Missed => "missed",
        }
    }
}

/// Is a sender's ledger, by day; older days than [`DAYS_BACK`] need not be in it.
pub type Ledger = BTreeMap<Date, Expectation>;

/// Is when a sender owes its reports.
#[derive(Clone, Debug)]
pub struct Owed<'a> {
    pub schedule: &'a Schedule,
    /// The zone that the schedule names.
    pub zone: &'a TimeZone,
    /// The sender's place in the spread ([`wire::rhythm::place_of`]).
    pub place: u64,
    /// When it enrolled or came back into service: nothing was owed before.
    pub since: Timestamp,
}

/// Opens the days that have come and closes those whose time has passed; returns the days that changed.
pub fn sweep(ledger: &mut Ledger, owed: &Owed<'_>, state: State, now: Timestamp) -> Vec<Date> {
    let mut changed = open(ledger, owed, state, now);
    for expectation in ledger.values_mut().filter(|expectation| expectation.kept == Kept::Pending) {
        if now > later(expectation.due_at, GRACE) {
            expectation.kept = Kept::Missed;
            // The sender may not yet count as unresponsive: a day has not passed. It is silent all the same.
            expectation.why = Some(Why::of_state(state).unwrap_or(Why::SenderSilent));
            changed.push(expectation.day);
        }
    }
    changed.sort_unstable();
    changed.dedup();
    changed
}

/// Opens every day up to today. From a sender that is out of service nothing is expected.
fn open(ledger: &mut Ledger, owed: &Owed<'_>, state: State, now: Timestamp) -> Vec<Date> {
    if matches!(state, State::Retired | State::Stopped | State::Disabled) {
        return Vec::new();
    }
    let mut opened = Vec::new();
    let mut from = ledger.last_key_value().map_or(owed.since, |(_, last)| end_of(last.day, owed.zone)).max(owed.since);
    while opened.len() < MOST_DAYS && from <= now {
        let due_at = owed.schedule.rhythm.next_after(owed.zone, owed.place, from);
        let day = owed.zone.to_datetime(due_at).date();
        if due_at == Timestamp::MAX || ledger.contains_key(&day) {
            break;
        }
        ledger.insert(day, Expectation { day, due_at, kept: Kept::Pending, met_at: None, reports: 0, devices: 0, why: None });
        opened.push(day);
        from = end_of(day, owed.zone);
    }
    opened
}

/// Returns the last moment before the next civil day.
fn end_of(day: Date, zone: &TimeZone) -> Timestamp {
    let tomorrow = day.tomorrow().ok().and_then(|day| day.to_zoned(zone.clone()).ok());
    tomorrow.map_or(Timestamp::MAX, |start| start.timestamp().saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN))
}

/// Enters a report that was accepted; returns the days that changed.
pub fn enter(ledger: &mut Ledger, zone: &TimeZone, report: &Report, received_at: Timestamp) -> Vec<Date> {
    let early = later(received_at, EARLY);
    let today = zone.to_datetime(received_at).date();
    // The next day's time may be later on the clock, so a day waits until the next one is over. After
    // that there is a gap in the ledger: the sender was out of service, and owed nothing.
    let waits = |expectation: &&Expectation| expectation.day.tomorrow().is_ok_and(|tomorrow| today <= tomorrow);
    let of_day = ledger.values().rev().find(|expectation| expectation.due_at <= early).filter(waits).map(|expectation| expectation.day);
    let mut changed = Vec::new();
    if let Some(expectation) = of_day.and_then(|day| ledger.get_mut(&day)) {
        expectation.reports += 1;
        expectation.devices = expectation.devices.max(heard(report));
        let is_in_time = received_at <= later(expectation.due_at, GRACE);
        // What comes past midnight, before the next day's time, is not late: it came on no day of its own.
        let is_on_its_day = zone.to_datetime(received_at).date() == expectation.day;
        if matches!(expectation.kept, Kept::Pending | Kept::Missed | Kept::CaughtUp) && (is_in_time || is_on_its_day) {
            expectation.kept = if is_in_time { Kept::Met } else { Kept::Late };
            expectation.met_at = Some(received_at);
        }
        changed.push(expectation.day);
    }
    let observed: BTreeSet<Date> = report.readings.iter().map(|reading| zone.to_datetime(reading.observed_at).date()).collect();
    for day in observed {
        if let Some(expectation) = ledger.get_mut(&day).filter(|expectation| expectation.kept == Kept::Missed) {
            expectation.kept = Kept::CaughtUp;
            expectation.met_at = Some(received_at);
            changed.push(day);
        }
    }
    changed.sort_unstable();
    changed.dedup();
    changed
}

/// Counts the devices that a report tells of.
fn heard(report: &Report) -> u32 {
    let devices: BTreeSet<u32> = report.readings.iter().map(|reading| reading.device).collect();
    u32::try_from(devices.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::envelope::{Sender, SenderKind, Software};
    use wire::rhythm::Rhythm;
    use wire::{Facts, Reading};

    const UTC: TimeZone = TimeZone::UTC;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn daily() -> Schedule {
        Schedule { rhythm: Rhythm::Daily { at: "02:00".parse().unwrap(), spread_minutes: 0 }, time_zone: "UTC".into() }
    }

    fn report(observed: &[&str]) -> Report {
        let reading = |(place, text): (usize, &&str)| Reading::whole(place as u32 + 1, at(text), &Facts::new());
        Report {
            sender: Sender { kind: SenderKind::Agent, id: "a".into() },
            id: "r".into(),
            sequence: 1,
            created_at: at("2026-11-25T00:00:00Z"),
            base: None,
            software: Software::default(),
            schedule: None,
            next_at: None,
            stopping: false,
            host: None,
            site: None,
            withheld: Vec::new(),
            outcomes: Vec::new(),
            readings: observed.iter().enumerate().map(reading).collect(),
        }
    }

    /// Sweeps every half hour from the first day on.
    struct Days {
        ledger: Ledger,
        schedule: Schedule,
        now: Timestamp,
    }

    impl Days {
        fn new() -> Self {
            Days { ledger: Ledger::new(), schedule: daily(), now: at("2026-11-20T12:00:00Z") }
        }

        fn until(&mut self, then: &str, state: State) -> &mut Self {
            while self.now < at(then) {
                self.now = later(self.now, SignedDuration::from_mins(30));
                let owed = Owed { schedule: &self.schedule, zone: &UTC, place: 0, since: at("2026-11-20T12:00:00Z") };
                sweep(&mut self.ledger, &owed, state, self.now);
            }
            self
        }

        fn report(&mut self, observed: &[&str]) -> &mut Self {
            enter(&mut self.ledger, &UTC, &report(observed), self.now);
            self
        }

        fn kept(&self) -> Vec<(i8, Kept)> {
            self.ledger.values().map(|expectation| (expectation.day.day(), expectation.kept)).collect()
        }
    }

    #[test]
    fn every_day_has_its_line() {
        let mut days = Days::new();
        days.until("2026-11-21T02:30:00Z", State::Running).report(&["2026-11-21T02:00:00Z"]);
        days.until("2026-11-22T09:00:00Z", State::Running).report(&["2026-11-22T02:00:00Z"]);
        days.until("2026-11-24T01:30:00Z", State::Running);
        assert_eq!(days.kept(), [(21, Kept::Met), (22, Kept::Late), (23, Kept::Missed), (24, Kept::Pending)]);
        assert_eq!(days.ledger[&jiff::civil::date(2026, 11, 23)].why, Some(Why::SenderSilent));
    }

    #[test]
    fn readings_that_come_later_leave_the_silence_on_record() {
        let mut days = Days::new();
        days.until("2026-11-24T02:30:00Z", State::Running).report(&["2026-11-22T15:00:00Z", "2026-11-24T02:00:00Z"]);
        assert_eq!(days.kept(), [(21, Kept::Missed), (22, Kept::CaughtUp), (23, Kept::Missed), (24, Kept::Met)]);
        assert_eq!(days.ledger[&jiff::civil::date(2026, 11, 24)].devices, 2);
    }

    #[test]
    fn what_comes_past_midnight_is_caught_up_and_not_late() {
        let mut days = Days::new();
        days.until("2026-11-22T00:30:00Z", State::Running).report(&[]);
        assert_eq!(days.kept(), [(21, Kept::Missed), (22, Kept::Pending)], "it brought nothing of that day");
        days.report(&["2026-11-21T02:00:00Z"]);
        assert_eq!(days.kept(), [(21, Kept::CaughtUp), (22, Kept::Pending)]);
    }

    #[test]
    fn nothing_is_expected_of_a_sender_that_has_stopped() {
        let mut days = Days::new();
        days.until("2026-11-22T01:00:00Z", State::Running).until("2026-11-30T00:00:00Z", State::Stopped);
        assert_eq!(days.kept(), [(21, Kept::Missed), (22, Kept::Missed)], "the day that was open when it stopped is closed");
    }

    #[test]
    fn who_comes_back_into_service_owes_from_then_on() {
        let mut days = Days::new();
        days.until("2026-11-22T01:00:00Z", State::Running).until("2026-11-26T12:00:00Z", State::Stopped).report(&[]);
        let owed = Owed { schedule: &daily(), zone: &UTC, place: 0, since: days.now };
        sweep(&mut days.ledger, &owed, State::Running, days.now);
        assert_eq!(days.kept(), [(21, Kept::Missed), (22, Kept::Missed), (27, Kept::Pending)]);
    }

    #[test]
    fn a_server_that_stood_still_writes_every_day_down() {
        let mut days = Days::new();
        days.until("2026-11-21T12:00:00Z", State::Running);
        days.now = at("2027-03-01T12:00:00Z");
        for hour in ["2027-03-01T12:30:00Z", "2027-03-01T13:00:00Z", "2027-03-01T13:30:00Z"] {
            days.until(hour, State::Unresponsive);
        }
        assert_eq!(days.ledger.len(), 101);
        assert!(days.ledger.values().all(|expectation| expectation.kept == Kept::Missed));
    }

    #[test]
    fn a_sender_of_every_minute_owes_one_report_a_day() {
        let mut days = Days::new();
        days.schedule.rhythm = Rhythm::Every { seconds: 60 };
        days.until("2026-11-22T12:00:00Z", State::Running);
        assert_eq!(days.kept(), [(20, Kept::Missed), (21, Kept::Missed), (22, Kept::Missed)]);
    }
}
