//! The report as JSON: row by row for one device, column by column for many.
//!
//! A fleet's daily changes are the same few keys for each device. By column, equal keys are written
//! once and like values stand side by side, which a compressor turns into a third of the rows' size
//! (docs/adr/0006). Both forms mean the same, and a reader takes either.

mod pairs;

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::commands::Outcome;
use crate::envelope::{Host, Report, SCHEMA, Sender, Site, Software};
use crate::facts::{Key, Value};
use crate::privacy::Group;
use crate::reading::{Change, Extent, Reading};
use crate::rhythm::Schedule;
use crate::vocabulary::Vocabulary;
use pairs::{Name, Pairs};

/// Is the most readings in one report.
pub const MOST_READINGS: usize = 20_000;
/// Is the most changes in one report: what 20,000 devices say whole goes out in several.
pub const MOST_CHANGES: usize = 1_000_000;
/// Is the longest key, in octets.
pub const LONGEST_KEY: usize = 256;
/// Is the longest text, in octets.
pub const LONGEST_TEXT: usize = 4096;
/// Is the longest id of a report, a sender or a command, in octets.
pub const LONGEST_ID: usize = 64;

/// Says why octets are no report.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("the report is of version {0:?}; this server takes {SCHEMA}")]
    Version(String),
    #[error("the report is not in the form that docs/protocol describes")]
    Json(#[source] serde_json::Error),
    #[error("the report says what cannot be: {0}")]
    Invalid(String),
}

/// Writes a report.
pub fn encode(report: &Report) -> Vec<u8> {
    let (readings, table) = match report.readings.as_slice() {
        rows @ ([] | [_]) => (Some(rows.iter().map(Row::of).collect()), None),
        rows => (None, Some(Table::of(rows))),
    };
    let envelope = Envelope {
        schema: SCHEMA.to_string(),
        sender: report.sender.clone(),
        id: report.id.clone(),
        sequence: report.sequence,
        created_at: report.created_at,
        base: report.base.clone(),
        software: report.software.clone(),
        schedule: report.schedule.clone(),
        next_at: report.next_at,
        stopping: report.stopping,
        host: report.host.clone(),
        site: report.site.clone(),
        withheld: report.withheld.clone(),
        outcomes: report.outcomes.clone(),
        readings,
        table,
    };
    serde_json::to_vec(&envelope).expect("keys are texts, and numbers are finite")
}

/// Reads a report.
///
/// # Errors
/// Fails on another version, on anything but the form, and where bounds are passed.
pub fn decode(octets: &[u8]) -> Result<Report, DecodeError> {
    read(octets, &mut Words { vocabulary: &mut Vocabulary::of(9), only_listed: false })
}

/// Reads a report and passes over what no report may say, whoever made it: a server keeps nothing
/// that is not on the list ([`crate::privacy`]). The vocabulary saves it from looking keys up anew.
///
/// # Errors
/// As with [`decode`].
pub fn decode_listed(octets: &[u8], vocabulary: &mut Vocabulary) -> Result<Report, DecodeError> {
    read(octets, &mut Words { vocabulary, only_listed: true })
}

/// Makes keys of texts.
struct Words<'a> {
    vocabulary: &'a mut Vocabulary,
    only_listed: bool,
}

impl Words<'_> {
    /// Returns the key of a text; `None` if it is passed over.
    fn key(&mut self, text: &str) -> Result<Option<Key>, String> {
        match self.vocabulary.meet(text) {
            Some(met) => Ok((met.is_listed || !self.only_listed).then(|| met.key.clone())),
            None => Err(format!("a key of {} octets: expected 1 to {LONGEST_KEY} without control characters", text.len())),
        }
    }
}

