//! Traps and informs: what somebody sends of himself.
//!
//! A [`Receiver`] tells what arrived and from whom, and writes the answer that an inform waits for.
//! What it says of its sender is not proved in v1 and v2c, and whoever owns the receiver takes it as
//! a reason to look, never as data.
//!
//! Source: RFC 1157 §4.1.6, RFC 3416 §4.2.6 and §4.2.7, RFC 3414 §3.2, RFC 3584 §3.1 (traps of v1 as
//! notifications).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::message::{Head, Message, Pdu, PduHead, PduType, PlainPdu, TrapV1, Varbinds, Version, push_message};
use crate::session::Tick;
use crate::usm::authority::{Authority, Opened};
use crate::usm::clock::{Remote, Timeliness};
use crate::usm::protection::{Unproved, uncover};
use crate::usm::{Crypto, Keys, Level, Report, User};
use crate::v3::{EngineId, Envelope, Scoped};
use crate::value::Value;

/// Is the most engines whose clocks are remembered; of more the oldest is forgotten.
const MOST_ENGINES: usize = 4096;

/// What the reports on an inform say, as a reason.
const REFUSALS: [(Report, Rejected); 4] = [
    (Report::UnknownUserName, Rejected::UnknownUser),
    (Report::WrongDigest, Rejected::Digest),
    (Report::DecryptionError, Rejected::Hidden),
    (Report::UnsupportedSecurityLevel, Rejected::Level),
];

/// Is what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub version: Version,
    /// Whether the sender waits for an answer, which has been written.
    pub is_inform: bool,
    /// What it is about: the arcs of snmpTrapOID.
    pub trap: Vec<u32>,
    /// Whether the sender proved to be a user.
    pub is_proved: bool,
}

/// Says why a datagram is no notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rejected {
    /// Not SNMP, or no trap or inform.
    Malformed,
    /// A community that is not listened to, or a version that is switched off.
    UnknownCommunity,
    UnknownUser,
    /// Less protected than the user's messages must be.
    Level,
    /// Changed on the way, or of another password.
    Digest,
    /// It cannot be decrypted.
    Hidden,
    /// An old message once more, or one that its engine's clock does not fit.
    OutsideWindow,
    /// A step on the way to an inform: a report has been written.
    Reported,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rejected::Malformed => "no trap or inform",
            Rejected::UnknownCommunity => "a community that is not listened to",
            Rejected::UnknownUser => "an unknown user",
            Rejected::Level => "less protected than its user must be",
            Rejected::Digest => "a wrong digest",
            Rejected::Hidden => "not to be decrypted",
            Rejected::OutsideWindow => "outside the time window",
            Rejected::Reported => "the sender asked for this engine's clock",
        })
    }
}

/// Receives traps and informs of every version.
#[derive(Debug)]
pub struct Receiver {
    crypto: Arc<dyn Crypto>,
    communities: Vec<Box<[u8]>>,
    users: Vec<Arc<User>>,
    /// Answers informs of v3: they are sealed for the receiver's engine, traps for the sender's.
    authority: Authority,
    /// Clocks and keys by the engine and the user's place.
    engines: BTreeMap<(EngineId, usize), (Remote, Arc<Keys>)>,
    room: Vec<u8>,
}

impl Receiver {
    /// Makes a receiver with an engine of its own, which informs of v3 are sealed for.
    pub fn new(crypto: Arc<dyn Crypto>, authority: Authority) -> Self {
        Receiver { crypto, communities: Vec::new(), users: Vec::new(), authority, engines: BTreeMap::new(), room: Vec::new() }
    }

    /// Listens to a community of v1 and v2c.
    pub fn add_community(&mut self, community: &[u8]) {
        self.communities.push(community.into());
    }

    /// Listens to a user of v3.
    pub fn add_user(&mut self, user: Arc<User>) {
        self.authority.add_user(user.clone());
        self.users.push(user);
    }

