//! What the simulations share: a scan and a reader on the simulated network.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use catalog::{Catalog, Sections};
use model::DeviceRecord;
use sim::device::Conduct;
use sim::{ModelSpec, NetOptions, SimDevice, SimNet, SimPrinter, Vices};
use survey::scan::Task;
use survey::targets::{Target, Targets};
use survey::{Ceiling, Credentials, Event, Known, Plans, Rate, Reader, ReaderOptions, Response, Scan, ScanOptions, Statistics, Tick};

pub const SECOND: Tick = 1_000_000;

/// Returns what a reader needs, for these sections and communities.
pub fn options(sections: &str, communities: &[&str]) -> ReaderOptions {
    let catalog = Arc::new(Catalog::embedded().expect("the embedded files load"));
    let sections = Sections::parse(sections).expect("sections");
    let plans = Arc::new(Plans::new(catalog, sections));
    let epoch = Some(jiff::Timestamp::from_second(sim::time::MONDAY as i64).expect("a time"));
    ReaderOptions { epoch, remember: true, ..ReaderOptions::new(plans, Arc::new(Credentials::communities(communities)), [11, 22]) }
}

/// Returns a set of targets.
pub fn targets(words: &[&str]) -> Arc<Targets> {
    let parsed = words.iter().map(|word| Target::parse(word).expect("a target"));
    Arc::new(parsed.fold(Targets::builder(), |builder, target| builder.include(target)).build().expect("no names"))
}

/// Returns a scan of these targets, politely or at full speed.
pub fn scan_options(task: Task, words: &[&str], rate: Rate) -> ScanOptions {
    ScanOptions {
        task,
        targets: targets(words),
        port: 161,
        extras: Vec::new(),
        rate,
        reader: options("all", &["public"]),
        at_once: 500,
        shard: 0,
        shards: 1,
        again: 0,
    }
}

/// Is a scan on the simulated network, with all it told.
pub struct SimScan {
    pub scan: Scan,
    pub events: Vec<Event>,
    /// When each datagram left, and where to.
    pub sent: Vec<(Tick, SocketAddr)>,
}

impl SimScan {
    pub fn new(options: ScanOptions) -> Self {
        SimScan { scan: Scan::new(options), events: Vec::new(), sent: Vec::new() }
    }

    /// Runs until the scan is done; panics if that takes longer than `until`.
    pub fn run(mut self, net: &mut SimNet, until: Tick) -> Self {
        net.run(&mut self, until, |scan, _| {
            while let Some(event) = scan.scan.poll_event() {
                scan.events.push(event);
            }
        });
        assert!(self.scan.is_done(), "not done after {} s: {:?}", until / SECOND, self.scan.progress());
        self
    }

    pub fn records(&self) -> Vec<&DeviceRecord> {
        self.events.iter().filter_map(|event| if let Event::Read { record, .. } = event { Some(&**record) } else { None }).collect()
    }

    /// The one record of a scan of one device.
    pub fn record(&self) -> &DeviceRecord {
        let records = self.records();
        assert_eq!(records.len(), 1, "{:?}", self.events);
        records[0]
    }
}

impl sim::net::Engine for SimScan {
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        self.scan.handle_input(now, from, datagram);
    }

    fn handle_timeout(&mut self, now: Tick) {
        self.scan.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        let to = self.scan.poll_transmit(now, out)?;
        self.sent.push((now, to));
        Some(to)
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.scan.poll_timeout()
    }
}

/// Is a reader on the simulated network.
pub struct SimReader {
    pub reader: Reader,
    pub ceiling: Ceiling,
    pub statistics: Statistics,
    pub events: Vec<Event>,
}

impl SimReader {
    pub fn new(options: ReaderOptions) -> Self {
        let ceiling = Ceiling::new(Rate::UNLIMITED);
        SimReader { reader: Reader::new(options), ceiling, statistics: Statistics::default(), events: Vec::new() }
    }

    /// Runs until nothing is being read, then returns the one event.
    pub fn run(&mut self, net: &mut SimNet) -> Event {
        let until = net.now() + 300 * SECOND;
        net.run(self, until, |reader, _| reader.events.extend(reader.reader.poll_event()));
        // What is told without asking anybody never comes over the network.
        self.events.extend(self.reader.poll_event());
        assert_eq!(self.reader.active(), 0);
        assert_eq!(self.events.len(), 1, "{:?}", self.events);
        self.events.remove(0)
    }

    pub fn read(&mut self, net: &mut SimNet, address: SocketAddr) -> (Box<DeviceRecord>, u16, Box<Known>) {
        self.reader.read(address, false);
        match self.run(net) {
            Event::Read { record, requests, known, .. } => (record, requests, known.expect("told to remember")),
            other => panic!("{other:?}"),
        }
    }

    pub fn read_again(&mut self, net: &mut SimNet, address: SocketAddr, known: impl Into<Option<Box<Known>>>) -> Event {
        self.reader.read_again(address, *known.into().expect("told to remember"));
        self.run(net)
    }
}

impl sim::net::Engine for SimReader {
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        if let Ok(Some(response)) = Response::parse(from, datagram) {
            self.reader.handle_response(now, &response, &mut self.statistics);
        } else if let Ok(envelope) = snmp::v3::Envelope::parse(datagram) {
            self.reader.handle_message(now, from, &envelope, &mut self.statistics);
        }
    }

    fn handle_timeout(&mut self, now: Tick) {
        self.reader.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        self.reader.poll_transmit(now, &mut self.ceiling, out)
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.reader.poll_timeout()
    }
}

pub fn address(text: &str) -> SocketAddr {
    SocketAddr::new(text.parse::<IpAddr>().expect("an address"), 161)
}

/// Returns a printer that does nothing unless told to.
pub fn quiet_printer(seed: u64, spec: ModelSpec) -> SimPrinter {
    let mut printer = SimPrinter::new(seed, spec);
    printer.set_habits(sim::Habits::none());
    printer
}

/// Puts one printer with these vices at 10.0.0.7.
pub fn one_printer(vices: Vices) -> SimNet {
    let mut net = SimNet::new(1, NetOptions::default());
    let device = SimDevice::living(quiet_printer(7, ModelSpec::color_mfp()), 7).with_conduct(Conduct { vices, ..Conduct::default() });
    net.add(address("10.0.0.7").ip(), device);
    net
}

/// Reads that printer with a scan that names it.
pub fn read_one(vices: Vices) -> (SimScan, SimNet) {
    let mut net = one_printer(vices);
    let scan = SimScan::new(scan_options(Task::Read, &["10.0.0.7"], Rate::UNLIMITED)).run(&mut net, 600 * SECOND);
    (scan, net)
}
