//! How often a sender may come: token buckets by key, with the time as a parameter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Says how much one key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Is how many may come at once after a rest; at least one.
    pub burst: u32,
    /// Is the time after which one more may come.
    pub every: Duration,
}

/// Lets each key come at a rate, and remembers a bounded number of keys.
///
/// A bucket is kept as the one moment at which it is full again. So a key whose moment has
/// passed need not be remembered at all, and where room is short the key forgotten is the one
/// that loses least by it.
///
/// Times count from any start that does not move, such as the start of the program.
///
/// ```
/// use server::net::{Rate, RetryAfter, Throttle};
/// use std::time::Duration;
/// let mut throttle = Throttle::new(Rate { burst: 2, every: Duration::from_secs(10) }, 1000);
/// let now = Duration::from_secs(100);
/// assert_eq!(throttle.take("agent-1", now), Ok(()));
/// assert_eq!(throttle.take("agent-1", now), Ok(()));
/// assert_eq!(throttle.take("agent-1", now), Err(RetryAfter(Duration::from_secs(10))));
/// ```
#[derive(Clone, Debug)]
pub struct Throttle<K> {
    rate: Rate,
    most_keys: usize,
    full_again: BTreeMap<K, Duration>,
    by_moment: BTreeSet<(Duration, K)>,
}

/// Says how long to wait until one more may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; try again in {} s", self.seconds())]
pub struct RetryAfter(pub Duration);

impl RetryAfter {
    /// Returns whole seconds, rounded up, as the header `Retry-After` wants them.
    pub fn seconds(&self) -> u64 {
        self.0.as_secs() + u64::from(self.0.subsec_nanos() > 0)
    }
}

impl<K: Ord + Clone> Throttle<K> {
    /// Makes a throttle that remembers at most `most_keys` keys.
    ///
    /// # Panics
    ///
    /// If the burst or `most_keys` is zero: nobody could ever come.
    pub fn new(rate: Rate, most_keys: usize) -> Self {
        assert!(rate.burst > 0 && most_keys > 0, "a throttle lets at least one through");
        Self { rate, most_keys, full_again: BTreeMap::new(), by_moment: BTreeSet::new() }
    }

    /// Takes one for this key, or says when to come again.
    ///
    /// A refusal costs nothing: who asks too early waits no longer for it.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] while the key's bucket is empty.
    pub fn take(&mut self, key: K, now: Duration) -> Result<(), RetryAfter> {
        self.forget_the_full(now);
        let full_again = self.full_again.get(&key).copied();
        let next = full_again.unwrap_or(now).max(now).saturating_add(self.rate.every);
        let latest = now.saturating_add(self.rate.every.saturating_mul(self.rate.burst));
        if next > latest {
            return Err(RetryAfter(next - latest));
        }
        match full_again {
            Some(moment) => {
                self.by_moment.remove(&(moment, key.clone()));
            }
            None => self.make_room(),
        }
        self.full_again.insert(key.clone(), next);
        self.by_moment.insert((next, key));
        Ok(())
    }

    /// Returns how many keys are remembered.
    pub fn len(&self) -> usize {
        self.full_again.len()
    }

    /// Says whether no key is remembered.
    pub fn is_empty(&self) -> bool {
        self.full_again.is_empty()
    }

    fn forget_the_full(&mut self, now: Duration) {
        while self.by_moment.first().is_some_and(|(moment, _)| *moment <= now) {
            self.forget_first();
        }
    }

    fn make_room(&mut self) {
        if self.full_again.len() >= self.most_keys {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, key)) = self.by_moment.pop_first() {
            self.full_again.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, every: Duration::from_secs(10) };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let mut throttle = Throttle::new(RATE, 10);
        for _ in 0..3 {
            assert_eq!(throttle.take(1, at(100)), Ok(()));
        }
        assert_eq!(throttle.take(1, at(100)), Err(RetryAfter(at(10))));
        assert_eq!(throttle.take(1, at(104)), Err(RetryAfter(at(6))));
        assert_eq!(throttle.take(1, at(110)), Ok(()));
        assert_eq!(throttle.take(1, at(110)), Err(RetryAfter(at(10))));
    }

    #[test]
    fn refusals_do_not_push_the_next_chance_away() {
        let mut throttle = Throttle::new(RATE, 10);
        while throttle.take(1, at(0)).is_ok() {}
        for second in 0..10 {
            assert_eq!(throttle.take(1, at(second)), Err(RetryAfter(at(10 - second))));
        }
        assert_eq!(throttle.take(1, at(10)), Ok(()));
    }

    #[test]
    fn keys_do_not_feel_each_other() {
        let mut throttle = Throttle::new(RATE, 10);
        while throttle.take("noisy", at(0)).is_ok() {}
        assert_eq!(throttle.take("quiet", at(0)), Ok(()));
    }

    #[test]
    fn a_rested_key_has_its_whole_burst_again_and_no_more() {
        let mut throttle = Throttle::new(RATE, 10);
        while throttle.take(1, at(0)).is_ok() {}
        let passed = std::iter::from_fn(|| throttle.take(1, at(1_000_000)).ok()).count();
        assert_eq!(passed, 3);
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_the_one_with_least_debt_goes_first() {
        let mut throttle = Throttle::new(RATE, 3);
        while throttle.take(0, at(0)).is_ok() {}
        for stranger in 1..1000 {
            assert_eq!(throttle.take(stranger, at(0)), Ok(()));
            assert!(throttle.len() <= 3);
        }
        assert!(throttle.take(0, at(0)).is_err(), "a flood of strangers must not wash away the noisy one");
    }

    #[test]
    fn keys_are_forgotten_when_their_bucket_is_full() {
        let mut throttle = Throttle::new(RATE, 100);
        for key in 0..50 {
            throttle.take(key, at(0)).unwrap();
        }
        throttle.take(99, at(11)).unwrap();
        assert_eq!(throttle.len(), 1);
        assert!(!throttle.is_empty());
    }

    #[test]
    fn the_header_rounds_up() {
        assert_eq!(RetryAfter(Duration::from_millis(1)).seconds(), 1);
        assert_eq!(RetryAfter(at(2)).seconds(), 2);
        assert_eq!(RetryAfter(Duration::from_millis(2500)).to_string(), "too many requests; try again in 3 s");
    }

    #[test]
    fn time_that_goes_back_does_no_harm() {
        let mut throttle = Throttle::new(RATE, 10);
        throttle.take(1, at(1000)).unwrap();
        assert!(throttle.take(1, at(0)).is_err());
        assert_eq!(throttle.take(1, at(1000)), Ok(()));
    }
}
