//! The moment after which nothing is waited for any more.

use std::time::{Duration, Instant};

/// Bounds a whole step: whoever sends an octet a minute does not get more time for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(duration: Duration) -> Self {
        let now = Instant::now();
        // A duration beyond the clock's range stands for "long", which a day is.
        Deadline(now.checked_add(duration).unwrap_or(now + Duration::from_secs(86_400)))
    }

    /// Returns the time left, or `None` when there is none.
    pub(crate) fn left(self) -> Option<Duration> {
        let left = self.0.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}
