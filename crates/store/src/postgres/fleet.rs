//! Devices and history, in PostgreSQL.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use policy::history::day_of;
use policy::overdue::Overdue;
use tokio_postgres::Row;

use super::PostgresStore;
use super::joining::decide;
use super::link::Link;
use super::rows::joined;
use super::sql::statements;
use super::values::{at, from_word, maybe_at, micros, most, small, word};
use crate::error::Result;
use crate::fleet::{Counts, Device, DevicePage, DeviceView, Fleet, HistoryDay};
use crate::ids::{DeviceId, SenderId, TenantId};
use crate::join;
use crate::pack;
use crate::span::Days;

statements! {
    Tenant PAGE = "SELECT device_id FROM devices WHERE tenant_id = $1 AND device_id > $2 ORDER BY device_id LIMIT $3";
    Tenant OF_SENDER = "SELECT device_id FROM views WHERE tenant_id = $1 AND sender_id = $2 ORDER BY number";
    // Whoever has an old view is looked up by age; whoever has a newer one beside it drops out.
    Tenant UNREAD = "SELECT DISTINCT v.device_id FROM views v WHERE v.tenant_id = $1 AND v.read_at < $2 AND v.device_id > $3 \
                     AND NOT EXISTS (SELECT 1 FROM views n WHERE n.tenant_id = $1 AND n.device_id = v.device_id AND n.read_at >= $2) \
                     ORDER BY v.device_id LIMIT $4";
    Tenant DEVICES = "SELECT device_id, site_id, created_at, overdue_since, overdue_why, twin_id FROM devices \
                      WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[])";
    Tenant VIEWS = "SELECT device_id, sender_id, kind, number, view, joined FROM views \
                    WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[]) ORDER BY device_id, sender_id";
    Tenant HISTORY = "SELECT h.day, h.sender_id, s.kind, h.samples FROM history h \
                      JOIN senders s ON s.tenant_id = h.tenant_id AND s.sender_id = h.sender_id \
                      WHERE h.tenant_id = $1 AND h.device_id = $2 AND h.day = ANY ($3::bigint[]) ORDER BY h.day DESC, h.sender_id DESC";
    Tenant BOUNDS = "SELECT (SELECT h.day FROM history h WHERE h.tenant_id = $1 ORDER BY h.day LIMIT 1), \
                     (SELECT h.day FROM history h WHERE h.tenant_id = $1 ORDER BY h.day DESC LIMIT 1)";
    // A report that is being taken holds its views until it is committed; what is decided here waits for it.
    Tenant HOLD_VIEWS = "SELECT 1 FROM views WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[]) ORDER BY device_id, sender_id FOR UPDATE";
    Tenant NOT_OVERDUE = "UPDATE devices SET overdue_since = NULL, overdue_why = NULL WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[])";
    Tenant SET_OVERDUE = "UPDATE devices d SET overdue_since = ($3::bigint[])[array_position($2::uuid[], d.device_id)], \
                      overdue_why = ($4::text[])[array_position($2::uuid[], d.device_id)] \
                      WHERE d.tenant_id = $1 AND d.device_id = ANY ($2::uuid[]) AND NOT EXISTS \
                      (SELECT 1 FROM views v WHERE v.tenant_id = $1 AND v.device_id = d.device_id \
                      AND v.read_at >= ($3::bigint[])[array_position($2::uuid[], d.device_id)])";
    Tenant OVERDUE = "SELECT device_id, overdue_since, overdue_why FROM devices WHERE tenant_id = $1 AND overdue_since IS NOT NULL ORDER BY device_id";
    Tenant TWINS = "SELECT device_id, twin_id FROM devices WHERE tenant_id = $1 AND twin_id IS NOT NULL ORDER BY device_id LIMIT $2";
    House COUNTS = "SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM senders), (SELECT count(*) FROM devices), \
                    (SELECT count(*) FROM devices WHERE overdue_since IS NOT NULL)";
}

/// Is how many days of one device are asked for at once.
const DAYS_AT_ONCE: i64 = 400;

