//! A printer that lives: it prints, runs empty, is looked after, jams, sleeps and starts again.

mod agenda;
mod alert;
mod cell;
mod condition;
mod identity;
mod life;
mod mib;
mod rhythm;
mod spec;
mod supply;

use std::sync::Arc;

use snmp::responder::Objects;
use snmp::{OidRef, Value};

pub use self::cell::Meter;
pub use self::identity::Identity;
pub use self::spec::{BinSpec, Habits, LevelBehaviour, ModelSpec, SupplyKind, SupplySpec, TraySpec};

use self::agenda::{Agenda, Chore};
use self::alert::AlertTable;
use self::condition::Conditions;
use self::life::{Function, Job, Meters};
use self::mib::Layout;
use self::rhythm::Rhythm;
use self::supply::SupplyState;
use crate::chance::{Chance, mix};
use crate::time::{DAY, MONDAY, SECOND, Tick};

/// Is a model with its objects laid out; printers of one model share it.
#[derive(Clone, Debug)]
pub struct Model {
    spec: ModelSpec,
    layout: Layout,
}

impl Model {
    pub fn new(spec: ModelSpec) -> Self {
        Model { layout: Layout::of(&spec), spec }
    }

    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }
}

/// Is a living printer: a state that time and commands change, and the objects that tell of it.
///
/// Rows are named as in the MIB: supply 3 is prtMarkerSuppliesLevel.1.3. Commands take effect at
/// the time the printer was last advanced to. Naming a part that the model lacks panics, for it
/// is a mistake in a test.
///
/// ```
/// use sim::{Habits, ModelSpec, SimPrinter, time::HOUR};
/// let mut printer = SimPrinter::new(7, ModelSpec { habits: Habits::none(), ..ModelSpec::mono_printer() });
/// let before = printer.total_impressions();
/// printer.replace(1);
/// assert_eq!(printer.print(10, 0.0), 10);
/// printer.advance(9 * HOUR);
/// assert_eq!(printer.total_impressions(), before + 10);
/// assert_eq!(printer.level(1), 100);
/// ```
#[derive(Clone, Debug)]
pub struct SimPrinter {
    model: Arc<Model>,
    identity: Identity,
    habits: Habits,
    rhythm: Rhythm,
    chance: Chance,
    agenda: Agenda,
    now: Tick,
    supplies: Vec<SupplyState>,
    trays: Vec<Tray>,
    /// Sheets lying in each bin.
    bins: Vec<u32>,
    /// One bit a cover.
    open_covers: u64,
    is_jammed: bool,
    is_powered: bool,
    booted_at: Tick,
    /// How long the printer had been up at `booted_at`.
    up_before: Tick,
    silent_until: Tick,
    warm_at: Tick,
    printing_until: Tick,
    sleeps_at: Tick,
    /// Impressions that wait until the printer can print again.
    waiting: u32,
    meters: Meters,
    power_on_count: u64,
    boots_before: u32,
    restarts: u32,
    config_changes: u32,
    device_errors: u64,
    traffic_seed: u64,
    alerts: AlertTable,
    // What follows from the above; see `settle`.
    conditions: Conditions,
    is_stopped: bool,
    error_state: [u8; 2],
    date: [u8; 8],
}

#[derive(Clone, Debug)]
struct Tray {
    sheets: u32,
    is_in: bool,
}

impl SimPrinter {
    /// Makes a printer somewhere in its life; which, and all that chance brings it, the seed decides.
    pub fn new(seed: u64, spec: ModelSpec) -> Self {
        Self::of_model(seed, Arc::new(Model::new(spec)), Identity::numbered((mix(seed) % 10_000_000) as u32))
    }

