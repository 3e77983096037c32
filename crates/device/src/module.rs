//! The module's mind: when to read, when to report, and what to do when that fails.

use alloc::string::{String, ToString};

use jiff::Timestamp;
use wire::envelope::Software;
use wire::privacy::Privacy;
use wire::rhythm::{Schedule, place_of};

use crate::platform::{Platform, Seen, StoreFault, Trouble};
use crate::printer::Printer;
use crate::session::{Failure, Session};
use crate::state::slots::{self, Slots};
use crate::state::{Stage, State};
use crate::wait::{Wait, after};
use crate::{intake, orders, readings};

/// Is what the site and the maker decide.
#[derive(Clone, Debug)]
pub struct Settings {
    pub software: Software,
    /// When to report, unless the server has set another schedule.
    pub schedule: Schedule,
    pub privacy: Privacy,
    pub mode: Mode,
    /// What to show a server that does not know the module; `None`: it has to be enrolled otherwise.
    pub introduction: Option<Introduction>,
    /// How the sender is to be called.
    pub name: Option<String>,
    /// Whether a report that was missed goes as soon as it can, instead of at the next planned time.
    pub catch_up: bool,
}

/// Is the site's word on commands; the module enforces it, not the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// What is on the closed list runs.
    #[default]
    Normal,
    /// Somebody at the site allows each command.
    Approve,
    /// Nothing runs.
    Locked,
}

/// Is what a module shows to be let in.
#[derive(Clone, PartialEq, Eq)]
pub struct Introduction {
    pub secret: String,
    /// A one-time code is never shown twice; a tenant's token works for every printer.
    pub works_once: bool,
}

impl core::fmt::Debug for Introduction {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Introduction").field("works_once", &self.works_once).finish_non_exhaustive()
    }
}

impl Introduction {
    /// Returns a number by which a code is known again; the code cannot be had from it.
    pub(crate) fn mark(&self) -> u64 {
        place_of(&self.secret)
    }
}

/// Is when to call [`Module::step`] again, and why then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub at: Timestamp,
    pub why: Why,
}

/// Says what a module waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The first report, at once.
    Installed,
    /// The planned time.
    Planned,
    /// Another attempt after a failure.
    Retry,
    /// The clock was never set: no reading could say when it was made.
    ClockNotSet,
}

/// Before this no module was built: a clock that shows less was never set.
pub(crate) const FIRST_DAY: i64 = 1_735_689_600;
/// A clock that jumps back by more than this was set; what was planned is planned anew.
const JUMP: i64 = 5 * 60;
/// A planned time that is noticed later than this was slept through; the next one counts.
const LATE: i64 = 30 * 60;

/// Is a module; see the crate.
#[derive(Debug)]
pub struct Module {
    pub(crate) settings: Settings,
    pub(crate) state: State,
    pub(crate) slots: Slots,
    next: Next,
    wait: Option<Wait>,
    /// Whether the reading for what is due has been made.
    has_read: bool,
    last_seen: Timestamp,
    trouble: Option<String>,
    /// Why the flash does not obey, while it does not.
    pub(crate) flash: Option<StoreFault>,
}

impl Module {
    /// Takes up where the state on flash ends. A flash that cannot be read counts as empty; the
    /// module then works as long as it has power, and says so.
    pub fn start(settings: Settings, platform: &mut impl Platform) -> Self {
        let now = platform.now();
        let (found, flash) = match slots::load(platform) {
            Ok(found) => (found, None),
            Err(fault) => (slots::Found { slots: Slots::default(), state: None, is_damaged: false }, Some(fault)),
        };
        if found.is_damaged {
            platform.tell("a slot of the state is torn or worn; the other one counts");
        }
        let mut state = found.state.unwrap_or_default();
        orders::recover(&mut state, now);
        let next = Next { at: now, why: Why::Installed };
        let mut module =
            Module { settings, state, slots: found.slots, next, wait: None, has_read: false, last_seen: now, trouble: None, flash };
        module.forget_used_enrolment();
        module.take_up(now, platform);
        module
    }

    /// Plans what comes after power has come back: the first report at once, a later one at its time.
    fn take_up(&mut self, now: Timestamp, platform: &impl Platform) {
        self.next = Next { at: now, why: Why::Installed };
        if self.state.enrolment.is_some() && self.state.reported_at.is_some() {
            let has_missed = self.settings.catch_up && self.has_missed(now, platform);
            self.plan(now, platform);
            if has_missed {
                self.next.at = now;
            }
        }
    }

    /// Returns what is remembered.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns when to call [`Module::step`] again.
    pub fn next(&self) -> Next {
        self.next
    }

    /// Returns what went wrong at the last attempt, in words for people.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Returns the schedule that counts: the server's, else the configured one.
    pub fn schedule(&self) -> &Schedule {
        self.state.schedule.as_ref().unwrap_or(&self.settings.schedule)
    }

    /// Makes a report due now.
    pub fn report_now(&mut self, platform: &impl Platform) {
        self.next = Next { at: platform.now(), why: Why::Planned };
        self.has_read = false;
        self.wait = None;
    }

