//! Fulfilling a sheet's wishes: everything of one kind in one statement, and all statements in one flight.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tokio_postgres::Row;

use super::flight::{Flight, values};
use super::link::Link;
use super::rows::{column, joined, line, number, senders, watched};
use super::sql::statements;
use super::values::{from_json, from_word, small, word};
use crate::error::{Result, StoreError};
use crate::ids::{DeviceId, SenderId};
use crate::pack;
use crate::rows::ViewRow;
use crate::sheet::{OpenCommand, Sheet, Wish};

// What is wanted stands first, and each row of it is looked up by its key: `OFFSET 0` keeps PostgreSQL
// from turning that round. It would where it believes a table to be nearly empty, as it does until it
// has taken statistics, and then compare each row of a tenant with each row that is wanted.
statements! {
    // In one order, so that two who want the same senders wait for each other and not both for ever. The
    // rows are read after it, so what is read is what the lock protects.
    Tenant LOCK_SENDERS = "SELECT 1 FROM standings WHERE tenant_id = $1 AND sender_id = ANY ($2::uuid[]) ORDER BY sender_id FOR UPDATE";
    Tenant SENDERS = senders!("WHERE s.tenant_id = $1 AND s.sender_id = ANY ($2::uuid[])");
    Tenant OPEN_COMMANDS = "SELECT sender_id, command, handed_out_at IS NOT NULL FROM commands \
                            WHERE tenant_id = $1 AND sender_id = ANY ($2::uuid[]) AND outcome IS NULL ORDER BY sender_id, issued_at, command_id";
    Tenant VIEWS = "SELECT v.sender_id, v.number, v.device_id, v.view, v.joined FROM unnest($2::uuid[], $3::bigint[]) AS w(sender_id, number) \
                    CROSS JOIN LATERAL (SELECT * FROM views o WHERE o.tenant_id = $1 AND o.sender_id = w.sender_id AND o.number = w.number OFFSET 0) AS v";
    Tenant INBOX_IDS = "SELECT i.sender_id, i.sequence, i.report_id FROM unnest($2::uuid[], $3::bigint[]) AS w(sender_id, sequence) \
                        CROSS JOIN LATERAL \
                        (SELECT * FROM inbox o WHERE o.tenant_id = $1 AND o.sender_id = w.sender_id AND o.sequence = w.sequence OFFSET 0) AS i";
    Tenant DAYS_OF_NUMBERS = "SELECT h.sender_id, h.device_id, h.day, h.samples \
                   FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS w(sender_id, number, day) \
                   CROSS JOIN LATERAL (SELECT o.device_id FROM views o \
                   WHERE o.tenant_id = $1 AND o.sender_id = w.sender_id AND o.number = w.number OFFSET 0) AS v \
                   CROSS JOIN LATERAL (SELECT * FROM history p WHERE p.tenant_id = $1 AND p.day = w.day AND p.device_id = v.device_id \
                   AND p.sender_id = w.sender_id AND p.day BETWEEN $5 AND $6 OFFSET 0) AS h";
    Tenant DAYS = "SELECT h.sender_id, h.device_id, h.day, h.samples \
                   FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS w(sender_id, device_id, day) \
                   CROSS JOIN LATERAL (SELECT * FROM history p WHERE p.tenant_id = $1 AND p.day = w.day AND p.device_id = w.device_id \
                   AND p.sender_id = w.sender_id AND p.day BETWEEN $5 AND $6 OFFSET 0) AS h";
    Tenant DAY_LISTS = "SELECT h.sender_id, h.device_id, h.day FROM unnest($2::uuid[], $3::uuid[]) AS w(sender_id, device_id) \
                    JOIN history h ON h.tenant_id = $1 AND h.device_id = w.device_id AND h.sender_id = w.sender_id";
    Tenant TWINS = "SELECT device_id, twin_id FROM devices WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[])";
    Tenant APART = "SELECT a.device_id, a.other_id FROM unnest($2::uuid[], $3::uuid[]) AS w(device_id, other_id) \
                    JOIN apart a ON a.tenant_id = $1 AND a.device_id = w.device_id AND a.other_id = w.other_id";
    // Whoever makes a device, or gives one a new mark, holds its tenant: so two who meet the same
    // printer at once do so one after the other, and the second one finds it.
    Tenant LOCK_TENANT = "SELECT 1 FROM tenants WHERE tenant_id = $1 FOR UPDATE";
    Tenant MARKED = "SELECT mark, device_id FROM marks WHERE tenant_id = $1 AND mark = ANY ($2::text[])";
    Tenant TELLERS_OF_MARKED = "SELECT v.device_id, v.sender_id, v.kind, v.number FROM marks m CROSS JOIN LATERAL \
                   (SELECT * FROM views o WHERE o.tenant_id = m.tenant_id AND o.device_id = m.device_id OFFSET 0) AS v WHERE m.tenant_id = $1 AND m.mark = ANY ($2::text[])";
    Tenant TELLERS = "SELECT device_id, sender_id, kind, number FROM views WHERE tenant_id = $1 AND device_id = ANY ($2::uuid[])";
    Tenant LEDGER_TAILS = "SELECT l.day, l.due_at, l.kept, l.met_at, l.reports, l.devices, l.why, l.sender_id \
                   FROM unnest($2::uuid[]) AS w(sender_id) CROSS JOIN LATERAL \
                   (SELECT * FROM ledger o WHERE o.tenant_id = $1 AND o.sender_id = w.sender_id ORDER BY o.day DESC LIMIT $3) AS l";
    Tenant LEDGER_FROM = "SELECT l.day, l.due_at, l.kept, l.met_at, l.reports, l.devices, l.why, l.sender_id \
                   FROM unnest($2::uuid[], $3::text[]) AS w(sender_id, day) CROSS JOIN LATERAL \
                   (SELECT * FROM ledger o WHERE o.tenant_id = $1 AND o.sender_id = w.sender_id AND o.day >= w.day OFFSET 0) AS l";
}

