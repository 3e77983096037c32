//! Commands of the server: each is on disk before it begins, and none runs twice.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use wire::commands::{Command, Outcome, OutcomeKind};

use super::{Store, StoreError};

/// Is how many commands whose outcome the server has are remembered, so that none runs again.
const REMEMBERED: u32 = 1000;

impl Store {
    /// Writes down that a command begins; returns whether it may.
    ///
    /// It may not if it has begun before, whatever became of it.
    ///
    /// # Errors
    /// Fails if the store cannot be written; the command must not run then.
    pub fn begin(&mut self, command: &Command, now: Timestamp) -> Result<bool, StoreError> {
        let text = serde_json::to_string(command).expect("a command has texts for keys");
        let mut statement = self.connection.prepare_cached("INSERT OR IGNORE INTO command (id, begun_at, command) VALUES (?1, ?2, ?3)")?;
        Ok(statement.execute(params![command.id, now.as_second(), text])? == 1)
    }

    /// Writes down how a command ended.
    ///
    /// # Errors
    /// Fails if the store cannot be written.
    pub fn end(&mut self, outcome: &Outcome) -> Result<(), StoreError> {
        let text = serde_json::to_string(outcome).expect("an outcome has texts for keys");
        self.connection
            .prepare_cached("UPDATE command SET outcome = ?2 WHERE id = ?1 AND outcome IS NULL")?
            .execute(params![outcome.command, text])?;
        Ok(())
    }

    /// Ends what a process before this one began: nobody knows whether it took effect.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn end_abandoned(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let mut statement = self.connection.prepare("SELECT id FROM command WHERE outcome IS NULL")?;
        let ids: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        drop(statement);
        for id in &ids {
            let detail = Some("the agent stopped while the command ran".to_owned());
            self.end(&Outcome { command: id.clone(), outcome: OutcomeKind::Unknown, at: now, detail })?;
        }
        Ok(ids.len())
    }

    /// Returns the outcomes that the server does not have, the oldest first; at most `most`.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn untold(&self, most: u32) -> Result<Vec<Outcome>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT outcome FROM command WHERE outcome IS NOT NULL AND NOT told ORDER BY begun_at, id LIMIT ?1")?;
        let texts: Vec<String> = statement.query_map([most], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// Returns how a command ended, if it did.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn outcome_of(&self, id: &str) -> Result<Option<Outcome>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT outcome FROM command WHERE id = ?1")?;
        let text: Option<Option<String>> = statement.query_row([id], |row| row.get(0)).optional()?;
        Ok(text.flatten().and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Writes down that the server has an outcome.
    ///
    /// # Errors
    /// Fails if the store cannot be written.
    pub(super) fn told(&mut self, id: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached("UPDATE command SET told = 1 WHERE id = ?1")?.execute([id])?;
        self.connection
            .prepare_cached("DELETE FROM command WHERE told AND id NOT IN (SELECT id FROM command ORDER BY begun_at DESC, id LIMIT ?1)")?
            .execute([REMEMBERED])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;
    use wire::commands::Action;

    fn now() -> Timestamp {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    fn command(id: &str) -> Command {
        Command { id: id.into(), issued_at: now(), expires_at: now(), action: Action::ReadNow }
    }

    #[test]
    fn a_command_begins_once_also_after_a_restart() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        assert!(store.begin(&command("c1"), now()).unwrap());
        assert!(!store.begin(&command("c1"), now()).unwrap());
        drop(store);
        let mut store = Store::open(folder.path()).unwrap();
        assert!(!store.begin(&command("c1"), now()).unwrap());
    }

    #[test]
    fn what_was_begun_and_not_ended_is_unknown_after_a_restart() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        store.begin(&command("c1"), now()).unwrap();
        store.begin(&command("c2"), now()).unwrap();
        store.end(&Outcome { command: "c2".into(), outcome: OutcomeKind::Done, at: now(), detail: None }).unwrap();
        assert_eq!(store.end_abandoned(now()).unwrap(), 1);
        let kinds: Vec<_> = store.untold(9).unwrap().into_iter().map(|outcome| (outcome.command, outcome.outcome)).collect();
        assert_eq!(kinds, [("c1".to_owned(), OutcomeKind::Unknown), ("c2".to_owned(), OutcomeKind::Done)]);
        store.told("c1").unwrap();
        assert_eq!(store.untold(9).unwrap().len(), 1);
        // An outcome stays what it is.
        store.end(&Outcome { command: "c1".into(), outcome: OutcomeKind::Done, at: now(), detail: None }).unwrap();
        assert_eq!(store.outcome_of("c1").unwrap().unwrap().outcome, OutcomeKind::Unknown);
    }
}