fn read(octets: &[u8], words: &mut Words<'_>) -> Result<Report, DecodeError> {
    let envelope: Envelope<'_> = serde_json::from_slice(octets).map_err(|error| {
        // Of another version only the name is sure to be understood.
        match serde_json::from_slice::<Version>(octets) {
            Ok(version) if version.schema != SCHEMA => DecodeError::Version(version.schema),
            _ => DecodeError::Json(error),
        }
    })?;
    if envelope.schema != SCHEMA {
        return Err(DecodeError::Version(envelope.schema));
    }
    envelope.into_report(words).map_err(DecodeError::Invalid)
}

#[derive(Deserialize)]
struct Version {
    schema: String,
}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    schema: String,
    sender: Sender,
    id: String,
    sequence: u64,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    #[serde(default)]
    software: Software,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schedule: Option<Schedule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    stopping: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<Host>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    site: Option<Site>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<Group>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    outcomes: Vec<Outcome>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    readings: Option<Vec<Row<'a>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<Table>,
}

impl Envelope<'_> {
    fn into_report(self, words: &mut Words<'_>) -> Result<Report, String> {
        let named = [("sender.id", Some(&self.sender.id)), ("id", Some(&self.id)), ("base", self.base.as_ref())];
        for (what, id) in named {
            match id {
                Some(id) if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(|octet| octet.is_ascii_graphic()) => {
                    return Err(format!("{what}: expected 1 to {LONGEST_ID} visible ASCII characters"));
                }
                _ => {}
            }
        }
        let mut readings = Vec::new();
        for row in self.readings.unwrap_or_default() {
            readings.push(row.into_reading(words)?);
        }
        if let Some(table) = self.table {
            table.read_into(&mut readings, words)?;
        }
        if readings.len() > MOST_READINGS {
            return Err(format!("{} readings; at most {MOST_READINGS} go into one report", readings.len()));
        }
        let report = Report {
            sender: self.sender,
            id: self.id,
            sequence: self.sequence,
            created_at: self.created_at,
            base: self.base,
            software: self.software,
            schedule: self.schedule,
            next_at: self.next_at,
            stopping: self.stopping,
            host: self.host,
            site: self.site,
            withheld: self.withheld,
            outcomes: self.outcomes,
            readings,
        };
        check(&report)?;
        Ok(report)
    }
}

/// Checks what the types leave open.
fn check(report: &Report) -> Result<(), String> {
    let mut count = 0;
    for reading in &report.readings {
        if reading.device == 0 {
            return Err("device 0: numbers begin with 1".to_string());
        }
        if report.base.is_none() && reading.extent == Extent::Changes {
            return Err(format!("device {}: changes need a base", reading.device));
        }
        count += reading.changes.len();
        for (key, change) in &reading.changes {
            match change {
                Change::Set(Value::Text(text)) if text.len() > LONGEST_TEXT => {
                    return Err(format!("{key}: {} octets of text; at most {LONGEST_TEXT} are taken", text.len()));
                }
                Change::Set(Value::List(words)) if words.iter().map(String::len).sum::<usize>() > LONGEST_TEXT * 16 => {
                    return Err(format!("{key}: the list is longer than {} octets", LONGEST_TEXT * 16));
                }
                Change::Add(_) | Change::Gone if reading.extent == Extent::Whole => {
                    return Err(format!("{key}: a whole reading has facts only"));
                }
                _ => {}
            }
        }
    }
    if count > MOST_CHANGES {
        return Err(format!("{count} changes; at most {MOST_CHANGES} go into one report"));
    }
    Ok(())
}

/// Is one reading by itself.
#[derive(Serialize, Deserialize)]
struct Row<'a> {
    device: u32,
    observed_at: Timestamp,
    extent: Extent,
    #[serde(default, borrow, skip_serializing_if = "Pairs::is_empty")]
    facts: Pairs<'a, Value>,
    #[serde(default, borrow, skip_serializing_if = "Pairs::is_empty")]
    add: Pairs<'a, i64>,
    #[serde(default, borrow, skip_serializing_if = "Vec::is_empty")]
    gone: Vec<Name<'a>>,
}

