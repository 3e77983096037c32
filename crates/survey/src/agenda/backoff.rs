//! How long to wait before trying again: growing, and by chance, so that a thousand agents that
//! lost the same server do not come back to it in the same second.

use std::time::Duration;

/// Is how the waits between attempts grow: each is anything from nothing to a ceiling that
/// doubles ("full jitter").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The ceiling of the first wait.
    pub first: Duration,
    /// The highest ceiling.
    pub most: Duration,
    /// Another for each agent.
    pub seed: u64,
}

impl Backoff {
    /// Returns a backoff from 30 seconds to 10 minutes: about eight attempts in half an hour.
    pub fn new(seed: u64) -> Self {
        Backoff { first: Duration::from_secs(30), most: Duration::from_secs(600), seed }
    }

    /// Returns the wait after the attempt with this number, counted from 0; at least a second.
    ///
    /// The same seed, moment and attempt give the same wait.
    pub(super) fn wait(&self, attempt: u32, moment: i64) -> Duration {
        let ceiling = self.first.saturating_mul(1u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(self.most);
        let milliseconds = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
        let chance = mixed(self.seed ^ mixed(moment.cast_unsigned() ^ mixed(attempt.into())));
        Duration::from_millis(chance % milliseconds.saturating_add(1)).max(SHORTEST)
    }

    /// Returns the longest wait there can be.
    pub(super) fn longest(&self) -> Duration {
        self.most.max(SHORTEST)
    }
}

const SHORTEST: Duration = Duration::from_secs(1);

/// Mixes the bits of a number (SplitMix64, Steele, Lea and Flood 2014).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_ceiling_and_use_all_of_it() {
        for (attempt, ceiling) in [(0, 30), (1, 60), (4, 480), (5, 600), (31, 600), (32, 600), (u32::MAX, 600)] {
            let waits: Vec<_> = (0..1000).map(|seed| Backoff::new(seed).wait(attempt, 1_764_000_000).as_secs_f64()).collect();
            assert!(waits.iter().all(|wait| (1.0..=f64::from(ceiling)).contains(wait)), "{attempt}");
            let mean = waits.iter().sum::<f64>() / 1000.0;
            assert!((mean / f64::from(ceiling) - 0.5).abs() < 0.05, "{attempt}: {mean}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_wait_and_another_moment_another() {
        let backoff = Backoff::new(7);
        assert_eq!(backoff.wait(3, 99), backoff.wait(3, 99));
        assert_ne!(backoff.wait(3, 99), backoff.wait(3, 100));
        assert_ne!(backoff.wait(3, 99), Backoff::new(8).wait(3, 99));
    }

    #[test]
    fn a_backoff_of_nothing_or_of_everything_still_waits() {
        let nothing = Backoff { first: Duration::ZERO, most: Duration::ZERO, seed: 1 };
        assert_eq!(nothing.wait(9, 0), Duration::from_secs(1));
        let everything = Backoff { first: Duration::MAX, most: Duration::MAX, seed: 1 };
        assert!(everything.wait(9, 0) >= Duration::from_secs(1));
    }
}
