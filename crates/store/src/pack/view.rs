//! A view as octets: its facts, and when they were seen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::View;
use wire::Facts;

use super::facts::{FactReader, FactWriter};
use super::names::{NAMES, Named, key};
use super::octets::{Octets, put_number, put_signed, put_text};

/// Writes a view.
pub fn write(view: &View) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.push(super::FORM);
    put_time(&mut out, view.seen_at);
    put_time(&mut out, view.received_at);
    put_number(&mut out, view.apart.len() as u64);
    for (key, seen_at) in &view.apart {
        put_text(&mut out, key);
        put_time(&mut out, *seen_at);
    }
    put_number(&mut out, view.facts.len() as u64);
    let mut writer = FactWriter::new(&mut out, &NAMES.keys);
    view.facts.iter().for_each(|(key, value)| writer.put(key, value));
    out
}

/// Reads a view; `None` for what `write` has not written.
pub fn read(octets: &[u8]) -> Option<View> {
    let mut octets = Octets(octets);
    let (seen_at, received_at) = (time(&mut octets)?, time(&mut octets)?);
    let mut apart = BTreeMap::new();
    for _ in 0..octets.count()? {
        let text = octets.text()?;
        apart.insert(key(Named { text, number: NAMES.keys.number(text) }), time(&mut octets)?);
    }
    let count = octets.count()?;
    let mut reader = FactReader::new(octets, &NAMES.keys);
    let mut facts = Vec::with_capacity(count);
    for _ in 0..count {
        let (name, told) = reader.fact()?;
        facts.push((key(name), told.value()?));
    }
    // They stand in order, so that the map is built in one go.
    let facts = Facts::from_iter(facts);
    reader.octets.0.is_empty().then_some(View { facts, seen_at, apart, received_at })
}

fn put_time(out: &mut Vec<u8>, at: Timestamp) {
    put_signed(out, at.as_second());
    put_number(out, u64::from(at.subsec_nanosecond().unsigned_abs()));
}

fn time(octets: &mut Octets<'_>) -> Option<Timestamp> {
    let second = octets.signed()?;
    let nanosecond = i32::try_from(octets.number()?).ok()?;
    // Before 1970 both parts count backwards.
    Timestamp::new(second, if second < 0 { -nanosecond } else { nanosecond }).ok()
}
