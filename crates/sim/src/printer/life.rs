//! A printer's life: jobs, people, the power switch, and what follows from them.

use crate::printer::SimPrinter;
use crate::printer::agenda::Chore;
use crate::printer::alert::AlertTable;
use crate::printer::condition::{Condition, Conditions};
use crate::printer::spec::SupplyKind;
use crate::printer::supply::Wear;
use crate::time::{DAY, HOUR, MINUTE, SECOND, Tick, date_and_time};

/// Is what somebody wants of a printer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub function: Function,
    pub impressions: u32,
    pub is_color: bool,
    pub is_duplex: bool,
    pub is_large: bool,
    /// In percent of the usual.
    pub coverage: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Print,
    Copy,
    Fax,
}

/// Holds everything a printer counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meters {
    pub monochrome: u64,
    pub color: u64,
    pub copy: u64,
    pub fax: u64,
    pub scan: u64,
    pub large: u64,
    /// Sheets printed on both sides.
    pub duplex: u64,
    pub sheets: u64,
}

/// Waiting jobs are given up beyond so many impressions.
const MOST_WAITING: u32 = 300;
/// How long a printer does not answer while it starts.
const STARTS_FOR: Tick = 45 * SECOND;
const WARMS_UP_FOR: Tick = 20 * SECOND;
/// A tray at or below this share of its capacity, in percent, is low.
const TRAY_LOW_PERCENT: u32 = 10;

impl SimPrinter {
    /// Plans what the habits bring, from now on.
    pub(super) fn begin(&mut self) {
        self.agenda.clear();
        self.plan_job();
        self.plan_restart();
        self.sleeps_at = self.now.saturating_add(self.habits.sleeps_after);
        if self.habits.off_at_night {
            let (at, turns_on) = self.rhythm.next_switch(self.now);
            self.is_powered = !turns_on;
            self.agenda.plan(at, if turns_on { Chore::SwitchOn } else { Chore::SwitchOff });
        }
        self.settle();
    }

    pub(super) fn live_until(&mut self, to: Tick) {
        while let Some((at, chore)) = self.agenda.take_due(to) {
            self.now = self.now.max(at);
            self.happen(chore);
            self.take_notice();
            self.resume();
        }
        self.now = self.now.max(to);
        self.settle();
    }

    /// Brings into order what follows from the printer's state.
    pub(super) fn settle(&mut self) {
        self.take_notice();
        self.alerts.settle(self.model.spec.device_index);
        self.date = date_and_time(self.rhythm.seconds_since_1970(self.now));
    }

    fn happen(&mut self, chore: Chore) {
        match chore {
            Chore::Job => {
                self.do_some_job();
                self.plan_job();
            }
            Chore::OpenCover(place) => self.open_covers |= 1 << place,
            Chore::ClearJam => (self.is_jammed, self.open_covers) = (false, 0),
            Chore::Refill(place) => self.refill(place),
            Chore::Replace(place) => self.replace_at(place),
            Chore::SwitchOn | Chore::SwitchOff => {
                self.switch(chore == Chore::SwitchOn);
                let (at, turns_on) = self.rhythm.next_switch(self.now);
                self.agenda.plan(at, if turns_on { Chore::SwitchOn } else { Chore::SwitchOff });
            }
            Chore::Restart => {
                if self.is_powered {
                    self.start(true);
                }
                self.plan_restart();
            }
        }
    }

    fn plan_job(&mut self) {
        if self.habits.jobs_a_day > 0 {
            let at = self.rhythm.next_job(self.now, self.habits.jobs_a_day, &mut self.chance);
            self.agenda.plan(at.max(self.now + 1), Chore::Job);
        }
    }

    fn plan_restart(&mut self) {
        let days = Tick::from(self.habits.restarts_every_days);
        if days > 0 {
            let at = self.now + 1 + self.chance.below(2 * days * DAY);
            self.agenda.plan(at, Chore::Restart);
        }
    }

    /// Plans a chore for people, who come after so much office time.
    fn call_people(&mut self, from: Tick, to: Tick, chore: Chore) {
        let span = self.chance.within(&(from..to));
        self.agenda.plan(self.rhythm.office_time_after(self.now, span), chore);
    }

    fn do_some_job(&mut self) {
        let spec = &self.model.spec;
        let is_multifunction = spec.is_multifunction;
        let has_color = spec.colorants.len() > 1;
        let mut impressions = 1 + self.chance.below(6) as u32;
        if self.chance.below(10) == 0 {
            impressions += self.chance.below(60) as u32;
        }
        let function = match self.chance.below(100) {
            0..22 if is_multifunction => Function::Copy,
            22..25 if is_multifunction => Function::Fax,
            25..30 if is_multifunction => {
                self.meters.scan += u64::from(impressions);
                return;
            }
            _ => Function::Print,
        };
        let job = Job {
            function,
            impressions,
            is_color: has_color && function != Function::Fax && self.chance.happens(self.habits.color_share),
            is_duplex: self.chance.happens(self.habits.duplex_share),
            is_large: is_multifunction && self.chance.below(30) == 0,
            coverage: 40 + self.chance.below(121) as u32,
        };
        self.meters.scan += if function == Function::Copy { u64::from(impressions) } else { 0 };
        self.run(job);
        if self.habits.jams_one_in > 0 && self.chance.below(self.habits.jams_one_in.into()) == 0 && self.is_powered {
            self.jam_now();
        }
    }

