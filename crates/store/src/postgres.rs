//! The store for more than one computer: PostgreSQL, and what speaks like it.
//!
//! Every statement of a tenant names the tenant as its first parameter, and a transaction is one
//! tenant's: so each runs on the machine where that tenant lies, once tenants are spread over many.
//! There are no notifications, advisory locks, triggers, sequences and extensions. A transaction that
//! others got in the way of is tried again.
//!
//! Several servers may have one database open at once. The work is done on threads of the store's own,
//! so that whoever asks waits for nothing but the answer.

mod address;
mod desk;
mod enrol;
mod fleet;
mod flight;
mod flush;
mod intake;
mod joining;
pub(crate) mod link;
mod load;
pub(crate) mod months;
mod people;
mod pool;
mod registry;
mod rows;
pub(crate) mod schema;
mod sql;
#[cfg(test)]
mod statements;
pub(crate) mod tls;
mod upkeep;
mod values;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use crate::error::{Result, StoreError};
use crate::ids::{SenderId, TenantId};
use crate::intake::{Coding, InboxEntry, Incoming, Intake, Receipt, Refused};
use crate::pack;
use intake::{Job, Queue};
use link::Link;
use months::Months;
use pool::{Flight, Pool};
use sql::statements;

pub use address::{Address, AddressError, Security};
pub use schema::{KNOWN as SCHEMA, TABLES};
pub use tls::TlsError;

/// Is how the store uses the computer and the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Connections to the database at once; 8 by default, at least 2.
    pub connections: usize,
    /// How many calls may wait; beyond, reports are refused with [`StoreError::Busy`]. 1,024 by default.
    pub waiting: usize,
    /// How many transactions take reports at once; 2 by default.
    pub workers: usize,
    /// The threads of the store; 2 by default.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { connections: 8, waiting: 1024, workers: 2, threads: 2 }
    }
}

/// Is the store in a PostgreSQL database.
pub struct PostgresStore {
    name: String,
    pool: Arc<Pool>,
    months: Arc<Months>,
    jobs: mpsc::Sender<Job>,
    threads: Threads,
}

/// Is the store's own threads.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        // What was handed over may still be on its way; nobody waits for its answer any more, and what
        // is not committed is undone by the database. A store may be dropped where nothing may block.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Threads {
    fn runtime(&self) -> Result<&Runtime> {
        self.0.as_ref().ok_or(StoreError::Closed)
    }
}

impl PostgresStore {
    /// Connects, makes the tables if there are none, and brings them to the schema of today. It blocks.
    ///
    /// # Errors
    /// Fails where the database cannot be reached, is too old, refuses the role or a right that is
    /// needed, is no store, is half a store, or was written by a newer program.
    pub fn open(address: &Address, options: &Options) -> Result<Self> {
        let name = address.to_string();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads.max(1))
            .thread_name("store-postgres")
            .enable_all()
            .build()
            .map_err(|source| StoreError::Write { path: name.clone().into(), source })?;
        let threads = Threads(Some(runtime));
        let runtime = threads.runtime()?;
        let tls = tls::Tls::of(address.security())?;
        let pool = Arc::new(Pool::new(address.clone(), tls, options.connections.max(2)));
        let (answer, wait) = std::sync::mpsc::channel();
        let (opening, address) = (Arc::clone(&pool), address.clone());
        runtime.spawn(async move { drop(answer.send(settle(&opening, &address).await)) });
        wait.recv().map_err(|_| StoreError::Closed)??;
        let (jobs, queue) = mpsc::channel(options.waiting.max(1));
        let queue: Queue = Arc::new(tokio::sync::Mutex::new(queue));
        let months = Arc::new(Months::default());
        for _ in 0..options.workers.max(1) {
            runtime.spawn(intake::work(Arc::clone(&pool), Arc::clone(&months), Arc::clone(&queue)));
        }
        Ok(PostgresStore { name, pool, months, jobs, threads })
    }

    /// Returns place and name of the database, without a password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Works on the store's own threads.
    async fn apart<T: Send + 'static>(&self, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        self.threads.runtime()?.spawn(work).await.map_err(|_| StoreError::Closed)?
    }

    /// Asks; each statement sees what is there when it begins.
    async fn ask<T: Send + 'static>(&self, work: impl for<'a> Fn(&'a Link) -> Flight<'a, T> + Send + Sync + 'static) -> Result<T> {
        let pool = Arc::clone(&self.pool);
        self.apart(async move { pool.ask(work).await }).await
    }

    /// Asks several questions whose answers are of one moment.
    async fn read<T: Send + 'static>(&self, work: impl for<'a> Fn(&'a Link) -> Flight<'a, T> + Send + Sync + 'static) -> Result<T> {
        let pool = Arc::clone(&self.pool);
        self.apart(async move { pool.read(work).await }).await
    }

    /// Works in a transaction; returns when it is on disk.
    async fn write<T: Send + 'static>(&self, work: impl for<'a> Fn(&'a Link) -> Flight<'a, T> + Send + Sync + 'static) -> Result<T> {
        let pool = Arc::clone(&self.pool);
        self.apart(async move { pool.write(work).await }).await
    }
}

