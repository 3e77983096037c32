//! Retention and deletion, in memory.

use std::path::Path;

use async_trait::async_trait;
use policy::history::day_of;

use super::{Kept, MemoryStore, Tables};
use crate::error::{Result, StoreError};
use crate::ids::{DeviceId, TenantId};
use crate::rows::Of;
use crate::upkeep::{Erased, Pruned, Retention, Size, Upkeep, tells_of};

#[async_trait]
impl Upkeep for MemoryStore {
    async fn prune(&self, retention: Retention) -> Result<Pruned> {
        let tables = &mut *self.tables();
        let mut pruned = Pruned::default();
        if let Some(before) = retention.inbox_before {
            pruned.inbox = removed(&mut tables.inbox, |_, kept| kept.received_at >= before);
        }
        if let Some(before) = retention.history_before.map(day_of) {
            pruned.history = removed(&mut tables.history, |(_, day, _, _), _| *day >= before);
        }
        if let Some(before) = retention.expectations_before {
            pruned.expectations =
                removed(&mut tables.ledger, |_, line| line.due_at >= before || line.kept == policy::expectation::Kept::Pending);
        }
        if let Some(before) = retention.commands_before {
            pruned.commands = removed(&mut tables.commands, |_, issued| issued.command.expires_at >= before);
        }
        if let Some(before) = retention.credentials_before {
            pruned.credentials = removed(&mut tables.codes, |_, code| code.expires_at >= before)
                + removed(&mut tables.tenant_tokens, |_, token| token.expires_at.is_none_or(|end| end >= before))
                + removed(&mut tables.api_tokens, |_, token| token.expires_at.is_none_or(|end| end >= before))
                + removed(&mut tables.sessions, |_, session| session.expires_at >= before);
        }
        Ok(pruned)
    }

    async fn erase_device(&self, tenant: TenantId, device: DeviceId) -> Result<Erased> {
        let tables = &mut *self.tables();
        if !tables.devices.contains_key(&(tenant, device)) {
            return Err(StoreError::NotFound { what: "device" });
        }
        let numbers: Vec<(Of, u32)> = tables.views_of(tenant, device).map(|(sender, _, row)| (Of { tenant, sender }, row.number)).collect();
        let reports_removed =
            removed(&mut tables.inbox, |(of, _), kept| !numbers.iter().any(|(other, number)| other == of && has_number(kept, *number)));
        let rows_removed = reports_removed
            + removed(&mut tables.views, |key, _| !numbers.contains(key))
            + removed(&mut tables.tellers, |(of, other, _), _| (*of, *other) != (tenant, device))
            + removed(&mut tables.history, |(of, _, other, _), _| (*of, *other) != (tenant, device))
            + removed(&mut tables.devices, |key, _| *key != (tenant, device));
        let marks = tables.marks.len();
        tables.marks.retain(|(of, _, other)| (*of, *other) != (tenant, device));
        tables.forget_likeness(tenant, device);
        let rows_removed = rows_removed + (marks - tables.marks.len()) as u64;
        let rows_left = tables.history.keys().filter(|(of, _, other, _)| (*of, *other) == (tenant, device)).count()
            + tables.views.values().filter(|(_, row)| row.device == device).count();
        Ok(Erased { rows_removed, rows_left: rows_left as u64, reports_removed })
    }

    async fn erase_tenant(&self, tenant: TenantId) -> Result<Erased> {
        let tables = &mut *self.tables();
        if !tables.tenants.contains_key(&tenant) {
            return Err(StoreError::NotFound { what: "tenant" });
        }
        let reports_removed = removed(&mut tables.inbox, |(of, _), _| of.tenant != tenant);
        let before = tables.rows_of(tenant);
        tables.remove_tenant(tenant);
        let rows_left = tables.rows_of(tenant);
        Ok(Erased { rows_removed: reports_removed + before - rows_left, rows_left, reports_removed })
    }

    async fn backup(&self, to: &Path) -> Result<()> {
        let source = std::io::Error::new(std::io::ErrorKind::Unsupported, "a store in memory has no file to copy");
        Err(StoreError::Write { path: to.to_owned(), source })
    }

    async fn size(&self) -> Result<Size> {
        let payloads: usize = self.tables().inbox.values().map(|kept| kept.payload.len()).sum();
        Ok(Size { octets: payloads as u64, free_octets: 0 })
    }

    async fn healthy(&self) -> Result<()> {
        Ok(())
    }
}

fn has_number(kept: &Kept, number: u32) -> bool {
    tells_of(&kept.payload, kept.coding, number)
}

/// Keeps what is to be kept; returns how many rows went.
fn removed<K: Ord, V>(table: &mut std::collections::BTreeMap<K, V>, mut keep: impl FnMut(&K, &V) -> bool) -> u64 {
    let before = table.len();
    table.retain(|key, value| keep(key, value));
    (before - table.len()) as u64
}

impl Tables {
    fn rows_of(&self, tenant: TenantId) -> u64 {
        let scope = crate::people::Scope::Tenant(tenant);
        let counts = [
            self.tenants.keys().filter(|of| **of == tenant).count(),
            self.sites.keys().filter(|(of, _)| *of == tenant).count(),
            self.codes.keys().filter(|(of, _)| *of == tenant).count(),
            self.tenant_tokens.keys().filter(|(of, _)| *of == tenant).count(),
            self.senders.keys().filter(|of| of.tenant == tenant).count(),
            self.credentials.values().filter(|(of, _)| of.tenant == tenant).count(),
            self.inbox.keys().filter(|(of, _)| of.tenant == tenant).count(),
            self.devices.keys().filter(|(of, _)| *of == tenant).count(),
            self.marks.iter().filter(|(of, _, _)| *of == tenant).count(),
            self.apart.keys().filter(|(of, _, _)| *of == tenant).count(),
            self.views.keys().filter(|(of, _)| of.tenant == tenant).count(),
            self.history.keys().filter(|(of, _, _, _)| *of == tenant).count(),
            self.ledger.keys().filter(|(of, _)| of.tenant == tenant).count(),
            self.commands.keys().filter(|(of, _)| of.tenant == tenant).count(),
            self.api_tokens.values().filter(|token| token.scope == scope).count(),
            self.users.values().filter(|user| user.scope == scope).count(),
        ];
        counts.into_iter().sum::<usize>() as u64
    }

    fn remove_tenant(&mut self, tenant: TenantId) {
        let scope = crate::people::Scope::Tenant(tenant);
        self.tenants.remove(&tenant);
        self.sites.retain(|(of, _), _| *of != tenant);
        self.codes.retain(|(of, _), _| *of != tenant);
        self.tenant_tokens.retain(|(of, _), _| *of != tenant);
        self.senders.retain(|of, _| of.tenant != tenant);
        self.credentials.retain(|_, (of, _)| of.tenant != tenant);
        self.devices.retain(|(of, _), _| *of != tenant);
        self.marks.retain(|(of, _, _)| *of != tenant);
        self.apart.retain(|(of, _, _), _| *of != tenant);
        self.views.retain(|(of, _), _| of.tenant != tenant);
        self.tellers.retain(|(of, _, _), _| *of != tenant);
        self.history.retain(|(of, _, _, _), _| *of != tenant);
        self.ledger.retain(|(of, _), _| of.tenant != tenant);
        self.commands.retain(|(of, _), _| of.tenant != tenant);
        self.api_tokens.retain(|_, token| token.scope != scope);
        self.users.retain(|_, user| user.scope != scope);
        let users = &self.users;
        self.sessions.retain(|_, session| users.contains_key(&session.user));
    }
}
