//! Weeks of a fleet's life on a simulated network, in seconds.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sim::time::{HOUR, MILLISECOND, SECOND, Tick, WEEK};
use sim::{Conduct, Engine, Fleet, FleetOptions, NetOptions, SimNet};
use snmp::message::{Head, Pdu, push_message, push_name};
use snmp::oid::encode;
use snmp::{Message, PduType, Value, Version};

/// Asks every printer once an hour for its life count, three times at the most.
struct Rounds {
    printers: Vec<SocketAddr>,
    /// What is to be sent, with the number of the try.
    to_send: Vec<(usize, u32)>,
    waiting: BTreeMap<usize, (Tick, u32)>,
    by_time: BTreeMap<(Tick, usize), u32>,
    next_round: Tick,
    column: Vec<u8>,
    counts: BTreeMap<IpAddr, u32>,
    given_up: u32,
}

const TIMEOUT: Tick = SECOND;

impl Rounds {
    fn new(addresses: &[IpAddr]) -> Self {
        Rounds {
            printers: addresses.iter().map(|address| SocketAddr::new(*address, 161)).collect(),
            to_send: Vec::new(),
            waiting: BTreeMap::new(),
            by_time: BTreeMap::new(),
            next_round: 0,
            column: encode(&[1, 3, 6, 1, 2, 1, 43, 10, 2, 1, 4]),
            counts: BTreeMap::new(),
            given_up: 0,
        }
    }
}

impl Engine for Rounds {
    fn handle_input(&mut self, _: Tick, from: SocketAddr, datagram: &[u8]) {
        let Ok(Message { pdu: Pdu::Plain(mut pdu), .. }) = Message::parse(datagram) else { return };
        let place = pdu.request_id as usize;
        if let Some((until, _)) = self.waiting.remove(&place) {
            self.by_time.remove(&(until, place));
            if let Some(Ok(Value::Counter32(count))) = pdu.varbinds.next().map(|binding| binding.unwrap().value()) {
                assert!(self.counts.insert(from.ip(), count).unwrap_or(0) <= count, "the count of {from} fell");
            }
        }
    }

    fn handle_timeout(&mut self, now: Tick) {
        while let Some((&(until, place), &tried)) = self.by_time.first_key_value().filter(|((until, _), _)| *until <= now) {
            self.by_time.remove(&(until, place));
            self.waiting.remove(&place);
            if tried < 3 {
                self.to_send.push((place, tried + 1));
            } else {
                self.given_up += 1;
            }
        }
        if self.next_round <= now {
            self.next_round += HOUR;
            self.to_send.extend((0..self.printers.len()).map(|place| (place, 1)));
        }
    }

    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        let (place, tried) = self.to_send.pop()?;
        self.waiting.insert(place, (now + TIMEOUT, tried));
        self.by_time.insert((now + TIMEOUT, place), tried);
        let head = Head { version: Version::V2c, community: b"public", kind: PduType::Get, request_id: place as i32, first: 0, second: 0 };
        push_message(out, &head, |out| push_name(out, &self.column, &[1, 1]));
        Some(self.printers[place])
    }

    fn poll_timeout(&self) -> Option<Tick> {
        let first = self.by_time.first_key_value().map(|((until, _), _)| *until);
        Some(first.map_or(self.next_round, |until| until.min(self.next_round)))
    }
}

fn run(seed: u64, printers: u32, until: Tick) -> (SimNet, Rounds) {
    let conduct = Conduct { delay: 20 * MILLISECOND..200 * MILLISECOND, serial: true, ..Conduct::default() };
    let options = FleetOptions { conduct, off_at_night: 0.1, ..FleetOptions::default() };
    let fleet = Fleet::new(seed).options(options).network(Ipv4Addr::new(10, 0, 0, 0), 4 * printers, printers);
    let mut rounds = Rounds::new(&fleet.addresses());
    let mut net = SimNet::with_fleet(fleet, seed, NetOptions { request_loss: 0.02, answer_loss: 0.02, ..NetOptions::default() });
    net.run(&mut rounds, until, |_, _| {});
    (net, rounds)
}

#[test]
fn two_hundred_printers_live_two_weeks_and_are_asked_one_thing_at_a_time() {
    let (mut net, rounds) = run(1, 200, 2 * WEEK);
    assert_eq!((net.most_open(), net.most_in_hand()), (1, 1));
    assert_eq!(rounds.counts.len(), 200);
    // Where every printer stands is known: what was asked last is at most an hour behind.
    for (address, count) in &rounds.counts {
        let life = net.printer(*address).unwrap().life_count();
        assert!(u64::from(*count) <= life, "{address} told {count} of {life}");
    }
    assert!(rounds.given_up > 1_000, "printers that are off at night answer nothing: {}", rounds.given_up);
    let requests: u64 = net.all_traffic().map(|(_, traffic)| traffic.requests).sum();
    assert!(requests > 200 * 24 * 14);
}

#[test]
fn one_seed_gives_one_run() {
    let trace = |seed| run(seed, 20, 24 * HOUR).0.trace();
    assert_eq!(trace(4), trace(4));
    assert_ne!(trace(4), trace(5));
}
