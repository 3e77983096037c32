//! The module inside a printer: its real core on a machine that is killed wherever the world likes.

use agent::synchronise::{Connect, Refusal};
use device::state::slots;
use device::{Enrolled, Enrolment, Introduction, Mode, Module, Platform, Seen, Settings, Slot, StoreFault, Trouble, Verdict};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sim::Chance;
use sim::chance::derive;
use wire::commands::Command;
use wire::envelope::Software;
use wire::privacy::Privacy;
use wire::rhythm::{Rhythm, Schedule};
use wire::talk::{EnrolReply, EnrolRequest, Hello, Reply};

use crate::agent::Around;
use crate::diary::Read;
use crate::kill::Lives;
use crate::line::Line;
use crate::model::Who;
use crate::office::Office;
use crate::time::Clock;

/// A machine looks at its clock at least so often, since somebody may set it.
const LOOK: SignedDuration = SignedDuration::from_mins(30);
/// The module's own number of its printer.
const NUMBER: u32 = 1;

/// Is a printer's machine; what runs on it is gone when the power is.
pub struct Direct {
    pub clock: Clock,
    pub lives: Lives,
    /// The printer that it is built into.
    printer: usize,
    who: Option<Who>,
    flash: [Vec<u8>; 2],
    module: Option<Module>,
    chance: Chance,
    rhythm: Rhythm,
    pub starts_at: Option<Timestamp>,
    last_look: Timestamp,
    is_asked: bool,
    unkept: Unkept,
}

/// Is readings that are not in the diary yet.
#[derive(Default)]
struct Unkept {
    /// They were made and are not on flash.
    made: Vec<Read>,
    /// They are on flash, and the module has no name yet.
    nameless: Vec<Read>,
}

impl Direct {
    pub fn new(lives: Lives, clock: Clock, printer: usize, seed: u64, rhythm: Rhythm) -> Self {
        let starts_at = Some(clock.true_now());
        let (flash, chance, last_look) = (Default::default(), Chance::new(derive(seed, 7)), clock.true_now());
        Direct {
            clock,
            lives,
            printer,
            who: None,
            flash,
            module: None,
            chance,
            rhythm,
            starts_at,
            last_look,
            is_asked: false,
            unkept: Unkept::default(),
        }
    }

    /// Copies the flash of another machine: the image is put into this printer.
    pub fn clone_of(other: &Direct, lives: Lives, clock: Clock, printer: usize, seed: u64) -> Self {
        Direct { flash: other.flash.clone(), ..Direct::new(lives, clock, printer, seed, other.rhythm) }
    }

    /// Returns who the server takes it for.
    pub fn who(&self) -> Option<Who> {
        self.who
    }

    pub fn cut_power(&mut self, off: SignedDuration) {
        self.module = None;
        self.starts_at = Some(self.clock.true_now() + off);
    }

    pub fn next_at(&self) -> Timestamp {
        let Some(module) = &self.module else { return self.starts_at.expect("what is off is switched on again") };
        self.clock.when(module.next().at).min(self.last_look + LOOK)
    }

    /// Returns the times of the readings that wait, while it runs.
    pub fn waiting(&self) -> Option<Vec<Timestamp>> {
        self.module.as_ref().map(|module| module.state().readings.iter().map(|reading| reading.observed_at).collect())
    }

    /// Somebody presses the button.
    pub fn ask(&mut self) {
        self.is_asked = true;
        self.last_look = self.clock.true_now() - LOOK;
    }

    /// Does what is due; returns false if it was killed in the middle.
    pub fn act(&mut self, around: &mut Around<'_>) -> bool {
        let is_asked = std::mem::take(&mut self.is_asked);
        self.last_look = self.clock.true_now();
        let before = self.module.take();
        self.starts_at = None;
        if before.is_none() {
            self.unkept.made.clear();
        }
        let settings = self.settings();
        let lives = self.lives.clone();
        let module = lives.run(|| {
            let mut machine = self.machine(around);
            let mut module = before.unwrap_or_else(|| Module::start(settings, &mut machine));
            if is_asked {
                module.report_now(&machine);
            }
            module.step(&mut machine);
            module
        });
        self.module = module;
        self.module.is_some()
    }

    fn settings(&self) -> Settings {
        Settings {
            software: Software { name: "roundsman-device".into(), version: "0.1.0".into(), profiles: None },
            schedule: Schedule { rhythm: self.rhythm, time_zone: "Europe/Amsterdam".into() },
            privacy: Privacy::withholding(&[], &[]),
            mode: Mode::Normal,
            introduction: Some(Introduction { secret: "a tenant's token".into(), works_once: false }),
            name: None,
            catch_up: false,
        }
    }

