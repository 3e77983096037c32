//! Walks everything a device holds, to keep it as a recording.
//!
//! One request is open at a time. An agent that loops or goes back in one place is led past that
//! place, so that the rest is still recorded.

use std::net::SocketAddr;
use std::sync::Arc;

use snmp::message::{Head, Message, Pdu, PduHead, PduType, PlainPdu, Version, push_message, push_name};
use snmp::usm::{Crypto, Refused, Taken, Talk};
use snmp::v3::Envelope;
use snmp::{Accepted, Expired, OidRef, Patience, Refusal, Session, Tick, Walk, WalkEnd};

use crate::credentials::Credential;

/// Is one object as the device told it: identifier, tag and contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub name: Vec<u8>,
    pub tag: u8,
    pub contents: Vec<u8>,
}

/// Is the subtree that is walked: 1.3.6.1, which holds everything.
const ROOT: [u8; 3] = [0x2b, 6, 1];
/// Is the most objects of one recording; the largest printers hold some tens of thousands.
const MOST_OBJECTS: u32 = 500_000;
/// Is the most places that an agent is led past before it is given up.
const MOST_DETOURS: usize = 64;
const REPETITIONS: u32 = 16;
const PATIENCE: Patience = Patience { timeout: 1_000_000, attempts: 4, other_source: false };

/// Is how the device is asked at present; each way is tried when the one before gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Bulk,
    Next,
    NextV1,
}

/// Records; see the module.
pub struct Recorder {
    address: SocketAddr,
    credentials: Vec<Credential>,
    /// The place of the credential that is used.
    credential: usize,
    crypto: Option<Arc<dyn Crypto>>,
    /// The talk as a user, in v3.
    talk: Option<Talk>,
    salt: u64,
    way: Way,
    session: Session,
    walk: Walk,
    objects: Vec<Recorded>,
    problems: Vec<String>,
    detours: usize,
    send: bool,
    request_id: i32,
    done: bool,
}

impl Recorder {
    /// Starts to record a device that one of the credentials is good for; users need a module. The key must be random and secret.
    pub fn new(address: SocketAddr, credentials: Vec<Credential>, crypto: Option<Arc<dyn Crypto>>, key: [u64; 2]) -> Self {
        let mut recorder = Recorder {
            address,
            done: credentials.is_empty(),
            credentials,
            credential: 0,
            crypto,
            talk: None,
            salt: key[0].rotate_left(23) ^ key[1],
            way: Way::Bulk,
            session: Session::new(key),
            walk: Walk::new(&ROOT, MOST_OBJECTS),
            objects: Vec::new(),
            problems: Vec::new(),
            detours: 0,
            send: true,
            request_id: 0,
        };
        recorder.begin_talk();
        recorder
    }

    /// Begins to talk as the user of the credential, if it is one; of the device's engine what another user learned holds.
    fn begin_talk(&mut self) {
        let engine = self.talk.take().and_then(|talk| talk.remote().copied());
        let (Some(Credential::User(user)), Some(crypto)) = (self.credentials.get(self.credential), &self.crypto) else { return };
        self.talk = Some(Talk::new(&**crypto, user.clone(), engine));
    }

    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Returns what was recorded, in the order it came.
    pub fn objects(&self) -> &[Recorded] {
        &self.objects
    }