/// Is wishes sorted into the columns of their statements.
#[derive(Default)]
struct Columns {
    senders: Vec<SenderId>,
    views: (Vec<SenderId>, Vec<i64>),
    inbox: (Vec<SenderId>, Vec<i64>),
    days_of: (Vec<SenderId>, Vec<i64>, Vec<i64>),
    days: (Vec<SenderId>, Vec<DeviceId>, Vec<i64>),
    day_lists: (Vec<SenderId>, Vec<DeviceId>),
    twins: Vec<DeviceId>,
    apart: (Vec<DeviceId>, Vec<DeviceId>),
    marks: Vec<String>,
    tellers: Vec<DeviceId>,
    /// By how many lines are wanted.
    tails: BTreeMap<usize, Vec<SenderId>>,
    ledgers: (Vec<SenderId>, Vec<String>),
}

impl Columns {
    fn of(wishes: &BTreeSet<Wish>) -> Self {
        let mut columns = Columns::default();
        for wish in wishes {
            match wish {
                Wish::Sender(sender) => columns.senders.push(*sender),
                Wish::View(sender, number) => {
                    columns.views.0.push(*sender);
                    columns.views.1.push(i64::from(*number));
                }
                Wish::InboxId(sender, sequence) => {
                    columns.inbox.0.push(*sender);
                    columns.inbox.1.push(column(*sequence));
                }
                Wish::DayOf(sender, number, day) => {
                    columns.days_of.0.push(*sender);
                    columns.days_of.1.push(i64::from(*number));
                    columns.days_of.2.push(*day);
                }
                Wish::Day(sender, device, day) => {
                    columns.days.0.push(*sender);
                    columns.days.1.push(*device);
                    columns.days.2.push(*day);
                }
                Wish::Days(sender, device) => {
                    columns.day_lists.0.push(*sender);
                    columns.day_lists.1.push(*device);
                }
                Wish::Twin(device) => columns.twins.push(*device),
                Wish::Apart(device, other) => {
                    columns.apart.0.push(*device);
                    columns.apart.1.push(*other);
                }
                Wish::Mark(mark) => columns.marks.push(mark.clone()),
                Wish::Tellers(device) => columns.tellers.push(*device),
                Wish::LedgerTail(sender, lines) => columns.tails.entry(*lines).or_default().push(*sender),
                Wish::LedgerFrom(sender, day) => {
                    columns.ledgers.0.push(*sender);
                    columns.ledgers.1.push(word(day));
                }
            }
        }
        columns
    }
}

/// Returns the first and the last of days, for the months that need not be looked into.
fn bounds(days: &[i64]) -> (i64, i64) {
    (days.iter().copied().min().unwrap_or(0), days.iter().copied().max().unwrap_or(0))
}

/// Says to whom an answer belongs.
enum Kind {
    Nothing,
    Senders,
    Commands,
    Views,
    InboxIds,
    Days,
    DayLists,
    Twins,
    Apart,
    Marked,
    Tellers,
    Lines,
}

