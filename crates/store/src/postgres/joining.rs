//! Which device is which, as a person decides it, in PostgreSQL.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::flush;
use super::load::{load, until_complete};
use super::pool::{Pool, pause};
use super::sql::statements;
use crate::error::{Result, StoreError};
use crate::ids::{DeviceId, SenderId, TenantId};
use crate::sheet::{Sheet, Wish};

/// Is how often a decision is tried that others got in the way of.
const ATTEMPTS: u32 = 10;

statements! {
    Tenant TELLERS = "SELECT sender_id FROM views WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[]) ORDER BY sender_id";
}

/// Carries out a decision over some devices, while none of those who tell of them reports.
pub async fn decide<T>(pool: &Arc<Pool>, tenant: TenantId, devices: Vec<DeviceId>, work: impl Fn(&mut Sheet) -> Result<T>) -> Result<T> {
    for attempt in 1.. {
        match try_to_decide(pool, tenant, &devices, &work).await {
            Err(StoreError::Conflict { .. }) if attempt < ATTEMPTS => pause(attempt).await,
            other => return other,
        }
    }
    Err(StoreError::Busy)
}

async fn try_to_decide<T>(pool: &Arc<Pool>, tenant: TenantId, devices: &[DeviceId], work: impl Fn(&mut Sheet) -> Result<T>) -> Result<T> {
    let lease = pool.lease().await?;
    let link = lease.link();
    let decided = async {
        let tellers: Vec<SenderId> = link.all(&TELLERS, &[&tenant, &devices], |row| Ok(row.try_get(0)?)).await?;
        let mut sheet = Sheet::new(tenant);
        // Whoever reports meanwhile waits, and meets what was decided.
        let senders: BTreeSet<Wish> = tellers.into_iter().map(Wish::Sender).collect();
        load(link, &mut sheet, &senders, true).await?;
        let done = until_complete(link, &mut sheet, |sheet| sheet.attempt(&work)).await??;
        flush::commit(link, &sheet, &[]).await?;
        Ok(done)
    };
    match decided.await {
        Ok(done) => {
            lease.give_back();
            Ok(done)
        }
        Err(fault) => {
            lease.roll_back().await;
            Err(fault)
        }
    }
}
