//! What taking a report does, whatever the rows lie in. What to take, and what it means, `policy` decides.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use policy::View;
use policy::expectation::{self, Expectation, Ledger};
use policy::history::{Day, Sample, day_of};
use policy::identity::{contradict, traits};
use policy::intake::{Verdict, verdict};
use policy::view;
use wire::envelope::SenderKind;
use wire::identity::Traits;
use wire::talk::{LastReport, Taken};
use wire::{Change, Extent, Facts, Reading, Report};

use crate::error::{Result, StoreError};
use crate::ids::DeviceId;
use crate::intake::{Incoming, Receipt, Refused};
use crate::join::{self, Home, Retold};
use crate::registry::{Admission, Sender, Told, zone_of};
use crate::rows::{Of, Rows, ViewRow, Watch, Watched};
use crate::sweep;

/// Is how many of the last lines of the ledger a report can change without being old.
pub(crate) const TAIL: usize = 3;

/// Takes one report. Where it is refused, nothing has been written; where the store failed, the
/// caller undoes what has.
pub fn take(rows: &mut impl Rows, incoming: &Incoming) -> std::result::Result<Receipt, Refused> {
    let of = Of { tenant: incoming.tenant, sender: incoming.sender };
    let watched = rows.sender(of)?.filter(|watched| watched.sender.admission == Admission::Admitted).ok_or(Refused::NotAdmitted)?;
    let last = watched.sender.told.last_report.clone();
    let was_taken = was_taken(rows, of, last.as_ref(), &incoming.report)?;
    match verdict(last.as_ref(), was_taken, &incoming.report) {
        Verdict::Accept => accept(rows, of, &watched, incoming),
        Verdict::Duplicate => Ok(Receipt { taken: Taken::Duplicate, commands: rows.hand_out(of, incoming.received_at)? }),
        Verdict::NeedsFull => Err(Refused::NeedsFull { last_report: last }),
        Verdict::Stale => Err(Refused::Stale { last_report: last }),
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refused::Store(error)
    }
}

/// Returns whether this very report is on disk.
fn was_taken(rows: &mut impl Rows, of: Of, last: Option<&LastReport>, report: &Report) -> Result<bool> {
    Ok(match last {
        None => false,
        Some(last) if report.sequence > last.sequence => report.id == last.id,
        Some(last) => report.id == last.id || rows.inbox_id(of, report.sequence)?.is_some_and(|id| id == report.id),
    })
}

fn accept(rows: &mut impl Rows, of: Of, watched: &Watched, incoming: &Incoming) -> std::result::Result<Receipt, Refused> {
    let Incoming { report, received_at, .. } = incoming;
    let last = watched.sender.told.last_report.clone();
    let told = read(rows, of, report, *received_at)?.ok_or(Refused::NeedsFull { last_report: last })?;
    if watched.sender.kind == SenderKind::DeviceDirect && told.values().any(is_another) {
        return Err(Refused::AnotherDevice);
    }
    rows.put_inbox(incoming)?;
    for (number, told) in told {
        keep(rows, of, &watched.sender, number, told, *received_at)?;
    }
    let after = after(&watched.sender, report, *received_at);
    let watch = enter(rows, of, watched, &after, report, *received_at)?;
    rows.put_told(&watched.sender, &after, watch)?;
    for outcome in &report.outcomes {
        rows.put_outcome(of, outcome)?;
    }
    Ok(Receipt { taken: Taken::Accepted, commands: rows.hand_out(of, *received_at)? })
}

/// Is what a report makes of one device.
struct Heard {
    /// `None` for a number that has not been told of before.
    home: Option<Home>,
    view: View,
    /// Who it was before, if it says who it is; `None` if it does not.
    was: Option<Traits>,
    /// When the device last answered, among the readings of this report.
    read_at: Option<Timestamp>,
    samples: Vec<(Extent, Sample)>,
}

/// Returns whether a module speaks of another printer than before: it was copied with its
/// credentials, or built into another one.
fn is_another(heard: &Heard) -> bool {
    heard.was.as_ref().is_some_and(|was| contradict(&traits(&heard.view), std::slice::from_ref(was)))
}

/// Applies all readings to the views they were told against; `None` if they were told against something else.
fn read(rows: &mut impl Rows, of: Of, report: &Report, received_at: Timestamp) -> Result<Option<BTreeMap<u32, Heard>>> {
    let mut heard: BTreeMap<u32, Heard> = BTreeMap::new();
    for reading in &report.readings {
        let known = match heard.entry(reading.device) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let row = rows.view(of, reading.device)?;
                if row.is_none() && reading.extent == Extent::Changes {
                    return Ok(None);
                }
                let home = row.as_ref().map(|row| Home { device: row.device, joined: row.joined.clone() });
                let view = row.map_or_else(|| View::unseen(received_at), |row| row.view);
                entry.insert(Heard { home, view, was: None, read_at: None, samples: Vec::new() })
            }
        };
        if known.was.is_none() && reading.changes.iter().any(|(key, _)| key.starts_with("identity/")) {
            known.was = Some(traits(&known.view));
        }
        if known.view.take(reading, received_at).is_err() {
            return Ok(None);
        }
        if reading.extent != Extent::Glimpse {
            known.read_at = known.read_at.max(Some(reading.observed_at));
        }
        known.samples.push((reading.extent, sample(reading, &known.view)));
    }
    Ok(Some(heard))
}

