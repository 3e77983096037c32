//! An amount of memory or disk.

use std::fmt;
use std::str::FromStr;

use crate::text::{ValueError, stands_as_text};

/// Is a number of octets, written with its unit: `512 B`, `64 KiB`, `64 MiB`, `2 GiB`, `10 MB`.
///
/// `KiB`, `MiB`, `GiB`, `TiB` are powers of 1024; `kB`, `MB`, `GB`, `TB` of 1000.
///
/// ```
/// let most: settings::Octets = "64 MiB".parse().unwrap();
/// assert_eq!(most.count(), 67_108_864);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Octets {
    count: u64,
}

stands_as_text!(Octets, "a size such as \"64 MiB\"");

/// The units, the one to be written first before those it is as good as.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl Octets {
    pub const fn new(count: u64) -> Self {
        Octets { count }
    }

    pub const fn mebi(count: u32) -> Self {
        Octets { count: (count as u64) << 20 }
    }

    pub const fn count(self) -> u64 {
        self.count
    }
}

impl FromStr for Octets {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = trimmed.split_at(digits);
        let unit = unit.trim_start();
        if number.is_empty() {
            return Err(ValueError(format!("expected a size such as \"64 MiB\", found \"{text}\"")));
        }
        if unit.is_empty() {
            return Err(ValueError(format!("\"{trimmed}\" has no unit; write \"{trimmed} B\", \"{trimmed} KiB\" or \"{trimmed} MiB\"")));
        }
        // Case is forgiven: nobody means a millibit.
        let known = UNITS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let (_, size) = known.ok_or_else(|| ValueError(format!("unknown unit \"{unit}\"; write B, KiB, MiB, GiB or TiB")))?;
        let count = number.parse::<u64>().ok().and_then(|number| number.checked_mul(size));
        count.map(Octets::new).ok_or_else(|| ValueError(format!("\"{text}\" is more than can be counted")))
    }
}

impl fmt::Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divides = |size: u64| self.count != 0 && self.count.is_multiple_of(size);
        let (unit, size) = UNITS.into_iter().find(|(_, size)| divides(*size)).unwrap_or(("B", 1));
        write!(f, "{} {unit}", self.count / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> u64 {
        text.parse::<Octets>().unwrap().count()
    }

    #[test]
    fn sizes_are_read_in_binary_and_decimal_units() {
        assert_eq!(
            [count("64 MiB"), count("64MiB"), count("10 MB"), count("1 kB"), count("7 B"), count("2 tib")],
            [67_108_864, 67_108_864, 10_000_000, 1_000, 7, 2 << 40]
        );
    }

    #[test]
    fn sizes_are_written_as_they_are_read() {
        for text in ["64 MiB", "1 GiB", "10 MB", "7 B", "0 B", "1536 KiB"] {
            assert_eq!(text.parse::<Octets>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn sizes_without_unit_or_sense_are_refused() {
        let refused = |text: &str| text.parse::<Octets>().unwrap_err().to_string();
        assert_eq!(refused("64"), "\"64\" has no unit; write \"64 B\", \"64 KiB\" or \"64 MiB\"");
        assert_eq!(refused("64 Mib it"), "unknown unit \"Mib it\"; write B, KiB, MiB, GiB or TiB");
        assert_eq!(refused("-1 MiB"), "expected a size such as \"64 MiB\", found \"-1 MiB\"");
        assert_eq!(refused("99999999 TiB"), "\"99999999 TiB\" is more than can be counted");
    }
}
