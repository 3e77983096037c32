//! Single things to remember: who this installation is, the last sequence number, where the agenda stands.

use rusqlite::OptionalExtension;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Store, StoreError};

const SEQUENCE: &str = "sequence";
const HOST: &str = "host-id";

impl Store {
    /// Returns what was remembered under this name; what does not read any more counts as forgotten.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn recall<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM memory WHERE name = ?1")?;
        let text: Option<String> = statement.query_row([name], |row| row.get(0)).optional()?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Remembers a value under a name, instead of what was remembered before.
    ///
    /// # Errors
    /// Fails if the store cannot be written.
    pub fn remember<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), StoreError> {
        let text = serde_json::to_string(value).expect("what is remembered has texts for keys");
        let mut statement = self.connection.prepare_cached("INSERT OR REPLACE INTO memory (name, value) VALUES (?1, ?2)")?;
        statement.execute([name, &text])?;
        Ok(())
    }

    /// Forgets what was remembered under this name.
    ///
    /// # Errors
    /// Fails if the store cannot be written.
    pub fn forget(&mut self, name: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached("DELETE FROM memory WHERE name = ?1")?.execute([name])?;
        Ok(())
    }

    /// Returns the number that tells this installation from others; it is made at the first call.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn host_id(&mut self) -> Result<String, StoreError> {
        if let Some(known) = self.recall(HOST)? {
            return Ok(known);
        }
        let host = crate::secrets::hex(&crate::secrets::random::<16>());
        self.remember(HOST, &host)?;
        Ok(host)
    }

    /// Returns the sequence number given last; 0 if none was.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn last_sequence(&self) -> Result<u64, StoreError> {
        Ok(self.recall(SEQUENCE)?.unwrap_or(0))
    }

    /// Returns a sequence number that was never given, above `than` as well.
    ///
    /// # Errors
    /// Fails if the store cannot be written.
    pub fn next_sequence(&mut self, than: u64) -> Result<u64, StoreError> {
        let next = self.last_sequence()?.max(than) + 1;
        self.remember(SEQUENCE, &next)?;
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Store;
    use crate::testing::Folder;

    #[test]
    fn a_sequence_number_is_given_once_and_passes_what_the_server_knows() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!([store.next_sequence(0).unwrap(), store.next_sequence(0).unwrap()], [1, 2]);
        drop(store);
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(store.next_sequence(40).unwrap(), 41);
    }

    #[test]
    fn what_does_not_read_any_more_counts_as_forgotten() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        store.remember("x", &"text").unwrap();
        assert_eq!(store.recall::<u64>("x").unwrap(), None);
        store.forget("x").unwrap();
        assert_eq!(store.recall::<String>("x").unwrap(), None);
    }
}
