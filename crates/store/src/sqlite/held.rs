//! A store in a file that nobody else has open, for moving it elsewhere or filling it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::lock_path;
use super::schema::{self, Purpose};
use crate::error::{Result, StoreError};

const CACHE_OCTETS: u64 = 16 << 20;

/// Is a store that is held alone until it is dropped.
pub struct Held {
    pub connection: Connection,
    path: PathBuf,
    _lock: File,
}

impl Held {
    /// Opens a store that is there, and brings it to the schema of today.
    ///
    /// # Errors
    /// Fails if a program has it open, or if it is none.
    pub fn open_existing(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(StoreError::NotFound { what: "store file" });
        }
        Self::open(path)
    }

    /// Makes a store where nothing is.
    ///
    /// # Errors
    /// Fails if there is a file.
    pub fn make_new(path: &Path) -> Result<Self> {
        if path.exists() {
            return Err(StoreError::FileExists { path: path.to_owned() });
        }
        schema::make_file(path)?;
        Self::open(path)
    }

    fn open(path: &Path) -> Result<Self> {
        let write = |source| StoreError::Write { path: path.to_owned(), source };
        let lock = File::options().create(true).truncate(false).write(true).open(lock_path(path)).map_err(write)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(write(source)),
        }
        let mut connection = schema::connect(path, Purpose::Write, CACHE_OCTETS).map_err(|fault| fault.at(path))?;
        schema::migrate(&mut connection, path).map_err(|fault| fault.at(path))?;
        Ok(Held { connection, path: path.to_owned(), _lock: lock })
    }

    /// Removes a store that could not be filled.
    pub fn remove(self) {
        let Held { connection, path, _lock } = self;
        drop(connection);
        for ending in ["", "-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            drop(fs::remove_file(PathBuf::from(name)));
        }
    }
}
