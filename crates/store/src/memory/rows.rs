//! The rows that a report meets, in memory.

use std::collections::btree_map::Entry;

use jiff::Timestamp;
use jiff::civil::Date;
use policy::expectation::Expectation;
use policy::history::Day;
use policy::identity::Joined;
use wire::commands::{Command, Outcome};
use wire::envelope::SenderKind;

use super::{DeviceRow, Kept, Tables};
use crate::error::Result;
use crate::ids::{DeviceId, SenderId, SiteId, TenantId};
use crate::intake::Incoming;
use crate::registry::Sender;
use crate::rows::{Of, Rows, Teller, ViewRow, Watch, Watched};

impl Rows for Tables {
    fn sender(&mut self, of: Of) -> Result<Option<Watched>> {
        Ok(self.senders.get(&of).cloned())
    }

    fn put_told(&mut self, _before: &Sender, after: &Sender, watch: Watch) -> Result<()> {
        let of = Of { tenant: after.tenant, sender: after.id };
        self.senders.insert(of, Watched { sender: after.clone(), watch });
        Ok(())
    }

    fn inbox_id(&mut self, of: Of, sequence: u64) -> Result<Option<String>> {
        Ok(self.inbox.get(&(of, sequence)).map(|kept| kept.id.clone()))
    }

    fn put_inbox(&mut self, incoming: &Incoming) -> Result<()> {
        let of = Of { tenant: incoming.tenant, sender: incoming.sender };
        let kept = Kept {
            id: incoming.report.id.clone(),
            received_at: incoming.received_at,
            payload: incoming.payload.clone(),
            coding: incoming.coding,
        };
        self.inbox.insert((of, incoming.report.sequence), kept);
        Ok(())
    }

    fn view(&mut self, of: Of, number: u32) -> Result<Option<ViewRow>> {
        Ok(self.views.get(&(of, number)).map(|(_, row)| row.clone()))
    }

    fn put_view(&mut self, of: Of, kind: SenderKind, row: &ViewRow) -> Result<()> {
        match self.views.entry((of, row.number)) {
            Entry::Occupied(mut known) => known.get_mut().1.view = row.view.clone(),
            Entry::Vacant(new) => {
                new.insert((kind, row.clone()));
                self.tellers.insert((of.tenant, row.device, of.sender), row.number);
            }
        }
        Ok(())
    }

    fn place_view(&mut self, of: Of, number: u32, device: DeviceId, joined: Option<&Joined>) -> Result<()> {
        if let Some((_, row)) = self.views.get_mut(&(of, number)) {
            self.tellers.remove(&(of.tenant, row.device, of.sender));
            self.tellers.insert((of.tenant, device, of.sender), number);
            row.device = device;
            row.joined = joined.cloned();
        }
        Ok(())
    }

    fn create_device(&mut self, tenant: TenantId, device: DeviceId, site: SiteId, now: Timestamp) -> Result<()> {
        self.devices.insert((tenant, device), DeviceRow { site, created_at: now, overdue: None, twin: None });
        Ok(())
    }

    fn devices_marked(&mut self, tenant: TenantId, mark: &str) -> Result<Vec<DeviceId>> {
        let first = (tenant, mark.to_owned(), DeviceId::from_octets([0; 16]));
        let same = self.marks.range(first..).take_while(|(of, other, _)| *of == tenant && other == mark);
        Ok(same.map(|(_, _, device)| *device).collect())
    }

    fn put_mark(&mut self, tenant: TenantId, mark: &str, device: DeviceId) -> Result<()> {
        self.marks.insert((tenant, mark.to_owned(), device));
        Ok(())
    }

    fn remove_mark(&mut self, tenant: TenantId, mark: &str, device: DeviceId) -> Result<()> {
        self.marks.remove(&(tenant, mark.to_owned(), device));
        Ok(())
    }

    fn tellers(&mut self, tenant: TenantId, device: DeviceId) -> Result<Vec<Teller>> {
        Ok(self.views_of(tenant, device).map(|(sender, kind, row)| Teller { sender, kind, number: row.number }).collect())
    }

    fn remove_device(&mut self, tenant: TenantId, device: DeviceId) -> Result<()> {
        self.devices.remove(&(tenant, device));
        self.forget_likeness(tenant, device);
        Ok(())
    }

    fn twin(&mut self, tenant: TenantId, device: DeviceId) -> Result<Option<DeviceId>> {
        Ok(self.devices.get(&(tenant, device)).and_then(|row| row.twin))
    }

