//! A unit of work in memory: rows loaded beforehand, and what is to be written.
//!
//! Taking a report asks for one row after the other, which is cheap where the rows are at hand and
//! slow where each question crosses a network. A sheet answers from rows that were loaded together.
//! What is asked for and not there is noted as a wish, and the pass fails; the backend loads all
//! wishes together and the pass begins anew, until one finds everything. Then the backend writes what
//! the pass has left.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use policy::expectation::Expectation;
use policy::history::{Day, day_of};
use policy::identity::Joined;
use wire::commands::{Command, Outcome};
use wire::envelope::SenderKind;

use crate::error::{Result, StoreError};
use crate::ids::{DeviceId, SenderId, SiteId, TenantId};
use crate::intake::{Incoming, Receipt, Refused};
use crate::registry::Sender;
use crate::rows::{Of, Rows, Teller, ViewRow, Watch, Watched};
use crate::take::{TAIL, take};

/// Is a row, or rows, that are to be loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    Sender(SenderId),
    InboxId(SenderId, u64),
    View(SenderId, u32),
    /// The devices that bear a mark, who tells of them, and that nobody else makes one of this mark meanwhile.
    Mark(String),
    Tellers(DeviceId),
    Day(SenderId, DeviceId, i64),
    /// A day of the device that a sender has under a number, whichever it is; nobody asks for it, it is loaded ahead.
    DayOf(SenderId, u32, i64),
    /// The days on which a sender told of a device.
    Days(SenderId, DeviceId),
    Twin(DeviceId),
    /// Whether a person said that these are two.
    Apart(DeviceId, DeviceId),
    /// So many of the last lines of a ledger.
    LedgerTail(SenderId, usize),
    /// All lines from this day on.
    LedgerFrom(SenderId, Date),
}

/// Is an open command and whether it has been handed out.
#[derive(Clone, Debug)]
pub struct OpenCommand {
    pub command: Command,
    pub is_handed_out: bool,
}

/// Is the rows of one tenant as they lie in the database, as far as they have been loaded. An absent
/// row that was looked for is kept as absent.
#[derive(Debug, Default)]
pub struct Loaded {
    pub senders: BTreeMap<SenderId, Option<Watched>>,
    pub inbox_ids: BTreeMap<(SenderId, u64), Option<String>>,
    pub views: BTreeMap<(SenderId, u32), Option<ViewRow>>,
    /// The devices of a mark; only marks that nobody else can touch meanwhile.
    pub marked: BTreeMap<String, BTreeSet<DeviceId>>,
    pub tellers: BTreeMap<DeviceId, BTreeMap<SenderId, (SenderKind, u32)>>,
    pub twins: BTreeMap<DeviceId, Option<DeviceId>>,
    pub apart: BTreeMap<(DeviceId, DeviceId), bool>,
    pub day_lists: BTreeMap<(SenderId, DeviceId), BTreeSet<i64>>,
    pub days: BTreeMap<(SenderId, DeviceId, i64), Option<Day>>,
    pub lines: BTreeMap<(SenderId, Date), Expectation>,
    /// From which day on a ledger has been loaded.
    pub ledger_from: BTreeMap<SenderId, Date>,
    /// Ordered by issue.
    pub commands: BTreeMap<SenderId, Vec<OpenCommand>>,
}

