//! The ledger and the commands, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use policy::expectation::Kept;
use rusqlite::Row;
use wire::commands::Command;

use super::SqliteStore;
use super::registry::must_know_sender;
use super::rows::{Desk, line, lines, senders, watched};
use super::values::{Ask, At, Json, Word, maybe_at, most};
use crate::commands::{Commands, Issued};
use crate::error::{Result, StoreError};
use crate::expectations::{Expectations, LedgerLine};
use crate::ids::{SenderId, TenantId};
use crate::rows::{Of, Watched};
use crate::sweep::sweep;

/// Is how many senders share one transaction of a sweep, so that reports need not wait long.
const MOST_IN_A_TURN: usize = 200;

#[async_trait]
impl Expectations for SqliteStore {
    async fn sweep(&self, tenant: TenantId, now: Timestamp) -> Result<Vec<LedgerLine>> {
        let mut changed = Vec::new();
        let mut after = Vec::new();
        loop {
            let (last, lines) = self.write_aside(move |connection| turn(connection, tenant, &after, now)).await?;
            changed.extend(lines);
            match last {
                Some(last) => after = last.octets().to_vec(),
                None => return Ok(changed),
            }
        }
    }

    async fn ledger(&self, tenant: TenantId, sender: Option<SenderId>, kept: Option<Kept>, limit: usize) -> Result<Vec<LedgerLine>> {
        self.read(move |connection| {
            let read = |row: &Row<'_>| Ok(LedgerLine { sender: row.get(7)?, expectation: line(row)? });
            let kept = kept.map(Word);
            match sender {
                Some(sender) => {
                    let sql = lines!("WHERE tenant_id = ?1 AND sender_id = ?2 AND (?3 IS NULL OR kept = ?3) ORDER BY day DESC LIMIT ?4");
                    connection.all(sql, (tenant, sender, kept, most(limit)), read)
                }
                None => {
                    let sql = lines!("WHERE tenant_id = ?1 AND (?2 IS NULL OR kept = ?2) ORDER BY day DESC, sender_id LIMIT ?3");
                    connection.all(sql, (tenant, kept, most(limit)), read)
                }
            }
        })
        .await
    }
}

/// Sweeps the next senders that are due; returns the last one, if there may be more after it.
fn turn(connection: &rusqlite::Connection, tenant: TenantId, after: &[u8], now: Timestamp) -> Result<(Option<SenderId>, Vec<LedgerLine>)> {
    let sql = senders!("WHERE s.tenant_id = ?1 AND s.sender_id > ?2 AND t.next_sweep_at <= ?3 ORDER BY s.sender_id LIMIT ?4");
    let due: Vec<Watched> = connection.all(sql, (tenant, after, At(now), MOST_IN_A_TURN), watched)?;
    let mut changed = Vec::new();
    for watched in &due {
        let sender = watched.sender.id;
        let (lines, watch) = sweep(&mut Desk(connection), Of { tenant, sender }, watched, now)?;
        let sql = "UPDATE standings SET next_sweep_at = ?3, owing_since = ?4 WHERE tenant_id = ?1 AND sender_id = ?2";
        connection.run(sql, (tenant, sender, At(watch.next_sweep_at), watch.owing_since.map(At)))?;
        changed.extend(lines.into_iter().map(|expectation| LedgerLine { sender, expectation }));
    }
    let is_full = due.len() == MOST_IN_A_TURN;
    Ok((due.last().filter(|_| is_full).map(|last| last.sender.id), changed))
}

#[async_trait]
impl Commands for SqliteStore {
    async fn put_command(&self, tenant: TenantId, sender: SenderId, command: Command) -> Result<()> {
        self.write_aside(move |connection| {
            must_know_sender(connection, tenant, sender)?;
            let rows = connection.run(
                "INSERT INTO commands (tenant_id, sender_id, command_id, issued_at, expires_at, command) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                (tenant, sender, &command.id, At(command.issued_at), At(command.expires_at), Json(&command)),
            )?;
            if rows == 0 { Err(StoreError::NameTaken { name: command.id }) } else { Ok(()) }
        })
        .await
    }

    async fn commands(&self, tenant: TenantId, sender: SenderId, limit: usize) -> Result<Vec<Issued>> {
        self.read(move |connection| {
            let sql = "SELECT command, handed_out_at, outcome FROM commands \
                       WHERE tenant_id = ?1 AND sender_id = ?2 ORDER BY issued_at DESC, command_id DESC LIMIT ?3";
            connection.all(sql, (tenant, sender, most(limit)), |row| {
                Ok(Issued {
                    command: row.get::<_, Json<_>>(0)?.0,
                    handed_out_at: maybe_at(row, 1)?,
                    outcome: row.get::<_, Option<Json<_>>>(2)?.map(|Json(outcome)| outcome),
                })
            })
        })
        .await
    }
}
