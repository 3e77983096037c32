//! Asking one device as one user: who it is, what its clock shows, and what it says of the user.
//!
//! A talk words requests and judges answers; whoever owns it sends, waits and asks again. Nothing is
//! believed that is not proved: what a device says in the clear only shapes the next request, and at
//! most [`MOST_REPORTS`] of these come between two answers.

use std::fmt;
use std::sync::Arc;

use super::algorithm::Level;
use super::clock::{Remote, Timeliness};
use super::crypto::Crypto;
use super::protection::{Cover, Unproved, push_protected, uncover};
use super::report::Report;
use super::user::{Keys, User};
use crate::message::{Pdu, PduHead, PduType, PlainPdu, push_pdu};
use crate::session::Tick;
use crate::v3::{EngineId, Envelope, Head, Scoped, push_message, push_scoped};

/// Is how many reports may come between two answers: its engine, its clock, and one of either again.
pub const MOST_REPORTS: u8 = 4;

/// Is a talk with one device as one user.
#[derive(Clone, Debug)]
pub struct Talk {
    user: Arc<User>,
    /// The engine with the user's keys there; `None` before it is known.
    engine: Option<(Remote, Arc<Keys>)>,
    /// What the engine said of its clock in the clear. It words requests until something is proved,
    /// and what was proved before is still what that is judged by.
    hint: Option<Remote>,
    /// Reports since the last answer.
    reports: u8,
    /// What the device said of itself that a person should know.
    oddities: Vec<Oddity>,
    went_back: bool,
}

/// Is what a device's engine did that a person should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// It counts fewer starts than before.
    BootsWentBack { before: u32, now: u32 },
    /// Its clock fell behind what it showed before, in seconds.
    TimeWentBack { before: u32, now: u32 },
    /// Another engine answers than before.
    AnotherEngine { before: EngineId, now: EngineId },
}

/// Says why a device does not serve a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// What it reports.
    Reported(Report),
    /// It has used up its boots, and takes no message until it is set up anew.
    Latched,
    /// Its clock went back twice in one talk.
    ClockWentBack,
    /// It goes on reporting, whatever is asked.
    ReportsWithoutEnd(Report),
}

/// Says why an answer is not taken; the request stays open, for the true one may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    Unproved(Unproved),
    /// Another engine than was asked.
    Engine,
    /// Another user, request or kind of PDU than was asked.
    Mismatch,
    /// What was uncovered is no scoped PDU.
    Malformed,
}

/// Says what an answer is.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken<'o> {
    Answer(PlainPdu<'o>),
    /// The device told who it is or what its clock shows: the same question is to be put again.
    AskAgain,
    Refused(Refused),
    Ignored(Ignored),
}

impl Talk {
    /// Begins to talk with a device; `known` is what is remembered of its engine.
    pub fn new(crypto: &dyn Crypto, user: Arc<User>, known: Option<Remote>) -> Self {
        let mut talk = Talk { user, engine: None, hint: None, reports: 0, oddities: Vec::new(), went_back: false };
        if let Some(remote) = known.filter(|remote| !remote.engine_id.is_unknown()) {
            talk.meet(crypto, remote);
        }
        talk
    }

    pub fn user(&self) -> &Arc<User> {
        &self.user
    }

    /// Returns what is known of the device's engine.
    pub fn remote(&self) -> Option<&Remote> {
        self.engine.as_ref().map(|(remote, _)| remote)
    }

    /// Returns what a person should know of the device's engine, once.
    pub fn take_oddities(&mut self) -> Vec<Oddity> {
        std::mem::take(&mut self.oddities)
    }

    fn meet(&mut self, crypto: &dyn Crypto, remote: Remote) {
        let same = self.engine.take().filter(|(known, _)| known.engine_id == remote.engine_id);
        let keys = same.map_or_else(|| Arc::new(self.user.keys(crypto, remote.engine_id)), |(_, keys)| keys);
        self.engine = Some((remote, keys));
        self.hint = None;
    }

    /// Appends a request, or the question who the device is while that is not known.
    ///
    /// `id` is msgID and request-id in one. `salt` must never come twice.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the message, and they have no common owner")]
    pub fn push_request(
        &self,
        out: &mut Vec<u8>,
        crypto: &dyn Crypto,
        now: Tick,
        head: &PduHead,
        context: &[u8],
        salt: u64,
        varbinds: impl FnOnce(&mut Vec<u8>),
    ) {
        let Some((remote, keys)) = &self.engine else {
            return push_discovery(out, head.request_id);
        };
        let (boots, time) = self.hint.as_ref().unwrap_or(remote).clock(now);
        let (level, user) = (self.user.level(), self.user.name().as_bytes());
        let cover = Cover { id: head.request_id, level, is_reportable: true, engine_id: remote.engine_id, boots, time, user, salt };
        push_protected(out, crypto, keys, &cover, |out| {
            push_scoped(out, remote.engine_id.as_octets(), context, |out| push_pdu(out, head, varbinds));
        });
    }