/// Is what a pass has left to be written.
#[derive(Debug, Default)]
pub struct Written {
    pub senders: BTreeMap<SenderId, (Watched, HasSaid)>,
    /// The places in the batch of the reports that are kept, in their order.
    pub inbox: Vec<usize>,
    inbox_ids: BTreeMap<(SenderId, u64), String>,
    pub views: BTreeMap<(SenderId, u32), (SenderKind, ViewRow)>,
    tellers: BTreeMap<DeviceId, BTreeMap<SenderId, (SenderKind, u32)>>,
    /// Which device views are of from now on.
    pub placed: BTreeMap<(SenderId, u32), (DeviceId, Option<Joined>)>,
    left: BTreeSet<(DeviceId, SenderId)>,
    pub devices: BTreeMap<DeviceId, (SiteId, Timestamp)>,
    pub removed_devices: BTreeSet<DeviceId>,
    pub twins: BTreeMap<DeviceId, Option<DeviceId>>,
    /// Who said of two devices that they are two, and when.
    pub apart: BTreeMap<(DeviceId, DeviceId), (String, Timestamp)>,
    pub marks: BTreeSet<(String, DeviceId)>,
    pub removed_marks: BTreeSet<(String, DeviceId)>,
    pub read: BTreeMap<DeviceId, Timestamp>,
    pub days: BTreeMap<(SenderId, DeviceId, i64), Day>,
    pub removed_days: BTreeSet<(SenderId, DeviceId, i64)>,
    pub lines: BTreeMap<(SenderId, Date), Expectation>,
    pub outcomes: BTreeMap<(SenderId, String), Outcome>,
    pub handed_out: BTreeMap<(SenderId, String), Timestamp>,
}

/// Says whether a sender has told something of itself that it seldom tells.
pub type HasSaid = bool;

/// Is one tenant's unit of work.
#[derive(Debug)]
pub struct Sheet {
    pub tenant: TenantId,
    pub loaded: Loaded,
    pub written: Written,
    pub wishes: BTreeSet<Wish>,
    /// The report that is being taken, by its place in the batch.
    place: usize,
}

/// Is the answers to a batch.
pub type Answers = Vec<std::result::Result<Receipt, Refused>>;

impl Sheet {
    pub fn new(tenant: TenantId) -> Self {
        Sheet { tenant, loaded: Loaded::default(), written: Written::default(), wishes: BTreeSet::new(), place: 0 }
    }

    /// Takes a batch; `None` if rows are missing, which then stand in the wishes.
    pub fn take(&mut self, batch: &[Incoming]) -> Option<Answers> {
        let mut faults: BTreeMap<usize, StoreError> = BTreeMap::new();
        loop {
            self.written = Written::default();
            self.wishes.clear();
            let mut answers = Answers::with_capacity(batch.len());
            let mut is_spoiled = false;
            for (place, incoming) in batch.iter().enumerate() {
                self.place = place;
                if let Some(fault) = faults.get(&place) {
                    answers.push(Err(Refused::Store(fault.again())));
                    continue;
                }
                let answer = take(self, incoming);
                match answer {
                    Err(Refused::Store(StoreError::NotLoaded)) => {}
                    // A row that cannot be read is one report's misfortune. What that report has written
                    // is not taken apart: the pass begins anew without it.
                    Err(Refused::Store(fault)) => {
                        faults.insert(place, fault);
                        is_spoiled = true;
                        break;
                    }
                    answer => answers.push(answer),
                }
            }
            if !self.wishes.is_empty() {
                return None;
            }
            if !is_spoiled {
                return Some(self.told(answers, faults));
            }
        }
    }

