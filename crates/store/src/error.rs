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
    #[error(
        "the database cannot be reached; reports are refused until it can, and their senders keep them: check that it runs and may be reached from here"
    )]
    Unreachable {
        #[source]
        source: Option<tokio_postgres::Error>,
    },
    /// Others were in the way; the transaction was undone and can be tried again.
    #[error("the database was too busy to do this beside everything else; try again later")]
    Conflict {
        #[source]
        source: tokio_postgres::Error,
    },
    #[error("the database failed")]
    Postgres(#[source] tokio_postgres::Error),
    #[error("this program's role lacks a right in {database}: {right}; grant it, or let the tables' owner run `roundsman-server migrate`")]
    NoRight {
        database: String,
        right: String,
        #[source]
        source: Option<tokio_postgres::Error>,
    },
    #[error("{database} refuses this program's role or password: check both, and pg_hba.conf")]
    Login {
        database: String,
        #[source]
        source: tokio_postgres::Error,
    },
    #[error("{database} does not exist: make it with `createdb --encoding UTF8`, owned by this program's role")]
    NoDatabase {
        database: String,
        #[source]
        source: tokio_postgres::Error,
    },
    #[error("{database} is PostgreSQL {found}, expected 14 or newer: update it")]
    OldDatabase { database: String, found: String },
    #[error("{database} has the encoding {found}, expected UTF8: make a database with ENCODING 'UTF8'")]
    Encoding { database: String, found: String },
    #[error(
        "{database} is half a store: table {missing} is missing; restore the whole backup into an empty database, or drop what is there and begin anew"
    )]
    HalfMigrated { database: String, missing: &'static str },
    #[error(
        "a PostgreSQL database is copied with its own tools: run `pg_dump --format=custom` on {database}, or archive its log continuously"
    )]
    BackupElsewhere { database: String },
    #[error("{place} has rows already: a store moves only into an empty one; name another database, or make a new one")]
    NotEmpty { place: String },
    #[error(
        "table {table} did not arrive as it was sent ({sent} rows sent, {arrived} arrived); nothing was kept, both stores are as they were"
    )]
    Differs { table: &'static str, sent: u64, arrived: u64 },
    #[error("a store moves from sqlite: to postgres:, or back; a SQLite store is copied with `backup`, a PostgreSQL one with pg_dump")]
    SameKind,
    #[error(transparent)]
    Tls(#[from] crate::postgres::TlsError),
    /// A row was needed that had not been loaded; it never leaves the store.
    #[error("a row is needed that has not been loaded")]
    NotLoaded,
    /// Somebody else has the name already.
    #[error("the name {name:?} is taken; choose another")]
    NameTaken { name: String },
    /// Nothing of this id belongs to the tenant.
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
    /// What was asked contradicts what is known.
    #[error("{why}")]
    Contradiction { why: &'static str },
}

/// Is what stands for a right where only the database's own message says which.
const UNKNOWN_RIGHT: &str = "its message says which";

impl StoreError {
    /// Says of a refused right which it was, unless that is known.
    pub(crate) fn lacking(self, lacked: &str, place: &str) -> Self {
        match self {
            StoreError::NoRight { right, source, .. } if right == UNKNOWN_RIGHT => {
                StoreError::NoRight { database: place.to_owned(), right: lacked.to_owned(), source }
            }
            other => other,
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(code) = error.code() else {
            let is_lost = error.is_closed() || error.to_string().contains("communicating with the server");
            return if is_lost { StoreError::Unreachable { source: Some(error) } } else { StoreError::Postgres(error) };
        };
        let (class, code) = (code.code().get(..2).unwrap_or_default(), code.code());
        match (class, code) {
            // Serialization, deadlock, lock timeout, a snapshot or a table that others have changed meanwhile;
            // a key that another program was faster to make.
            ("40", _) | (_, "55P03" | "23505" | "42P07" | "42710") => StoreError::Conflict { source: error },
            // The disk, and the only thing that helps.
            (_, "53100") => StoreError::Full,
            // Shutting down, starting, crashed, a standby, or no connection left.
            ("08", _) | (_, "57P01" | "57P02" | "57P03" | "57P05" | "25006" | "53300") => StoreError::Unreachable { source: Some(error) },
            // It took too long, or memory ran out.
            (_, "57014" | "53200") => StoreError::Busy,
            (_, "42501") => {
                StoreError::NoRight { database: "the database".to_owned(), right: UNKNOWN_RIGHT.to_owned(), source: Some(error) }
            }
            _ => StoreError::Postgres(error),
        }
    }
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
            StoreError::Unreachable { .. } => StoreError::Unreachable { source: None },
            _ => StoreError::Busy,
        }
    }
}
