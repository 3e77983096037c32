//! What can go wrong with a store.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Says why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open {}: check that the folder exists, is a disk of this computer, and may be written by this program", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("the store {} may only be read: give this program the right to write the file and its folder", path.display())]
    ReadOnly { path: PathBuf },
    #[error("the disk of the store is full: free some room; nothing that was acknowledged is lost")]
    Full,
    #[error("the store {} is damaged: stop the program and restore the last backup", path.display())]
    Damaged { path: PathBuf },
    #[error("{} is no store of this program", path.display())]
    NotAStore { path: PathBuf },
    #[error(
        "the store {} has schema {found}, written by a newer program; this one knows schemas up to {known}: run the newer program, or restore a backup from before the update", path.display()
    )]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("the store is busy: more is waiting to be written than it takes; try again later")]
    Busy,
    #[error("the store has been closed")]
    Closed,
    #[error(
        "a row of {table} cannot be read: it was written by another program, or the disk is failing; check the store and restore a backup"
    )]
    Unreadable { table: &'static str },
    #[error("the store failed")]
    Sqlite(#[source] rusqlite::Error),
    #[error("the file {} could not be written", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} is there already; name another file, or move it away", path.display())]
    FileExists { path: PathBuf },
    #[error("the store {} is in use; stop the server first", path.display())]
    InUse { path: PathBuf },
    /// Somebody else has the name already.
    #[error("the name {name:?} is taken; choose another")]
    NameTaken { name: String },
    /// Nothing of this id belongs to the tenant.
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
}

/// Is what the methods of a store return.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Says of a fault in which file it was, where that helps.
    pub(crate) fn at(self, path: &Path) -> Self {
        let StoreError::Sqlite(error) = &self else { return self };
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path },
            Some(ErrorCode::NotADatabase) => StoreError::NotAStore { path },
            _ => self,
        }
    }

    /// Returns the same fault once more, for each of those who share it.
    pub(crate) fn again(&self) -> Self {
        match self {
            StoreError::ReadOnly { path } => StoreError::ReadOnly { path: path.clone() },
            StoreError::Damaged { path } => StoreError::Damaged { path: path.clone() },
            StoreError::NotAStore { path } => StoreError::NotAStore { path: path.clone() },
            StoreError::Full => StoreError::Full,
            StoreError::Sqlite(rusqlite::Error::SqliteFailure(code, message)) => {
                StoreError::Sqlite(rusqlite::Error::SqliteFailure(*code, message.clone()))
            }
            _ => StoreError::Busy,
        }
    }
}
