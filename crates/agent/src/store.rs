//! What the agent remembers: devices, what was read and not yet sent, and where it stands with its server.
//!
//! One SQLite file. Every step is a transaction that is on disk when it returns, and every device is
//! handled by itself: the fleet is never in memory. Readings leave only when the server has said
//! that it has them; facts that the server is known to have are kept beside them, so that the next
//! report tells only what has changed.

pub mod access;
pub mod base;
pub mod blob;
pub mod commands;
pub mod devices;
pub mod journal;
pub mod memory;
pub mod moves;
pub mod readings;
pub mod sighting;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags};

pub use devices::Device;
pub use moves::{Move, PartError};
pub use readings::Unsent;
pub use sighting::{Recognised, Sighting};

/// Is the name of the file in the agent's folder.
pub const FILE: &str = "agent.db";

/// Counts the forms the file has had.
const VERSION: i64 = 5;

/// Says why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the agent's store {}", .path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error(
        "the agent's store {} is damaged: {detail}; move the file away and start again: devices are found anew and reported whole",
        .path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    #[error("the agent's store {} is of form {found}, expected at most {VERSION}; it was written by a newer agent, so install that one", .path.display())]
    Newer { path: PathBuf, found: i64 },
    #[error("the disk with the agent's store is full; make room: nothing that was read before is lost")]
    Full(#[source] rusqlite::Error),
    #[error("the agent's store cannot be written; check the rights to its folder, and that the disk is not mounted read-only")]
    ReadOnly(#[source] rusqlite::Error),
    #[error("a device's facts in the agent's store do not read")]
    Facts(#[from] blob::Damaged),
    #[error("the agent's store does not do what it is asked")]
    Failed(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full(error),
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly(error),
            _ => StoreError::Failed(error),
        }
    }
}

/// Is the store; see the module.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    /// The place of the newest reading when the store was opened.
    place_at_open: i64,
}

impl Store {
    /// Opens the store in `folder`, and makes it if need be.
    ///
    /// # Errors
    /// Fails if the file cannot be read or written, is damaged, or was written by a newer agent.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        private(&path).map_err(|error| {
            let code = if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem || error.kind() == std::io::ErrorKind::PermissionDenied {
                rusqlite::ffi::SQLITE_READONLY
            } else {
                rusqlite::ffi::SQLITE_CANTOPEN
            };
            let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string()));
            if code == rusqlite::ffi::SQLITE_READONLY {
                StoreError::ReadOnly(source)
            } else {
                StoreError::Open { path: path.clone(), source }
            }
        })?;
        let mut store = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // FULL: what is said to be on disk survives a power cut.
        store.pragma("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 500; PRAGMA foreign_keys = ON;")?;
        store.check()?;
        store.migrate()?;
        store.place_at_open = store.newest_place()?;
        Ok(store)
    }

    /// Opens the store beside a running agent, to look at it only.
    ///
    /// # Errors
    /// As [`Store::open`]; also if there is no store yet.
    pub fn look(folder: &Path) -> Result<Self, StoreError> {
        Self::connect(folder.join(FILE), OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn connect(path: PathBuf, flags: OpenFlags) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|source| StoreError::Open { path: path.clone(), source })?;
        let store = Store { connection, path, place_at_open: 0 };
        store.connection.set_prepared_statement_cache_capacity(24);
        // Some readers, such as `report`, look while the service writes.
        store.connection.busy_timeout(std::time::Duration::from_secs(10))?;
        store.pragma("PRAGMA cache_size = -512; PRAGMA temp_store = FILE; PRAGMA mmap_size = 0;")?;
        Ok(store)
    }

    fn pragma(&self, text: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(text).map_err(|error| self.damage(error))
    }

    /// Turns SQLite's word for a file that is none of its own into ours.
    fn damage(&self, error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged { path: self.path.clone(), detail: error.to_string() }
            }
            _ => error.into(),
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        let verdict: String =
            self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| self.damage(error))?;
        if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged { path: self.path.clone(), detail: verdict }) }
    }

    fn migrate(&self) -> Result<(), StoreError> {
        let found: i64 = self.connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > VERSION {
            return Err(StoreError::Newer { path: self.path.clone(), found });
        }
        if found < 1 {
            self.connection.execute_batch(concat!("BEGIN;", include_str!("store/form1.sql"), "PRAGMA user_version = 1; COMMIT;"))?;
        }
        if found < 2 {
            self.connection.execute_batch(concat!("BEGIN;", include_str!("store/form2.sql"), "PRAGMA user_version = 2; COMMIT;"))?;
        }
        if found < 3 {
            self.connection.execute_batch(concat!("BEGIN;", include_str!("store/form3.sql"), "PRAGMA user_version = 3; COMMIT;"))?;
        }
        if found < 4 {
            self.connection.execute_batch(concat!("BEGIN;", include_str!("store/form4.sql"), "PRAGMA user_version = 4; COMMIT;"))?;
        }
        if found < 5 {
            self.connection.execute_batch(concat!("BEGIN;", include_str!("store/form5.sql"), "PRAGMA user_version = 5; COMMIT;"))?;
        }
        Ok(())
    }

    /// Returns the octets of the file and its write-ahead log.
    pub fn octets(&self) -> u64 {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        size(&self.path) + size(Path::new(&log))
    }

    /// Runs several steps as one: all of them are on disk afterwards, or none.
    ///
    /// # Errors
    /// Fails as the steps do, and if the disk does not take them.
    pub fn at_once<T>(&mut self, steps: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        match steps(self) {
            Ok(value) => match self.connection.execute_batch("COMMIT") {
                Ok(()) => Ok(value),
                Err(error) => {
                    let _ = self.connection.execute_batch("ROLLBACK");
                    Err(error.into())
                }
            },
            Err(error) => {
                // SQLite has rolled back by itself after some errors; then this says so, and that is fine.
                let _ = self.connection.execute_batch("ROLLBACK");
                Err(error)
            }
        }
    }
}

