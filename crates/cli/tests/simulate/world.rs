//! The world: whose turn it is, what goes wrong, and the comparison after every step.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use sim::Chance;
use sim::chance::derive;
use tempfile::TempDir;
use wire::envelope::SenderKind;
use wire::rhythm::{Rhythm, TimeOfDay};

use crate::agent::{Agent, Around};
use crate::compare;
use crate::diary::Diary;
use crate::direct::Direct;
use crate::kill::{Lives, copy};
use crate::line::{FAIR, Weather};
use crate::office::Office;
use crate::printers::Printers;
use crate::tally::Tally;
use crate::time::Clock;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// For so long things go wrong; then nothing does any more.
const BAD_DAYS: i32 = 9;
const GOOD_DAYS: i32 = 3;
const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(50);

/// Is one run.
pub struct World {
    chance: RefCell<Chance>,
    tally: RefCell<Tally>,
    clock: Clock,
    office: Office,
    agents: Vec<Agent>,
    modules: Vec<Direct>,
    /// When an agent that is off is switched on again, by agent.
    starts: Vec<Option<Timestamp>>,
    /// A state of an agent's disk that somebody has saved.
    snapshots: Vec<Option<(PathBuf, usize)>>,
    printers: Printers,
    diary: Diary,
    weather: Weather,
    weather_ends: Timestamp,
    server_starts: Option<Timestamp>,
    /// When somebody makes room on the agent's disk.
    freed: Timestamp,
    tells: bool,
    folder: TempDir,
}