    fn machine<'a, 'b>(&'a mut self, around: &'a mut Around<'b>) -> Machine<'a, 'b> {
        Machine {
            office: around.office,
            around,
            clock: &self.clock,
            lives: &self.lives,
            printer: self.printer,
            who: &mut self.who,
            flash: &mut self.flash,
            chance: &mut self.chance,
            is_connected: false,
            unkept: &mut self.unkept,
        }
    }
}

struct Machine<'a, 'b> {
    office: &'a Office,
    around: &'a mut Around<'b>,
    clock: &'a Clock,
    lives: &'a Lives,
    printer: usize,
    who: &'a mut Option<Who>,
    flash: &'a mut [Vec<u8>; 2],
    chance: &'a mut Chance,
    is_connected: bool,
    unkept: &'a mut Unkept,
}

impl Machine<'_, '_> {
    fn line(&self) -> Line<'_> {
        Line {
            office: self.office,
            who: self.who.expect("it is enrolled"),
            weather: self.around.weather,
            chance: self.around.chance,
            tally: self.around.tally,
            lives: self.lives,
        }
    }
}

impl Platform for Machine<'_, '_> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn chance(&mut self) -> u64 {
        self.chance.draw()
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        TimeZone::get(name).ok()
    }

    fn read(&mut self, slot: Slot) -> Result<Vec<u8>, StoreFault> {
        Ok(self.flash[slot as usize].clone())
    }

    fn write(&mut self, slot: Slot, octets: &[u8]) -> Result<(), StoreFault> {
        self.lives.pass();
        let kept = self.chance.below(octets.len() as u64 + 1) as usize;
        // As far as the write comes if the power goes in the middle.
        let torn = octets[..kept].to_vec();
        let whole = std::mem::replace(&mut self.flash[slot as usize], torn);
        drop(whole);
        self.lives.pass();
        self.flash[slot as usize] = octets.to_vec();
        self.unkept.nameless.append(&mut self.unkept.made);
        // Under whose name they go is what is written, not what was agreed before the power went.
        let enrolment = slots::unframe(octets).and_then(|(_, state)| state.enrolment);
        if let Some(who) = enrolment.map(|enrolment| self.office.who_is(&enrolment.sender)) {
            for mut read in self.unkept.nameless.drain(..) {
                read.told.0 = who;
                self.around.diary.note(read);
            }
        }
        self.lives.pass();
        Ok(())
    }

    fn facts(&mut self) -> Seen {
        let observed_at = self.clock.now();
        let (facts, total, is_whole) = self.around.printers.read_inside(self.printer);
        self.around.tally.borrow_mut().count("readings by modules");
        let at = Timestamp::from_second(observed_at.as_second()).unwrap();
        // Every reading counts, so each has a day of its own.
        let day = jiff::civil::date(2000, 1, 1).saturating_add(SignedDuration::from_hours(24 * total));
        self.unkept.made.push(Read { told: (usize::MAX, NUMBER), at, day, total: Some(total), is_whole, is_owed: true });
        Seen { observed_at, is_whole, facts }
    }

    fn enrol(&mut self, _: &EnrolRequest) -> Result<Enrolled, Trouble> {
        if self.around.weather.is_cut || !self.office.is_up() {
            return Err(Trouble::Later { why: "no route to the server".into(), wait: None });
        }
        self.lives.pass();
        let who = self.office.enrol(wire::envelope::SenderKind::DeviceDirect, "Head office");
        self.lives.pass();
        *self.who = Some(who);
        let sender = self.office.id_of(who);
        let secret = who.to_string();
        let reply = EnrolReply { sender, secret };
        Ok(Enrolled { reply, server: "server.example:443".into(), authority: None })
    }

    fn hello(&mut self, enrolment: &Enrolment) -> Result<Hello, Trouble> {
        // After a restart, or in another printer, the flash says who this is.
        *self.who = Some(enrolment.secret.parse().expect("the secret is the number"));
        let line = self.line();
        let hello = line.connect().map_err(trouble)?.hello().clone();
        self.is_connected = true;
        Ok(hello)
    }

    fn send(&mut self, report: &[u8]) -> Result<Reply, Trouble> {
        assert!(self.is_connected);
        let line = self.line();
        line.send(&uplink::compress::compress(report)).map_err(trouble)
    }

    fn close(&mut self) {
        self.is_connected = false;
    }

    fn verdict(&mut self, _: &Command) -> Verdict {
        Verdict::Allowed
    }

    fn tell(&mut self, event: &str) {
        if self.around.tells {
            println!("{} module of printer {}: {event}", self.clock.true_now(), self.printer);
        }
    }
}

fn trouble(refusal: Refusal) -> Trouble {
    match refusal {
        Refusal::NeedsFull(last) => Trouble::NeedsFull(last),
        Refusal::Stale(last) => Trouble::Stale(last),
        Refusal::Other { reason, wait, .. } => Trouble::Later { why: reason, wait },
        Refusal::TooLarge(reason) | Refusal::Rejected(reason) => Trouble::Rejected(reason),
    }
}
