//! Devices and history, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use policy::history::{Sample, day_of};
use policy::overdue::Overdue;
use rusqlite::{Connection, Row};
use wire::envelope::SenderKind;

use super::SqliteStore;
use super::rows::{Desk, joined};
use super::values::{Ask, At, Word, at, maybe_at, most};
use crate::error::Result;
use crate::fleet::{Counts, Device, DevicePage, DeviceView, Fleet, HistoryDay};
use crate::ids::{DeviceId, SenderId, TenantId};
use crate::join;
use crate::pack;
use crate::span::Days;

#[async_trait]
impl Fleet for SqliteStore {
    async fn devices(&self, tenant: TenantId, after: Option<DeviceId>, limit: usize) -> Result<DevicePage> {
        self.read(move |connection| {
            let sql = "SELECT device_id FROM devices WHERE tenant_id = ?1 AND device_id > ?2 ORDER BY device_id LIMIT ?3";
            let ids: Vec<DeviceId> = connection.all(sql, (tenant, start(after), most(limit.saturating_add(1))), |row| row.get(0))?;
            page(connection, tenant, ids, limit)
        })
        .await
    }

    async fn device(&self, tenant: TenantId, device: DeviceId) -> Result<Option<Device>> {
        self.read(move |connection| find(connection, tenant, device)).await
    }

    async fn devices_of(&self, tenant: TenantId, sender: SenderId) -> Result<Vec<Device>> {
        self.read(move |connection| {
            let sql = "SELECT device_id FROM views WHERE tenant_id = ?1 AND sender_id = ?2 ORDER BY number";
            let ids: Vec<DeviceId> = connection.all(sql, (tenant, sender), |row| row.get(0))?;
            ids.into_iter().filter_map(|id| find(connection, tenant, id).transpose()).collect()
        })
        .await
    }

    async fn history(&self, tenant: TenantId, device: DeviceId, from: Timestamp, to: Timestamp, limit: usize) -> Result<Vec<HistoryDay>> {
        self.read(move |connection| history(connection, tenant, device, day_of(from), day_of(to), limit)).await
    }

    async fn unread_since(&self, tenant: TenantId, since: Timestamp, after: Option<DeviceId>, limit: usize) -> Result<DevicePage> {
        self.read(move |connection| {
            // The index by device has the times in it, so that no view is looked at.
            let sql = "SELECT device_id FROM views WHERE tenant_id = ?1 AND device_id > ?3 \
                       GROUP BY device_id HAVING max(read_at) < ?2 ORDER BY device_id LIMIT ?4";
            let ids: Vec<DeviceId> =
                connection.all(sql, (tenant, At(since), start(after), most(limit.saturating_add(1))), |row| row.get(0))?;
            page(connection, tenant, ids, limit)
        })
        .await
    }

    async fn set_overdue(&self, tenant: TenantId, devices: Vec<(DeviceId, Option<Overdue>)>) -> Result<()> {
        self.write_aside(move |connection| {
            for (device, overdue) in devices {
                match overdue {
                    None => connection.run(
                        "UPDATE devices SET overdue_since = NULL, overdue_why = NULL WHERE tenant_id = ?1 AND device_id = ?2",
                        (tenant, device),
                    )?,
                    Some(overdue) => connection.run(
                        "UPDATE devices SET overdue_since = ?3, overdue_why = ?4 WHERE tenant_id = ?1 AND device_id = ?2 \
                         AND NOT EXISTS (SELECT 1 FROM views v WHERE v.tenant_id = ?1 AND v.device_id = ?2 AND v.read_at >= ?3)",
                        (tenant, device, At(overdue.since), Word(overdue.why)),
                    )?,
                };
            }
            Ok(())
        })
        .await
    }

    async fn overdue(&self, tenant: TenantId) -> Result<Vec<(DeviceId, Overdue)>> {
        self.read(move |connection| {
            let sql = "SELECT device_id, overdue_since, overdue_why FROM devices \
                       WHERE tenant_id = ?1 AND overdue_since IS NOT NULL ORDER BY device_id";
            let rows = connection.all(sql, [tenant], |row| Ok((row.get(0)?, overdue(row, 1, 2)?)))?;
            Ok(rows.into_iter().filter_map(|(id, overdue)| Some((id, overdue?))).collect())
        })
        .await
    }

    async fn join(&self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        let by = by.to_owned();
        self.write(move |connection| join::join(&mut Desk(connection), tenant, device, other, &by, now)).await
    }

    async fn part(&self, tenant: TenantId, device: DeviceId, sender: SenderId, by: &str, now: Timestamp) -> Result<DeviceId> {
        let by = by.to_owned();
        self.write(move |connection| join::part(&mut Desk(connection), tenant, device, sender, &by, now)).await
    }

    async fn keep_apart(&self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        let by = by.to_owned();
        self.write(move |connection| join::keep_apart(&mut Desk(connection), tenant, device, other, &by, now)).await
    }

