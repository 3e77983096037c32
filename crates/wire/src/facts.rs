//! A device record as a flat map: every value under the path that leads to it.
//!
//! Keys are paths as in a JSON Pointer (RFC 6901) without the first slash; rows are named by their
//! index or name: `meters/total/value`, `supplies/3/level/kind`. So one small vocabulary serves
//! what may leave, what has changed, and what is the newest word.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use jiff::Timestamp;
use model::record::Path;
use model::{DeviceRecord, Level};
use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

/// Names a fact. Keys of a fleet repeat, so they are shared ([`Keys`]).
pub type Key = Arc<str>;

/// Is what is known of one device, by key.
pub type Facts = BTreeMap<Key, Value>;

/// Is the value of a fact. There is no null: what a device did not say has no fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Integer(i64),
    /// Finite, and not a whole number that fits an integer.
    Decimal(f64),
    Text(String),
    /// Of words, such as the error states that are set.
    List(Vec<String>),
}

/// Is the longest list that is read.
const LONGEST_LIST: usize = 256;

/// Shares equal keys.
#[derive(Default)]
pub struct Keys(alloc::collections::BTreeSet<Key>);

impl Keys {
    /// Returns the shared key of this text.
    pub fn share(&mut self, text: &str) -> Key {
        match self.0.get(text) {
            Some(key) => key.clone(),
            None => {
                let key = Key::from(text);
                self.0.insert(key.clone());
                key
            }
        }
    }
}

/// Lists the tables of a record and the field that names their rows.
const TABLES: [(&str, &str); 8] = [
    ("meters", "name"),
    ("supplies", "index"),
    ("inputs", "index"),
    ("outputs", "index"),
    ("covers", "index"),
    ("alerts", "index"),
    ("options", "name"),
    ("service_items", "name"),
];

/// Lists the fields of a record that the report around it tells.
const TOLD_ELSEWHERE: [&str; 4] = ["schema", "recording", "observed_at", "path"];

/// Returns the facts of a record.
///
/// `supplies/N/remaining` is `true` where it is level ÷ capacity, as it nearly always is, so that it
/// need not be sent each time the level moves.
pub fn of(record: &DeviceRecord, keys: &mut Keys) -> Facts {
    let mut facts = Facts::new();
    let Ok(Json::Object(mut fields)) = serde_json::to_value(record) else { return facts };
    TOLD_ELSEWHERE.iter().for_each(|field| drop(fields.remove(*field)));
    let mut flat = Flat { facts: &mut facts, keys, path: String::new() };
    for (name, value) in fields {
        match TABLES.iter().find(|(table, _)| *table == name) {
            Some((_, named_by)) => flat.table(&name, named_by, value),
            None => flat.member(&name, value),
        }
    }
    for supply in &record.supplies {
        let derived = supply.level.share_of(supply.capacity);
        if supply.remaining.is_some() && supply.remaining == derived {
            facts.insert(keys.share(&format!("supplies/{}/remaining", supply.index)), Value::Bool(true));
        }
    }
    facts
}

/// Writes facts under a growing path.
struct Flat<'a> {
    facts: &'a mut Facts,
    keys: &'a mut Keys,
    path: String,
}

impl Flat<'_> {
    fn within(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('/');
        }
        self.path.push_str(&escaped(name));
        write(self);
        self.path.truncate(length);
    }

    fn member(&mut self, name: &str, value: Json) {
        self.within(name, |flat| match value {
            Json::Object(members) => members.into_iter().for_each(|(name, value)| flat.member(&name, value)),
            scalar => flat.fact(scalar),
        });
    }

    fn fact(&mut self, json: Json) {
        if let Some(value) = Value::of(json) {
            let key = self.keys.share(&self.path);
            self.facts.insert(key, value);
        }
    }

    fn table(&mut self, name: &str, named_by: &str, rows: Json) {
        let Json::Array(rows) = rows else { return };
        self.within(name, |flat| {
            let mut seen: BTreeMap<String, u32> = BTreeMap::new();
            for row in rows {
                let Json::Object(mut row) = row else { continue };
                let row_name = match row.remove(named_by) {
                    Some(Json::String(text)) => text,
                    Some(other) => other.to_string(),
                    None => continue,
                };
                let count = seen.entry(row_name.clone()).and_modify(|count| *count += 1).or_insert(1);
                let row_name = numbered(row_name, *count);
                let before = flat.facts.len();
                flat.member_raw(&row_name, row);
                if flat.facts.len() == before {
                    // A row that says nothing but its name is still there.
                    flat.within_raw(&row_name, |flat| flat.fact(Json::Bool(true)));
                }
            }
        });
    }

    fn within_raw(&mut self, segment: &str, write: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(segment);
        write(self);
        self.path.truncate(length);
    }

    fn member_raw(&mut self, segment: &str, row: Map<String, Json>) {
        self.within_raw(segment, |flat| row.into_iter().for_each(|(name, value)| flat.member(&name, value)));
    }
}

