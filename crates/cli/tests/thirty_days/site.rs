//! The customer's network: living printers that are asked, and many more that are told of.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use agent::gather::Round;
use agent::store::Sighting;
use catalog::{Catalog, Sections};
use jiff::{SignedDuration, Timestamp};
use model::record::Presence;
use model::{DeviceRecord, Level};
use sim::{Fleet, NetOptions, SimNet};
use survey::scan::Task;
use survey::targets::{Target, Targets};
use survey::{Credentials, Event, Plans, Rate, ReaderOptions, Scan, ScanOptions, Tick};
use wire::facts::Keys;
use wire::{Extent, Facts, Value, facts};

use crate::calendar::Calendar;

const SECOND: Tick = 1_000_000;
/// The living printers stand in this network.
const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
/// Is how long the others' readings take together.
const OTHERS_TAKE: i64 = 40;

/// Is one thing that was seen, as the agent keeps it.
pub struct Piece {
    /// `None` for a known device of which nothing was seen.
    pub sighting: Option<Sighting>,
    /// The number, where the sighting does not tell it.
    pub device: u32,
    pub extent: Extent,
    pub observed_at: Timestamp,
    pub facts: Facts,
}

/// Is what a round brought, and when it was over.
pub struct Gathered {
    pub pieces: Vec<Piece>,
    pub ended_at: Timestamp,
}

impl Gathered {
    /// Returns when a printer last said something.
    pub fn data_at(&self) -> Option<Timestamp> {
        self.pieces.iter().filter(|piece| piece.sighting.is_some()).map(|piece| piece.observed_at).max()
    }
}

/// Is the network.
pub struct Site {
    net: SimNet,
    plans: Arc<Plans>,
    began: Timestamp,
    living: Vec<IpAddr>,
    others: u32,
    /// Records that the others are made of; filled by the first round.
    patterns: Vec<DeviceRecord>,
    seed: u64,
    keys: Keys,
}

impl Site {
    pub fn new(seed: u64, devices: u32, living: u32, began: Timestamp) -> Self {
        let epoch = began.as_second().cast_unsigned();
        let mut fleet = Fleet::new(seed).network(NETWORK, 256, living).began_at(epoch);
        let addresses = fleet.addresses();
        for address in &addresses {
            // Its clock and its habits begin with the month.
            fleet.device(*address);
        }
        let catalog = Arc::new(Catalog::embedded().expect("the embedded files load"));
        Site {
            net: SimNet::with_fleet(fleet, seed, NetOptions::default()),
            plans: Arc::new(Plans::new(catalog, Sections::all())),
            began,
            living: addresses,
            others: devices - living,
            patterns: Vec::new(),
            seed,
            keys: Keys::default(),
        }
    }

    /// Returns the printer that is switched off for two days, and the one that is carried away.
    pub fn victims(&self) -> [IpAddr; 2] {
        [self.living[0], self.living[1]]
    }

    /// Makes a round, which begins now; `known` tells the devices whose answer is expected.
    pub fn gather(&mut self, round: &Round, now: Timestamp, calendar: &Calendar, known: &BTreeMap<IpAddr, u32>) -> Gathered {
        self.come_to(now, calendar);
        let mut pieces = self.ask(round, known);
        let ended_at = self.now().max(now + SignedDuration::from_secs(OTHERS_TAKE));
        let day = (calendar.date_of(now) - Calendar::date(1)).get_days();
        for number in 0..self.others {
            let observed_at = now + SignedDuration::from_secs(i64::from(number) % OTHERS_TAKE);
            let facts = self.other(number, day.into());
            pieces.push(Piece { sighting: Some(Sighting::of(&facts)), device: 0, extent: Extent::Whole, observed_at, facts });
        }
        Gathered { pieces, ended_at }
    }

    /// Asks the living printers, and takes what comes as `agent::gather` does.
    fn ask(&mut self, round: &Round, known: &BTreeMap<IpAddr, u32>) -> Vec<Piece> {
        let mut scan = Asking { scan: Scan::new(self.scan_options(round, known)), events: Vec::new() };
        while !scan.scan.is_done() {
            // In steps, so that the network's time ends with the round.
            let until = self.net.now() + SECOND;
            self.net.run(&mut scan, until, |asking, at| {
                while let Some(event) = asking.scan.poll_event() {
                    asking.events.push((at, event));
                }
            });
        }
        let mut answered = BTreeSet::new();
        let mut pieces = Vec::new();
        for (at, event) in scan.events {
            match event {
                Event::Read { address, record, cut_short, .. } if record.presence != Presence::Unreachable => {
                    answered.insert(address.ip());
                    if self.patterns.len() < self.living.len() {
                        self.patterns.push(pattern(&record));
                    }
                    pieces.push(piece(&record, cut_short, &mut self.keys));
                }
                Event::Read { address, .. } | Event::Silent { address, .. } | Event::Refusing { address, .. } => {
                    pieces.extend(known.get(&address.ip()).map(|device| silence(*device, self.began + micros(at))));
                }
                Event::NotPrinter(address) => panic!("{address} is a printer"),
                Event::Found(_) | Event::Unchanged { .. } | Event::PassEnded { .. } => {}
            }
        }
        pieces
    }

