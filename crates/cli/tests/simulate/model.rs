//! The server as one would explain it to somebody: a list of the reports taken, and what follows from it.
//!
//! Nothing is kept but the list; every question goes through all of it from the start.

use std::collections::BTreeMap;

use jiff::Timestamp;
use wire::{Change, Extent, Facts, Reading, Report, Value};

/// Numbers the senders in the order in which they were let in.
pub type Who = usize;
/// Is a device as a sender numbers it.
pub type Told = (Who, u32);

/// Says what is to become of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Taken,
    Again,
    Stale,
    NeedsFull,
}

/// Is a report that was taken.
pub struct Taken {
    pub who: Who,
    pub report: Report,
    pub received_at: Timestamp,
}

/// Is the newest word of a sender on a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub facts: Facts,
    pub seen_at: Timestamp,
    pub apart: BTreeMap<String, Timestamp>,
    pub received_at: Timestamp,
}

/// Is what history has of one hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Hour {
    pub observed_at: Timestamp,
    pub facts: Facts,
}

/// Is the reference.
#[derive(Default)]
pub struct Model {
    pub taken: Vec<Taken>,
}

impl Model {
    /// Says what must become of a report.
    pub fn fate(&self, who: Who, report: &Report) -> Fate {
        let of_sender = || self.taken.iter().filter(|taken| taken.who == who);
        if of_sender().any(|taken| taken.report.id == report.id) {
            return Fate::Again;
        }
        let Some(last) = of_sender().next_back() else {
            return if report.base.is_none() { Fate::Taken } else { Fate::NeedsFull };
        };
        if report.sequence <= last.report.sequence {
            return Fate::Stale;
        }
        match &report.base {
            Some(base) if *base != last.report.id => Fate::NeedsFull,
            _ => Fate::Taken,
        }
    }

    /// Returns the newest words.
    pub fn words(&self) -> BTreeMap<Told, Word> {
        self.follow(|_, _, _| {})
    }

    /// Goes through all readings that were taken, each with the word that it left, and returns the newest words.
    pub fn follow(&self, mut each: impl FnMut(Told, &Reading, &Word)) -> BTreeMap<Told, Word> {
        let mut words: BTreeMap<Told, Word> = BTreeMap::new();
        for taken in &self.taken {
            for reading in &taken.report.readings {
                let told = (taken.who, reading.device);
                let word = words.entry(told).or_insert_with(|| Word {
                    facts: Facts::new(),
                    seen_at: Timestamp::UNIX_EPOCH,
                    apart: BTreeMap::new(),
                    received_at: taken.received_at,
                });
                hear(word, reading);
                word.received_at = taken.received_at;
                each(told, reading, word);
            }
        }
        words
    }

    /// Returns all that history must have: of each hour the newest reading.
    pub fn history(&self) -> BTreeMap<(Told, i64), Hour> {
        let mut history: BTreeMap<(Told, i64), Hour> = BTreeMap::new();
        self.follow(|told, reading, word| {
            let mut facts = word.facts.clone();
            if reading.extent == Extent::Glimpse {
                facts.retain(|key, _| reading.changes.iter().any(|(seen, change)| seen == key && *change != Change::Gone));
            }
            facts.retain(|key, _| is_history(key));
            let place = (told, reading.observed_at.as_second().div_euclid(3600));
            let is_news = match history.get(&place) {
                None => true,
                Some(_) if reading.extent == Extent::Glimpse => false,
                // That somebody was looked for in vain is no reason to forget what was said.
                Some(there) if there.facts.keys().all(|key| &**key == "presence") && facts.len() > 1 => true,
                Some(there) => reading.observed_at >= there.observed_at,
            };
            if is_news {
                history.insert(place, Hour { observed_at: reading.observed_at, facts });
            }
        });
        history
    }
}

fn is_history(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    matches!(parts[..], ["presence"] | ["meters", _, "value"] | ["supplies", _, "level", "value" | "kind"])
}

/// Takes in what a reading says.
fn hear(word: &mut Word, reading: &Reading) {
    let before = word.facts.clone();
    if reading.extent == Extent::Whole {
        word.facts.clear();
    }
    for (key, change) in &reading.changes {
        match change {
            Change::Set(value) => _ = word.facts.insert(key.clone(), value.clone()),
            Change::Gone => _ = word.facts.remove(key),
            Change::Add(by) => {
                let Some(Value::Integer(number)) = before.get(key) else { panic!("{key} is no number that could grow: {before:?}") };
                word.facts.insert(key.clone(), Value::Integer(number + by));
            }
        }
    }
    if reading.extent == Extent::Glimpse {
        for (key, _) in &reading.changes {
            word.apart.insert(key.to_string(), reading.observed_at);
        }
    } else {
        word.apart.clear();
        word.seen_at = reading.observed_at;
    }
}

/// Returns what the total meter says.
pub fn total(facts: &Facts) -> Option<i64> {
    match facts.get("meters/total/value") {
        Some(Value::Integer(total)) => Some(*total),
        _ => None,
    }
}