    pub(super) fn jam_now(&mut self) {
        self.is_jammed = true;
        self.device_errors += 1;
        self.wake_up();
    }

    /// Prints as much of a job as paper and supplies allow, and returns that; the rest waits.
    pub(super) fn run(&mut self, job: Job) -> u32 {
        if self.is_stopped || !self.is_powered {
            self.wait(job.impressions);
            return 0;
        }
        let wear = Wear { impressions: job.impressions, is_color: job.is_color, coverage: job.coverage };
        let sides = if job.is_duplex { 2 } else { 1 };
        let by_paper = self.paper().saturating_mul(sides);
        let (by_supplies, scarcest) = self.lasts_for(&wear);
        let done = job.impressions.min(by_paper).min(by_supplies);
        if done < job.impressions {
            if let (Some(place), true) = (scarcest, by_supplies <= by_paper) {
                // What is left is too little for one more impression.
                self.supplies[place].empty();
            }
            self.wait(job.impressions - done);
        }
        self.wake_up();
        let sheets = done.div_ceil(sides);
        self.feed(sheets);
        self.count(&Job { impressions: done, ..job }, sheets);
        let wear = Wear { impressions: done, ..wear };
        for (supply, spec) in self.supplies.iter_mut().zip(&self.model.spec.supplies) {
            supply.wear(spec, &wear);
        }
        let takes = Tick::from(done) * MINUTE / Tick::from(self.model.spec.impressions_per_minute.max(1));
        self.printing_until = self.printing_until.max(self.now.max(self.warm_at)) + takes;
        self.sleeps_at = self.printing_until.saturating_add(self.habits.sleeps_after);
        done
    }

    fn wait(&mut self, impressions: u32) {
        self.waiting = (self.waiting + impressions).min(MOST_WAITING);
    }

    /// Prints what waited, once nothing stands in the way.
    pub(super) fn resume(&mut self) {
        if self.waiting > 0 && !self.is_stopped && self.is_powered {
            let impressions = std::mem::take(&mut self.waiting);
            let job = Job { function: Function::Print, impressions, is_color: false, is_duplex: false, is_large: false, coverage: 100 };
            self.run(job);
            self.take_notice();
        }
    }

    fn lasts_for(&self, wear: &Wear) -> (u32, Option<usize>) {
        let supplies = self.supplies.iter().zip(&self.model.spec.supplies).enumerate();
        let stopping = supplies.filter(|(_, (_, spec))| spec.kind.stops_printing());
        let least = stopping.map(|(place, (supply, spec))| (supply.lasts_for(spec, wear), place)).min();
        least.map_or((u32::MAX, None), |(impressions, place)| (impressions, Some(place)))
    }

    /// Returns how many sheets jobs can take.
    fn paper(&self) -> u32 {
        let trays = self.trays.iter().zip(&self.model.spec.trays);
        trays.filter(|(tray, spec)| spec.feeds_jobs && tray.is_in).map(|(tray, _)| tray.sheets).sum()
    }

    fn feed(&mut self, mut sheets: u32) {
        for (tray, spec) in self.trays.iter_mut().zip(&self.model.spec.trays) {
            if spec.feeds_jobs && tray.is_in {
                let taken = sheets.min(tray.sheets);
                tray.sheets -= taken;
                sheets -= taken;
            }
        }
    }

    fn count(&mut self, job: &Job, sheets: u32) {
        let impressions = u64::from(job.impressions);
        *(if job.is_color { &mut self.meters.color } else { &mut self.meters.monochrome }) += impressions;
        match job.function {
            Function::Print => {}
            Function::Copy => self.meters.copy += impressions,
            Function::Fax => self.meters.fax += impressions,
        }
        self.meters.large += if job.is_large { impressions } else { 0 };
        self.meters.duplex += if job.is_duplex { impressions / 2 } else { 0 };
        self.meters.sheets += u64::from(sheets);
        self.power_on_count += if self.model.spec.counter_unit == 8 { u64::from(sheets) } else { impressions };
        if let (Some(bin), Some(spec)) = (self.bins.first_mut(), self.model.spec.bins.first()) {
            // Whoever fetches this job takes what lay there along.
            *bin = sheets.min(spec.capacity);
        }
    }

    fn refill(&mut self, place: usize) {
        self.agenda.cancel(Chore::Refill(place));
        self.trays[place].is_in = true;
        self.trays[place].sheets = self.model.spec.trays[place].capacity;
    }