/// Is a kind of event by its name, and what happens then.
type Kind = (&'static str, fn(&mut World));

impl World {
    /// Plays a seed to its end.
    pub fn play(seed: u64, tells: bool) -> Tally {
        let mut world = World::new(seed, tells);
        let began = world.clock.true_now();
        let bad_until = began + DAY * BAD_DAYS;
        world.pass(bad_until, true);
        world.heal();
        world.pass(bad_until + DAY * GOOD_DAYS, false);
        world.settle();
        world.tally.borrow_mut().count_many("reports taken", world.office.model().taken.len() as u64);
        world.tally.borrow_mut().count_many("duplicates refused", world.office.duplicates.get());
        world.tally.into_inner()
    }

    fn new(seed: u64, tells: bool) -> Self {
        let mut chance = Chance::new(derive(seed, 1));
        let folder = folder();
        // Somewhere in the year, so that clocks are put forward and back in some runs.
        let start: Timestamp = "2026-03-20T10:00:00Z".parse().unwrap();
        let start = start + HOUR * (chance.below(24 * 230) as i32) + MINUTE * (chance.below(60) as i32);
        let clock = Clock::new(start);
        let home = chance.happens(0.5).then(|| folder.path().join("server"));
        let office = Office::open(home.as_deref(), clock.another());
        let count = 2 + chance.below(4) as usize;
        let printers = Printers::new(seed, count, start);
        let mut agents = Vec::new();
        let who = office.enrol(SenderKind::Agent, "Head office");
        let rhythm = match chance.happens(0.6) {
            true => Rhythm::Daily { at: "02:00".parse().unwrap(), spread_minutes: 60 },
            false => Rhythm::Every { seconds: 3600 * (1 + chance.below(12) as u32) },
        };
        let catch_up = chance.happens(0.5);
        agents.push(Agent::new(&folder.path().join("agent"), who, &office, clock.another(), derive(seed, 2), rhythm, catch_up));
        agents[0].start();
        let mut modules = Vec::new();
        // In some printers there is a module as well.
        for printer in 0..chance.below(3) as usize {
            let lives = Lives::new(&folder.path().join(format!("module-{printer}")));
            // A spread would go by the id that the server makes by chance, and no seed would replay.
            let at = TimeOfDay::new(3, chance.below(60) as u8).expect("it is a time");
            let daily = Rhythm::Daily { at, spread_minutes: 0 };
            modules.push(Direct::new(lives, clock.another(), printer, derive(seed, 500 + printer as u64), daily));
        }
        World {
            chance: RefCell::new(chance),
            tally: RefCell::default(),
            office,
            modules,
            starts: vec![None; agents.len()],
            snapshots: vec![None; agents.len()],
            agents,
            printers,
            diary: Diary::default(),
            weather: FAIR,
            weather_ends: start,
            server_starts: None,
            freed: start,
            tells,
            folder,
            clock,
        }
    }

    fn tell(&self, what: &str) {
        if self.tells {
            println!("{} {what}", self.clock.true_now());
        }
    }

    fn chance<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.chance.borrow_mut())
    }

    fn span(&self, most: SignedDuration) -> SignedDuration {
        SignedDuration::from_secs(self.chance(|chance| chance.below(most.as_secs().unsigned_abs()) as i64))
    }

    fn pass(&mut self, until: Timestamp, is_bad: bool) {
        let mut sweep = self.clock.true_now();
        let mut fault = self.clock.true_now() + self.span(HOUR * 8);
        loop {
            let agents = self.agents.iter().filter_map(Agent::next_at);
            let starts = self.starts.iter().copied().flatten().chain(self.server_starts);
            let faults = is_bad.then_some(fault);
            let weather = (self.weather != FAIR).then_some(self.weather_ends);
            let modules = self.modules.iter().map(Direct::next_at);
            let next =
                agents.chain(modules).chain(starts).chain(faults).chain(weather).chain([sweep]).min().expect("there is always a sweep");
            if next > until {
                break;
            }
            self.clock.come_to(next);
            let now = self.clock.true_now();
            if is_bad && now >= fault {
                self.go_wrong();
                fault = now + self.span(HOUR * 7) + MINUTE;
            }
            self.come_back(now);
            if now >= sweep {
                sweep = now + SWEEP_EVERY;
                if self.office.is_up() {
                    self.office.sweep();
                }
            }
            self.act();
            self.tally.borrow_mut().count("steps");
        }
        self.clock.come_to(until);
    }

    /// What was switched off comes back in its time.
    fn come_back(&mut self, now: Timestamp) {
        if self.weather != FAIR && now >= self.weather_ends {
            self.weather = FAIR;
        }
        if self.server_starts.is_some_and(|at| now >= at) {
            self.server_starts = None;
            let has_room = self.chance(|chance| chance.happens(0.8));
            let most = (!has_room).then(|| self.office.octets() + 30_000);
            if most.is_some() {
                self.tally.borrow_mut().count("server disks without room");
            }
            self.tell(&format!("the server starts, most octets {most:?}"));
            self.office.start(most);
        }
        if self.agents[0].is_full && now >= self.freed && self.agents[0].is_idle() {
            self.agents[0].is_full = false;
            self.switch_off(0, MINUTE);
        }
        for number in 0..self.agents.len() {
            if self.starts[number].is_some_and(|at| now >= at) {
                self.starts[number] = None;
                self.tell("the agent starts");
                self.agents[number].start();
            }
        }
    }

    fn act(&mut self) {
        for number in 0..self.agents.len() {
            let agent = &mut self.agents[number];
            if agent.next_at().is_some_and(|at| at <= self.clock.true_now()) {
                let mut around = Around {
                    office: &self.office,
                    printers: &mut self.printers,
                    diary: &mut self.diary,
                    chance: &self.chance,
                    tally: &self.tally,
                    weather: self.weather,
                    tells: self.tells,
                };
                if !agent.act(&mut around) {
                    self.tally.borrow_mut().count("agents killed between two steps");
                    let off = if self.chance(|chance| chance.happens(0.7)) { MINUTE } else { HOUR * 40 };
                    self.starts[number] = Some(self.clock.true_now() + self.span(off));
                    self.tell("the agent is killed between two steps");
                }
            }
        }
        self.act_directly();
        self.compare();
    }

    fn act_directly(&mut self) {
        for number in 0..self.modules.len() {
            if self.modules[number].next_at() > self.clock.true_now() {
                continue;
            }
            let mut around = Around {
                office: &self.office,
                printers: &mut self.printers,
                diary: &mut self.diary,
                chance: &self.chance,
                tally: &self.tally,
                weather: self.weather,
                tells: self.tells,
            };
            if !self.modules[number].act(&mut around) {
                self.tally.borrow_mut().count("modules killed between two steps");
                let off = self.span(HOUR * 10);
                self.modules[number].cut_power(off);
                self.tell("a module is killed between two steps");
            }
        }
    }

    /// Everybody reports once more, so that nothing has been read since.
    fn settle(&mut self) {
        for _ in 0..10 {
            self.agents.iter_mut().for_each(Agent::ask);
            self.ask_modules();
            self.pass(self.clock.true_now() + MINUTE * 15, false);
            let modules_are_done = self.modules.iter().all(|module| module.waiting().is_some_and(|waiting| waiting.is_empty()));
            if self.agents.iter().all(Agent::has_told_everything) && modules_are_done {
                break;
            }
        }
        for module in &self.modules {
            assert_eq!(module.waiting(), Some(Vec::new()), "a module keeps nothing back");
        }
        for agent in &self.agents {
            compare::settled(agent, &self.office);
        }
    }

    fn compare(&self) {
        if self.office.is_up() && self.office.is_touched.take() {
            compare::server(&self.office, &self.diary);
        }
        for agent in &self.agents {
            compare::agent(agent, &self.office, &self.diary);
        }
        for module in &self.modules {
            compare::direct(module, &self.office, &self.diary);
        }
    }

    fn ask_modules(&mut self) {
        for module in &mut self.modules {
            module.ask();
        }
    }
}

