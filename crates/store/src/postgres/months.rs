//! The months of history, each a table of its own.
//!
//! A month's table is made when a report brings a day of it, and ahead of its time in the last days of
//! the month before. A day that no table is for, because a clock is wrong or because the table could
//! not be made, lies in `history_other`, where it is found all the same; it moves when the table is made.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use policy::history::day_of;

use super::link::Link;
use super::sql::statements;
use crate::error::{Result, StoreError};

/// Is how many days before its start a month's table is made.
const AHEAD: i64 = 10;

/// Is how long it takes until a table that could not be made is tried again.
const PAUSE: Duration = Duration::from_secs(300);

/// Is the first month that can be: this program is not older.
const FIRST: Month = Month { year: 2025, month: 1 };

statements! {
    Schema MONTHS = "SELECT c.relname::text FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid \
                     WHERE i.inhparent = 'history'::regclass ORDER BY c.relname";
}

/// Is a calendar month, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// Returns the month of a day, if it has one.
    pub fn of(day: i64) -> Option<Month> {
        let second = day.checked_mul(86_400)?;
        let date = Timestamp::from_second(second).ok()?.to_zoned(TimeZone::UTC).date();
        Some(Month { year: date.year(), month: date.month() })
    }

    /// Reads the month from the name of its table.
    fn from_table(name: &str) -> Option<Month> {
        let (year, month) = name.strip_prefix("history_")?.split_once('_')?;
        Some(Month { year: year.parse().ok()?, month: month.parse().ok()? })
    }

    fn next(self) -> Month {
        if self.month == 12 { Month { year: self.year + 1, month: 1 } } else { Month { month: self.month + 1, ..self } }
    }

    /// Returns its first day.
    pub fn first_day(self) -> i64 {
        Date::new(self.year, self.month, 1)
            .ok()
            .and_then(|date| date.to_zoned(TimeZone::UTC).ok())
            .map_or(0, |start| day_of(start.timestamp()))
    }

    /// Returns the day after its last one.
    pub fn end(self) -> i64 {
        self.next().first_day()
    }

    pub fn table(self) -> String {
        format!("history_{:04}_{:02}", self.year, self.month)
    }
}

/// Knows which months have a table.
#[derive(Default)]
pub struct Months {
    known: Mutex<BTreeSet<Month>>,
    failed: Mutex<Option<Instant>>,
}

impl Months {
    /// Makes sure that the days of reports have their tables, as far as they can be true at `now`, and
    /// the coming month soon. It changes nothing within a transaction, so it is called before one.
    pub async fn provide(&self, link: &Link, days: impl Iterator<Item = i64>, now: Timestamp) {
        let soon = day_of(now) + AHEAD;
        let wanted: BTreeSet<Month> =
            days.filter(|day| *day <= soon).chain([soon]).filter_map(Month::of).filter(|month| *month >= FIRST).collect();
        if self.lacking(&wanted).is_empty() || self.is_pausing() {
            return;
        }
        if let Err(fault) = self.make(link, &wanted).await {
            tracing::warn!(
                error = &fault as &dyn std::error::Error,
                "no table could be made for a month of history; its days are kept with the others, and it is tried again in a few minutes"
            );
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    fn lacking(&self, wanted: &BTreeSet<Month>) -> Vec<Month> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.difference(&known).copied().collect()
    }

    fn is_pausing(&self) -> bool {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < PAUSE)
    }

    async fn make(&self, link: &Link, wanted: &BTreeSet<Month>) -> Result<()> {
        let there = present(link).await?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).extend(there);
        for month in self.lacking(wanted) {
            match make_table(link, month).await {
                Ok(()) => tracing::info!(table = month.table(), "a month of history has got its table"),
                // Another server was faster.
                Err(StoreError::Conflict { .. }) if present(link).await?.contains(&month) => {}
                Err(fault) => return Err(fault),
            }
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(month);
        }
        Ok(())
    }

    /// Forgets a month whose table has gone.
    pub fn forget(&self, month: Month) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&month);
    }
}

/// Lists the months that have a table.
pub async fn present(link: &Link) -> Result<BTreeSet<Month>> {
    let names: Vec<String> = link.all(&MONTHS, &[], |row| Ok(row.try_get(0)?)).await?;
    Ok(names.iter().filter_map(|name| Month::from_table(name)).collect())
}

/// Makes the table beside the others, moves into it what waited for it, and puts it in its place. Only
/// the last step keeps others waiting, and it waits for them no longer than a moment.
async fn make_table(link: &Link, month: Month) -> Result<()> {
    let (table, from, to) = (month.table(), month.first_day(), month.end());
    let sql = format!(
        "BEGIN; SET LOCAL lock_timeout = '3s'; \
         CREATE TABLE {table} (LIKE history INCLUDING STORAGE INCLUDING INDEXES); \
         LOCK TABLE history_other IN ACCESS EXCLUSIVE MODE; \
         WITH moved AS (DELETE FROM history_other WHERE day >= {from} AND day < {to} RETURNING tenant_id, day, device_id, sender_id, samples) \
         INSERT INTO {table} (tenant_id, day, device_id, sender_id, samples) SELECT * FROM moved; \
         ALTER TABLE history ATTACH PARTITION {table} FOR VALUES FROM ({from}) TO ({to}); COMMIT"
    );
    let made = link.command(&sql).await;
    if made.is_err() {
        link.command("ROLLBACK").await?;
    }
    made
}

/// Removes the table of a month.
pub async fn drop_table(link: &Link, month: Month) -> Result<()> {
    let sql = format!("BEGIN; SET LOCAL lock_timeout = '3s'; DROP TABLE {}; COMMIT", month.table());
    let dropped = link.command(&sql).await;
    if dropped.is_err() {
        link.command("ROLLBACK").await?;
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_knows_its_days_and_its_table() {
        let december = Month::of(20_789).expect("2026-12-02 has a month");
        assert_eq!(december, Month { year: 2026, month: 12 });
        assert_eq!((december.table().as_str(), december.first_day(), december.end()), ("history_2026_12", 20_788, 20_819));
        assert_eq!(Month::from_table("history_2026_12"), Some(december));
        assert_eq!(Month::from_table("history_other"), None);
        assert_eq!(Month::of(i64::MAX), None);
    }
}