    /// Makes a printer of a model that others share.
    pub fn of_model(seed: u64, model: Arc<Model>, identity: Identity) -> Self {
        let mut chance = Chance::new(seed);
        let spec = &model.spec;
        let partly_used = |chance: &mut Chance| 150 + chance.below(850);
        let supplies =
            spec.supplies.iter().map(|supply| SupplyState::partly_used(supply, partly_used(&mut chance), &identity.serial)).collect();
        let half_full = |tray: &TraySpec, chance: &mut Chance| Tray {
            sheets: if tray.feeds_jobs { tray.capacity / 4 + chance.below(u64::from(tray.capacity) / 2) as u32 } else { tray.capacity },
            is_in: true,
        };
        let trays = spec.trays.iter().map(|tray| half_full(tray, &mut chance)).collect();
        let meters = some_life(spec, &mut chance);
        let all_events = chance.below(400) as u32;
        let mut printer = SimPrinter {
            identity,
            habits: spec.habits.clone(),
            rhythm: Rhythm::new(MONDAY),
            agenda: Agenda::default(),
            now: 0,
            supplies,
            trays,
            bins: vec![0; spec.bins.len()],
            open_covers: 0,
            is_jammed: false,
            is_powered: true,
            booted_at: 0,
            up_before: chance.below(60 * DAY),
            silent_until: 0,
            warm_at: 0,
            printing_until: 0,
            sleeps_at: 0,
            waiting: 0,
            power_on_count: chance.below(5_000).min(meters.monochrome),
            boots_before: 1 + (mix(seed ^ 0x0062_6f6f_7473) % 200) as u32,
            restarts: 0,
            meters,
            config_changes: 3 + chance.below(40) as u32,
            device_errors: chance.below(50),
            traffic_seed: chance.draw(),
            alerts: AlertTable::after_events(all_events, all_events / 5),
            conditions: Conditions::default(),
            is_stopped: false,
            error_state: [0; 2],
            date: [0; 8],
            chance,
            model,
        };
        printer.begin();
        printer
    }

    /// Sets how the printer is used from now on.
    pub fn set_habits(&mut self, habits: Habits) {
        self.habits = habits;
        self.begin();
    }

    /// Sets whether the printer is switched off at night and at weekends.
    pub fn set_off_at_night(&mut self, off_at_night: bool) {
        self.set_habits(Habits { off_at_night, ..self.habits.clone() });
    }

    /// Sets the moment of tick 0 in seconds since 1970, UTC.
    pub fn set_epoch(&mut self, seconds_since_1970: u64) {
        self.rhythm = Rhythm::new(seconds_since_1970);
        self.begin();
    }

    /// Lets the printer live until a moment; one that has passed changes nothing.
    pub fn advance(&mut self, to: Tick) {
        if to > self.now {
            self.live_until(to);
        }
    }

    /// Returns the moment the printer has lived to.
    pub fn now(&self) -> Tick {
        self.now
    }
}

/// What happens to a printer on command.
impl SimPrinter {
    /// Prints a job of usual coverage on one side, of which a share from 0.0 to 1.0 is in colour.
    ///
    /// Returns how many impressions came out; the rest waits for what is missing.
    pub fn print(&mut self, impressions: u32, color_share: f64) -> u32 {
        let color = (f64::from(impressions) * color_share.clamp(0.0, 1.0)).round() as u32;
        let color = if self.model.spec.colorants.len() > 1 { color } else { 0 };
        let mut done = 0;
        for (impressions, is_color) in [(color, true), (impressions - color, false)] {
            if impressions > 0 {
                let job = Job { function: Function::Print, impressions, is_color, is_duplex: false, is_large: false, coverage: 100 };
                done += self.run(job);
                self.settle();
            }
        }
        done
    }

    /// Runs a supply empty; a receptacle is full then.
    pub fn empty(&mut self, supply: u32) {
        let place = self.place_of(supply);
        self.supplies[place].empty();
        self.settle();
    }

    /// Puts a new supply in the place of an old one.
    pub fn replace(&mut self, supply: u32) {
        let place = self.place_of(supply);
        self.replace_at(place);
        self.settle_and_resume();
    }

    pub fn jam(&mut self) {
        self.jam_now();
        self.settle();
    }

