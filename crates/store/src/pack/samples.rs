//! Samples of history as octets: the newest first and whole, then of each older one what it said otherwise.
//!
//! So a newer sample is put before the others without reading them: what was the newest becomes
//! differences, and the rest stays octet for octet.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::history::Sample;
use wire::{Facts, Value};

use super::facts::{FactReader, FactWriter, Told};
use super::names::{NAMES, history_key};
use super::octets::{Octets, put_number, put_signed};

/// Writes samples, which stand in the order of their times, the oldest first.
pub fn write<'a>(samples: impl DoubleEndedIterator<Item = &'a Sample>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.push(super::FORM);
    let mut newer: Option<&Sample> = None;
    for sample in samples.rev() {
        match newer {
            None => put_whole(&mut out, sample),
            Some(newer) => put_older(&mut out, sample, newer),
        }
        newer = Some(sample);
    }
    out
}

/// Reads samples, the oldest first; `None` for what `write` has not written.
pub fn read(octets: &[u8]) -> Option<Vec<Sample>> {
    let mut octets = Octets(octets);
    let mut samples: Vec<Sample> = Vec::new();
    while !octets.0.is_empty() {
        let sample = match samples.last() {
            None => whole(&mut octets)?,
            Some(newer) => older(&mut octets, newer)?,
        };
        samples.push(sample);
    }
    samples.reverse();
    Some(samples)
}

/// Says what became of a sample that was to be put before the others.
pub enum Put {
    /// It stands before them.
    Before(Vec<u8>),
    /// It is not the newest; all have to be read.
    NotNewest,
}

/// Puts a sample before the others if it is of a later hour than all of them.
pub fn put_newest(octets: &[u8], sample: &Sample) -> Option<Put> {
    let mut rest = Octets(octets);
    if rest.0.is_empty() {
        return Some(Put::Before(write([sample].into_iter())));
    }
    let newest = whole(&mut rest)?;
    if hour(sample.observed_at) <= hour(newest.observed_at) {
        return Some(Put::NotNewest);
    }
    let mut out = Vec::with_capacity(octets.len() + 128);
    out.push(super::FORM);
    put_whole(&mut out, sample);
    put_older(&mut out, &newest, sample);
    out.extend_from_slice(rest.0);
    Some(Put::Before(out))
}

/// Returns the hour of a time; within one hour the newest sample stays.
fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

fn put_whole(out: &mut Vec<u8>, sample: &Sample) {
    put_signed(out, sample.observed_at.as_second());
    put_number(out, sample.facts.len() as u64);
    let mut writer = FactWriter::new(out, &NAMES.history);
    sample.facts.iter().for_each(|(key, value)| writer.put(key, value));
}

fn whole(octets: &mut Octets<'_>) -> Option<Sample> {
    let observed_at = Timestamp::from_second(octets.signed()?).ok()?;
    let count = octets.count()?;
    let mut reader = FactReader::new(*octets, &NAMES.history);
    let mut facts = Vec::with_capacity(count);
    for _ in 0..count {
        let (name, told) = reader.fact()?;
        facts.push((history_key(name), told.value()?));
    }
    *octets = reader.octets;
    Some(Sample { observed_at, facts: Facts::from_iter(facts) })
}

/// Is what an older sample said of a fact, beside a newer one.
enum Otherwise<'a> {
    By(i64),
    Said(&'a Value),
    Nothing,
}

fn put_older(out: &mut Vec<u8>, older: &Sample, newer: &Sample) {
    put_signed(out, newer.observed_at.as_second() - older.observed_at.as_second());
    let mut differences: BTreeMap<&str, Otherwise<'_>> = BTreeMap::new();
    for (key, value) in &older.facts {
        match (newer.facts.get(key), value) {
            (Some(newer), value) if newer == value => {}
            (Some(Value::Integer(newer)), Value::Integer(value)) => {
                differences.insert(key, Otherwise::By(newer.wrapping_sub(*value)));
            }
            _ => drop(differences.insert(key, Otherwise::Said(value))),
        }
    }
    for key in newer.facts.keys().filter(|key| !older.facts.contains_key(*key)) {
        differences.insert(key, Otherwise::Nothing);
    }
    put_number(out, differences.len() as u64);
    let mut writer = FactWriter::new(out, &NAMES.history);
    for (key, otherwise) in differences {
        match otherwise {
            Otherwise::By(by) => writer.put_integer(key, by),
            Otherwise::Said(value) => writer.put(key, value),
            Otherwise::Nothing => writer.put_gone(key),
        }
    }
}

fn older(octets: &mut Octets<'_>, newer: &Sample) -> Option<Sample> {
    let second = newer.observed_at.as_second().checked_sub(octets.signed()?)?;
    let mut facts = newer.facts.clone();
    let count = octets.count()?;
    let mut reader = FactReader::new(*octets, &NAMES.history);
    for _ in 0..count {
        let (name, told) = reader.fact()?;
        match (told, newer.facts.get(name.text)) {
            (Told::Gone, _) => drop(facts.remove(name.text)),
            (Told::Integer(by), Some(Value::Integer(newer))) => {
                drop(facts.insert(history_key(name), Value::Integer(newer.wrapping_sub(by))))
            }
            (told, _) => drop(facts.insert(history_key(name), told.value()?)),
        }
    }
    *octets = reader.octets;
    Some(Sample { observed_at: Timestamp::from_second(second).ok()?, facts })
}