#[async_trait]
impl Fleet for PostgresStore {
    async fn devices(&self, tenant: TenantId, after: Option<DeviceId>, limit: usize) -> Result<DevicePage> {
        self.read(move |link| {
            Box::pin(async move {
                let values: (DeviceId, i64) = (start(after), most(limit.saturating_add(1)));
                let ids = link.all(&PAGE, &[&tenant, &values.0, &values.1], |row| Ok(row.try_get(0)?)).await?;
                Ok(DevicePage::of(find(link, tenant, ids).await?.into_iter(), limit))
            })
        })
        .await
    }

    async fn device(&self, tenant: TenantId, device: DeviceId) -> Result<Option<Device>> {
        self.read(move |link| Box::pin(async move { Ok(find(link, tenant, vec![device]).await?.pop()) })).await
    }

    async fn devices_of(&self, tenant: TenantId, sender: SenderId) -> Result<Vec<Device>> {
        self.read(move |link| {
            Box::pin(async move {
                let ids = link.all(&OF_SENDER, &[&tenant, &sender], |row| Ok(row.try_get(0)?)).await?;
                find(link, tenant, ids).await
            })
        })
        .await
    }

    async fn history(&self, tenant: TenantId, device: DeviceId, from: Timestamp, to: Timestamp, limit: usize) -> Result<Vec<HistoryDay>> {
        self.read(move |link| Box::pin(history(link, tenant, device, day_of(from), day_of(to), limit))).await
    }

    async fn unread_since(&self, tenant: TenantId, since: Timestamp, after: Option<DeviceId>, limit: usize) -> Result<DevicePage> {
        self.read(move |link| {
            Box::pin(async move {
                let (since, after, most) = (micros(since), start(after), most(limit.saturating_add(1)));
                let ids = link.all(&UNREAD, &[&tenant, &since, &after, &most], |row| Ok(row.try_get(0)?)).await?;
                Ok(DevicePage::of(find(link, tenant, ids).await?.into_iter(), limit))
            })
        })
        .await
    }

    async fn set_overdue(&self, tenant: TenantId, devices: Vec<(DeviceId, Option<Overdue>)>) -> Result<()> {
        self.write(move |link| {
            let devices = devices.clone();
            Box::pin(async move {
                let all: Vec<DeviceId> = devices.iter().map(|(device, _)| *device).collect();
                link.run(&HOLD_VIEWS, &[&tenant, &all]).await?;
                let ended: Vec<DeviceId> = devices.iter().filter(|(_, overdue)| overdue.is_none()).map(|(device, _)| *device).collect();
                let late: Vec<(DeviceId, Overdue)> = devices.iter().filter_map(|(device, overdue)| Some((*device, (*overdue)?))).collect();
                let ids: Vec<DeviceId> = late.iter().map(|(device, _)| *device).collect();
                let since: Vec<i64> = late.iter().map(|(_, overdue)| micros(overdue.since)).collect();
                let why: Vec<String> = late.iter().map(|(_, overdue)| word(&overdue.why)).collect();
                link.run(&NOT_OVERDUE, &[&tenant, &ended]).await?;
                link.run(&SET_OVERDUE, &[&tenant, &ids, &since, &why]).await.map(drop)
            })
        })
        .await
    }

    async fn overdue(&self, tenant: TenantId) -> Result<Vec<(DeviceId, Overdue)>> {
        self.ask(move |link| {
            Box::pin(async move {
                let rows = link.all(&OVERDUE, &[&tenant], |row| Ok((row.try_get(0)?, overdue(row, 1, 2)?))).await?;
                Ok(rows.into_iter().filter_map(|(id, overdue)| Some((id, overdue?))).collect())
            })
        })
        .await
    }

    async fn join(&self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        let (pool, by) = (Arc::clone(&self.pool), by.to_owned());
        self.apart(
            async move { decide(&pool, tenant, vec![device, other], |sheet| join::join(sheet, tenant, device, other, &by, now)).await },
        )
        .await
    }

    async fn part(&self, tenant: TenantId, device: DeviceId, sender: SenderId, by: &str, now: Timestamp) -> Result<DeviceId> {
        let (pool, by) = (Arc::clone(&self.pool), by.to_owned());
        self.apart(async move { decide(&pool, tenant, vec![device], |sheet| join::part(sheet, tenant, device, sender, &by, now)).await })
            .await
    }