impl<'a> Row<'a> {
    fn of(reading: &'a Reading) -> Self {
        let (mut facts, mut add, mut gone) = (Pairs::default(), Pairs::default(), Vec::new());
        for (key, change) in &reading.changes {
            let name = Cow::Borrowed(&**key);
            match change {
                Change::Set(value) => facts.0.push((name, value.clone())),
                Change::Add(by) => add.0.push((name, *by)),
                Change::Gone => gone.push(Name(name)),
            }
        }
        Row { device: reading.device, observed_at: reading.observed_at, extent: reading.extent, facts, add, gone }
    }

    fn into_reading(self, words: &mut Words<'_>) -> Result<Reading, String> {
        let mut changes: Vec<(Key, Change)> = Vec::with_capacity(self.facts.0.len() + self.add.0.len() + self.gone.len());
        let set = self.facts.0.into_iter().map(|(key, value)| (key, Change::Set(value)));
        let add = self.add.0.into_iter().map(|(key, by)| (key, Change::Add(by)));
        let gone = self.gone.into_iter().map(|Name(key)| (key, Change::Gone));
        for (key, change) in set.chain(add).chain(gone) {
            if let Some(key) = words.key(&key)? {
                changes.push((key, change));
            }
        }
        // Mostly they stand in order.
        if !changes.is_sorted_by(|one, other| one.0 <= other.0) {
            changes.sort_by(|one, other| one.0.cmp(&other.0));
        }
        if let Some(two) = changes.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(format!("{}: told twice of device {}", two[0].0, self.device));
        }
        Ok(Reading { device: self.device, observed_at: whole_seconds(self.observed_at), extent: self.extent, changes })
    }
}

/// Returns the moment without its fraction, which columns do not carry.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Is many readings, column by column: place n of each list is reading n.
///
/// `device` and `observed_at` hold differences from the reading before, the first from 0, the latter
/// in seconds since 1970; `extent` holds runs of equal words.
#[derive(Default, Serialize, Deserialize)]
struct Table {
    device: Vec<i64>,
    observed_at: Vec<i64>,
    extent: Vec<(Extent, usize)>,
    columns: BTreeMap<String, Column>,
}

/// Is what became of one key over the readings of a table.
#[derive(Default, Serialize, Deserialize)]
struct Column {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set: Option<Cells<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    add: Option<Cells<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone: Option<Gone>,
}

/// Is values and where they belong.
///
/// `skip` holds for each value how many readings without one come before it; none at all means that
/// no reading is skipped.
#[derive(Serialize, Deserialize)]
struct Cells<T> {
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    skip: Vec<u32>,
    values: Vec<T>,
}

#[derive(Serialize, Deserialize)]
struct Gone {
    skip: Vec<u32>,
}

/// Gathers the cells of a column; `next` is the reading after the last value.
struct Gathered<T> {
    cells: Cells<T>,
    next: usize,
}

/// Is a column under way.
#[derive(Default)]
struct Gathering {
    set: Gathered<Value>,
    add: Gathered<i64>,
    gone: Gathered<()>,
}

impl<T> Default for Gathered<T> {
    fn default() -> Self {
        Gathered { cells: Cells { skip: Vec::new(), values: Vec::new() }, next: 0 }
    }
}

impl<T> Gathered<T> {
    fn push(&mut self, reading: usize, value: T) {
        self.cells.skip.push((reading - self.next) as u32);
        self.cells.values.push(value);
        self.next = reading + 1;
    }

    fn finish(mut self) -> Option<Cells<T>> {
        if self.cells.skip.iter().all(|skip| *skip == 0) {
            self.cells.skip = Vec::new();
        }
        (!self.cells.values.is_empty()).then_some(self.cells)
    }
}

