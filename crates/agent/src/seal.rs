//! What is new becomes a report: readings against what the server has, less what stays on the site.
//!
//! A report is sealed once. Its octets go to the spool, and from there unchanged to the ledger and
//! to the server; whoever crashes in between finds them there and sends the same again.

use jiff::Timestamp;
use uplink::{Spool, SpoolError};
use uuid::Uuid;
use wire::facts::Keys;
use wire::{Change, Facts, Reading, Report};

use crate::shared::Shared;
use crate::speaker::{Speaker, software};
use crate::store::{Store, StoreError};

/// Bounds one report; what does not fit goes in the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub changes: usize,
    /// Of the report before it is compressed, about.
    pub octets: usize,
}

impl Default for Bounds {
    /// A day's changes of 2,000 devices are 50,000; a report of this size takes some megabytes while it is made.
    fn default() -> Self {
        Bounds { changes: 60_000, octets: 4_000_000 }
    }
}

impl Bounds {
    /// Returns bounds for a server that found a report too large.
    pub fn halved(self) -> Self {
        Bounds { changes: (self.changes / 2).max(500), octets: (self.octets / 2).max(50_000) }
    }
}

/// Is the most outcomes in one report.
const MOST_OUTCOMES: u32 = 100;

/// Is a report before it is sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub report: Report,
    /// Whether there is more than fits.
    pub has_more: bool,
}

/// Says why nothing could be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("what was read cannot be had from the store")]
    Store(#[from] StoreError),
    #[error("the report cannot be kept until it is sent")]
    Spool(#[from] SpoolError),
}

/// Makes the report of what waits to be sent. It changes nothing.
///
/// Facts that stay on the site are taken away first, so that the rest is told against what the
/// server can know. If the site withholds other groups than in the last report, everything is told
/// whole: the server would miss what it has never heard.
///
/// # Errors
/// Fails if the store does not read.
pub fn draft(store: &Store, speaker: &Speaker, bounds: Bounds, now: Timestamp) -> Result<Draft, StoreError> {
    let acknowledged = store.acknowledged()?.filter(|acknowledged| acknowledged.withheld == speaker.privacy.withheld());
    let mut filling = Filling { readings: Vec::new(), changes: 0, octets: 0, bounds, keys: Keys::default() };
    let mut has_more = false;
    let mut after = 0;
    while let Some(device) = store.unsent_after(after)? {
        after = device;
        let base = if acknowledged.is_some() { store.base_of(device)? } else { None };
        if !filling.take(chain(store, speaker, device, base, acknowledged.is_some())?) {
            has_more = true;
            break;
        }
    }
    let needs_base = filling.readings.iter().any(|reading| reading.extent == wire::Extent::Changes);
    let report = Report {
        sender: speaker.sender(),
        id: Uuid::now_v7().to_string(),
        sequence: store.last_sequence()? + 1,
        created_at: now,
        base: acknowledged.filter(|_| needs_base).map(|acknowledged| acknowledged.report),
        software: software(),
        schedule: Some(speaker.schedule.clone()),
        next_at: speaker.next_at,
        stopping: speaker.stopping,
        host: speaker.host(),
        site: Some(speaker.site()),
        withheld: speaker.privacy.withheld().to_vec(),
        outcomes: store.untold(MOST_OUTCOMES)?,
        readings: filling.readings,
    };
    Ok(Draft { report, has_more })
}

/// Returns what waits of one device, each reading told against the one before it; without what is
/// held back because the server may have something newer.
///
/// A report without a base tells no changes, so then all of them are whole.
fn chain(store: &Store, speaker: &Speaker, device: u32, base: Option<Facts>, has_base: bool) -> Result<Vec<Reading>, StoreError> {
    let mut unsent = store.unsent_of(device)?;
    if base.is_none()
        && let Some(held) = store.held()?
        && !unsent.iter().any(|reading| reading.whole && reading.place > held)
    {
        unsent.retain(|reading| reading.place > held);
    }
    let mut known = base;
    let mut readings = Vec::new();
    for unsent in unsent {
        let mut facts = unsent.facts;
        speaker.privacy.apply(&mut facts);
        let reading = match &known {
            _ if !unsent.whole => Reading::glimpse(device, unsent.observed_at, &facts),
            Some(known) if has_base => Reading::since(known, device, unsent.observed_at, &facts),
            _ => Reading::whole(device, unsent.observed_at, &facts),
        };
        // A glimpse of a device that was never told whole is no base for anything.
        if known.is_some() || unsent.whole {
            reading.apply(known.get_or_insert_default()).expect("a difference fits what it was taken from");
        }
        readings.push(reading);
    }
    Ok(readings)
}

/// Is a report that fills up.
struct Filling {
    readings: Vec<Reading>,
    changes: usize,
    octets: usize,
    bounds: Bounds,
    /// A fleet says the same keys again and again.
    keys: Keys,
}

impl Filling {
    /// Takes all that waits of a device, or nothing if it does not fit; the first always does.
    fn take(&mut self, chain: Vec<Reading>) -> bool {
        let changes: usize = chain.iter().map(|reading| reading.changes.len() + 1).sum();
        let octets: usize = chain.iter().flat_map(|reading| &reading.changes).map(|(_, change)| size(change)).sum();
        let is_full = self.changes + changes > self.bounds.changes || self.octets + octets > self.bounds.octets;
        if is_full && !self.readings.is_empty() {
            return false;
        }
        self.changes += changes;
        self.octets += octets;
        for mut reading in chain {
            for (key, _) in &mut reading.changes {
                *key = self.keys.share(key);
            }
            reading.changes.shrink_to_fit();
            self.readings.push(reading);
        }
        true
    }
}

/// Returns about how many octets a change takes; keys are said once for all readings.
fn size(change: &Change) -> usize {
    match change {
        Change::Set(wire::Value::Text(text)) => text.len() + 3,
        Change::Set(wire::Value::List(words)) => words.iter().map(|word| word.len() + 3).sum::<usize>() + 2,
        _ => 6,
    }
}

/// Seals what waits to be sent and puts it into the spool; returns whether there is more.
///
/// `floor` is the highest sequence number that the server is known to have seen.
///
/// # Errors
/// Fails if the store does not obey, and if the spool is full; nothing is lost then.
pub fn seal(store: &Shared, spool: &mut Spool, speaker: &Speaker, bounds: Bounds, floor: u64, now: Timestamp) -> Result<bool, SealError> {
    let Draft { mut report, has_more } = {
        let mut store = store.lock();
        let mut draft = draft(&store, speaker, bounds, now)?;
        draft.report.sequence = store.next_sequence(floor)?;
        draft
    };
    let id = Uuid::parse_str(&report.id).expect("made by us a moment ago");
    let text = wire::json::encode(&report);
    report.readings = Vec::new();
    let payload = uplink::compress::compress(&text);
    drop(text);
    spool.put(id, &payload)?;
    Ok(has_more)
}
