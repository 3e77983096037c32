//! Which values can be, key by key.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use model::Level;
use serde_json::{Map, Value as Json};
use wire::facts::Value;
use wire::json::LONGEST_KEY;
use wire::privacy::group_of;
use wire::{Facts, Key};

use super::shown;

/// A counter beyond this would take a printer millennia.
const MOST_COUNT: i64 = 1_000_000_000_000;
/// Words in the name of a setting whose value is nobody's business.
const SECRETS: [&str; 9] = ["password", "passwd", "secret", "community", "credential", "private", "user", "owner", "contact"];
/// Is what is said of a row that does not say where it comes from.
const ORIGIN: &str = "firmware";

/// Takes what can be; the rest becomes problems.
pub fn check(written: Map<String, Json>) -> (Facts, Vec<String>) {
    let mut checked = Checked { facts: Facts::new(), problems: Vec::new() };
    for (key, json) in written {
        if let Err(why) = checked.take(&key, &json) {
            let key: String = key.chars().filter(|sign| !sign.is_control()).take(120).collect();
            checked.problems.push(alloc::format!("{key}: {why}"));
        }
    }
    checked.levels();
    checked.origins();
    (checked.facts, checked.problems)
}

struct Checked {
    facts: Facts,
    problems: Vec<String>,
}

impl Checked {
    fn take(&mut self, key: &str, json: &Json) -> Result<(), String> {
        if key.len() > LONGEST_KEY || group_of(key).is_none() {
            return Err("there is no such fact; docs list them".to_string());
        }
        let segments: Vec<&str> = key.split('/').collect();
        if matches!(segments[0], "supplies" | "inputs" | "outputs" | "covers" | "alerts")
            && !segments[1].parse::<u32>().is_ok_and(|row| row > 0)
        {
            return Err("expected the row's index, from 1".to_string());
        }
        let value = match segments.as_slice() {
            ["meters", _, "value"] => Value::Integer(count(json, MOST_COUNT)?),
            ["supplies" | "inputs" | "outputs", _, "capacity"] => return self.capacity(key, json),
            ["supplies" | "inputs" | "outputs", _, "level" | "room", "value"] => return self.level(key, json),
            ["supplies" | "inputs" | "outputs", _, "level" | "room", "step"]
            | ["status", "up_time"]
            | ["alerts", _, "location" | "group_index"]
            | ["supplies", _, "marker"] => Value::Integer(count(json, u32::MAX.into())?),
            ["supplies", _, "remaining"] if json == &Json::Bool(true) => Value::Bool(true),
            ["supplies" | "service_items", _, "remaining"] => share(json)?,
            ["presence"] => word(json, &["ready", "printing", "asleep", "off", "unknown"])?,
            ["meters", _, "evidence"] => word(json, &["standard", "verified", "reported", "conflicting"])?,
            ["supplies", _, "class"] => word(json, &["container", "receptacle", "other"])?,
            [_, _, "level" | "room", "kind"] => word(json, &["measured", "some", "unknown", "unrestricted", "low", "empty", "invalid"])?,
            ["problems"] | ["status", "errors"] | ["identity", "mac_addresses"] => list(json)?,
            ["meters" | "supplies" | "inputs" | "outputs" | "covers" | "alerts" | "options" | "service_items", _]
                if json == &Json::Bool(true) =>
            {
                Value::Bool(true)
            }
            ["configuration", name] if is_secret(name) => return Err("its name says that nobody but the site is to know it".to_string()),
            _ => text(json)?,
        };
        self.facts.insert(key.into(), value);
        Ok(())
    }

    /// A capacity of -1 or -2 says that there is none, or that nobody knows it.
    fn capacity(&mut self, key: &str, json: &Json) -> Result<(), String> {
        if matches!(json.as_i64(), Some(-2 | -1)) {
            return Ok(());
        }
        let value = count(json, u32::MAX.into())?;
        self.facts.insert(key.into(), value.into());
        Ok(())
    }

    fn level(&mut self, key: &str, json: &Json) -> Result<(), String> {
        let raw = json.as_i64().ok_or_else(|| alloc::format!("{} is no whole number", shown(json)))?;
        let kind = match Level::from_raw(raw) {
            Level::Measured { value, .. } => {
                self.facts.insert(key.into(), i64::from(value).into());
                "measured"
            }
            Level::Some => "some",
            Level::Unknown => "unknown",
            Level::Unrestricted => "unrestricted",
            _ => return Err(alloc::format!("{raw} is no level")),
        };
        let row = key.trim_end_matches("value");
        self.facts.entry(alloc::format!("{row}kind").into()).or_insert_with(|| kind.into());
        Ok(())
    }

