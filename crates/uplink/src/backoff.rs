//! How long to wait before the next attempt.

use std::time::Duration;

/// Spreads attempts: each wait is anywhere between nothing and a bound that doubles.
///
/// Two thousand agents that lost the same server come back over the whole interval, and not in
/// step ("full jitter"). Chance is a parameter, and there is no clock in here; how long to go on
/// trying is the caller's business.
///
/// ```
/// # use std::time::Duration;
/// let second = Duration::from_secs(1);
/// let mut backoff = uplink::Backoff::new(second, 60 * second);
/// assert!(backoff.next(0x1234_5678, None) <= second);
/// assert!(backoff.next(0x9abc_def0, Some(30 * second)) >= 30 * second);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    bound: Duration,
    most: Duration,
}

impl Backoff {
    /// The first wait is at most `first`, a later one at most `most`.
    pub fn new(first: Duration, most: Duration) -> Self {
        Backoff { bound: first.min(most), most }
    }

    /// Returns how long to wait now, for a `chance` that is anything in a `u64`'s range.
    ///
    /// What the server asked for is a lower bound, whatever `most` says; the jitter comes on top,
    /// for the server has asked everybody for the same.
    pub fn next(&mut self, chance: u64, server_asked: Option<Duration>) -> Duration {
        let bound = self.bound.as_nanos().min(u64::MAX.into());
        // A product of two 64-bit numbers, shifted: every part of the interval is equally likely.
        let jitter = Duration::from_nanos(((bound * u128::from(chance)) >> 64) as u64);
        self.bound = self.bound.saturating_mul(2).min(self.most);
        server_asked.unwrap_or_default().saturating_add(jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_bound_doubles_up_to_the_most() {
        let mut backoff = Backoff::new(SECOND, 5 * SECOND);
        let bounds: Vec<_> = (0..5).map(|_| backoff.next(u64::MAX, None).as_secs_f64().round()).collect();
        assert_eq!(bounds, [1.0, 2.0, 4.0, 5.0, 5.0]);
    }

    #[test]
    fn a_wait_may_be_nothing_at_all() {
        assert_eq!(Backoff::new(SECOND, 5 * SECOND).next(0, None), Duration::ZERO);
        assert_eq!(Backoff::new(SECOND, 5 * SECOND).next(1 << 63, None), SECOND / 2);
    }

    #[test]
    fn nobody_comes_back_before_the_server_wants() {
        let mut backoff = Backoff::new(SECOND, 5 * SECOND);
        assert_eq!(backoff.next(0, Some(100 * SECOND)), 100 * SECOND);
        assert!(backoff.next(u64::MAX, Some(100 * SECOND)) > 101 * SECOND);
        assert_eq!(backoff.next(u64::MAX, Some(Duration::MAX)), Duration::MAX);
    }

    #[test]
    fn unreasonable_bounds_do_no_harm() {
        let mut backoff = Backoff::new(Duration::MAX, Duration::MAX);
        assert!(backoff.next(u64::MAX, None) > SECOND);
        assert_eq!(Backoff::new(9 * SECOND, SECOND).next(u64::MAX, None).as_secs_f64().round(), 1.0);
    }
}