    /// Takes a message that came in answer to the open request of this id; `room` is for what was hidden.
    pub fn take<'o>(&mut self, crypto: &dyn Crypto, now: Tick, envelope: &Envelope<'o>, room: &'o mut Vec<u8>) -> Taken<'o> {
        let Some((remote, keys)) = &mut self.engine else {
            return self.take_introduction(crypto, now, envelope);
        };
        if envelope.level == Level::NoAuthNoPriv && self.user.level() > Level::NoAuthNoPriv {
            return self.take_unproved(crypto, now, envelope);
        }
        if envelope.engine_id != remote.engine_id {
            return match self.user.level() {
                Level::NoAuthNoPriv => self.take_unproved(crypto, now, envelope),
                _ => Taken::Ignored(Ignored::Engine),
            };
        }
        // A report may be proved and still not hidden: it is about a message that was not understood.
        let least = self.user.level().min(Level::AuthNoPriv);
        let scoped = match uncover(envelope, crypto, keys, least, room) {
            Ok(octets) => Scoped::parse(octets),
            Err(unproved) => return Taken::Ignored(Ignored::Unproved(unproved)),
        };
        let Ok(Scoped { pdu: Pdu::Plain(pdu), .. }) = scoped else { return Taken::Ignored(Ignored::Malformed) };
        self.hint = None;
        if let Some(report) = Report::of(&pdu) {
            return self.take_proved_report(report, now, envelope);
        }
        if envelope.user != self.user.name().as_bytes() || pdu.request_id != envelope.id || pdu.kind != PduType::Response {
            return Taken::Ignored(Ignored::Mismatch);
        }
        if envelope.level < self.user.level() {
            return Taken::Ignored(Ignored::Unproved(Unproved::Level));
        }
        if self.user.level() > Level::NoAuthNoPriv {
            match remote.judge(envelope.boots, envelope.time, now) {
                Timeliness::Timely => {}
                Timeliness::Latched => return Taken::Refused(Refused::Latched),
                // The id was never used before and nobody could guess it, so this is no old message: the
                // engine's own clock is what went back.
                Timeliness::Past => return self.follow_back(envelope, now),
            }
        }
        self.reports = 0;
        Taken::Answer(pdu)
    }

    /// Takes the answer to the question who the device is.
    fn take_introduction<'o>(&mut self, crypto: &dyn Crypto, now: Tick, envelope: &Envelope<'_>) -> Taken<'o> {
        if envelope.engine_id.is_unknown() {
            return Taken::Ignored(Ignored::Engine);
        }
        match report_in_the_clear(envelope) {
            Ok(Report::UnknownEngineId) => {
                self.meet(crypto, Remote::told(envelope.engine_id, envelope.boots, envelope.time, now));
                self.ask_again(Report::UnknownEngineId)
            }
            Ok(report) => Taken::Refused(Refused::Reported(report)),
            Err(ignored) => Taken::Ignored(ignored),
        }
    }

    /// Takes a message that is not proved: a report may steer the next request, and no more.
    fn take_unproved<'o>(&mut self, crypto: &dyn Crypto, now: Tick, envelope: &Envelope<'_>) -> Taken<'o> {
        let report = match report_in_the_clear(envelope) {
            Ok(report) => report,
            Err(ignored) => return Taken::Ignored(ignored),
        };
        let told = Remote::told(envelope.engine_id, envelope.boots, envelope.time, now);
        let before = self.remote().map(|remote| remote.engine_id);
        match report {
            // Some do not prove it, although they must. It is no word on the engine's clock, but a hint
            // how to word the next request; its answer will be proved or not count.
            Report::NotInTimeWindow | Report::UnknownEngineId if before == Some(envelope.engine_id) => {
                self.hint = Some(told);
                self.ask_again(report)
            }
            Report::UnknownEngineId if !envelope.engine_id.is_unknown() => {
                self.oddities.extend(before.map(|before| Oddity::AnotherEngine { before, now: envelope.engine_id }));
                self.meet(crypto, told);
                self.ask_again(report)
            }
            report => Taken::Refused(Refused::Reported(report)),
        }
    }

    fn take_proved_report<'o>(&mut self, report: Report, now: Tick, envelope: &Envelope<'_>) -> Taken<'o> {
        if report != Report::NotInTimeWindow {
            return Taken::Refused(Refused::Reported(report));
        }
        let Some((remote, _)) = &mut self.engine else { return Taken::Ignored(Ignored::Engine) };
        match remote.judge(envelope.boots, envelope.time, now) {
            Timeliness::Timely => {
                // Also where our own notion ran ahead, by less than the window.
                remote.set(envelope.boots, envelope.time, now);
                self.ask_again(report)
            }
            Timeliness::Latched => Taken::Refused(Refused::Latched),
            Timeliness::Past => self.follow_back(envelope, now),
        }
    }

    /// Follows a clock that went back: once, and a person is told.
    fn follow_back<'o>(&mut self, envelope: &Envelope<'_>, now: Tick) -> Taken<'o> {
        let Some((remote, _)) = &mut self.engine else { return Taken::Ignored(Ignored::Engine) };
        if self.went_back {
            return Taken::Refused(Refused::ClockWentBack);
        }
        self.went_back = true;
        self.oddities.push(match envelope.boots < remote.boots {
            true => Oddity::BootsWentBack { before: remote.boots, now: envelope.boots },
            false => Oddity::TimeWentBack { before: remote.clock(now).1, now: envelope.time },
        });
        remote.set(envelope.boots, envelope.time, now);
        self.ask_again(Report::NotInTimeWindow)
    }

    fn ask_again<'o>(&mut self, report: Report) -> Taken<'o> {
        self.reports += 1;
        match self.reports > MOST_REPORTS {
            true => Taken::Refused(Refused::ReportsWithoutEnd(report)),
            false => Taken::AskAgain,
        }
    }
}

