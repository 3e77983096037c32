//! Planned times without time zones, for ports that know none: all clocks show UTC.
//!
//! It says the same as `wire::rhythm` says of the zone UTC (a test holds it to that), and is a tenth
//! of its size.

use jiff::Timestamp;
use wire::rhythm::{LONGEST_SPREAD, Rhythm, SHORTEST_PERIOD};

/// Returns the first planned time strictly after `now`; `place` is the sender's.
pub fn next_after(rhythm: &Rhythm, place: u64, now: Timestamp) -> Timestamp {
    let (period, _) = period_and_offset(rhythm, place);
    crate::wait::after(last_until(rhythm, place, now), period)
}

/// Returns the last planned time at or before `now`.
pub fn last_until(rhythm: &Rhythm, place: u64, now: Timestamp) -> Timestamp {
    let (period, offset) = period_and_offset(rhythm, place);
    let second = now.as_second();
    crate::wait::after(Timestamp::UNIX_EPOCH, second - (second - offset).rem_euclid(period))
}

fn period_and_offset(rhythm: &Rhythm, place: u64) -> (i64, i64) {
    match *rhythm {
        Rhythm::Daily { at, spread_minutes } => {
            let spread = u64::from(spread_minutes.min(LONGEST_SPREAD)) * 60;
            let place = if spread == 0 { 0 } else { (place % spread) as i64 };
            (86_400, (i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60 + place) % 86_400)
        }
        Rhythm::Every { seconds } => {
            let period = seconds.max(SHORTEST_PERIOD);
            (period.into(), (place % u64::from(period)) as i64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn it_says_what_wire_says_of_utc() {
        let daily = |at: &str, spread_minutes| Rhythm::Daily { at: at.parse().unwrap(), spread_minutes };
        for rhythm in
            [daily("02:00", 60), daily("23:30", 90), daily("00:00", 0), Rhythm::Every { seconds: 900 }, Rhythm::Every { seconds: 1 }]
        {
            for place in [0, 1, 77, 3599, 86_399, u64::MAX] {
                for second in (0..200_000).step_by(1237) {
                    let now = Timestamp::from_second(1_795_528_800 + second).unwrap();
                    assert_eq!(next_after(&rhythm, place, now), rhythm.next_after(&TimeZone::UTC, place, now), "{rhythm:?} {place} {now}");
                    assert_eq!(last_until(&rhythm, place, now), rhythm.last_until(&TimeZone::UTC, place, now), "{rhythm:?} {place} {now}");
                }
            }
        }
    }
}