    /// Does what is due, and returns when to call again.
    ///
    /// To call it earlier does no harm and is wanted where clocks can be set: what was planned is
    /// then planned anew.
    pub fn step(&mut self, platform: &mut impl Platform) -> Next {
        let now = platform.now();
        if now.as_second() < FIRST_DAY {
            self.trouble = Some("the clock was never set, so no reading could say when it was made; set it, or let NTP do so".to_string());
            self.next = Next { at: after(now, 60), why: Why::ClockNotSet };
            return self.next;
        }
        let was_set = self.next.why == Why::ClockNotSet;
        let is_late = self.next.why == Why::Planned && now.as_second() - self.next.at.as_second() > LATE;
        if was_set || is_late || self.last_seen.as_second() - now.as_second() > JUMP {
            self.take_up(now, platform);
        }
        self.last_seen = now;
        let is_allowed = self.state.orders.iter().any(|order| order.stage == Stage::Waiting) && orders::ask(&mut self.state, platform);
        if now < self.next.at && !is_allowed {
            return self.next;
        }
        let result = self.report(platform);
        platform.close();
        self.look_ahead(result, platform);
        self.next
    }

    /// Reads, unless this is another attempt, and gets everything to the server.
    fn report(&mut self, platform: &mut impl Platform) -> Result<(), Failure> {
        if !self.has_read {
            let seen = platform.facts();
            self.take(seen, platform);
            self.has_read = true;
        }
        let mut session = Session { module: self, turns: 0, floor: 0 };
        session.hold(platform)
    }

    /// Takes in what the printer said.
    pub(crate) fn take(&mut self, mut seen: Seen, platform: &mut impl Platform) {
        if let Some(printer) = Printer::of(&seen.facts) {
            self.recognise(printer, platform);
        }
        if let Some(sentence) = intake::bound(&mut seen.facts, &self.settings.privacy) {
            intake::complain(&mut seen.facts, sentence);
        }
        let dropped = self.state.dropped + u32::from(self.state.readings.len() >= readings::MOST_READINGS);
        if dropped > 0 {
            let sentence =
                alloc::format!("{dropped} older readings were given up: there was no way to the server, and no room to keep them");
            intake::complain(&mut seen.facts, sentence);
        }
        if let Some(fault) = &self.flash {
            intake::complain(&mut seen.facts, fault.to_string());
        }
        self.settings.privacy.apply(&mut seen.facts);
        readings::keep(&mut self.state, &seen);
    }

    /// An image of this flash may have been put into another printer: that one begins anew.
    fn recognise(&mut self, printer: Printer, platform: &mut impl Platform) {
        match &mut self.state.printer {
            Some(known) if known.is_another(&printer) => {
                platform.tell("this is another printer than the module was enrolled for; it begins anew under its own name");
                self.begin_anew();
                self.state.printer = Some(printer);
            }
            Some(known) => _ = known.learn(&printer),
            None => self.state.printer = Some(printer),
        }
    }

    /// Forgets everything that belongs to another printer or another enrolment. What was written to
    /// this flash, and which code was used up, stays true.
    pub(crate) fn begin_anew(&mut self) {
        let before = core::mem::take(&mut self.state);
        self.state = State { wear: before.wear, spent: before.spent, printer: before.printer, ..State::default() };
    }

    /// Somebody has configured another one-time code: they want the module to enrol with it.
    fn forget_used_enrolment(&mut self) {
        let Some(introduction) = self.settings.introduction.as_ref().filter(|introduction| introduction.works_once) else { return };
        if self.state.enrolment.is_some() && self.state.spent.is_some_and(|spent| spent != introduction.mark()) {
            self.state.enrolment = None;
            self.state.pending = None;
            self.state.forget_base();
        }
    }

    fn look_ahead(&mut self, result: Result<(), Failure>, platform: &mut impl Platform) {
        let now = platform.now();
        match result {
            Ok(()) => {
                self.trouble = None;
                self.wait = None;
                self.plan(now, platform);
            }
            Err(failure) => {
                let is_enrolled = self.state.enrolment.is_some();
                let asked = match &failure {
                    Failure::Server(Trouble::Later { wait, .. }) => Some(*wait),
                    _ if !is_enrolled && failure.may_pass() => Some(None),
                    _ => None,
                };
                let sentence = failure.to_string();
                platform.tell(&sentence);
                self.trouble = Some(sentence);
                let again =
                    asked.and_then(|asked| self.wait.get_or_insert(Wait::new(now)).next(now, platform.chance(), asked, is_enrolled));
                match again {
                    Some(at) => self.next = Next { at, why: Why::Retry },
                    None => self.plan(now, platform),
                }
            }
        }
    }

    /// Waits for the next planned time, for which a new reading will be made.
    fn plan(&mut self, now: Timestamp, platform: &impl Platform) {
        self.has_read = false;
        self.wait = None;
        self.next = Next { at: self.planned_after(now, platform), why: Why::Planned };
    }

    pub(crate) fn planned_after(&self, now: Timestamp, platform: &impl Platform) -> Timestamp {
        platform.planned(self.schedule(), self.place(), now).0
    }

    fn has_missed(&self, now: Timestamp, platform: &impl Platform) -> bool {
        let last = platform.planned(self.schedule(), self.place(), now).1;
        self.state.reported_at.is_some_and(|at| at < last)
    }

    fn place(&self) -> u64 {
        self.state.enrolment.as_ref().map_or(0, |enrolment| place_of(&enrolment.sender))
    }

    /// Writes the state; a flash that does not obey is remembered, and said to the server.
    pub(crate) fn save(&mut self, platform: &mut impl Platform) -> Result<(), StoreFault> {
        let mut saved = self.slots.save(&mut self.state, platform);
        // What is too large for a slot loses its oldest readings.
        while saved.is_err() && slots::is_too_large(&self.state) && readings::thin(&mut self.state) {
            saved = self.slots.save(&mut self.state, platform);
        }
        self.flash = saved.as_ref().err().cloned();
        saved
    }
}
