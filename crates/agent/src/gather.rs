//! One round over the network: looking for devices, or reading the known ones, into the store.

pub mod beside;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use catalog::{Catalog, Sections, Signs};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::DeviceRecord;
use model::record::{Path, Presence};
use netio::{Clock, Engine, Sockets, Tick};
use survey::access::Entry;
use survey::targets::Targets;
use survey::{Event, Plans, Rate, ReaderOptions, Scan, ScanOptions};
use wire::facts::Keys;
use wire::{Extent, Facts, Value, facts};

use self::beside::{Beside, Closed, Desk, Memory, Open, Ports};
use crate::access::progress::Progress;
use crate::access::{self, Doors};
use crate::config::{Config, CredentialsError, credentials, crypto};
use crate::known_printers::KnownPrinters;
use crate::profiles;
use crate::shared::Shared;
use crate::store::{Sighting, Store, StoreError};
use crate::whereabouts::{Limits, Whereabouts, ip_of, target_of};

/// Is which round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Round {
    /// Looks everywhere, and reads what it finds.
    Discover,
    /// Reads the devices that are known.
    Read,
    /// Reads these of them, by their numbers.
    Look(Arc<[u32]>),
}

/// Is what a round brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// When a printer last said something; `None` if none did.
    pub data_at: Option<Timestamp>,
    /// Devices that were read, wholly or in part.
    pub read: u64,
    /// Of these, devices that fell silent midway.
    pub in_part: u64,
    /// Known devices that did not answer, or let nobody in.
    pub silent: u64,
    /// Unknown devices that speak SNMPv3 and let nobody in.
    pub refusing_strangers: u64,
    /// Devices that are worth another look at once: what served with them serves no more.
    pub again: Vec<u32>,
    /// How the devices stand with the credentials; none if nobody was asked.
    pub progress: Option<Progress>,
}

/// Is what rounds keep from one to the next, beside the store.
#[derive(Default)]
pub struct Kept {
    /// The agent's folder, where the certificates that printers showed are written down.
    pub folder: Option<std::path::PathBuf>,
    pub memory: Arc<Memory>,
}

