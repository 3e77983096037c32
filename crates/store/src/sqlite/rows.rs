//! The rows that a report meets, in SQLite.

use jiff::Timestamp;
use jiff::civil::Date;
use policy::expectation::Expectation;
use policy::history::Day;
use policy::identity::Joined;
use rusqlite::{Connection, Row};
use wire::commands::{Command, Outcome};
use wire::envelope::SenderKind;
use wire::talk::LastReport;

use super::history;
use super::values::{Ask, At, Json, Word, at, maybe_at, most};
use crate::error::Result;
use crate::fleet::read_at;
use crate::ids::{DeviceId, SiteId, TenantId};
use crate::intake::{Coding, Incoming};
use crate::pack;
use crate::registry::{Admission, Sender, Told};
use crate::rows::{Of, Rows, Teller, ViewRow, Watch, Watched};
use crate::said::Said;

/// Reads and writes within the transaction of its connection.
pub struct Desk<'a>(pub &'a Connection);

/// Asks for whole senders, for [`watched`]; what is given says which.
macro_rules! senders {
    ($which:literal) => {
        concat!(
            "SELECT s.tenant_id, s.sender_id, s.site_id, s.name, s.kind, s.created_at, s.admission, s.admission_at, \
     s.admission_reason, s.certificate, s.said, t.last_contact_at, t.last_success_at, t.last_data_at, t.last_error, t.last_error_at, \
     t.last_report, t.last_sequence, t.next_at, t.stopped_at, t.next_sweep_at, t.owing_since \
     FROM senders s JOIN standings t ON t.tenant_id = s.tenant_id AND t.sender_id = s.sender_id ",
            $which
        )
    };
}
pub(super) use senders;

/// Reads a row of `senders!`.
pub fn watched(row: &Row<'_>) -> rusqlite::Result<Watched> {
    let Json(said) = row.get::<_, Json<Said>>(10)?;
    let told = Told {
        last_contact_at: maybe_at(row, 11)?,
        last_success_at: maybe_at(row, 12)?,
        last_data_at: maybe_at(row, 13)?,
        last_error: row.get(14)?,
        last_error_at: maybe_at(row, 15)?,
        last_report: last_report(row, 16, 17)?,
        schedule: said.schedule,
        next_at: maybe_at(row, 18)?,
        stopped_at: maybe_at(row, 19)?,
        host: said.host,
        site_information: said.site,
        withheld: said.withheld,
    };
    let sender = Sender {
        tenant: row.get(0)?,
        id: row.get(1)?,
        site: row.get(2)?,
        name: row.get(3)?,
        kind: row.get::<_, Word<_>>(4)?.0,
        created_at: at(row, 5)?,
        admission: admission(row, 6, 7, 8)?,
        software: said.software,
        certificate: row.get(9)?,
        told,
    };
    Ok(Watched { sender, watch: Watch { next_sweep_at: at(row, 20)?, owing_since: maybe_at(row, 21)? } })
}

pub fn last_report(row: &Row<'_>, id: usize, sequence: usize) -> rusqlite::Result<Option<LastReport>> {
    let Some(id) = row.get::<_, Option<String>>(id)? else { return Ok(None) };
    Ok(Some(LastReport { id, sequence: number(row.get(sequence)?) }))
}

/// Reads an admission from its word, its time and its reason.
pub fn admission(row: &Row<'_>, word: usize, since: usize, reason: usize) -> rusqlite::Result<Admission> {
    let since = || Ok::<_, rusqlite::Error>(maybe_at(row, since)?.unwrap_or(Timestamp::UNIX_EPOCH));
    Ok(match row.get_ref(word)?.as_str()? {
        "disabled" => Admission::Disabled { reason: row.get::<_, Option<String>>(reason)?.unwrap_or_default(), at: since()? },
        "retired" => Admission::Retired { at: since()? },
        _ => Admission::Admitted,
    })
}

/// Writes a sequence number into a column, which has a sign: the order is kept, the value shifted.
pub fn column(sequence: u64) -> i64 {
    (sequence ^ 1 << 63).cast_signed()
}

/// Reads a sequence number from a column.
pub fn number(column: i64) -> u64 {
    column.cast_unsigned() ^ 1 << 63
}

/// Returns the word for a coding.
pub fn coding_word(coding: Coding) -> &'static str {
    match coding {
        Coding::Plain => "plain",
        Coding::Zstd => "zstd",
    }
}

/// Asks for lines of the ledger, for [`line`]; what is given says which.
macro_rules! lines {
    ($which:literal) => {
        concat!("SELECT day, due_at, kept, met_at, reports, devices, why, sender_id FROM ledger ", $which)
    };
}
pub(super) use lines;

