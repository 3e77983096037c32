//! Printers that count: no two readings of one are alike, so each can be told from all others.

use jiff::{SignedDuration, Timestamp};
use sim::chance::{Chance, derive};
use wire::{Extent, Facts, Key, Value};

/// Is a printer.
pub struct Printer {
    serial: String,
    address: u8,
    total: i64,
    level: i64,
    /// From when on it stands there.
    since: Timestamp,
    /// It answers nobody until then.
    silent_until: Timestamp,
    chance: Chance,
}

/// Is one reading, as a scan brings it.
pub struct Piece {
    pub extent: Extent,
    pub after: SignedDuration,
    pub facts: Facts,
    pub total: Option<i64>,
}

/// Is all printers of the site.
pub struct Printers(Vec<Printer>);

impl Printers {
    pub fn new(seed: u64, count: usize, start: Timestamp) -> Self {
        let mut chance = Chance::new(derive(seed, 3));
        let printer = |number: usize| Printer {
            serial: format!("SN{:06}{number}", chance.below(1_000_000)),
            address: 10 + number as u8,
            total: 1000 * (1 + number as i64),
            level: 100,
            // Most are there from the beginning; the others are bought later.
            since: if number < 2 || chance.happens(0.6) { start } else { start + SignedDuration::from_hours(chance.below(200) as i64) },
            silent_until: start,
            chance: Chance::new(derive(seed, 100 + number as u64)),
        };
        Printers((0..count).map(printer).collect())
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn silence(&mut self, printer: usize, until: Timestamp) {
        self.0[printer].silent_until = until;
    }

    /// Hands out the addresses anew: two printers change places.
    pub fn swap_addresses(&mut self, one: usize, other: usize) {
        let (first, second) = (self.0[one].address, self.0[other].address);
        (self.0[one].address, self.0[other].address) = (second, first);
    }

    /// Reads a printer from inside, where it always answers: facts, total, and whether that is all.
    pub fn read_inside(&mut self, number: usize) -> (Facts, i64, bool) {
        let printer = &mut self.0[number];
        let cut_short = printer.chance.happens(0.05);
        (printer.read(cut_short), printer.total, !cut_short)
    }

    /// Asks one printer at a true time; `None` where nobody answers.
    pub fn ask(&mut self, number: usize, now: Timestamp) -> Option<Piece> {
        let printer = &mut self.0[number];
        if now < printer.since.max(printer.silent_until) {
            return None;
        }
        let after = SignedDuration::from_millis(printer.chance.below(40_000) as i64);
        let cut_short = printer.chance.happens(0.05);
        let facts = printer.read(cut_short);
        let extent = if cut_short { Extent::Glimpse } else { Extent::Whole };
        Some(Piece { extent, after, total: Some(printer.total), facts })
    }
}

impl Printer {
    fn read(&mut self, cut_short: bool) -> Facts {
        self.total += 1 + self.chance.below(90) as i64;
        self.level = if self.level < 3 { 100 } else { self.level - self.chance.below(3) as i64 };
        let mut facts = Facts::new();
        let mut tell = |key: &str, value: Value| drop(facts.insert(Key::from(key), value));
        tell("address", format!("10.0.0.{}", self.address).as_str().into());
        tell("identity/manufacturer", "Acme".into());
        tell("identity/serial_number", self.serial.as_str().into());
        tell("meters/total/value", self.total.into());
        tell("meters/total/origin", "prtMarkerLifeCount.1.1".into());
        tell("meters/total/evidence", "standard".into());
        if cut_short {
            return facts;
        }
        tell("identity/model", "Copier 3000".into());
        tell("presence", "ready".into());
        tell("supplies/1/level/kind", "measured".into());
        tell("supplies/1/level/value", self.level.into());
        tell("supplies/1/type", "toner".into());
        // Facts that come and go.
        for alert in 1..=3 {
            if self.chance.happens(0.3) {
                tell(&format!("alerts/{alert}/severity"), "warning".into());
                tell(&format!("alerts/{alert}/code"), (self.chance.below(40) as i64).into());
            }
        }
        facts
    }
}
