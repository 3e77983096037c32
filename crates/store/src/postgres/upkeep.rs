//! Retention and deletion, in PostgreSQL.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use policy::history::day_of;

use super::PostgresStore;
use super::link::{Link, Values};
use super::months;
use super::registry::must_know_sender;
use super::rows::coding_word;
use super::sql::{Sql, statements};
use super::values::micros;
use crate::error::{Result, StoreError};
use crate::ids::{DeviceId, SenderId, TenantId};
use crate::intake::Coding;
use crate::pack;
use crate::registry::Registry;
use crate::upkeep::{Erased, Pruned, Retention, Size, Upkeep, tells_of};

/// Is how many rows go in one step; between two steps reports are taken.
const STEP: i64 = 500;

/// Is how many reports are looked at in one step.
const REPORTS: i64 = 20;

statements! {
    Tenant PRUNE_INBOX = "DELETE FROM inbox WHERE tenant_id = $1 AND (sender_id, sequence) IN \
                          (SELECT o.sender_id, o.sequence FROM inbox o WHERE o.tenant_id = $1 AND o.received_at < $2 LIMIT $3)";
    Tenant PRUNE_HISTORY = "DELETE FROM history WHERE tenant_id = $1 AND (day, device_id, sender_id) IN \
                            (SELECT o.day, o.device_id, o.sender_id FROM history o WHERE o.tenant_id = $1 AND o.day < $2 ORDER BY o.day LIMIT $3)";
    Tenant OLD_HISTORY = "SELECT count(*) FROM history WHERE tenant_id = $1 AND day >= $2 AND day < $3";
    Tenant PRUNE_LEDGER = "DELETE FROM ledger WHERE tenant_id = $1 AND (sender_id, day) IN \
                           (SELECT o.sender_id, o.day FROM ledger o WHERE o.tenant_id = $1 AND o.due_at < $2 AND o.kept <> 'pending' LIMIT $3)";
    Tenant PRUNE_COMMANDS = "DELETE FROM commands WHERE tenant_id = $1 AND (sender_id, command_id) IN \
                             (SELECT o.sender_id, o.command_id FROM commands o WHERE o.tenant_id = $1 AND o.expires_at < $2 LIMIT $3)";
    Tenant OLD_CODES = "DELETE FROM codes WHERE tenant_id = $1 AND expires_at < $2 RETURNING hash";
    Tenant OLD_TOKENS = "DELETE FROM tenant_tokens WHERE tenant_id = $1 AND expires_at < $2 RETURNING hash";
    Door OLD_SIGNPOSTS = "DELETE FROM signposts WHERE kind = $1 AND key = ANY ($2::bytea[])";
    Door OLD_API_TOKENS = "DELETE FROM api_tokens WHERE expires_at < $1";
    Door OLD_SESSIONS = "DELETE FROM web_sessions WHERE expires_at < $1";

    Tenant NUMBERS = "SELECT sender_id, number FROM views WHERE tenant_id = $1 AND device_id = $2 ORDER BY sender_id";
    Tenant SOME_REPORTS = "SELECT sequence, coding, payload FROM inbox \
                           WHERE tenant_id = $1 AND sender_id = $2 AND sequence >= $3 ORDER BY sequence LIMIT $4";
    Tenant REMOVE_REPORT = "DELETE FROM inbox WHERE tenant_id = $1 AND sender_id = $2 AND sequence = $3";
    Tenant KNOW_DEVICE = "SELECT 1 FROM devices WHERE tenant_id = $1 AND device_id = $2";
    Tenant ERASE_HISTORY = "DELETE FROM history WHERE tenant_id = $1 AND device_id = $2";
    Tenant ERASE_VIEWS = "DELETE FROM views WHERE tenant_id = $1 AND device_id = $2";
    Tenant ERASE_MARKS = "DELETE FROM marks WHERE tenant_id = $1 AND device_id = $2";
    Tenant ERASE_DEVICE = "DELETE FROM devices WHERE tenant_id = $1 AND device_id = $2";
    Tenant ERASE_APART = "DELETE FROM apart WHERE tenant_id = $1 AND (device_id = $2 OR other_id = $2)";
    Tenant ERASE_TWINS = "UPDATE devices SET twin_id = NULL WHERE tenant_id = $1 AND twin_id = $2";
    Tenant LEFT_APART = "SELECT count(*) FROM apart WHERE tenant_id = $1 AND (device_id = $2 OR other_id = $2)";
    Tenant LEFT_HISTORY = "SELECT count(*) FROM history WHERE tenant_id = $1 AND device_id = $2";
    Tenant LEFT_VIEWS = "SELECT count(*) FROM views WHERE tenant_id = $1 AND device_id = $2";
    Tenant LEFT_MARKS = "SELECT count(*) FROM marks WHERE tenant_id = $1 AND device_id = $2";
    Tenant LEFT_DEVICE = "SELECT count(*) FROM devices WHERE tenant_id = $1 AND device_id = $2";

    Door SIZE = "SELECT pg_catalog.pg_database_size(current_database())";
    Door BEAT = "INSERT INTO pulse (place, beat) VALUES (1, 1) ON CONFLICT (place) DO UPDATE SET beat = pulse.beat + 1";
}

