//! What an agenda must still know after a restart, and what it shows to people.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Is what an agenda writes down; a restart with it goes on where it was.
///
/// A new one, and fields that an older version did not write, mean: nothing has happened yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// A report has been accepted since enrolment.
    pub first_done: bool,
    /// When the last sweep ended.
    pub last_discovery: Option<Timestamp>,
    /// When the last reading ended.
    pub last_reading: Option<Timestamp>,
    /// The planned times whose report was accepted, the latest done last; the last few only.
    ///
    /// Several, because a clock set back by days must not send for the same days again, while one
    /// that was years ahead for an hour must not silence the agent for years. A single latest time
    /// could not do both.
    pub planned_done: Vec<Timestamp>,
    /// Of the planned times up to here it is decided whether they were kept or missed.
    pub decided_until: Option<Timestamp>,
    /// The planned time that is being tried.
    pub trying: Option<Timestamp>,
    /// The planned time that was missed and is to be caught up on.
    pub catching_up: Option<Timestamp>,
    /// The server wants no report before.
    pub not_before: Option<Timestamp>,
    pub window: SynchronisationWindow,
}

/// Is how many planned times are remembered as done: a week and a day.
const MOST_DONE: usize = 8;

impl Remembered {
    /// Returns the planned time that was kept last.
    pub fn last_planned_done(&self) -> Option<Timestamp> {
        self.planned_done.last().copied()
    }

    pub(super) fn add_done(&mut self, planned: Timestamp) {
        self.planned_done.retain(|done| *done != planned);
        self.planned_done.push(planned);
        let excess = self.planned_done.len().saturating_sub(MOST_DONE);
        self.planned_done.drain(..excess);
    }

    /// Brings times that lie ahead of the clock back to it, after it was set back: what is to be
    /// done a day after them would otherwise wait until the clock has caught up.
    pub(super) fn not_beyond(&mut self, now: Timestamp) {
        for time in [&mut self.last_discovery, &mut self.last_reading, &mut self.decided_until] {
            *time = time.map(|time| time.min(now));
        }
    }
}

/// Is the synchronisation window: what a customer sees of the agent's talk with the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SynchronisationWindow {
    /// When a printer last said something.
    pub last_data_at: Option<Timestamp>,
    /// When the server last answered, with whatever.
    pub last_contact_at: Option<Timestamp>,
    /// When the server last accepted a report.
    pub last_success_at: Option<Timestamp>,
    /// When the next report goes, as things stand: the planned time, or the next attempt. While a
    /// report waits for its reading it goes at this time at the latest; while one is being sent
    /// this is the one after, which goes when that has ended. `None` as long as the agent is not
    /// enrolled.
    pub next_send_at: Option<Timestamp>,
    /// The last synchronisation that failed; it stays until another one fails.
    pub last_error: Option<LastError>,
}

/// Says when and why a synchronisation failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    pub at: Timestamp,
    pub reason: String,
}

/// Is the longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

impl LastError {
    pub(super) fn new(at: Timestamp, reason: &str) -> Self {
        LastError { at, reason: reason.chars().take(LONGEST_REASON).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_few_planned_times_are_kept_and_each_once() {
        let day = |number: i64| Timestamp::from_second(number * 86_400).unwrap();
        let mut remembered = Remembered::default();
        for number in (0..20).chain([18]) {
            remembered.add_done(day(number));
        }
        assert_eq!(remembered.planned_done, [12, 13, 14, 15, 16, 17, 19, 18].map(day));
        assert_eq!(remembered.last_planned_done(), Some(day(18)));
    }

    #[test]
    fn what_an_older_version_wrote_is_read() {
        let remembered: Remembered = serde_json::from_str(r#"{"last_reading":"2026-11-22T11:00:00Z","colour":"red"}"#).unwrap();
        assert_eq!(remembered.last_reading, Some("2026-11-22T11:00:00Z".parse().unwrap()));
        assert_eq!(remembered.planned_done, []);
    }

    #[test]
    fn a_long_reason_is_cut() {
        assert_eq!(LastError::new(Timestamp::UNIX_EPOCH, &"é".repeat(10_000)).reason.chars().count(), 500);
    }
}