/// Appends the question who a device is: its answer is a report that names its engine.
///
/// Source: RFC 3414 §4.
pub fn push_discovery(out: &mut Vec<u8>, id: i32) {
    let head = Head {
        id,
        level: Level::NoAuthNoPriv,
        is_reportable: true,
        engine_id: EngineId::UNKNOWN,
        boots: 0,
        time: 0,
        user: &[],
        mac_octets: 0,
        salt: &[],
    };
    let pdu = PduHead { kind: PduType::Get, request_id: id, first: 0, second: 0 };
    push_message(out, &head, |out| push_scoped(out, &[], &[], |out| push_pdu(out, &pdu, |_| {})));
}

/// Reads what a device says of its engine when it is asked who it is; nothing of it is proved.
pub fn introduction(envelope: &Envelope<'_>, now: Tick) -> Option<Remote> {
    let is_one = !envelope.engine_id.is_unknown() && report_in_the_clear(envelope) == Ok(Report::UnknownEngineId);
    is_one.then(|| Remote::told(envelope.engine_id, envelope.boots, envelope.time, now))
}

/// Reads the report of a message in the clear. Its request-id may be 0: not every engine finds it.
fn report_in_the_clear(envelope: &Envelope<'_>) -> Result<Report, Ignored> {
    if envelope.level != Level::NoAuthNoPriv {
        return Err(Ignored::Engine);
    }
    match Scoped::parse(envelope.data) {
        Ok(Scoped { pdu: Pdu::Plain(pdu), .. }) => Report::of(&pdu).ok_or(Ignored::Unproved(Unproved::Level)),
        _ => Err(Ignored::Malformed),
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Oddity::BootsWentBack { before, now } => {
                write!(f, "snmpEngineBoots went back from {before} to {now}: the device forgets how often it has started")
            }
            Oddity::TimeWentBack { before, now } => write!(f, "snmpEngineTime went back from {before} to {now} s without a restart"),
            Oddity::AnotherEngine { before, now } => write!(f, "snmpEngineID changed from {before} to {now}"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Reported(report) => write!(f, "{} ({report})", said(*report)),
            Refused::Latched => write!(f, "snmpEngineBoots is at its end, 2147483647: the device takes no SNMPv3 until it is set up anew"),
            Refused::ClockWentBack => write!(f, "its engine's clock went back twice in one talk ({})", Report::NotInTimeWindow),
            Refused::ReportsWithoutEnd(report) => write!(f, "answers every request with another report ({report})"),
        }
    }
}

/// Says what a report means, and what to look at.
fn said(report: Report) -> &'static str {
    match report {
        Report::UnsupportedSecurityLevel => {
            "the user is not set up there for this protection; compare privacy and authentication with the device's"
        }
        Report::NotInTimeWindow => "the device's clock does not fit what it said before",
        Report::UnknownUserName => "the device knows no such user",
        Report::UnknownEngineId => "the device does not take its own engine ID",
        Report::WrongDigest => "wrong authentication password or protocol",
        Report::DecryptionError => "wrong privacy password or protocol",
        Report::UnknownSecurityModel => "the device speaks no USM",
        Report::InvalidMessage => "the device calls the message invalid",
        Report::UnknownPduHandler => "the device has nobody for such a request",
        Report::UnavailableContext => "the context is not to be had now",
        Report::UnknownContext => "the device has no such context",
        Report::Other => "the device reports a counter that no standard names",
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ignored::Unproved(unproved) => write!(f, "an answer was not believed: {unproved}"),
            Ignored::Engine => f.write_str("an answer was not believed: it is of another engine than was asked"),
            Ignored::Mismatch => f.write_str("an answer was not believed: it is for another user or request than was asked"),
            Ignored::Malformed => f.write_str("an answer was not understood: it holds no scoped PDU"),
        }
    }
}