    /// Does other work on rows; `None` if rows are missing, which then stand in the wishes.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Sheet) -> Result<T>) -> Option<Result<T>> {
        self.written = Written::default();
        self.wishes.clear();
        let done = work(self);
        self.wishes.is_empty().then_some(done)
    }

    /// Puts each fault itself into the answers, in the place of its likeness.
    fn told(&self, mut answers: Answers, faults: BTreeMap<usize, StoreError>) -> Answers {
        for (place, fault) in faults {
            answers[place] = Err(Refused::Store(fault));
        }
        answers
    }

    /// Lists what a batch is sure to ask for.
    pub fn foreseen(batch: &[Incoming]) -> BTreeSet<Wish> {
        let mut wishes = BTreeSet::new();
        for incoming in batch {
            let sender = incoming.sender;
            wishes.insert(Wish::Sender(sender));
            wishes.insert(Wish::LedgerTail(sender, TAIL));
            for reading in &incoming.report.readings {
                wishes.insert(Wish::View(sender, reading.device));
                wishes.insert(Wish::DayOf(sender, reading.device, day_of(reading.observed_at)));
            }
        }
        wishes
    }

    fn miss<T>(&mut self, wish: Wish) -> Result<T> {
        self.wishes.insert(wish);
        Err(StoreError::NotLoaded)
    }

    /// Returns the devices of a mark, as they are loaded and as this sheet leaves them.
    fn bearers(&self, mark: &str) -> Option<BTreeSet<DeviceId>> {
        let mut devices = self.loaded.marked.get(mark)?.clone();
        devices.extend(self.written.marks.iter().filter(|(other, _)| other == mark).map(|(_, device)| *device));
        devices.retain(|device| !self.written.removed_marks.contains(&(mark.to_owned(), *device)));
        Some(devices)
    }

    /// Returns the lines of a ledger from a day on, if they are there.
    fn lines(&self, sender: SenderId, from: Date, to: Date) -> Option<BTreeMap<Date, Expectation>> {
        let loaded_from = *self.loaded.ledger_from.get(&sender)?;
        if from < loaded_from {
            return None;
        }
        let range = (sender, from)..=(sender, to);
        let mut lines: BTreeMap<Date, Expectation> =
            self.loaded.lines.range(range.clone()).map(|((_, day), line)| (*day, line.clone())).collect();
        lines.extend(self.written.lines.range(range).map(|((_, day), line)| (*day, line.clone())));
        Some(lines)
    }
}

/// Returns a mark without the one sign that columns of text cannot hold.
fn name(mark: &str) -> String {
    mark.replace('\0', "\u{fffd}")
}

impl Rows for Sheet {
    fn sender(&mut self, of: Of) -> Result<Option<Watched>> {
        if let Some((watched, _)) = self.written.senders.get(&of.sender) {
            return Ok(Some(watched.clone()));
        }
        match self.loaded.senders.get(&of.sender) {
            Some(known) => Ok(known.clone()),
            None => self.miss(Wish::Sender(of.sender)),
        }
    }

    fn put_told(&mut self, before: &Sender, after: &Sender, watch: Watch) -> Result<()> {
        let said_before = self.written.senders.get(&after.id).is_some_and(|(_, has_said)| *has_said);
        let has_said = said_before || crate::said::Said::of(before) != crate::said::Said::of(after);
        self.written.senders.insert(after.id, (Watched { sender: after.clone(), watch }, has_said));
        Ok(())
    }

    fn inbox_id(&mut self, of: Of, sequence: u64) -> Result<Option<String>> {
        let key = (of.sender, sequence);
        if let Some(id) = self.written.inbox_ids.get(&key) {
            return Ok(Some(id.clone()));
        }
        match self.loaded.inbox_ids.get(&key) {
            Some(known) => Ok(known.clone()),
            None => self.miss(Wish::InboxId(of.sender, sequence)),
        }
    }

    fn put_inbox(&mut self, incoming: &Incoming) -> Result<()> {
        self.written.inbox.push(self.place);
        self.written.inbox_ids.insert((incoming.sender, incoming.report.sequence), incoming.report.id.clone());
        Ok(())
    }

    fn view(&mut self, of: Of, number: u32) -> Result<Option<ViewRow>> {
        let key = (of.sender, number);
        let row = match (self.written.views.get(&key), self.loaded.views.get(&key)) {
            (Some((_, row)), _) => Some(row.clone()),
            (None, Some(known)) => known.clone(),
            (None, None) => return self.miss(Wish::View(of.sender, number)),
        };
        Ok(row.map(|row| match self.written.placed.get(&key) {
            Some((device, joined)) => ViewRow { device: *device, joined: joined.clone(), ..row },
            None => row,
        }))
    }

    fn put_view(&mut self, of: Of, kind: SenderKind, row: &ViewRow) -> Result<()> {
        let known = self.view(of, row.number)?;
        if known.is_none() {
            self.written.tellers.entry(row.device).or_default().insert(of.sender, (kind, row.number));
            self.written.left.remove(&(row.device, of.sender));
        }
        // Where a known view belongs is said by `place_view` alone.
        let (device, joined) = known.map_or_else(|| (row.device, row.joined.clone()), |known| (known.device, known.joined));
        self.written.views.insert((of.sender, row.number), (kind, ViewRow { number: row.number, device, view: row.view.clone(), joined }));
        Ok(())
    }

