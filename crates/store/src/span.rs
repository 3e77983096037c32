//! Half months: what one row of history may tell of, and days gathered from such rows.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use policy::history::{Day, Sample, day_of, start_of};
use wire::envelope::SenderKind;

use crate::fleet::HistoryDay;
use crate::ids::SenderId;

/// Is the most days that a row tells of.
pub const SPAN_DAYS: i64 = 16;

/// Returns the first day of the half month that a day lies in.
pub fn span_of(day: i64) -> i64 {
    let of_month = i64::from(TimeZone::UTC.to_datetime(start_of(day)).day());
    if of_month <= 15 { day - (of_month - 1) } else { day - (of_month - 16) }
}

/// Gathers the days of a device that are asked for, from rows that are met from the newest to the oldest.
pub struct Days {
    from: i64,
    to: i64,
    most: usize,
    found: BTreeMap<(i64, SenderId), (SenderKind, Day)>,
}

impl Days {
    pub fn new(from: i64, to: i64, most: usize) -> Self {
        Days { from, to, most, found: BTreeMap::new() }
    }

    /// Returns the first row that can tell of a day that is asked for.
    pub fn first_row(&self) -> i64 {
        span_of(self.from)
    }

    pub fn add(&mut self, sender: SenderId, kind: SenderKind, samples: Vec<Sample>) {
        for sample in samples {
            let day = day_of(sample.observed_at);
            if (self.from..=self.to).contains(&day) {
                self.found.entry((day, sender)).or_insert_with(|| (kind, Day::default())).1.add(sample);
            }
        }
    }

    /// Says whether rows up to this one can tell of nothing that is still wanted.
    pub fn has_enough(&self, row: i64) -> bool {
        let oldest = self.found.first_key_value().map(|((day, _), _)| *day);
        self.most == 0 || (self.found.len() >= self.most && oldest.is_some_and(|oldest| oldest >= span_of(row) + SPAN_DAYS))
    }

    /// Returns the newest days, the oldest of them first.
    pub fn newest(self) -> Vec<HistoryDay> {
        let surplus = self.found.len().saturating_sub(self.most);
        let days = self.found.into_iter().skip(surplus);
        days.map(|((day, sender), (kind, samples))| HistoryDay { day, sender, kind, samples: samples.samples().cloned().collect() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_has_two_rows() {
        let day = |text: &str| day_of(format!("{text}T12:00:00Z").parse().unwrap());
        for (of, first) in [
            ("2026-11-01", "2026-11-01"),
            ("2026-11-15", "2026-11-01"),
            ("2026-11-16", "2026-11-16"),
            ("2026-12-31", "2026-12-16"),
            ("2028-02-29", "2028-02-16"),
        ] {
            assert_eq!(span_of(day(of)), day(first), "{of}");
        }
    }
}
