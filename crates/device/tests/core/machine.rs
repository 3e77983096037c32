//! A printer's machine and its server, in memory and by a seed.

use std::collections::{BTreeMap, VecDeque};

use device::{Enrolled, Enrolment, Introduction, Mode, Module, Platform, Seen, Settings, Slot, StoreFault, Trouble, Verdict};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use wire::commands::{Command, Outcome};
use wire::envelope::Software;
use wire::privacy::Privacy;
use wire::rhythm::{Rhythm, Schedule};
use wire::talk::{EnrolReply, EnrolRequest, Hello, LastReport, Reply, Taken};
use wire::{Facts, Report, Value};

/// Says at which step the power goes.
pub const NO_POWER: &str = "no power";

/// Is the server: it remembers what it acknowledged, and refuses what does not fit.
#[derive(Default)]
pub struct Server {
    pub senders: u32,
    pub last: Option<LastReport>,
    pub reports: Vec<Report>,
    pub facts: Facts,
    /// Every reading taken, by its time: how often.
    pub readings: BTreeMap<Timestamp, u32>,
    pub outcomes: Vec<Outcome>,
    pub commands: Vec<Command>,
    /// What the next requests come to instead, oldest first.
    pub troubles: VecDeque<Trouble>,
    /// So many replies are lost after the report was taken.
    pub lose_replies: u32,
}

impl Server {
    fn take(&mut self, octets: &[u8]) -> Result<Reply, Trouble> {
        let report = wire::json::decode(octets).expect("a report of ours decodes");
        let last = self.last.clone();
        let mut taken = Taken::Accepted;
        if last.as_ref().is_some_and(|last| last.id == report.id) {
            taken = Taken::Duplicate;
        } else {
            if last.as_ref().is_some_and(|last| report.sequence <= last.sequence) {
                return Err(Trouble::Stale(last));
            }
            if report.base.is_some() && report.base != last.map(|last| last.id) {
                return Err(Trouble::NeedsFull(self.last.clone()));
            }
            let mut facts = self.facts.clone();
            for reading in &report.readings {
                if reading.apply(&mut facts).is_err() {
                    return Err(Trouble::NeedsFull(self.last.clone()));
                }
                *self.readings.entry(reading.observed_at).or_default() += 1;
            }
            self.facts = facts;
            self.last = Some(LastReport { id: report.id.clone(), sequence: report.sequence });
            for outcome in &report.outcomes {
                self.commands.retain(|command| command.id != outcome.command);
            }
            self.outcomes.extend(report.outcomes.clone());
            self.reports.push(report.clone());
        }
        if self.lose_replies > 0 {
            self.lose_replies -= 1;
            return Err(Trouble::Later { why: "the reply was lost".into(), wait: None });
        }
        Ok(Reply { report: report.id, taken, commands: self.commands.clone() })
    }
}

/// Is the machine.
pub struct Machine {
    pub now: Timestamp,
    pub flash: [Vec<u8>; 2],
    pub server: Server,
    /// What the printer says, and whether that is all.
    pub facts: Facts,
    pub is_whole: bool,
    pub has_way: bool,
    pub verdicts: BTreeMap<String, bool>,
    /// So many more steps that matter are done before the power goes.
    pub power_for: Option<u64>,
    pub steps: u64,
    pub flash_is_worn: bool,
    /// Readings the module has asked the printer for, by time.
    pub asked: Vec<Timestamp>,
    pub said: Vec<String>,
    chance: u64,
}

impl Machine {
    pub fn new(seed: u64) -> Self {
        Machine {
            now: "2026-11-25T12:00:00Z".parse().unwrap(),
            flash: Default::default(),
            server: Server::default(),
            facts: printer("AC0012345", 1000),
            is_whole: true,
            has_way: true,
            verdicts: BTreeMap::new(),
            power_for: None,
            steps: 0,
            flash_is_worn: false,
            asked: Vec::new(),
            said: Vec::new(),
            chance: seed,
        }
    }

    pub fn pass(&mut self, by: SignedDuration) {
        self.now += by;
    }

    pub fn print(&mut self, sheets: i64) {
        let Some(Value::Integer(total)) = self.facts.get_mut("meters/total/value") else { panic!("there is a total") };
        *total += sheets;
    }

    pub fn has_power(&self) -> bool {
        self.power_for.is_none_or(|left| left > 0)
    }

    /// Counts a step that matters; the one at which the power goes is not done, or done in part.
    fn step(&mut self) -> bool {
        self.steps += 1;
        match &mut self.power_for {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                *left > 0
            }
            None => true,
        }
    }
}

