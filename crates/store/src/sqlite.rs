//! The embedded store: one SQLite file, one thread that writes, a few that read.

mod callers;
mod copy;
mod desk;
mod draft;
mod fleet;
pub(crate) mod held;
mod history;
mod people;
mod readers;
mod registry;
mod rows;
mod schema;
mod upkeep;
mod values;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::error::{Result, StoreError};
use crate::ids::{SenderId, TenantId};
use crate::intake::{Coding, InboxEntry, Incoming, Intake, Receipt, Refused};
use crate::pack;
use callers::Callers;
use readers::Readers;
use schema::Purpose;
use values::{Ask, at, most};
use writer::Job;

pub use copy::{check, restore};
pub use schema::KNOWN as SCHEMA;

/// Is how the store uses the computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Connections that read, each with a thread; 2 by default, 16 at most.
    pub readers: usize,
    /// The page cache of each connection, in octets; 16 MiB by default.
    pub cache_octets: u64,
    /// How many writes may wait; beyond, reports are refused with [`StoreError::Busy`]. 1,024 by default.
    pub waiting: usize,
    /// The size that the database file must not pass, in octets; `None`, the default, leaves it to the disk.
    pub most_octets: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Options { readers: 2, cache_octets: 16 << 20, waiting: 1024, most_octets: None }
    }
}

/// Is the store in a file.
///
/// Several programs may have it open at once, such as the server and its command line.
pub struct SqliteStore {
    path: PathBuf,
    jobs: Option<mpsc::Sender<Job>>,
    readers: Option<Readers>,
    writer: Option<JoinHandle<()>>,
    callers: Arc<Callers>,
    /// Held while the store is open; see [`lock_path`].
    _lock: File,
}

impl SqliteStore {
    /// Opens the store, makes it if there is none, and brings it to the schema of today.
    ///
    /// # Errors
    /// Fails where the file cannot be made, read or written, is damaged, is no store, or was
    /// written by a newer program.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        let lock = lock(path)?;
        schema::make_file(path)?;
        let named = |fault: StoreError| fault.at(path);
        let mut connection = schema::connect(path, Purpose::Write, options.cache_octets).map_err(named)?;
        limit(&connection, options).map_err(named)?;
        schema::migrate(&mut connection, path).map_err(named)?;
        let readers = Readers::start(path, options).map_err(named)?;
        let (jobs, queue) = mpsc::channel(options.waiting.max(1));
        let own_path = path.to_owned();
        let callers = Arc::new(Callers::default());
        let own_callers = Arc::clone(&callers);
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer::work(&connection, own_path, &own_callers, queue))
            .map_err(|source| StoreError::Write { path: path.to_owned(), source })?;
        Ok(SqliteStore { path: path.to_owned(), jobs: Some(jobs), readers: Some(readers), writer: Some(writer), callers, _lock: lock })
    }

    /// Returns the file of the store.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn jobs(&self) -> Result<&mpsc::Sender<Job>> {
        self.jobs.as_ref().ok_or(StoreError::Closed)
    }

    /// Does work in the writer's transaction; returns when it is on disk. Who has called is then
    /// looked up anew, since it may be about a sender.
    async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let result = self.write_aside(work).await;
        self.callers.forget();
        result
    }

    /// The same for work that changes nothing about who may call.
    async fn write_aside<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let (answer, wait) = oneshot::channel();
        self.jobs()?.send(Job::write(work, answer)).await.map_err(|_| StoreError::Closed)?;
        wait.await.map_err(|_| StoreError::Closed)?.map_err(|fault| fault.at(&self.path))
    }

    /// Asks within one read transaction, so that all answers are of one moment.
    async fn read<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let readers = self.readers.as_ref().ok_or(StoreError::Closed)?;
        readers.read(work).await.map_err(|fault| fault.at(&self.path))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The threads end when nobody can ask them any more; what was asked is still done.
        drop(self.readers.take());
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}

/// Takes part in the use of a store. Whoever replaces the file takes the lock for itself ([`restore`]).
fn lock(path: &Path) -> Result<File> {
    let lock_path = lock_path(path);
    let write = |source| StoreError::Write { path: lock_path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(write)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(write(source)),
    }
}

/// Returns the file beside the store that says whether somebody has it open.
fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn limit(connection: &Connection, options: &Options) -> Result<()> {
    if let Some(octets) = options.most_octets {
        let page: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        connection.pragma_update_and_check(None, "max_page_count", octets / page.max(1), |_| Ok(()))?;
    }
    Ok(())
}

#[async_trait]
impl Intake for SqliteStore {
    async fn take(&self, mut reports: Vec<Incoming>) -> Vec<std::result::Result<Receipt, Refused>> {
        let count = reports.len();
        // Compressing is work for many; the thread that writes is one.
        for incoming in reports.iter_mut().filter(|incoming| incoming.coding == Coding::Plain) {
            incoming.payload = pack::pack_payload(&incoming.payload);
        }
        let refused = |fault: fn() -> StoreError| (0..count).map(|_| Err(Refused::Store(fault()))).collect();
        let (answer, wait) = oneshot::channel();
        let Ok(jobs) = self.jobs() else { return refused(|| StoreError::Closed) };
        match jobs.try_send(Job::Take { reports, answer }) {
            Ok(()) => wait.await.unwrap_or_else(|_| refused(|| StoreError::Closed)),
            Err(mpsc::error::TrySendError::Full(_)) => refused(|| StoreError::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => refused(|| StoreError::Closed),
        }
    }

    async fn payload(&self, tenant: TenantId, sender: SenderId, sequence: u64) -> Result<Option<(Vec<u8>, Coding)>> {
        self.read(move |connection| {
            let sql = "SELECT payload, coding FROM inbox WHERE tenant_id = ?1 AND sender_id = ?2 AND sequence = ?3";
            let kept = connection.one(sql, (tenant, sender, rows::column(sequence)), |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get_ref(1)?.as_str()? == rows::coding_word(Coding::Zstd)))
            })?;
            kept.map(|(payload, is_zstd)| match is_zstd {
                true => Ok((payload, Coding::Zstd)),
                false => Ok((pack::unpack_payload(&payload)?, Coding::Plain)),
            })
            .transpose()
        })
        .await
    }

    async fn inbox(&self, tenant: TenantId, sender: SenderId, limit: usize) -> Result<Vec<InboxEntry>> {
        self.read(move |connection| {
            let sql = "SELECT report_id, sequence, received_at, length(payload) FROM inbox \
                       WHERE tenant_id = ?1 AND sender_id = ?2 ORDER BY sequence DESC LIMIT ?3";
            connection.all(sql, (tenant, sender, most(limit)), |row| {
                Ok(InboxEntry { id: row.get(0)?, sequence: rows::number(row.get(1)?), received_at: at(row, 2)?, octets: row.get(3)? })
            })
        })
        .await
    }
}