/// Returns the place of each value.
///
/// # Errors
/// Fails if the lists have different lengths or lead past the last reading.
fn places(skip: &[u32], count: usize, readings: usize) -> Result<Vec<usize>, String> {
    if !skip.is_empty() && skip.len() != count {
        return Err(format!("{} skips for {count} values", skip.len()));
    }
    let mut next = 0_usize;
    let mut places = Vec::with_capacity(count.min(readings));
    for value in 0..count {
        let place = next + skip.get(value).map_or(0, |skip| *skip as usize);
        if place >= readings {
            return Err(format!("a value for reading {place} of {readings}"));
        }
        places.push(place);
        next = place + 1;
    }
    Ok(places)
}

impl Table {
    fn of(readings: &[Reading]) -> Self {
        let mut table = Table::default();
        let (mut device, mut observed_at) = (0, 0);
        let mut columns: BTreeMap<&Key, Gathering> = BTreeMap::new();
        for (place, reading) in readings.iter().enumerate() {
            table.device.push(i64::from(reading.device) - device);
            device = i64::from(reading.device);
            table.observed_at.push(reading.observed_at.as_second() - observed_at);
            observed_at = reading.observed_at.as_second();
            match table.extent.last_mut() {
                Some((extent, count)) if *extent == reading.extent => *count += 1,
                _ => table.extent.push((reading.extent, 1)),
            }
            for (key, change) in &reading.changes {
                let column = columns.entry(key).or_default();
                match change {
                    Change::Set(value) => column.set.push(place, value.clone()),
                    Change::Add(by) => column.add.push(place, *by),
                    Change::Gone => column.gone.push(place, ()),
                }
            }
        }
        for (key, column) in columns {
            let gone = (!column.gone.cells.values.is_empty()).then_some(Gone { skip: column.gone.cells.skip });
            table.columns.insert(key.to_string(), Column { set: column.set.finish(), add: column.add.finish(), gone });
        }
        table
    }

    fn read_into(self, readings: &mut Vec<Reading>, words: &mut Words<'_>) -> Result<(), String> {
        let count = self.device.len();
        if count > MOST_READINGS || self.observed_at.len() != count {
            return Err(format!("{count} devices and {} times; at most {MOST_READINGS}, one time each", self.observed_at.len()));
        }
        let mut extents = self.extent.iter().flat_map(|(extent, run)| core::iter::repeat_n(*extent, *run));
        let first = readings.len();
        let (mut device, mut second) = (0_i64, 0_i64);
        for place in 0..count {
            device = device.saturating_add(self.device[place]);
            second = second.saturating_add(self.observed_at[place]);
            readings.push(Reading {
                device: u32::try_from(device).map_err(|_| format!("device {device}: expected 1 to {}", u32::MAX))?,
                observed_at: Timestamp::from_second(second).map_err(|_| format!("{second} seconds since 1970 is no time"))?,
                extent: extents.next().ok_or("fewer extents than devices")?,
                changes: Vec::new(),
            });
        }
        if extents.next().is_some() {
            return Err("more extents than devices".to_string());
        }
        let rows = &mut readings[first..];
        for (name, column) in self.columns {
            let Some(key) = words.key(&name)? else { continue };
            let told = |error| format!("{name}: {error}");
            if let Some(set) = column.set {
                for (place, value) in places(&set.skip, set.values.len(), count).map_err(told)?.into_iter().zip(set.values) {
                    push(&mut rows[place], &key, Change::Set(value))?;
                }
            }
            if let Some(add) = column.add {
                for (place, by) in places(&add.skip, add.values.len(), count).map_err(told)?.into_iter().zip(add.values) {
                    push(&mut rows[place], &key, Change::Add(by))?;
                }
            }
            if let Some(gone) = column.gone {
                for place in places(&gone.skip, gone.skip.len(), count).map_err(told)? {
                    push(&mut rows[place], &key, Change::Gone)?;
                }
            }
        }
        Ok(())
    }
}

fn push(reading: &mut Reading, key: &Key, change: Change) -> Result<(), String> {
    if reading.changes.last().is_some_and(|(last, _)| last == key) {
        return Err(format!("{key}: told twice of device {}", reading.device));
    }
    reading.changes.push((key.clone(), change));
    Ok(())
}