    /// Returns the engine that informs of v3 are sealed for.
    pub fn engine_id(&self) -> EngineId {
        self.authority.engine_id()
    }

    /// Takes a datagram; an answer that is to go back to its sender is appended to `out`.
    ///
    /// # Errors
    /// Says why it is no notice; also then `out` may hold an answer, which helps an honest sender on.
    pub fn take(&mut self, now: Tick, datagram: &[u8], out: &mut Vec<u8>) -> Result<Notice, Rejected> {
        match Version::of(datagram) {
            Ok(Version::V3) => self.take_v3(now, datagram, out),
            Ok(_) => self.take_plain(datagram, out),
            Err(_) => Err(Rejected::Malformed),
        }
    }

    fn take_plain(&mut self, datagram: &[u8], out: &mut Vec<u8>) -> Result<Notice, Rejected> {
        let Message { version, community, pdu } = Message::parse(datagram).map_err(|_| Rejected::Malformed)?;
        let notice = match &pdu {
            Pdu::TrapV1(trap) => Notice { version, is_inform: false, trap: trap_of_v1(trap), is_proved: false },
            Pdu::Plain(pdu) => of_plain(version, pdu, false)?,
        };
        if !self.communities.iter().any(|known| **known == *community) {
            return Err(Rejected::UnknownCommunity);
        }
        if let Pdu::Plain(pdu) = pdu
            && notice.is_inform
        {
            let head = Head { version, community, kind: PduType::Response, request_id: pdu.request_id, first: 0, second: 0 };
            push_message(out, &head, |out| out.extend_from_slice(pdu.varbinds.as_octets()));
        }
        Ok(notice)
    }

    fn take_v3(&mut self, now: Tick, datagram: &[u8], out: &mut Vec<u8>) -> Result<Notice, Rejected> {
        let envelope = Envelope::parse(datagram).map_err(|_| Rejected::Malformed)?;
        // An inform is sealed for its receiver, and so is the question who that is.
        if envelope.engine_id == self.authority.engine_id() || envelope.engine_id.is_unknown() {
            return self.take_inform(now, datagram, out);
        }
        let mut room = std::mem::take(&mut self.room);
        let notice = self.take_trap(now, &envelope, &mut room);
        self.room = room;
        notice
    }

    fn take_inform(&mut self, now: Tick, datagram: &[u8], out: &mut Vec<u8>) -> Result<Notice, Rejected> {
        let mut room = Vec::new();
        let time = u32::try_from(now / 1_000_000).unwrap_or(u32::MAX);
        let before = REFUSALS.map(|(report, _)| self.authority.count(report));
        let asked = match self.authority.open(datagram, time, &mut room, out) {
            Opened::Request(asked) => asked,
            refused => {
                let otherwise = if matches!(refused, Opened::Reported) { Rejected::Reported } else { Rejected::Malformed };
                let mut counted = REFUSALS.iter().zip(before).filter(|((report, _), before)| self.authority.count(*report) != *before);
                return Err(counted.next().map_or(otherwise, |((_, why), _)| *why));
            }
        };
        let notice = of_plain(Version::V3, &asked.pdu, asked.level > Level::NoAuthNoPriv)?;
        if notice.is_inform {
            let head = PduHead { kind: PduType::Response, request_id: asked.pdu.request_id, first: 0, second: 0 };
            self.authority.push_answer(&asked, time, &head, out, |out| out.extend_from_slice(asked.pdu.varbinds.as_octets()));
        }
        Ok(notice)
    }

    fn take_trap(&mut self, now: Tick, envelope: &Envelope<'_>, room: &mut Vec<u8>) -> Result<Notice, Rejected> {
        let mut why = Rejected::UnknownUser;
        // The same name may stand for several users while a password is being changed.
        for place in 0..self.users.len() {
            if self.users[place].name().as_bytes() != envelope.user {
                continue;
            }
            match self.take_trap_of(place, now, envelope, room) {
                Err(rejected) => why = rejected,
                notice => return notice,
            }
        }
        Err(why)
    }

