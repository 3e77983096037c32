//! Opening a database, and bringing it to the schema of today.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::{Result, StoreError};

/// Tells our databases from others': "RMst" as a number.
const APPLICATION_ID: i32 = 0x524d_7374;

/// Are all steps from an empty database to the schema of today. Released ones are never changed.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/0001-begin.sql"),
    include_str!("migrations/0002-joining.sql"),
    include_str!("migrations/0003-rows-by-key.sql"),
];

/// Is the schema of today.
pub const KNOWN: u32 = MIGRATIONS.len() as u32;

/// Is how long a connection waits for another process, such as the command line beside the server.
const PATIENCE: Duration = Duration::from_secs(10);

/// Is how a connection is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Write,
    Read,
}

/// Opens a connection and sets what every connection needs.
pub fn connect(path: &Path, purpose: Purpose, cache_octets: u64) -> Result<Connection> {
    let flags = match purpose {
        Purpose::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        // A reader takes part in the write-ahead log, for which it needs the right to write; that it
        // writes no row is told to SQLite below.
        Purpose::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let open = |source| StoreError::Open { path: path.to_owned(), source };
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(open)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(128);
    // A plan is made once: without this SQLite compiles a statement anew whenever a bound value might
    // have led to another plan, which was a fifth of the writer's work.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -i64::try_from(cache_octets / 1024).unwrap_or(i64::MAX))?;
    // A page of text that is no database must not be taken for one.
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    if purpose == Purpose::Read {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}

/// Makes the file with the right to read for its owner only: hashes of passwords lie in it.
pub fn make_file(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(StoreError::Write { path: path.to_owned(), source }),
    }
}

/// Brings a database to the schema of today. A step that fails halfway leaves no trace.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let found = version(connection, path)?;
    // Also of an old file: the log is how all connections agree.
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(
            journal_mode = mode,
            "the disk of the store has no room for a write-ahead log; readers and the writer wait for each other"
        );
    }
    // A reply says that a report is on disk: then it must be.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // A page that many reports change goes back into the file once and not with every few commits.
    // The log has up to 32 MiB for it, in pages of 4 KiB.
    connection.pragma_update(None, "wal_autocheckpoint", 8192)?;
    if found == KNOWN {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let found = version(&transaction, path)?;
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        transaction.execute_batch(sql)?;
        tracing::info!(schema = step + 1, "the store has got a new schema");
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", KNOWN)?;
    transaction.commit()?;
    Ok(())
}

/// Returns the schema of a database; 0 is an empty one.
///
/// # Errors
/// Fails where the database is somebody else's, or newer than this program.
pub fn version(connection: &Connection, path: &Path) -> Result<u32> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (application, found) {
        (0, 0) if tables == 0 => Ok(0),
        (APPLICATION_ID, 1..=KNOWN) => Ok(found),
        (APPLICATION_ID, found) if found > KNOWN => Err(StoreError::Newer { path: path.to_owned(), found, known: KNOWN }),
        _ => Err(StoreError::NotAStore { path: path.to_owned() }),
    }
}
