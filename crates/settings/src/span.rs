//! A length of time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::text::{ValueError, stands_as_text};

/// Is a length of time, written with its unit: `500ms`, `90s`, `15m`, `24h`, `7d`, `1h30m`.
///
/// Resolution: one millisecond. Range: 0 to about 585 million years.
///
/// ```
/// let every: settings::Span = "15m".parse().unwrap();
/// assert_eq!(every.duration().as_secs(), 900);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    milliseconds: u64,
}

stands_as_text!(Span, "a length of time such as \"90s\", \"15m\", \"24h\" or \"7d\"");

/// The units from the largest down, each in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Span {
    pub const fn from_seconds(seconds: u32) -> Self {
        Span { milliseconds: seconds as u64 * 1_000 }
    }

    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }

    /// Returns whole seconds; a part of a second is dropped.
    pub const fn seconds(self) -> u64 {
        self.milliseconds / 1_000
    }
}

impl FromStr for Span {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let malformed = || ValueError(format!("expected a length of time such as \"90s\", \"15m\", \"24h\" or \"7d\", found \"{text}\""));
        let mut rest = text.trim();
        if !rest.is_empty() && rest.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(ValueError(format!("\"{rest}\" has no unit; write \"{rest}s\", \"{rest}m\", \"{rest}h\" or \"{rest}d\"")));
        }
        let mut milliseconds: u64 = 0;
        let mut last = u64::MAX;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            let after = after.trim_start();
            let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, after) = after.split_at(letters);
            // Larger units first and each once: "5m1h" is more likely a slip than a wish.
            let (_, size) = UNITS.into_iter().find(|(name, size)| *name == unit && *size < last).ok_or_else(malformed)?;
            if number.is_empty() {
                return Err(malformed());
            }
            let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(size));
            let sum = part.and_then(|part| milliseconds.checked_add(part));
            milliseconds = sum.ok_or_else(|| ValueError(format!("\"{text}\" is longer than can be reckoned with")))?;
            last = size;
            rest = after.trim_start();
        }
        if last == u64::MAX { Err(malformed()) } else { Ok(Span { milliseconds }) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.milliseconds == 0 {
            return f.write_str("0s");
        }
        // The largest unit that divides it: 90 minutes read better than 1 hour and 30 minutes.
        let (unit, size) = UNITS.into_iter().find(|(_, size)| self.milliseconds.is_multiple_of(*size)).expect("a millisecond divides all");
        write!(f, "{}{unit}", self.milliseconds / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> u64 {
        text.parse::<Span>().unwrap().seconds()
    }

    #[test]
    fn spans_are_read_in_every_unit() {
        assert_eq!([seconds("90s"), seconds("15m"), seconds("24h"), seconds("7d")], [90, 900, 86_400, 604_800]);
        assert_eq!([seconds("1h30m"), seconds("1h 30m"), seconds(" 2 m "), seconds("0s")], [5_400, 5_400, 120, 0]);
        assert_eq!("500ms".parse::<Span>().unwrap().duration(), Duration::from_millis(500));
    }

    #[test]
    fn spans_are_written_in_the_largest_unit_that_divides_them() {
        let written = |text: &str| text.parse::<Span>().unwrap().to_string();
        assert_eq!(
            [written("90s"), written("1h30m"), written("24h"), written("0m"), written("1500ms")],
            ["90s", "90m", "1d", "0s", "1500ms"]
        );
    }

    #[test]
    fn a_number_without_unit_is_refused_and_told_the_units() {
        let refused = |text: &str| text.parse::<Span>().unwrap_err().to_string();
        assert_eq!(refused("90"), "\"90\" has no unit; write \"90s\", \"90m\", \"90h\" or \"90d\"");
        for text in ["", "s", "-5m", "5 minutes", "1.5h", "5m1h", "5m5m", "5M", "h5", "5mö"] {
            assert!(refused(text).starts_with("expected a length of time such as"), "{text}: {}", refused(text));
        }
        assert_eq!(refused("99999999999999999d"), "\"99999999999999999d\" is longer than can be reckoned with");
    }
}
