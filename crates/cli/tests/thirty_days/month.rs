//! The month: one clock, the site, the agent and the server, and a record of what was to be seen.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

use agent::secrets::{digest, hex};
use jiff::{SignedDuration, Timestamp};
use policy::lifecycle::State;
use policy::overdue::Overdue;
use store::{Device, DeviceId};
use tempfile::TempDir;

use crate::agent::Agent;
use crate::calendar::{Calendar, DAYS};
use crate::office::{Office, Time};
use crate::site::Site;

const HALF_HOUR: SignedDuration = SignedDuration::from_mins(30);
/// Is how long before a planned time the server looks once more: the worst moment for a hasty verdict.
const JUST_BEFORE: SignedDuration = SignedDuration::from_secs(5);

/// Is what a month is made of.
#[derive(Clone, Copy)]
pub struct Options {
    pub devices: u32,
    /// How many of them are living printers.
    pub simulated: u32,
    pub seed: u64,
    pub catch_up: bool,
}

/// Is a month that has passed.
pub struct Month {
    pub options: Options,
    pub calendar: Calendar,
    pub agent: Agent,
    pub office: Office,
    /// The printer that was switched off for two days, and the one that was carried away.
    pub victims: [IpAddr; 2],
    /// When the server looked around.
    pub looks: Vec<Timestamp>,
    /// The states of the agent, as the server saw them, whenever they changed.
    pub states: Vec<(Timestamp, State)>,
    /// The overdue devices, whenever they changed.
    pub overdue: Vec<(Timestamp, BTreeMap<DeviceId, Overdue>)>,
    _folder: TempDir,
}

impl Month {
    pub fn play(options: Options, calendar: Calendar) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = Time::new(calendar.start());
        let office = Office::new(&time);
        let sender = office.sender.to_string();
        let agent = Agent::new(folder.path(), &sender, options.seed, options.catch_up, &calendar);
        let mut site = Site::new(options.seed, options.devices, options.simulated, calendar.start());
        let victims = site.victims();
        let (looks, states, overdue) = (Vec::new(), Vec::new(), Vec::new());
        let mut month = Month { options, calendar, agent, office, victims, looks, states, overdue, _folder: folder };
        month.pass(&time, &mut site);
        month
    }

    fn pass(&mut self, time: &Time, site: &mut Site) {
        let mut sweeps = self.sweeps().into_iter().peekable();
        let mut loss_is_due = true;
        self.look();
        loop {
            let switches = [self.calendar.host_off.start, self.calendar.host_off.end];
            let switch = switches.into_iter().find(|at| *at > time.now());
            let sweep = sweeps.peek().copied();
            let acts = self.agent.next_at().map(|at| at.max(time.now()));
            let Some(now) = [switch, sweep, acts].into_iter().flatten().min() else { break };
            time.set(now);
            self.office.link_is_cut.set(self.calendar.link_cut.contains(&now));
            if loss_is_due && now >= self.calendar.reply_lost_from {
                loss_is_due = false;
                self.office.loses_next_reply.set(true);
            }
            match (self.agent.is_on(), self.calendar.host_off.contains(&now)) {
                (true, true) => self.agent.cut_power(),
                (false, false) => self.agent.start(now),
                _ => {}
            }
            self.agent.act(now, site, &self.office, &self.calendar);
            if sweep == Some(now) {
                sweeps.next();
                self.office.sweep();
                self.look();
                if sweeps.peek().is_none() {
                    break;
                }
            }
        }
    }

    /// Returns when the server looks around: each half hour in the night, when reports come, and every
    /// three hours in the day.
    fn sweeps(&self) -> Vec<Timestamp> {
        let is_time = |at: &Timestamp| {
            let time = self.calendar.zone.to_datetime(*at).time();
            time.hour() < 6 || (time.hour() % 3 == 0 && time.minute() == 0)
        };
        let every =
            (0..).map(|number| self.calendar.start() + HALF_HOUR * number).take_while(|at| *at < self.calendar.end()).filter(is_time);
        let mut sweeps: Vec<Timestamp> = every.chain((1..=DAYS).map(|day| self.calendar.planned(day) - JUST_BEFORE)).collect();
        sweeps.sort_unstable();
        sweeps
    }

    /// Notes what an operator would see.
    fn look(&mut self) {
        let (at, state, overdue) = (self.office.now(), self.office.state(), self.office.overdue());
        self.looks.push(at);
        if self.states.last().is_none_or(|(_, last)| *last != state) {
            self.states.push((at, state));
        }
        if self.overdue.last().is_none_or(|(_, last)| *last != overdue) {
            self.overdue.push((at, overdue));
        }
    }

    /// Returns which devices were overdue at a time.
    pub fn overdue_at(&self, at: Timestamp) -> &BTreeMap<DeviceId, Overdue> {
        &self.overdue.iter().rev().find(|(since, _)| *since <= at).expect("the server looked at the start").1
    }

    /// Returns the state in which the server saw the agent at a time.
    pub fn state_at(&self, at: Timestamp) -> State {
        self.states.iter().rev().find(|(since, _)| *since <= at).expect("the server looked at the start").1
    }

    pub fn summary(&self) -> String {
        let taken = self.office.taken.borrow();
        let readings: usize = self.agent.truth.values().map(BTreeMap::len).sum();
        let kept = self.office.ledger().iter().fold(BTreeMap::<_, u32>::new(), |mut kept, line| {
            *kept.entry(line.kept.word()).or_default() += 1;
            kept
        });
        format!(
            "{} devices, {DAYS} days, {readings} readings, {} reports in {} KB, days {kept:?}",
            self.options.devices,
            taken.len(),
            self.office.octets.get() / 1000,
        )
    }

    /// Returns a digest of all that the month has left: what the server knows, and how it came to know it.
    pub fn digest(&self) -> String {
        let mut text = String::new();
        let devices = self.office.devices();
        let numbers: BTreeMap<DeviceId, u32> = devices.iter().map(|device| (device.id, number(device))).collect();
        writeln!(text, "{:?}\n{:?}\n{:?}", self.states, self.agent.failures, self.agent.successes).unwrap();
        for line in self.office.ledger() {
            writeln!(text, "{line:?}").unwrap();
        }
        for (at, overdue) in &self.overdue {
            // Ids are made by chance.
            let overdue: BTreeMap<u32, Overdue> = overdue.iter().map(|(id, overdue)| (numbers[id], *overdue)).collect();
            writeln!(text, "{at} {overdue:?}").unwrap();
        }
        for device in &devices {
            writeln!(text, "{} {:?}", number(device), device.views[0].view).unwrap();
            for day in self.office.history(device.id, &self.calendar) {
                writeln!(text, "{} {:?}", day.day, day.samples).unwrap();
            }
        }
        hex(&digest(text.as_bytes()))
    }
}

/// Returns the agent's number of a device.
pub fn number(device: &Device) -> u32 {
    device.views[0].number
}