    /// Takes jammed paper out and closes all covers.
    pub fn clear(&mut self) {
        self.agenda.cancel(Chore::OpenCover(0));
        self.agenda.cancel(Chore::ClearJam);
        (self.is_jammed, self.open_covers) = (false, 0);
        self.settle_and_resume();
    }

    pub fn sleep(&mut self) {
        self.sleeps_at = self.now;
        self.printing_until = self.printing_until.min(self.now);
        self.warm_at = self.warm_at.min(self.now);
    }

    pub fn wake(&mut self) {
        self.wake_up();
    }

    /// Restarts: sysUpTime, the alert counters and prtMarkerPowerOnCount begin at 0, and for 45 seconds there is no answer.
    ///
    /// Without `keep_counters` the life counts begin at 0 too, as after a new board.
    pub fn restart(&mut self, keep_counters: bool) {
        self.start(keep_counters);
        self.settle();
    }

    /// Switches the printer on or off.
    pub fn power(&mut self, on: bool) {
        self.switch(on);
        self.settle_and_resume();
    }

    pub fn pull_tray(&mut self, tray: u32) {
        self.tray_mut(tray).is_in = false;
        self.settle();
    }

    pub fn push_tray(&mut self, tray: u32) {
        self.tray_mut(tray).is_in = true;
        self.settle_and_resume();
    }

    /// Puts so many sheets into a tray, as far as they fit.
    pub fn fill_tray(&mut self, tray: u32, sheets: u32) {
        let capacity = self.model.spec.trays[tray as usize - 1].capacity;
        self.tray_mut(tray).sheets = sheets.min(capacity);
        self.settle_and_resume();
    }

    pub fn open_cover(&mut self, cover: u32) {
        assert!((1..=self.model.spec.covers.len()).contains(&(cover as usize)), "{} has no cover {cover}", self.model.spec.name);
        self.open_covers |= 1 << (cover - 1);
        self.settle();
    }

    pub fn close_cover(&mut self, cover: u32) {
        self.open_covers &= !(1 << (cover - 1));
        self.settle_and_resume();
    }

    /// Fits a further tray, full: rows appear and prtGeneralConfigChanges rises.
    pub fn add_tray(&mut self, tray: TraySpec) {
        self.trays.push(Tray { sheets: tray.capacity, is_in: true });
        let mut spec = self.model.spec.clone();
        spec.trays.push(tray);
        self.model = Arc::new(Model::new(spec));
        self.config_changes = self.config_changes.wrapping_add(1);
        self.settle_and_resume();
    }

    fn settle_and_resume(&mut self) {
        self.settle();
        self.resume();
        self.settle();
    }

    fn place_of(&self, supply: u32) -> usize {
        let place = self.model.spec.supplies.iter().position(|spec| spec.row == supply);
        place.unwrap_or_else(|| panic!("{} has no supply {supply}", self.model.spec.name))
    }

    fn tray_mut(&mut self, tray: u32) -> &mut Tray {
        &mut self.trays[tray as usize - 1]
    }
}

