//! The engine that is asked: its users, its clock, and the reports on what it does not take.
//!
//! For printers of the simulator and for whoever receives informs. It keeps no clock: the seconds
//! since it started come in with every message.
//!
//! Source: RFC 3414 §3.2, RFC 3412 §7.2.

use std::sync::Arc;

use super::algorithm::{Authentication, Level};
use super::clock::is_timely;
use super::crypto::Crypto;
use super::protection::{Cover, Unproved, push_protected, uncover};
use super::report::Report;
use super::user::{Keys, User};
use crate::message::{Pdu, PduHead, PduType, PlainPdu, push_pdu};
use crate::v3::{EngineId, Envelope, Head, Malformed, SMALLEST_LARGEST_MESSAGE, Scoped, push_message, push_scoped};

/// Is an engine with users.
#[derive(Clone, Debug)]
pub struct Authority {
    crypto: Arc<dyn Crypto>,
    engine_id: EngineId,
    boots: u32,
    accounts: Vec<Account>,
    /// Contexts that there are beside the default one.
    contexts: Vec<Box<[u8]>>,
    counts: [u32; Report::COUNT],
    salt: u64,
}

/// Is one user with its keys here.
#[derive(Clone, Debug)]
struct Account {
    user: Arc<User>,
    keys: Arc<Keys>,
}

/// Says what a message is to the engine.
#[derive(Debug)]
pub enum Opened<'o> {
    Request(Asked<'o>),
    /// It was not taken, and the report on it has been written.
    Reported,
    /// It was not taken, and nothing is to be said.
    Nothing,
}

/// Is a request that was proved as its user must.
#[derive(Clone, Debug)]
pub struct Asked<'o> {
    pub user: Arc<User>,
    pub level: Level,
    pub context: &'o [u8],
    /// Whose context: of an inform, its sender's. The answer repeats it, and net-snmp takes no other.
    context_engine_id: &'o [u8],
    pub pdu: PlainPdu<'o>,
    /// The most octets that the asker takes, never below 484.
    pub largest_answer: u32,
    id: i32,
    keys: Arc<Keys>,
    engine_octets: usize,
}

impl Asked<'_> {
    /// Returns the octets of the answer around its bindings, at the most.
    pub fn overhead(&self) -> usize {
        let mac_octets = self.user.authentication().map_or(0, Authentication::mac_octets);
        // The engine stands there as who answers, and another, or itself, as whose context it is. The rest is tags, lengths,
        // numbers of four octets, the salt, and what pads the last block.
        106 + self.engine_octets + self.context_engine_id.len() + self.user.name().len() + mac_octets + self.context.len()
    }
}

impl Authority {
    /// Makes an engine. `boots` must be larger by one each time it starts; `salt` is random.
    pub fn new(crypto: Arc<dyn Crypto>, engine_id: EngineId, boots: u32, salt: u64) -> Self {
        Authority { crypto, engine_id, boots, accounts: Vec::new(), contexts: Vec::new(), counts: [0; Report::COUNT], salt }
    }

    pub fn engine_id(&self) -> EngineId {
        self.engine_id
    }

    pub fn boots(&self) -> u32 {
        self.boots
    }

    /// Starts anew: after so many boots, and with its counters at 0.
    pub fn restart(&mut self, boots: u32) {
        (self.boots, self.counts) = (boots, [0; Report::COUNT]);
    }

    /// Lets a user in; of two with one name the first counts.
    pub fn add_user(&mut self, user: Arc<User>) {
        let keys = Arc::new(user.keys(&*self.crypto, self.engine_id));
        self.accounts.push(Account { user, keys });
    }

    /// Has one more context beside the default one.
    pub fn add_context(&mut self, context: &str) {
        self.contexts.push(context.as_bytes().into());
    }

    /// Returns how often a report's counter has counted.
    pub fn count(&self, report: Report) -> u32 {
        self.counts[report.place()]
    }

    /// Takes a message at `time` (snmpEngineTime, in seconds); a report on it is appended to `out`.
    pub fn open<'o>(&mut self, datagram: &'o [u8], time: u32, room: &'o mut Vec<u8>, out: &mut Vec<u8>) -> Opened<'o> {
        let envelope = match Envelope::parse(datagram) {
            Ok(envelope) => envelope,
            Err(malformed) => {
                match malformed {
                    Malformed::UnknownSecurityModel(_) => self.note(Report::UnknownSecurityModel),
                    Malformed::PrivacyWithoutAuthentication => self.note(Report::InvalidMessage),
                    Malformed::Ber(_) => 0,
                };
                return Opened::Nothing;
            }
        };
        match self.judge(&envelope, time, room) {
            Ok(asked) => Opened::Request(asked),
            Err(Some(refusal)) if envelope.is_reportable => {
                self.push_report(&envelope, refusal, time, out);
                Opened::Reported
            }
            Err(Some(refusal)) => {
                self.note(refusal.report);
                Opened::Nothing
            }
            Err(None) => Opened::Nothing,
        }
    }

