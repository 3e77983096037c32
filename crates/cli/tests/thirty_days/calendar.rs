//! The thirty days, and what goes wrong on which of them.

use std::ops::Range;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use wire::rhythm::{Rhythm, Schedule};

pub const ZONE: &str = "Europe/Amsterdam";
/// The clocks are set back on the eighteenth, 2026-10-25, a day on which nothing else happens.
const FIRST: Date = date(2026, 10, 8);
pub const DAYS: i8 = 30;

/// Is the sender's place in the hour after 02:00, in seconds.
pub const PLACE: u64 = 30 * 60 + 41;

/// Is what happens when. Days are counted from 1.
pub struct Calendar {
    pub zone: TimeZone,
    pub host_off: Range<Timestamp>,
    pub link_cut: Range<Timestamp>,
    /// The first reply from then on is lost, after the server has taken the report.
    pub reply_lost_from: Timestamp,
    /// One printer is switched off.
    pub unreachable: Range<Timestamp>,
    /// One printer is carried away.
    pub gone_from: Timestamp,
}

impl Calendar {
    pub fn new() -> Self {
        let zone = TimeZone::get(ZONE).expect("the zone is in the bundled database");
        let at = |day, hour| moment(&zone, day, hour);
        Calendar {
            host_off: at(8, 0)..at(10, 15),
            link_cut: at(15, 0)..at(17, 0),
            reply_lost_from: at(20, 0),
            unreachable: at(12, 0)..at(14, 0),
            gone_from: at(25, 0),
            zone,
        }
    }

    /// Returns a full hour of a day.
    pub fn at(&self, day: i8, hour: i8) -> Timestamp {
        moment(&self.zone, day, hour)
    }

    pub fn start(&self) -> Timestamp {
        self.at(1, 0)
    }

    pub fn end(&self) -> Timestamp {
        self.at(DAYS + 1, 0)
    }

    /// Returns the planned time of a day, reckoned apart from the engines: clocks stand at the place
    /// in the hour after 02:00, and of the two such times of the night in autumn the first counts.
    pub fn planned(&self, day: i8) -> Timestamp {
        self.at(day, 2) + SignedDuration::from_secs(PLACE.cast_signed())
    }

    pub fn schedule() -> Schedule {
        let rhythm = Rhythm::Daily { at: "02:00".parse().unwrap(), spread_minutes: 60 };
        Schedule { rhythm, time_zone: ZONE.to_owned() }
    }

    pub fn date(day: i8) -> Date {
        FIRST.saturating_add(SignedDuration::from_hours(24 * i64::from(day - 1)))
    }

    /// Returns the civil day on which something was seen.
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }
}

fn moment(zone: &TimeZone, day: i8, hour: i8) -> Timestamp {
    Calendar::date(day).at(hour, 0, 0, 0).to_zoned(zone.clone()).unwrap().timestamp()
}
