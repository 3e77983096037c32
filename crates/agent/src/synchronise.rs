//! One session with the server: what waits in the spool, then what is new, then what it asks for.
//!
//! Each step is on disk before the next begins, in this order: the report in the spool, the entry in
//! the ledger, the octets on the wire, the base and the readings in the store, the spool without the
//! report. Wherever the agent stops, the next session sends the same octets under the same id, or
//! finds that the server has them; it never makes a second version of a report.

use std::time::Duration;

use jiff::Timestamp;
use uplink::{Spool, SpoolError, Spooled};
use wire::Report;
use wire::rhythm::Schedule;
use wire::talk::{Hello, LastReport, Reply};

use crate::commands::{self, Wanted};
use crate::config::Mode;
use crate::ledger::{Draft as LedgerDraft, Ledger, LedgerError, What};
use crate::seal::{Bounds, SealError, seal};
use crate::shared::Shared;
use crate::speaker::Speaker;
use crate::store::StoreError;
use crate::story::story;

/// Is the server, as a session sees it: certificate and credentials have been found good.
pub trait Server {
    fn hello(&self) -> &Hello;

    /// Sends a sealed report; returns when the server has it on its disk.
    ///
    /// # Errors
    /// Fails if the server does not take it, or if nobody knows whether it has.
    fn send(&mut self, payload: &[u8]) -> Result<Reply, Refusal>;

    /// Returns the octets sent and received so far, everything included.
    fn octets(&self) -> (u64, u64);
}

/// Is the way to the server.
pub trait Connect {
    /// Verifies the server, shows it the credentials, and hears its hello.
    ///
    /// # Errors
    /// Fails if one of the three does.
    fn connect(&self) -> Result<Box<dyn Server + '_>, Refusal>;

    /// Returns host and port, for the ledger.
    fn destination(&self) -> String;
}

/// Says why the server has not taken something, as far as that makes a difference to the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has another base, and wants everything whole.
    NeedsFull(Option<LastReport>),
    /// It has a newer report of this agent.
    Stale(Option<LastReport>),
    TooLarge(String),
    /// It will never take this report as it is.
    Rejected(String),
    /// Something else, in words for people.
    Other {
        reason: String,
        server_answered: bool,
        wait: Option<Duration>,
    },
}

/// Is what the agent keeps for reporting.
pub struct Desk {
    pub store: Shared,
    pub spool: Spool,
    pub ledger: Ledger,
    pub bounds: Bounds,
}

/// Is what a session brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Reports that the server has taken.
    pub reports: u32,
    pub sent: u64,
    pub received: u64,
    /// What the server wants and the caller has to do.
    pub wanted: Vec<Wanted>,
}

/// Says why a session ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error("{}", reason(.0))]
    Refused(Refusal),
    #[error("the server speaks {}, and this agent {}; update the one that is older", .0.join(", "), wire::SCHEMA)]
    Version(Vec<String>),
    #[error("nothing was sent, because it cannot be written into the ledger first")]
    Ledger(#[from] LedgerError),
    #[error("what waits to be sent cannot be had")]
    Spool(#[from] SpoolError),
    #[error("the report cannot be made")]
    Seal(#[from] SealError),
    #[error("the agent's store does not obey")]
    Store(#[from] StoreError),
}

fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NeedsFull(_) => "the server asks for whole reports again and again; tell its operator".to_owned(),
        Refusal::Stale(_) => {
            "the server says again and again that it has newer reports of this agent; is the agent running twice?".to_owned()
        }
        Refusal::TooLarge(reason) | Refusal::Rejected(reason) => reason.clone(),
        Refusal::Other { reason, .. } => reason.clone(),
    }
}

impl SyncError {
    /// Returns whether the server answered, though not as hoped.
    pub fn server_answered(&self) -> bool {
        match self {
            SyncError::Refused(Refusal::Other { server_answered, .. }) => *server_answered,
            SyncError::Refused(_) | SyncError::Version(_) => true,
            _ => false,
        }
    }

    /// Returns how long the server wants to be left alone.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            SyncError::Refused(Refusal::Other { wait, .. }) => *wait,
            _ => None,
        }
    }
}

/// Is how often a server may turn the agent back in one session.
const MOST_TURNS: u32 = 2;
/// Is how often its commands may make the agent report once more in one session.
const MOST_ENCORES: u32 = 4;
/// Is the largest report that is unpacked, far beyond the bounds of one.
const LARGEST: usize = 64 << 20;