/// Reads a row of `lines!`.
pub fn line(row: &Row<'_>) -> rusqlite::Result<Expectation> {
    Ok(Expectation {
        day: row.get::<_, Word<Date>>(0)?.0,
        due_at: at(row, 1)?,
        kept: row.get::<_, Word<_>>(2)?.0,
        met_at: maybe_at(row, 3)?,
        reports: row.get(4)?,
        devices: row.get(5)?,
        why: row.get::<_, Option<Word<_>>>(6)?.map(|Word(why)| why),
    })
}

/// Reads how a view came to its device.
pub fn joined(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Joined>> {
    Ok(row.get::<_, Option<Json<_>>>(column)?.map(|Json(joined)| joined))
}

/// Forgets which devices were like this one.
pub fn forget_likeness(connection: &Connection, tenant: TenantId, device: DeviceId) -> Result<u64> {
    connection.run("UPDATE devices SET twin_id = NULL WHERE tenant_id = ?1 AND twin_id = ?2", (tenant, device))?;
    let other = "DELETE FROM apart WHERE tenant_id = ?1 AND device_id IN \
                 (SELECT other_id FROM apart WHERE tenant_id = ?1 AND device_id = ?2) AND other_id = ?2";
    let removed = connection.run(other, (tenant, device))?;
    Ok(removed + connection.run("DELETE FROM apart WHERE tenant_id = ?1 AND device_id = ?2", (tenant, device))?)
}

/// Writes that the draft of a batch does by itself.
impl Desk<'_> {
    pub fn write_told(&self, before: &Sender, after: &Sender, watch: Watch) -> Result<()> {
        let said = Said::of(after);
        if said != Said::of(before) {
            let sql = "UPDATE senders SET said = ?3 WHERE tenant_id = ?1 AND sender_id = ?2";
            self.0.run(sql, (after.tenant, after.id, Json(said)))?;
        }
        let told = &after.told;
        self.0.run(
            "UPDATE standings SET last_contact_at = ?3, last_success_at = ?4, last_data_at = ?5, last_error = ?6, last_error_at = ?7, \
             last_report = ?8, last_sequence = ?9, next_at = ?10, stopped_at = ?11, next_sweep_at = ?12, owing_since = ?13 \
             WHERE tenant_id = ?1 AND sender_id = ?2",
            (
                after.tenant,
                after.id,
                told.last_contact_at.map(At),
                told.last_success_at.map(At),
                told.last_data_at.map(At),
                &told.last_error,
                told.last_error_at.map(At),
                told.last_report.as_ref().map(|last| &last.id),
                told.last_report.as_ref().map(|last| column(last.sequence)),
                told.next_at.map(At),
                told.stopped_at.map(At),
                At(watch.next_sweep_at),
                watch.owing_since.map(At),
            ),
        )?;
        Ok(())
    }

    pub fn write_inbox(&self, incoming: &Incoming) -> Result<()> {
        self.0.run(
            "INSERT INTO inbox (tenant_id, sender_id, sequence, report_id, received_at, coding, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                incoming.tenant,
                incoming.sender,
                column(incoming.report.sequence),
                &incoming.report.id,
                At(incoming.received_at),
                coding_word(incoming.coding),
                &incoming.payload,
            ),
        )?;
        Ok(())
    }

    /// Writes a view that has a row.
    pub fn write_view(&self, of: Of, number: u32, view: ViewHead<'_>) -> Result<()> {
        let sql = "UPDATE views SET read_at = ?4, view = ?5 WHERE tenant_id = ?1 AND sender_id = ?2 AND number = ?3";
        self.0.run(sql, (of.tenant, of.sender, number, At(view.read_at), view.kept)).map(drop)
    }

    pub fn end_overdue(&self, tenant: TenantId, device: DeviceId, read_at: Timestamp) -> Result<()> {
        self.0.run(
            "UPDATE devices SET overdue_since = NULL, overdue_why = NULL \
             WHERE tenant_id = ?1 AND device_id = ?2 AND overdue_since <= ?3",
            (tenant, device, At(read_at)),
        )?;
        Ok(())
    }

    pub fn write_line(&self, of: Of, line: &Expectation) -> Result<()> {
        self.0.run(
            "INSERT INTO ledger (tenant_id, sender_id, day, due_at, kept, met_at, reports, devices, why) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT (tenant_id, sender_id, day) DO UPDATE SET due_at = excluded.due_at, kept = excluded.kept, \
             met_at = excluded.met_at, reports = excluded.reports, devices = excluded.devices, why = excluded.why",
            (
                of.tenant,
                of.sender,
                Word(line.day),
                At(line.due_at),
                Word(line.kept),
                line.met_at.map(At),
                line.reports,
                line.devices,
                line.why.map(Word),
            ),
        )?;
        Ok(())
    }
}

