//! Asks every address once a pass, keeps no table of what it asked, and repeats over the silent.
//!
//! The request id of an address is its number among the targets under a keyed permutation, so an
//! answer names the address that was asked, whichever address it comes from. Passes alternate
//! between v2c and v1, because some devices speak only one of them; where there are users, devices
//! are asked which v3 engine they are, which every one that speaks v3 tells to anybody.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use collect::{Answers, Instance};
use snmp::message::{Head, PduType, PlainPdu, Version, push_message, push_name};
use snmp::oid::tail_arcs;
use snmp::usm::Remote;
use snmp::usm::talk::{introduction, push_discovery};
use snmp::v3::Envelope;
use snmp::{RequestIds, Tick};

use crate::ceiling::Ceiling;
use crate::credentials::Credentials;
use crate::event::{Response, Statistics};
use crate::plan::Plan;
use crate::targets::Targets;

/// Is what a sweep needs to know from outside.
#[derive(Clone)]
pub struct SweepOptions {
    pub targets: Arc<Targets>,
    pub port: u16,
    /// Addresses that answer for many (broadcast, multicast), or that announced themselves.
    pub extras: Vec<SocketAddr>,
    pub plan: Arc<Plan>,
    pub credentials: Arc<Credentials>,
    /// Secret and random: request ids are made with it.
    pub key: [u64; 2],
    /// This sweep takes every `shards`-th target, from the `shard`-th on.
    pub shard: u32,
    pub shards: u32,
    /// How long a pass waits after its last sending and after each new answer.
    pub quiet: Tick,
}

/// Is an answer to the sweep.
#[derive(Debug)]
pub struct Answered {
    pub address: SocketAddr,
    pub told: Told,
}

/// Is what a device told when it was found.
#[derive(Debug)]
pub enum Told {
    /// What the hello brought, in v1 or v2c; empty if the device refused it with an error.
    Hello { credential: u16, version: Version, answers: Answers },
    /// Which engine it is, in v3; nobody has proved it.
    Engine(Remote),
}

/// Passes over the silent are made at least so often.
const LEAST_PASSES: u32 = 2;

/// Is a ready request: only its id changes from address to address.
struct Template {
    octets: Vec<u8>,
    /// Where the id stands: in v3 as msgID and as request-id.
    ids_at: Vec<usize>,
}

/// Sweeps; see the module.
pub struct Sweep {
    options: SweepOptions,
    ids: RequestIds,
    /// By credential number: of a community v2c and v1, of a user none.
    templates: Vec<Option<[Template; 2]>>,
    /// Asks for the engine, whoever asks later.
    discovery: Template,
    order: Scatter,
    /// How far the pass has come, in places of the order.
    place: u64,
    found: Vec<u64>,
    /// How many of this shard's addresses have not answered.
    silent: u64,
    /// Answers of addresses that are no targets themselves: found by broadcast, or answering from elsewhere.
    elsewhere: Vec<SocketAddr>,
    round: usize,
    pass: u32,
    passes_in_round: u32,
    new_in_pass: u64,
    all_found: u64,
    last_news: Tick,
    /// When the ceiling lets the next request through.
    held_until: Tick,
    ended_passes: VecDeque<(u32, u64)>,
    done: bool,
}

impl Sweep {
    pub fn new(options: SweepOptions) -> Self {
        let count = options.targets.len() + options.extras.len() as u64;
        let templates = (0..options.credentials.len())
            .map(|number| {
                let community = options.credentials.community(number as u16)?;
                Some([Version::V2c, Version::V1].map(|version| template(&options.plan, community, version)))
            })
            .collect();
        let order = Scatter::new(count, options.shard.into(), options.shards.into());
        let done = count == 0 || options.credentials.is_empty();
        Sweep {
            ids: RequestIds::new(options.key),
            templates,
            discovery: discovery(),
            order,
            silent: order.len(),
            place: 0,
            found: vec![0; (count as usize).div_ceil(64)],
            elsewhere: Vec::new(),
            round: 0,
            pass: 1,
            passes_in_round: 1,
            new_in_pass: 0,
            all_found: 0,
            last_news: 0,
            held_until: 0,
            ended_passes: VecDeque::new(),
            done,
            options,
        }
    }

    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Returns the number of the pass, from 1, and how many of its addresses have been asked.
    pub fn progress(&self) -> (u32, u64, u64) {
        (self.pass, self.place, self.order.len())
    }

