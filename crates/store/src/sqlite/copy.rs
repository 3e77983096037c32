//! Copies of a store: taken while it is written, checked, and put back.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::lock_path;
use super::schema::{self, Purpose};
use crate::error::{Result, StoreError};

/// Is how much is copied between two breaths, in pages of 4 KiB.
const PAGES: i32 = 256;

/// Is how long a copy waits where another process holds what it needs.
const BREATH: Duration = Duration::from_millis(50);

const CACHE_OCTETS: u64 = 4 << 20;

/// Copies a store as it is at one moment.
pub fn backup(from: &Path, to: &Path) -> Result<()> {
    must_be_free(to)?;
    let part = beside(to, ".part");
    let copied = copy(from, &part).and_then(|()| check(&part)).and_then(|()| put_in_place(&part, to));
    if copied.is_err() {
        remove(&part);
    }
    copied
}

/// Puts a backup in the place of a store that is not in use.
///
/// The store that was there stays beside it, with the ending `.before`.
///
/// # Errors
/// Fails if the backup is no whole store of a schema that this program knows, or if the store is
/// open somewhere; nothing has then changed.
pub fn restore(backup: &Path, store: &Path) -> Result<()> {
    let write = |source| StoreError::Write { path: store.to_owned(), source };
    let lock = File::options().create(true).truncate(false).write(true).open(lock_path(store)).map_err(write)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Err(StoreError::InUse { path: store.to_owned() }),
        Err(fs::TryLockError::Error(source)) => return Err(write(source)),
    }
    check(backup)?;
    let part = beside(store, ".part");
    let copied = copy(backup, &part).and_then(|()| check(&part));
    if copied.is_err() {
        remove(&part);
        return copied;
    }
    if store.exists() {
        tidy(store);
        let before = beside(store, ".before");
        remove(&before);
        fs::rename(store, &before).map_err(write)?;
        // A log that could not be tidied belongs to the file that was moved.
        drop(fs::rename(beside(store, "-wal"), beside(&before, "-wal")));
        drop(fs::remove_file(beside(store, "-shm")));
    }
    put_in_place(&part, store)
}

/// Reads a whole store and says whether it is sound.
///
/// # Errors
/// Fails if the file is missing, no store of ours, newer than this program, or damaged.
pub fn check(path: &Path) -> Result<()> {
    let connection = schema::connect(path, Purpose::Read, CACHE_OCTETS).map_err(|fault| fault.at(path))?;
    let sound = || -> Result<bool> {
        schema::version(&connection, path)?;
        let mut is_sound = true;
        connection.pragma_query(None, "integrity_check", |row| {
            is_sound &= row.get_ref(0)?.as_str()? == "ok";
            Ok(())
        })?;
        Ok(is_sound)
    };
    match sound().map_err(|fault| fault.at(path)) {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreError::Damaged { path: path.to_owned() }),
        Err(fault) => Err(fault),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let source = schema::connect(from, Purpose::Read, CACHE_OCTETS).map_err(|fault| fault.at(from))?;
    remove(to);
    schema::make_file(to)?;
    let mut target = schema::connect(to, Purpose::Write, CACHE_OCTETS).map_err(|fault| fault.at(to))?;
    // One read transaction from the first page to the last: without it a copy begins anew with
    // every write of somebody else, and may never end.
    let moment = source.unchecked_transaction()?;
    moment.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(())).map_err(|fault| StoreError::from(fault).at(from))?;
    step_by_step(&moment, &mut target).map_err(|fault| fault.at(from))?;
    // A copy lies in one file, so that it can be carried away.
    target.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    drop(target);
    sync(to)
}

fn step_by_step(source: &Connection, target: &mut Connection) -> Result<()> {
    let backup = Backup::new(source, target)?;
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked => std::thread::sleep(BREATH),
            _ => {}
        }
    }
}

fn must_be_free(path: &Path) -> Result<()> {
    if path.exists() { Err(StoreError::FileExists { path: path.to_owned() }) } else { Ok(()) }
}

fn put_in_place(part: &Path, to: &Path) -> Result<()> {
    must_be_free(to)?;
    fs::rename(part, to).map_err(|source| StoreError::Write { path: to.to_owned(), source })?;
    // The new name is to survive a power cut too; not every system lets a folder be opened.
    if let Some(folder) = to.parent()
        && let Ok(folder) = File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    {
        drop(folder.sync_all());
    }
    Ok(())
}

fn sync(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| StoreError::Write { path: path.to_owned(), source })
}

/// Moves what stands in the log into the file.
fn tidy(store: &Path) {
    if let Ok(connection) = schema::connect(store, Purpose::Write, CACHE_OCTETS) {
        drop(connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
}

/// Removes a file of ours and what SQLite may have left beside it.
fn remove(path: &Path) {
    for ending in ["", "-journal", "-wal", "-shm"] {
        drop(fs::remove_file(beside(path, ending)));
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