/// Is what changes of a view's row.
pub struct ViewHead<'a> {
    pub read_at: Timestamp,
    pub kept: &'a [u8],
}

impl Rows for Desk<'_> {
    fn sender(&mut self, of: Of) -> Result<Option<Watched>> {
        self.0.one(senders!("WHERE s.tenant_id = ?1 AND s.sender_id = ?2"), (of.tenant, of.sender), watched)
    }

    fn put_told(&mut self, before: &Sender, after: &Sender, watch: Watch) -> Result<()> {
        self.write_told(before, after, watch)
    }

    fn inbox_id(&mut self, of: Of, sequence: u64) -> Result<Option<String>> {
        let sql = "SELECT report_id FROM inbox WHERE tenant_id = ?1 AND sender_id = ?2 AND sequence = ?3";
        self.0.one(sql, (of.tenant, of.sender, column(sequence)), |row| row.get(0))
    }

    fn put_inbox(&mut self, incoming: &Incoming) -> Result<()> {
        self.write_inbox(incoming)
    }

    fn view(&mut self, of: Of, number: u32) -> Result<Option<ViewRow>> {
        let sql = "SELECT device_id, view, joined FROM views WHERE tenant_id = ?1 AND sender_id = ?2 AND number = ?3";
        let row = self.0.one(sql, (of.tenant, of.sender, number), |row| {
            let kept = row.get_ref(1)?.as_blob()?;
            Ok((row.get(0)?, pack::unpack_view(kept), joined(row, 2)?))
        })?;
        row.map(|(device, view, joined)| Ok(ViewRow { number, device, view: view?, joined })).transpose()
    }

    fn put_view(&mut self, of: Of, kind: SenderKind, row: &ViewRow) -> Result<()> {
        self.0.run(
            "INSERT INTO views (tenant_id, sender_id, number, device_id, kind, read_at, view, joined) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (tenant_id, sender_id, number) DO UPDATE SET read_at = excluded.read_at, view = excluded.view",
            (
                of.tenant,
                of.sender,
                row.number,
                row.device,
                Word(kind),
                At(read_at(&row.view)),
                pack::pack_view(&row.view),
                row.joined.as_ref().map(Json),
            ),
        )?;
        Ok(())
    }

    fn place_view(&mut self, of: Of, number: u32, device: DeviceId, joined: Option<&Joined>) -> Result<()> {
        let sql = "UPDATE views SET device_id = ?4, joined = ?5 WHERE tenant_id = ?1 AND sender_id = ?2 AND number = ?3";
        self.0.run(sql, (of.tenant, of.sender, number, device, joined.map(Json)))?;
        Ok(())
    }

    fn create_device(&mut self, tenant: TenantId, device: DeviceId, site: SiteId, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO devices (tenant_id, device_id, site_id, created_at) VALUES (?1, ?2, ?3, ?4)";
        self.0.run(sql, (tenant, device, site, At(now)))?;
        Ok(())
    }

    fn devices_marked(&mut self, tenant: TenantId, mark: &str) -> Result<Vec<DeviceId>> {
        let sql = "SELECT device_id FROM marks WHERE tenant_id = ?1 AND mark = ?2 ORDER BY device_id";
        self.0.all(sql, (tenant, mark), |row| row.get(0))
    }

    fn put_mark(&mut self, tenant: TenantId, mark: &str, device: DeviceId) -> Result<()> {
        let sql = "INSERT INTO marks (tenant_id, mark, device_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.0.run(sql, (tenant, mark, device))?;
        Ok(())
    }

    fn remove_mark(&mut self, tenant: TenantId, mark: &str, device: DeviceId) -> Result<()> {
        self.0.run("DELETE FROM marks WHERE tenant_id = ?1 AND mark = ?2 AND device_id = ?3", (tenant, mark, device))?;
        Ok(())
    }

    fn tellers(&mut self, tenant: TenantId, device: DeviceId) -> Result<Vec<Teller>> {
        let sql = "SELECT sender_id, kind, number FROM views WHERE tenant_id = ?1 AND device_id = ?2 ORDER BY sender_id";
        self.0.all(sql, (tenant, device), |row| Ok(Teller { sender: row.get(0)?, kind: row.get::<_, Word<_>>(1)?.0, number: row.get(2)? }))
    }

    fn remove_device(&mut self, tenant: TenantId, device: DeviceId) -> Result<()> {
        forget_likeness(self.0, tenant, device)?;
        self.0.run("DELETE FROM devices WHERE tenant_id = ?1 AND device_id = ?2", (tenant, device))?;
        Ok(())
    }

    fn twin(&mut self, tenant: TenantId, device: DeviceId) -> Result<Option<DeviceId>> {
        let sql = "SELECT twin_id FROM devices WHERE tenant_id = ?1 AND device_id = ?2";
        Ok(self.0.one(sql, (tenant, device), |row| row.get(0))?.flatten())
    }

    fn put_twin(&mut self, tenant: TenantId, device: DeviceId, twin: Option<DeviceId>) -> Result<()> {
        self.0.run("UPDATE devices SET twin_id = ?3 WHERE tenant_id = ?1 AND device_id = ?2", (tenant, device, twin))?;
        Ok(())
    }

    fn is_apart(&mut self, tenant: TenantId, device: DeviceId, other: DeviceId) -> Result<bool> {
        let sql = "SELECT 1 FROM apart WHERE tenant_id = ?1 AND device_id = ?2 AND other_id = ?3";
        Ok(self.0.one(sql, (tenant, device, other), |_| Ok(()))?.is_some())
    }

    fn put_apart(&mut self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO apart (tenant_id, device_id, other_id, said_by, said_at) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT (tenant_id, device_id, other_id) DO UPDATE SET said_by = excluded.said_by, said_at = excluded.said_at";
        self.0.run(sql, (tenant, device, other, by, At(now)))?;
        Ok(())
    }

    fn clear_overdue(&mut self, tenant: TenantId, device: DeviceId, read_at: Timestamp) -> Result<()> {
        self.end_overdue(tenant, device, read_at)
    }

    fn day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<Option<Day>> {
        history::day(self.0, of, device, day)
    }

    fn put_day(&mut self, of: Of, device: DeviceId, day: i64, samples: &Day) -> Result<()> {
        history::put_day(self.0, of, device, day, samples)
    }

    fn days(&mut self, of: Of, device: DeviceId) -> Result<Vec<i64>> {
        history::days(self.0, of, device)
    }

    fn remove_day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<()> {
        history::put_day(self.0, of, device, day, &Day::default())
    }

    fn ledger_tail(&mut self, of: Of, limit: usize) -> Result<Vec<Expectation>> {
        self.0.all(lines!("WHERE tenant_id = ?1 AND sender_id = ?2 ORDER BY day DESC LIMIT ?3"), (of.tenant, of.sender, most(limit)), line)
    }

    fn ledger_between(&mut self, of: Of, from: Date, to: Date) -> Result<Vec<Expectation>> {
        self.0.all(
            lines!("WHERE tenant_id = ?1 AND sender_id = ?2 AND day BETWEEN ?3 AND ?4"),
            (of.tenant, of.sender, Word(from), Word(to)),
            line,
        )
    }

    fn put_line(&mut self, of: Of, line: &Expectation) -> Result<()> {
        self.write_line(of, line)
    }

    fn put_outcome(&mut self, of: Of, outcome: &Outcome) -> Result<()> {
        self.0.run(
            "UPDATE commands SET outcome = ?4 WHERE tenant_id = ?1 AND sender_id = ?2 AND command_id = ?3 AND outcome IS NULL",
            (of.tenant, of.sender, &outcome.command, Json(outcome)),
        )?;
        Ok(())
    }

    fn hand_out(&mut self, of: Of, now: Timestamp) -> Result<Vec<Command>> {
        let sql = "SELECT command, handed_out_at IS NULL FROM commands \
                   WHERE tenant_id = ?1 AND sender_id = ?2 AND outcome IS NULL AND expires_at > ?3 ORDER BY issued_at, command_id";
        let open: Vec<(Command, bool)> =
            self.0.all(sql, (of.tenant, of.sender, At(now)), |row| Ok((row.get::<_, Json<Command>>(0)?.0, row.get(1)?)))?;
        for (command, _) in open.iter().filter(|(_, is_new)| *is_new) {
            let sql = "UPDATE commands SET handed_out_at = ?4 WHERE tenant_id = ?1 AND sender_id = ?2 AND command_id = ?3";
            self.0.run(sql, (of.tenant, of.sender, &command.id, At(now)))?;
        }
        Ok(open.into_iter().map(|(command, _)| command).collect())
    }
}
