//! One session with the server: enrol if need be, then hello, then what the server does not have.
//!
//! Each step is on flash before the next begins: the readings with the sealed report, then the
//! octets on the wire, then the acknowledgement. Wherever the power goes, the next session sends
//! the same octets under the same id, or finds that the server has them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wire::envelope::SenderKind;
use wire::talk::{EnrolRequest, Hello, LastReport, Reply};

use crate::module::Module;
use crate::orders;
use crate::platform::{Platform, StoreFault, Trouble};
use crate::report::{self, Around};
use crate::state::Enrolment;

/// Is how often a server may turn a report back in one session.
const MOST_TURNS: u32 = 2;
/// Is how often its commands may make the module report once more in one session.
const MOST_ENCORES: u32 = 4;

/// Says why a session ended before its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Server(Trouble),
    #[error("the server speaks {}, and this module {}; update the one that is older", .0.join(", "), wire::SCHEMA)]
    Version(Vec<String>),
    #[error("the module is not enrolled; configure a one-time code or a token of the service provider")]
    NoIntroduction,
    #[error("the one-time code in the configuration has been used; ask the service provider for a new one")]
    CodeIsSpent,
    #[error("nothing was enrolled: {0}")]
    Flash(StoreFault),
}

impl Failure {
    /// Returns whether the same may succeed without anybody doing anything.
    pub fn may_pass(&self) -> bool {
        matches!(self, Failure::Server(Trouble::Later { .. } | Trouble::Blocked(_)))
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Failure::Server(trouble)
    }
}

/// Is a session under way.
pub(crate) struct Session<'a> {
    pub module: &'a mut Module,
    pub turns: u32,
    /// The highest number that the server is known to have seen.
    pub floor: u64,
}

