//! A simulated network and clock, for engines that are asked and told rather than run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use crate::chance::Chance;
use crate::device::{Reply, ReplyFrom, SimDevice};
use crate::fleet::Fleet;
use crate::printer::SimPrinter;
use crate::time::{MILLISECOND, MONDAY, SECOND, Tick};

/// Is what the network drives: an engine without sockets and clocks.
///
/// A test implements it in a few lines around the engine's own type.
pub trait Engine {
    /// Takes a datagram that arrived from `from`.
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]);

    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Tick);

    /// Appends the next datagram to `out`, which is empty, and returns where it goes; `None` when nothing is to be sent.
    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr>;

    /// Returns when `handle_timeout` is to be called; `None` when nothing is waited for.
    fn poll_timeout(&self) -> Option<Tick>;
}

/// Is how the network treats datagrams.
#[derive(Clone, Debug)]
pub struct NetOptions {
    /// How long a datagram travels one way, in microseconds; drawn anew for each.
    pub latency: Range<Tick>,
    /// The share of requests that do not arrive, from 0.0 to 1.0.
    pub request_loss: f64,
    /// The share of answers that do not arrive.
    pub answer_loss: f64,
    /// The share of answers that arrive twice.
    pub duplicates: f64,
    /// The share of datagrams that are held back for up to ten times the longest latency.
    pub reordered: f64,
    /// The port at which devices listen; datagrams to other ports find nobody.
    pub port: u16,
}

impl Default for NetOptions {
    /// A quiet local network: 0.2 to 2 ms one way, nothing lost.
    fn default() -> Self {
        let latency = MILLISECOND / 5..2 * MILLISECOND;
        NetOptions { latency, request_loss: 0.0, answer_loss: 0.0, duplicates: 0.0, reordered: 0.0, port: 161 }
    }
}

/// Counts what went to and came from one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Datagrams sent to the device, lost ones included.
    pub requests: u64,
    pub requests_lost: u64,
    pub request_octets: u64,
    /// Datagrams the device sent, lost ones included, those that the network doubled not.
    pub answers: u64,
    pub answers_lost: u64,
    pub answer_octets: u64,
    /// Requests that arrived and that the device left unanswered.
    pub unanswered: u64,
    /// The most requests that were open at once as the network sees it: sent, and neither
    /// answered nor known to be lost, nor left unanswered by the device.
    pub most_open: u32,
    /// The most requests that the device had in hand at once: arrived, and their first answer
    /// not yet sent.
    pub most_in_hand: u32,
    open: u32,
    in_hand: Vec<Tick>,
}

/// Is a network with devices, and the clock they share with an engine.
///
/// Time jumps from one event to the next. The same seed, options, devices and engine give the
/// same run, octet for octet; [`SimNet::trace`] tells whether two runs were one.
pub struct SimNet {
    options: NetOptions,
    fleet: Fleet,
    chance: Chance,
    now: Tick,
    events: BinaryHeap<Reverse<Event>>,
    count: u64,
    traffic: BTreeMap<IpAddr, Traffic>,
    to_nobody: u64,
    trace: Trace,
}

/// Is something that will happen; ordered by time, then by when it was planned.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: Tick,
    number: u64,
    what: What,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A request arrives at a device.
    Request(IpAddr, Vec<u8>),
    /// A datagram arrives at the engine; it answers a request of the device named, if any.
    Answer { from: SocketAddr, closes: Option<IpAddr>, octets: Vec<u8> },
    /// A request to this device is no longer open, for it or its answer was lost.
    Lost(IpAddr),
}

/// Is how often an engine may time out at one moment before it is called stuck.
const MOST_TIMEOUTS_AT_ONCE: u32 = 1_000_000;

impl SimNet {
    /// Makes a network without devices, at tick 0 of [`MONDAY`].
    pub fn new(seed: u64, options: NetOptions) -> Self {
        Self::with_fleet(Fleet::new(seed).began_at(MONDAY), seed, options)
    }

    /// Makes a network of a fleet, at tick 0. A fleet that does not know when it began begins on [`MONDAY`].
    pub fn with_fleet(fleet: Fleet, seed: u64, options: NetOptions) -> Self {
        SimNet {
            options,
            fleet,
            chance: Chance::new(seed),
            now: 0,
            events: BinaryHeap::new(),
            count: 0,
            traffic: BTreeMap::new(),
            to_nobody: 0,
            trace: Trace::default(),
        }
    }

    /// Puts a device at an address.
    pub fn add(&mut self, address: IpAddr, device: SimDevice) {
        self.fleet.insert(address, device);
    }

