//! When a sender plans to report: once a civil day, or every so many seconds.
//!
//! Sender and server compute the same times from the same three values (rhythm, time zone, the
//! sender's place), so the server knows what to expect without being told. Nothing here looks at
//! a clock: the present is a parameter, and so is the time zone.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Is the shortest period, in seconds; a shorter one counts as this.
pub const SHORTEST_PERIOD: u32 = 10;

/// Is the longest spread that has a meaning, in minutes: a day; a longer one counts as this.
pub const LONGEST_SPREAD: u16 = MINUTES_A_DAY;

const MINUTES_A_DAY: u16 = 24 * 60;
const SECONDS_A_DAY: u32 = 24 * 60 * 60;

/// Is when a sender reports, and by whose clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub rhythm: Rhythm,
    /// An IANA name such as `Europe/Amsterdam`.
    pub time_zone: String,
}

/// Is how often a sender reports.
///
/// On the wire `{"daily":{"at":"02:00","spread_minutes":60}}` or `{"every_seconds":900}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Rhythm {
    /// Once on every civil day.
    Daily {
        /// The earliest time.
        at: TimeOfDay,
        /// Each sender has its own place in so many minutes from `at` on, so that they do not all
        /// come at once; 0 to [`LONGEST_SPREAD`]. Past midnight the place is early on the same
        /// civil day: 23:30 and 60 minutes means 23:30 to 24:00 and 00:00 to 00:30.
        spread_minutes: u16,
    },
    /// Again and again, whatever the clocks on the wall do.
    Every {
        /// At least [`SHORTEST_PERIOD`].
        seconds: u32,
    },
}

impl Rhythm {
    /// Returns the first planned time strictly after `now`.
    ///
    /// `offset` is the sender's place, see [`place_of`]. Every civil day that the zone has (some
    /// have skipped one) has exactly one planned time, which lies on that day. A time that the
    /// clocks leave out is shifted forward by as much as they are; of a time that they show twice
    /// the first counts.
    ///
    /// Returns [`Timestamp::MAX`] where time ends.
    pub fn next_after(&self, zone: &TimeZone, offset: u64, now: Timestamp) -> Timestamp {
        let next = match *self {
            Rhythm::Daily { at, spread_minutes } => {
                let time = time_of(at, spread_minutes, offset);
                days_around(zone, now).find_map(|date| planned_on(zone, date, time).filter(|planned| *planned > now))
            }
            Rhythm::Every { seconds } => at_second(beat_until(seconds, offset, now) + period_of(seconds)),
        };
        next.unwrap_or(Timestamp::MAX)
    }

    /// Returns the last planned time at or before `now`.
    ///
    /// Returns [`Timestamp::MIN`] where time begins.
    pub fn last_until(&self, zone: &TimeZone, offset: u64, now: Timestamp) -> Timestamp {
        let last = match *self {
            Rhythm::Daily { at, spread_minutes } => {
                let time = time_of(at, spread_minutes, offset);
                days_around(zone, now).rev().find_map(|date| planned_on(zone, date, time).filter(|planned| *planned <= now))
            }
            Rhythm::Every { seconds } => at_second(beat_until(seconds, offset, now)),
        };
        last.unwrap_or(Timestamp::MIN)
    }

    /// Returns the planned times after `from` and until `to`, the earliest first and at most
    /// `most`; to go on, ask again from the last one.
    pub fn planned_between(&self, zone: &TimeZone, offset: u64, from: Timestamp, to: Timestamp, most: usize) -> Vec<Timestamp> {
        let mut planned = Vec::new();
        let mut latest = from;
        while planned.len() < most && latest < to {
            latest = self.next_after(zone, offset, latest);
            if latest > to {
                break;
            }
            planned.push(latest);
        }
        planned
    }
}

/// Returns a sender's place, from its id: FNV-1a with 64 bits over the octets of the text.
///
/// It is part of the protocol, because sender and server must come to the same planned times.
///
/// ```
/// assert_eq!(wire::rhythm::place_of("a"), 0xaf63_dc4c_8601_ec8c);
/// ```
pub fn place_of(sender: &str) -> u64 {
    sender.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3))
}

/// Returns the time of day that this sender has of its own.
fn time_of(at: TimeOfDay, spread_minutes: u16, offset: u64) -> Time {
    let spread = u64::from(spread_minutes.min(LONGEST_SPREAD)) * 60;
    let place = if spread == 0 { 0 } else { offset % spread };
    let second = (u64::from(at.minute) * 60 + place) % u64::from(SECONDS_A_DAY);
    let second = i32::try_from(second).expect("less than a day");
    Time::midnight().saturating_add(jiff::SignedDuration::from_secs(second.into()))
}

