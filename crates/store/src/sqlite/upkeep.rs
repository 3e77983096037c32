//! Retention and deletion, in SQLite.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use policy::history::day_of;
use rusqlite::Connection;
use rusqlite::Params;

use super::history;
use super::rows::{coding_word, forget_likeness};
use super::values::{Ask, At};
use super::{SqliteStore, copy};
use crate::error::{Result, StoreError};
use crate::ids::{DeviceId, SenderId, TenantId};
use crate::intake::Coding;
use crate::pack;
use crate::registry::Registry;
use crate::upkeep::{Erased, Pruned, Retention, Size, Upkeep, tells_of};

/// Is how many rows go in one step; between two steps reports are taken.
const STEP: usize = 500;

/// Lists the tables whose rows belong to a tenant.
const OF_TENANT: [&str; 16] = [
    "apart",
    "history",
    "views",
    "marks",
    "devices",
    "inbox",
    "ledger",
    "commands",
    "credentials",
    "standings",
    "senders",
    "codes",
    "tenant_tokens",
    "sites",
    "signposts",
    "api_tokens",
];

#[async_trait]
impl Upkeep for SqliteStore {
    async fn prune(&self, retention: Retention) -> Result<Pruned> {
        let mut pruned = Pruned::default();
        for tenant in self.tenants().await? {
            pruned.inbox += self.prune_inbox(tenant.id, retention.inbox_before).await?;
            pruned.history += self.prune_history(tenant.id, retention.history_before).await?;
            pruned.expectations += self.prune_ledger(tenant.id, retention.expectations_before).await?;
            pruned.commands += self.prune_commands(tenant.id, retention.commands_before).await?;
        }
        if let Some(before) = retention.credentials_before {
            pruned.credentials = self.write(move |connection| prune_credentials(connection, before)).await?;
        }
        Ok(pruned)
    }

    async fn erase_device(&self, tenant: TenantId, device: DeviceId) -> Result<Erased> {
        let reports_removed = self.erase_reports(tenant, device).await?;
        self.write(move |connection| {
            let mut erased = Erased { rows_removed: reports_removed, rows_left: 0, reports_removed };
            let known = connection.one("SELECT 1 FROM devices WHERE tenant_id = ?1 AND device_id = ?2", (tenant, device), |_| Ok(()))?;
            known.ok_or(StoreError::NotFound { what: "device" })?;
            erased.rows_removed += forget_likeness(connection, tenant, device)?;
            for table in ["history", "views", "marks", "devices"] {
                erased.rows_removed +=
                    connection.run(&format!("DELETE FROM {table} WHERE tenant_id = ?1 AND device_id = ?2"), (tenant, device))?;
                let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = ?1 AND device_id = ?2");
                erased.rows_left += count(connection, &sql, (tenant, device))?;
            }
            Ok(erased)
        })
        .await
    }

    async fn erase_tenant(&self, tenant: TenantId) -> Result<Erased> {
        self.write(move |connection| erase_tenant(connection, tenant)).await
    }

    async fn backup(&self, to: &Path) -> Result<()> {
        let (from, to) = (self.path.clone(), to.to_owned());
        self.apart(move || copy::backup(&from, &to)).await
    }

    async fn size(&self) -> Result<Size> {
        let log = std::fs::metadata(format!("{}-wal", self.path.display())).map_or(0, |file| file.len());
        self.read(move |connection| {
            let page: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages: u64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let free: u64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
            Ok(Size { octets: pages * page + log, free_octets: free * page })
        })
        .await
    }

    async fn healthy(&self) -> Result<()> {
        self.write_aside(|connection| {
            let sql = "INSERT INTO pulse (place, beat) VALUES (1, 1) ON CONFLICT (place) DO UPDATE SET beat = beat + 1";
            connection.run(sql, ()).map(drop)
        })
        .await
    }
}