    /// Returns how many devices have answered.
    pub fn found(&self) -> u64 {
        self.all_found
    }

    fn version(&self) -> Version {
        if self.passes_in_round % 2 == 1 { Version::V2c } else { Version::V1 }
    }

    fn address(&self, number: u64) -> Option<SocketAddr> {
        match self.options.targets.socket_address(number, self.options.port) {
            Some(address) => Some(address),
            None => self.options.extras.get((number - self.options.targets.len()) as usize).copied(),
        }
    }

    fn is_found(&self, number: u64) -> bool {
        self.found[(number / 64) as usize] >> (number % 64) & 1 == 1
    }

    /// Writes the next request and returns where it goes.
    pub fn poll_transmit(&mut self, now: Tick, ceiling: &mut Ceiling, out: &mut Vec<u8>) -> Option<SocketAddr> {
        if self.done {
            return None;
        }
        while let Some(number) = self.order.get(self.place) {
            if self.is_found(number) {
                self.place += 1;
                continue;
            }
            let Some(address) = self.address(number) else { break };
            let credentials = self.options.credentials.of(address.ip());
            let Some(template) = credentials.get(self.round).and_then(|number| self.template(credentials, *number)) else {
                self.place += 1;
                continue;
            };
            if let Err(until) = ceiling.take(now, address.ip()) {
                self.held_until = until;
                return None;
            }
            out.extend_from_slice(&template.octets);
            let id = self.ids.id(number as u32).to_be_bytes();
            template.ids_at.iter().for_each(|at| out[*at..at + 4].copy_from_slice(&id));
            self.place += 1;
            self.last_news = now;
            return Some(address);
        }
        None
    }

    /// Returns what to ask an address with in this round; `None` if there is nothing new to ask.
    fn template(&self, of_address: &[u16], number: u16) -> Option<&Template> {
        match &self.templates[usize::from(number)] {
            Some(of_community) => Some(&of_community[usize::from(self.version() == Version::V1)]),
            // All users ask the same question, so it is asked once.
            None => {
                let first = of_address.iter().find(|number| self.templates[usize::from(**number)].is_none());
                (first == Some(&number)).then_some(&self.discovery)
            }
        }
    }

    /// Takes a response that no reading asked for; returns the device if it is a new one.
    pub fn handle_response(&mut self, now: Tick, response: &Response<'_>, statistics: &mut Statistics) -> Option<Answered> {
        let Response { from, version, community, ref pdu } = *response;
        let (number, asked) = self.asked(pdu.request_id, statistics)?;
        let mut tried = self.tried(asked);
        let Some(credential) = tried.find(|tried| self.options.credentials.community(*tried) == Some(community)) else {
            statistics.mismatched += 1;
            return None;
        };
        drop(tried);
        let address = self.note(now, number, asked, from, statistics)?;
        let answers = if pdu.first == 0 { hello_of(&self.options.plan, pdu) } else { Answers::new() };
        Some(Answered { address, told: Told::Hello { credential, version, answers } })
    }

    /// Takes a message of v3 that no reading asked for; returns the device if it is a new one.
    pub fn handle_message(
        &mut self,
        now: Tick,
        from: SocketAddr,
        envelope: &Envelope<'_>,
        statistics: &mut Statistics,
    ) -> Option<Answered> {
        let (number, asked) = self.asked(envelope.id, statistics)?;
        let was_asked = self.tried(asked).any(|tried| self.options.credentials.user(tried).is_some());
        let Some(remote) = introduction(envelope, now).filter(|_| was_asked) else {
            statistics.mismatched += 1;
            return None;
        };
        let address = self.note(now, number, asked, from, statistics)?;
        Some(Answered { address, told: Told::Engine(remote) })
    }