    /// Judges a message in the order of RFC 3414 §3.2; `None` is what nothing is to be said of.
    fn judge<'o>(&self, envelope: &Envelope<'o>, time: u32, room: &'o mut Vec<u8>) -> Result<Asked<'o>, Option<Refusal>> {
        let refuse = |report| Some(Refusal { report, request_id: 0, proved_by: None });
        if envelope.engine_id != self.engine_id {
            return Err(refuse(Report::UnknownEngineId));
        }
        let account = self.accounts.iter().find(|account| account.user.name().as_bytes() == envelope.user);
        let Some(Account { user, keys }) = account else { return Err(refuse(Report::UnknownUserName)) };
        if envelope.level > user.level() {
            return Err(refuse(Report::UnsupportedSecurityLevel));
        }
        // RFC 3414 judges the time between proving and uncovering; here both are one step, and what an
        // old message hides is not looked at.
        let octets = uncover(envelope, &*self.crypto, keys, Level::NoAuthNoPriv, room).map_err(|unproved| {
            refuse(match unproved {
                Unproved::Digest => Report::WrongDigest,
                Unproved::Level => Report::UnsupportedSecurityLevel,
                Unproved::Hidden => Report::DecryptionError,
            })
        })?;
        if envelope.level > Level::NoAuthNoPriv && !is_timely((self.boots, time), (envelope.boots, envelope.time)) {
            let proved_by = Some((user.clone(), keys.clone()));
            return Err(Some(Refusal { report: Report::NotInTimeWindow, request_id: 0, proved_by }));
        }
        let Ok(Scoped { context_engine_id, context, pdu: Pdu::Plain(pdu) }) = Scoped::parse(octets) else {
            return Err(if envelope.level == Level::AuthPriv { refuse(Report::DecryptionError) } else { None });
        };
        // A view asks for what its user must prove: less is not let in.
        if envelope.level < user.level() {
            return Err(refuse(Report::UnsupportedSecurityLevel));
        }
        if !context.is_empty() && !self.contexts.iter().any(|known| **known == *context) {
            let proved_by = Some((user.clone(), keys.clone())).filter(|_| envelope.level > Level::NoAuthNoPriv);
            return Err(Some(Refusal { report: Report::UnknownContext, request_id: pdu.request_id, proved_by }));
        }
        Ok(Asked {
            user: user.clone(),
            level: envelope.level,
            context,
            context_engine_id,
            pdu,
            largest_answer: envelope.largest_answer.max(SMALLEST_LARGEST_MESSAGE),
            id: envelope.id,
            keys: keys.clone(),
            engine_octets: self.engine_id.as_octets().len(),
        })
    }

    /// Appends the answer to a request, protected as the request was.
    pub fn push_answer(&mut self, asked: &Asked<'_>, time: u32, head: &PduHead, out: &mut Vec<u8>, varbinds: impl FnOnce(&mut Vec<u8>)) {
        self.salt = self.salt.wrapping_add(1);
        let cover = Cover {
            id: asked.id,
            level: asked.level,
            is_reportable: false,
            engine_id: self.engine_id,
            boots: self.boots,
            time,
            user: asked.user.name().as_bytes(),
            salt: self.salt,
        };
        push_protected(out, &*self.crypto, &asked.keys, &cover, |out| {
            push_scoped(out, asked.context_engine_id, asked.context, |out| push_pdu(out, head, varbinds));
        });
    }

    fn note(&mut self, report: Report) -> u32 {
        let count = &mut self.counts[report.place()];
        *count = count.wrapping_add(1);
        *count
    }

    fn push_report(&mut self, envelope: &Envelope<'_>, refusal: Refusal, time: u32, out: &mut Vec<u8>) {
        let count = self.note(refusal.report);
        let pdu = PduHead { kind: PduType::Report, request_id: refusal.request_id, first: 0, second: 0 };
        let scoped = |out: &mut Vec<u8>| {
            push_scoped(out, self.engine_id.as_octets(), &[], |out| push_pdu(out, &pdu, |out| refusal.report.push(out, count)));
        };
        let (id, engine_id, boots) = (envelope.id, self.engine_id, self.boots);
        match &refusal.proved_by {
            // The asker may set its clock by this report alone, so it is proved.
            Some((user, keys)) => {
                let user = user.name().as_bytes();
                let cover = Cover { id, level: Level::AuthNoPriv, is_reportable: false, engine_id, boots, time, user, salt: 0 };
                push_protected(out, &*self.crypto, keys, &cover, scoped);
            }
            None => {
                let head = Head {
                    id,
                    level: Level::NoAuthNoPriv,
                    is_reportable: false,
                    engine_id,
                    boots,
                    time,
                    user: envelope.user,
                    mac_octets: 0,
                    salt: &[],
                };
                push_message(out, &head, scoped);
            }
        }
    }
}

/// Is why a message is not taken.
#[derive(Debug)]
struct Refusal {
    report: Report,
    request_id: i32,
    /// Who proved the message, and so can have the report proved.
    proved_by: Option<(Arc<User>, Arc<Keys>)>,
}