/// Is one session under way.
struct Talk<'a> {
    desk: &'a mut Desk,
    server: Box<dyn Server + 'a>,
    destination: String,
    speaker: Speaker,
    mode: Mode,
    clock: &'a dyn Fn() -> Timestamp,
    session: Session,
    turns: u32,
    /// The highest sequence number that the server is known to have seen.
    floor: u64,
    replies: Vec<Reply>,
}

/// Holds a session: sends what waits, then at least one report of what is new, and takes commands.
///
/// What was done before an error stays done; the session that is returned beside it tells.
pub fn synchronise(
    desk: &mut Desk,
    connect: &dyn Connect,
    speaker: Speaker,
    mode: Mode,
    clock: &dyn Fn() -> Timestamp,
) -> (Session, Result<(), SyncError>) {
    let server = match connect.connect() {
        Ok(server) => server,
        Err(refusal) => return (Session::default(), Err(SyncError::Refused(refusal))),
    };
    let destination = connect.destination();
    let mut talk =
        Talk { desk, server, destination, speaker, mode, clock, session: Session::default(), turns: 0, floor: 0, replies: Vec::new() };
    let result = talk.hold();
    (talk.session.sent, talk.session.received) = talk.server.octets();
    (talk.session, result)
}

impl Talk<'_> {
    fn hold(&mut self) -> Result<(), SyncError> {
        let hello = self.server.hello();
        if !hello.speaks.iter().any(|version| version == wire::SCHEMA) {
            return Err(SyncError::Version(hello.speaks.clone()));
        }
        let last = hello.last_report.clone();
        self.compare(last)?;
        self.empty_spool()?;
        let mut encores = 0;
        loop {
            let (now, bounds) = ((self.clock)(), self.desk.bounds);
            let mut has_more = seal(&self.desk.store, &mut self.desk.spool, &self.speaker, bounds, self.floor, now)?;
            has_more |= !self.empty_spool()?;
            let has_news = self.obey()?;
            if !has_more {
                if !has_news || encores == MOST_ENCORES {
                    return Ok(());
                }
                encores += 1;
            }
        }
    }

    /// Compares where the server stands with where the agent thinks it does.
    fn compare(&mut self, last: Option<LastReport>) -> Result<(), SyncError> {
        self.floor = self.floor.max(last.as_ref().map_or(0, |last| last.sequence));
        let is_ahead = self.is_ahead(last.as_ref())?;
        let last = last.map(|last| last.id);
        let known = self.desk.store.lock().acknowledged()?.map(|acknowledged| acknowledged.report);
        let waits = |id: &String| self.desk.spool.entries().any(|entry| entry.id.to_string() == *id);
        // What the server has and the agent did not live to hear is sent again, and found to be there.
        if known != last && !last.as_ref().is_some_and(waits) {
            tracing::info!("the server has another report than was acknowledged; everything is told whole");
            self.forget(is_ahead)?;
        }
        Ok(())
    }

    /// Returns whether the server has a report with a number that this agent has not given yet.
    fn is_ahead(&self, last: Option<&LastReport>) -> Result<bool, SyncError> {
        let given = self.desk.store.lock().last_sequence()?;
        Ok(last.is_some_and(|last| last.sequence > given))
    }

    fn forget(&mut self, is_server_ahead: bool) -> Result<(), SyncError> {
        let mut store = self.desk.store.lock();
        if is_server_ahead {
            tracing::warn!(
                "the server knows more of this agent than the agent itself: its disk was put back, or another agent is a copy of it; \
                 enrol one of the two anew"
            );
            store.fall_behind()?;
        } else {
            store.forget_base()?;
        }
        Ok(())
    }

    /// Sends what is in the spool, the oldest first; returns whether all of it went as it was.
    fn empty_spool(&mut self) -> Result<bool, SyncError> {
        let mut went = true;
        while let Some(spooled) = self.desk.spool.oldest()? {
            let Some(report) = unpacked(&spooled) else {
                // The spool's check sum is right, so another version of the agent has made it.
                tracing::warn!(report = %spooled.entry.id, "a report in the spool does not read any more; its readings are told anew");
                self.give_up(&spooled)?;
                continue;
            };
            if report.sender.id != self.speaker.sender {
                tracing::info!(report = %report.id, "a report was sealed under an earlier enrolment; its readings are told anew");
                self.give_up(&spooled)?;
                continue;
            }
            went &= self.send(&spooled, &report)?;
        }
        Ok(went)
    }

    /// Sends one report; returns false if it has to be made anew.
    fn send(&mut self, spooled: &Spooled, report: &Report) -> Result<bool, SyncError> {
        self.enter(What::Sent, spooled)?;
        match self.server.send(&spooled.payload) {
            // A word on another report is no word on this one.
            Ok(reply) if reply.report != report.id => {
                let reason = "the server answered for another report than was sent; tell its operator".to_owned();
                Err(SyncError::Refused(Refusal::Other { reason, server_answered: true, wait: None }))
            }
            Ok(reply) => {
                self.acknowledge(spooled, report)?;
                self.replies.push(reply);
                Ok(true)
            }
            Err(Refusal::NeedsFull(last) | Refusal::Stale(last)) if self.turns < MOST_TURNS => {
                self.turns += 1;
                let is_ahead = self.is_ahead(last.as_ref())?;
                self.floor = self.floor.max(last.map_or(0, |last| last.sequence)).max(report.sequence);
                tracing::info!(report = %report.id, "the server wants everything whole");
                self.forget(is_ahead)?;
                self.desk.spool.remove(spooled.entry.id)?;
                Ok(false)
            }
            Err(Refusal::TooLarge(reason)) if self.turns < MOST_TURNS && report.readings.len() > 1 => {
                self.turns += 1;
                tracing::info!(report = %report.id, reason, "the server finds the report too large; it is sent in smaller ones");
                self.desk.bounds = self.desk.bounds.halved();
                self.desk.spool.remove(spooled.entry.id)?;
                Ok(false)
            }
            Err(refusal @ (Refusal::TooLarge(_) | Refusal::Rejected(_))) => {
                // Sent again it would be refused again, and stand in the way of all that follows.
                self.give_up(spooled)?;
                Err(SyncError::Refused(refusal))
            }
            Err(refusal) => Err(SyncError::Refused(refusal)),
        }
    }

    /// Takes a report back: its readings are still in the store, and are told whole next time.
    fn give_up(&mut self, spooled: &Spooled) -> Result<(), SyncError> {
        self.desk.store.lock().forget_base()?;
        self.desk.spool.remove(spooled.entry.id)?;
        Ok(())
    }

    /// Writes into the ledger what is about to happen, unless it stands there from an earlier attempt.
    fn enter(&mut self, what: What, spooled: &Spooled) -> Result<(), SyncError> {
        let id = spooled.entry.id.to_string();
        let newest = self.desk.ledger.reader().entries(None, 64)?;
        if newest.entries.iter().any(|entry| entry.what == what && entry.report.as_deref() == Some(&id)) {
            return Ok(());
        }
        self.desk.ledger.append(LedgerDraft {
            time: (self.clock)(),
            what,
            report: Some(&id),
            destination: Some(&self.destination),
            note: None,
            payload: (what == What::Sent).then_some(spooled.payload.as_slice()),
        })?;
        Ok(())
    }

    fn acknowledge(&mut self, spooled: &Spooled, report: &Report) -> Result<(), SyncError> {
        // One that the server has had below a later one is no base for anything.
        if report.sequence < self.floor {
            self.desk.store.lock().relieve(report)?;
        } else {
            self.desk.store.lock().acknowledge(report, (self.clock)())?;
        }
        // The report is safe on both sides; a ledger that cannot say so is no reason to send it again.
        if let Err(error) = self.enter(What::Acknowledged, spooled) {
            tracing::warn!(error = story(&error), "the ledger does not tell that the server has the report");
        }
        self.desk.spool.remove(spooled.entry.id)?;
        self.session.reports += 1;
        Ok(())
    }

    /// Takes the commands that came with the replies; returns whether there is something new to report.
    fn obey(&mut self) -> Result<bool, SyncError> {
        let mut has_news = false;
        for reply in std::mem::take(&mut self.replies) {
            for command in &reply.commands {
                let taken = commands::take(&mut self.desk.store.lock(), command, self.mode, (self.clock)())?;
                has_news |= taken.is_news;
                if let Some(Wanted::Schedule(schedule)) = &taken.wanted {
                    self.speaker.schedule = Schedule::clone(schedule);
                    self.speaker.next_at = None;
                }
                self.session.wanted.extend(taken.wanted);
            }
        }
        Ok(has_news)
    }
}

/// Reads what was sealed.
fn unpacked(spooled: &Spooled) -> Option<Report> {
    let text = uplink::compress::decompress(&spooled.payload, LARGEST).ok()?;
    wire::json::decode(&text).ok()
}