    fn scan_options(&self, round: &Round, known: &BTreeMap<IpAddr, u32>) -> ScanOptions {
        let (task, targets) = match round {
            Round::Discover => (Task::FindAndRead, targets([format!("{NETWORK}/24")])),
            Round::Read | Round::Look(_) => {
                // The others' addresses lead nowhere in this network.
                let asked = known.keys().filter(|address| self.living.contains(address));
                (Task::Read, targets(asked.map(IpAddr::to_string)))
            }
        };
        ScanOptions {
            task,
            targets,
            port: 161,
            extras: Vec::new(),
            rate: Rate::POLITE,
            reader: ReaderOptions {
                epoch: Some(self.began),
                ..ReaderOptions::new(self.plans.clone(), Arc::new(Credentials::communities(["public"])), [self.seed, 2])
            },
            at_once: 24,
            shard: 0,
            shards: 1,
            again: 0,
        }
    }

    fn power(&mut self, address: IpAddr, on: bool) {
        let printer = self.net.printer(address).expect("a living printer stands there");
        if printer.is_on() != on {
            printer.power(on);
        }
    }

    fn now(&self) -> Timestamp {
        self.began + micros(self.net.now())
    }

    /// Lets time pass, and printers be switched off and on in between.
    fn come_to(&mut self, now: Timestamp, calendar: &Calendar) {
        let before = self.now();
        assert!(before <= now, "a round begins before the last one has ended");
        let mut switches = [calendar.unreachable.start, calendar.unreachable.end, calendar.gone_from];
        switches.sort_unstable();
        let [switched_off, carried_away] = self.victims();
        for at in switches.into_iter().filter(|at| (before..=now).contains(at)) {
            self.wait_until(at);
            self.power(switched_off, !calendar.unreachable.contains(&at));
            self.power(carried_away, at < calendar.gone_from);
        }
        self.wait_until(now);
    }

    fn wait_until(&mut self, at: Timestamp) {
        let tick = (at.as_microsecond() - self.began.as_microsecond()).cast_unsigned();
        self.net.run(&mut Idle, tick, |_, _| {});
    }

    /// Returns what another device says on a day.
    fn other(&mut self, number: u32, day: i64) -> Facts {
        let mut record = self.patterns[number as usize % self.patterns.len()].clone();
        let own = mixed(self.seed ^ u64::from(number) << 20);
        record.address = Some(Ipv4Addr::new(10, 1, (number >> 8) as u8, number as u8).to_string());
        record.identity.serial_number = Some(format!("OTHER-{number:06}"));
        record.identity.mac_addresses = vec![format!("00:1b:a9:{:02x}:{:02x}:{:02x}", number >> 16 & 255, number >> 8 & 255, number & 255)];
        record.identity.system_name = Some(format!("printer-{number}"));
        let rate = 20 + own % 400;
        for (place, meter) in (1..).zip(&mut record.meters) {
            meter.value += own % 100_000 + rate * day.cast_unsigned() / place;
        }
        for (place, supply) in (0..).zip(&mut record.supplies) {
            let (Level::Measured { step, .. }, Some(capacity @ 1..)) = (supply.level, supply.capacity) else { continue };
            // Somebody replaces it when it is used up.
            let used = (mixed(own + place) + rate * day.cast_unsigned()) % u64::from(capacity);
            supply.level = Level::Measured { value: capacity - u32::try_from(used).expect("less than the capacity"), step };
            supply.remaining = supply.level.share_of(supply.capacity);
        }
        facts::of(&record, &mut self.keys)
    }
}

fn targets(words: impl IntoIterator<Item = String>) -> Arc<Targets> {
    let targets = words.into_iter().map(|word| Target::parse(&word).expect("an address or a network"));
    Arc::new(targets.fold(Targets::builder(), |builder, target| builder.include(target)).build().expect("addresses are no names"))
}

fn micros(tick: Tick) -> SignedDuration {
    SignedDuration::from_micros(tick.cast_signed())
}

fn piece(record: &DeviceRecord, cut_short: bool, keys: &mut Keys) -> Piece {
    let facts = facts::of(record, keys);
    let extent = if cut_short { Extent::Glimpse } else { Extent::Whole };
    let observed_at = record.observed_at.expect("the reader knows the time");
    Piece { sighting: Some(Sighting::of(&facts)), device: 0, extent, observed_at, facts }
}

fn silence(device: u32, observed_at: Timestamp) -> Piece {
    let facts = Facts::from([("presence".into(), Value::from("unreachable"))]);
    Piece { sighting: None, device, extent: Extent::Glimpse, observed_at, facts }
}

/// Keeps of a printer some forty values: a handful of meters and levels, who it is and how it is.
fn pattern(record: &DeviceRecord) -> DeviceRecord {
    let mut record = record.clone();
    record.configuration.clear();
    record.options.clear();
    record.outputs.clear();
    record.covers.clear();
    record.inputs.clear();
    record.alerts.clear();
    record.meters.truncate(3);
    record.supplies.truncate(1);
    record.identity.printer_uuid = None;
    record
}

/// Mixes the bits of a number (SplitMix64, Steele, Lea and Flood 2014).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) >> 1
}

/// Is a scan on the simulated network, with what it told and when.
struct Asking {
    scan: Scan,
    events: Vec<(Tick, Event)>,
}

impl sim::Engine for Asking {
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        self.scan.handle_input(now, from, datagram);
    }

    fn handle_timeout(&mut self, now: Tick) {
        self.scan.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        self.scan.poll_transmit(now, out)
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.scan.poll_timeout()
    }
}

/// Lets time pass.
struct Idle;

impl sim::Engine for Idle {
    fn handle_input(&mut self, _: Tick, _: SocketAddr, _: &[u8]) {}

    fn handle_timeout(&mut self, _: Tick) {}

    fn poll_transmit(&mut self, _: Tick, _: &mut Vec<u8>) -> Option<SocketAddr> {
        None
    }

    fn poll_timeout(&self) -> Option<Tick> {
        None
    }
}