    fn take_trap_of(&mut self, place: usize, now: Tick, envelope: &Envelope<'_>, room: &mut Vec<u8>) -> Result<Notice, Rejected> {
        let user = &self.users[place];
        let known = self.engines.get(&(envelope.engine_id, place));
        let (mut remote, keys) = match known {
            Some((remote, keys)) => (*remote, keys.clone()),
            None => {
                let keys = Arc::new(user.keys(&*self.crypto, envelope.engine_id));
                (Remote::told(envelope.engine_id, envelope.boots, envelope.time, now), keys)
            }
        };
        let octets = uncover(envelope, &*self.crypto, &keys, user.level(), room).map_err(|unproved| match unproved {
            Unproved::Level => Rejected::Level,
            Unproved::Digest => Rejected::Digest,
            Unproved::Hidden => Rejected::Hidden,
        })?;
        let is_proved = user.level() > Level::NoAuthNoPriv;
        let Ok(Scoped { pdu: Pdu::Plain(pdu), .. }) = Scoped::parse(octets) else {
            return Err(if user.level() == Level::AuthPriv { Rejected::Hidden } else { Rejected::Malformed });
        };
        if is_proved {
            // A trap seen before comes with a time seen before, and with one earlier than that soon after.
            if remote.judge(envelope.boots, envelope.time, now) != Timeliness::Timely {
                return Err(Rejected::OutsideWindow);
            }
            if self.engines.len() >= MOST_ENGINES && known.is_none() {
                let oldest = self.engines.iter().min_by_key(|(_, (remote, _))| remote.heard_at).map(|(key, _)| *key);
                oldest.and_then(|key| self.engines.remove(&key));
            }
            self.engines.insert((envelope.engine_id, place), (remote, keys));
        }
        let notice = of_plain(Version::V3, &pdu, is_proved)?;
        // An inform sealed for another engine is nobody's.
        if notice.is_inform { Err(Rejected::Malformed) } else { Ok(notice) }
    }
}

/// Reads a trap of v2 or an inform.
fn of_plain(version: Version, pdu: &PlainPdu<'_>, is_proved: bool) -> Result<Notice, Rejected> {
    let is_inform = match pdu.kind {
        PduType::TrapV2 => false,
        PduType::Inform => true,
        _ => return Err(Rejected::Malformed),
    };
    let trap = trap_of(pdu.varbinds).ok_or(Rejected::Malformed)?;
    Ok(Notice { version, is_inform, trap, is_proved })
}

/// Returns snmpTrapOID, which stands second: behind sysUpTime.
fn trap_of(mut bindings: Varbinds<'_>) -> Option<Vec<u32>> {
    match bindings.nth(1)?.ok()?.value().ok()? {
        Value::ObjectIdentifier(oid) => Some(oid.arcs().collect()),
        _ => None,
    }
}

/// Returns what snmpTrapOID of a trap of v1 would be.
///
/// Source: RFC 3584 §3.1.
fn trap_of_v1(trap: &TrapV1<'_>) -> Vec<u32> {
    match trap.generic {
        0..6 => vec![1, 3, 6, 1, 6, 3, 1, 1, 5, trap.generic + 1],
        _ => trap.enterprise.arcs().chain([0, trap.specific]).collect(),
    }
}

/// Says in the standards' words what a notice is about; `None` where no standard that concerns printers names it.
///
/// Source: RFC 3418 (coldStart …), RFC 3805 (printerV2Alert).
pub fn name_of(trap: &[u32]) -> Option<&'static str> {
    match trap {
        [1, 3, 6, 1, 6, 3, 1, 1, 5, generic] => {
            ["coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss"]
                .get((*generic as usize).checked_sub(1)?)
                .copied()
        }
        [1, 3, 6, 1, 2, 1, 43, 18, 2, 0, 1] => Some("printerV2Alert"),
        _ => None,
    }
}
