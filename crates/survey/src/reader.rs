//! Reads many devices at once over one socket, each with one request open at any time.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use catalog::{DeviceKind, Standard};
use collect::{Answers, Context, collect, is_printer};
use jiff::{SignedDuration, Timestamp};
use model::record::{Path, Presence};
use snmp::message::{Head, PlainPdu, Version, push_message};
use snmp::{Accepted, Expired, Patience, Session, Tick, Value};

use crate::ceiling::Ceiling;
use crate::credentials::Credentials;
use crate::event::{Event, Response, Statistics};
use crate::plan::{Plan, Plans};
use crate::reading::{Known, Reading, Step, patience};

/// Is what a reader needs to know from outside.
#[derive(Clone)]
pub struct ReaderOptions {
    pub plans: Arc<Plans>,
    pub credentials: Arc<Credentials>,
    /// The time of day at tick 0; `None` leaves records without a time.
    pub epoch: Option<Timestamp>,
    /// Secret and random: request ids are made with it.
    pub key: [u64; 2],
    /// Whether what was learned of a device is handed out for the next reading.
    pub remember: bool,
}

/// Is one device being read.
struct Slot {
    address: SocketAddr,
    plan: Arc<Plan>,
    /// Whether the plan was changed after all had been read: once is enough.
    replanned: bool,
    /// How many of the profile's contexts have been turned to; the last of them is asked now.
    contexts: usize,
    reading: Reading,
    community: u16,
    request_id: i32,
    greeting: Option<Greeting>,
    /// Whether a device that shows no sign of a printer is reported as [`Event::NotPrinter`].
    printers_only: bool,
    /// The system's word on why a request could not be sent.
    unsent: Option<String>,
}

/// Is how far the attempts to be answered at all have come: versions in turn, communities in turn,
/// ever more slowly.
struct Greeting {
    communities: Box<[u16]>,
    first_wait: Tick,
    round: usize,
    /// The device answered in v1; v2c is tried once more before v1 is believed to be all it speaks.
    in_v1: Option<Reading>,
}

/// Is how often each version and community is tried before a device counts as silent.
const GREETINGS: usize = 3;
/// Is how long the first of them waits, in microseconds: nobody knows yet how slow the device is.
const FIRST_GREETING: Tick = 1_000_000;
/// The same for a device that has just answered the sweep.
const FIRST_GREETING_OF_THE_LIVING: Tick = 400_000;

/// Is a device that waits for its request to be sent.
type Waiting = Reverse<(Tick, u32)>;

/// Reads devices; see the module.
pub struct Reader {
    options: ReaderOptions,
    session: Session,
    slots: Vec<Option<Box<Slot>>>,
    free: Vec<u32>,
    to_send: VecDeque<u32>,
    /// Devices held back by a ceiling, until when.
    held: BinaryHeap<Waiting>,
    events: VecDeque<Event>,
    active: usize,
    /// Room of finished readings, to be used again.
    spare: Vec<Answers>,
    /// The names of the request being written.
    names: Vec<u8>,
}

/// Is how much room is kept for use: enough that thousands of readings share what they leave.
const MOST_SPARE: usize = 1024;