/// What goes wrong, by chance.
impl World {
    fn go_wrong(&mut self) {
        let kinds: [Kind; 18] = [
            ("kills of modules armed", |world| {
                let points = world.chance(|chance| chance.below(16)) as u32;
                world.any_module(|module, _| module.lives.arm(points));
                world.ask_modules();
            }),
            ("modules switched off", |world| {
                let off = world.span(HOUR * 40);
                world.any_module(|module, _| module.cut_power(off));
            }),
            ("clocks of modules set", |world| {
                let ahead = world.jump();
                world.any_module(|module, _| module.clock.set_ahead(ahead));
            }),
            ("images of a module put into another printer", World::clone_module),
            ("kills armed", |world| {
                let points = world.chance(|chance| chance.below(60)) as u32;
                world.agents[0].lives.arm(points);
            }),
            ("hosts switched off", |world| {
                let longest = if world.chance(|chance| chance.happens(0.2)) { HOUR * 60 } else { HOUR * 3 };
                let off = world.span(longest);
                world.switch_off(0, off);
            }),
            ("networks cut", |world| {
                let longest = if world.chance(|chance| chance.happens(0.2)) { HOUR * 50 } else { HOUR * 5 };
                world.set_weather(Weather { is_cut: true, accidents: 0.0 }, longest);
            }),
            ("networks gone bad", |world| world.set_weather(Weather { is_cut: false, accidents: 0.2 }, HOUR * 30)),
            ("networks gone very bad", |world| world.set_weather(Weather { is_cut: false, accidents: 0.5 }, HOUR * 12)),
            ("old requests that came late", World::bring_old_request),
            ("clocks set", World::set_clock),
            ("clocks put right", |world| {
                world.agents[0].clock.set_ahead(SignedDuration::ZERO);
                world.modules.iter().for_each(|module| module.clock.set_ahead(SignedDuration::ZERO));
            }),
            ("zones changed", World::change_zone),
            ("servers killed", |world| {
                if world.office.has_files() && world.office.is_up() {
                    world.office.kill();
                    let off = world.span(HOUR * 6);
                    world.server_starts = Some(world.clock.true_now() + off);
                }
            }),
            ("disks filled", |world| {
                world.agents[0].is_full = true;
                world.switch_off(0, MINUTE);
                world.freed = world.clock.true_now() + world.span(HOUR * 10);
            }),
            ("disks restored from a backup", World::save_or_restore),
            ("printers gone silent", |world| {
                let printer = world.chance(|chance| chance.below(world.printers.count() as u64)) as usize;
                let until = world.clock.true_now() + world.span(HOUR * 70);
                world.printers.silence(printer, until);
            }),
            ("addresses swapped", |world| {
                let count = world.printers.count() as u64;
                let (one, other) = world.chance(|chance| (chance.below(count), chance.below(count)));
                world.printers.swap_addresses(one as usize, other as usize);
            }),
        ];
        let (what, happen) = kinds[self.chance(|chance| chance.below(kinds.len() as u64)) as usize];
        self.tally.borrow_mut().count(what);
        self.tell(what);
        happen(self);
        if self.chance(|chance| chance.happens(0.2)) {
            self.agents[0].ask();
        }
    }