    fn place_view(&mut self, of: Of, number: u32, device: DeviceId, joined: Option<&Joined>) -> Result<()> {
        let Some(before) = self.view(of, number)?.map(|row| row.device) else { return Ok(()) };
        let Some(teller) = self.tellers(of.tenant, before)?.into_iter().find(|teller| teller.sender == of.sender) else { return Ok(()) };
        self.written.left.insert((before, of.sender));
        self.written.left.remove(&(device, of.sender));
        self.written.tellers.entry(device).or_default().insert(of.sender, (teller.kind, number));
        self.written.placed.insert((of.sender, number), (device, joined.cloned()));
        Ok(())
    }

    fn create_device(&mut self, _: TenantId, device: DeviceId, site: SiteId, now: Timestamp) -> Result<()> {
        self.written.devices.insert(device, (site, now));
        Ok(())
    }

    fn devices_marked(&mut self, _: TenantId, mark: &str) -> Result<Vec<DeviceId>> {
        let mark = name(mark);
        match self.bearers(&mark) {
            Some(devices) => Ok(devices.into_iter().collect()),
            None => self.miss(Wish::Mark(mark)),
        }
    }

    fn put_mark(&mut self, _: TenantId, mark: &str, device: DeviceId) -> Result<()> {
        let row = (name(mark), device);
        // Who gives a device a new mark must not meet somebody who makes a device of that mark.
        if !self.loaded.marked.contains_key(&row.0) {
            return self.miss(Wish::Mark(row.0));
        }
        self.written.removed_marks.remove(&row);
        self.written.marks.insert(row);
        Ok(())
    }

    fn remove_mark(&mut self, _: TenantId, mark: &str, device: DeviceId) -> Result<()> {
        let row = (name(mark), device);
        self.written.marks.remove(&row);
        self.written.removed_marks.insert(row);
        Ok(())
    }

    fn tellers(&mut self, _: TenantId, device: DeviceId) -> Result<Vec<Teller>> {
        let mut tellers = match self.loaded.tellers.get(&device) {
            Some(known) => known.clone(),
            None if self.written.devices.contains_key(&device) => BTreeMap::new(),
            None => return self.miss(Wish::Tellers(device)),
        };
        if let Some(own) = self.written.tellers.get(&device) {
            tellers.extend(own);
        }
        tellers.retain(|sender, _| !self.written.left.contains(&(device, *sender)));
        Ok(tellers.into_iter().map(|(sender, (kind, number))| Teller { sender, kind, number }).collect())
    }

    fn remove_device(&mut self, _: TenantId, device: DeviceId) -> Result<()> {
        self.written.devices.remove(&device);
        self.written.removed_devices.insert(device);
        Ok(())
    }

    fn twin(&mut self, _: TenantId, device: DeviceId) -> Result<Option<DeviceId>> {
        let written = self.written.twins.get(&device).copied();
        let known = written.or_else(|| self.loaded.twins.get(&device).copied());
        match known {
            Some(twin) => Ok(twin.filter(|twin| !self.written.removed_devices.contains(twin))),
            None if self.written.devices.contains_key(&device) => Ok(None),
            None => self.miss(Wish::Twin(device)),
        }
    }

    fn put_twin(&mut self, _: TenantId, device: DeviceId, twin: Option<DeviceId>) -> Result<()> {
        self.written.twins.insert(device, twin);
        Ok(())
    }

    fn is_apart(&mut self, _: TenantId, device: DeviceId, other: DeviceId) -> Result<bool> {
        let pair = (device, other);
        if self.written.apart.contains_key(&pair) {
            return Ok(true);
        }
        match self.loaded.apart.get(&pair) {
            Some(is_apart) => Ok(*is_apart),
            None if self.written.devices.contains_key(&device) => Ok(false),
            None => self.miss(Wish::Apart(device, other)),
        }
    }