/// Loads what is wished for; with `begin` it begins the transaction as well.
pub async fn load(link: &Link, sheet: &mut Sheet, wishes: &BTreeSet<Wish>, begin: bool) -> Result<()> {
    let tenant = sheet.tenant;
    let columns = Columns::of(wishes);
    let (first_of, last_of) = bounds(&columns.days_of.2);
    let (first, last) = bounds(&columns.days.2);
    let tails: Vec<(i64, &Vec<SenderId>)> =
        columns.tails.iter().map(|(count, senders)| (i64::try_from(*count).unwrap_or(i64::MAX), senders)).collect();
    let mut flight = Flight::new(link);
    let mut kinds = Vec::new();
    if begin {
        flight.command("BEGIN");
        kinds.push(Kind::Nothing);
    }
    let mut wanted = Vec::new();
    if !columns.senders.is_empty() {
        wanted.push((Kind::Nothing, &LOCK_SENDERS, values![tenant, &columns.senders]));
        wanted.push((Kind::Senders, &SENDERS, values![tenant, &columns.senders]));
        wanted.push((Kind::Commands, &OPEN_COMMANDS, values![tenant, &columns.senders]));
    }
    if !columns.marks.is_empty() {
        wanted.push((Kind::Nothing, &LOCK_TENANT, values![tenant]));
        wanted.push((Kind::Marked, &MARKED, values![tenant, &columns.marks]));
        wanted.push((Kind::Tellers, &TELLERS_OF_MARKED, values![tenant, &columns.marks]));
    }
    if !columns.views.0.is_empty() {
        wanted.push((Kind::Views, &VIEWS, values![tenant, &columns.views.0, &columns.views.1]));
    }
    if !columns.inbox.0.is_empty() {
        wanted.push((Kind::InboxIds, &INBOX_IDS, values![tenant, &columns.inbox.0, &columns.inbox.1]));
    }
    if !columns.days_of.0.is_empty() {
        let (senders, numbers, days) = &columns.days_of;
        wanted.push((Kind::Days, &DAYS_OF_NUMBERS, values![tenant, senders, numbers, days, first_of, last_of]));
    }
    if !columns.days.0.is_empty() {
        let (senders, devices, days) = &columns.days;
        wanted.push((Kind::Days, &DAYS, values![tenant, senders, devices, days, first, last]));
    }
    if !columns.day_lists.0.is_empty() {
        wanted.push((Kind::DayLists, &DAY_LISTS, values![tenant, &columns.day_lists.0, &columns.day_lists.1]));
    }
    if !columns.twins.is_empty() {
        wanted.push((Kind::Twins, &TWINS, values![tenant, &columns.twins]));
    }
    if !columns.apart.0.is_empty() {
        wanted.push((Kind::Apart, &APART, values![tenant, &columns.apart.0, &columns.apart.1]));
    }
    if !columns.tellers.is_empty() {
        wanted.push((Kind::Tellers, &TELLERS, values![tenant, &columns.tellers]));
    }
    for (count, senders) in &tails {
        wanted.push((Kind::Lines, &LEDGER_TAILS, values![tenant, *senders, *count]));
    }
    if !columns.ledgers.0.is_empty() {
        wanted.push((Kind::Lines, &LEDGER_FROM, values![tenant, &columns.ledgers.0, &columns.ledgers.1]));
    }
    for (kind, sql, values) in wanted {
        flight.add(sql, values).await?;
        kinds.push(kind);
    }
    let answers = flight.land().await?;
    absent(sheet, wishes);
    for (kind, rows) in kinds.into_iter().zip(&answers) {
        rows.iter().try_for_each(|row| enter(sheet, &kind, row))?;
    }
    reach(sheet, wishes);
    Ok(())
}

/// Enters all rows that were looked for as absent, before those that were found.
fn absent(sheet: &mut Sheet, wishes: &BTreeSet<Wish>) {
    let loaded = &mut sheet.loaded;
    for wish in wishes {
        match wish {
            Wish::Sender(sender) => {
                loaded.senders.insert(*sender, None);
                loaded.commands.insert(*sender, Vec::new());
            }
            Wish::View(sender, number) => drop(loaded.views.insert((*sender, *number), None)),
            Wish::InboxId(sender, sequence) => drop(loaded.inbox_ids.insert((*sender, *sequence), None)),
            Wish::Day(sender, device, day) => drop(loaded.days.insert((*sender, *device, *day), None)),
            Wish::Mark(mark) => drop(loaded.marked.insert(mark.clone(), BTreeSet::new())),
            Wish::Tellers(device) => drop(loaded.tellers.insert(*device, BTreeMap::new())),
            Wish::Days(sender, device) => drop(loaded.day_lists.insert((*sender, *device), BTreeSet::new())),
            Wish::Twin(device) => drop(loaded.twins.insert(*device, None)),
            Wish::Apart(device, other) => drop(loaded.apart.insert((*device, *other), false)),
            Wish::DayOf(..) | Wish::LedgerTail(..) | Wish::LedgerFrom(..) => {}
        }
    }
}