/// Writes a name as one segment of a key.
fn escaped(name: &str) -> String {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1") } else { name.to_string() }
}

/// Writes a row's name as one segment; the second row of a name ends in `~2`, which no escaped name does.
fn numbered(name: String, count: u32) -> String {
    let name = escaped(&name);
    if count == 1 { name } else { format!("{name}~{count}") }
}

/// Reads a segment back, without the number of a repeated row.
fn unescaped(segment: &str) -> String {
    let name = match segment.rsplit_once('~') {
        Some((name, number)) if number.parse::<u32>().is_ok_and(|number| number > 1) => name,
        _ => segment,
    };
    name.replace("~1", "/").replace("~0", "~")
}

/// Returns the record that the facts tell.
///
/// A row without a field that a record cannot do without is left out and told among the problems:
/// a value without an origin is not shown as one.
pub fn record(facts: &Facts, path: Path, observed_at: Option<Timestamp>) -> DeviceRecord {
    let mut record = DeviceRecord::new(path);
    record.observed_at = observed_at;
    let mut told = Told { tree: tree(facts), problems: Vec::new() };
    record.address = told.value("address");
    record.presence = told.value("presence").unwrap_or(record.presence);
    record.identity = told.part("identity");
    record.meters = told.rows("meters");
    record
        .meters
        .sort_by_cached_key(|meter| (HEADLINES.iter().position(|name| *name == meter.name).unwrap_or(usize::MAX), meter.name.clone()));
    record.supplies = told.rows("supplies");
    for supply in &mut record.supplies {
        if facts.get(format!("supplies/{}/remaining", supply.index).as_str()) == Some(&Value::Bool(true)) {
            supply.remaining = supply.level.share_of(supply.capacity);
        }
    }
    record.inputs = told.rows("inputs");
    record.outputs = told.rows("outputs");
    record.covers = told.rows("covers");
    record.alerts = told.rows("alerts");
    record.status = told.part("status");
    record.options = told.rows("options");
    record.service_items = told.rows("service_items");
    record.configuration = told.value("configuration").unwrap_or_default();
    record.diagnostic_mode = told.value("diagnostic_mode");
    record.problems = told.value("problems").unwrap_or_default();
    record.problems.append(&mut told.problems);
    record
}

/// Lists the meters that stand first, in the order in which people look for them.
const HEADLINES: [&str; 9] = ["total", "monochrome", "color", "print", "copy", "fax", "scan", "large", "duplex"];

/// Is what facts tell, as the tree that a record is read from.
struct Told {
    tree: Map<String, Json>,
    problems: Vec<String>,
}

impl Told {
    fn value<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.tree.remove(name)?;
        serde_json::from_value(value).map_err(|error| self.problems.push(format!("{name}: {error}"))).ok()
    }

    /// Reads a part whose missing fields are as in a record that says nothing.
    fn part<T: Default + Serialize + DeserializeOwned>(&mut self, name: &str) -> T {
        let Some(Json::Object(members)) = self.tree.remove(name) else { return T::default() };
        let mut whole = serde_json::to_value(T::default()).unwrap_or_default();
        if let Json::Object(fields) = &mut whole {
            fields.extend(members);
        }
        serde_json::from_value(whole).unwrap_or_else(|error| {
            self.problems.push(format!("{name}: {error}"));
            T::default()
        })
    }

    fn rows<T: DeserializeOwned>(&mut self, table: &str) -> Vec<T> {
        let Some(Json::Object(rows)) = self.tree.remove(table) else { return Vec::new() };
        let named_by = TABLES.iter().find(|(name, _)| *name == table).map_or("name", |(_, field)| field);
        let mut rows: Vec<(Option<u32>, String, Json)> = rows.into_iter().map(|(name, row)| (name.parse().ok(), name, row)).collect();
        rows.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        let typed = rows.into_iter().filter_map(|(index, segment, row)| {
            let mut row = if let Json::Object(row) = row { row } else { Map::new() };
            let name = match (named_by, index) {
                ("index", Some(index)) => Json::from(index),
                _ => Json::from(unescaped(&segment)),
            };
            row.insert(named_by.to_string(), name);
            if row.get("remaining") == Some(&Json::Bool(true)) {
                row.remove("remaining");
            }
            if let Some(level) = LEVELS.iter().find(|(of, _)| *of == table).map(|(_, level)| *level) {
                row.entry(level).or_insert_with(|| serde_json::to_value(Level::Unknown).unwrap_or_default());
            }
            serde_json::from_value(Json::Object(row)).map_err(|error| self.problems.push(format!("{table}/{segment}: {error}"))).ok()
        });
        typed.collect()
    }
}