/// Says why a round could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    #[error("no network socket can be had to ask printers")]
    Socket(#[source] io::Error),
    #[error("the vendor files do not load")]
    Catalog(#[source] settings::Faults),
    #[error("the credentials to ask with cannot be had")]
    Credentials(#[from] CredentialsError),
    #[error("the key of fingerprints cannot be had from the agent's folder")]
    Key(#[source] io::Error),
    #[error("what was read cannot be kept")]
    Store(#[from] StoreError),
}

/// Is the most devices read at once: each takes some tens of kilobytes while it is.
const AT_ONCE: usize = 24;
/// Is how many readings go to disk together.
const BATCH: usize = 16;
/// Is how often a wait looks up.
const STEP: Duration = Duration::from_millis(200);

/// Makes a round; `tell` hears how far it is.
///
/// What was read before an error, or before `stop` was set, is kept.
///
/// # Errors
/// Fails if no socket can be had, and if the store takes no more.
pub fn gather(
    round: Round,
    config: &Config,
    store: &Shared,
    zone: &TimeZone,
    kept: &Kept,
    stop: &AtomicBool,
    mut tell: impl FnMut(&str),
) -> Result<Gathered, GatherError> {
    let limits = Limits::of(config);
    let (whereabouts, known) = match round {
        Round::Discover => (limits.whereabouts(config), BTreeMap::new()),
        Round::Read => known_devices(store, &limits, |_| true)?,
        Round::Look(ref devices) => known_devices(store, &limits, |number| devices.contains(&number))?,
    };
    let began = Timestamp::now();
    let mut intake = Intake {
        store,
        zone,
        limits,
        began,
        known,
        waiting: Vec::new(),
        beside: None,
        catalog: None,
        doors: Doors::default(),
        entries: BTreeMap::new(),
        gathered: Gathered::default(),
        failure: None,
    };
    if whereabouts.targets.is_empty() && whereabouts.extras.is_empty() {
        return intake.finish(round);
    }
    let needs_v6 = whereabouts.needs_v6();
    intake.doors = doors(config, store, kept)?;
    let options = options(&round, config, whereabouts, &intake.doors)?;
    let certificates = kept.folder.as_ref().map(|folder| folder.join("known-printers"));
    let known = KnownPrinters::open(certificates.as_deref());
    let desk = Desk {
        protocols: config.poll.protocols.clone(),
        ports: Ports::default(),
        catalog: options.reader.plans.catalog.clone(),
        known: known.into(),
        memory: kept.memory.clone(),
    };
    intake.beside = Beside::new(desk);
    intake.catalog = Some(options.reader.plans.catalog.clone());
    let scan = Scan::new(options);
    let mut sockets = Sockets::open(needs_v6).map_err(GatherError::Socket)?;
    netio::run(&mut sockets, &mut Driven(scan), &Clock::start(), |engine, _| {
        while let Some(event) = engine.0.poll_event() {
            intake.take(event);
        }
        intake.take_asked();
        engine.0.hold(intake.beside.as_ref().is_some_and(Beside::is_full));
        let progress = engine.0.progress();
        tell(&match round {
            Round::Discover => format!("looking for printers: {} found", progress.found),
            Round::Read | Round::Look(_) => format!("reading {} of {} printers", progress.asked, progress.of),
        });
        intake.failure.is_none() && !stop.load(Ordering::Relaxed)
    });
    intake.wait_for_the_asked(stop);
    let round = if stop.load(Ordering::Relaxed) { Round::Discover } else { round };
    intake.finish(round)
}

/// Returns what is known of the devices' doors, with the credentials of now.
fn doors(config: &Config, store: &Shared, kept: &Kept) -> Result<Doors, GatherError> {
    let credentials = Arc::new(credentials(&config.discovery, kept.folder.as_deref())?);
    // Without a folder nothing is remembered for longer than this round.
    let key = kept.folder.as_deref().map_or_else(|| Ok(crate::secrets::random::<32>().to_vec()), access::key).map_err(GatherError::Key)?;
    let fingerprints = access::fingerprints(&credentials, &*crypto(), &key);
    // To the millisecond: no printer's answer is known more closely.
    let now = Timestamp::now();
    let epoch = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    Ok(Doors::of(&store.lock(), credentials, fingerprints, epoch)?)
}

fn options(round: &Round, config: &Config, whereabouts: Whereabouts, doors: &Doors) -> Result<ScanOptions, GatherError> {
    let catalog = Arc::new(profiles::catalog(config.reading.profiles.as_deref()).map_err(GatherError::Catalog)?);
    let plans = Arc::new(Plans::new(catalog, Sections::all()));
    let random = crate::secrets::random::<16>();
    let (one, other) = random.split_at(8);
    let key = [one, other].map(|half| u64::from_be_bytes(half.try_into().expect("a half has eight octets")));
    Ok(ScanOptions {
        task: if *round == Round::Discover { survey::scan::Task::FindAndRead } else { survey::scan::Task::Read },
        targets: Arc::new(whereabouts.targets),
        port: config.discovery.port,
        extras: whereabouts.extras,
        rate: Rate::of(config.discovery.rate),
        reader: ReaderOptions {
            crypto: Some(crypto()),
            doors: doors.doors.clone(),
            epoch: Some(doors.epoch),
            ..ReaderOptions::new(plans, doors.credentials.clone(), key)
        },
        at_once: AT_ONCE,
        shard: 0,
        shards: 1,
        again: 0,
    })
}

/// Returns the addresses of the devices that are looked after and meant, and whose they are.
fn known_devices(
    store: &Shared,
    limits: &Limits,
    is_meant: impl Fn(u32) -> bool,
) -> Result<(Whereabouts, BTreeMap<IpAddr, u32>), StoreError> {
    let mut builder = Targets::builder();
    let mut known = BTreeMap::new();
    for (number, address) in store.lock().whereabouts()?.into_iter().filter(|(number, _)| is_meant(*number)) {
        let Some(target) = address.as_deref().and_then(target_of) else { continue };
        if let Some(address) = ip_of(&target).filter(|address| limits.want(*address)) {
            known.insert(address, number);
            builder = builder.include(target);
        }
    }
    let targets = builder.build().expect("addresses are no names");
    Ok((Whereabouts { targets, extras: Vec::new() }, known))
}

/// Takes in what a round tells.
struct Intake<'a> {
    store: &'a Shared,
    zone: &'a TimeZone,
    limits: Limits,
    began: Timestamp,
    /// The devices whose reading is expected, by address.
    known: BTreeMap<IpAddr, u32>,
    waiting: Vec<Piece>,
    /// Who asks what SNMP leaves open.
    beside: Option<Beside>,
    /// Which counters begin again of themselves; there once a scan is.
    catalog: Option<Arc<Catalog>>,
    doors: Doors,
    /// By what those let us in that are being asked by other protocols as well.
    entries: BTreeMap<IpAddr, Entry>,
    gathered: Gathered,
    failure: Option<StoreError>,
}

/// Is one thing that was seen.
struct Piece {
    /// `None` for a known device of which nothing was seen.
    sighting: Option<Sighting>,
    /// The number, where the sighting does not tell it.
    device: u32,
    in_scope: bool,
    extent: Extent,
    observed_at: Timestamp,
    facts: Facts,
    /// By what it let us in.
    entry: Option<Entry>,
}

impl Intake<'_> {
    fn take(&mut self, event: Event) {
        match event {
            Event::Read { address, record, cut_short, entry, .. } => {
                self.entries.insert(address.ip(), entry);
                self.take_open(Open { address, record: Some(record), cut_short });
            }
            Event::Silent { address, .. } => {
                if let Some(device) = self.known.get(&address.ip()).copied()
                    && !self.is_worth_another_look(device, &Entry::default())
                {
                    self.take_open(Open { address, record: None, cut_short: false });
                }
            }
            Event::Refusing { address, record, entry } => self.take_refusal(address.ip(), &record, &entry),
            // What answered as a printer before is one no longer, or another host has its address.
            Event::NotPrinter(address) => self.take_silence(address.ip(), Presence::Unreachable),
            Event::Found(_) | Event::Unchanged { .. } | Event::PassEnded { .. } => {}
        }
    }

    /// Takes what SNMP told, after other protocols have been asked where it leaves something open.
    fn take_open(&mut self, open: Open) {
        let wanted = self.limits.want(open.address.ip());
        let given_back = match &mut self.beside {
            Some(beside) if wanted => beside.take(open),
            _ => Err(open),
        };
        if let Err(open) = given_back {
            self.take_closed(Closed { open, presence: Presence::Unreachable });
        }
    }

    fn take_closed(&mut self, closed: Closed) {
        let Open { address, record, cut_short } = closed.open;
        match record {
            Some(record) => self.take_record(address, &record, cut_short),
            None => self.take_silence(address.ip(), closed.presence),
        }
        if self.waiting.len() >= BATCH {
            self.write();
        }
    }

    /// Takes those that have been asked by other protocols meanwhile.
    fn take_asked(&mut self) {
        while let Some(closed) = self.beside.as_mut().and_then(Beside::poll) {
            self.take_closed(closed);
        }
    }

    /// Waits for those that are still being asked; what SNMP told of them is taken without more when it is
    /// time to stop, and when nobody answers.
    fn wait_for_the_asked(&mut self, stop: &AtomicBool) {
        let Some(mut beside) = self.beside.take() else { return };
        let mut heard_at = Instant::now();
        while !beside.is_empty() {
            if let Some(closed) = beside.wait(STEP) {
                self.take_closed(closed);
                heard_at = Instant::now();
            }
            if stop.load(Ordering::Relaxed) || self.failure.is_some() || heard_at.elapsed() > self::beside::LONGEST {
                beside.abandon().into_iter().for_each(|closed| self.take_closed(closed));
            }
        }
    }

    /// Takes in that a device lets nobody in; returns whether something may serve that has not been tried now.
    fn is_worth_another_look(&mut self, device: u32, entry: &Entry) -> bool {
        let noted = self.doors.note_shut(&mut self.store.lock(), device, entry, Timestamp::now());
        match noted {
            Ok(is_worth_it) => {
                if is_worth_it {
                    self.gathered.again.push(device);
                }
                is_worth_it
            }
            Err(error) => {
                self.failure.get_or_insert(error);
                false
            }
        }
    }

    /// Of a known device that lets nobody in, that and why is news; its other facts keep their age.
    fn take_refusal(&mut self, address: IpAddr, record: &DeviceRecord, entry: &Entry) {
        let Some(device) = self.known.get(&address).copied().or_else(|| self.doors.device_at(address)) else {
            // Whether it is a printer is not known, so it is nobody yet.
            self.gathered.refusing_strangers += 1;
            return;
        };
        if self.is_worth_another_look(device, entry) || !self.limits.want(address) {
            return;
        }
        let mut told = DeviceRecord::new(Path::Agent);
        told.presence = Presence::Refusing;
        told.problems.clone_from(&record.problems);
        if entry.turned.is_empty() {
            // Nothing was tried: what it said before still stands.
            match self.doors.reasons(&self.store.lock(), device) {
                Ok(reasons) => drop(told.problems.splice(0..0, reasons)),
                Err(error) => {
                    self.failure.get_or_insert(error);
                }
            }
        }
        let facts =
            facts::of(&told, &mut Keys::default()).into_iter().filter(|(key, _)| **key == *"presence" || key.starts_with("problems"));
        self.gathered.silent += 1;
        self.glimpse(device, facts.collect());
    }

    fn take_record(&mut self, address: SocketAddr, record: &DeviceRecord, cut_short: bool) {
        let entry = self.entries.remove(&address.ip());
        if record.presence == Presence::Unreachable || !(is_printer(record) || cut_short) {
            return self.take_silence(address.ip(), Presence::Unreachable);
        }
        if !self.limits.permit(address.ip()) {
            return;
        }
        let facts = facts::of(record, &mut Keys::default());
        let observed_at = record.observed_at.unwrap_or_else(Timestamp::now);
        self.gathered.data_at = self.gathered.data_at.max(Some(observed_at));
        self.gathered.read += 1;
        self.gathered.in_part += u64::from(cut_short);
        self.waiting.push(Piece {
            sighting: Some(Sighting { round: Some(self.began), ..Sighting::of(&facts) }),
            device: 0,
            in_scope: self.limits.want(address.ip()),
            extent: if cut_short { Extent::Glimpse } else { Extent::Whole },
            observed_at,
            facts,
            entry,
        });
    }

    /// Of a known device that SNMP does not reach, its presence is news; its other facts keep their age.
    fn take_silence(&mut self, address: IpAddr, presence: Presence) {
        if let Some(device) = self.known.get(&address).copied() {
            self.miss(device, presence);
        }
    }

    fn miss(&mut self, device: u32, presence: Presence) {
        let (word, is_silent) = match presence {
            Presence::Ready => ("ready", false),
            Presence::Printing => ("printing", false),
            Presence::Asleep => ("asleep", false),
            Presence::Unknown => ("unknown", false),
            Presence::Off => ("off", true),
            Presence::Refusing => ("refusing", true),
            Presence::Unreachable => ("unreachable", true),
        };
        self.gathered.silent += u64::from(is_silent);
        self.glimpse(device, Facts::from([("presence".into(), Value::from(word))]));
    }

    fn glimpse(&mut self, device: u32, facts: Facts) {
        let observed_at = Timestamp::now();
        self.waiting.push(Piece { sighting: None, device, in_scope: true, extent: Extent::Glimpse, observed_at, facts, entry: None });
    }

    fn write(&mut self) {
        let pieces = std::mem::take(&mut self.waiting);
        let zone = self.zone;
        let written = self.store.lock().at_once(|store| {
            for piece in &pieces {
                let device = match &piece.sighting {
                    Some(sighting) => store.see(sighting, piece.in_scope, piece.observed_at)?,
                    None => piece.device,
                };
                if let Some(entry) = &piece.entry {
                    self.doors.note(store, device, entry, piece.observed_at)?;
                }
                let day: Date = piece.observed_at.to_zoned(zone.clone()).date();
                // What is not looked after is known, and not reported.
                if piece.in_scope {
                    let facts = match &self.catalog {
                        Some(catalog) if piece.sighting.is_some() => held_against_before(store, catalog, device, piece)?,
                        _ => None,
                    };
                    store.keep(device, piece.extent, piece.observed_at, day, facts.as_ref().unwrap_or(&piece.facts))?;
                }
            }
            Ok(())
        });
        if let Err(error) = written {
            self.failure.get_or_insert(error);
        }
    }

    fn finish(mut self, round: Round) -> Result<Gathered, GatherError> {
        if round == Round::Read && self.failure.is_none() {
            // Another device has been found at their address, and they nowhere.
            let lost: Vec<u32> =
                self.store.lock().whereabouts()?.into_iter().filter(|(_, address)| address.is_none()).map(|(number, _)| number).collect();
            lost.into_iter().for_each(|device| self.miss(device, Presence::Unreachable));
        }
        self.write();
        if self.catalog.is_some() && self.failure.is_none() {
            self.gathered.progress = Some(self.doors.progress(&self.store.lock())?);
        }
        match self.failure {
            Some(error) => Err(error.into()),
            None => Ok(self.gathered),
        }
    }
}

/// Holds a reading against what was read of the device before; returns its facts where that lowers how far
/// its meters can be believed.
///
/// A count that fell is held against what the server has as well: it stays doubted until the server knows.
fn held_against_before(store: &Store, catalog: &Catalog, device: u32, piece: &Piece) -> Result<Option<Facts>, StoreError> {
    let mut now = facts::record(&piece.facts, Path::Agent, Some(piece.observed_at));
    let told = now.problems.len();
    let oid = now.identity.system_object_id.as_deref().and_then(snmp::oid::parse);
    let signs = Signs { sys_object_id: oid.as_deref(), sys_descr: now.identity.system_description.as_deref(), device: None };
    let profile = catalog.profile_for(&signs).clone();
    if let Some(last) = store.device(device)? {
        collect::since(&profile, &facts::record(&last.facts, Path::Agent, last.facts_at), &mut now);
    }
    if let Some(base) = store.base_of(device)? {
        collect::since(&profile, &facts::record(&base, Path::Agent, None), &mut now);
    }
    now.problems.dedup();
    Ok((now.problems.len() > told).then(|| facts::of(&now, &mut Keys::default())))
}

/// Returns whether a whole record shows a sign of a printer: an address of one may be another host's now.
fn is_printer(record: &DeviceRecord) -> bool {
    record.status.printer.is_some() || !record.meters.is_empty() || !record.supplies.is_empty() || !record.inputs.is_empty()
}

/// Is a scan as the shell wants it.
struct Driven(Scan);

impl Engine for Driven {
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        self.0.handle_input(now, from, datagram);
    }

    fn handle_timeout(&mut self, now: Tick) {
        self.0.handle_timeout(now);
    }

    fn handle_send_error(&mut self, _: Tick, to: SocketAddr, error: &io::Error) {
        self.0.handle_send_error(to, &error.to_string());
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        self.0.poll_transmit(now, out)
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.0.poll_timeout()
    }

    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;
    use model::Origin;
    use model::record::{Evidence, Meter};

    fn piece(total: u64, hour: i64) -> Piece {
        let mut record = DeviceRecord::new(Path::Agent);
        record.address = Some("10.0.0.7".to_owned());
        record.identity.manufacturer = Some("Acme".to_owned());
        record.identity.serial_number = Some("AC1234567".to_owned());
        let origin = Origin::new("prtMarkerLifeCount", &[1, 1]);
        record.meters = vec![Meter { name: "total".to_owned(), value: total, unit: None, origin, evidence: Evidence::Standard }];
        let facts = facts::of(&record, &mut Keys::default());
        let observed_at = Timestamp::from_second(1_800_000_000 + 3600 * hour).unwrap();
        Piece { sighting: Some(Sighting::of(&facts)), device: 0, in_scope: true, extent: Extent::Whole, observed_at, facts, entry: None }
    }

    #[test]
    fn d_07_a_count_that_fell_is_doubted_and_says_why() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let catalog = Catalog::embedded().unwrap();
        let day = Date::constant(2027, 1, 15);
        let first = piece(7432, 0);
        let device = store.see(first.sighting.as_ref().unwrap(), true, first.observed_at).unwrap();
        store.keep(device, Extent::Whole, first.observed_at, day, &first.facts).unwrap();
        assert_eq!(held_against_before(&store, &catalog, device, &piece(7440, 1)).unwrap(), None);
        let fell = held_against_before(&store, &catalog, device, &piece(12, 1)).unwrap().expect("a count that fell");
        let record = facts::record(&fell, Path::Agent, None);
        assert_eq!(record.meters[0].evidence, Evidence::Conflicting);
        assert_eq!(record.problems, ["total: prtMarkerLifeCount.1.1 fell from 7432 to 12"]);
    }
}
