//! Writing what a sheet has left: everything of one kind in one statement, and the commit with them.

use super::flight::{Flight, Value, values};
use super::link::Link;
use super::rows::{coding_word, column};
use super::sql::{Sql, statements};
use super::values::{json, micros, plain, word};
use crate::error::Result;
use crate::fleet::read_at;
use crate::ids::TenantId;
use crate::intake::Incoming;
use crate::pack;
use crate::said::Said;
use crate::sheet::{Sheet, Written};

statements! {
    // The row is there, and held: what reads as an insertion finds it by its key, whatever the database
    // believes of the table. Where rows can only be updated, `ANY` and the place in the list do the same.
    Tenant TOLD = "INSERT INTO standings (tenant_id, sender_id, last_contact_at, last_success_at, last_data_at, last_error, last_error_at, \
                   last_report, last_sequence, next_at, stopped_at, next_sweep_at, owing_since) \
                   SELECT $1, n.* FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::bigint[], \
                   $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[]) AS n \
                   ON CONFLICT (tenant_id, sender_id) DO UPDATE SET last_contact_at = excluded.last_contact_at, \
                   last_success_at = excluded.last_success_at, last_data_at = excluded.last_data_at, last_error = excluded.last_error, \
                   last_error_at = excluded.last_error_at, last_report = excluded.last_report, last_sequence = excluded.last_sequence, \
                   next_at = excluded.next_at, stopped_at = excluded.stopped_at, next_sweep_at = excluded.next_sweep_at, \
                   owing_since = excluded.owing_since";
    Tenant SAID = "UPDATE senders SET said = ($3::text[])[array_position($2::uuid[], sender_id)] \
                   WHERE tenant_id = $1 AND sender_id = ANY ($2::uuid[])";
    Tenant INBOX = "INSERT INTO inbox (tenant_id, sender_id, sequence, report_id, received_at, coding, payload) \
                    SELECT $1, n.* FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::bytea[]) AS n";
    Tenant DEVICES = "INSERT INTO devices (tenant_id, device_id, site_id, created_at) \
                      SELECT $1, n.* FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS n";
    Tenant MARKS = "INSERT INTO marks (tenant_id, mark, device_id) SELECT $1, n.* FROM unnest($2::text[], $3::uuid[]) AS n \
                    ON CONFLICT (tenant_id, mark, device_id) DO NOTHING";
    Tenant VIEWS = "INSERT INTO views (tenant_id, sender_id, number, device_id, kind, read_at, view, joined) \
                    SELECT $1, n.* FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::bigint[], $7::bytea[], $8::text[]) AS n \
                    ON CONFLICT (tenant_id, sender_id, number) DO UPDATE SET read_at = excluded.read_at, view = excluded.view";
    Tenant UNMARK = "DELETE FROM marks m USING unnest($2::text[], $3::uuid[]) AS n(mark, device_id) \
                     WHERE m.tenant_id = $1 AND m.mark = n.mark AND m.device_id = n.device_id";
    Tenant PLACE = "UPDATE views v SET device_id = n.device_id, joined = n.joined \
                    FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::text[]) AS n(sender_id, number, device_id, joined) \
                    WHERE v.tenant_id = $1 AND v.sender_id = n.sender_id AND v.number = n.number";
    Tenant FORGET_DAYS = "DELETE FROM history h USING unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS n(sender_id, device_id, day) \
                          WHERE h.tenant_id = $1 AND h.day = n.day AND h.device_id = n.device_id AND h.sender_id = n.sender_id";
    Tenant REMOVE_DEVICES = "DELETE FROM devices WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[])";
    Tenant FORGET_TWINS = "UPDATE devices SET twin_id = NULL WHERE tenant_id = $1 AND twin_id = ANY ($2::uuid[])";
    Tenant FORGET_APART = "DELETE FROM apart WHERE tenant_id = $1 AND (device_id = ANY ($2::uuid[]) OR other_id = ANY ($2::uuid[]))";
    Tenant SET_TWINS = "UPDATE devices d SET twin_id = n.twin_id FROM unnest($2::uuid[], $3::uuid[]) AS n(device_id, twin_id) \
                    WHERE d.tenant_id = $1 AND d.device_id = n.device_id";
    Tenant KEEP_APART = "INSERT INTO apart (tenant_id, device_id, other_id, said_by, said_at) \
                    SELECT $1, n.* FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[]) AS n \
                    ON CONFLICT (tenant_id, device_id, other_id) DO UPDATE SET said_by = excluded.said_by, said_at = excluded.said_at";
    // Few devices are overdue, and an index knows them; the others cost nothing here.
    Tenant READ = "UPDATE devices SET overdue_since = NULL, overdue_why = NULL \
                   WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[]) AND overdue_since IS NOT NULL \
                   AND overdue_since <= ($3::bigint[])[array_position($2::uuid[], device_id)]";
    Tenant DAYS = "INSERT INTO history (tenant_id, day, device_id, sender_id, samples) \
                   SELECT $1, n.* FROM unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::bytea[]) AS n \
                   ON CONFLICT (tenant_id, day, device_id, sender_id) DO UPDATE SET samples = excluded.samples";
    Tenant LINES = "INSERT INTO ledger (tenant_id, sender_id, day, due_at, kept, met_at, reports, devices, why) \
                    SELECT $1, n.* FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[]) AS n \
                    ON CONFLICT (tenant_id, sender_id, day) DO UPDATE SET due_at = excluded.due_at, kept = excluded.kept, \
                    met_at = excluded.met_at, reports = excluded.reports, devices = excluded.devices, why = excluded.why";
    Tenant OUTCOMES = "UPDATE commands c SET outcome = n.outcome FROM unnest($2::uuid[], $3::text[], $4::text[]) AS n(sender_id, command_id, outcome) \
                       WHERE c.tenant_id = $1 AND c.sender_id = n.sender_id AND c.command_id = n.command_id AND c.outcome IS NULL";
    Tenant HANDED_OUT = "UPDATE commands c SET handed_out_at = n.at FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS n(sender_id, command_id, at) \
                         WHERE c.tenant_id = $1 AND c.sender_id = n.sender_id AND c.command_id = n.command_id AND c.handed_out_at IS NULL";
}

