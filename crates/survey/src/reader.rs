//! Reads many devices at once over one socket, each with one request open at any time.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use catalog::{DeviceKind, Standard};
use collect::{Answers, Context, collect, is_printer};
use jiff::{SignedDuration, Timestamp};
use model::DeviceRecord;
use model::record::{Path, Presence};
use snmp::message::{Head, PduHead, PlainPdu, Version, push_message};
use snmp::usm::{Crypto, Refused, Remote, Taken, Talk, talk};
use snmp::v3::Envelope;
use snmp::{Accepted, Expired, Patience, RequestIds, Session, Tick, Value};

use crate::access::{Access, Door, Entry, Turned};
use crate::ceiling::Ceiling;
use crate::credentials::Credentials;
use crate::event::{Event, Response, Statistics};
use crate::greeting::{self, FIRST_WAIT, FIRST_WAIT_OF_THE_LIVING, Greeting, Way};
use crate::plan::{Plan, Plans};
use crate::reading::{Known, Reading, Step, patience};

/// Is what a reader needs to know from outside.
#[derive(Clone)]
pub struct ReaderOptions {
    pub plans: Arc<Plans>,
    pub credentials: Arc<Credentials>,
    /// What proves and hides messages of users; without it users are not tried.
    pub crypto: Option<Arc<dyn Crypto>>,
    /// What is remembered of how devices let us in.
    pub doors: Arc<BTreeMap<IpAddr, Door>>,
    /// The time of day at tick 0; `None` leaves records without a time.
    pub epoch: Option<Timestamp>,
    /// Secret and random: request ids are made with it.
    pub key: [u64; 2],
    /// Whether what was learned of a device is handed out for the next reading.
    pub remember: bool,
}

impl ReaderOptions {
    /// Reads with these credentials, of which users need [`ReaderOptions::crypto`]; remembers nothing, and knows no time of day.
    pub fn new(plans: Arc<Plans>, credentials: Arc<Credentials>, key: [u64; 2]) -> Self {
        ReaderOptions { plans, credentials, crypto: None, doors: Arc::default(), epoch: None, key, remember: false }
    }
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
    /// The number of the credential that is used.
    credential: u16,
    /// The talk as a user, in v3.
    talk: Option<Box<Talk>>,
    request_id: i32,
    greeting: Option<Greeting>,
    /// What was tried before the device let us in, once it has.
    turned: Vec<(u16, Turned)>,
    /// Whether a device that shows no sign of a printer is reported as [`Event::NotPrinter`].
    printers_only: bool,
    /// The system's word on why a request could not be sent.
    unsent: Option<String>,
    /// Why the last answer was not believed.
    disbelieved: Option<talk::Ignored>,
}

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
    /// What was hidden in the answer being taken.
    uncovered: Vec<u8>,
    /// Of the next hidden message; it never comes twice.
    salt: u64,
}

/// Is how much room is kept for use: enough that thousands of readings share what they leave.
const MOST_SPARE: usize = 1024;