impl SqliteStore {
    /// Does long work on a thread of its own.
    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let (answer, wait) = tokio::sync::oneshot::channel();
        let spawned = std::thread::Builder::new().name("store-copy".to_owned()).spawn(move || drop(answer.send(work())));
        spawned.map_err(|source| StoreError::Write { path: self.path.clone(), source })?;
        wait.await.map_err(|_| StoreError::Closed)?
    }

    /// Repeats a step, each time in a transaction of its own, until it finds nothing more to remove.
    async fn in_steps(&self, step: impl Fn(&Connection) -> Result<u64> + Clone + Send + 'static) -> Result<u64> {
        let mut removed = 0;
        loop {
            match self.write(step.clone()).await? {
                0 => return Ok(removed),
                rows => removed += rows,
            }
        }
    }

    async fn prune_inbox(&self, tenant: TenantId, before: Option<Timestamp>) -> Result<u64> {
        let Some(before) = before else { return Ok(0) };
        self.in_steps(move |connection| {
            let sql = "DELETE FROM inbox WHERE rowid IN \
                       (SELECT rowid FROM inbox WHERE tenant_id = ?1 AND received_at < ?2 LIMIT ?3)";
            connection.run(sql, (tenant, At(before), STEP))
        })
        .await
    }

    async fn prune_history(&self, tenant: TenantId, before: Option<Timestamp>) -> Result<u64> {
        let Some(before) = before.map(day_of) else { return Ok(0) };
        let (mut removed, mut above) = (0, None);
        loop {
            let (days, last) = self.write(move |connection| history::prune(connection, tenant, before, above, STEP)).await?;
            removed += days;
            match last {
                Some(last) => above = Some(last),
                None => return Ok(removed),
            }
        }
    }

    async fn prune_ledger(&self, tenant: TenantId, before: Option<Timestamp>) -> Result<u64> {
        let Some(before) = before else { return Ok(0) };
        self.in_steps(move |connection| {
            let sql = "DELETE FROM ledger WHERE tenant_id = ?1 AND (day, sender_id) IN \
                       (SELECT day, sender_id FROM ledger WHERE tenant_id = ?1 AND due_at < ?2 AND kept <> 'pending' LIMIT ?3)";
            connection.run(sql, (tenant, At(before), STEP))
        })
        .await
    }

    async fn prune_commands(&self, tenant: TenantId, before: Option<Timestamp>) -> Result<u64> {
        let Some(before) = before else { return Ok(0) };
        self.in_steps(move |connection| {
            let sql = "DELETE FROM commands WHERE tenant_id = ?1 AND (sender_id, command_id) IN \
                       (SELECT sender_id, command_id FROM commands WHERE tenant_id = ?1 AND expires_at < ?2 LIMIT ?3)";
            connection.run(sql, (tenant, At(before), STEP))
        })
        .await
    }

    /// Removes the reports that told of a device. Each is read for it, so it is done in steps, the
    /// newest first; what comes meanwhile is looked at by the last step of all.
    async fn erase_reports(&self, tenant: TenantId, device: DeviceId) -> Result<u64> {
        let numbers: Vec<(SenderId, u32)> = self
            .read(move |connection| {
                let sql = "SELECT sender_id, number FROM views WHERE tenant_id = ?1 AND device_id = ?2";
                connection.all(sql, (tenant, device), |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .await?;
        let mut removed = 0;
        for (sender, number) in numbers {
            let mut above = i64::MIN;
            loop {
                let step = move |connection: &Connection| erase_some_reports(connection, tenant, sender, number, above);
                let (rows, last) = self.write(step).await?;
                removed += rows;
                match last {
                    Some(last) => above = last,
                    None => break,
                }
            }
        }
        Ok(removed)
    }
}

/// Looks at the next reports of a sender; returns how many went, and where to go on.
fn erase_some_reports(connection: &Connection, tenant: TenantId, sender: SenderId, number: u32, above: i64) -> Result<(u64, Option<i64>)> {
    const REPORTS: usize = 20;
    let sql = "SELECT sequence, coding, payload FROM inbox \
               WHERE tenant_id = ?1 AND sender_id = ?2 AND sequence > ?3 ORDER BY sequence LIMIT ?4";
    let reports = connection.all(sql, (tenant, sender, above, REPORTS), |row| {
        Ok((row.get::<_, i64>(0)?, row.get_ref(1)?.as_str()? == coding_word(Coding::Zstd), row.get::<_, Vec<u8>>(2)?))
    })?;
    let mut removed = 0;
    for (sequence, is_zstd, payload) in &reports {
        let tells = match is_zstd {
            true => tells_of(payload, Coding::Zstd, number),
            false => tells_of(&pack::unpack_payload(payload)?, Coding::Plain, number),
        };
        if tells {
            let sql = "DELETE FROM inbox WHERE tenant_id = ?1 AND sender_id = ?2 AND sequence = ?3";
            removed += connection.run(sql, (tenant, sender, sequence))?;
        }
    }
    Ok((removed, reports.last().map(|(sequence, _, _)| *sequence)))
}

fn erase_tenant(connection: &Connection, tenant: TenantId) -> Result<Erased> {
    let mut erased = Erased::default();
    let sessions = "FROM web_sessions WHERE user_id IN (SELECT user_id FROM users WHERE tenant_id = ?1)";
    erased.rows_removed += connection.run(&format!("DELETE {sessions}"), [tenant])?;
    for table in OF_TENANT.iter().chain(&["users", "tenants"]) {
        let rows = connection.run(&format!("DELETE FROM {table} WHERE tenant_id = ?1"), [tenant])?;
        erased.rows_removed += rows;
        match *table {
            "inbox" => erased.reports_removed = rows,
            "tenants" if rows == 0 => return Err(StoreError::NotFound { what: "tenant" }),
            _ => {}
        }
        erased.rows_left += count(connection, &format!("SELECT count(*) FROM {table} WHERE tenant_id = ?1"), [tenant])?;
    }
    Ok(erased)
}

fn prune_credentials(connection: &Connection, before: Timestamp) -> Result<u64> {
    // The signposts of codes and tokens go with them.
    connection.run(
        "DELETE FROM signposts WHERE kind = 'code' AND (tenant_id, key) IN (SELECT tenant_id, hash FROM codes WHERE expires_at < ?1)",
        [At(before)],
    )?;
    connection.run(
        "DELETE FROM signposts WHERE kind = 'tenant-token' \
         AND (tenant_id, key) IN (SELECT tenant_id, hash FROM tenant_tokens WHERE expires_at < ?1)",
        [At(before)],
    )?;
    let mut removed = 0;
    for table in ["codes", "tenant_tokens", "api_tokens", "web_sessions"] {
        removed += connection.run(&format!("DELETE FROM {table} WHERE expires_at < ?1"), [At(before)])?;
    }
    Ok(removed)
}

fn count(connection: &Connection, sql: &str, values: impl Params) -> Result<u64> {
    Ok(connection.one(sql, values, |row| row.get(0))?.unwrap_or_default())
}