/// Says whether the sheet leaves anything to be written.
pub fn is_empty(written: &Written) -> bool {
    let Written { senders, lines, outcomes, handed_out, placed, twins, apart, .. } = written;
    senders.is_empty()
        && lines.is_empty()
        && outcomes.is_empty()
        && handed_out.is_empty()
        && placed.is_empty()
        && twins.is_empty()
        && apart.is_empty()
}

/// Is a statement with its values.
type Filled<'a> = (&'static Sql, Vec<Value<'a>>);

/// Takes many rows apart into the columns of a statement.
macro_rules! columns {
    ($tenant:expr, $rows:expr, $row:pat => $($value:expr),+ $(,)?) => {
        // Each column takes of a row only what is its own.
        values![$tenant, $($rows.iter().map(|#[allow(unused_variables)] $row| $value).collect::<Vec<_>>()),+]
    };
}

/// Writes and commits.
pub async fn commit(link: &Link, sheet: &Sheet, batch: &[Incoming]) -> Result<()> {
    let Sheet { tenant, written, .. } = sheet;
    let tenant = *tenant;
    let mut flight = Flight::new(link);
    // Views stand before what ends that a device is overdue: whoever finds one overdue looks at its views first.
    let filled: [Option<Filled<'_>>; 19] = [
        told(tenant, written),
        said(tenant, written),
        inbox(tenant, written, batch),
        devices(tenant, written),
        unmark(tenant, written),
        marks(tenant, written),
        views(tenant, written),
        place(tenant, written),
        read(tenant, written),
        days(tenant, written),
        forget_days(tenant, written),
        removed(tenant, written, &REMOVE_DEVICES),
        removed(tenant, written, &FORGET_TWINS),
        removed(tenant, written, &FORGET_APART),
        twins(tenant, written),
        apart(tenant, written),
        lines(tenant, written),
        outcomes(tenant, written),
        handed_out(tenant, written),
    ];
    for (sql, values) in filled.into_iter().flatten() {
        flight.add(sql, values).await?;
    }
    flight.command("COMMIT");
    flight.land().await.map(drop)
}

fn told(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.senders, (id, (watched, _)) =>
        *id,
        watched.sender.told.last_contact_at.map(micros),
        watched.sender.told.last_success_at.map(micros),
        watched.sender.told.last_data_at.map(micros),
        watched.sender.told.last_error.as_deref().map(plain),
        watched.sender.told.last_error_at.map(micros),
        watched.sender.told.last_report.as_ref().map(|last| last.id.as_str()),
        watched.sender.told.last_report.as_ref().map(|last| column(last.sequence)),
        watched.sender.told.next_at.map(micros),
        watched.sender.told.stopped_at.map(micros),
        micros(watched.watch.next_sweep_at),
        watched.watch.owing_since.map(micros),
    );
    (!written.senders.is_empty()).then_some((&TOLD, values))
}

fn said(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let said: Vec<_> = written.senders.iter().filter(|(_, (_, has_said))| *has_said).collect();
    let values = columns!(tenant, said, (id, (watched, _)) => **id, json(&Said::of(&watched.sender)));
    (!said.is_empty()).then_some((&SAID, values))
}

fn inbox<'a>(tenant: TenantId, written: &Written, batch: &'a [Incoming]) -> Option<Filled<'a>> {
    let kept: Vec<&'a Incoming> = written.inbox.iter().filter_map(|place| batch.get(*place)).collect();
    let values = columns!(tenant, kept, incoming =>
        incoming.sender,
        column(incoming.report.sequence),
        incoming.report.id.as_str(),
        micros(incoming.received_at),
        coding_word(incoming.coding),
        incoming.payload.as_slice(),
    );
    (!kept.is_empty()).then_some((&INBOX, values))
}

