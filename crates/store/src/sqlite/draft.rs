//! Many reports at once: what they change is gathered in memory and written at the end, each row once.
//!
//! A report that is refused or fails leaves nothing, because what it has gathered is thrown away:
//! no savepoint is needed for that. What is seldom (a new device, a joining, a command) goes straight
//! to the rows, within a savepoint of that report; everything gathered before is written first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use policy::expectation::Expectation;
use policy::history::{Day, Sample};
use policy::identity::Joined;
use rusqlite::Connection;
use wire::Extent;
use wire::commands::{Command, Outcome};
use wire::envelope::SenderKind;

use super::history;
use super::rows::{Desk, ViewHead};
use super::values::{Ask, At};
use crate::error::{Result, StoreError};
use crate::fleet::read_at;
use crate::ids::{DeviceId, SiteId, TenantId};
use crate::intake::{Incoming, Receipt, Refused};
use crate::pack;
use crate::registry::Sender;
use crate::rows::{Of, Rows, Teller, ViewRow, Watch, Watched};
use crate::span::span_of;
use crate::take::{add_to_day, take};

/// Is a sender before and after what was told.
struct Told {
    before: Sender,
    after: Sender,
    watch: Watch,
}

/// Is a row of history as it will be kept, and whether there is one to be replaced.
#[derive(Clone)]
struct Span {
    kept: Vec<u8>,
    is_there: bool,
}

/// Is a view as it will be kept.
#[derive(Clone)]
struct PackedView {
    read_at: Timestamp,
    kept: Vec<u8>,
    device: DeviceId,
    joined: Option<Joined>,
}

/// Is what has been gathered.
#[derive(Default)]
struct Gathered {
    told: BTreeMap<Of, Told>,
    /// By their place in the batch.
    inbox: Vec<usize>,
    inbox_ids: BTreeMap<(Of, u64), String>,
    views: BTreeMap<(Of, u32), PackedView>,
    read: BTreeMap<(TenantId, DeviceId), Timestamp>,
    /// In the order of the rows, which is by time and device.
    spans: BTreeMap<(TenantId, i64, DeviceId, Of), Span>,
    lines: BTreeMap<(Of, Date), Expectation>,
}

/// Is a batch of reports under way.
pub struct Draft<'a> {
    connection: &'a Connection,
    reports: Vec<&'a Incoming>,
    /// The report that is being taken.
    place: usize,
    /// Of the reports that were taken.
    done: Gathered,
    /// Of the one that is being taken.
    step: Gathered,
    /// Whether the one that is being taken has a savepoint.
    is_direct: bool,
    /// Views that are known to have a row.
    known: BTreeSet<(Of, u32)>,
    /// By tenant, whether devices are overdue and whether commands wait.
    waiting: BTreeMap<TenantId, (bool, bool)>,
    /// What went wrong beyond the report that is being taken.
    fault: Option<StoreError>,
}

/// Is the answer to a report.
pub type Answer = std::result::Result<Receipt, Refused>;

/// Takes reports within the transaction of the connection.
///
/// # Errors
/// Fails where what was taken could not be written: then nothing of the batch is.
pub fn take_all(connection: &Connection, reports: Vec<&Incoming>) -> Result<Vec<Answer>> {
    let draft = Draft {
        connection,
        reports,
        place: 0,
        done: Gathered::default(),
        step: Gathered::default(),
        is_direct: false,
        known: BTreeSet::new(),
        waiting: BTreeMap::new(),
        fault: None,
    };
    draft.take()
}

