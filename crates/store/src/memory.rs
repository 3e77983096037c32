//! The fake: a store in memory with the manners of the real ones, for tests and simulations.

mod desk;
mod fleet;
mod people;
mod registry;
mod rows;
mod upkeep;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use policy::expectation::Expectation;
use policy::history::Day;
use policy::overdue::Overdue;
use wire::envelope::SenderKind;

use crate::commands::Issued;
use crate::error::Result;
use crate::ids::{DeviceId, SenderId, SiteId, TenantId, TokenId, UserId};
use crate::intake::{Coding, InboxEntry, Incoming, Intake, Receipt, Refused};
use crate::people::{ApiToken, User, WebSession};
use crate::registry::{Code, SecretHash, Site, Tenant, TenantToken};
use crate::rows::{Of, ViewRow, Watched};
use crate::take::take;

/// Is a store that forgets everything when it is dropped.
#[derive(Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

/// Is all rows, each table under the key that it has in a database.
#[derive(Default)]
struct Tables {
    tenants: BTreeMap<TenantId, Tenant>,
    sites: BTreeMap<(TenantId, SiteId), Site>,
    codes: BTreeMap<(TenantId, SecretHash), Code>,
    tenant_tokens: BTreeMap<(TenantId, TokenId), TenantToken>,
    senders: BTreeMap<Of, Watched>,
    credentials: BTreeMap<SecretHash, (Of, Timestamp)>,
    inbox: BTreeMap<(Of, u64), Kept>,
    devices: BTreeMap<(TenantId, DeviceId), DeviceRow>,
    marks: BTreeSet<(TenantId, String, DeviceId)>,
    /// Who said of two devices that they are two, and when.
    apart: BTreeMap<(TenantId, DeviceId, DeviceId), (String, Timestamp)>,
    views: BTreeMap<(Of, u32), (SenderKind, ViewRow)>,
    tellers: BTreeMap<(TenantId, DeviceId, SenderId), u32>,
    history: BTreeMap<(TenantId, i64, DeviceId, SenderId), Day>,
    ledger: BTreeMap<(Of, Date), Expectation>,
    commands: BTreeMap<(Of, String), Issued>,
    api_tokens: BTreeMap<TokenId, ApiToken>,
    users: BTreeMap<UserId, User>,
    sessions: BTreeMap<SecretHash, WebSession>,
}

/// Is a report as it came.
struct Kept {
    id: String,
    received_at: Timestamp,
    payload: Vec<u8>,
    coding: Coding,
}

struct DeviceRow {
    site: SiteId,
    created_at: Timestamp,
    overdue: Option<Overdue>,
    twin: Option<DeviceId>,
}

impl MemoryStore {
    /// Makes an empty store.
    pub fn new() -> Self {
        MemoryStore::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // No method leaves rows half written, so a panic elsewhere does not spoil them.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn senders_of(&self, tenant: TenantId) -> impl Iterator<Item = (&Of, &Watched)> {
        let first = Of { tenant, sender: SenderId::from_octets([0; 16]) };
        self.senders.range(first..).take_while(move |(of, _)| of.tenant == tenant)
    }
}

#[async_trait]
impl Intake for MemoryStore {
    async fn take(&self, reports: Vec<Incoming>) -> Vec<std::result::Result<Receipt, Refused>> {
        let mut tables = self.tables();
        reports.iter().map(|incoming| take(&mut *tables, incoming)).collect()
    }

    async fn payload(&self, tenant: TenantId, sender: SenderId, sequence: u64) -> Result<Option<(Vec<u8>, Coding)>> {
        let tables = self.tables();
        let kept = tables.inbox.get(&(Of { tenant, sender }, sequence));
        Ok(kept.map(|kept| (kept.payload.clone(), kept.coding)))
    }

    async fn inbox(&self, tenant: TenantId, sender: SenderId, limit: usize) -> Result<Vec<InboxEntry>> {
        let of = Of { tenant, sender };
        let tables = self.tables();
        let newest = tables.inbox.range((of, 0)..=(of, u64::MAX)).rev().take(limit);
        Ok(newest
            .map(|((_, sequence), kept)| InboxEntry {
                id: kept.id.clone(),
                sequence: *sequence,
                received_at: kept.received_at,
                octets: kept.payload.len() as u64,
            })
            .collect())
    }
}