    /// Returns the living printer at an address, brought to the present.
    pub fn printer(&mut self, address: IpAddr) -> Option<&mut SimPrinter> {
        let lived = self.fleet.lived(self.now);
        let printer = self.fleet.printer(address)?;
        printer.advance(lived);
        Some(printer)
    }

    /// Returns the devices.
    pub fn fleet(&mut self) -> &mut Fleet {
        &mut self.fleet
    }

    /// Changes how the network treats datagrams from now on.
    pub fn set_options(&mut self, options: NetOptions) {
        self.options = options;
    }

    pub fn now(&self) -> Tick {
        self.now
    }

    /// Lets a datagram arrive at the engine that no device sent.
    pub fn inject(&mut self, at: Tick, from: SocketAddr, octets: Vec<u8>) {
        self.plan(at.max(self.now), What::Answer { from, closes: None, octets });
    }

    /// Returns what went to and came from the device at an address; `None` if nothing did.
    pub fn traffic(&self, address: IpAddr) -> Option<&Traffic> {
        self.traffic.get(&address)
    }

    /// Returns the traffic of every device that was asked, in the order of the addresses.
    pub fn all_traffic(&self) -> impl Iterator<Item = (IpAddr, &Traffic)> {
        self.traffic.iter().map(|(address, traffic)| (*address, traffic))
    }

    /// Returns the most requests that any device had open at once: see [`Traffic::most_open`].
    pub fn most_open(&self) -> u32 {
        self.traffic.values().map(|traffic| traffic.most_open).max().unwrap_or(0)
    }

    /// Returns the most requests that any device had in hand at once: see [`Traffic::most_in_hand`].
    pub fn most_in_hand(&self) -> u32 {
        self.traffic.values().map(|traffic| traffic.most_in_hand).max().unwrap_or(0)
    }

    /// Returns how many datagrams went where nothing listens.
    pub fn sent_to_nobody(&self) -> u64 {
        self.to_nobody
    }

    /// Returns a hash over every datagram so far, with its time, direction and address.
    pub fn trace(&self) -> u64 {
        self.trace.0
    }

    /// Runs the engine until nothing is left to do, or until `until`; calls `each` after every event.
    ///
    /// What was under way stays so: the next run goes on from here. At one moment, datagrams
    /// arrive before the engine times out.
    ///
    /// # Panics
    /// Panics if the engine asks to be woken at one moment for ever.
    pub fn run<E: Engine>(&mut self, engine: &mut E, until: Tick, mut each: impl FnMut(&mut E, Tick)) {
        let mut timeouts_at_once = 0;
        let mut out = Vec::new();
        loop {
            self.take_all(engine, &mut out);
            let arrival = self.events.peek().map(|event| event.0.at);
            let timeout = engine.poll_timeout().map(|at| at.max(self.now));
            let Some(next) = arrival.into_iter().chain(timeout).min().filter(|next| *next <= until) else { break };
            timeouts_at_once = if next == self.now { timeouts_at_once + 1 } else { 0 };
            assert!(timeouts_at_once < MOST_TIMEOUTS_AT_ONCE, "the engine does not get past {} µs", self.now);
            self.now = next;
            if arrival == Some(next) {
                let Reverse(event) = self.events.pop().expect("peeked above");
                self.happen(engine, event.what);
            } else {
                engine.handle_timeout(next);
            }
            each(engine, next);
        }
        self.now = self.now.max(until);
    }

    fn plan(&mut self, at: Tick, what: What) {
        self.count += 1;
        self.events.push(Reverse(Event { at, number: self.count, what }));
    }

    /// Takes everything the engine wants to send.
    fn take_all(&mut self, engine: &mut impl Engine, out: &mut Vec<u8>) {
        out.clear();
        while let Some(to) = engine.poll_transmit(self.now, out) {
            self.trace.add(self.now, b'>', to, out);
            self.send(to, out);
            out.clear();
        }
    }

    fn send(&mut self, to: SocketAddr, datagram: &[u8]) {
        if to.port() != self.options.port || !self.fleet.stands_at(to.ip()) {
            self.to_nobody += 1;
            return;
        }
        let arrives = self.now + self.travel();
        let is_lost = self.chance.happens(self.options.request_loss);
        let traffic = self.traffic.entry(to.ip()).or_default();
        traffic.requests += 1;
        traffic.requests_lost += u64::from(is_lost);
        traffic.request_octets += datagram.len() as u64;
        traffic.open += 1;
        traffic.most_open = traffic.most_open.max(traffic.open);
        let what = if is_lost { What::Lost(to.ip()) } else { What::Request(to.ip(), datagram.to_vec()) };
        self.plan(arrives, what);
    }