/// Defines for each table of a tenant how it is emptied, and how it is counted.
macro_rules! of_tenant {
    ($($reach:ident $table:literal $erase:ident $left:ident;)*) => {
        statements! {
            Door ERASE_SESSIONS = "DELETE FROM web_sessions WHERE user_id IN (SELECT user_id FROM users WHERE tenant_id = $1)";
            $(
                $reach $erase = concat!("DELETE FROM ", $table, " WHERE tenant_id = $1");
                $reach $left = concat!("SELECT count(*) FROM ", $table, " WHERE tenant_id = $1");
            )*
        }

        /// Lists the tables whose rows belong to a tenant, in the order in which they are emptied.
        pub const OF_TENANT: &[(&str, &Sql, &Sql)] = &[$(($table, &$erase, &$left)),*];
    };
}

pub mod tenant {
    //! Statements that empty every table of a tenant's rows.

    use crate::postgres::sql::{Sql, statements};

    of_tenant! {
        // First of all: a report that is being taken holds its sender, and one that comes later finds none.
        Tenant "standings" STANDINGS LEFT_STANDINGS;
        Tenant "history" HISTORY LEFT_HISTORY;
        Tenant "apart" APART LEFT_APART;
        Tenant "views" VIEWS LEFT_VIEWS;
        Tenant "marks" MARKS LEFT_MARKS;
        Tenant "devices" DEVICES LEFT_DEVICES;
        Tenant "inbox" INBOX LEFT_INBOX;
        Tenant "ledger" LEDGER LEFT_LEDGER;
        Tenant "commands" COMMANDS LEFT_COMMANDS;
        Tenant "credentials" CREDENTIALS LEFT_CREDENTIALS;
        Tenant "senders" SENDERS LEFT_SENDERS;
        Tenant "codes" CODES LEFT_CODES;
        Tenant "tenant_tokens" TENANT_TOKENS LEFT_TENANT_TOKENS;
        Tenant "sites" SITES LEFT_SITES;
        Door "signposts" SIGNPOSTS LEFT_SIGNPOSTS;
        Door "api_tokens" API_TOKENS LEFT_API_TOKENS;
        Door "users" USERS LEFT_USERS;
        Tenant "tenants" TENANTS LEFT_TENANTS;
    }
}