impl Store {
    /// Takes back what a thread left half done that did not live to finish it.
    pub(crate) fn abandon(&mut self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// Makes the file, readable to its owner only: it knows the customer's network.
fn private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Reads a time that we wrote.
fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_store_is_made_once_and_found_again() {
        let folder = Folder::new();
        let host = Store::open(folder.path()).unwrap().host_id().unwrap();
        assert_eq!(Store::open(folder.path()).unwrap().host_id().unwrap(), host);
        assert_eq!(host.len(), 32);
    }

    #[test]
    fn a_file_that_is_no_store_is_told_and_left_alone() {
        let folder = Folder::new();
        let text = b"this is no database, whatever it is called".repeat(100);
        std::fs::write(folder.path().join(FILE), &text).unwrap();
        let error = Store::open(folder.path()).err().unwrap();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), text);
    }

    #[test]
    fn a_store_of_a_newer_agent_is_not_touched() {
        let folder = Folder::new();
        Store::open(folder.path()).unwrap().connection.execute_batch("PRAGMA user_version = 9").unwrap();
        let error = Store::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains("form 9"), "{error}");
    }

    #[test]
    fn a_store_of_an_older_agent_knows_its_devices_again() {
        let folder = Folder::new();
        let older = Connection::open(folder.path().join(FILE)).unwrap();
        for form in [include_str!("store/form1.sql"), include_str!("store/form2.sql"), include_str!("store/form3.sql")] {
            older.execute_batch(form).unwrap();
        }
        let sql = "INSERT INTO device (address, maker, serial, in_scope, first_seen, last_seen, facts) VALUES ('10.0.0.7', 'Acme', 'SN-0007', 1, 0, 0, ?1)";
        older.execute(sql, [blob::encode(&wire::Facts::new())]).unwrap();
        older.execute_batch("PRAGMA user_version = 3").unwrap();
        drop(older);
        let traits = wire::identity::Traits { maker: Some("ACME".into()), serials: vec!["sn-0007".into()], ..Default::default() };
        let seen = Sighting { address: "10.0.0.8".into(), traits, round: None };
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(store.see(&seen, true, time(60)).unwrap(), 1);
        assert_eq!(store.moves().unwrap()[0].from.as_deref(), Some("10.0.0.7"));
    }

    #[test]
    fn a_full_disk_is_told_and_what_was_kept_before_stays() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let facts: wire::Facts = (0..200).map(|number| (format!("key{number}").into(), "text".into())).collect();
        let seen = |number: u32| Sighting { address: format!("10.0.0.{number}"), ..Sighting::default() };
        let pages: i64 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        store.connection.execute_batch(&format!("PRAGMA max_page_count = {}", pages + 8)).unwrap();
        let mut kept = 0;
        let error = loop {
            let result = store.at_once(|store| {
                let device = store.see(&seen(kept), true, time(0))?;
                store.keep(device, wire::Extent::Whole, time(60), jiff::civil::date(1970, 1, 1), &facts)
            });
            match result {
                Ok(()) => kept += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::Full(_)), "{error}");
        assert!(kept > 0);
        assert_eq!(store.counts().unwrap(), (kept.into(), 0));
        store.connection.execute_batch(&format!("PRAGMA max_page_count = {}", pages + 100)).unwrap();
        assert_eq!(store.see(&seen(kept), true, time(0)).unwrap(), kept + 1);
    }

    #[test]
    fn steps_that_fail_together_leave_nothing() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let before = store.last_sequence().unwrap();
        let failed: Result<(), StoreError> = store.at_once(|store| {
            store.next_sequence(0)?;
            Err(StoreError::Facts(blob::Damaged))
        });
        assert!(failed.is_err());
        assert_eq!(store.last_sequence().unwrap(), before);
    }
}
