//! What is kept of each day: meters, levels and presence, at most once an hour.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wire::{Facts, Key, Value};

/// Is what history keeps of one reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub observed_at: Timestamp,
    /// Meters, levels and presence, under the keys of facts.
    pub facts: Facts,
}

impl Sample {
    /// Takes from a device's facts what history keeps.
    pub fn of(observed_at: Timestamp, facts: &Facts) -> Self {
        let kept = facts.iter().filter(|(key, _)| is_kept(key)).map(|(key, value)| (key.clone(), value.clone()));
        Sample { observed_at, facts: kept.collect() }
    }

    /// Returns whether it tells no more than that somebody was looked for.
    fn is_presence_only(&self) -> bool {
        self.facts.keys().all(|key| &**key == "presence")
    }

    /// Returns the count of a meter.
    pub fn meter(&self, name: &str) -> Option<i64> {
        match self.facts.get(format!("meters/{name}/value").as_str())? {
            Value::Integer(count) => Some(*count),
            _ => None,
        }
    }
}

fn is_kept(key: &str) -> bool {
    key == "presence"
        || (key.starts_with("meters/") && key.ends_with("/value"))
        || (key.starts_with("supplies/") && (key.ends_with("/level/value") || key.ends_with("/level/kind")))
}

/// Is what one sender said of one device on one day (UTC), by hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Day {
    samples: BTreeMap<i64, Sample>,
}

/// Is a day as it is kept: each key once, with a value or null for each sample.
#[derive(Serialize, Deserialize)]
struct Packed {
    /// Seconds since 1970.
    at: Vec<i64>,
    columns: BTreeMap<Key, Vec<Option<Value>>>,
}

impl Day {
    /// Adds a sample; within one hour the newest stays. Returns whether it was kept.
    ///
    /// A device that was only looked for does not cost what it has said, in whichever order the two
    /// come: a sender's clock may have been set back in between.
    pub fn add(&mut self, sample: Sample) -> bool {
        let hour = sample.observed_at.as_second().div_euclid(3600);
        match self.samples.get(&hour) {
            Some(kept) if kept.observed_at > sample.observed_at && (sample.is_presence_only() || !kept.is_presence_only()) => false,
            _ => {
                self.samples.insert(hour, sample);
                true
            }
        }
    }

    /// Returns the samples, oldest first.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = &Sample> {
        self.samples.values()
    }

    /// Writes the day for keeping.
    pub fn pack(&self) -> Vec<u8> {
        let mut packed = Packed { at: Vec::new(), columns: BTreeMap::new() };
        for (place, sample) in self.samples.values().enumerate() {
            packed.at.push(sample.observed_at.as_second());
            for (key, value) in &sample.facts {
                let column = packed.columns.entry(key.clone()).or_default();
                column.resize(place, None);
                column.push(Some(value.clone()));
            }
        }
        serde_json::to_vec(&packed).expect("keys are texts, and numbers are finite")
    }

    /// Reads a day back.
    ///
    /// # Errors
    /// Fails on what `pack` has not written.
    pub fn unpack(octets: &[u8]) -> Result<Self, serde_json::Error> {
        let packed: Packed = serde_json::from_slice(octets)?;
        let mut day = Day::default();
        for (place, second) in packed.at.iter().enumerate() {
            let observed_at = Timestamp::from_second(*second).unwrap_or(Timestamp::UNIX_EPOCH);
            let facts = packed.columns.iter().filter_map(|(key, column)| Some((key.clone(), column.get(place)?.clone()?)));
            day.add(Sample { observed_at, facts: facts.collect() });
        }
        Ok(day)
    }
}

/// Returns the day (UTC) that a reading belongs to, in days since 1970.
pub fn day_of(observed_at: Timestamp) -> i64 {
    observed_at.as_second().div_euclid(86_400)
}

/// Returns the first moment of a day.
pub fn start_of(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_hours(24 * day)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(second: i64, total: i64) -> Sample {
        let facts = Facts::from([
            (Key::from("meters/total/value"), total.into()),
            (Key::from("meters/total/origin"), "prtMarkerLifeCount.1.1".into()),
            (Key::from("supplies/1/level/kind"), "some".into()),
            (Key::from("identity/model"), "M".into()),
        ]);
        Sample::of(Timestamp::from_second(1_795_564_800 + second).unwrap(), &facts)
    }

    #[test]
    fn history_keeps_meters_and_levels_only() {
        let keys: Vec<String> = sample(0, 1).facts.keys().map(|key| key.to_string()).collect();
        assert_eq!(keys, ["meters/total/value", "supplies/1/level/kind"]);
    }

    #[test]
    fn of_an_hour_the_newest_stays_whatever_the_order() {
        let mut day = Day::default();
        for (second, total) in [(7200, 30), (10, 1), (50, 2), (20, 9)] {
            day.add(sample(second, total));
        }
        let totals: Vec<_> = day.samples().filter_map(|sample| sample.meter("total")).collect();
        assert_eq!(totals, [2, 30]);
        assert_eq!(Day::unpack(&day.pack()).unwrap(), day);
    }

    #[test]
    fn silence_in_the_same_hour_does_not_cost_a_reading_that_comes_later() {
        let mut day = Day::default();
        let silence = Facts::from([(Key::from("presence"), "unreachable".into())]);
        day.add(Sample { observed_at: sample(50, 0).observed_at, facts: silence });
        assert!(day.add(sample(20, 7)));
        assert_eq!(day.samples().filter_map(|sample| sample.meter("total")).collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn a_day_begins_at_midnight_utc() {
        let noon: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        assert_eq!(start_of(day_of(noon)).to_string(), "2026-11-25T00:00:00Z");
    }
}
