//! The ledger and the commands, in PostgreSQL.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use policy::expectation::Kept;
use tokio_postgres::Row;
use wire::commands::Command;

use super::PostgresStore;
use super::flush;
use super::load::{load, until_complete};
use super::pool::{Pool, pause};
use super::registry::must_know_sender;
use super::rows::{line, lines};
use super::sql::statements;
use super::values::{from_json, json, maybe_at, micros, most, word};
use crate::commands::{Commands, Issued};
use crate::error::{Result, StoreError};
use crate::expectations::{Expectations, LedgerLine};
use crate::ids::{SenderId, TenantId};
use crate::rows::{Of, Watched};
use crate::sheet::{Sheet, Wish};
use crate::sweep::{self, sweep};

/// Is how many senders share one transaction of a sweep, so that reports need not wait long.
const MOST_IN_A_TURN: usize = 200;

/// Is how often a turn is tried that others got in the way of.
const ATTEMPTS: u32 = 10;

statements! {
    Tenant DUE = "SELECT sender_id FROM standings WHERE tenant_id = $1 AND sender_id > $2 AND next_sweep_at <= $3 ORDER BY sender_id LIMIT $4";
    Tenant LEDGER_OF = lines!("WHERE l.tenant_id = $1 AND l.sender_id = $2 AND ($3::text IS NULL OR l.kept = $3) ORDER BY l.day DESC LIMIT $4");
    Tenant LEDGER = lines!("WHERE l.tenant_id = $1 AND ($2::text IS NULL OR l.kept = $2) ORDER BY l.day DESC, l.sender_id LIMIT $3");
    Tenant PUT_COMMAND = "INSERT INTO commands (tenant_id, sender_id, command_id, issued_at, expires_at, command) \
                          VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, sender_id, command_id) DO NOTHING";
    Tenant COMMANDS = "SELECT command, handed_out_at, outcome FROM commands \
                       WHERE tenant_id = $1 AND sender_id = $2 ORDER BY issued_at DESC, command_id DESC LIMIT $3";
}

#[async_trait]
impl Expectations for PostgresStore {
    async fn sweep(&self, tenant: TenantId, now: Timestamp) -> Result<Vec<LedgerLine>> {
        let pool = Arc::clone(&self.pool);
        self.apart(async move {
            let mut changed = Vec::new();
            let mut after = SenderId::from_octets([0; 16]);
            loop {
                let (last, lines) = turn(&pool, tenant, after, now).await?;
                changed.extend(lines);
                match last {
                    Some(last) => after = last,
                    None => return Ok(changed),
                }
            }
        })
        .await
    }

    async fn ledger(&self, tenant: TenantId, sender: Option<SenderId>, kept: Option<Kept>, limit: usize) -> Result<Vec<LedgerLine>> {
        let (kept, limit) = (kept.map(|kept| word(&kept)), most(limit));
        self.ask(move |link| {
            let kept = kept.clone();
            Box::pin(async move {
                let read = |row: &Row| Ok(LedgerLine { sender: row.try_get(7)?, expectation: line(row)? });
                match sender {
                    Some(sender) => link.all(&LEDGER_OF, &[&tenant, &sender, &kept, &limit], read).await,
                    None => link.all(&LEDGER, &[&tenant, &kept, &limit], read).await,
                }
            })
        })
        .await
    }
}

/// Sweeps the next senders that are due; returns the last one, if there may be more after it.
async fn turn(pool: &Arc<Pool>, tenant: TenantId, after: SenderId, now: Timestamp) -> Result<(Option<SenderId>, Vec<LedgerLine>)> {
    for attempt in 1.. {
        match try_turn(pool, tenant, after, now).await {
            Err(StoreError::Conflict { .. }) if attempt < ATTEMPTS => pause(attempt).await,
            other => return other,
        }
    }
    Err(StoreError::Busy)
}

async fn try_turn(pool: &Arc<Pool>, tenant: TenantId, after: SenderId, now: Timestamp) -> Result<(Option<SenderId>, Vec<LedgerLine>)> {
    let lease = pool.lease().await?;
    let link = lease.link();
    let swept = async {
        let limit = most(MOST_IN_A_TURN);
        let due: Vec<SenderId> = link.all(&DUE, &[&tenant, &after, &micros(now), &limit], |row| Ok(row.try_get(0)?)).await?;
        let last = due.last().copied().filter(|_| due.len() == MOST_IN_A_TURN);
        if due.is_empty() {
            return Ok((None, Vec::new()));
        }
        let mut sheet = Sheet::new(tenant);
        let wishes: BTreeSet<Wish> =
            due.iter().flat_map(|sender| [Wish::Sender(*sender), Wish::LedgerTail(*sender, sweep::TAIL)]).collect();
        load(link, &mut sheet, &wishes, true).await?;
        let changed = until_complete(link, &mut sheet, |sheet| sweep_all(sheet, &due, now).transpose()).await??;
        flush::commit(link, &sheet, &[]).await?;
        Ok((last, changed))
    };
    match swept.await {
        Ok(swept) => {
            lease.give_back();
            Ok(swept)
        }
        Err(fault) => {
            lease.roll_back().await;
            Err(fault)
        }
    }
}

/// Sweeps senders on a sheet; `None` if rows are missing.
fn sweep_all(sheet: &mut Sheet, due: &[SenderId], now: Timestamp) -> Result<Option<Vec<LedgerLine>>> {
    sheet.written = Default::default();
    let mut changed = Vec::new();
    for sender in due {
        // Another server may have swept it, or it may have gone, since it was found.
        let known = sheet.loaded.senders.get(sender).cloned().flatten();
        let Some(watched) = known.filter(|watched| watched.watch.next_sweep_at <= now) else { continue };
        match sweep(sheet, Of { tenant: sheet.tenant, sender: *sender }, &watched, now) {
            Ok((lines, watch)) => {
                sheet.written.senders.insert(*sender, (Watched { watch, ..watched }, false));
                changed.extend(lines.into_iter().map(|expectation| LedgerLine { sender: *sender, expectation }));
            }
            Err(StoreError::NotLoaded) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(sheet.wishes.is_empty().then_some(changed))
}

#[async_trait]
impl Commands for PostgresStore {
    async fn put_command(&self, tenant: TenantId, sender: SenderId, command: Command) -> Result<()> {
        self.write(move |link| {
            let command = command.clone();
            Box::pin(async move {
                must_know_sender(link, tenant, sender).await?;
                let (issued, expires, text) = (micros(command.issued_at), micros(command.expires_at), json(&command));
                let rows = link.run(&PUT_COMMAND, &[&tenant, &sender, &command.id, &issued, &expires, &text]).await?;
                if rows == 0 { Err(StoreError::NameTaken { name: command.id }) } else { Ok(()) }
            })
        })
        .await
    }

    async fn commands(&self, tenant: TenantId, sender: SenderId, limit: usize) -> Result<Vec<Issued>> {
        let limit = most(limit);
        self.ask(move |link| {
            Box::pin(async move {
                link.all(&COMMANDS, &[&tenant, &sender, &limit], |row| {
                    let is_known = row.try_get::<_, Option<&str>>(2)?.is_some();
                    Ok(Issued {
                        command: from_json(row, 0, "commands")?,
                        handed_out_at: maybe_at(row, 1)?,
                        outcome: if is_known { Some(from_json(row, 2, "commands")?) } else { None },
                    })
                })
                .await
            })
        })
        .await
    }
}
