//! A time of day on the wall clock of the site.

use std::fmt;
use std::str::FromStr;

use crate::text::{ValueError, stands_as_text};

/// Is a local time of day, in minutes since midnight, from 00:00 to 23:59.
///
/// ```
/// let at: settings::TimeOfDay = "02:30".parse().unwrap();
/// assert_eq!((at.hour(), at.minute()), (2, 30));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    minutes: u16,
}

stands_as_text!(TimeOfDay, "a time of day such as \"02:00\"");

impl TimeOfDay {
    /// Returns the time, or `None` if there is no such hour or minute.
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(TimeOfDay { minutes: hour as u16 * 60 + minute as u16 }) } else { None }
    }

    pub const fn hour(self) -> u8 {
        (self.minutes / 60) as u8
    }

    pub const fn minute(self) -> u8 {
        (self.minutes % 60) as u8
    }
}

impl FromStr for TimeOfDay {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let malformed = || ValueError(format!("expected a time of day such as \"02:00\", found \"{text}\""));
        let (hour, minute) = text.trim().split_once(':').ok_or_else(malformed)?;
        // TOML writes a bare local time with seconds, so those are taken when they say nothing.
        let minute = minute.strip_suffix(":00").unwrap_or(minute);
        let hour: u8 = digits(hour).ok_or_else(malformed)?;
        let minute: u8 = digits(minute).ok_or_else(malformed)?;
        TimeOfDay::new(hour, minute).ok_or_else(|| ValueError(format!("there is no {text} on the clock; expected \"00:00\" to \"23:59\"")))
    }
}

fn digits(text: &str) -> Option<u8> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour(), self.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_and_written_the_same() {
        for text in ["00:00", "02:00", "23:59"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        assert_eq!("2:05".parse::<TimeOfDay>().unwrap().to_string(), "02:05");
        assert_eq!("02:00:00".parse::<TimeOfDay>().unwrap().to_string(), "02:00");
    }

    #[test]
    fn impossible_hours_are_refused_with_the_range() {
        let refused = |text: &str| text.parse::<TimeOfDay>().unwrap_err().to_string();
        assert_eq!(refused("25:00"), "there is no 25:00 on the clock; expected \"00:00\" to \"23:59\"");
        assert_eq!(refused("24:00"), "there is no 24:00 on the clock; expected \"00:00\" to \"23:59\"");
        assert_eq!(refused("02:60"), "there is no 02:60 on the clock; expected \"00:00\" to \"23:59\"");
        for text in ["", "2", "2am", "-1:00", "02:0x", "002:00", "02:00:30", "+2:00"] {
            assert_eq!(refused(text), format!("expected a time of day such as \"02:00\", found \"{text}\""));
        }
    }
}