    /// Returns where the recording is not whole, and why.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    fn version(&self) -> Version {
        if self.way == Way::NextV1 { Version::V1 } else { Version::V2c }
    }

    pub fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr> {
        if self.done || !std::mem::take(&mut self.send) {
            return None;
        }
        if self.session.token(self.request_id).is_none() {
            self.request_id = self.session.open(now, 0, self.address, PATIENCE);
        }
        let (kind, second) = match self.way {
            Way::Bulk => (PduType::GetBulk, REPETITIONS),
            Way::Next | Way::NextV1 => (PduType::GetNext, 0),
        };
        let name = |out: &mut Vec<u8>| push_name(out, self.walk.position().as_octets(), &[]);
        match (&self.credentials[self.credential], &self.talk, &self.crypto) {
            (Credential::Community(community), _, _) => {
                let head = Head { version: self.version(), community, kind, request_id: self.request_id, first: 0, second };
                push_message(out, &head, name);
            }
            (Credential::User(user), Some(talk), Some(crypto)) => {
                self.salt = self.salt.wrapping_add(1);
                let head = PduHead { kind, request_id: self.request_id, first: 0, second };
                talk.push_request(out, &**crypto, now, &head, user.context().as_bytes(), self.salt, name);
            }
            (Credential::User(_), _, _) => {
                self.take_silence();
                return self.poll_transmit(now, out);
            }
        }
        Some(self.address)
    }

    pub fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        if self.talk.is_some() {
            return self.handle_message(now, from, datagram);
        }
        let Ok(Message { version, community, pdu: Pdu::Plain(pdu) }) = Message::parse(datagram) else { return };
        let is_ours = |credential: &Credential| matches!(credential, Credential::Community(ours) if **ours == *community);
        let ours = version == self.version() && self.credentials.get(self.credential).is_some_and(is_ours);
        if !ours || pdu.kind != PduType::Response || !matches!(self.session.accept(now, from, pdu.request_id), Accepted::Answer { .. }) {
            return;
        }
        self.take(&pdu);
        self.send = !self.done;
    }

    /// Takes a message of v3.
    fn handle_message(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]) {
        let Ok(envelope) = Envelope::parse(datagram) else { return };
        let (Some(talk), Some(crypto)) = (&mut self.talk, &self.crypto) else { return };
        if self.session.token(envelope.id).is_none() {
            return;
        }
        let mut uncovered = Vec::new();
        let taken = talk.take(&**crypto, now, &envelope, &mut uncovered);
        let oddities = talk.take_oddities();
        self.problems.extend(oddities.iter().map(ToString::to_string));
        if matches!(taken, Taken::Ignored(_)) || !matches!(self.session.accept(now, from, envelope.id), Accepted::Answer { .. }) {
            return;
        }
        match taken {
            Taken::Answer(pdu) => self.take(&pdu),
            Taken::Refused(why) => return self.take_lockout(why),
            Taken::AskAgain | Taken::Ignored(_) => {}
        }
        self.send = !self.done;
    }

    /// Tries the next credential after one that the device does not take.
    fn take_lockout(&mut self, why: Refused) {
        self.problems.push(format!("{}: {why}", self.credentials[self.credential]));
        self.send = true;
        if self.objects.is_empty() && self.credential + 1 < self.credentials.len() {
            self.turn();
        } else {
            self.done = true;
        }
    }

    /// Turns to the next credential.
    fn turn(&mut self) {
        self.credential += 1;
        self.way = Way::Bulk;
        self.request_id = 0;
        self.begin_talk();
    }

    fn take(&mut self, pdu: &PlainPdu<'_>) {
        if Refusal::of(pdu, 1).is_some() {
            // v1 tells the end of the MIB by noSuchName; any other error stops a walk as well.
            if pdu.error_status().name() != "noSuchName" {
                self.problems.push(format!("behind {}: {}", self.walk.position(), pdu.error_status().name()));
            }
            self.done = true;
            return;
        }
        let mut count = 0;
        for binding in pdu.varbinds.map_while(Result::ok) {
            count += 1;
            if !self.walk.take(&binding) {
                break;
            }
            self.objects.push(Recorded { name: binding.name.as_octets().to_vec(), tag: binding.tag, contents: binding.contents.to_vec() });
        }
        match self.walk.end() {
            None if count == 0 => self.detour(),
            None => {}
            Some(WalkEnd::NotIncreasing | WalkEnd::Malformed) => self.detour(),
            Some(WalkEnd::Limit) => {
                self.problems.push(format!("stopped after {MOST_OBJECTS} objects"));
                self.done = true;
            }
            Some(WalkEnd::LeftSubtree | WalkEnd::EndOfMib) => self.done = true,
        }
    }

    /// Leads the agent past the place where it goes round: on to the next sibling of where it
    /// stands, and of ever higher nodes if it goes on doing so.
    fn detour(&mut self) {
        let mut arcs: Vec<u32> = self.walk.position().arcs().collect();
        self.problems.push(format!("the device goes round or back behind {}; led past it", self.walk.position()));
        self.detours += 1;
        arcs.truncate(arcs.len().saturating_sub(self.detours.div_ceil(8).max(1)).max(4));
        if let Some(last) = arcs.last_mut() {
            *last = last.saturating_add(1);
        }
        let next = snmp::oid::encode(&arcs);
        let higher = OidRef::new(&next).cmp_arcs(&self.walk.position()).is_gt();
        if self.detours > MOST_DETOURS || !higher || !next.starts_with(&ROOT) || arcs.len() <= 4 {
            self.done = true;
            return;
        }
        self.walk = Walk::resumed(&ROOT, &next, MOST_OBJECTS - self.walk.taken().min(MOST_OBJECTS - 1));
    }

    pub fn handle_timeout(&mut self, now: Tick) {
        while let Some(expired) = self.session.expire(now) {
            match expired {
                Expired::SendAgain { .. } => self.send = true,
                Expired::GivenUp { .. } => self.take_silence(),
            }
        }
    }

    /// Tries the next way to ask, then the next credential as long as nothing was ever answered.
    fn take_silence(&mut self) {
        self.send = true;
        match self.way {
            Way::Bulk => self.way = Way::Next,
            Way::Next if self.objects.is_empty() && self.talk.is_none() => self.way = Way::NextV1,
            _ if self.objects.is_empty() && self.credential + 1 < self.credentials.len() => self.turn(),
            _ => {
                if !self.objects.is_empty() {
                    self.problems.push(format!("no answer behind {}; what came before is kept", self.walk.position()));
                }
                self.done = true;
            }
        }
    }

    pub fn poll_timeout(&self) -> Option<Tick> {
        self.session.next_deadline()
    }
}
