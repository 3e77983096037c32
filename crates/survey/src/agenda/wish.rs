//! A report that somebody is waiting for, and until when it makes sense.

use std::time::Duration;

use jiff::Timestamp;

use super::task::Reason;

/// Is a report to be sent, not sent yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub reason: Reason,
    /// The planned time, or when it was wished.
    pub at: Timestamp,
    /// It waits for readings before it goes.
    pub waits: Option<Waits>,
    /// After that it is dropped.
    pub ends: Option<Timestamp>,
    /// It was tried, and failed.
    pub tried: bool,
}

/// Is what a wish waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// So many readings must end.
    pub readings: u8,
    /// Then it goes with what there is.
    pub until: Timestamp,
}

impl Wish {
    /// Brings its times back to what they can be, after the clock was set back.
    pub fn not_beyond(&mut self, now: Timestamp, longest: Duration) {
        self.at = self.at.min(now);
        let limit = after(now, longest);
        self.ends = self.ends.map(|ends| ends.min(limit));
        if let Some(waits) = &mut self.waits {
            waits.until = waits.until.min(limit);
        }
    }

    /// Counts a reading that has ended.
    pub fn handle_reading(&mut self) {
        if let Some(waits) = &mut self.waits {
            waits.readings = waits.readings.saturating_sub(1);
            if waits.readings == 0 {
                self.waits = None;
            }
        }
    }

    /// Goes without a reading, if it has waited long enough.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.waits = self.waits.filter(|waits| now < waits.until);
    }
}

/// Returns the time so much later; the end of time at the latest.
pub(super) fn after(time: Timestamp, duration: Duration) -> Timestamp {
    time.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

/// Returns the time so much earlier; the beginning of time at the earliest.
pub(super) fn before(time: Timestamp, duration: Duration) -> Timestamp {
    time.saturating_sub(duration).unwrap_or(Timestamp::MIN)
}