    /// Returns which target an answer is for.
    fn asked(&self, id: i32, statistics: &mut Statistics) -> Option<(u64, SocketAddr)> {
        let count = self.options.targets.len() + self.options.extras.len() as u64;
        let number = self.ids.counter(id).map(u64::from).filter(|number| *number < count);
        if number.is_none() {
            statistics.strangers += 1;
        }
        Some((number?, self.address(number?)?))
    }

    /// Returns the credentials that an address has been asked by.
    fn tried(&self, asked: SocketAddr) -> impl Iterator<Item = u16> {
        self.options.credentials.of(asked.ip()).iter().copied().take(self.round + 1)
    }

    /// Notes that an address has answered; returns whose address that is, if it is a new one.
    fn note(&mut self, now: Tick, number: u64, asked: SocketAddr, from: SocketAddr, statistics: &mut Statistics) -> Option<SocketAddr> {
        // Who answers for an address that was asked is that address, wherever the answer left from;
        // who answers a broadcast is himself.
        let answers_for_many = number >= self.options.targets.len() && asked.ip() != from.ip();
        let (address, is_new) = if answers_for_many {
            let mut address = from;
            address.set_port(asked.port());
            (address, self.note_elsewhere(address))
        } else {
            (asked, !self.is_found(number) && !self.elsewhere.contains(&asked))
        };
        if !answers_for_many {
            self.note_found(number);
        }
        if !is_new {
            statistics.late += 1;
            return None;
        }
        self.last_news = now;
        self.new_in_pass += 1;
        self.all_found += 1;
        Some(address)
    }

    /// Remembers that an address has answered; returns whether it is new.
    fn note_found(&mut self, number: u64) -> bool {
        let is_new = !self.is_found(number);
        self.found[(number / 64) as usize] |= 1 << (number % 64);
        self.silent = self.silent.saturating_sub(is_new.into());
        is_new
    }

    /// Remembers a device that answered for an address not its own; returns whether it is new.
    fn note_elsewhere(&mut self, address: SocketAddr) -> bool {
        if let Some(number) = self.options.targets.index_of(address.ip()) {
            return self.note_found(number);
        }
        if self.elsewhere.contains(&address) {
            return false;
        }
        self.elsewhere.push(address);
        true
    }

    /// Ends the pass if it has been quiet for long enough.
    pub fn handle_timeout(&mut self, now: Tick) {
        if self.done || self.place < self.order.len() || now < self.quiet_until() {
            return;
        }
        self.ended_passes.push_back((self.pass, self.new_in_pass));
        let round_over = self.passes_in_round >= LEAST_PASSES && self.new_in_pass == 0;
        if round_over || self.silent == 0 {
            self.round += 1;
            self.passes_in_round = 0;
            if self.round >= self.options.credentials.most() || self.silent == 0 {
                self.done = true;
                return;
            }
        }
        self.pass += 1;
        self.passes_in_round += 1;
        self.new_in_pass = 0;
        self.place = 0;
        self.last_news = now;
    }

    /// Nobody is waited for when nobody is silent.
    fn quiet_until(&self) -> Tick {
        self.last_news + if self.silent == 0 { 0 } else { self.options.quiet }
    }

    /// Returns when the sweep wants to go on.
    pub fn poll_timeout(&self) -> Option<Tick> {
        match (self.done, self.place < self.order.len()) {
            (true, _) => None,
            (false, true) => Some(self.held_until),
            (false, false) => Some(self.quiet_until()),
        }
    }

    /// Returns a pass that has ended: its number, and how many devices it found.
    pub fn poll_ended_pass(&mut self) -> Option<(u32, u64)> {
        self.ended_passes.pop_front()
    }
}

