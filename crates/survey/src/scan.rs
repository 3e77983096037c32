//! A whole scan: a sweep that finds devices, and the reading of the printers among them.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use collect::{Answers, is_printer};
use snmp::ber::BerError;
use snmp::message::Version;
use snmp::v3::Envelope;
use snmp::{OidRef, Tick};

use catalog::{DeviceKind, Sections};

use crate::ceiling::{Ceiling, Rate};
use crate::event::{Event, Found, Response, Statistics};
use crate::plan::Plans;
use crate::reader::{Reader, ReaderOptions, sign_of};
use crate::reading::Known;
use crate::sweep::{Answered, Sweep, SweepOptions, Told};
use crate::targets::Targets;

/// Is what a scan does with its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Finds printers and tells who they are.
    Identify,
    /// Finds printers and reads them.
    FindAndRead,
    /// Reads exactly the targets, printers or not.
    Read,
}

/// Is what a scan needs to know from outside.
#[derive(Clone)]
pub struct ScanOptions {
    pub task: Task,
    pub targets: Arc<Targets>,
    pub port: u16,
    /// Addresses beside the targets: of hosts that announced themselves, and such as reach many.
    pub extras: Vec<SocketAddr>,
    pub rate: Rate,
    pub reader: ReaderOptions,
    /// The most devices being read at once.
    pub at_once: usize,
    /// This scan takes every `shards`-th target, from the `shard`-th on; the shards of one scan
    /// share nothing, so each can have a thread of its own.
    pub shard: u32,
    pub shards: u32,
    /// How often every device is read again when all have been read: only what moves.
    pub again: u32,
}

/// Is how far a scan has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// 0 when nothing is swept.
    pub pass: u32,
    /// Addresses asked in this pass, or devices begun.
    pub asked: u64,
    pub of: u64,
    pub found: u64,
    pub reading: u64,
}

/// Scans; see the module.
pub struct Scan {
    options: ScanOptions,
    sweep: Option<Sweep>,
    reader: Reader,
    /// Devices found whose reading has not begun.
    found: VecDeque<Answered>,
    /// Devices that were found before they showed whether they are printers.
    undecided: BTreeSet<SocketAddr>,
    /// The next target to read, when targets are read without a sweep.
    next: u64,
    /// Devices to read again in this round.
    again: Vec<(SocketAddr, Box<Known>)>,
    /// Devices read, for the next round.
    remembered: Vec<(SocketAddr, Box<Known>)>,
    rounds_left: u32,
    is_held: bool,
    ceiling: Ceiling,
    events: VecDeque<Event>,
    statistics: Statistics,
}

/// A pass waits this long for stragglers on a network of one's own, where nothing holds answers up.
const QUIET_AT_FULL_SPEED: Tick = 400_000;
/// Elsewhere a printer may have to wake its network board first.
const QUIET: Tick = 1_000_000;

impl Scan {
    pub fn new(options: ScanOptions) -> Self {
        let key = options.reader.key;
        let sweep = (options.task != Task::Read).then(|| {
            Sweep::new(SweepOptions {
                targets: options.targets.clone(),
                port: options.port,
                extras: options.extras.clone(),
                plan: options.reader.plans.first().clone(),
                credentials: options.reader.credentials.clone(),
                // Another key than the reader's: an id then belongs to one of the two.
                key: [!key[0], key[1].rotate_left(17)],
                shard: options.shard,
                shards: options.shards,
                quiet: if options.rate == Rate::UNLIMITED { QUIET_AT_FULL_SPEED } else { QUIET },
            })
        });
        let mut reader = options.reader.clone();
        reader.remember |= options.again > 0;
        if options.task == Task::Identify {
            // Asked only of devices whose hello leaves open whether they are printers.
            reader.plans = Arc::new(Plans::new(reader.plans.catalog.clone(), Sections::NONE));
            reader.remember = true;
        }
        Scan {
            sweep,
            reader: Reader::new(reader),
            found: VecDeque::new(),
            undecided: BTreeSet::new(),
            next: options.shard.into(),
            again: Vec::new(),
            remembered: Vec::new(),
            rounds_left: options.again,
            is_held: false,
            ceiling: Ceiling::new(options.rate),
            events: VecDeque::new(),
            statistics: Statistics::default(),
            options,
        }
    }