#[async_trait]
impl Upkeep for PostgresStore {
    async fn prune(&self, retention: Retention) -> Result<Pruned> {
        let mut pruned = Pruned::default();
        let tenants = self.tenants().await?;
        let history_before = retention.history_before.map(day_of);
        if let Some(before) = history_before {
            pruned.history += self.drop_months(tenants.iter().map(|tenant| tenant.id).collect(), before).await?;
        }
        for tenant in &tenants {
            pruned.inbox += self.in_steps(&PRUNE_INBOX, tenant.id, retention.inbox_before.map(micros)).await?;
            pruned.history += self.in_steps(&PRUNE_HISTORY, tenant.id, history_before).await?;
            pruned.expectations += self.in_steps(&PRUNE_LEDGER, tenant.id, retention.expectations_before.map(micros)).await?;
            pruned.commands += self.in_steps(&PRUNE_COMMANDS, tenant.id, retention.commands_before.map(micros)).await?;
            if let Some(before) = retention.credentials_before {
                pruned.credentials += self.prune_invitations(tenant.id, before).await?;
            }
        }
        if let Some(before) = retention.credentials_before.map(micros) {
            pruned.credentials += self
                .write(move |link| {
                    Box::pin(async move { Ok(link.run(&OLD_API_TOKENS, &[&before]).await? + link.run(&OLD_SESSIONS, &[&before]).await?) })
                })
                .await?;
        }
        Ok(pruned)
    }

    async fn erase_device(&self, tenant: TenantId, device: DeviceId) -> Result<Erased> {
        let reports_removed = self.erase_reports(tenant, device).await?;
        self.write(move |link| {
            Box::pin(async move {
                // Whoever tells of the device waits, and begins anew with it afterwards.
                for (sender, _) in numbers(link, tenant, device).await? {
                    must_know_sender(link, tenant, sender).await?;
                }
                let known = link.one(&KNOW_DEVICE, &[&tenant, &device], |_| Ok(())).await?;
                known.ok_or(StoreError::NotFound { what: "device" })?;
                let mut erased = Erased { rows_removed: reports_removed, rows_left: 0, reports_removed };
                link.run(&ERASE_TWINS, &[&tenant, &device]).await?;
                for (erase, left) in [
                    (&ERASE_APART, &LEFT_APART),
                    (&ERASE_HISTORY, &LEFT_HISTORY),
                    (&ERASE_VIEWS, &LEFT_VIEWS),
                    (&ERASE_MARKS, &LEFT_MARKS),
                    (&ERASE_DEVICE, &LEFT_DEVICE),
                ] {
                    erased.rows_removed += link.run(erase, &[&tenant, &device]).await?;
                    erased.rows_left += count(link, left, &[&tenant, &device]).await?;
                }
                Ok(erased)
            })
        })
        .await
    }

    async fn erase_tenant(&self, tenant: TenantId) -> Result<Erased> {
        self.write(move |link| Box::pin(erase_tenant(link, tenant))).await
    }

    async fn backup(&self, _: &Path) -> Result<()> {
        Err(StoreError::BackupElsewhere { database: self.name.clone() })
    }

    async fn size(&self) -> Result<Size> {
        self.ask(|link| Box::pin(async move { Ok(Size { octets: count(link, &SIZE, &[]).await?, free_octets: 0 }) })).await
    }

    async fn healthy(&self) -> Result<()> {
        self.write(|link| Box::pin(async move { link.run(&BEAT, &[]).await.map(drop) })).await
    }
}

impl PostgresStore {
    /// Repeats a step, each time in a transaction of its own, until it finds nothing more to remove.
    async fn in_steps(&self, sql: &'static Sql, tenant: TenantId, before: Option<i64>) -> Result<u64> {
        let Some(before) = before else { return Ok(0) };
        let mut removed = 0;
        loop {
            match self.write(move |link| Box::pin(async move { link.run(sql, &[&tenant, &before, &STEP]).await })).await? {
                0 => return Ok(removed),
                rows => removed += rows,
            }
        }
    }

    /// Drops the tables of months that are old as a whole, and returns how many rows were in them.
    async fn drop_months(&self, tenants: Vec<TenantId>, before: i64) -> Result<u64> {
        let (pool, months) = (Arc::clone(&self.pool), Arc::clone(&self.months));
        self.apart(async move {
            let lease = pool.lease().await?;
            let link = lease.link();
            let mut removed = 0;
            for month in months::present(link).await?.into_iter().filter(|month| month.end() <= before) {
                for tenant in &tenants {
                    removed += count(link, &OLD_HISTORY, &[tenant, &month.first_day(), &month.end()]).await?;
                }
                months.forget(month);
                if let Err(fault) = months::drop_table(link, month).await {
                    // Its rows go one by one, then.
                    tracing::warn!(
                        error = &fault as &dyn std::error::Error,
                        table = month.table(),
                        "an old month's table could not be dropped"
                    );
                    break;
                }
            }
            lease.give_back();
            Ok(removed)
        })
        .await
    }