impl Draft<'_> {
    fn take(mut self) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(self.reports.len());
        for place in 0..self.reports.len() {
            self.place = place;
            let incoming = self.reports[place];
            let answer = take(&mut self, incoming);
            self.finish(answer.is_ok());
            if let Some(fault) = self.fault.take() {
                return Err(fault);
            }
            answers.push(answer);
        }
        let done = std::mem::take(&mut self.done);
        self.write(&done)?;
        Ok(answers)
    }

    /// Keeps what a report has gathered, or throws it away.
    fn finish(&mut self, is_good: bool) {
        let step = std::mem::take(&mut self.step);
        if self.is_direct {
            self.is_direct = false;
            if !is_good && !self.connection.is_autocommit() {
                drop(self.connection.run("ROLLBACK TO report", ()));
            }
            // A savepoint that is left open ends with the transaction.
            drop(self.connection.run("RELEASE report", ()));
        }
        if is_good {
            self.done.add(step);
        }
    }

    /// Goes to the rows themselves: what was gathered is written, and what comes can be undone.
    fn direct(&mut self) -> Result<Desk<'_>> {
        if !self.is_direct {
            let done = std::mem::take(&mut self.done);
            if let Err(fault) = self.write(&done) {
                self.fault = Some(fault.again());
                return Err(fault);
            }
            self.connection.run("SAVEPOINT report", ())?;
            self.is_direct = true;
        }
        let step = std::mem::take(&mut self.step);
        self.write(&step)?;
        Ok(Desk(self.connection))
    }

    fn write(&self, gathered: &Gathered) -> Result<()> {
        let desk = Desk(self.connection);
        for told in gathered.told.values() {
            desk.write_told(&told.before, &told.after, told.watch)?;
        }
        for place in &gathered.inbox {
            desk.write_inbox(self.reports[*place])?;
        }
        for ((of, number), view) in &gathered.views {
            desk.write_view(*of, *number, ViewHead { read_at: view.read_at, kept: &view.kept })?;
        }
        for ((tenant, device), read_at) in &gathered.read {
            desk.end_overdue(*tenant, *device, *read_at)?;
        }
        for ((_, first, device, of), span) in &gathered.spans {
            let write = if span.is_there { history::update } else { history::insert };
            write(self.connection, *of, *device, *first, &span.kept)?;
        }
        for ((of, _), line) in &gathered.lines {
            desk.write_line(*of, line)?;
        }
        Ok(())
    }

    /// Says whether the tenant has devices that are overdue, and commands that wait.
    fn waiting(&mut self, tenant: TenantId) -> Result<(bool, bool)> {
        if let Some(known) = self.waiting.get(&tenant) {
            return Ok(*known);
        }
        let has = |sql: &str| Ok::<_, StoreError>(self.connection.one(sql, [tenant], |_| Ok(()))?.is_some());
        let overdue = has("SELECT 1 FROM devices WHERE tenant_id = ?1 AND overdue_since IS NOT NULL LIMIT 1")?;
        let commands = has("SELECT 1 FROM commands WHERE tenant_id = ?1 AND outcome IS NULL LIMIT 1")?;
        self.waiting.insert(tenant, (overdue, commands));
        Ok((overdue, commands))
    }

    fn span(&self, key: &(TenantId, i64, DeviceId, Of)) -> Result<Span> {
        if let Some(span) = self.step.spans.get(key).or_else(|| self.done.spans.get(key)) {
            return Ok(span.clone());
        }
        let (_, first, device, of) = *key;
        let kept = history::load(self.connection, of, device, first)?;
        Ok(Span { is_there: kept.is_some(), kept: kept.unwrap_or_default() })
    }

    /// Returns lines of the ledger that were gathered.
    fn lines(&self, of: Of, from: Date, to: Date) -> impl DoubleEndedIterator<Item = &Expectation> {
        let range = (of, from)..=(of, to);
        self.done.lines.range(range.clone()).chain(self.step.lines.range(range)).map(|(_, line)| line)
    }
}

impl Gathered {
    /// Takes over what came later.
    fn add(&mut self, later: Gathered) {
        for (of, told) in later.told {
            match self.told.entry(of) {
                std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(told)),
                // How it stands in the rows is what it was before the first of them.
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    let before = entry.get().before.clone();
                    entry.insert(Told { before, ..told });
                }
            }
        }
        self.inbox.extend(later.inbox);
        self.inbox_ids.extend(later.inbox_ids);
        self.views.extend(later.views);
        self.read.extend(later.read);
        self.spans.extend(later.spans);
        self.lines.extend(later.lines);
    }
}