    async fn twins(&self, tenant: TenantId, limit: usize) -> Result<Vec<(DeviceId, DeviceId)>> {
        self.read(move |connection| {
            let sql = "SELECT device_id, twin_id FROM devices WHERE tenant_id = ?1 AND twin_id IS NOT NULL ORDER BY device_id LIMIT ?2";
            connection.all(sql, (tenant, most(limit)), |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .await
    }

    async fn counts(&self) -> Result<Counts> {
        self.read(|connection| {
            let sql = "SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM senders), (SELECT count(*) FROM devices), \
                       (SELECT count(*) FROM devices WHERE overdue_since IS NOT NULL)";
            let counts = connection.one(sql, (), |row| {
                Ok(Counts { tenants: row.get(0)?, senders: row.get(1)?, devices: row.get(2)?, devices_overdue: row.get(3)? })
            })?;
            Ok(counts.unwrap_or_default())
        })
        .await
    }
}

/// Returns what sorts before every id, or just before the next one.
fn start(after: Option<DeviceId>) -> Vec<u8> {
    after.map_or(Vec::new(), |after| after.octets().to_vec())
}

fn page(connection: &Connection, tenant: TenantId, ids: Vec<DeviceId>, limit: usize) -> Result<DevicePage> {
    let devices = ids.into_iter().filter_map(|id| find(connection, tenant, id).transpose()).collect::<Result<Vec<_>>>()?;
    Ok(DevicePage::of(devices.into_iter(), limit))
}

fn find(connection: &Connection, tenant: TenantId, device: DeviceId) -> Result<Option<Device>> {
    let sql = "SELECT site_id, created_at, overdue_since, overdue_why, twin_id FROM devices WHERE tenant_id = ?1 AND device_id = ?2";
    let found = connection.one(sql, (tenant, device), |row| Ok((row.get(0)?, at(row, 1)?, overdue(row, 2, 3)?, row.get(4)?)))?;
    let Some((site, created_at, overdue, twin)) = found else { return Ok(None) };
    Ok(Some(Device { tenant, id: device, site, created_at, overdue, twin, views: views(connection, tenant, device)? }))
}

fn views(connection: &Connection, tenant: TenantId, device: DeviceId) -> Result<Vec<DeviceView>> {
    let sql = "SELECT sender_id, kind, number, view, joined FROM views WHERE tenant_id = ?1 AND device_id = ?2 ORDER BY sender_id";
    let rows = connection.all(sql, (tenant, device), |row| {
        let view = pack::unpack_view(row.get_ref(3)?.as_blob()?);
        Ok((row.get(0)?, row.get::<_, Word<_>>(1)?.0, row.get(2)?, view, joined(row, 4)?))
    })?;
    rows.into_iter().map(|(sender, kind, number, view, joined)| Ok(DeviceView { sender, kind, number, view: view?, joined })).collect()
}

fn overdue(row: &Row<'_>, since: usize, why: usize) -> rusqlite::Result<Option<Overdue>> {
    let Some(since) = maybe_at(row, since)? else { return Ok(None) };
    Ok(Some(Overdue { since, why: row.get::<_, Word<_>>(why)?.0 }))
}

/// Walks back row by row: those of one time lie together, so one look a time finds a device's.
fn history(connection: &Connection, tenant: TenantId, device: DeviceId, from: i64, to: i64, limit: usize) -> Result<Vec<HistoryDay>> {
    let sql = "SELECT min(day), max(day) FROM history WHERE tenant_id = ?1";
    let bounds = connection.one(sql, [tenant], |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?)))?;
    let Some((first, last)) = bounds.flatten() else { return Ok(Vec::new()) };
    let mut days = Days::new(from, to, limit);
    let mut row = to.min(last);
    while row >= days.first_row().max(first) && !days.has_enough(row) {
        for (sender, kind, samples) in row_samples(connection, tenant, device, row)? {
            days.add(sender, kind, samples);
        }
        row -= 1;
    }
    Ok(days.newest())
}

type Seen = (SenderId, SenderKind, Vec<Sample>);

fn row_samples(connection: &Connection, tenant: TenantId, device: DeviceId, row: i64) -> Result<Vec<Seen>> {
    let sql = "SELECT h.sender_id, s.kind, h.samples FROM history h \
               JOIN senders s ON s.tenant_id = h.tenant_id AND s.sender_id = h.sender_id \
               WHERE h.tenant_id = ?1 AND h.day = ?2 AND h.device_id = ?3 ORDER BY h.sender_id";
    let rows = connection.all(sql, (tenant, row, device), |row| {
        Ok((row.get(0)?, row.get::<_, Word<_>>(1)?.0, pack::unpack_samples(row.get_ref(2)?.as_blob()?)))
    })?;
    rows.into_iter().map(|(sender, kind, samples)| Ok((sender, kind, samples?))).collect()
}
