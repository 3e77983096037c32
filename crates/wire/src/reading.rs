//! One reading of one device, whole or as changes, and what it does to what was known.

use alloc::vec::Vec;
use jiff::Timestamp;

use crate::facts::{Facts, Key, Value};

/// Is what a sender read of one device at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The sender's own number for the device, from 1; never given to another one.
    pub device: u32,
    /// When the device gave its last answer, by the sender's clock, in whole seconds.
    pub observed_at: Timestamp,
    pub extent: Extent,
    /// Ordered by key, one change a key.
    pub changes: Vec<(Key, Change)>,
}

/// Says what a reading tells about facts that it does not mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// The facts given are all there are; others are gone.
    Whole,
    /// The others were seen again and have not changed.
    Changes,
    /// The others were not seen: the device was silent, or fell silent midway.
    Glimpse,
}

impl Extent {
    /// Returns the word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Extent::Whole => "whole",
            Extent::Changes => "changes",
            Extent::Glimpse => "glimpse",
        }
    }

    /// Reads the word on the wire.
    pub fn from_word(word: &str) -> Option<Self> {
        [Extent::Whole, Extent::Changes, Extent::Glimpse].into_iter().find(|extent| extent.word() == word)
    }
}

/// Is what became of one fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Set(Value),
    /// The integer grew by so much, or shrank. Differences compress better than values.
    Add(i64),
    /// The device does not say it any more.
    Gone,
}

/// Says that changes do not fit what they are applied to: another base was meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("device {device}: the change of {key} does not fit what is known; a whole report is needed")]
pub struct Mismatch {
    pub device: u32,
    pub key: Key,
}

impl Reading {
    /// Makes a whole reading.
    pub fn whole(device: u32, observed_at: Timestamp, facts: &Facts) -> Self {
        let changes = facts.iter().map(|(key, value)| (key.clone(), Change::Set(value.clone()))).collect();
        Reading { device, observed_at, extent: Extent::Whole, changes }
    }

    /// Makes a reading that tells how `now` differs from `base`, which the server has.
    pub fn since(base: &Facts, device: u32, observed_at: Timestamp, now: &Facts) -> Self {
        Reading { device, observed_at, extent: Extent::Changes, changes: differences(base, now) }
    }

    /// Makes a reading of a few facts beside which nothing was seen.
    ///
    /// All of them are told, changed or not: they are what was seen at this time.
    pub fn glimpse(device: u32, observed_at: Timestamp, seen: &Facts) -> Self {
        Reading { extent: Extent::Glimpse, ..Reading::whole(device, observed_at, seen) }
    }

    /// Applies the reading to what was known of the device.
    ///
    /// Sender and server both do this, so that they agree on what the next changes are told against.
    ///
    /// # Errors
    /// Fails if a difference is told of something that is no integer here, or leaves the range;
    /// `facts` is then as it was.
    pub fn apply(&self, facts: &mut Facts) -> Result<(), Mismatch> {
        if self.extent == Extent::Whole {
            return self.replace(facts);
        }
        let mut sums = Vec::new();
        for (key, change) in &self.changes {
            let Change::Add(by) = change else { continue };
            let sum = match facts.get(key) {
                Some(Value::Integer(value)) => value.checked_add(*by),
                _ => None,
            };
            sums.push((key, sum.ok_or_else(|| Mismatch { device: self.device, key: key.clone() })?));
        }
        for (key, change) in &self.changes {
            match change {
                Change::Set(value) => drop(facts.insert(key.clone(), value.clone())),
                Change::Gone => drop(facts.remove(key)),
                Change::Add(_) => {}
            }
        }
        for (key, sum) in sums {
            facts.insert(key.clone(), Value::Integer(sum));
        }
        Ok(())
    }

    /// Puts the facts of a whole reading in the place of all others, in one go.
    fn replace(&self, facts: &mut Facts) -> Result<(), Mismatch> {
        if let Some((key, _)) = self.changes.iter().find(|(_, change)| matches!(change, Change::Add(_))) {
            return Err(Mismatch { device: self.device, key: key.clone() });
        }
        let set = self.changes.iter().filter_map(|(key, change)| match change {
            Change::Set(value) => Some((key.clone(), value.clone())),
            Change::Add(_) | Change::Gone => None,
        });
        *facts = set.collect();
        Ok(())
    }
}

/// Lists how `now` differs from `base`, by key.
fn differences(base: &Facts, now: &Facts) -> Vec<(Key, Change)> {
    let mut changes = Vec::new();
    // Both are in order, so what is gone is put between what is there without sorting: a module inside
    // a printer has no room for a sort.
    let mut gone = base.keys().filter(|key| !now.contains_key(*key)).peekable();
    for (key, value) in now {
        while let Some(lost) = gone.next_if(|lost| *lost < key) {
            changes.push((lost.clone(), Change::Gone));
        }
        let change = match (base.get(key), value) {
            (Some(before), value) if before == value => continue,
            (Some(Value::Integer(before)), Value::Integer(after)) => {
                after.checked_sub(*before).map_or(Change::Set(value.clone()), Change::Add)
            }
            (_, value) => Change::Set(value.clone()),
        };
        changes.push((key.clone(), change));
    }
    changes.extend(gone.map(|key| (key.clone(), Change::Gone)));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, Value)]) -> Facts {
        pairs.iter().map(|(key, value)| (Key::from(*key), value.clone())).collect()
    }

    fn noon() -> Timestamp {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn changes_applied_to_their_base_give_what_was_read() {
        let base = facts(&[("a", 5.into()), ("b", "x".into()), ("c", true.into())]);
        let now = facts(&[("a", 9.into()), ("b", "y".into()), ("d", Value::List(alloc::vec!["jammed".into()]))]);
        let reading = Reading::since(&base, 1, noon(), &now);
        assert_eq!(reading.changes.len(), 4);
        let mut known = base;
        reading.apply(&mut known).unwrap();
        assert_eq!(known, now);
    }

    #[test]
    fn a_whole_reading_forgets_what_it_does_not_mention() {
        let mut known = facts(&[("a", 5.into()), ("b", 6.into())]);
        Reading::whole(1, noon(), &facts(&[("b", 7.into())])).apply(&mut known).unwrap();
        assert_eq!(known, facts(&[("b", 7.into())]));
    }

    #[test]
    fn a_glimpse_takes_nothing_away() {
        let base = facts(&[("a", 5.into()), ("presence", "ready".into())]);
        let reading = Reading::glimpse(1, noon(), &facts(&[("presence", "unreachable".into())]));
        let mut known = base;
        reading.apply(&mut known).unwrap();
        assert_eq!(known, facts(&[("a", 5.into()), ("presence", "unreachable".into())]));
    }

    #[test]
    fn a_difference_from_another_base_changes_nothing_and_is_told() {
        let reading = Reading {
            device: 7,
            observed_at: noon(),
            extent: Extent::Changes,
            changes: alloc::vec![("a".into(), Change::Set(1.into())), ("b".into(), Change::Add(1))],
        };
        for known in [facts(&[("a", 5.into())]), facts(&[("b", "x".into())]), facts(&[("b", i64::MAX.into())])] {
            let mut after = known.clone();
            let error = reading.apply(&mut after).unwrap_err();
            assert_eq!((error.device, &*error.key), (7, "b"));
            assert_eq!(after, known);
        }
    }
}
