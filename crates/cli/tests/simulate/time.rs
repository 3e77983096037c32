//! The time, and clocks that do not agree with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Is somebody's clock: the true time, which all share, and how far this one is from it.
#[derive(Clone)]
pub struct Clock {
    true_ms: Arc<AtomicI64>,
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    pub fn new(start: Timestamp) -> Self {
        Clock { true_ms: Arc::new(AtomicI64::new(start.as_millisecond())), ahead_ms: Arc::default() }
    }

    /// Returns another clock on the same true time.
    pub fn another(&self) -> Self {
        Clock { true_ms: self.true_ms.clone(), ahead_ms: Arc::default() }
    }

    pub fn now(&self) -> Timestamp {
        self.true_now() + self.ahead()
    }

    pub fn true_now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.true_ms.load(Ordering::Relaxed)).unwrap()
    }

    /// Lets the true time come to `at`; it never goes back.
    ///
    /// It stops at whole milliseconds, behind `at` and never before it: whoever waits for `at` would
    /// find it too early, again and again.
    pub fn come_to(&self, at: Timestamp) {
        let at = at + SignedDuration::from_nanos(999_999);
        self.true_ms.fetch_max(at.as_millisecond(), Ordering::Relaxed);
    }

    pub fn ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }

    pub fn set_ahead(&self, ahead: SignedDuration) {
        self.ahead_ms.store(i64::try_from(ahead.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Returns the true time at which this clock, as it goes now, will show `at`.
    pub fn when(&self, at: Timestamp) -> Timestamp {
        at - self.ahead()
    }
}