/// What is true of a printer, whatever its objects say of it.
impl SimPrinter {
    pub fn spec(&self) -> &ModelSpec {
        &self.model.spec
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns whether it is switched on and past its start: whether it answers.
    pub fn is_on(&self) -> bool {
        self.is_powered && self.now >= self.silent_until
    }

    pub fn is_asleep(&self) -> bool {
        self.now >= self.sleeps_at && !self.is_stopped
    }

    pub fn is_printing(&self) -> bool {
        self.now < self.printing_until && !self.is_stopped
    }

    pub fn is_warming_up(&self) -> bool {
        self.now < self.warm_at
    }

    /// Returns whether something keeps it from printing.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Returns how often the printer has been switched on in its life: snmpEngineBoots.
    pub fn boots(&self) -> u32 {
        self.boots_before + self.restarts
    }

    /// Returns how often the printer has been switched on since the simulation began.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Returns for how many seconds the printer has been on: snmpEngineTime.
    pub fn up_secs(&self) -> u32 {
        ((self.now - self.booted_at + self.up_before) / SECOND) as u32
    }

    /// Returns the impressions of its life; no matter in which unit prtMarkerLifeCount counts.
    pub fn total_impressions(&self) -> u64 {
        self.meters.monochrome + self.meters.color
    }

    /// Returns the sheets of its life.
    pub fn total_sheets(&self) -> u64 {
        self.meters.sheets
    }

    /// Returns what prtMarkerLifeCount tells, before it wraps.
    pub fn life_count(&self) -> u64 {
        if self.model.spec.counter_unit == 8 { self.meters.sheets } else { self.total_impressions() }
    }

    pub fn meter(&self, meter: Meter) -> u64 {
        let meters = &self.meters;
        match meter {
            Meter::Total => self.total_impressions(),
            Meter::Monochrome => meters.monochrome,
            Meter::Color => meters.color,
            Meter::Print => self.total_impressions() - meters.copy - meters.fax,
            Meter::Copy => meters.copy,
            Meter::Fax => meters.fax,
            Meter::Scan => meters.scan,
            Meter::Large => meters.large,
            Meter::Duplex => meters.duplex,
        }
    }

    /// Returns what is left of a supply in its unit, rounded up; of a receptacle the room.
    pub fn level(&self, supply: u32) -> u32 {
        let place = self.place_of(supply);
        self.supplies[place].level(&self.model.spec.supplies[place])
    }

    /// Returns how often a supply was replaced.
    pub fn replacements(&self, supply: u32) -> u32 {
        self.supplies[self.place_of(supply)].generation()
    }

    /// Returns the sheets in a tray.
    pub fn sheets(&self, tray: u32) -> u32 {
        self.trays[tray as usize - 1].sheets
    }

    /// Returns prtAlertIndex and prtAlertCode of every alert.
    pub fn alert_codes(&self) -> Vec<(u32, i64)> {
        self.alerts.alerts().iter().map(|alert| (alert.index, alert.notice.code)).collect()
    }

    /// Returns prtAlertAllEvents.
    pub fn all_events(&self) -> u32 {
        self.alerts.all_events
    }

    /// Returns prtGeneralConfigChanges.
    pub fn config_changes(&self) -> u32 {
        self.config_changes
    }

    /// Returns how many objects it has.
    pub fn object_count(&self) -> usize {
        self.model.layout.len() + 8 * self.alerts.alerts().len()
    }
}

impl Objects for SimPrinter {
    fn get(&self, name: OidRef<'_>) -> Option<Value<'_>> {
        match self.model.layout.get(name) {
            Some(cell) => Some(self.value(cell)),
            None => self.alerts.get(name),
        }
    }

    fn next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        let lasting = self.model.layout.next(after);
        match (lasting, self.alerts.next(after)) {
            (Some((name, _)), Some(alert)) if alert.0.cmp_arcs(&name).is_lt() => Some(alert),
            (Some((name, cell)), _) => Some((name, self.value(cell))),
            (None, alert) => alert,
        }
    }
}

/// Draws the meters of a printer that has been at work for some time.
fn some_life(spec: &ModelSpec, chance: &mut Chance) -> Meters {
    let total = 2_000 + chance.below(u64::from(spec.habits.jobs_a_day.max(8)) * 6_000);
    let percent = |chance: &mut Chance, from: u64, to: u64| total * chance.within(&(from..to)) / 100;
    let color = if spec.colorants.len() > 1 { percent(chance, 20, 60) } else { 0 };
    let duplex = percent(chance, 10, 40);
    let mut meters = Meters { monochrome: total - color, color, duplex, sheets: total - duplex, ..Meters::default() };
    if spec.is_multifunction {
        meters.copy = percent(chance, 15, 30);
        meters.fax = percent(chance, 0, 4);
        meters.scan = percent(chance, 20, 80);
        meters.large = percent(chance, 0, 8);
    }
    meters
}