impl Serialize for Extent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Extent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Extent::from_word(&word).ok_or_else(|| serde::de::Error::unknown_variant(&word, &["whole", "changes", "glimpse"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::SenderKind;
    use crate::facts::Facts;
    use alloc::vec;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_608_000 + seconds).unwrap()
    }

    fn facts(pairs: &[(&str, Value)]) -> Facts {
        pairs.iter().map(|(key, value)| (Key::from(*key), value.clone())).collect()
    }

    fn report(readings: Vec<Reading>) -> Report {
        Report {
            sender: Sender { kind: SenderKind::Agent, id: "a1".to_string() },
            id: "r2".to_string(),
            sequence: 2,
            created_at: at(0),
            base: Some("r1".to_string()),
            software: Software::default(),
            schedule: None,
            next_at: None,
            stopping: false,
            host: None,
            site: None,
            withheld: vec![Group::Console],
            outcomes: Vec::new(),
            readings,
        }
    }

    fn fleet() -> Vec<Reading> {
        let base = facts(&[("a", 1.into()), ("b", "x".into()), ("c", true.into())]);
        vec![
            Reading::since(&base, 1, at(5), &facts(&[("a", 3.into()), ("b", "y".into()), ("c", true.into())])),
            Reading::since(&base, 1, at(9), &facts(&[("a", 4.into()), ("b", "x".into())])),
            Reading::since(&base, 7, at(2), &base),
            Reading::whole(9, at(-100), &base),
            Reading::glimpse(12, at(3), &facts(&[("presence", "off".into())])),
        ]
    }

    #[test]
    fn many_readings_come_back_as_they_were() {
        let report = report(fleet());
        assert_eq!(decode(&encode(&report)).unwrap(), report);
    }

    #[test]
    fn each_reading_by_itself_comes_back_as_it_was() {
        for reading in fleet() {
            let report = report(vec![reading]);
            assert_eq!(decode(&encode(&report)).unwrap(), report);
        }
    }

    #[test]
    fn another_version_is_told_by_its_name() {
        let error = decode(br#"{"schema":"roundsman.report/9","novelty":[]}"#).unwrap_err();
        assert!(matches!(&error, DecodeError::Version(version) if version == "roundsman.report/9"), "{error}");
        assert!(matches!(decode(b"{").unwrap_err(), DecodeError::Json(_)));
    }

    #[test]
    fn unknown_fields_of_a_newer_sender_are_passed_over() {
        let text = String::from_utf8(encode(&report(fleet()))).unwrap().replacen('{', r#"{"novelty":{"a":[1]},"#, 1);
        assert_eq!(decode(text.as_bytes()).unwrap(), report(fleet()));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        let good = String::from_utf8(encode(&report(fleet()))).unwrap();
        for (from, to, says) in [
            (r#""device":[1,"#, r#""device":[0,"#, "numbers begin with 1"),
            (r#""device":[1,"#, r#""device":[-4,"#, "device -4"),
            (r#""base":"r1","#, "", "changes need a base"),
            (r#""id":"r2""#, r#""id":"""#, "visible ASCII"),
            (r#"["changes",3]"#, r#"["changes",2]"#, "fewer extents"),
            (r#"["changes",3]"#, r#"["changes",9]"#, "more extents"),
            (r#""columns":{"#, r#""columns":{"z":{"gone":{"skip":[4000000000]}},"#, "for reading 4000000000 of 5"),
            (r#""columns":{"#, r#""columns":{"z":{"set":{"values":[1],"skip":[1,2]}},"#, "2 skips for 1 values"),
            (r#""columns":{"#, r#""columns":{"z":{"set":{"values":[1]},"add":{"values":[1]}},"#, "told twice"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            match decode(bad.as_bytes()) {
                Err(DecodeError::Invalid(text)) => assert!(text.contains(says), "{text}"),
                other => panic!("{says}: {other:?}"),
            }
        }
    }
}
