//! Devices and history, in memory.

use async_trait::async_trait;
use jiff::Timestamp;
use policy::history::day_of;
use policy::overdue::Overdue;

use super::{MemoryStore, Tables};
use crate::error::Result;
use crate::fleet::{Counts, Device, DevicePage, DeviceView, Fleet, HistoryDay};
use crate::ids::{DeviceId, SenderId, TenantId};
use crate::join;
use crate::rows::Of;

#[async_trait]
impl Fleet for MemoryStore {
    async fn devices(&self, tenant: TenantId, after: Option<DeviceId>, limit: usize) -> Result<DevicePage> {
        let tables = self.tables();
        Ok(DevicePage::of(tables.device_ids(tenant, after).filter_map(|id| tables.device(tenant, id)), limit))
    }

    async fn device(&self, tenant: TenantId, device: DeviceId) -> Result<Option<Device>> {
        Ok(self.tables().device(tenant, device))
    }

    async fn devices_of(&self, tenant: TenantId, sender: SenderId) -> Result<Vec<Device>> {
        let tables = self.tables();
        let of = Of { tenant, sender };
        let views = tables.views.range((of, 0)..=(of, u32::MAX));
        Ok(views.filter_map(|(_, (_, row))| tables.device(tenant, row.device)).collect())
    }

    async fn history(&self, tenant: TenantId, device: DeviceId, from: Timestamp, to: Timestamp, limit: usize) -> Result<Vec<HistoryDay>> {
        let (from, to) = (day_of(from), day_of(to));
        if from > to {
            return Ok(Vec::new());
        }
        let tables = self.tables();
        let (least, most) = ([0; 16], [255; 16]);
        let first = (tenant, from, DeviceId::from_octets(least), SenderId::from_octets(least));
        let last = (tenant, to, DeviceId::from_octets(most), SenderId::from_octets(most));
        let rows = tables.history.range(first..=last).rev().filter(|((_, _, of, _), _)| *of == device);
        let mut days: Vec<HistoryDay> = rows
            .take(limit)
            .filter_map(|((_, day, _, sender), samples)| {
                let kind = tables.senders.get(&Of { tenant, sender: *sender })?.sender.kind;
                Some(HistoryDay { day: *day, sender: *sender, kind, samples: samples.samples().cloned().collect() })
            })
            .collect();
        days.reverse();
        Ok(days)
    }

    async fn unread_since(&self, tenant: TenantId, since: Timestamp, after: Option<DeviceId>, limit: usize) -> Result<DevicePage> {
        let tables = self.tables();
        let unread = tables.device_ids(tenant, after).filter(|id| tables.last_read(tenant, *id) < since);
        Ok(DevicePage::of(unread.filter_map(|id| tables.device(tenant, id)), limit))
    }

    async fn set_overdue(&self, tenant: TenantId, devices: Vec<(DeviceId, Option<Overdue>)>) -> Result<()> {
        let mut tables = self.tables();
        for (device, overdue) in devices {
            let read_at = tables.last_read(tenant, device);
            let is_late = overdue.is_some_and(|overdue| overdue.since <= read_at);
            if let Some(row) = tables.devices.get_mut(&(tenant, device)).filter(|_| !is_late) {
                row.overdue = overdue;
            }
        }
        Ok(())
    }

    async fn overdue(&self, tenant: TenantId) -> Result<Vec<(DeviceId, Overdue)>> {
        let tables = self.tables();
        let own = tables.devices.iter().filter(|((of, _), _)| *of == tenant);
        Ok(own.filter_map(|((_, id), row)| Some((*id, row.overdue?))).collect())
    }

    async fn join(&self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        join::join(&mut *self.tables(), tenant, device, other, by, now)
    }

    async fn part(&self, tenant: TenantId, device: DeviceId, sender: SenderId, by: &str, now: Timestamp) -> Result<DeviceId> {
        join::part(&mut *self.tables(), tenant, device, sender, by, now)
    }

    async fn keep_apart(&self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        join::keep_apart(&mut *self.tables(), tenant, device, other, by, now)
    }

    async fn twins(&self, tenant: TenantId, limit: usize) -> Result<Vec<(DeviceId, DeviceId)>> {
        let tables = self.tables();
        let own = tables.devices.iter().filter(|((of, _), _)| *of == tenant);
        Ok(own.filter_map(|((_, id), row)| Some((*id, row.twin?))).take(limit).collect())
    }

    async fn counts(&self) -> Result<Counts> {
        let tables = self.tables();
        Ok(Counts {
            tenants: tables.tenants.len() as u64,
            senders: tables.senders.len() as u64,
            devices: tables.devices.len() as u64,
            devices_overdue: tables.devices.values().filter(|row| row.overdue.is_some()).count() as u64,
        })
    }
}

impl Tables {
    fn device_ids(&self, tenant: TenantId, after: Option<DeviceId>) -> impl Iterator<Item = DeviceId> {
        let first = after.unwrap_or(DeviceId::from_octets([0; 16]));
        let own = self.devices.range((tenant, first)..).take_while(move |((of, _), _)| *of == tenant);
        own.map(|((_, id), _)| *id).filter(move |id| Some(*id) != after)
    }

    fn device(&self, tenant: TenantId, id: DeviceId) -> Option<Device> {
        let row = self.devices.get(&(tenant, id))?;
        let views = self.views_of(tenant, id).map(|(sender, kind, row)| DeviceView {
            sender,
            kind,
            number: row.number,
            view: row.view.clone(),
            joined: row.joined.clone(),
        });
        Some(Device {
            tenant,
            id,
            site: row.site,
            created_at: row.created_at,
            overdue: row.overdue,
            twin: row.twin,
            views: views.collect(),
        })
    }

    /// Returns when any sender has read the device last, by the time at which it was or, if that cannot be, at which it came.
    fn last_read(&self, tenant: TenantId, id: DeviceId) -> Timestamp {
        self.views_of(tenant, id).map(|(_, _, row)| crate::fleet::read_at(&row.view)).max().unwrap_or(Timestamp::MIN)
    }
}