/// Is a small printer.
pub fn printer(serial: &str, total: i64) -> Facts {
    let facts: [(&str, Value); 5] = [
        ("presence", "ready".into()),
        ("identity/manufacturer", "Acme".into()),
        ("identity/serial_number", serial.into()),
        ("meters/total/value", total.into()),
        ("meters/total/origin", "prtMarkerLifeCount.1.1".into()),
    ];
    facts.into_iter().map(|(key, value)| (key.into(), value)).collect()
}

pub fn settings() -> Settings {
    Settings {
        software: Software { name: "module".into(), version: "1".into(), profiles: None },
        schedule: Schedule { rhythm: Rhythm::Daily { at: "02:00".parse().unwrap(), spread_minutes: 0 }, time_zone: "UTC".into() },
        privacy: Privacy::default(),
        mode: Mode::Normal,
        introduction: Some(Introduction { secret: "token".into(), works_once: false }),
        name: None,
        catch_up: false,
    }
}

/// Runs a module for some days; each step is called when it asks for that.
pub fn live(module: &mut Module, machine: &mut Machine, days: i64) {
    let until = machine.now + SignedDuration::from_hours(24 * days);
    while machine.now < until && machine.has_power() {
        let next = module.step(machine);
        assert!(next.at > machine.now, "a module that is called again at once would spin: {next:?}");
        machine.now = next.at.min(until);
    }
}

impl Platform for Machine {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn chance(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.chance ^ (self.chance >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        (name == "UTC").then_some(TimeZone::UTC)
    }

    fn read(&mut self, slot: Slot) -> Result<Vec<u8>, StoreFault> {
        Ok(self.flash[slot as usize].clone())
    }

    fn write(&mut self, slot: Slot, octets: &[u8]) -> Result<(), StoreFault> {
        if self.flash_is_worn || !self.has_power() {
            return Err(StoreFault("the flash does not take it".into()));
        }
        if self.step() {
            self.flash[slot as usize] = octets.to_vec();
            return Ok(());
        }
        // As flash is: erased first, then written from the front; where it stopped, anything may stand.
        let written = (self.chance() % (octets.len() as u64 + 1)) as usize;
        let mut torn = octets[..written].to_vec();
        match self.chance() % 3 {
            0 => {}
            1 => torn.resize(octets.len(), 0xff),
            _ => (written..octets.len()).for_each(|_| torn.push(self.chance as u8)),
        }
        self.flash[slot as usize] = torn;
        Err(StoreFault(NO_POWER.into()))
    }

    fn facts(&mut self) -> Seen {
        self.asked.push(self.now);
        Seen { observed_at: self.now, is_whole: self.is_whole, facts: self.facts.clone() }
    }

    fn enrol(&mut self, request: &EnrolRequest) -> Result<Enrolled, Trouble> {
        assert!(!request.secret.is_empty());
        if !self.has_way || !self.step() {
            return Err(Trouble::Later { why: NO_POWER.into(), wait: None });
        }
        self.server.senders += 1;
        self.server.last = None;
        self.server.facts.clear();
        let reply = EnrolReply { sender: format!("sender-{}", self.server.senders), secret: "s".into() };
        Ok(Enrolled { reply, server: "localhost:443".into(), authority: Some(vec![1, 2, 3]) })
    }

    fn hello(&mut self, enrolment: &Enrolment) -> Result<Hello, Trouble> {
        if !self.has_way || !self.step() {
            return Err(Trouble::Later { why: "no way".into(), wait: None });
        }
        assert_eq!(enrolment.sender, format!("sender-{}", self.server.senders));
        Ok(Hello { speaks: vec![wire::SCHEMA.into()], now: self.now, last_report: self.server.last.clone() })
    }

    fn send(&mut self, report: &[u8]) -> Result<Reply, Trouble> {
        if !self.has_way || !self.has_power() {
            return Err(Trouble::Later { why: "no way".into(), wait: None });
        }
        if let Some(trouble) = self.server.troubles.pop_front() {
            return Err(trouble);
        }
        // The power may go before the server has it, or before its word arrives.
        let before = self.step();
        if !before && self.chance().is_multiple_of(2) {
            return Err(Trouble::Later { why: NO_POWER.into(), wait: None });
        }
        let reply = self.server.take(report);
        if before { reply } else { Err(Trouble::Later { why: NO_POWER.into(), wait: None }) }
    }

    fn close(&mut self) {}

    fn verdict(&mut self, command: &Command) -> Verdict {
        match self.verdicts.get(&command.id) {
            None => Verdict::Open,
            Some(true) => Verdict::Allowed,
            Some(false) => Verdict::Refused,
        }
    }

    fn tell(&mut self, event: &str) {
        self.said.push(event.to_owned());
    }
}