impl Reader {
    pub fn new(options: ReaderOptions) -> Self {
        let session = Session::new(options.key);
        Reader {
            options,
            session,
            slots: Vec::new(),
            free: Vec::new(),
            to_send: VecDeque::new(),
            held: BinaryHeap::new(),
            events: VecDeque::new(),
            active: 0,
            spare: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Returns how many devices are being read.
    pub fn active(&self) -> usize {
        self.active
    }

    /// Starts to read a device of which only the address is known.
    pub fn read(&mut self, address: SocketAddr, printers_only: bool) {
        let communities = self.options.credentials.of(address.ip()).into();
        self.greet(address, communities, FIRST_GREETING, printers_only);
    }

    /// Starts to read a device that answers to one community in v1, and perhaps in v2c too.
    pub fn read_with(&mut self, address: SocketAddr, community: u16, printers_only: bool) {
        self.greet(address, Box::new([community]), FIRST_GREETING_OF_THE_LIVING, printers_only);
    }

    fn greet(&mut self, address: SocketAddr, communities: Box<[u16]>, first_wait: Tick, printers_only: bool) {
        let Some(community) = communities.first().copied() else {
            self.events.push_back(Event::Silent { address, why: Some("no community to try".to_owned()) });
            return;
        };
        let greeting = Some(Greeting { communities, first_wait, round: 0, in_v1: None });
        let room = self.spare.pop().unwrap_or_else(Answers::for_a_printer);
        let plan = self.options.plans.first().clone();
        self.insert(address, Reading::first(&plan, room), plan, community, greeting, printers_only);
    }

    /// Starts to read a device whose v2c hello has been answered already.
    pub fn read_greeted(&mut self, address: SocketAddr, community: u16, hello: Answers, printers_only: bool) {
        let plan = self.options.plans.for_device(self.options.plans.first(), &hello);
        self.insert(address, Reading::greeted(&plan, hello), plan, community, None, printers_only);
    }

    /// Starts to read again what can have moved on a device read before.
    pub fn read_again(&mut self, address: SocketAddr, known: Known) {
        let (community, plan) = (known.community, known.plan.clone());
        self.insert(address, Reading::again(&plan, known), plan, community, None, false);
    }

    fn insert(
        &mut self,
        address: SocketAddr,
        reading: Reading,
        plan: Arc<Plan>,
        community: u16,
        greeting: Option<Greeting>,
        printers_only: bool,
    ) {
        let slot = Box::new(Slot {
            address,
            plan,
            replanned: false,
            contexts: 0,
            reading,
            community,
            request_id: 0,
            greeting,
            printers_only,
            unsent: None,
        });
        let token = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        self.slots[token as usize] = Some(slot);
        self.active += 1;
        self.to_send.push_back(token);
    }

    /// Returns whether an answer with this id would be one to this reader.
    pub fn expects(&self, request_id: i32) -> bool {
        self.session.token(request_id).is_some()
    }

    /// Takes a response.
    pub fn handle_response(&mut self, now: Tick, response: &Response<'_>, statistics: &mut Statistics) {
        let slot = self.session.token(response.pdu.request_id).and_then(|token| self.slots[token as usize].as_ref());
        let ours =
            |slot: &Slot| slot.reading.version() == response.version && *slot.community(&self.options.credentials) == *response.community;
        if slot.is_some_and(|slot| !ours(slot)) {
            statistics.mismatched += 1;
            return;
        }
        match self.session.accept(now, response.from, response.pdu.request_id) {
            Accepted::Answer { token, .. } => self.take_answer(now, token, &response.pdu),
            Accepted::Late => statistics.late += 1,
            Accepted::OtherSource => statistics.mismatched += 1,
            Accepted::Stranger => statistics.strangers += 1,
        }
    }

    fn take_answer(&mut self, now: Tick, token: u32, pdu: &PlainPdu<'_>) {
        let Some(slot) = self.slots[token as usize].as_mut() else { return };
        slot.reading.take_response(&slot.plan, pdu);
        let plan = &slot.plan;
        if let Some(greeting) = &mut slot.greeting
            && slot.reading.step() != Step::Hello
        {
            if slot.reading.version() == Version::V1 && greeting.in_v1.is_none() && plan.profile.read.bulk {
                let mut once_more = Reading::first(plan, Answers::for_a_printer());
                once_more.greet_in(plan, Version::V2c);
                greeting.in_v1 = Some(std::mem::replace(&mut slot.reading, once_more));
            } else {
                slot.greeting = None;
            }
        }
        self.go_on(now, token);
    }

    fn go_on(&mut self, now: Tick, token: u32) {
        let Some(slot) = self.slots[token as usize].as_mut() else { return };
        if slot.reading.step() == Step::Greeted {
            slot.plan = self.options.plans.for_device(&slot.plan, slot.reading.answers());
            slot.reading.go_on(&slot.plan);
        }
        if slot.reading.step() == Step::Done && !slot.replanned && slot.reading.is_whole() {
            let plan = self.options.plans.for_device(&slot.plan, slot.reading.answers());
            if !Arc::ptr_eq(&plan, &slot.plan) {
                slot.replanned = true;
                slot.reading.change_plan(&slot.plan, &plan);
                slot.plan = plan;
            }
        }
        if slot.reading.step() == Step::Done && slot.reading.is_whole() && lacks_supplies(slot) {
            slot.contexts += 1;
            slot.reading.turn_to_context(&slot.plan);
        }
        match slot.reading.step() == Step::Done {
            true => self.finish(now, token),
            false => self.to_send.push_back(token),
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Tick) {
        while let Some(expired) = self.session.expire(now) {
            match expired {
                Expired::SendAgain { token, .. } => self.to_send.push_back(token),
                Expired::GivenUp { token } => self.take_silence(now, token),
            }
        }
        while self.held.peek().is_some_and(|Reverse((until, _))| *until <= now) {
            let Some(Reverse((_, token))) = self.held.pop() else { break };
            self.to_send.push_back(token);
        }
    }

    fn take_silence(&mut self, now: Tick, token: u32) {
        let Some(slot) = self.slots[token as usize].as_mut() else { return };
        slot.request_id = 0;
        match &mut slot.greeting {
            None if slot.contexts > 0 => slot.reading.leave_context(),
            None => slot.reading.take_silence(&slot.plan),
            Some(greeting) => {
                if let Some(in_v1) = greeting.in_v1.take() {
                    slot.reading = in_v1;
                    slot.greeting = None;
                } else {
                    greeting.round += 1;
                    // Where the system itself knows no way, each version is tried once and no more.
                    let rounds = if slot.unsent.is_some() { 1 } else { GREETINGS * greeting.communities.len() };
                    if greeting.round >= 2 * rounds {
                        return self.give_up(token);
                    }
                    let version = if greeting.round % 2 == 0 { Version::V2c } else { Version::V1 };
                    slot.community = greeting.communities[greeting.round / 2 % greeting.communities.len()];
                    slot.reading.greet_in(&slot.plan, version);
                }
            }
        }
        self.go_on(now, token);
    }

    /// Takes the news that a request could not be sent.
    ///
    /// The request stays open and is tried again in its turn: a cable may come back.
    pub fn handle_send_error(&mut self, to: SocketAddr, error: &str) {
        // Rare, so a search is good enough.
        if let Some(slot) = self.slots.iter_mut().flatten().find(|slot| slot.address == to) {
            slot.unsent = Some(error.to_owned());
        }
    }

    /// Writes the next request and returns where it goes.
    pub fn poll_transmit(&mut self, now: Tick, ceiling: &mut Ceiling, out: &mut Vec<u8>) -> Option<SocketAddr> {
        while let Some(token) = self.to_send.pop_front() {
            let Some(slot) = self.slots[token as usize].as_mut() else { continue };
            if let Err(until) = ceiling.take(now, slot.address.ip()) {
                self.held.push(Reverse((until, token)));
                continue;
            }
            let plan = slot.plan.clone();
            let plan = &*plan;
            let is_open = slot.request_id != 0 && self.session.token(slot.request_id) == Some(token);
            if !is_open {
                slot.reading.count_request();
                slot.unsent = None;
                let waits = match &slot.greeting {
                    Some(greeting) => greeting.patience(plan),
                    // Most devices have no such context, and say so by silence.
                    None if slot.contexts > 0 => Patience { attempts: 2, ..patience(&plan.profile.read) },
                    None => patience(&plan.profile.read),
                };
                slot.request_id = self.session.open(now, token, slot.address, waits);
            }
            self.names.clear();
            let request = slot.reading.request(plan, &mut self.names);
            let head = Head {
                version: slot.reading.version(),
                community: &slot.community(&self.options.credentials),
                kind: request.kind,
                request_id: slot.request_id,
                first: request.first,
                second: request.second,
            };
            push_message(out, &head, |out| out.extend_from_slice(&self.names));
            return Some(slot.address);
        }
        None
    }

    /// Returns when [`Reader::handle_timeout`] is worth calling.
    pub fn poll_timeout(&self) -> Option<Tick> {
        let held = self.held.peek().map(|Reverse((until, _))| *until);
        self.session.next_deadline().into_iter().chain(held).min()
    }

    /// Returns whether there is news that nobody has taken.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn remove(&mut self, token: u32) -> Option<Box<Slot>> {
        let slot = self.slots[token as usize].take()?;
        self.free.push(token);
        self.active -= 1;
        Some(slot)
    }

    /// Ends a device that never answered.
    fn give_up(&mut self, token: u32) {
        if let Some(slot) = self.remove(token) {
            self.events.push_back(Event::Silent { address: slot.address, why: slot.unsent });
        }
    }

    fn finish(&mut self, now: Tick, token: u32) {
        let Some(slot) = self.remove(token) else { return };
        let finished = slot.reading.finish(slot.plan.clone(), slot.community);
        let address = slot.address;
        if finished.unchanged {
            self.events.push_back(Event::Unchanged { address, known: Some(finished.known) });
            return;
        }
        let known = finished.known;
        let answers = known.answers();
        if slot.printers_only && is_printer(&self.options.plans.catalog, answers).kind != DeviceKind::Printer {
            self.events.push_back(Event::NotPrinter(address));
            return self.keep_room(*known);
        }
        let observed_at = self.options.epoch.map(|epoch| epoch + SignedDuration::from_millis((now / 1000) as i64));
        let context = Context { sections: slot.plan.sections, observed_at, path: Path::Agent };
        let mut record = Box::new(collect(&slot.plan.profile, &self.options.plans.catalog, answers, &context));
        record.address = Some(shown(address));
        record.problems.extend(finished.problems);
        if answers.is_empty() {
            record.presence = Presence::Unreachable;
        }
        // What stands in another context cannot be asked again together with the rest.
        let known = if self.options.remember && slot.contexts == 0 {
            Some(known)
        } else {
            self.keep_room(*known);
            None
        };
        self.events.push_back(Event::Read { address, record, requests: finished.requests, cut_short: finished.cut_short, known });
    }

    fn keep_room(&mut self, known: Known) {
        if self.spare.len() < MOST_SPARE {
            self.spare.push(known.into_answers());
        }
    }
}

impl Slot {
    /// Returns the community to ask with; of another context than the default one, as `public@Jetdirect`.
    ///
    /// Source: how agents that keep tables in contexts let v1 and v2c reach them.
    fn community<'c>(&self, credentials: &'c Credentials) -> Cow<'c, [u8]> {
        let community = credentials.community(self.community);
        let context = self.contexts.checked_sub(1).and_then(|place| self.plan.profile.read.contexts.get(place));
        match context {
            Some(context) => Cow::Owned([community, b"@", context.as_bytes()].concat()),
            None => Cow::Borrowed(community),
        }
    }
}

