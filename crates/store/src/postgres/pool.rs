//! The connections, and work in transactions that are tried again where that is right.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::address::Address;
use super::link::Link;
use super::tls::Tls;
use crate::error::{Result, StoreError};

/// Is how long somebody waits for a connection to become free.
const PATIENCE: Duration = Duration::from_secs(10);

/// Is how often a transaction is tried that others got in the way of.
const ATTEMPTS: u32 = 10;

/// Is how long a database that could not be reached is left alone; who comes meanwhile is told at once.
const PAUSE: Duration = Duration::from_millis(500);

/// Is work in flight.
pub type Flight<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Is all connections.
pub struct Pool {
    address: Address,
    tls: Tls,
    idle: Mutex<Vec<Link>>,
    permits: Arc<Semaphore>,
    /// When the database could not be reached last.
    lost: Mutex<Option<Instant>>,
}

impl Pool {
    pub fn new(address: Address, tls: Tls, connections: usize) -> Self {
        Pool { address, tls, idle: Mutex::default(), permits: Arc::new(Semaphore::new(connections.max(1))), lost: Mutex::default() }
    }

    /// Takes a connection, making one if none is free.
    pub async fn lease(self: &Arc<Self>) -> Result<Lease> {
        let permit = tokio::time::timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await.map_err(|_| StoreError::Busy)?;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let link = match self.idle_link() {
            Some(link) => link,
            None => self.connect().await?,
        };
        Ok(Lease { pool: Arc::clone(self), link: Some(link), _permit: permit })
    }

    fn idle_link(&self) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(link) = idle.pop() {
            if !link.is_broken() {
                return Some(link);
            }
        }
        None
    }

    async fn connect(&self) -> Result<Link> {
        let lost = *self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(StoreError::Unreachable { source: None });
        }
        let linked = Link::open(&self.address, &self.tls).await.map_err(unreachable);
        let is_lost = matches!(linked, Err(StoreError::Unreachable { .. }));
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = is_lost.then(Instant::now);
        linked
    }

    /// Asks; each statement sees what is there when it begins.
    pub async fn ask<T: Send>(self: &Arc<Self>, question: impl for<'a> Fn(&'a Link) -> Flight<'a, T> + Send + Sync) -> Result<T> {
        self.ask_within(None, &question).await
    }

    /// Asks several questions whose answers are of one moment.
    pub async fn read<T: Send>(self: &Arc<Self>, question: impl for<'a> Fn(&'a Link) -> Flight<'a, T> + Send + Sync) -> Result<T> {
        self.ask_within(Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), &question).await
    }

    /// Asks; a connection that turns out to be broken is replaced once, because asking changes nothing.
    async fn ask_within<T: Send>(
        self: &Arc<Self>,
        begin: Option<&str>,
        question: &(impl for<'a> Fn(&'a Link) -> Flight<'a, T> + Send + Sync),
    ) -> Result<T> {
        let mut is_first = true;
        loop {
            let lease = self.lease().await?;
            let link = lease.link();
            let asked = async {
                if let Some(begin) = begin {
                    link.command(begin).await?;
                }
                question(link).await
            };
            match (asked.await, begin) {
                (Err(StoreError::Unreachable { .. }), _) if is_first => is_first = false,
                (answer, Some(_)) => {
                    lease.roll_back().await;
                    return answer;
                }
                (answer, None) => {
                    lease.give_back();
                    return answer;
                }
            }
        }
    }

    /// Works in a transaction; returns when it is on disk. Where others got in the way it is tried
    /// again, and so it is where the connection broke before the commit was asked for.
    pub async fn write<T: Send>(self: &Arc<Self>, work: impl for<'a> Fn(&'a Link) -> Flight<'a, T> + Send + Sync) -> Result<T> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (fault, is_open) = match self.try_to_write(&work).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            match fault {
                StoreError::Conflict { .. } if attempt < ATTEMPTS => pause(attempt).await,
                StoreError::Unreachable { .. } if is_open && attempt < 2 => {}
                fault => return Err(fault),
            }
        }
    }

    /// Tries once; a failure says also whether it is sure that nothing was written.
    async fn try_to_write<T: Send>(
        self: &Arc<Self>,
        work: &impl for<'a> Fn(&'a Link) -> Flight<'a, T>,
    ) -> std::result::Result<T, (StoreError, bool)> {
        let lease = self.lease().await.map_err(|fault| (fault, false))?;
        let link = lease.link();
        let worked = async {
            link.command("BEGIN").await?;
            work(link).await
        };
        match worked.await {
            Ok(answer) => {
                let committed = link.command("COMMIT").await;
                lease.give_back();
                committed.map(|()| answer).map_err(|fault| {
                    let is_undone = matches!(fault, StoreError::Conflict { .. });
                    (fault, is_undone)
                })
            }
            Err(fault) => {
                lease.roll_back().await;
                Err((fault, true))
            }
        }
    }
}

/// Waits a little, longer each time, and not as long as others that wait.
pub async fn pause(attempt: u32) {
    let longest = (2u64 << attempt.min(7)).min(200);
    let chance = u64::from(uuid::Uuid::now_v7().as_bytes()[15]);
    tokio::time::sleep(Duration::from_millis(1 + longest * chance / 256)).await;
}

/// Says of a failed attempt to connect that the database cannot be reached, unless it said itself what is wrong.
fn unreachable(fault: StoreError) -> StoreError {
    match fault {
        StoreError::Postgres(error) if error.as_db_error().is_none() => StoreError::Unreachable { source: Some(error) },
        other => other,
    }
}

/// Is a connection in use. One that is not given back is closed: nobody knows what it was doing.
pub struct Lease {
    pool: Arc<Pool>,
    link: Option<Link>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    pub fn link(&self) -> &Link {
        self.link.as_ref().expect("it is taken out only at the end")
    }

    /// Gives a connection back that is in no transaction.
    pub fn give_back(mut self) {
        if let Some(link) = self.link.take().filter(|link| !link.is_broken()) {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(link);
        }
    }

    /// Undoes what was done, and gives the connection back.
    pub async fn roll_back(self) {
        if self.link().command("ROLLBACK").await.is_ok() {
            self.give_back();
        }
    }
}