impl Session<'_> {
    pub(crate) fn hold(&mut self, platform: &mut impl Platform) -> Result<(), Failure> {
        let enrolment = self.enrolment(platform)?;
        if self.module.state.pending.is_none() {
            self.seal(false, platform);
        }
        // A flash that does not obey is said to the server; it is no reason to stay silent.
        let _ = self.module.save(platform);
        let hello = platform.hello(&enrolment)?;
        self.compare(hello, platform)?;
        for encore in 0.. {
            if let Some(reply) = self.deliver(platform)?
                && !self.obey(reply, platform)
                && self.module.state.readings.is_empty()
            {
                break;
            }
            if encore == MOST_ENCORES {
                break;
            }
            self.seal(false, platform);
            let _ = self.module.save(platform);
        }
        Ok(())
    }

    /// Returns the credentials, which are asked for if there are none.
    fn enrolment(&mut self, platform: &mut impl Platform) -> Result<Enrolment, Failure> {
        if let Some(enrolment) = &self.module.state.enrolment {
            return Ok(enrolment.clone());
        }
        let settings = &self.module.settings;
        let introduction = settings.introduction.clone().ok_or(Failure::NoIntroduction)?;
        if introduction.works_once && self.module.state.spent == Some(introduction.mark()) {
            return Err(Failure::CodeIsSpent);
        }
        let request = EnrolRequest {
            secret: introduction.secret.clone(),
            kind: SenderKind::DeviceDirect,
            name: settings.name.clone(),
            software: settings.software.clone(),
        };
        // What cannot be kept must not use up the code.
        self.module.save(platform).map_err(Failure::Flash)?;
        let enrolled = platform.enrol(&request)?;
        let enrolment = Enrolment {
            server: enrolled.server,
            authority: enrolled.authority,
            sender: enrolled.reply.sender,
            secret: enrolled.reply.secret,
        };
        let state = &mut self.module.state;
        state.enrolment = Some(enrolment.clone());
        state.spent = introduction.works_once.then_some(introduction.mark()).or(state.spent);
        platform.tell(&alloc::format!("enrolled with {} as {}", enrolment.server, enrolment.sender));
        Ok(enrolment)
    }

    fn seal(&mut self, whole: bool, platform: &mut impl Platform) {
        let now = platform.now();
        let next_at = self.module.planned_after(now, platform);
        let schedule = self.module.schedule().clone();
        let around = Around { settings: &self.module.settings, schedule, next_at, floor: self.floor, now };
        report::seal(&mut self.module.state, &around, whole, platform);
    }

    /// Compares where the server stands with where the module thinks it does.
    fn compare(&mut self, hello: Hello, platform: &mut impl Platform) -> Result<(), Failure> {
        if !hello.speaks.iter().any(|version| version == wire::SCHEMA) {
            return Err(Failure::Version(hello.speaks.into_iter().take(8).map(|version| version.chars().take(40).collect()).collect()));
        }
        self.floor = hello.last_report.as_ref().map_or(0, |last| last.sequence);
        let last = hello.last_report.map(|last| last.id);
        let Some(pending) = &self.module.state.pending else { return Ok(()) };
        // What the server has and the module did not live to hear is sent again, and found to be there.
        let is_there = last.as_ref() == Some(&pending.id);
        let fits = pending.base.is_none() || pending.base == last;
        let is_passed = pending.sequence <= self.floor;
        if !is_there && (!fits || is_passed) {
            self.reseal(platform);
        }
        Ok(())
    }

    /// Makes the report anew, whole.
    fn reseal(&mut self, platform: &mut impl Platform) {
        platform.tell("the server has another report than was acknowledged; everything is told whole");
        self.seal(true, platform);
        let _ = self.module.save(platform);
    }

    /// Sends the pending report; `None` if it was turned back, and made anew.
    fn deliver(&mut self, platform: &mut impl Platform) -> Result<Option<Reply>, Failure> {
        loop {
            let Some(pending) = self.module.state.pending.clone() else { return Ok(None) };
            match platform.send(&pending.octets) {
                // A word on another report is no word on this one.
                Ok(reply) if reply.report != pending.id => {
                    let why = "the server answered for another report than was sent; tell its operator".to_string();
                    return Err(Trouble::Later { why, wait: None }.into());
                }
                Ok(reply) => {
                    report::acknowledge(&mut self.module.state, platform.now());
                    return Ok(Some(reply));
                }
                Err(Trouble::NeedsFull(last) | Trouble::Stale(last)) if self.turns < MOST_TURNS => {
                    self.turns += 1;
                    self.floor = self.floor.max(last.map_or(0, |last: LastReport| last.sequence)).max(pending.sequence);
                    self.reseal(platform);
                }
                Err(trouble) => return Err(self.give_up(trouble, platform)),
            }
        }
    }

    fn give_up(&mut self, trouble: Trouble, platform: &mut impl Platform) -> Failure {
        match &trouble {
            Trouble::Rejected(_) => {
                let state = &mut self.module.state;
                let was_whole = state.pending.take().is_some_and(|pending| pending.base.is_none());
                if was_whole {
                    // Told whole it was refused as well, and would stand in the way of all that follows.
                    state.dropped += u32::try_from(state.readings.len()).unwrap_or(u32::MAX);
                    state.readings.clear();
                }
                state.forget_base();
                let _ = self.module.save(platform);
            }
            Trouble::AnotherDevice(_) => {
                let state = &mut self.module.state;
                // They are this printer's own: it was read before the server spoke.
                let (readings, base) = (core::mem::take(&mut state.readings), state.base.take());
                self.module.begin_anew();
                (self.module.state.readings, self.module.state.base) = (readings, base);
                self.module.state.forget_base();
                let _ = self.module.save(platform);
            }
            _ => {}
        }
        trouble.into()
    }

    /// Takes and runs the commands that came with a reply; returns whether there is something new to report.
    fn obey(&mut self, reply: Reply, platform: &mut impl Platform) -> bool {
        let (mode, now) = (self.module.settings.mode, platform.now());
        for command in &reply.commands {
            if orders::take(&mut self.module.state, command, mode, now) {
                platform.tell(&alloc::format!("the server asks for something: command {}", command.id));
            }
        }
        let saved = self.module.save(platform);
        if saved.is_err() {
            // A command that is not on flash would run again after a restart: it does not begin.
            orders::postpone(&mut self.module.state);
            return false;
        }
        let reads = orders::run(&mut self.module.state, platform);
        if reads {
            let seen = platform.facts();
            self.module.take(seen, platform);
        }
        orders::has_news(&self.module.state)
    }
}