    fn put_apart(&mut self, _: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
        self.written.apart.insert((device, other), (by.to_owned(), now));
        Ok(())
    }

    fn clear_overdue(&mut self, _: TenantId, device: DeviceId, read_at: Timestamp) -> Result<()> {
        let newest = self.written.read.entry(device).or_insert(read_at);
        *newest = (*newest).max(read_at);
        Ok(())
    }

    fn day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<Option<Day>> {
        let key = (of.sender, device, day);
        if let Some(samples) = self.written.days.get(&key) {
            return Ok(Some(samples.clone()));
        }
        if self.written.removed_days.contains(&key) {
            return Ok(None);
        }
        match self.loaded.days.get(&key) {
            Some(known) => Ok(known.clone()),
            None if self.written.devices.contains_key(&device) => Ok(None),
            None => self.miss(Wish::Day(of.sender, device, day)),
        }
    }

    fn put_day(&mut self, of: Of, device: DeviceId, day: i64, samples: &Day) -> Result<()> {
        self.written.removed_days.remove(&(of.sender, device, day));
        self.written.days.insert((of.sender, device, day), samples.clone());
        Ok(())
    }

    fn days(&mut self, of: Of, device: DeviceId) -> Result<Vec<i64>> {
        let mut days = match self.loaded.day_lists.get(&(of.sender, device)) {
            Some(known) => known.clone(),
            None if self.written.devices.contains_key(&device) => BTreeSet::new(),
            None => return self.miss(Wish::Days(of.sender, device)),
        };
        days.extend(self.written.days.range((of.sender, device, i64::MIN)..=(of.sender, device, i64::MAX)).map(|((_, _, day), _)| *day));
        days.retain(|day| !self.written.removed_days.contains(&(of.sender, device, *day)));
        Ok(days.into_iter().collect())
    }

    fn remove_day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<()> {
        self.written.days.remove(&(of.sender, device, day));
        self.written.removed_days.insert((of.sender, device, day));
        Ok(())
    }

    fn ledger_tail(&mut self, of: Of, limit: usize) -> Result<Vec<Expectation>> {
        let from = self.loaded.ledger_from.get(&of.sender).copied();
        let lines = from.and_then(|from| self.lines(of.sender, from, Date::MAX));
        match (lines, from) {
            (Some(lines), Some(from)) if lines.len() >= limit || from == Date::MIN => Ok(lines.into_values().rev().take(limit).collect()),
            _ => self.miss(Wish::LedgerTail(of.sender, limit)),
        }
    }

    fn ledger_between(&mut self, of: Of, from: Date, to: Date) -> Result<Vec<Expectation>> {
        match self.lines(of.sender, from, to) {
            Some(lines) => Ok(lines.into_values().collect()),
            None => self.miss(Wish::LedgerFrom(of.sender, from)),
        }
    }

    fn put_line(&mut self, of: Of, line: &Expectation) -> Result<()> {
        self.written.lines.insert((of.sender, line.day), line.clone());
        Ok(())
    }

    fn put_outcome(&mut self, of: Of, outcome: &Outcome) -> Result<()> {
        let open = self.loaded.commands.get(&of.sender).into_iter().flatten();
        let key = (of.sender, outcome.command.clone());
        if open.map(|open| &open.command.id).any(|id| *id == outcome.command) {
            self.written.outcomes.entry(key).or_insert_with(|| outcome.clone());
        }
        Ok(())
    }

    fn hand_out(&mut self, of: Of, now: Timestamp) -> Result<Vec<Command>> {
        let Some(open) = self.loaded.commands.get(&of.sender) else { return self.miss(Wish::Sender(of.sender)) };
        let mut commands = Vec::new();
        for open in open.iter().filter(|open| open.command.expires_at > now) {
            let key = (of.sender, open.command.id.clone());
            if self.written.outcomes.contains_key(&key) {
                continue;
            }
            if !open.is_handed_out {
                self.written.handed_out.entry(key).or_insert(now);
            }
            commands.push(open.command.clone());
        }
        Ok(commands)
    }
}