    /// Returns what went over the wire so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    pub fn progress(&self) -> Progress {
        let reading = (self.reader.active() + self.found.len()) as u64;
        match &self.sweep {
            Some(sweep) => {
                let (pass, asked, of) = sweep.progress();
                Progress { pass, asked, of, found: sweep.found(), reading }
            }
            None => {
                let shards = u64::from(self.options.shards.max(1));
                let share = |count: u64| (count + shards - 1).saturating_sub(self.options.shard.into()) / shards;
                Progress { pass: 0, asked: share(self.next.min(self.targets())), of: share(self.targets()), found: 0, reading }
            }
        }
    }

    fn targets(&self) -> u64 {
        self.options.targets.len() + self.options.extras.len() as u64
    }

    /// Returns whether everything asked for has been done and told.
    pub fn is_done(&self) -> bool {
        let searched = self.sweep.as_ref().map_or(self.next >= self.targets(), Sweep::is_done);
        let told = self.events.is_empty() && !self.reader.has_events() && self.reader.active() == 0;
        searched && self.found.is_empty() && told && self.again.is_empty() && (self.rounds_left == 0 || self.remembered.is_empty())
    }

    /// Takes a datagram.
    pub fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        self.statistics.answers += 1;
        self.statistics.answer_octets += datagram.len() as u64;
        let response = match Response::parse(from, datagram) {
            Ok(Some(response)) => response,
            Ok(None) => return self.statistics.strangers += 1,
            Err(BerError::UnknownVersion(3)) => return self.handle_message(now, from, datagram),
            Err(_) => return self.statistics.malformed += 1,
        };
        if self.reader.expects(response.pdu.request_id) || self.sweep.is_none() {
            self.reader.handle_response(now, &response, &mut self.statistics);
        } else if let Some(sweep) = &mut self.sweep
            && let Some(answered) = sweep.handle_response(now, &response, &mut self.statistics)
        {
            self.take_found(answered);
        }
    }

    /// Takes a message of v3.
    fn handle_message(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        let Ok(envelope) = Envelope::parse(datagram) else { return self.statistics.malformed += 1 };
        if self.reader.expects(envelope.id) || self.sweep.is_none() {
            self.reader.handle_message(now, from, &envelope, &mut self.statistics);
        } else if let Some(sweep) = &mut self.sweep
            && let Some(answered) = sweep.handle_message(now, from, &envelope, &mut self.statistics)
        {
            self.take_found(answered);
        }
    }

    fn take_found(&mut self, answered: Answered) {
        let kind = match &answered.told {
            Told::Hello { answers: hello, .. } => is_printer(&self.options.reader.plans.catalog, hello).kind,
            // What it is, an engine tells only to users.
            Told::Engine(_) => DeviceKind::Undecided,
        };
        if kind == DeviceKind::NotPrinter {
            self.events.push_back(Event::NotPrinter(answered.address));
            return;
        }
        match &answered.told {
            Told::Hello { answers, .. } if kind == DeviceKind::Printer => {
                self.events.push_back(Event::Found(found(answered.address, answers)));
            }
            _ => _ = self.undecided.insert(answered.address),
        }
        if kind == DeviceKind::Undecided || self.options.task == Task::FindAndRead {
            self.found.push_back(answered);
        }
    }

    /// Begins no more readings while `is_held`; those under way go on, and so does the search.
    ///
    /// For whoever takes the readings and cannot keep up.
    pub fn hold(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// Begins one more reading, if there is room; returns whether it did.
    ///
    /// Called only when those under way have nothing to send: what has begun is finished first, so
    /// that no more devices are held in memory than keep the network busy.
    fn begin_reading(&mut self) -> bool {
        if self.is_held || self.reader.active() >= self.options.at_once {
            return false;
        }
        if let Some(Answered { address, told }) = self.found.pop_front() {
            match told {
                Told::Hello { credential, version: Version::V2c, answers } if !answers.is_empty() => {
                    self.reader.read_greeted(address, credential, answers, true);
                }
                // In v1, and after an error, the hello is said once more in v2c.
                Told::Hello { credential, .. } => self.reader.read_with(address, credential, true),
                Told::Engine(engine) => self.reader.read_met(address, engine, true),
            }
            return true;
        }
        if self.options.task != Task::Read || self.next >= self.targets() {
            return self.begin_reading_again();
        }
        let number = self.next;
        self.next += u64::from(self.options.shards.max(1));
        let extra = || self.options.extras.get((number - self.options.targets.len()) as usize).copied();
        if let Some(address) = self.options.targets.socket_address(number, self.options.port).or_else(extra) {
            self.reader.read(address, false);
        }
        true
    }

    /// Reads one more device again; a round begins when the one before has ended.
    fn begin_reading_again(&mut self) -> bool {
        // What was learned of a device comes with its news, so a round begins when all have been taken.
        if self.again.is_empty() && self.rounds_left > 0 && self.reader.active() == 0 && !self.reader.has_events() {
            self.rounds_left -= 1;
            self.again = std::mem::take(&mut self.remembered);
        }
        let Some((address, known)) = self.again.pop() else { return false };
        self.reader.read_again(address, *known);
        true
    }

    pub fn handle_timeout(&mut self, now: Tick) {
        self.reader.handle_timeout(now);
        if let Some(sweep) = &mut self.sweep {
            sweep.handle_timeout(now);
            while let Some((pass, newly_found)) = sweep.poll_ended_pass() {
                self.events.push_back(Event::PassEnded { pass, newly_found });
            }
        }
    }

    /// Takes the news that a datagram could not be sent.
    pub fn handle_send_error(&mut self, to: SocketAddr, error: &str) {
        self.statistics.unsent += 1;
        self.reader.handle_send_error(to, error);
    }

    /// Writes the next datagram into `out` and returns where it goes.
    ///
    /// Readings go first: what has been found is to be seen soon.
    pub fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        let to = loop {
            if let Some(to) = self.reader.poll_transmit(now, &mut self.ceiling, out) {
                break to;
            }
            if !self.begin_reading() {
                break self.sweep.as_mut()?.poll_transmit(now, &mut self.ceiling, out)?;
            }
        };
        self.statistics.requests += 1;
        self.statistics.request_octets += out.len() as u64;
        Some(to)
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        let mut event = self.reader.poll_event()?;
        if self.rounds_left > 0 {
            match &mut event {
                Event::Read { address, known, .. } => self.remembered.extend(known.take().map(|known| (*address, known))),
                Event::Unchanged { address, known } => self.remembered.extend(known.take().map(|known| (*address, known))),
                _ => {}
            }
        }
        match event {
            Event::Read { address, known: Some(known), .. } if self.options.task == Task::Identify => {
                Some(Event::Found(found(address, known.answers())))
            }
            Event::Read { address, ref record, .. } if self.undecided.remove(&address) => {
                let (system_object_id, system_description) =
                    (record.identity.system_object_id.clone(), record.identity.system_description.clone());
                self.events.push_front(event);
                Some(Event::Found(Found { address, system_object_id, system_description }))
            }
            event => Some(event),
        }
    }

    pub fn poll_timeout(&self) -> Option<Tick> {
        let sweep = self.sweep.as_ref().and_then(Sweep::poll_timeout);
        self.reader.poll_timeout().into_iter().chain(sweep).min()
    }
}

fn found(address: SocketAddr, hello: &Answers) -> Found {
    let (object_id, system_description) = sign_of(hello);
    let system_object_id = object_id.map(|arcs| OidRef::new(&snmp::oid::encode(&arcs)).to_string());
    Found { address, system_object_id, system_description }
}