async fn settle(pool: &Arc<Pool>, address: &Address) -> Result<()> {
    let lease = pool.lease().await.map_err(|fault| at_the_door(fault, address))?;
    schema::settle(lease.link(), address).await?;
    lease.give_back();
    Ok(())
}

/// Says of a refusal at the database's door whose it is.
pub(crate) fn at_the_door(fault: StoreError, address: &Address) -> StoreError {
    match fault {
        StoreError::Postgres(source) if source.code().is_some_and(|code| code.code().starts_with("28")) => {
            StoreError::Login { database: address.to_string(), source }
        }
        StoreError::Postgres(source) if source.code().is_some_and(|code| code.code() == "3D000") => {
            StoreError::NoDatabase { database: address.to_string(), source }
        }
        other => other,
    }
}

statements! {
    Tenant PAYLOAD = "SELECT payload, coding FROM inbox WHERE tenant_id = $1 AND sender_id = $2 AND sequence = $3";
    Tenant ENTRIES = "SELECT report_id, sequence, received_at, length(payload)::bigint FROM inbox \
                      WHERE tenant_id = $1 AND sender_id = $2 ORDER BY sequence DESC LIMIT $3";
}

#[async_trait]
impl Intake for PostgresStore {
    async fn take(&self, mut reports: Vec<Incoming>) -> Vec<std::result::Result<Receipt, Refused>> {
        let count = reports.len();
        for incoming in reports.iter_mut().filter(|incoming| incoming.coding == Coding::Plain) {
            incoming.payload = pack::pack_payload(&incoming.payload);
        }
        let refused = |fault: fn() -> StoreError| (0..count).map(|_| Err(Refused::Store(fault()))).collect();
        let (answer, wait) = oneshot::channel();
        match self.jobs.try_send(Job { reports, answer }) {
            Ok(()) => wait.await.unwrap_or_else(|_| refused(|| StoreError::Closed)),
            Err(mpsc::error::TrySendError::Full(_)) => refused(|| StoreError::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => refused(|| StoreError::Closed),
        }
    }

    async fn payload(&self, tenant: TenantId, sender: SenderId, sequence: u64) -> Result<Option<(Vec<u8>, Coding)>> {
        let sequence = rows::column(sequence);
        let kept = self
            .ask(move |link| {
                Box::pin(async move {
                    link.one(&PAYLOAD, &[&tenant, &sender, &sequence], |row| {
                        let is_zstd = row.try_get::<_, &str>(1)? == rows::coding_word(Coding::Zstd);
                        Ok((row.try_get::<_, Vec<u8>>(0)?, is_zstd))
                    })
                    .await
                })
            })
            .await?;
        kept.map(|(payload, is_zstd)| match is_zstd {
            true => Ok((payload, Coding::Zstd)),
            false => Ok((pack::unpack_payload(&payload)?, Coding::Plain)),
        })
        .transpose()
    }

    async fn inbox(&self, tenant: TenantId, sender: SenderId, limit: usize) -> Result<Vec<InboxEntry>> {
        let limit = values::most(limit);
        self.ask(move |link| {
            Box::pin(async move {
                link.all(&ENTRIES, &[&tenant, &sender, &limit], |row| {
                    Ok(InboxEntry {
                        id: row.try_get(0)?,
                        sequence: rows::number(row.try_get(1)?),
                        received_at: values::at(row, 2)?,
                        octets: row.try_get::<_, i64>(3)?.cast_unsigned(),
                    })
                })
                .await
            })
        })
        .await
    }
}