/// Takes for history what was seen. Of a glimpse that is only what it told: the rest of the view is
/// older, and an old value is never written down as a new one.
fn sample(reading: &Reading, view: &View) -> Sample {
    if reading.extent != Extent::Glimpse {
        return Sample::of(reading.observed_at, &view.facts);
    }
    let seen: Facts = reading
        .changes
        .iter()
        .filter(|(_, change)| *change != Change::Gone)
        .filter_map(|(key, _)| view.facts.get_key_value(key).map(|(key, value)| (key.clone(), value.clone())))
        .collect();
    Sample::of(reading.observed_at, &seen)
}

fn keep(rows: &mut impl Rows, of: Of, sender: &Sender, number: u32, heard: Heard, received_at: Timestamp) -> Result<()> {
    let was_at = heard.home.as_ref().map(|home| home.device);
    let home = match (heard.home, heard.was) {
        (Some(home), None) => home,
        (home, was) => {
            let (before, after) = (was.unwrap_or_default(), traits(&heard.view));
            join::settle(rows, of, sender, home, Retold { before: &before, after: &after }, received_at)?
        }
    };
    let device = home.device;
    rows.put_view(of, sender.kind, &ViewRow { number, device, view: heard.view, joined: home.joined.clone() })?;
    if was_at.is_some_and(|was_at| was_at != device) {
        rows.place_view(of, number, device, home.joined.as_ref())?;
    }
    if let Some(read_at) = heard.read_at.filter(|read_at| view::is_plausible(*read_at, received_at)) {
        rows.clear_overdue(of.tenant, device, read_at)?;
    }
    write_down(rows, of, device, heard.samples)
}

/// Puts every sample into the row of its own day.
fn write_down(rows: &mut impl Rows, of: Of, device: DeviceId, samples: Vec<(Extent, Sample)>) -> Result<()> {
    let mut days: BTreeMap<i64, Vec<(Extent, Sample)>> = BTreeMap::new();
    for (extent, sample) in samples {
        days.entry(day_of(sample.observed_at)).or_default().push((extent, sample));
    }
    for (day, samples) in days {
        rows.put_samples(of, device, day, samples)?;
    }
    Ok(())
}

/// Adds a sample to those of a day; returns whether that changed anything.
pub(crate) fn add_to_day(day: &mut Day, extent: Extent, sample: Sample) -> bool {
    // A device that falls silent within the hour must not cost what it said before.
    (extent != Extent::Glimpse || !has_hour(day, sample.observed_at)) && day.add(sample)
}

fn has_hour(day: &Day, at: Timestamp) -> bool {
    let hour = |at: Timestamp| at.as_second().div_euclid(3600);
    day.samples().any(|sample| hour(sample.observed_at) == hour(at))
}

/// Returns the sender as the report leaves it.
fn after(before: &Sender, report: &Report, received_at: Timestamp) -> Sender {
    let told = &before.told;
    let read = report.readings.iter().filter(|reading| reading.extent != Extent::Glimpse).map(|reading| reading.observed_at);
    // A clock that runs ahead must not look like data that came.
    let read = read.filter(|at| view::is_plausible(*at, received_at)).max();
    Sender {
        software: report.software.clone(),
        told: Told {
            last_contact_at: told.last_contact_at.max(Some(received_at)),
            last_success_at: told.last_success_at.max(Some(received_at)),
            last_data_at: told.last_data_at.max(read),
            last_error: None,
            last_error_at: told.last_error_at,
            last_report: Some(LastReport { id: report.id.clone(), sequence: report.sequence }),
            schedule: report.schedule.clone().or_else(|| told.schedule.clone()),
            next_at: report.next_at,
            stopped_at: report.stopping.then_some(received_at),
            host: report.host.clone().or_else(|| told.host.clone()),
            site_information: report.site.clone().or_else(|| told.site_information.clone()),
            withheld: report.withheld.clone(),
        },
        ..before.clone()
    }
}

/// Enters the report into the ledger; returns how the ledger is kept from now on.
fn enter(rows: &mut impl Rows, of: Of, watched: &Watched, after: &Sender, report: &Report, received_at: Timestamp) -> Result<Watch> {
    let mut watch = watched.watch;
    // What has come due since the last sweep is opened first, by what was known before the report.
    if watch.next_sweep_at <= received_at {
        watch = sweep::sweep(rows, of, watched, received_at)?.1;
    }
    let (before, after) = (&watched.sender.told, &after.told);
    if after.schedule != before.schedule || after.stopped_at.is_some() != before.stopped_at.is_some() {
        watch.next_sweep_at = received_at;
    }
    if after.stopped_at.is_some() {
        watch.owing_since = None;
    }
    let Some(schedule) = &after.schedule else { return Ok(watch) };
    let zone = zone_of(schedule);
    let mut ledger = lines(rows.ledger_tail(of, TAIL)?);
    let observed: Vec<Date> = report.readings.iter().map(|reading| zone.to_datetime(reading.observed_at).date()).collect();
    // Fewer lines than were asked for are all that there are.
    if ledger.len() == TAIL
        && let (Some(&first), Some(&from)) = (ledger.keys().next(), observed.iter().min())
        && from < first
    {
        ledger.extend(lines(rows.ledger_between(of, from, first)?));
    }
    for day in expectation::enter(&mut ledger, &zone, report, received_at) {
        if let Some(line) = ledger.get(&day) {
            rows.put_line(of, line)?;
        }
    }
    Ok(watch)
}

pub(crate) fn lines(lines: Vec<Expectation>) -> Ledger {
    lines.into_iter().map(|line| (line.day, line)).collect()
}
