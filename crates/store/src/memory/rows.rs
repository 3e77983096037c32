//! The rows that a report meets, in memory.

use jiff::Timestamp;
use jiff::civil::Date;
use policy::expectation::Expectation;
use policy::history::Day;
use wire::commands::{Command, Outcome};
use wire::envelope::SenderKind;

use super::{DeviceRow, Kept, Tables};
use crate::error::Result;
use crate::ids::{DeviceId, SenderId, SiteId, TenantId};
use crate::intake::Incoming;
use crate::registry::Sender;
use crate::rows::{Of, Rows, ViewRow, Watch, Watched};

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
        self.tellers.insert((of.tenant, row.device, of.sender), row.number);
        self.views.insert((of, row.number), (kind, row.clone()));
        Ok(())
    }

    fn create_device(&mut self, tenant: TenantId, device: DeviceId, site: SiteId, now: Timestamp) -> Result<()> {
        self.devices.insert((tenant, device), DeviceRow { site, created_at: now, overdue: None });
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

    fn tellers(&mut self, tenant: TenantId, device: DeviceId) -> Result<Vec<(SenderId, SenderKind)>> {
        Ok(self.views_of(tenant, device).map(|(sender, kind, _)| (sender, kind)).collect())
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