    async fn prune_invitations(&self, tenant: TenantId, before: Timestamp) -> Result<u64> {
        let before = micros(before);
        self.write(move |link| {
            Box::pin(async move {
                let mut removed = 0;
                // The signposts of codes and tokens go with them.
                for (sql, kind) in [(&OLD_CODES, super::registry::CODE), (&OLD_TOKENS, super::registry::TENANT_TOKEN)] {
                    let hashes: Vec<Vec<u8>> = link.all(sql, &[&tenant, &before], |row| Ok(row.try_get(0)?)).await?;
                    link.run(&OLD_SIGNPOSTS, &[&kind, &hashes]).await?;
                    removed += hashes.len() as u64;
                }
                Ok(removed)
            })
        })
        .await
    }

    /// Removes the reports that told of a device. Each is read for it, so it is done in steps, the
    /// oldest first; what comes meanwhile is looked at by the last step of all.
    async fn erase_reports(&self, tenant: TenantId, device: DeviceId) -> Result<u64> {
        let numbers = self.ask(move |link| Box::pin(numbers(link, tenant, device))).await?;
        let mut removed = 0;
        for (sender, number) in numbers {
            let mut from = Some(i64::MIN);
            while let Some(begin) = from {
                let step = self.write(move |link| Box::pin(erase_some_reports(link, tenant, sender, number, begin)));
                let (rows, next) = step.await?;
                removed += rows;
                from = next;
            }
        }
        Ok(removed)
    }
}

async fn numbers(link: &Link, tenant: TenantId, device: DeviceId) -> Result<Vec<(SenderId, u32)>> {
    link.all(&NUMBERS, &[&tenant, &device], |row| Ok((row.try_get(0)?, super::values::small(row, 1, "views")?))).await
}

/// Looks at the next reports of a sender; returns how many went, and where to go on.
async fn erase_some_reports(link: &Link, tenant: TenantId, sender: SenderId, number: u32, from: i64) -> Result<(u64, Option<i64>)> {
    let reports = link
        .all(&SOME_REPORTS, &[&tenant, &sender, &from, &REPORTS], |row| {
            let is_zstd = row.try_get::<_, &str>(1)? == coding_word(Coding::Zstd);
            Ok((row.try_get::<_, i64>(0)?, is_zstd, row.try_get::<_, Vec<u8>>(2)?))
        })
        .await?;
    let mut removed = 0;
    for (sequence, is_zstd, payload) in &reports {
        let tells = match is_zstd {
            true => tells_of(payload, Coding::Zstd, number),
            false => tells_of(&pack::unpack_payload(payload)?, Coding::Plain, number),
        };
        if tells {
            removed += link.run(&REMOVE_REPORT, &[&tenant, &sender, sequence]).await?;
        }
    }
    Ok((removed, reports.last().and_then(|(sequence, _, _)| sequence.checked_add(1))))
}

async fn erase_tenant(link: &Link, tenant: TenantId) -> Result<Erased> {
    let mut erased = Erased { rows_removed: link.run(&tenant::ERASE_SESSIONS, &[&tenant]).await?, ..Erased::default() };
    for (table, erase, _) in tenant::OF_TENANT {
        let rows = link.run(erase, &[&tenant]).await?;
        erased.rows_removed += rows;
        match *table {
            "inbox" => erased.reports_removed = rows,
            "tenants" if rows == 0 => return Err(StoreError::NotFound { what: "tenant" }),
            _ => {}
        }
    }
    for (_, _, left) in tenant::OF_TENANT {
        erased.rows_left += count(link, left, &[&tenant]).await?;
    }
    Ok(erased)
}

async fn count(link: &Link, sql: &Sql, values: Values<'_>) -> Result<u64> {
    Ok(link.one(sql, values, |row| Ok(row.try_get::<_, i64>(0)?.cast_unsigned())).await?.unwrap_or_default())
}
