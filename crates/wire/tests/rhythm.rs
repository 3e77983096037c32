//! What holds for every zone, year and place: one planned time a civil day, in order, on its day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use wire::rhythm::{Rhythm, TimeOfDay};

const ZONES: [&str; 12] = [
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Gaza",
    "Antarctica/Troll",
    "UTC",
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("the zone is in the bundled database")
}

/// Checks the days from `first` on, one by one, against the plainest reading of the rule.
fn check_days(zone: &TimeZone, rhythm: Rhythm, offset: u64, first: Date, days: i64) -> Result<(), TestCaseError> {
    let from = zone.to_zoned(first.to_datetime(Default::default())).unwrap().timestamp() - SignedDuration::from_nanos(1);
    let mut latest = from;
    let mut day = first;
    for _ in 0..days {
        let planned = rhythm.next_after(zone, offset, latest);
        prop_assert!(planned > latest);
        let date = zone.to_datetime(planned).date();
        if latest != from {
            prop_assert!(date > day, "{date} has two planned times in {zone:?}");
            let mut between = day.tomorrow().unwrap();
            while between < date {
                prop_assert!(!exists(zone, between), "{between} has no planned time in {zone:?}");
                between = between.tomorrow().unwrap();
            }
        }
        let nanosecond = SignedDuration::from_nanos(1);
        for moment in [latest, latest + nanosecond, planned - nanosecond].into_iter().filter(|moment| *moment < planned) {
            prop_assert_eq!(rhythm.next_after(zone, offset, moment), planned);
            if latest != from {
                prop_assert_eq!(rhythm.last_until(zone, offset, moment), latest);
            }
        }
        prop_assert_eq!(rhythm.last_until(zone, offset, planned), planned);
        (latest, day) = (planned, date);
    }
    Ok(())
}

/// Returns whether the zone's clocks have shown a civil day.
fn exists(zone: &TimeZone, date: Date) -> bool {
    let noon = zone.to_timestamp(date.at(12, 0, 0, 0)).unwrap();
    (-120..=120).any(|quarters| zone.to_datetime(noon + SignedDuration::from_mins(15 * quarters)).date() == date)
}

fn daily() -> impl Strategy<Value = Rhythm> {
    (0u8..24, 0u8..60, prop_oneof![Just(0u16), Just(60), 0u16..3000])
        .prop_map(|(hour, minute, spread_minutes)| Rhythm::Daily { at: TimeOfDay::new(hour, minute).unwrap(), spread_minutes })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_civil_day_has_exactly_one_planned_time(
        name in proptest::sample::select(&ZONES[..]),
        rhythm in daily(),
        offset: u64,
        year in 1970i16..2060,
        day in 0i64..365,
    ) {
        let first = jiff::civil::date(year, 1, 1) + day.days();
        check_days(&zone(name), rhythm, offset, first, 40)?;
    }

    #[test]
    fn a_year_has_as_many_planned_times_as_days(
        name in proptest::sample::select(&ZONES[..]),
        rhythm in daily(),
        offset: u64,
        year in 2000i16..2040,
    ) {
        let zone = zone(name);
        let midnight = |date: Date| zone.to_zoned(date.to_datetime(Default::default())).unwrap().timestamp() - SignedDuration::from_nanos(1);
        let (from, to) = (midnight(jiff::civil::date(year, 1, 1)), midnight(jiff::civil::date(year + 1, 1, 1)));
        let days = (0..jiff::civil::date(year, 1, 1).days_in_year()).filter(|day| {
            name != "Pacific/Apia" || jiff::civil::date(year, 1, 1) + i64::from(*day).days() != jiff::civil::date(2011, 12, 30)
        });
        prop_assert_eq!(rhythm.planned_between(&zone, offset, from, to, 1000).len(), days.count());
    }

    #[test]
    fn beats_are_a_period_apart(seconds: u32, offset: u64, now in -2_000_000_000i64..4_000_000_000, nanosecond in 0i32..1_000_000_000) {
        let (rhythm, utc) = (Rhythm::Every { seconds }, TimeZone::UTC);
        let now = Timestamp::new(now, if now < 0 { 0 } else { nanosecond }).unwrap();
        let next = rhythm.next_after(&utc, offset, now);
        let last = rhythm.last_until(&utc, offset, now);
        prop_assert!(last <= now && now < next);
        prop_assert_eq!(next.duration_since(last), SignedDuration::from_secs(i64::from(seconds.max(10))));
        let period = u64::from(seconds.max(10));
        prop_assert_eq!(next.as_second().rem_euclid(period as i64) as u64, offset % period);
    }
}

#[test]
fn around_every_change_of_every_zone_each_day_has_one_planned_time() {
    let times = [(0, 0), (0, 30), (1, 59), (2, 30), (12, 0), (22, 59), (23, 30), (23, 59)];
    let mut changes = 0;
    for name in jiff::tz::db().available() {
        let zone = zone(name.as_str());
        let from: Timestamp = "1900-01-01T00:00:00Z".parse().unwrap();
        let to: Timestamp = "2040-01-01T00:00:00Z".parse().unwrap();
        for change in zone.following(from).take_while(|change| change.timestamp() < to) {
            changes += 1;
            // A few of the eight for each change, so that all have their turn and it takes seconds.
            let (hour, minute) = times[changes % times.len()];
            let rhythm = Rhythm::Daily { at: TimeOfDay::new(hour, minute).unwrap(), spread_minutes: 0 };
            let first = zone.to_datetime(change.timestamp()).date() - 3.days();
            if let Err(error) = check_days(&zone, rhythm, 0, first, 6) {
                panic!("{name}, change of {}, at {hour:02}:{minute:02}: {error}", change.timestamp());
            }
        }
    }
    assert!(changes > 10_000, "{changes}");
}