/// Lists the tables whose rows have a level, and its field.
const LEVELS: [(&str, &str); 3] = [("supplies", "level"), ("inputs", "level"), ("outputs", "room")];

/// Puts every fact where its key says. Where a key leads through a value, the deeper one stays.
fn tree(facts: &Facts) -> Map<String, Json> {
    let mut tree = Map::new();
    for (key, value) in facts {
        let mut segments = key.split('/').peekable();
        let mut place = &mut tree;
        let mut depth = 0;
        while let Some(segment) = segments.next() {
            // The names of a table's rows keep their form here: two rows may have one name.
            let is_row = depth == 1 && TABLES.iter().any(|(table, _)| key.starts_with(table));
            let name = if is_row { segment.to_string() } else { unescaped(segment) };
            depth += 1;
            if segments.peek().is_none() {
                place.entry(name).or_insert_with(|| value.to_json());
                break;
            }
            let next = place.entry(name).or_insert_with(|| Json::Object(Map::new()));
            if !next.is_object() {
                *next = Json::Object(Map::new());
            }
            let Json::Object(next) = next else { break };
            place = next;
        }
    }
    tree
}

impl Value {
    /// Takes what a fact can hold; `None` for null, for an empty list, and for what is no value.
    fn of(json: Json) -> Option<Self> {
        match json {
            Json::Null | Json::Object(_) => None,
            Json::Bool(value) => Some(Value::Bool(value)),
            Json::Number(number) => number.as_i64().map(Value::Integer).or_else(|| number.as_f64().map(Value::Decimal)),
            Json::String(text) => Some(Value::Text(text)),
            Json::Array(items) => {
                let words: Vec<String> =
                    items.into_iter().filter_map(|item| if let Json::String(word) = item { Some(word) } else { None }).collect();
                (!words.is_empty()).then_some(Value::List(words))
            }
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Value::Bool(value) => Json::Bool(*value),
            Value::Integer(value) => Json::from(*value),
            Value::Decimal(value) => Json::from(*value),
            Value::Text(text) => Json::from(text.as_str()),
            Value::List(words) => Json::from(words.clone()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => value.fmt(f),
            Value::Integer(value) => value.fmt(f),
            Value::Decimal(value) => value.fmt(f),
            Value::Text(text) => f.write_str(text),
            Value::List(words) => f.write_str(&words.join(", ")),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_string())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Integer(value) => serializer.serialize_i64(*value),
            Value::Decimal(value) => serializer.serialize_f64(*value),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(words) => serializer.collect_seq(words),
        }
    }
}

