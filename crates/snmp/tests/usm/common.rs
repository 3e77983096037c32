//! What the tests share: users, a device with one object, and one question put to it.

use std::sync::Arc;

use cryptography::Module;
use snmp::message::{PduHead, PduType, push_name, push_varbind};
use snmp::responder::{Manners, Objects, respond_v3};
use snmp::session::Tick;
use snmp::usm::talk::{Ignored, Refused, Taken, Talk};
use snmp::usm::{Authentication, Authority, KeyExtension, Privacy, Remote, User, Words};
use snmp::v3::{EngineId, Envelope};
use snmp::{OidRef, Value};

pub const SECOND: Tick = 1_000_000;
/// sysName.0, and what the device says there.
pub const SYS_NAME: [u8; 8] = [0x2b, 6, 1, 2, 1, 1, 5, 0];
pub const NAME: &[u8] = b"PRN-7";
pub const AUTH: &str = "an authentication password";
pub const PRIV: &str = "a privacy password";

/// Is a user's word for its algorithms; the passwords are always the same.
pub fn words(authentication: Option<Authentication>, privacy: Option<Privacy>) -> Words<'static> {
    Words {
        name: "service",
        authentication: authentication.map(|protocol| (protocol, AUTH)),
        privacy: privacy.map(|protocol| (protocol, PRIV)),
        extension: KeyExtension::Blumenthal,
        context: "",
    }
}

pub fn user_of(words: &Words<'_>) -> Arc<User> {
    Arc::new(User::new(&Module, words).expect("these words are allowed"))
}

pub fn user(authentication: Authentication, privacy: Privacy) -> Arc<User> {
    user_of(&words(Some(authentication), Some(privacy)))
}

/// Returns the user that most tests have.
pub fn service() -> Arc<User> {
    user(Authentication::Sha256, Privacy::Aes128)
}

/// Returns every pair of algorithms, and both extensions where they differ.
pub fn all_users() -> Vec<Arc<User>> {
    let mut users = vec![user_of(&words(None, None))];
    for authentication in Authentication::ALL.into_iter().filter(|protocol| !cryptography::IS_FIPS || !protocol.is_legacy()) {
        users.push(user_of(&words(Some(authentication), None)));
        for privacy in Privacy::ALL.into_iter().filter(|protocol| !cryptography::IS_FIPS || !protocol.is_legacy()) {
            let one = user(authentication, privacy);
            if privacy.extends(authentication) {
                users.push(Arc::new(one.extended_by(KeyExtension::Reeder)));
            }
            users.push(one);
        }
    }
    users
}

pub fn engine_id() -> EngineId {
    EngineId::new(b"\x80\0\x1f\x88\x04device").expect("is short")
}

pub fn authority(boots: u32, users: &[Arc<User>]) -> Authority {
    let mut authority = Authority::new(Arc::new(Module), engine_id(), boots, 77);
    users.iter().for_each(|user| authority.add_user(user.clone()));
    authority
}

/// Is a device whose one object is its name.
#[derive(Debug)]
pub struct Device {
    pub authority: Authority,
    /// snmpEngineTime at `since`, in seconds.
    pub time: u32,
    pub since: Tick,
    pub manners: Manners,
}

impl Device {
    pub fn new(boots: u32, users: &[Arc<User>]) -> Self {
        Device { authority: authority(boots, users), time: 1000, since: 0, manners: Manners::default() }
    }

    pub fn answer(&mut self, now: Tick, request: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let time = self.clock(now);
        respond_v3(request, &OneName, &self.manners, &mut self.authority, time, &mut out).then_some(out)
    }

    /// Starts the engine's clock anew at a moment.
    pub fn began(&mut self, at: Tick) {
        (self.time, self.since) = (0, at);
    }

    fn clock(&self, now: Tick) -> u32 {
        self.time + u32::try_from((now - self.since) / SECOND).expect("tests are short")
    }