fn devices(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.devices, (id, (site, at)) => *id, *site, micros(*at));
    (!written.devices.is_empty()).then_some((&DEVICES, values))
}

fn marks(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.marks, (mark, device) => mark.as_str(), *device);
    (!written.marks.is_empty()).then_some((&MARKS, values))
}

fn views(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.views, ((sender, number), (kind, row)) =>
        *sender,
        i64::from(*number),
        row.device,
        word(kind),
        micros(read_at(&row.view)),
        pack::pack_view(&row.view),
        row.joined.as_ref().map(json),
    );
    (!written.views.is_empty()).then_some((&VIEWS, values))
}

fn unmark(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.removed_marks, (mark, device) => mark.as_str(), *device);
    (!written.removed_marks.is_empty()).then_some((&UNMARK, values))
}

fn place(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.placed, ((sender, number), (device, joined)) =>
        *sender,
        i64::from(*number),
        *device,
        joined.as_ref().map(json),
    );
    (!written.placed.is_empty()).then_some((&PLACE, values))
}

fn forget_days(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.removed_days, (sender, device, day) => *sender, *device, *day);
    (!written.removed_days.is_empty()).then_some((&FORGET_DAYS, values))
}

/// Removes devices, or what points to them.
fn removed<'a>(tenant: TenantId, written: &'a Written, sql: &'static Sql) -> Option<Filled<'a>> {
    let values = columns!(tenant, written.removed_devices, device => *device);
    (!written.removed_devices.is_empty()).then_some((sql, values))
}

fn twins(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.twins, (device, twin) => *device, *twin);
    (!written.twins.is_empty()).then_some((&SET_TWINS, values))
}

fn apart(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.apart, ((device, other), (by, at)) => *device, *other, plain(by), micros(*at));
    (!written.apart.is_empty()).then_some((&KEEP_APART, values))
}

fn read(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.read, (device, at) => *device, micros(*at));
    (!written.read.is_empty()).then_some((&READ, values))
}

fn days(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.days, ((sender, device, day), samples) => *day, *device, *sender, pack::pack_day(samples));
    (!written.days.is_empty()).then_some((&DAYS, values))
}

fn lines(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.lines, ((sender, day), line) =>
        *sender,
        word(day),
        micros(line.due_at),
        word(&line.kept),
        line.met_at.map(micros),
        i64::from(line.reports),
        i64::from(line.devices),
        line.why.as_ref().map(word),
    );
    (!written.lines.is_empty()).then_some((&LINES, values))
}

fn outcomes(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.outcomes, ((sender, id), outcome) => *sender, id.as_str(), json(outcome));
    (!written.outcomes.is_empty()).then_some((&OUTCOMES, values))
}

fn handed_out(tenant: TenantId, written: &Written) -> Option<Filled<'_>> {
    let values = columns!(tenant, written.handed_out, ((sender, id), at) => *sender, id.as_str(), micros(*at));
    (!written.handed_out.is_empty()).then_some((&HANDED_OUT, values))
}