    async fn keep_apart(&self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        let (pool, by) = (Arc::clone(&self.pool), by.to_owned());
        self.apart(async move {
            decide(&pool, tenant, vec![device, other], |sheet| join::keep_apart(sheet, tenant, device, other, &by, now)).await
        })
        .await
    }

    async fn twins(&self, tenant: TenantId, limit: usize) -> Result<Vec<(DeviceId, DeviceId)>> {
        let limit = most(limit);
        self.ask(move |link| {
            Box::pin(async move { link.all(&TWINS, &[&tenant, &limit], |row| Ok((row.try_get(0)?, row.try_get(1)?))).await })
        })
        .await
    }

    async fn counts(&self) -> Result<Counts> {
        self.ask(|link| {
            Box::pin(async move {
                let counts = link.one(&COUNTS, &[], |row| {
                    let count = |column| Ok::<_, tokio_postgres::Error>(row.try_get::<_, i64>(column)?.cast_unsigned());
                    Ok(Counts { tenants: count(0)?, senders: count(1)?, devices: count(2)?, devices_overdue: count(3)? })
                });
                Ok(counts.await?.unwrap_or_default())
            })
        })
        .await
    }
}

/// Returns what sorts before every id, or the one after which to begin: no id of ours is all noughts.
fn start(after: Option<DeviceId>) -> DeviceId {
    after.unwrap_or(DeviceId::from_octets([0; 16]))
}

/// Finds devices with their views, in the order of the ids.
async fn find(link: &Link, tenant: TenantId, ids: Vec<DeviceId>) -> Result<Vec<Device>> {
    let mut views: BTreeMap<DeviceId, Vec<DeviceView>> = BTreeMap::new();
    let view = |row: &Row| {
        let view = DeviceView {
            sender: row.try_get(1)?,
            kind: from_word(row, 2, "views")?,
            number: small(row, 3, "views")?,
            view: pack::unpack_view(row.try_get(4)?)?,
            joined: joined(row, 5)?,
        };
        Ok((row.try_get(0)?, view))
    };
    for (device, view) in link.all(&VIEWS, &[&tenant, &ids], view).await? {
        views.entry(device).or_default().push(view);
    }
    let device = |row: &Row| {
        let id = row.try_get(0)?;
        Ok((
            id,
            Device {
                tenant,
                id,
                site: row.try_get(1)?,
                created_at: at(row, 2)?,
                overdue: overdue(row, 3, 4)?,
                twin: row.try_get(5)?,
                views: Vec::new(),
            },
        ))
    };
    let mut found: BTreeMap<DeviceId, Device> = link.all(&DEVICES, &[&tenant, &ids], device).await?.into_iter().collect();
    for (device, views) in views {
        if let Some(device) = found.get_mut(&device) {
            device.views = views;
        }
    }
    Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
}

fn overdue(row: &Row, since: usize, why: usize) -> Result<Option<Overdue>> {
    let Some(since) = maybe_at(row, since)? else { return Ok(None) };
    Ok(Some(Overdue { since, why: from_word(row, why, "devices")? }))
}

/// Walks back from the newest day: a device's days lie apart from each other, so each is looked up by its key.
async fn history(link: &Link, tenant: TenantId, device: DeviceId, from: i64, to: i64, limit: usize) -> Result<Vec<HistoryDay>> {
    let bounds = link.one(&BOUNDS, &[&tenant], |row| Ok(row.try_get::<_, Option<i64>>(0)?.zip(row.try_get::<_, Option<i64>>(1)?))).await?;
    let Some((first, last)) = bounds.flatten() else { return Ok(Vec::new()) };
    let mut days = Days::new(from, to, limit);
    let (first, mut day) = (days.first_row().max(first), to.min(last));
    while day >= first && !days.has_enough(day) {
        let asked: Vec<i64> = (first.max(day.saturating_sub(DAYS_AT_ONCE - 1))..=day).collect();
        // A row that has come from SQLite tells of half a month.
        let of_row = |row: &Row| Ok((row.try_get(1)?, from_word(row, 2, "senders")?, pack::unpack_samples(row.try_get(3)?)?));
        for (sender, kind, samples) in link.all(&HISTORY, &[&tenant, &device, &asked], of_row).await? {
            days.add(sender, kind, samples);
        }
        day -= DAYS_AT_ONCE;
    }
    Ok(days.newest())
}