fn enter(sheet: &mut Sheet, kind: &Kind, row: &Row) -> Result<()> {
    let loaded = &mut sheet.loaded;
    match kind {
        Kind::Nothing => {}
        Kind::Senders => {
            let watched = watched(row)?;
            loaded.senders.insert(watched.sender.id, Some(watched));
        }
        Kind::Commands => {
            let open = OpenCommand { command: from_json(row, 1, "commands")?, is_handed_out: row.try_get(2)? };
            loaded.commands.entry(row.try_get(0)?).or_default().push(open);
        }
        Kind::Views => {
            let number = small(row, 1, "views")?;
            let view = pack::unpack_view(row.try_get(3)?)?;
            loaded
                .views
                .insert((row.try_get(0)?, number), Some(ViewRow { number, device: row.try_get(2)?, view, joined: joined(row, 4)? }));
        }
        Kind::InboxIds => {
            loaded.inbox_ids.insert((row.try_get(0)?, number(row.try_get(1)?)), row.try_get(2)?);
        }
        Kind::Days => {
            let samples = pack::unpack_day(row.try_get(3)?)?;
            loaded.days.insert((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?), Some(samples));
        }
        Kind::DayLists => {
            loaded.day_lists.entry((row.try_get(0)?, row.try_get(1)?)).or_default().insert(row.try_get(2)?);
        }
        Kind::Twins => {
            loaded.twins.insert(row.try_get(0)?, row.try_get(1)?);
        }
        Kind::Apart => {
            loaded.apart.insert((row.try_get(0)?, row.try_get(1)?), true);
        }
        Kind::Marked => {
            let device = row.try_get(1)?;
            loaded.marked.entry(row.try_get(0)?).or_default().insert(device);
            loaded.tellers.entry(device).or_default();
        }
        Kind::Tellers => {
            let teller = (from_word(row, 2, "views")?, small(row, 3, "views")?);
            loaded.tellers.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?, teller);
        }
        Kind::Lines => {
            let line = line(row)?;
            loaded.lines.insert((row.try_get(7)?, line.day), line);
        }
    }
    Ok(())
}

/// Notes what is now known to be there or absent because of the rows that were found.
fn reach(sheet: &mut Sheet, wishes: &BTreeSet<Wish>) {
    let loaded = &mut sheet.loaded;
    for wish in wishes {
        match wish {
            Wish::DayOf(sender, number, day) => {
                if let Some(Some(view)) = loaded.views.get(&(*sender, *number)) {
                    loaded.days.entry((*sender, view.device, *day)).or_insert(None);
                }
            }
            Wish::LedgerTail(sender, lines) => {
                let own = loaded.lines.range((*sender, Date::MIN)..=(*sender, Date::MAX));
                let oldest = own.map(|((_, day), _)| *day).rev().nth(lines.saturating_sub(1));
                let from = loaded.ledger_from.entry(*sender).or_insert(Date::MAX);
                *from = (*from).min(oldest.unwrap_or(Date::MIN));
            }
            Wish::LedgerFrom(sender, day) => {
                let from = loaded.ledger_from.entry(*sender).or_insert(Date::MAX);
                *from = (*from).min(*day);
            }
            _ => {}
        }
    }
}

/// Loads until a pass finds everything.
pub async fn until_complete<T>(link: &Link, sheet: &mut Sheet, mut pass: impl FnMut(&mut Sheet) -> Option<T>) -> Result<T> {
    /// Each round finds all of what can be known to be missing, so few are needed.
    const ROUNDS: usize = 12;
    for _ in 0..ROUNDS {
        if let Some(done) = pass(sheet) {
            return Ok(done);
        }
        let wishes = std::mem::take(&mut sheet.wishes);
        load(link, sheet, &wishes, false).await?;
    }
    Err(StoreError::NotLoaded)
}