/// Adds a sample to a row of history; `None` if it changes nothing.
fn with_sample(span: &Span, extent: Extent, sample: Sample) -> Result<Option<Vec<u8>>> {
    if span.kept.is_empty() {
        return Ok(Some(pack::pack_samples([&sample].into_iter())));
    }
    if let Some(kept) = pack::put_newest(&span.kept, &sample)? {
        return Ok(Some(kept));
    }
    let mut all = history::gathered(pack::unpack_samples(&span.kept)?);
    Ok(add_to_day(&mut all, extent, sample).then(|| pack::pack_day(&all)))
}

impl Rows for Draft<'_> {
    fn sender(&mut self, of: Of) -> Result<Option<Watched>> {
        match self.step.told.get(&of).or_else(|| self.done.told.get(&of)) {
            Some(told) => Ok(Some(Watched { sender: told.after.clone(), watch: told.watch })),
            None => Desk(self.connection).sender(of),
        }
    }

    fn put_told(&mut self, before: &Sender, after: &Sender, watch: Watch) -> Result<()> {
        let of = Of { tenant: after.tenant, sender: after.id };
        self.step.told.insert(of, Told { before: before.clone(), after: after.clone(), watch });
        Ok(())
    }

    fn inbox_id(&mut self, of: Of, sequence: u64) -> Result<Option<String>> {
        match self.step.inbox_ids.get(&(of, sequence)).or_else(|| self.done.inbox_ids.get(&(of, sequence))) {
            Some(id) => Ok(Some(id.clone())),
            None => Desk(self.connection).inbox_id(of, sequence),
        }
    }

    fn put_inbox(&mut self, incoming: &Incoming) -> Result<()> {
        let of = Of { tenant: incoming.tenant, sender: incoming.sender };
        self.step.inbox.push(self.place);
        self.step.inbox_ids.insert((of, incoming.report.sequence), incoming.report.id.clone());
        Ok(())
    }

    fn view(&mut self, of: Of, number: u32) -> Result<Option<ViewRow>> {
        let key = (of, number);
        if let Some(packed) = self.step.views.get(&key).or_else(|| self.done.views.get(&key)) {
            let view = pack::unpack_view(&packed.kept)?;
            return Ok(Some(ViewRow { number, device: packed.device, view, joined: packed.joined.clone() }));
        }
        let row = Desk(self.connection).view(of, number)?;
        if row.is_some() {
            self.known.insert(key);
        }
        Ok(row)
    }

    fn put_view(&mut self, of: Of, kind: SenderKind, row: &ViewRow) -> Result<()> {
        let key = (of, row.number);
        if !self.known.contains(&key) {
            return self.direct()?.put_view(of, kind, row);
        }
        let packed =
            PackedView { read_at: read_at(&row.view), kept: pack::pack_view(&row.view), device: row.device, joined: row.joined.clone() };
        self.step.views.insert(key, packed);
        Ok(())
    }

    fn place_view(&mut self, of: Of, number: u32, device: DeviceId, joined: Option<&Joined>) -> Result<()> {
        self.direct()?.place_view(of, number, device, joined)
    }

    fn create_device(&mut self, tenant: TenantId, device: DeviceId, site: SiteId, now: Timestamp) -> Result<()> {
        self.direct()?.create_device(tenant, device, site, now)
    }

    fn devices_marked(&mut self, tenant: TenantId, mark: &str) -> Result<Vec<DeviceId>> {
        Desk(self.connection).devices_marked(tenant, mark)
    }

    fn put_mark(&mut self, tenant: TenantId, mark: &str, device: DeviceId) -> Result<()> {
        self.direct()?.put_mark(tenant, mark, device)
    }

    fn remove_mark(&mut self, tenant: TenantId, mark: &str, device: DeviceId) -> Result<()> {
        self.direct()?.remove_mark(tenant, mark, device)
    }

    fn tellers(&mut self, tenant: TenantId, device: DeviceId) -> Result<Vec<Teller>> {
        Desk(self.connection).tellers(tenant, device)
    }

    fn remove_device(&mut self, tenant: TenantId, device: DeviceId) -> Result<()> {
        self.direct()?.remove_device(tenant, device)
    }

    fn twin(&mut self, tenant: TenantId, device: DeviceId) -> Result<Option<DeviceId>> {
        Desk(self.connection).twin(tenant, device)
    }

    fn put_twin(&mut self, tenant: TenantId, device: DeviceId, twin: Option<DeviceId>) -> Result<()> {
        self.direct()?.put_twin(tenant, device, twin)
    }

    fn is_apart(&mut self, tenant: TenantId, device: DeviceId, other: DeviceId) -> Result<bool> {
        Desk(self.connection).is_apart(tenant, device, other)
    }

    fn put_apart(&mut self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        self.direct()?.put_apart(tenant, device, other, by, now)
    }

    fn clear_overdue(&mut self, tenant: TenantId, device: DeviceId, read_at: Timestamp) -> Result<()> {
        if self.waiting(tenant)?.0 {
            let newest = self.step.read.entry((tenant, device)).or_insert(read_at);
            *newest = read_at.max(*newest);
        }
        Ok(())
    }

    fn day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<Option<Day>> {
        self.direct()?.day(of, device, day)
    }

    fn put_day(&mut self, of: Of, device: DeviceId, day: i64, samples: &Day) -> Result<()> {
        self.direct()?.put_day(of, device, day, samples)
    }

    fn put_samples(&mut self, of: Of, device: DeviceId, day: i64, samples: Vec<(Extent, Sample)>) -> Result<()> {
        let key = (of.tenant, span_of(day), device, of);
        let mut span = self.span(&key)?;
        let mut is_changed = false;
        for (extent, sample) in samples {
            if let Some(kept) = with_sample(&span, extent, sample)? {
                (span.kept, is_changed) = (kept, true);
            }
        }
        if is_changed {
            self.step.spans.insert(key, span);
        }
        Ok(())
    }

    fn days(&mut self, of: Of, device: DeviceId) -> Result<Vec<i64>> {
        self.direct()?.days(of, device)
    }

    fn remove_day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<()> {
        self.direct()?.remove_day(of, device, day)
    }

    fn ledger_tail(&mut self, of: Of, limit: usize) -> Result<Vec<Expectation>> {
        let stored = Desk(self.connection).ledger_tail(of, limit)?;
        Ok(merged(stored, self.lines(of, Date::MIN, Date::MAX)).into_values().rev().take(limit).collect())
    }

    fn ledger_between(&mut self, of: Of, from: Date, to: Date) -> Result<Vec<Expectation>> {
        let stored = Desk(self.connection).ledger_between(of, from, to)?;
        Ok(merged(stored, self.lines(of, from, to)).into_values().collect())
    }

    fn put_line(&mut self, of: Of, line: &Expectation) -> Result<()> {
        self.step.lines.insert((of, line.day), line.clone());
        Ok(())
    }

    fn put_outcome(&mut self, of: Of, outcome: &Outcome) -> Result<()> {
        self.direct()?.put_outcome(of, outcome)
    }

    fn hand_out(&mut self, of: Of, now: Timestamp) -> Result<Vec<Command>> {
        if !self.waiting(of.tenant)?.1 {
            return Ok(Vec::new());
        }
        let sql = "SELECT 1 FROM commands WHERE tenant_id = ?1 AND sender_id = ?2 AND outcome IS NULL AND expires_at > ?3 LIMIT 1";
        match self.connection.one(sql, (of.tenant, of.sender, At(now)), |_| Ok(()))? {
            Some(()) => self.direct()?.hand_out(of, now),
            None => Ok(Vec::new()),
        }
    }
}

/// Puts lines that were gathered in the place of those that are stored.
fn merged<'a>(stored: Vec<Expectation>, gathered: impl Iterator<Item = &'a Expectation>) -> BTreeMap<Date, Expectation> {
    let mut lines = crate::take::lines(stored);
    lines.extend(gathered.map(|line| (line.day, line.clone())));
    lines
}