/// Returns the civil days that can have the planned time next to `now`, before or after.
///
/// The day before now's is among them because clocks that go back over midnight show a day again
/// whose successor has begun. A skipped day has no planned time, hence one more on each side.
fn days_around(zone: &TimeZone, now: Timestamp) -> impl DoubleEndedIterator<Item = Date> {
    let today = zone.to_datetime(now).date();
    (-3..=3).filter_map(move |days| today.checked_add(jiff::Span::new().days(days)).ok())
}

/// Returns the planned time of a civil day; `None` if the zone has skipped the day.
fn planned_on(zone: &TimeZone, date: Date, time: Time) -> Option<Timestamp> {
    let on_date = |planned: &Timestamp| zone.to_datetime(*planned).date() == date;
    let wanted = zone.to_ambiguous_timestamp(date.to_datetime(time));
    // Clocks that leave out the end of a day would shift its time to the next day, which has one
    // already; there the time is shifted back instead.
    let candidates = [wanted.compatible(), wanted.earlier()];
    candidates.into_iter().flatten().find(on_date)
}

fn period_of(seconds: u32) -> i64 {
    seconds.max(SHORTEST_PERIOD).into()
}

/// Returns the last beat at or before `now`, in seconds since 1970.
fn beat_until(seconds: u32, offset: u64, now: Timestamp) -> i64 {
    let period = period_of(seconds);
    let place = i64::try_from(offset % period.unsigned_abs()).expect("less than a period");
    // Before 1970 seconds are cut towards it, and the beat before is meant.
    let second = now.as_second() - i64::from(now.subsec_nanosecond() < 0);
    second - (second - place).rem_euclid(period)
}

fn at_second(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

/// Is a time of day to the minute, 00:00 to 23:59.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    /// Since midnight.
    minute: u16,
}

impl TimeOfDay {
    /// Returns the time, or `None` if no clock shows it.
    ///
    /// ```
    /// # use wire::rhythm::TimeOfDay;
    /// assert_eq!(TimeOfDay::new(2, 5).unwrap().to_string(), "02:05");
    /// assert_eq!(TimeOfDay::new(24, 0), None);
    /// ```
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        if hour > 23 || minute > 59 {
            return None;
        }
        Some(TimeOfDay { minute: hour as u16 * 60 + minute as u16 })
    }

    pub const fn hour(self) -> u8 {
        (self.minute / 60) as u8
    }

    /// Returns the minute of the hour.
    pub const fn minute(self) -> u8 {
        (self.minute % 60) as u8
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour(), self.minute())
    }
}

impl FromStr for TimeOfDay {
    type Err = RhythmError;

    fn from_str(text: &str) -> Result<Self, RhythmError> {
        parse_time(text).ok_or_else(|| RhythmError::TimeOfDay { found: text.chars().take(40).collect() })
    }
}

fn parse_time(text: &str) -> Option<TimeOfDay> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| -> Option<u8> {
        let is_number = digits.len() == 2 && digits.bytes().all(|octet| octet.is_ascii_digit());
        is_number.then(|| digits.parse().ok())?
    };
    TimeOfDay::new(number(hour)?, number(minute)?)
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Says what is wrong with a rhythm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RhythmError {
    #[error("time of day {found:?}, expected hours and minutes such as \"02:00\", from \"00:00\" to \"23:59\"")]
    TimeOfDay { found: String },
    #[error("rhythm has both `daily` and `every_seconds`; keep one of them")]
    Both,
    #[error("rhythm has neither `daily` nor `every_seconds`; give one of them")]
    Neither,
}

/// Is a rhythm as it is written: a struct, so that fields of newer versions are ignored, which
/// serde's own form of an enum would refuse.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    daily: Option<Daily>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every_seconds: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct Daily {
    at: TimeOfDay,
    #[serde(default)]
    spread_minutes: u16,
}

impl From<Rhythm> for Written {
    fn from(rhythm: Rhythm) -> Self {
        match rhythm {
            Rhythm::Daily { at, spread_minutes } => Written { daily: Some(Daily { at, spread_minutes }), every_seconds: None },
            Rhythm::Every { seconds } => Written { daily: None, every_seconds: Some(seconds) },
        }
    }
}

impl TryFrom<Written> for Rhythm {
    type Error = RhythmError;