    fn travel(&mut self) -> Tick {
        let usual = self.chance.within(&self.options.latency);
        let is_held = self.chance.happens(self.options.reordered);
        usual + if is_held { self.chance.below(10 * self.options.latency.end) } else { 0 }
    }

    fn happen(&mut self, engine: &mut impl Engine, what: What) {
        match what {
            What::Request(asked, octets) => self.arrive(asked, &octets),
            What::Lost(asked) => self.close(asked),
            What::Answer { from, closes, octets } => {
                if let Some(asked) = closes {
                    self.close(asked);
                }
                self.trace.add(self.now, b'<', from, &octets);
                engine.handle_input(self.now, from, &octets);
            }
        }
    }

    fn close(&mut self, asked: IpAddr) {
        let traffic = self.traffic.entry(asked).or_default();
        traffic.open = traffic.open.saturating_sub(1);
    }

    fn arrive(&mut self, asked: IpAddr, request: &[u8]) {
        let mut replies = Vec::new();
        self.fleet.answer(self.now, MONDAY + self.now / SECOND, asked, request, &mut replies);
        let traffic = self.traffic.entry(asked).or_default();
        traffic.in_hand.retain(|until| *until > self.now);
        traffic.in_hand.push(replies.first().map_or(self.now, |reply| reply.at));
        traffic.most_in_hand = traffic.most_in_hand.max(traffic.in_hand.len() as u32);
        if replies.is_empty() {
            traffic.unanswered += 1;
            return self.close(asked);
        }
        for (place, reply) in replies.into_iter().enumerate() {
            self.carry(asked, reply, place == 0);
        }
    }

    /// Carries an answer to the engine, or loses it.
    fn carry(&mut self, asked: IpAddr, reply: Reply, is_first: bool) {
        let arrives = reply.at + self.travel();
        let is_lost = self.chance.happens(self.options.answer_loss);
        let is_doubled = self.chance.happens(self.options.duplicates);
        let traffic = self.traffic.entry(asked).or_default();
        traffic.answers += 1;
        traffic.answers_lost += u64::from(is_lost);
        traffic.answer_octets += reply.octets.len() as u64;
        let from = match reply.from {
            ReplyFrom::Asked => SocketAddr::new(asked, self.options.port),
            ReplyFrom::OtherPort(port) => SocketAddr::new(asked, port),
            ReplyFrom::OtherAddress(address) => SocketAddr::new(address, self.options.port),
        };
        let closes = is_first.then_some(asked);
        if !is_lost {
            if is_doubled {
                let again = reply.at + self.travel();
                self.plan(again.max(arrives), What::Answer { from, closes: None, octets: reply.octets.clone() });
            }
            self.plan(arrives, What::Answer { from, closes, octets: reply.octets });
        } else if let Some(asked) = closes {
            self.plan(arrives, What::Lost(asked));
        }
    }
}

/// Is a running FNV-1a hash.
struct Trace(u64);