    fn put_twin(&mut self, tenant: TenantId, device: DeviceId, twin: Option<DeviceId>) -> Result<()> {
        if let Some(row) = self.devices.get_mut(&(tenant, device)) {
            row.twin = twin;
        }
        Ok(())
    }

    fn is_apart(&mut self, tenant: TenantId, device: DeviceId, other: DeviceId) -> Result<bool> {
        Ok(self.apart.contains_key(&(tenant, device, other)))
    }

    fn put_apart(&mut self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        self.apart.insert((tenant, device, other), (by.to_owned(), now));
        Ok(())
    }

    fn clear_overdue(&mut self, tenant: TenantId, device: DeviceId, read_at: Timestamp) -> Result<()> {
        if let Some(row) = self.devices.get_mut(&(tenant, device))
            && row.overdue.is_some_and(|overdue| overdue.since <= read_at)
        {
            row.overdue = None;
        }
        Ok(())
    }

    fn day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<Option<Day>> {
        Ok(self.history.get(&(of.tenant, day, device, of.sender)).cloned())
    }

    fn put_day(&mut self, of: Of, device: DeviceId, day: i64, samples: &Day) -> Result<()> {
        self.history.insert((of.tenant, day, device, of.sender), samples.clone());
        Ok(())
    }

    fn days(&mut self, of: Of, device: DeviceId) -> Result<Vec<i64>> {
        let own = self.history.keys().filter(|(tenant, _, other, sender)| (*tenant, *other, *sender) == (of.tenant, device, of.sender));
        Ok(own.map(|(_, day, _, _)| *day).collect())
    }

    fn remove_day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<()> {
        self.history.remove(&(of.tenant, day, device, of.sender));
        Ok(())
    }

    fn ledger_tail(&mut self, of: Of, limit: usize) -> Result<Vec<Expectation>> {
        let lines = self.ledger.range((of, Date::MIN)..=(of, Date::MAX)).rev().take(limit);
        Ok(lines.map(|(_, line)| line.clone()).collect())
    }

    fn ledger_between(&mut self, of: Of, from: Date, to: Date) -> Result<Vec<Expectation>> {
        Ok(self.ledger.range((of, from)..=(of, to)).map(|(_, line)| line.clone()).collect())
    }

    fn put_line(&mut self, of: Of, line: &Expectation) -> Result<()> {
        self.ledger.insert((of, line.day), line.clone());
        Ok(())
    }

    fn put_outcome(&mut self, of: Of, outcome: &Outcome) -> Result<()> {
        if let Some(issued) = self.commands.get_mut(&(of, outcome.command.clone())) {
            issued.outcome.get_or_insert_with(|| outcome.clone());
        }
        Ok(())
    }

    fn hand_out(&mut self, of: Of, now: Timestamp) -> Result<Vec<Command>> {
        let own = self.commands.range_mut((of, String::new())..).take_while(|((other, _), _)| *other == of);
        let open = own.map(|(_, issued)| issued).filter(|issued| issued.outcome.is_none() && issued.command.expires_at > now);
        let mut commands: Vec<Command> = open
            .map(|issued| {
                issued.handed_out_at.get_or_insert(now);
                issued.command.clone()
            })
            .collect();
        commands.sort_by(|one, other| (one.issued_at, &one.id).cmp(&(other.issued_at, &other.id)));
        Ok(commands)
    }
}

impl Tables {
    /// Forgets which devices were like this one.
    pub(super) fn forget_likeness(&mut self, tenant: TenantId, device: DeviceId) {
        self.apart.retain(|(of, one, other), _| *of != tenant || (*one != device && *other != device));
        let pointing = self.devices.iter_mut().filter(|((of, _), row)| *of == tenant && row.twin == Some(device));
        pointing.for_each(|(_, row)| row.twin = None);
    }

    /// Lists who tells of a device, in which kind of sender, and under which number; ordered by sender.
    pub(super) fn views_of(&self, tenant: TenantId, device: DeviceId) -> impl Iterator<Item = (SenderId, SenderKind, &ViewRow)> {
        let (least, most) = (SenderId::from_octets([0; 16]), SenderId::from_octets([255; 16]));
        let numbers = self.tellers.range((tenant, device, least)..=(tenant, device, most));
        numbers.filter_map(move |((_, _, sender), number)| {
            let (kind, row) = self.views.get(&(Of { tenant, sender: *sender }, *number))?;
            Some((*sender, *kind, row))
        })
    }
}
