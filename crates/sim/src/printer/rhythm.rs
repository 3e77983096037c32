//! The rhythm of an office: when people are there to print, refill and repair.

use crate::chance::Chance;
use crate::time::{DAY, HOUR, SECOND, Tick, weekday};

/// Is the moment at which a simulation began, by which ticks become days and hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    epoch: u64,
}

/// People are there from Monday to Friday between these hours.
const OPENS: Tick = 8 * HOUR;
const CLOSES: Tick = 18 * HOUR;
/// Printers that are switched off at night run between these hours.
const SWITCHED_ON: Tick = 7 * HOUR;
const SWITCHED_OFF: Tick = 20 * HOUR;

impl Rhythm {
    /// Takes the moment of tick 0 in seconds since 1970, UTC, which is the printer's local time too.
    pub fn new(epoch: u64) -> Self {
        Rhythm { epoch }
    }

    /// Returns a tick in seconds since 1970.
    pub fn seconds_since_1970(&self, at: Tick) -> u64 {
        self.epoch + at / SECOND
    }

    /// Returns when the next of `jobs_a_day` jobs comes.
    pub fn next_job(&self, after: Tick, jobs_a_day: u32, chance: &mut Chance) -> Tick {
        let mean = (CLOSES - OPENS) / Tick::from(jobs_a_day.max(1));
        self.office_time_after(after, 1 + chance.below(2 * mean))
    }

    /// Returns when so much office time has passed.
    pub fn office_time_after(&self, after: Tick, mut span: Tick) -> Tick {
        let mut day = self.day_of(after);
        let mut from = (self.time_of_day(after)).clamp(OPENS, CLOSES);
        loop {
            if is_working_day(day) {
                if span < CLOSES - from {
                    return self.tick_of(day, from + span).max(after);
                }
                span -= CLOSES - from;
            }
            (day, from) = (day + 1, OPENS);
        }
    }

    /// Returns when a printer that is off at night is next switched on or off, and which.
    pub fn next_switch(&self, after: Tick) -> (Tick, bool) {
        let mut day = self.day_of(after);
        let mut now = self.time_of_day(after);
        loop {
            if is_working_day(day) {
                if now < SWITCHED_ON {
                    return (self.tick_of(day, SWITCHED_ON), true);
                }
                if now < SWITCHED_OFF {
                    return (self.tick_of(day, SWITCHED_OFF), false);
                }
            }
            (day, now) = (day + 1, 0);
        }
    }

    /// Microseconds since 1970 and the parts of them.
    fn absolute(&self, at: Tick) -> u64 {
        self.epoch * SECOND + at
    }

    fn day_of(&self, at: Tick) -> u64 {
        self.absolute(at) / DAY
    }

    fn time_of_day(&self, at: Tick) -> Tick {
        self.absolute(at) % DAY
    }

    fn tick_of(&self, day: u64, time_of_day: Tick) -> Tick {
        (day * DAY + time_of_day).saturating_sub(self.epoch * SECOND)
    }
}

fn is_working_day(day: u64) -> bool {
    weekday(day) < 5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{MINUTE, MONDAY};

    #[test]
    fn office_time_stands_still_at_night_and_at_weekends() {
        let rhythm = Rhythm::new(MONDAY);
        assert_eq!(rhythm.office_time_after(0, MINUTE), 8 * HOUR + MINUTE);
        assert_eq!(rhythm.office_time_after(17 * HOUR, 2 * HOUR), DAY + 9 * HOUR);
        assert_eq!(rhythm.office_time_after(4 * DAY + 17 * HOUR, 2 * HOUR), 7 * DAY + 9 * HOUR);
        assert_eq!(rhythm.office_time_after(5 * DAY + 12 * HOUR, 0), 7 * DAY + 8 * HOUR);
    }

    #[test]
    fn a_working_day_brings_about_as_many_jobs_as_were_asked_for() {
        let (rhythm, mut chance) = (Rhythm::new(MONDAY), Chance::new(4));
        let mut at = 0;
        let mut jobs = 0;
        while at < 14 * DAY {
            at = rhythm.next_job(at, 40, &mut chance);
            jobs += 1;
        }
        assert!((360..440).contains(&jobs), "{jobs} jobs in ten working days");
    }

    #[test]
    fn switches_are_thrown_on_working_days_only() {
        let rhythm = Rhythm::new(MONDAY);
        assert_eq!(rhythm.next_switch(0), (7 * HOUR, true));
        assert_eq!(rhythm.next_switch(7 * HOUR), (20 * HOUR, false));
        assert_eq!(rhythm.next_switch(4 * DAY + 20 * HOUR), (7 * DAY + 7 * HOUR, true));
    }
}