impl Default for Trace {
    fn default() -> Self {
        Trace(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    fn add(&mut self, at: Tick, direction: u8, peer: SocketAddr, octets: &[u8]) {
        self.octets(&at.to_be_bytes());
        self.octets(&[direction]);
        match peer.ip() {
            IpAddr::V4(address) => self.octets(&address.octets()),
            IpAddr::V6(address) => self.octets(&address.octets()),
        }
        self.octets(&peer.port().to_be_bytes());
        self.octets(octets);
    }

    fn octets(&mut self, octets: &[u8]) {
        self.0 = octets.iter().fold(self.0, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Conduct;
    use crate::recording::Recording;
    use crate::vice::{Every, Vices};
    use snmp::message::{Head, push_message, push_name};
    use snmp::{PduType, Version, oid};

    /// Asks one device for its name every second, and once more whenever 100 ms bring no answer.
    struct Asker {
        to: SocketAddr,
        next: Tick,
        waiting_until: Option<Tick>,
        to_send: bool,
        answers: Vec<(Tick, SocketAddr)>,
    }

    impl Asker {
        fn new(to: SocketAddr) -> Self {
            Asker { to, next: 0, waiting_until: None, to_send: false, answers: Vec::new() }
        }
    }

    impl Engine for Asker {
        fn handle_input(&mut self, now: Tick, from: SocketAddr, _: &[u8]) {
            self.answers.push((now, from));
            self.waiting_until = None;
        }

        fn handle_timeout(&mut self, now: Tick) {
            if self.next <= now {
                self.next += SECOND;
            }
            self.to_send = true;
            self.waiting_until = Some(now + 100 * MILLISECOND);
        }

        fn poll_transmit(&mut self, _: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
            std::mem::take(&mut self.to_send).then_some(())?;
            let head = Head { version: Version::V1, community: b"public", kind: PduType::Get, request_id: 1, first: 0, second: 0 };
            push_message(out, &head, |out| push_name(out, &oid::encode(&[1, 3, 6, 1, 2, 1, 1, 5]), &[0]));
            Some(self.to)
        }

        fn poll_timeout(&self) -> Option<Tick> {
            Some(self.waiting_until.map_or(self.next, |until| until.min(self.next)))
        }
    }

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7));

    fn ran(seed: u64, options: NetOptions, conduct: Conduct) -> (SimNet, Asker) {
        let mut net = SimNet::new(seed, options);
        let recording = Recording::parse("x", "1.3.6.1.2.1.1.5.0|4|PRN").unwrap();
        net.add(ADDRESS, SimDevice::recorded(recording, 1).with_conduct(conduct));
        let mut asker = Asker::new(SocketAddr::new(ADDRESS, 161));
        net.run(&mut asker, 1_000 * SECOND - 1, |_, _| {});
        (net, asker)
    }

    #[test]
    fn a_quiet_network_brings_every_answer_and_no_more() {
        let (net, asker) = ran(1, NetOptions::default(), Conduct::default());
        let traffic = net.traffic(ADDRESS).unwrap();
        assert_eq!((traffic.requests, traffic.answers, asker.answers.len()), (1_000, 1_000, 1_000));
        assert_eq!((net.most_open(), net.most_in_hand(), net.sent_to_nobody()), (1, 1, 0));
        assert!(asker.answers.iter().all(|(at, _)| at % SECOND < 4 * MILLISECOND));
    }

    #[test]
    fn losses_and_doubles_are_counted_and_lost_requests_do_not_stay_open() {
        let options = NetOptions { request_loss: 0.1, answer_loss: 0.1, duplicates: 0.1, reordered: 0.1, ..NetOptions::default() };
        let (net, asker) = ran(1, options, Conduct::default());
        let traffic = net.traffic(ADDRESS).unwrap();
        assert_eq!(traffic.answers, traffic.requests - traffic.requests_lost);
        assert!(traffic.requests_lost > 80 && traffic.answers_lost > 80, "{traffic:?}");
        let doubled = asker.answers.len() as u64 - (traffic.answers - traffic.answers_lost);
        assert!((60..150).contains(&doubled), "{doubled}");
        assert_eq!(net.most_open(), 1);
    }

    #[test]
    fn impatience_is_seen() {
        let slow = Conduct { delay: 250 * MILLISECOND..251 * MILLISECOND, ..Conduct::default() };
        let (net, _) = ran(1, NetOptions::default(), slow);
        assert_eq!((net.most_open(), net.most_in_hand()), (3, 3));
    }

    #[test]
    fn one_seed_gives_one_run_and_another_seed_another() {
        let run = |seed| ran(seed, NetOptions { request_loss: 0.1, ..NetOptions::default() }, Conduct::default()).0.trace();
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }

    #[test]
    fn answers_come_from_where_the_device_sends_them_and_strangers_are_let_in() {
        let vices = Vices { answers_from: ReplyFrom::OtherPort(40_000), duplicates: Every(2), ..Vices::default() };
        let (mut net, mut asker) = ran(1, NetOptions::default(), Conduct { vices, ..Conduct::default() });
        assert_eq!(asker.answers.len(), 1_500);
        assert!(asker.answers.iter().all(|(_, from)| *from == SocketAddr::new(ADDRESS, 40_000)));
        let stranger: SocketAddr = "192.0.2.1:161".parse().unwrap();
        net.inject(net.now() + 5, stranger, vec![1, 2, 3]);
        net.run(&mut asker, 1_000 * SECOND + 10, |_, _| {});
        assert!(asker.answers.iter().any(|(_, from)| *from == stranger));
    }

    #[test]
    fn nobody_listens_on_other_ports_and_addresses() {
        let mut net = SimNet::new(1, NetOptions::default());
        let mut asker = Asker::new(SocketAddr::new(ADDRESS, 161));
        net.run(&mut asker, SECOND - 1, |_, _| {});
        assert_eq!((net.sent_to_nobody(), asker.answers.len()), (10, 0));
        assert!(net.traffic(ADDRESS).is_none());
    }
}