/// Reads a value without looking twice; serde's own way for such types copies everything first.
struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean, a number, a text, or a list of texts")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::Integer).map_err(|_| E::custom("an integer above 2^63 - 1 is no value"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Decimal(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_string()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = items.next_element()? {
            if words.len() == LONGEST_LIST {
                return Err(A::Error::custom(format!("a list has more than {LONGEST_LIST} words")));
            }
            words.push(word);
        }
        Ok(Value::List(words))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// The example of the record's contract.
    fn example() -> DeviceRecord {
        serde_json::from_str(
            r#"{ "schema": "roundsman.device/1", "address": "10.0.0.7", "recording": null, "observed_at": "2026-11-22T11:00:00Z", "path": "agent",
              "presence": "ready",
              "identity": { "manufacturer": "Acme", "model": "MFP 3000", "serial_number": "S1", "firmware": null, "system_name": "front",
                "location": null, "mac_addresses": ["00:1b:a9:00:00:01"], "printer_uuid": null, "system_object_id": "1.3.6.1.4.1.1", "device_id": null },
              "meters": [ { "name": "total", "value": 7432, "unit": "impressions", "origin": "prtMarkerLifeCount.1.1", "evidence": "standard" },
                { "name": "copy.color", "value": 12, "unit": null, "origin": "x.1", "evidence": "reported" } ],
              "supplies": [ { "index": 1, "marker": 1, "class": "container", "type": "toner", "colorant": "black", "description": "TK", "part_number": null,
                "serial_number": null, "unit": "impressions", "capacity": 7200, "level": { "kind": "measured", "value": 5112, "step": null }, "remaining": 0.71,
                "origin": "prtMarkerSuppliesLevel.1.1" },
                { "index": 10, "marker": 1, "class": "receptacle", "type": "wasteToner", "colorant": null, "description": null, "part_number": null,
                "serial_number": null, "unit": null, "capacity": null, "level": { "kind": "some" }, "remaining": null, "origin": "prtMarkerSuppliesLevel.1.10" } ],
              "inputs": [ { "index": 2, "name": "Tray 2", "type": "sheetFeedAutoRemovableTray", "media": null, "unit": null, "capacity": 500,
                "level": { "kind": "unknown" }, "status": null, "origin": "prtInputCurrentLevel.1.2" } ],
              "outputs": [], "covers": [], "alerts": [], "status": { "device": "running", "printer": "idle", "errors": ["lowToner"], "console": "Ready" },
              "options": [ { "name": "a/b", "value": "1", "origin": "o.1" }, { "name": "a/b", "value": "2", "origin": "o.2" } ],
              "configuration": { "hrMemorySize.0": "1024" }, "service_items": [ { "name": "fuser", "remaining": null } ],
              "diagnostic_mode": null, "problems": ["p"] }"#,
        )
        .unwrap()
    }

    #[test]
    fn a_record_and_its_facts_tell_the_same() {
        let example = example();
        let facts = of(&example, &mut Keys::default());
        assert_eq!(record(&facts, Path::Agent, example.observed_at), example);
    }

    #[test]
    fn keys_are_paths_with_rows_by_their_names() {
        let facts = of(&example(), &mut Keys::default());
        for (key, value) in [
            ("meters/copy.color/value", Value::Integer(12)),
            ("supplies/1/level/value", Value::Integer(5112)),
            ("supplies/1/remaining", Value::Bool(true)),
            ("options/a~1b/value", "1".into()),
            ("options/a~1b~2/value", "2".into()),
            ("service_items/fuser", Value::Bool(true)),
            ("status/errors", Value::List(vec!["lowToner".to_string()])),
        ] {
            assert_eq!(facts.get(key), Some(&value), "{key}");
        }
        assert!(!facts.contains_key("schema") && !facts.contains_key("observed_at"));
    }

    #[test]
    fn a_value_without_an_origin_is_left_out_and_told() {
        let mut facts = of(&example(), &mut Keys::default());
        facts.remove("meters/total/origin");
        facts.insert("status/device".into(), 7.into());
        let record = record(&facts, Path::Agent, None);
        assert_eq!(record.meters.iter().map(|meter| meter.name.as_str()).collect::<Vec<_>>(), ["copy.color"]);
        assert_eq!(record.problems.len(), 3, "{:?}", record.problems);
        assert!(record.problems[1].starts_with("meters/total: missing field `origin`"), "{:?}", record.problems);
    }

    #[test]
    fn a_withheld_level_is_unknown() {
        let mut facts = of(&example(), &mut Keys::default());
        facts.retain(|key, _| !key.starts_with("supplies/1/level") && &**key != "supplies/1/remaining");
        let record = record(&facts, Path::Agent, None);
        assert_eq!((record.supplies[0].level, record.supplies[0].remaining), (Level::Unknown, None));
    }

    #[test]
    fn no_integer_is_rounded() {
        assert_eq!(serde_json::from_str::<Value>("9223372036854775807").unwrap(), Value::Integer(i64::MAX));
        assert!(serde_json::from_str::<Value>("9223372036854775808").is_err());
        assert!(serde_json::from_str::<Value>("{}").is_err());
        assert!(serde_json::from_str::<Value>("null").is_err());
    }
}