    pub(super) fn replace_at(&mut self, place: usize) {
        self.agenda.cancel(Chore::Replace(place));
        self.supplies[place].replace(&self.model.spec.supplies[place], &self.identity.serial);
        self.wake_up();
    }

    pub(super) fn wake_up(&mut self) {
        if self.is_asleep() {
            self.warm_at = self.now + WARMS_UP_FOR;
        }
        self.sleeps_at = self.now.saturating_add(self.habits.sleeps_after);
    }

    pub(super) fn switch(&mut self, on: bool) {
        if on && !self.is_powered {
            self.start(true);
        } else {
            self.is_powered = on;
        }
    }

    /// Starts anew: what counts from the start of the printer counts from 0.
    pub(super) fn start(&mut self, keeps_counters: bool) {
        self.is_powered = true;
        (self.booted_at, self.up_before) = (self.now, 0);
        self.restarts += 1;
        self.silent_until = self.now + STARTS_FOR;
        self.warm_at = self.silent_until + WARMS_UP_FOR;
        self.printing_until = 0;
        self.sleeps_at = self.warm_at.saturating_add(self.habits.sleeps_after);
        self.alerts = AlertTable::default();
        // What is still wrong is raised again, from index 1.
        self.conditions = Conditions::default();
        self.power_on_count = 0;
        if !keeps_counters {
            self.meters = Meters::default();
            self.config_changes = 0;
        }
    }

    /// Compares what is wrong with what was, and keeps the alert table, the state and people up with it.
    fn take_notice(&mut self) {
        let present = self.conditions_now();
        if present == self.conditions {
            return;
        }
        let gone = self.conditions.without(present);
        let come = present.without(self.conditions);
        self.conditions = present;
        self.is_stopped = present.stop_printing(&self.model.spec);
        self.error_state = present.error_state(&self.model.spec);
        gone.iter().for_each(|condition| self.alerts.remove(condition));
        for condition in come.iter() {
            let time = self.up_time();
            self.alerts.raise(condition, condition.notice(&self.model.spec), time);
            if self.habits.attended {
                self.call_people_for(condition);
            }
        }
    }

    fn conditions_now(&self) -> Conditions {
        let spec = &self.model.spec;
        let mut present = Conditions::default();
        for (place, (supply, spec)) in self.supplies.iter().zip(&spec.supplies).enumerate() {
            if supply.is_empty() {
                present.insert(Condition::SupplyEmpty(place));
            } else if supply.is_low(spec) {
                present.insert(Condition::SupplyLow(place));
            }
        }
        let is_out = self.paper() == 0;
        for (place, (tray, spec)) in self.trays.iter().zip(&spec.trays).enumerate().filter(|(_, (_, spec))| spec.feeds_jobs) {
            if !tray.is_in {
                present.insert(Condition::TrayMissing(place));
            }
            if is_out {
                present.insert(Condition::PaperOut(place));
            } else if tray.is_in && tray.sheets == 0 {
                present.insert(Condition::TrayEmpty(place));
            } else if tray.is_in && tray.sheets * 100 <= spec.capacity * TRAY_LOW_PERCENT {
                present.insert(Condition::TrayLow(place));
            }
        }
        (0..spec.covers.len())
            .filter(|place| self.open_covers >> place & 1 == 1)
            .for_each(|place| present.insert(Condition::CoverOpen(place)));
        if self.is_jammed {
            present.insert(Condition::Jam);
        }
        present
    }

    fn call_people_for(&mut self, condition: Condition) {
        match condition {
            Condition::SupplyEmpty(place) if self.model.spec.supplies[place].kind.stops_printing() => {
                self.call_people(10 * MINUTE, 10 * HOUR, Chore::Replace(place));
            }
            Condition::SupplyEmpty(place) => self.call_people(10 * HOUR, 100 * HOUR, Chore::Replace(place)),
            Condition::SupplyLow(place) => {
                let is_toner = matches!(self.model.spec.supplies[place].kind, SupplyKind::Toner(_));
                // Some replace a cartridge as soon as it is low, with toner left in it.
                if self.chance.happens(if is_toner { 0.3 } else { 0.5 }) {
                    self.call_people(5 * HOUR, 80 * HOUR, Chore::Replace(place));
                }
            }
            Condition::TrayLow(place) => {
                if self.chance.happens(0.2) {
                    self.call_people(10 * MINUTE, 2 * HOUR, Chore::Refill(place));
                }
            }
            Condition::TrayEmpty(place) => self.call_people(10 * MINUTE, 4 * HOUR, Chore::Refill(place)),
            Condition::PaperOut(place) => self.call_people(2 * MINUTE, 40 * MINUTE, Chore::Refill(place)),
            Condition::TrayMissing(place) => self.call_people(MINUTE, 5 * MINUTE, Chore::Refill(place)),
            Condition::CoverOpen(_) => self.call_people(MINUTE, 4 * MINUTE, Chore::ClearJam),
            Condition::Jam => self.call_people(2 * MINUTE, 20 * MINUTE, Chore::OpenCover(0)),
        }
    }
}