/// Takes what the hello brought.
fn hello_of(plan: &Plan, pdu: &PlainPdu<'_>) -> Answers {
    let mut answers = Answers::new();
    for binding in pdu.varbinds.map_while(Result::ok) {
        let Some((id, rest)) = plan.profile.locate(binding.name.as_octets()) else { continue };
        if let Some(instance) = Instance::from_arcs(tail_arcs(rest)) {
            answers.put_element(id, instance, binding.tag, binding.contents);
        }
    }
    answers.sort();
    answers
}

/// Stands in a template where an id will.
const SOME_ID: i32 = 0x5555_aaaa;

fn template(plan: &Plan, community: &[u8], version: Version) -> Template {
    let mut octets = Vec::new();
    let head = Head { version, community, kind: PduType::Get, request_id: SOME_ID, first: 0, second: 0 };
    push_message(&mut octets, &head, |out| {
        for id in &plan.hello {
            let instance = plan.sole_instance(*id, 1);
            if version == Version::V2c || instance.as_slice() == [0] {
                push_name(out, &plan.profile.object(*id).oid, instance.as_slice());
            }
        }
    });
    // The search starts behind the community, which could hold any octets.
    let behind = community.len() + 7;
    let id_at = octets[behind..].windows(4).position(|four| four == SOME_ID.to_be_bytes()).map_or(behind, |at| behind + at);
    Template { octets, ids_at: vec![id_at] }
}

/// Asks a device which engine it is.
fn discovery() -> Template {
    let mut octets = Vec::new();
    push_discovery(&mut octets, SOME_ID);
    let is_id = |at: &usize| octets[*at..].starts_with(&SOME_ID.to_be_bytes());
    let ids_at = (0..octets.len()).filter(is_id).collect();
    Template { octets, ids_at }
}

/// Goes through all numbers below a count in an order that spreads neighbours over the whole pass,
/// so that no subnet gets its requests in one burst.
#[derive(Clone, Copy, Debug)]
struct Scatter {
    count: u64,
    stride: u64,
    shard: u64,
    shards: u64,
}

impl Scatter {
    fn new(count: u64, shard: u64, shards: u64) -> Self {
        // The golden section makes the most even spread; the stride must share no factor with the count.
        let mut stride = ((count as f64 * 0.618_033_988_749) as u64).max(1);
        while gcd(stride, count.max(1)) != 1 {
            stride += 1;
        }
        Scatter { count, stride, shard, shards: shards.max(1) }
    }

    /// Returns how many places this shard has.
    fn len(&self) -> u64 {
        (self.count + self.shards - 1).saturating_sub(self.shard) / self.shards
    }

    fn get(&self, place: u64) -> Option<u64> {
        let place = place * self.shards + self.shard;
        (place < self.count).then(|| (u128::from(place) * u128::from(self.stride) % u128::from(self.count)) as u64)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_once_whatever_the_count_and_the_shards() {
        for count in [1, 2, 3, 255, 256, 1000, 65_536] {
            for shards in [1, 2, 3] {
                let mut seen = vec![0; count as usize];
                for shard in 0..shards {
                    let order = Scatter::new(count, shard, shards);
                    let numbers: Vec<u64> = (0..).map_while(|place| order.get(place)).collect();
                    assert_eq!(numbers.len() as u64, order.len());
                    numbers.iter().for_each(|number| seen[*number as usize] += 1);
                }
                assert!(seen.iter().all(|times| *times == 1), "{count} in {shards}");
            }
        }
    }

    #[test]
    fn a_subnet_is_never_asked_in_a_burst() {
        let order = Scatter::new(65_536, 0, 1);
        let subnets: Vec<u64> = (0..65_536).filter_map(|place| order.get(place)).map(|number| number >> 8).collect();
        for window in subnets.windows(256) {
            let same = window.iter().filter(|subnet| **subnet == window[0]).count();
            assert!(same <= 3, "{same} of 256 in a row go to one subnet");
        }
    }
}