    fn switch_off(&mut self, number: usize, time: SignedDuration) {
        self.agents[number].stop();
        self.starts[number] = Some(self.clock.true_now() + time);
    }

    fn set_weather(&mut self, weather: Weather, longest: SignedDuration) {
        self.weather = weather;
        self.weather_ends = self.clock.true_now() + self.span(longest) + MINUTE;
    }

    /// The network delivers what it has kept for a while, from anybody and from any time.
    fn bring_old_request(&mut self) {
        if !self.office.is_up() {
            return;
        }
        let seen = self.office.seen.borrow().clone();
        let Some((who, payload)) = (!seen.is_empty()).then(|| seen[self.chance(|chance| chance.below(seen.len() as u64)) as usize].clone())
        else {
            return;
        };
        // The answer goes to nobody.
        let _ = self.office.take(who, &payload);
    }

    fn set_clock(&mut self) {
        let ahead = self.jump();
        self.agents[0].clock.set_ahead(ahead);
        self.tell(&format!("the clock is ahead by {ahead:?}"));
    }

    /// Draws how far a clock is set ahead, or behind.
    fn jump(&self) -> SignedDuration {
        let spans = [MINUTE * 7, HOUR * 2, DAY, DAY * 30, DAY * 365];
        let (span, is_back) = self.chance(|chance| (spans[chance.below(5) as usize], chance.happens(0.5)));
        let jump = self.span(span) + SignedDuration::from_millis(317);
        if is_back { -jump } else { jump }
    }

    fn any_module(&mut self, happen: impl FnOnce(&mut Direct, &Office)) {
        let count = self.modules.len() as u64;
        let number = self.chance(|chance| chance.below(count)) as usize;
        if let Some(module) = self.modules.get_mut(number) {
            happen(module, &self.office);
        }
    }

    /// Somebody copies the flash of a module into a printer that has none.
    fn clone_module(&mut self) {
        let printer = self.modules.len();
        let Some(first) = self.modules.first().filter(|_| printer < self.printers.count()) else { return };
        let lives = Lives::new(&self.folder.path().join(format!("module-{printer}")));
        let clone = Direct::clone_of(first, lives, self.clock.another(), printer, printer as u64 + 900);
        self.modules.push(clone);
    }

    fn change_zone(&mut self) {
        let zones = ["Europe/Amsterdam", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Apia", "UTC"];
        let zone = zones[self.chance(|chance| chance.below(zones.len() as u64)) as usize];
        self.agents[0].set_zone(zone);
    }

    /// Somebody saves the agent's disk, or puts back what was saved.
    fn save_or_restore(&mut self) {
        let agent = &mut self.agents[0];
        match self.snapshots[0].take() {
            None => {
                let place = self.folder.path().join("snapshot");
                copy(&agent.lives.folder(), &place);
                self.snapshots[0] = Some((place, self.diary.entries.len()));
            }
            Some((place, order)) => {
                agent.restore(&place);
                std::fs::remove_dir_all(&place).unwrap();
                self.starts[0] = Some(self.clock.true_now() + MINUTE);
                let who = agent.who;
                // What was read since is on no disk any more, unless the server has it.
                self.diary.entries.iter_mut().skip(order).filter(|read| read.told.0 == who).for_each(|read| read.is_owed = false);
                self.tell("the agent's disk is restored from a backup");
            }
        }
    }

    /// Nothing goes wrong any more.
    fn heal(&mut self) {
        self.tell("everything is put right");
        self.weather = FAIR;
        let now = self.clock.true_now();
        for printer in 0..self.printers.count() {
            self.printers.silence(printer, now);
        }
        if self.office.has_files() {
            if self.office.is_up() {
                self.office.kill();
            }
            self.server_starts = None;
            self.office.start(None);
        }
        for module in &mut self.modules {
            module.lives.disarm();
            module.clock.set_ahead(SignedDuration::ZERO);
            module.cut_power(MINUTE);
        }
        for (agent, starts) in self.agents.iter_mut().zip(&mut self.starts) {
            agent.stop();
            agent.clock.set_ahead(SignedDuration::ZERO);
            agent.is_full = false;
            *starts = Some(now + MINUTE);
        }
    }
}

/// Returns a folder for files that nobody misses: in memory where there is such a place, since
/// thousands of syncs are waited for here.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}
