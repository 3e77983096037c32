//! Simulated time: a count of microseconds, and the calendar that printers live by.

/// Is a moment or a span in microseconds since the start of the simulation.
pub type Tick = u64;

pub const MILLISECOND: Tick = 1_000;
pub const SECOND: Tick = 1_000 * MILLISECOND;
pub const MINUTE: Tick = 60 * SECOND;
pub const HOUR: Tick = 60 * MINUTE;
pub const DAY: Tick = 24 * HOUR;
pub const WEEK: Tick = 7 * DAY;

/// Is the moment at which simulations begin unless told otherwise: Monday, 5 January 2026, 00:00
/// UTC, in seconds since 1970.
pub const MONDAY: u64 = 1_767_571_200;

/// Returns the day of the week of a day counted from 1970-01-01: 0 is Monday, 6 Sunday.
pub fn weekday(days_since_1970: u64) -> u64 {
    // 1 January 1970 was a Thursday.
    (days_since_1970 + 3) % 7
}

/// Returns year, month and day of a day counted from 1970-01-01.
///
/// Source: the civil calendar counted in eras of 400 years that begin on 1 March.
pub fn civil(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Returns a moment as DateAndTime of eight octets: year in two, month, day, hour, minute,
/// second, tenths.
///
/// Source: RFC 2579, DateAndTime.
pub fn date_and_time(seconds_since_1970: u64) -> [u8; 8] {
    let (year, month, day) = civil(seconds_since_1970 / 86_400);
    let second = seconds_since_1970 % 86_400;
    let [high, low] = (year as u16).to_be_bytes();
    [high, low, month as u8, day as u8, (second / 3_600) as u8, (second / 60 % 60) as u8, (second % 60) as u8, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulations_begin_on_a_monday() {
        assert_eq!(weekday(MONDAY / 86_400), 0);
        assert_eq!(date_and_time(MONDAY), [0x07, 0xea, 1, 5, 0, 0, 0, 0]);
    }

    #[test]
    fn the_calendar_knows_leap_days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(19_783), (2024, 3, 1));
        assert_eq!(weekday(19_782), 3);
        assert_eq!(date_and_time(1_709_251_199), [0x07, 0xe8, 2, 29, 23, 59, 59, 0]);
    }
}