    fn try_from(written: Written) -> Result<Self, RhythmError> {
        match (written.daily, written.every_seconds) {
            (Some(Daily { at, spread_minutes }), None) => Ok(Rhythm::Daily { at, spread_minutes }),
            (None, Some(seconds)) => Ok(Rhythm::Every { seconds }),
            (Some(_), Some(_)) => Err(RhythmError::Both),
            (None, None) => Err(RhythmError::Neither),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("the zone is in the bundled database")
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn daily(at: &str, spread_minutes: u16) -> Rhythm {
        Rhythm::Daily { at: at.parse().unwrap(), spread_minutes }
    }

    #[test]
    fn a_rhythm_is_written_in_one_way_and_newer_fields_are_ignored() {
        let cases = [
            (daily("02:00", 60), r#"{"daily":{"at":"02:00","spread_minutes":60}}"#),
            (Rhythm::Every { seconds: 900 }, r#"{"every_seconds":900}"#),
        ];
        for (rhythm, text) in cases {
            assert_eq!(serde_json::to_string(&rhythm).unwrap(), text);
            assert_eq!(serde_json::from_str::<Rhythm>(text).unwrap(), rhythm);
        }
        let newer = r#"{"daily":{"at":"23:59","weekdays":[1]},"because":"…"}"#;
        assert_eq!(serde_json::from_str::<Rhythm>(newer).unwrap(), daily("23:59", 0));
        let schedule = Schedule { rhythm: Rhythm::Every { seconds: 60 }, time_zone: "UTC".into() };
        let text = r#"{"rhythm":{"every_seconds":60},"time_zone":"UTC"}"#;
        assert_eq!(serde_json::to_string(&schedule).unwrap(), text);
        assert_eq!(serde_json::from_str::<Schedule>(text).unwrap(), schedule);
    }

    #[test]
    fn what_is_no_rhythm_is_refused_with_what_was_expected() {
        let error = |text: &str| serde_json::from_str::<Rhythm>(text).unwrap_err().to_string();
        assert!(error(r#"{}"#).starts_with("rhythm has neither `daily` nor `every_seconds`"));
        assert!(error(r#"{"daily":{"at":"02:00"},"every_seconds":9}"#).starts_with("rhythm has both"));
        for wrong in ["24:00", "2:00", "02:60", "+2:00", "02:00:00", "", "02", "٠٢:٠٠"] {
            let text = serde_json::json!({"daily": {"at": wrong}}).to_string();
            assert!(error(&text).contains("expected hours and minutes"), "{wrong}: {}", error(&text));
        }
        assert!(serde_json::from_str::<Rhythm>(r#"{"every_seconds":-1}"#).is_err());
    }

    #[test]
    fn each_sender_keeps_its_place_in_the_spread() {
        let (rhythm, utc) = (daily("02:00", 60), TimeZone::UTC);
        let at = |offset| rhythm.next_after(&utc, offset, time("2026-11-22T00:00:00Z")).to_string();
        assert_eq!(at(0), "2026-11-22T02:00:00Z");
        assert_eq!(at(61), "2026-11-22T02:01:01Z");
        assert_eq!(at(3599), "2026-11-22T02:59:59Z");
        assert_eq!(at(3600), "2026-11-22T02:00:00Z");
        assert_eq!(daily("02:00", 0).next_after(&utc, u64::MAX, time("2026-11-22T02:00:00Z")), time("2026-11-23T02:00:00Z"));
    }

    #[test]
    fn a_place_past_midnight_is_early_on_the_same_day() {
        let (rhythm, utc) = (daily("23:30", 60), TimeZone::UTC);
        let planned = rhythm.planned_between(&utc, 45 * 60, time("2026-11-22T00:00:00Z"), time("2026-11-23T23:59:59Z"), 9);
        assert_eq!(planned, [time("2026-11-22T00:15:00Z"), time("2026-11-23T00:15:00Z")]);
    }

    #[test]
    fn a_time_the_clocks_leave_out_is_shifted_forward() {
        let amsterdam = zone("Europe/Amsterdam");
        let planned = daily("02:30", 0).next_after(&amsterdam, 0, time("2026-03-28T12:00:00Z"));
        assert_eq!(planned.to_zoned(amsterdam.clone()).to_string(), "2026-03-29T03:30:00+02:00[Europe/Amsterdam]");
        assert_eq!(daily("02:30", 0).next_after(&amsterdam, 0, planned), time("2026-03-30T00:30:00Z"));
    }

    #[test]
    fn of_a_time_the_clocks_show_twice_the_first_counts() {
        let amsterdam = zone("Europe/Amsterdam");
        let first = daily("02:30", 0).next_after(&amsterdam, 0, time("2026-10-24T12:00:00Z"));
        assert_eq!(first, time("2026-10-25T00:30:00Z"));
        assert_eq!(daily("02:30", 0).next_after(&amsterdam, 0, first), time("2026-10-26T01:30:00Z"));
    }

    #[test]
    fn a_day_that_a_zone_has_skipped_has_no_planned_time() {
        let apia = zone("Pacific/Apia");
        let planned = daily("02:00", 0).planned_between(&apia, 0, time("2011-12-29T00:00:00Z"), time("2012-01-01T00:00:00Z"), 9);
        let days: Vec<_> = planned.iter().map(|planned| apia.to_datetime(*planned).to_string()).collect();
        assert_eq!(days, ["2011-12-29T02:00:00", "2011-12-31T02:00:00", "2012-01-01T02:00:00"]);
    }

    #[test]
    fn a_time_left_out_at_midnight_stays_on_its_day() {
        // Clocks in São Paulo went from 00:00 to 01:00.
        let sao_paulo = zone("America/Sao_Paulo");
        let planned = daily("00:30", 0).next_after(&sao_paulo, 0, time("2018-11-03T12:00:00Z"));
        assert_eq!(sao_paulo.to_datetime(planned).to_string(), "2018-11-04T01:30:00");
        // A zone made up: its clocks go from 23:30 to 00:30 of the next day.
        let late = TimeZone::posix("AAA0BBB-1,M3.5.0/23:30,M10.5.0/3").unwrap();
        let planned = daily("23:45", 0).planned_between(&late, 0, time("2026-03-28T00:00:00Z"), time("2026-03-31T00:00:00Z"), 9);
        let days: Vec<_> = planned.iter().map(|planned| late.to_datetime(*planned).to_string()).collect();
        assert_eq!(days, ["2026-03-28T23:45:00", "2026-03-29T22:45:00", "2026-03-30T23:45:00"]);
    }

    #[test]
    fn a_period_is_aligned_on_the_place_and_has_a_floor() {
        let (utc, now) = (TimeZone::UTC, time("2026-11-22T00:00:00.5Z"));
        assert_eq!(Rhythm::Every { seconds: 900 }.next_after(&utc, 77, now), time("2026-11-22T00:01:17Z"));
        assert_eq!(Rhythm::Every { seconds: 0 }.next_after(&utc, 0, now), time("2026-11-22T00:00:10Z"));
        assert_eq!(Rhythm::Every { seconds: 60 }.next_after(&utc, 0, time("2026-11-22T00:01:00Z")), time("2026-11-22T00:02:00Z"));
        assert_eq!(Rhythm::Every { seconds: 60 }.last_until(&utc, 0, time("2026-11-22T00:01:00Z")), time("2026-11-22T00:01:00Z"));
        assert_eq!(Rhythm::Every { seconds: 60 }.last_until(&utc, 0, time("1969-12-31T23:59:59.9Z")), time("1969-12-31T23:59:00Z"));
    }

    #[test]
    fn the_work_is_bounded_and_goes_on_from_the_last() {
        let (rhythm, utc) = (Rhythm::Every { seconds: 10 }, TimeZone::UTC);
        let (from, to) = (time("1990-01-01T00:00:00Z"), time("2026-01-01T00:00:00Z"));
        let some = rhythm.planned_between(&utc, 3, from, to, 100);
        assert_eq!(some.len(), 100);
        assert_eq!(rhythm.planned_between(&utc, 3, some[99], to, 1), [some[99] + jiff::SignedDuration::from_secs(10)]);
        assert!(rhythm.planned_between(&utc, 3, to, from, 100).is_empty());
        assert!(rhythm.planned_between(&utc, 3, from, to, 0).is_empty());
    }

    #[test]
    fn at_the_ends_of_time_it_is_never_rather_than_a_panic() {
        for rhythm in [daily("12:00", 1440), Rhythm::Every { seconds: u32::MAX }, Rhythm::Every { seconds: 10 }] {
            for zone in [TimeZone::UTC, zone("Pacific/Apia"), zone("America/New_York")] {
                for offset in [0, 1, u64::MAX] {
                    rhythm.next_after(&zone, offset, Timestamp::MIN);
                    rhythm.last_until(&zone, offset, Timestamp::MAX);
                    assert_eq!(rhythm.next_after(&zone, offset, Timestamp::MAX), Timestamp::MAX);
                    assert!(rhythm.last_until(&zone, offset, Timestamp::MIN) <= Timestamp::MIN);
                    assert!(rhythm.planned_between(&zone, offset, Timestamp::MIN, Timestamp::MAX, 3).len() <= 3);
                }
            }
        }
    }
}