impl Reader {
    pub fn new(options: ReaderOptions) -> Self {
        let session = Session::new(options.key);
        let salts = RequestIds::new([options.key[1], options.key[0]]);
        let salt = (0..2).fold(0, |salt, half| salt << 32 | salts.id(half) as u64);
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
            uncovered: Vec::new(),
            salt,
        }
    }

    /// Returns how many devices are being read.
    pub fn active(&self) -> usize {
        self.active
    }

    /// Starts to read a device of which only the address is known.
    pub fn read(&mut self, address: SocketAddr, printers_only: bool) {
        self.greet(address, self.ways(address), FIRST_WAIT, None, printers_only);
    }

    /// Starts to read a device that answers to one community in v1, and perhaps in v2c too.
    pub fn read_with(&mut self, address: SocketAddr, credential: u16, printers_only: bool) {
        let ways = greeting::ways(&self.options.credentials, &[credential], None);
        self.greet(address, ways, FIRST_WAIT_OF_THE_LIVING, None, printers_only);
    }

    /// Starts to read a device that has told which v3 engine it is. That it speaks v3 says nothing of whom it lets
    /// in: communities are tried in their turn.
    pub fn read_met(&mut self, address: SocketAddr, engine: Remote, printers_only: bool) {
        self.greet(address, self.ways(address), FIRST_WAIT_OF_THE_LIVING, Some(engine), printers_only);
    }

    fn ways(&self, address: SocketAddr) -> Vec<Way> {
        let credentials = &self.options.credentials;
        let mut ways = greeting::ways(credentials, credentials.of(address.ip()), self.options.doors.get(&address.ip()));
        ways.retain(|(_, version)| *version != Version::V3 || self.options.crypto.is_some());
        ways
    }

    fn greet(&mut self, address: SocketAddr, ways: Vec<Way>, first_wait: Tick, engine: Option<Remote>, printers_only: bool) {
        // An engine that is passed in has just answered the sweep; one that is remembered may be gone.
        let Some(greeting) = Greeting::new(ways, first_wait, engine.is_some()) else {
            return self.events.push_back(self.nothing_to_try(address));
        };
        let way = greeting.way();
        let room = self.spare.pop().unwrap_or_else(Answers::for_a_printer);
        let plan = self.options.plans.first().clone();
        let mut reading = Reading::first(&plan, room);
        if way.1 != Version::V2c {
            reading.greet_in(&plan, way.1);
        }
        let engine = engine.or_else(|| self.options.doors.get(&address.ip())?.access?.remote);
        let talk = self.talk(way, engine);
        self.insert(address, reading, plan, way.0, talk, Some(greeting), printers_only);
    }

    /// Says why a device is not asked: it has refused all there is to try, or there is nothing.
    fn nothing_to_try(&self, address: SocketAddr) -> Event {
        if self.options.credentials.of(address.ip()).is_empty() {
            return Event::Silent { address, why: Some("no credential to try".to_owned()) };
        }
        let why = "every credential for it was refused lately; the next attempt is due later".to_owned();
        Event::Refusing { address, record: Box::new(refusing(address, vec![why])), entry: Default::default() }
    }

    /// Begins to talk as the user of a way, if it is a user's.
    fn talk(&self, (credential, _): Way, engine: Option<Remote>) -> Option<Box<Talk>> {
        let (crypto, user) = (self.options.crypto.as_deref()?, self.options.credentials.user(credential)?);
        Some(Box::new(Talk::new(crypto, user.clone(), engine)))
    }

    /// Starts to read a device whose v2c hello has been answered already.
    pub fn read_greeted(&mut self, address: SocketAddr, credential: u16, hello: Answers, printers_only: bool) {
        let plan = self.options.plans.for_device(self.options.plans.first(), &hello);
        self.insert(address, Reading::greeted(&plan, hello), plan, credential, None, None, printers_only);
    }

    /// Starts to read again what can have moved on a device read before.
    pub fn read_again(&mut self, address: SocketAddr, mut known: Known) {
        let (credential, plan, talk) = (known.credential, known.plan.clone(), known.talk.take());
        self.insert(address, Reading::again(&plan, known), plan, credential, talk, None, false);
    }

    #[expect(clippy::too_many_arguments, reason = "each is a part of the slot that is made")]
    fn insert(
        &mut self,
        address: SocketAddr,
        reading: Reading,
        plan: Arc<Plan>,
        credential: u16,
        talk: Option<Box<Talk>>,
        greeting: Option<Greeting>,
        printers_only: bool,
    ) {
        let slot = Box::new(Slot {
            address,
            plan,
            replanned: false,
            contexts: 0,
            reading,
            credential,
            talk,
            request_id: 0,
            greeting,
            turned: Vec::new(),
            printers_only,
            unsent: None,
            disbelieved: None,
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
        let ours = |slot: &Slot| {
            let is_same = |community: Cow<'_, [u8]>| *community == *response.community;
            slot.reading.version() == response.version && slot.community(&self.options.credentials).is_some_and(is_same)
        };
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

    /// Takes a message of v3.
    pub fn handle_message(&mut self, now: Tick, from: SocketAddr, envelope: &Envelope<'_>, statistics: &mut Statistics) {
        let Some(token) = self.session.token(envelope.id) else {
            // Late, or nobody's: the session knows.
            return match self.session.accept(now, from, envelope.id) {
                Accepted::Late => statistics.late += 1,
                _ => statistics.strangers += 1,
            };
        };
        let mut uncovered = std::mem::take(&mut self.uncovered);
        self.take_message(now, token, from, envelope, &mut uncovered, statistics);
        self.uncovered = uncovered;
    }

    fn take_message(
        &mut self,
        now: Tick,
        token: u32,
        from: SocketAddr,
        envelope: &Envelope<'_>,
        uncovered: &mut Vec<u8>,
        statistics: &mut Statistics,
    ) {
        let slot = self.slots[token as usize].as_mut();
        let (Some(slot), Some(crypto)) = (slot.filter(|slot| slot.reading.version() == Version::V3), &self.options.crypto) else {
            return statistics.mismatched += 1;
        };
        let Some(talk) = &mut slot.talk else { return statistics.mismatched += 1 };
        let taken = talk.take(&**crypto, now, envelope, uncovered);
        if let Taken::Ignored(why) = taken {
            // The request stays open: the true answer may still come.
            slot.disbelieved = Some(why);
            return statistics.mismatched += 1;
        }
        if !matches!(self.session.accept(now, from, envelope.id), Accepted::Answer { .. }) {
            return statistics.mismatched += 1;
        }
        match taken {
            Taken::Answer(pdu) => self.take_answer(now, token, &pdu),
            Taken::AskAgain => {
                if let Some(greeting) = &mut slot.greeting {
                    greeting.has_answered = true;
                }
                self.to_send.push_back(token);
            }
            Taken::Refused(why) => self.take_refusal(now, token, why),
            Taken::Ignored(_) => {}
        }
    }

    /// Takes the news that a device does not let a user in.
    fn take_refusal(&mut self, now: Tick, token: u32, why: Refused) {
        let Some(slot) = self.slots[token as usize].as_mut() else { return };
        slot.request_id = 0;
        match &mut slot.greeting {
            None if slot.contexts > 0 => slot.reading.leave_context(),
            None => slot.reading.take_lockout(&why.to_string()),
            Some(greeting) => {
                if !greeting.take_refusal(why) {
                    return self.give_up(token);
                }
                self.turn(token);
            }
        }
        self.go_on(now, token);
    }

    /// Turns to the way that the greeting has come to.
    fn turn(&mut self, token: u32) {
        let Some(slot) = self.slots[token as usize].as_ref() else { return };
        let Some(way) = slot.greeting.as_ref().map(Greeting::way) else { return };
        // What a device told of its engine holds for every user.
        let talk = self.talk(way, slot.talk.as_ref().and_then(|talk| talk.remote().copied()));
        let Some(slot) = self.slots[token as usize].as_mut() else { return };
        (slot.credential, slot.talk) = (way.0, talk.or(slot.talk.take().filter(|_| way.1 != Version::V3)));
        slot.reading.greet_in(&slot.plan, way.1);
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
                slot.turned = greeting.turned(Some(slot.credential));
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
                    slot.turned = greeting.turned(Some(slot.credential));
                    slot.greeting = None;
                } else {
                    let engine = slot.talk.as_ref().and_then(|talk| talk.remote());
                    if !greeting.take_silence(engine, slot.unsent.is_some()) {
                        return self.give_up(token);
                    }
                    self.turn(token);
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
            let (kind, first, second, request_id) = (request.kind, request.first, request.second, slot.request_id);
            if let (Some(talk), Some(crypto), Version::V3) = (&slot.talk, &self.options.crypto, slot.reading.version()) {
                self.salt = self.salt.wrapping_add(1);
                let head = PduHead { kind, request_id, first, second };
                talk.push_request(out, &**crypto, now, &head, slot.context().as_bytes(), self.salt, |out| {
                    out.extend_from_slice(&self.names)
                });
            } else {
                let community = slot.community(&self.options.credentials).unwrap_or_default();
                let head = Head { version: slot.reading.version(), community: &community, kind, request_id, first, second };
                push_message(out, &head, |out| out.extend_from_slice(&self.names));
            }
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

    /// Ends a device that never let us in: it was silent, or said why not.
    fn give_up(&mut self, token: u32) {
        let Some(slot) = self.remove(token) else { return };
        let (address, greeting) = (slot.address, slot.greeting.as_ref());
        let credentials = &self.options.credentials;
        let refusals = greeting.map(Greeting::refusals).unwrap_or_default();
        let mut problems: Vec<String> =
            refusals.iter().map(|(number, why)| format!("{}: {why}", credentials.credential(*number))).collect();
        if let Some(why) = slot.disbelieved {
            problems.push(why.to_string());
        }
        if !greeting.is_some_and(|greeting| greeting.has_answered) {
            let why = slot.unsent.or_else(|| slot.disbelieved.map(|why| why.to_string()));
            return self.events.push_back(Event::Silent { address, why });
        }
        if problems.is_empty() {
            problems.push(format!("says which SNMPv3 engine it is, and answers to nothing else: {}", self.tried(address)));
        }
        let entry = Entry { access: None, turned: greeting.map(|greeting| greeting.turned(None)).unwrap_or_default() };
        self.events.push_back(Event::Refusing { address, record: Box::new(refusing(address, problems)), entry });
    }

    /// Names the credentials of an address.
    fn tried(&self, address: SocketAddr) -> String {
        let credentials = &self.options.credentials;
        let names: Vec<String> = credentials.of(address.ip()).iter().map(|number| credentials.credential(*number).to_string()).collect();
        names.join(", ")
    }

    fn finish(&mut self, now: Tick, token: u32) {
        let Some(mut slot) = self.remove(token) else { return };
        let version = slot.reading.version();
        let mut talk = slot.talk.take().filter(|_| version == Version::V3);
        let oddities = talk.as_mut().map(|talk| talk.take_oddities()).unwrap_or_default();
        let mut problems: Vec<String> = oddities.iter().map(ToString::to_string).collect();
        problems.extend(talk.as_ref().and_then(|talk| legacy(talk)));
        let remote = talk.as_ref().and_then(|talk| talk.remote().copied());
        let access = Access { credential: slot.credential, version, remote };
        let finished = slot.reading.finish(slot.plan.clone(), slot.credential, talk);
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
        record.problems.extend(problems);
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
        let entry = Entry { access: Some(access), turned: slot.turned };
        self.events.push_back(Event::Read { address, record, requests: finished.requests, cut_short: finished.cut_short, known, entry });
    }

    fn keep_room(&mut self, known: Known) {
        if self.spare.len() < MOST_SPARE {
            self.spare.push(known.into_answers());
        }
    }
}

impl Slot {
    /// Returns the context of the profile that is asked in, if one is.
    fn other_context(&self) -> Option<&str> {
        let place = self.contexts.checked_sub(1)?;
        self.plan.profile.read.contexts.get(place).map(|context| &**context)
    }

    /// Returns the community to ask with; of another context than the default one, as `public@Jetdirect`.
    ///
    /// Source: how agents that keep tables in contexts let v1 and v2c reach them.
    fn community<'c>(&self, credentials: &'c Credentials) -> Option<Cow<'c, [u8]>> {
        let community = credentials.community(self.credential)?;
        Some(match self.other_context() {
            Some(context) => Cow::Owned([community, b"@", context.as_bytes()].concat()),
            None => Cow::Borrowed(community),
        })
    }

    /// Returns the context to ask in, in v3: the user's own unless the profile knows another.
    fn context(&self) -> &str {
        self.other_context().or(self.talk.as_ref().map(|talk| talk.user().context())).unwrap_or_default()
    }
}

/// Makes the record of a device that lets nobody in that we are.
fn refusing(address: SocketAddr, problems: Vec<String>) -> DeviceRecord {
    let mut record = DeviceRecord::new(Path::Agent);
    record.address = Some(shown(address));
    record.presence = Presence::Refusing;
    record.problems = problems;
    record
}

/// Says so where a device is read by algorithms that protect nobody any longer.
fn legacy(talk: &Talk) -> Option<String> {
    let names = talk.user().legacy();
    (!names.is_empty()).then(|| {
        let user = talk.user().name();
        format!(
            "read as user {user:?} with {}, which no longer protects: give the device a user with SHA-256 and AES-128",
            names.join(" and ")
        )
    })
}

/// Returns whether a profile knows of a context that may hold the supplies that were not found.
fn lacks_supplies(slot: &mut Slot) -> bool {
    let is_wanted = slot.plan.wants(Standard::PrtMarkerSuppliesLevel.into());
    let has_more = slot.contexts < slot.plan.profile.read.contexts.len();
    is_wanted && has_more && slot.reading.answers().first(Standard::PrtMarkerSuppliesLevel).is_none()
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
