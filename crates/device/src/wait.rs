//! How long to wait after a failure: longer each time and by chance, then until the next planned time.

use core::time::Duration;

use jiff::Timestamp;

/// Is the bound of the first wait.
const FIRST: Duration = Duration::from_secs(60);
/// After so long a module that is enrolled waits for its next planned time.
const PATIENCE: i64 = 30 * 60;
/// Is the bound of the waits of a module that is not enrolled yet: it was just installed, and
/// somebody may be standing beside it.
const MOST: Duration = Duration::from_secs(3600);

/// Is a row of failures.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    since: Timestamp,
    bound: Duration,
}

impl Wait {
    pub fn new(now: Timestamp) -> Self {
        Wait { since: now, bound: FIRST }
    }

    /// Returns when to try again; `None` if the next planned time is early enough.
    ///
    /// What the server asked for is a lower bound; chance comes on top, for it has asked everybody
    /// for the same.
    pub fn next(&mut self, now: Timestamp, chance: u64, asked: Option<Duration>, is_enrolled: bool) -> Option<Timestamp> {
        // A clock that was set back or forward says nothing about how long this has been going on.
        let passed = now.as_second() - self.since.as_second();
        if passed < 0 {
            self.since = now;
        }
        if is_enrolled && passed > PATIENCE {
            return None;
        }
        // A product of two 64-bit numbers, shifted: every part of the interval is equally likely.
        let share = Duration::from_nanos(((u128::from(chance) * self.bound.as_nanos()) >> 64) as u64);
        self.bound = (self.bound * 2).min(MOST);
        let wait = asked.unwrap_or_default().saturating_add(share).as_secs().max(1);
        Some(after(now, i64::try_from(wait).unwrap_or(i64::MAX)))
    }
}

/// Returns the time so many seconds after another, in whole seconds.
pub fn after(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(at.as_second().saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn the_waits_grow_by_chance_and_end_at_the_next_planned_time() {
        let mut wait = Wait::new(at(0));
        let waits: Vec<i64> = (0..5).map(|_| wait.next(at(0), u64::MAX, None, true).unwrap().as_second() - at(0).as_second()).collect();
        assert_eq!(waits.iter().map(|wait| (wait + 1) / 60).collect::<Vec<_>>(), [1, 2, 4, 8, 16]);
        assert_eq!(Wait::new(at(0)).next(at(0), 0, None, true), Some(at(1)));
        assert_eq!(wait.next(at(1801), 0, None, true), None);
        assert_eq!(wait.next(at(1801), 0, None, false), Some(at(1802)));
    }

    #[test]
    fn nobody_comes_back_before_the_server_wants() {
        let asked = Some(Duration::from_secs(120));
        assert!(Wait::new(at(0)).next(at(0), 7, asked, true).unwrap() >= at(120));
        assert_eq!(Wait::new(at(0)).next(at(0), 0, Some(Duration::MAX), true), Some(Timestamp::MAX));
    }
}
