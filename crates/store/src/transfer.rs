//! Moving a store from one database into another: every row of every table, or none.
//!
//! Rows go over as they are, because both databases have the same tables. What has arrived is read
//! back and compared, table by table, before anything is committed: the number of rows, and a sum over
//! the contents of all rows in which every octet counts. A move that breaks off leaves the target empty.

mod door;
mod rows;
mod table;

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::error::{Result, StoreError};
use crate::place::Place;
use crate::postgres::Address;
use crate::sqlite::held::Held;
use door::Door;
use rows::Sum;
use table::{TABLES, Table};

/// Is how far a move has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub table: &'static str,
    pub rows: u64,
    /// Set when the table has arrived and was compared.
    pub is_compared: bool,
}

/// Is what has moved: each table and its rows.
pub type Moved = Vec<(&'static str, u64)>;

/// Is how many rows go over between two words on progress.
const ROWS: u64 = 10_000;

/// Moves a store. Neither place may be in use. It blocks.
///
/// # Errors
/// Fails if the target has rows, if either place cannot be opened, or if what arrived differs from what
/// was sent; the target then is as it was.
pub fn move_all(from: &Place, to: &Place, mut tell: impl FnMut(Progress)) -> Result<Moved> {
    match (from, to) {
        (Place::Sqlite(path), Place::Postgres(address)) => within_runtime(into_postgres(path, address, &mut tell)),
        (Place::Postgres(address), Place::Sqlite(path)) => within_runtime(into_sqlite(address, path, &mut tell)),
        _ => Err(StoreError::SameKind),
    }
}

fn within_runtime<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|source| StoreError::Write { path: "runtime".into(), source })?.block_on(work)
}

async fn into_postgres(path: &Path, address: &Address, tell: &mut impl FnMut(Progress)) -> Result<Moved> {
    let source = Held::open_existing(path)?;
    let door = Door::open(address).await?;
    for table in TABLES {
        if door.has_rows(table).await? {
            return Err(StoreError::NotEmpty { place: address.to_string() });
        }
    }
    let (days, newest) = days(&source.connection)?;
    door.make_months(&days, newest).await?;
    door.begin_alone().await?;
    let mut moved = Moved::new();
    for table in TABLES {
        let sent = rows::sqlite_to_postgres(&source.connection, &door, table, tell).await?;
        let arrived = rows::sum_of_postgres(&door, table).await?;
        moved.push(compared(table, sent, arrived, tell)?);
    }
    door.commit().await?;
    Ok(moved)
}

async fn into_sqlite(address: &Address, path: &Path, tell: &mut impl FnMut(Progress)) -> Result<Moved> {
    let door = Door::open(address).await?;
    door.begin_reading().await?;
    let target = Held::make_new(path)?;
    let moved = fill(&door, &target, tell).await;
    if moved.is_err() {
        target.remove();
    }
    moved
}

async fn fill(door: &Door, target: &Held, tell: &mut impl FnMut(Progress)) -> Result<Moved> {
    target.connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut moved = Moved::new();
    for table in TABLES {
        let sent = rows::postgres_to_sqlite(door, &target.connection, table, tell).await?;
        let arrived = rows::sum_of_sqlite(&target.connection, table)?;
        moved.push(compared(table, sent, arrived, tell)?);
    }
    target.connection.execute_batch("COMMIT")?;
    Ok(moved)
}

fn compared(table: &Table, sent: Sum, arrived: Sum, tell: &mut impl FnMut(Progress)) -> Result<(&'static str, u64)> {
    if sent != arrived {
        return Err(StoreError::Differs { table: table.name, sent: sent.rows, arrived: arrived.rows });
    }
    tell(Progress { table: table.name, rows: sent.rows, is_compared: true });
    Ok((table.name, sent.rows))
}

/// Lists one day of each month that history has, and when the last report came.
fn days(connection: &Connection) -> Result<(Vec<i64>, Timestamp)> {
    let mut statement = connection.prepare("SELECT DISTINCT day FROM history")?;
    let days = statement.query_map((), |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    let newest: Option<i64> = connection.query_row("SELECT max(received_at) FROM inbox", (), |row| row.get(0))?;
    let newest = newest.and_then(|at| Timestamp::from_microsecond(at).ok());
    Ok((days, newest.unwrap_or(Timestamp::UNIX_EPOCH)))
}
