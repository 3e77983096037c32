//! For how long a credential is left alone that a device did not take.
//!
//! Devices count wrong credentials (usmStats), and some lock a user out or raise an alarm. A mistake in
//! the file of credentials must not look like an attack.

use jiff::{SignedDuration, Timestamp};

/// Is the first wait; each is twice the one before.
const FIRST: SignedDuration = SignedDuration::from_hours(1);
/// Is the longest.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Is how long a device's silence is no reason to try again what it did not take: many printers are silent every
/// night, or whenever they sleep.
pub const AFTER_SILENCE: SignedDuration = SignedDuration::from_hours(6);

/// Returns whether a credential is not to be tried now that was turned away so often in a row, and last then.
///
/// A clock that was set back says nothing of how long it has been: then it is tried.
pub fn is_shut(times: u32, last_at: Timestamp, now: Timestamp) -> bool {
    let since = now.duration_since(last_at);
    !since.is_negative() && since < wait(times)
}

fn wait(times: u32) -> SignedDuration {
    let doublings = times.saturating_sub(1).min(5);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_day() {
        let hours: Vec<i64> = (1..=7).map(|times| wait(times).as_hours()).collect();
        assert_eq!(hours, [1, 2, 4, 8, 16, 24, 24]);
        assert_eq!(wait(0), FIRST);
        assert_eq!(wait(u32::MAX), LONGEST);
    }

    #[test]
    fn a_wrong_credential_is_tried_five_times_on_the_first_day_and_once_a_day_later() {
        let began = Timestamp::UNIX_EPOCH;
        let (mut times, mut last_at, mut tries) = (0, began, Vec::new());
        // The agent reads every ten minutes.
        for reading in 0..6 * 24 * 10 {
            let now = began + SignedDuration::from_mins(10) * reading;
            if times == 0 || !is_shut(times, last_at, now) {
                (times, last_at) = (times + 1, now);
                tries.push(now.as_second() / 86_400);
            }
        }
        let on = |day: i64| tries.iter().filter(|tried| **tried == day).count();
        assert_eq!((on(0), on(1), on(5), on(8)), (5, 1, 1, 1));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let now = Timestamp::UNIX_EPOCH;
        assert!(is_shut(1, now, now));
        assert!(!is_shut(1, now + SignedDuration::from_hours(9000), now));
    }
}
