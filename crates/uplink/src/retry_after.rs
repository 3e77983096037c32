//! When a server that is busy wants to be asked again.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Whatever a server asks for, a day is enough: a mistake in it must not silence a sender.
const MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads `Retry-After`, as seconds or as a date that lies after `now`.
///
/// Source: RFC 9110 §10.2.3.
pub(crate) fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit()) {
        return Some(value.parse().map_or(MOST, Duration::from_secs).min(MOST));
    }
    let seconds = date(value)?.as_second() - now.as_second();
    Some(Duration::from_secs(seconds.max(0) as u64).min(MOST))
}

/// Reads a date as HTTP writes it, of the three forms the one that may be sent today.
///
/// Source: RFC 9110 §5.6.7.
pub(crate) fn date(value: &str) -> Option<Timestamp> {
    if value.len() > 40 || !value.ends_with(" GMT") {
        return None;
    }
    rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(value: &str) -> Option<u64> {
        parse(value, "2026-11-22T11:00:00Z".parse().unwrap()).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(at("120"), Some(120));
        assert_eq!(at("Sun, 22 Nov 2026 11:00:30 GMT"), Some(30));
    }

    #[test]
    fn a_wait_is_never_longer_than_a_day_nor_negative() {
        assert_eq!(at("99999999999999999999999999"), Some(86_400));
        assert_eq!(at("Tue, 22 Nov 2050 11:00:30 GMT"), Some(86_400));
        assert_eq!(at("Sun, 22 Nov 2020 11:00:30 GMT"), Some(0));
    }

    #[test]
    fn what_is_neither_is_ignored() {
        for value in ["", "-1", "1.5", "soon", "Sun, 22 Nov 2026", "1 2"] {
            assert_eq!(at(value), None, "{value}");
        }
    }
}