    /// Levels beyond their capacity, and levels measured without a value, are none.
    fn levels(&mut self) {
        let kinds: Vec<Key> =
            self.facts.keys().filter(|key| key.ends_with("/level/kind") || key.ends_with("/room/kind")).cloned().collect();
        for kind in kinds {
            let row = kind.trim_end_matches("/level/kind").trim_end_matches("/room/kind");
            let value_key = alloc::format!("{}value", kind.trim_end_matches("kind"));
            let number = |key: &str| match self.facts.get(key) {
                Some(Value::Integer(number)) => Some(*number),
                _ => None,
            };
            let (value, capacity) = (number(&value_key), number(&alloc::format!("{row}/capacity")));
            let is_measured = self.facts[&kind] == Value::from("measured");
            let why = match (value, capacity) {
                (Some(value), Some(capacity)) if value > capacity && capacity > 0 => {
                    alloc::format!("{value} is more than the capacity of {capacity}")
                }
                (None, _) if is_measured => "measured, without a value".to_string(),
                (Some(_), _) if !is_measured => {
                    self.facts.remove(value_key.as_str());
                    continue;
                }
                _ => continue,
            };
            self.problems.push(alloc::format!("{value_key}: {why}"));
            self.facts.remove(value_key.as_str());
            self.facts.insert(kind, "invalid".into());
        }
    }

    /// A row without an origin is shown by no server; what firmware says comes from firmware.
    fn origins(&mut self) {
        let mut rows: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for key in self.facts.keys() {
            let mut segments = key.splitn(3, '/');
            let (Some(table), Some(row), Some(_)) = (segments.next(), segments.next(), segments.next()) else { continue };
            if let Some(table) = TABLES.iter().find(|known| **known == table) {
                rows.entry(table).or_default().insert(row.to_string());
            }
        }
        for (table, row) in rows.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row))) {
            self.facts.entry(alloc::format!("{table}/{row}/origin").into()).or_insert_with(|| ORIGIN.into());
            if *table == "meters" {
                self.facts.entry(alloc::format!("{table}/{row}/evidence").into()).or_insert_with(|| "reported".into());
            }
        }
    }
}

/// Lists the tables whose rows say where they come from.
const TABLES: [&str; 7] = ["meters", "supplies", "inputs", "outputs", "covers", "alerts", "options"];

fn count(json: &Json, most: i64) -> Result<i64, String> {
    json.as_i64()
        .filter(|count| (0..=most).contains(count))
        .ok_or_else(|| alloc::format!("{}: expected a whole number from 0 to {most}", shown(json)))
}

fn share(json: &Json) -> Result<Value, String> {
    let share = json.as_f64().filter(|share| (0.0..=1.0).contains(share));
    let share = share.ok_or_else(|| alloc::format!("{}: expected a share from 0.0 to 1.0", shown(json)))?;
    // A whole number is written as one, as everywhere in facts.
    Ok(if share == 0.0 || share == 1.0 { Value::Integer(share as i64) } else { Value::Decimal(share) })
}

fn word(json: &Json, words: &[&str]) -> Result<Value, String> {
    let known = json.as_str().filter(|word| words.contains(word));
    known.map(Value::from).ok_or_else(|| alloc::format!("{}: expected one of {}", shown(json), words.join(", ")))
}

/// Numbers are taken as texts where a text belongs: some makers' serial numbers are numbers.
fn text(json: &Json) -> Result<Value, String> {
    let text = match json {
        Json::String(text) if text.contains(char::REPLACEMENT_CHARACTER) => return Err("it is not in UTF-8".to_string()),
        Json::String(text) => text.trim().to_string(),
        Json::Number(number) => number.to_string(),
        Json::Bool(value) => value.to_string(),
        _ => return Err(alloc::format!("{}: expected a text", shown(json))),
    };
    if text.is_empty() { Err("it is empty; leave out what the printer does not say".to_string()) } else { Ok(Value::Text(text)) }
}

fn list(json: &Json) -> Result<Value, String> {
    let words =
        json.as_array().and_then(|items| items.iter().map(|item| item.as_str().map(ToString::to_string)).collect::<Option<Vec<_>>>());
    match words {
        Some(words) if !words.is_empty() => Ok(Value::List(words)),
        _ => Err(alloc::format!("{}: expected a list of texts", shown(json))),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|word| name.contains(word))
}