    /// Returns whether the engine takes a datagram as a request.
    pub fn takes(&mut self, now: Tick, request: &[u8]) -> bool {
        let (mut room, mut out) = (Vec::new(), Vec::new());
        let time = self.clock(now);
        matches!(self.authority.open(request, time, &mut room, &mut out), snmp::usm::authority::Opened::Request(_))
    }
}

struct OneName;

impl Objects for OneName {
    fn get(&self, name: OidRef<'_>) -> Option<Value<'_>> {
        (name.as_octets() == SYS_NAME).then_some(Value::OctetString(NAME))
    }

    fn next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        let name = OidRef::new(&SYS_NAME);
        name.cmp_arcs(&after).is_gt().then_some((name, Value::OctetString(NAME)))
    }
}

/// Is what became of one question.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// The first value of the answer; nothing if it is an error.
    Answer(Vec<u8>),
    AskAgain,
    Refused(Refused),
    Ignored(Ignored),
    /// What came is no message of v3.
    Nonsense,
    Silence,
}

impl Said {
    pub fn name() -> Self {
        Said::Answer(NAME.to_vec())
    }
}

pub fn talk(user: &Arc<User>, known: Option<Remote>) -> Talk {
    Talk::new(&Module, user.clone(), known)
}

/// Words the question for the device's name.
pub fn request(talk: &Talk, now: Tick, id: i32) -> Vec<u8> {
    request_in(talk, now, id, talk.user().context().as_bytes())
}

pub fn request_in(talk: &Talk, now: Tick, id: i32, context: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let head = PduHead { kind: PduType::Get, request_id: id, first: 0, second: 0 };
    let salt = u64::from(id.unsigned_abs());
    talk.push_request(&mut out, &Module, now, &head, context, salt, |out| push_name(out, &SYS_NAME, &[]));
    out
}

pub fn take(talk: &mut Talk, now: Tick, datagram: &[u8]) -> Said {
    let Ok(envelope) = Envelope::parse(datagram) else { return Said::Nonsense };
    let mut room = Vec::new();
    match talk.take(&Module, now, &envelope, &mut room) {
        Taken::Answer(mut pdu) => {
            let value = pdu.varbinds.next().and_then(Result::ok).filter(|_| pdu.first == 0);
            Said::Answer(value.map_or_else(Vec::new, |binding| binding.contents.to_vec()))
        }
        Taken::AskAgain => Said::AskAgain,
        Taken::Refused(refused) => Said::Refused(refused),
        Taken::Ignored(ignored) => Said::Ignored(ignored),
    }
}

/// Puts one question and takes what comes.
pub fn ask(talk: &mut Talk, device: &mut Device, now: Tick, id: i32) -> Said {
    let request = request(talk, now, id);
    match device.answer(now, &request) {
        Some(answer) => take(talk, now, &answer),
        None => Said::Silence,
    }
}

/// Puts the question as often as the device asks for it; returns the last word, and how many requests it took.
pub fn converse(talk: &mut Talk, device: &mut Device, now: Tick) -> (Said, i32) {
    for id in 1.. {
        match ask(talk, device, now, id) {
            Said::AskAgain => {}
            said => return (said, id),
        }
    }
    unreachable!("a talk ends")
}

/// Returns a talk that has had its first answer, and what it talks with.
pub fn acquainted(user: &Arc<User>) -> (Talk, Device) {
    let (mut talk, mut device) = (talk(user, None), Device::new(7, std::slice::from_ref(user)));
    assert_eq!(converse(&mut talk, &mut device, 0).0, Said::name(), "{user}");
    (talk, device)
}

/// Writes a message that an engine has sealed: a PDU of any kind with sysName.
pub fn push_name_pdu(out: &mut Vec<u8>, head: &PduHead) {
    snmp::message::push_pdu(out, head, |out| push_varbind(out, OidRef::new(&SYS_NAME), Value::OctetString(NAME)));
}
