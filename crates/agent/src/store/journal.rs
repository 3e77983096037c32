//! The sessions with the server, as they went.

use jiff::Timestamp;
use rusqlite::params;

use super::{Store, StoreError, time};

/// Is one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synchronisation {
    pub at: Timestamp,
    /// Why it was begun, in a word.
    pub reason: String,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    pub reports: u32,
    /// Octets on the wire, TLS and HTTP included.
    pub sent: u64,
    pub received: u64,
}

/// Is how many sessions are remembered: more than a year of daily ones.
const REMEMBERED: u32 = 400;

impl Store {
    /// Writes down how a session went.
    ///
    /// # Errors
    /// Fails if the store cannot be written.
    pub fn note(&mut self, session: &Synchronisation) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT INTO journal (at, reason, failure, reports, sent, received) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                session.at.as_second(),
                session.reason,
                session.failure,
                session.reports,
                session.sent.cast_signed(),
                session.received.cast_signed()
            ])?;
        self.connection
            .prepare_cached("DELETE FROM journal WHERE number <= (SELECT max(number) FROM journal) - ?1")?
            .execute([REMEMBERED])?;
        Ok(())
    }

    /// Returns the newest sessions, the newest first.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn sessions(&self, most: u32) -> Result<Vec<Synchronisation>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT at, reason, failure, reports, sent, received FROM journal ORDER BY number DESC LIMIT ?1")?;
        let rows = statement.query_map([most], |row| {
            Ok(Synchronisation {
                at: time(row.get(0)?),
                reason: row.get(1)?,
                failure: row.get(2)?,
                reports: row.get(3)?,
                sent: row.get::<_, i64>(4)?.unsigned_abs(),
                received: row.get::<_, i64>(5)?.unsigned_abs(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn the_newest_sessions_are_remembered() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        for number in 0..REMEMBERED + 5 {
            let session = Synchronisation {
                at: time(number.into()),
                reason: "planned".into(),
                failure: (number % 2 == 1).then(|| "no answer".to_owned()),
                reports: 1,
                sent: 75_000,
                received: 900,
            };
            store.note(&session).unwrap();
        }
        let sessions = store.sessions(u32::MAX).unwrap();
        assert_eq!(sessions.len(), REMEMBERED as usize);
        assert_eq!(sessions[0].at, time(i64::from(REMEMBERED) + 4));
    }
}