/// Returns whether a profile knows of a context that may hold the supplies that were not found.
fn lacks_supplies(slot: &mut Slot) -> bool {
    let is_wanted = slot.plan.wants(Standard::PrtMarkerSuppliesLevel.into());
    let has_more = slot.contexts < slot.plan.profile.read.contexts.len();
    is_wanted && has_more && slot.reading.answers().first(Standard::PrtMarkerSuppliesLevel).is_none()
}

impl Greeting {
    /// One attempt a round; the rounds get slower each time all versions and communities were tried.
    fn patience(&self, plan: &Plan) -> Patience {
        let slower = self.round / (2 * self.communities.len());
        Patience { timeout: self.first_wait << slower, attempts: 1, ..patience(&plan.profile.read) }
    }
}

/// Writes an address as a record does: without the port, with the interface where it needs one.
fn shown(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        address => address.ip().to_string(),
    }
}

/// Returns sysObjectID and sysDescr.
pub fn sign_of(answers: &Answers) -> (Option<Vec<u32>>, Option<String>) {
    let object_id = match answers.first(Standard::SysObjectID) {
        Some((_, Value::ObjectIdentifier(oid))) => Some(oid.arcs().collect()),
        _ => None,
    };
    let description = match answers.first(Standard::SysDescr) {
        Some((_, Value::OctetString(octets))) => Some(String::from_utf8_lossy(octets).into_owned()),
        _ => None,
    };
    (object_id, description)
}
