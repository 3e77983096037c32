//! How long and how much a peer may take.

use std::time::Duration;

/// Bounds what connections may cost; the defaults suit a server on the open internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Is how long a TLS handshake may take. Default: 10 s.
    pub handshake: Duration,
    /// Is how long the head of a request may take, from its first octet; of the first request,
    /// from the end of the handshake. Default: 10 s.
    pub head: Duration,
    /// Is how many octets the head of a request may have; more is answered with 431. Default: 16 KiB.
    pub head_octets: usize,
    /// Is how long the whole body of a request may take; more is answered with 408. Default: 60 s.
    pub body: Duration,
    /// Is how long a connection may be idle between requests. Default: 60 s.
    pub idle: Duration,
    /// Is how long a body may take, and a response be stuck, before the rate counts. Default: 10 s.
    pub grace: Duration,
    /// Is how many octets a second a peer must send of a body, and take of a response that does
    /// not leave at once, on average behind the grace. At least 1. Default: 1,024.
    pub least_octets_per_second: u64,
    /// Is how long a connection that we close may still send, so that our answer reaches it.
    /// Default: 2 s.
    pub linger: Duration,
    /// Is how many connections may be open, over all listeners. Default: 10,000.
    pub connections: usize,
    /// Is how many connections one client address may have open, over all listeners; in IPv6 one
    /// /64 network counts as one address. Default: 64.
    pub connections_per_address: usize,
    /// Is how long requests under way may take to finish on shutdown. Default: 10 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            head_octets: 16 * 1024,
            body: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            grace: Duration::from_secs(10),
            least_octets_per_second: 1024,
            linger: Duration::from_secs(2),
            connections: 10_000,
            connections_per_address: 64,
            drain: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// Returns how long this many octets may take at the slowest rate allowed.
    pub(super) fn patience(&self, octets: u64) -> Duration {
        self.grace + Duration::from_millis(octets.saturating_mul(1000) / self.least_octets_per_second.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_the_grace_and_the_time_at_the_slowest_rate() {
        let limits = Limits { grace: Duration::from_secs(5), least_octets_per_second: 1000, ..Limits::default() };
        assert_eq!(limits.patience(0), Duration::from_secs(5));
        assert_eq!(limits.patience(2500), Duration::from_millis(7500));
        assert!(limits.patience(u64::MAX) > Duration::from_secs(1_000_000));
    }
}
