//! What the objects of a profile mean: the blocks of a vendor file below its objects.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use model::Level;
use model::standard::MarkerSuppliesSupplyUnit;

use super::objects::Draft;
use super::words::word;
use crate::document::{Block, Document};
use crate::intern::interned;
use crate::meaning::{
    Amount, Capacity, Deviation, DeviationKind, Fault, Grade, IdentityFact, IdentityRule, Meanings, MeterRows, MeterRule, OptionRule,
    Reference, ServiceItemRule, State, StateRule, Sum, SupplyRows, SupplyRule,
};
use crate::object::{ObjectId, Syntax};
use crate::suggest;

/// Lists the blocks that this file reads.
pub(super) const BLOCKS: [&str; 9] = ["meter", "meters", "sum", "check", "supply", "supplies", "service-item", "deviation", "fault"];

/// Lists the keys of an object that say what it means.
pub(super) const MEANING_KEYS: [&str; 8] = ["identity", "meter", "unit", "option", "state", "when", "grade", "conflict"];

/// Lists the words for levels; one that is full has some left, and nobody says how much.
const LEVELS: [(&str, Level); 5] =
    [("empty", Level::Empty), ("low", Level::Low), ("some", Level::Some), ("full", Level::Some), ("unknown", Level::Unknown)];

/// Reads the blocks of a file, once all its objects are known.
pub(super) fn read(document: &mut Document, draft: &mut Draft, root: Block<'_>) {
    each(document, root, "meter", |document, block| read_meter(document, draft, block));
    each(document, root, "meters", |document, block| read_meter_rows(document, draft, block));
    each(document, root, "sum", |document, block| {
        document.check_keys(block, &["name", "of", "source", "why"]);
        let sum = read_sum(document, block, "name", "of");
        draft.meanings.sums.extend(sum);
    });
    each(document, root, "check", |document, block| {
        document.check_keys(block, &["total", "parts", "source", "why"]);
        let check = read_sum(document, block, "total", "parts");
        draft.meanings.checks.extend(check);
    });
    each(document, root, "supply", |document, block| read_supply(document, draft, block));
    each(document, root, "supplies", |document, block| read_supply_rows(document, draft, block));
    each(document, root, "service-item", |document, block| read_service_item(document, draft, block));
    each(document, root, "deviation", |document, block| read_deviation(document, draft, block));
    each(document, root, "fault", |document, block| read_fault(document, draft, block));
}

/// Reads every block of an array of tables; each needs its witness.
fn each<'a>(document: &mut Document, root: Block<'a>, key: &str, mut read: impl FnMut(&mut Document, Block<'a>)) {
    let name = interned(&format!("[[{key}]]"));
    for item in document.array(root, key).unwrap_or_default() {
        let Some(block) = document.as_block(item, name) else { continue };
        document.check_witness(block);
        read(document, block);
    }
}

/// Reads what an object says of itself.
pub(super) fn read_meaning(document: &mut Document, meanings: &mut Meanings, block: Block<'_>, object: ObjectId) {
    let said: Vec<&str> = ["identity", "meter", "option", "state"].into_iter().filter(|key| block.table.contains_key(*key)).collect();
    if let [first, second, ..] = said[..] {
        document.error(block.at, format_args!("{} means both {first} and {second}; it may mean one", block.name));
    }
    let grade = read_grade(document, block);
    let conflict = read_conflict(document, block, grade);
    let rule = document.rule(block.at);
    if let Some(fact) = word(document, block, "identity", &IdentityFact::WORDS) {
        meanings.identity.push(IdentityRule { fact, object, grade, rule });
    }
    if let Some(name) = meter_name(document, block, "meter") {
        let unit = standard(document, block, "unit");
        meanings.meters.push(MeterRule { name, value: Reference { object, tag: None }, unit, grade, conflict, rule });
    }
    if let Some((name, _)) = document.text(block, "option") {
        meanings.options.push(OptionRule { name: name.into(), object, rule });
    }
    if let Some((state, at)) = document.text(block, "state") {
        let state = match state {
            "console" => State::Console,
            "asleep" => State::Asleep(document.integers(block, "when").unwrap_or_default()),
            _ => {
                let hint = suggest::did_you_mean(state, ["console", "asleep"].into_iter());
                return document.error(at, format_args!("unknown state \"{state}\"{hint}"));
            }
        };
        if state == State::Asleep(Vec::new()) {
            document.error(at, format_args!("missing when in {}: the numbers that mean asleep", block.name));
        }
        meanings.states.push(StateRule { object, state, rule });
    }
}

fn read_grade(document: &mut Document, block: Block<'_>) -> Grade {
    word(document, block, "grade", &Grade::WORDS).unwrap_or(Grade::C)
}

/// Reads how sources contradict each other; where they do, the grade is D, and the other way round.
fn read_conflict(document: &mut Document, block: Block<'_>, grade: Grade) -> Option<Box<str>> {
    let conflict = document.text(block, "conflict").map(|(text, _)| text.into());
    if grade == Grade::D && conflict.is_none() {
        document.error(block.at, format_args!("{} has grade D and no conflict; say how its sources contradict each other", block.name));
    }
    conflict
}

fn meter_name(document: &mut Document, block: Block<'_>, key: &str) -> Option<&'static str> {
    let (name, at) = document.text(block, key)?;
    checked_meter_name(document, name, at)
}

fn checked_meter_name(document: &mut Document, name: &str, at: usize) -> Option<&'static str> {
    if !model::meter::is_name(name) {
        document.error(
            at,
            format_args!("unknown meter \"{name}\"; expected service, size, sides, colour in this order, as in copy.large.color"),
        );
        return None;
    }
    Some(interned(name))
}

/// Reads a word of one of the standards' conventions.
fn standard<T: FromStr<Err: Display>>(document: &mut Document, block: Block<'_>, key: &str) -> Option<T> {
    let (text, at) = document.text(block, key)?;
    standard_word(document, text, at)
}

fn standard_word<T: FromStr<Err: Display>>(document: &mut Document, text: &str, at: usize) -> Option<T> {
    text.parse().map_err(|error| document.error(at, format_args!("unknown word \"{text}\": {error}"))).ok()
}

/// Reads `object` or `object/6f`.
fn reference(document: &mut Document, draft: &Draft, text: &str, at: usize) -> Option<Reference> {
    let (name, tag) = match text.split_once('/') {
        None => (text, None),
        Some((name, tag)) => match u8::from_str_radix(tag, 16) {
            Ok(octet) => (name, Some(octet)),
            Err(_) => {
                document.error(at, format_args!("bad tag \"{tag}\" in \"{text}\", expected two hexadecimal digits"));
                return None;
            }
        },
    };
    let object = draft.object(document, name, at)?;
    if tag.is_some() != (draft.get(object).syntax == Syntax::TaggedRecords) {
        let message = if tag.is_some() { "has no tagged records" } else { "has tagged records; name one, as in name/6f" };
        document.error(at, format_args!("\"{name}\" {message}"));
    }
    Some(Reference { object, tag })
}

fn column(document: &mut Document, draft: &Draft, block: Block<'_>, key: &str) -> Option<ObjectId> {
    let (name, at) = document.text(block, key)?;
    column_named(document, draft, name, at)
}

fn column_named(document: &mut Document, draft: &Draft, name: &str, at: usize) -> Option<ObjectId> {
    let id = draft.object(document, name, at)?;
    if draft.get(id).table.is_none() {
        document.error(at, format_args!("\"{name}\" is no column of a table"));
    }
    Some(id)
}

fn required(document: &mut Document, block: Block<'_>, keys: &[&str]) {
    for key in keys.iter().filter(|key| !block.table.contains_key(**key)) {
        document.error(block.at, format_args!("missing {key} in {}", block.name));
    }
}

fn read_meter(document: &mut Document, draft: &mut Draft, block: Block<'_>) {
    document.check_keys(block, &["name", "value", "unit", "grade", "conflict", "source", "why"]);
    required(document, block, &["name", "value"]);
    let name = meter_name(document, block, "name");
    let value = document.text(block, "value").and_then(|(text, at)| reference(document, draft, text, at));
    let grade = read_grade(document, block);
    let (unit, conflict) = (standard(document, block, "unit"), read_conflict(document, block, grade));
    if let (Some(name), Some(value)) = (name, value) {
        draft.meanings.meters.push(MeterRule { name, value, unit, grade, conflict, rule: document.rule(block.at) });
    }
}

fn read_meter_rows(document: &mut Document, draft: &mut Draft, block: Block<'_>) {
    document.check_keys(block, &["value", "by", "names", "add", "unit", "grade", "conflict", "source", "why"]);
    required(document, block, &["value", "by", "names"]);
    let value = column(document, draft, block, "value");
    let by = match document.text(block, "by") {
        Some(("index", _)) => None,
        Some((name, at)) => column_named(document, draft, name, at),
        None => None,
    };
    let mut names = BTreeMap::new();
    for (said, name, at) in document.map(block, "names") {
        names.extend(checked_meter_name(document, name, at).map(|name| (said.to_lowercase().into(), name)));
    }
    let grade = read_grade(document, block);
    let (unit, conflict) = (standard(document, block, "unit"), read_conflict(document, block, grade));
    let add = document.boolean(block, "add").unwrap_or(false);
    if let Some(value) = value {
        draft.meanings.meter_rows.push(MeterRows { value, by, names, add, unit, grade, conflict, rule: document.rule(block.at) });
    }
}

fn read_sum(document: &mut Document, block: Block<'_>, total: &str, parts: &str) -> Option<Sum> {
    required(document, block, &[total, parts]);
    let total = meter_name(document, block, total);
    let mut names = Vec::new();
    for (name, at) in document.texts(block, parts).unwrap_or_default() {
        names.extend(checked_meter_name(document, name, at));
    }
    if names.len() < 2 && block.table.contains_key(parts) {
        document.error(block.at, format_args!("{parts} in {} has {} of the two or more that make a sum", block.name, names.len()));
    }
    Some(Sum { total: total?, parts: names, rule: document.rule(block.at) })
}

/// Reads how the values of an amount are to be taken.
fn amount<V>(document: &mut Document, block: Block<'_>, unit: Option<MarkerSuppliesSupplyUnit>, value: V) -> Amount<V> {
    let mut words = BTreeMap::new();
    for (raw, level, at) in document.map(block, "words") {
        let level = listed(document, "level", level, at, &LEVELS);
        match raw.parse::<i64>() {
            Ok(raw) => words.extend(level.map(|level| (raw, level))),
            Err(_) => document.error(at, format_args!("words in {} names \"{raw}\", expected a whole number", block.name)),
        }
    }
    let scale = document.number(block, "scale", 1..=1_000_000).unwrap_or(1);
    Amount { value, unit, scale, words, used: document.boolean(block, "used").unwrap_or(false) }
}

fn listed<T: Copy>(document: &mut Document, what: &str, text: &str, at: usize, known: &[(&str, T)]) -> Option<T> {
    let value = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if value.is_none() {
        let hint = suggest::did_you_mean(text, known.iter().map(|(name, _)| *name));
        document.error(at, format_args!("unknown {what} \"{text}\"{hint}"));
    }
    value
}

/// Reads a capacity: a number that is known, or the name of who tells it.
fn capacity<V>(
    document: &mut Document,
    block: Block<'_>,
    told: impl FnOnce(&mut Document, &str, usize) -> Option<V>,
) -> Option<Capacity<V>> {
    use toml::de::DeValue;
    match block.table.get("capacity")?.get_ref() {
        DeValue::Integer(_) => document.number(block, "capacity", 1..=2_147_483_647).map(Capacity::Known),
        _ => {
            let (text, at) = document.text(block, "capacity")?;
            told(document, text, at).map(Capacity::Told)
        }
    }
}

fn referenced(document: &mut Document, draft: &Draft, block: Block<'_>, key: &str) -> Option<Reference> {
    let (text, at) = document.text(block, key)?;
    reference(document, draft, text, at)
}

fn read_supply(document: &mut Document, draft: &mut Draft, block: Block<'_>) {
    const KEYS: [&str; 13] =
        ["type", "colorant", "description", "level", "capacity", "unit", "scale", "words", "used", "grade", "conflict", "source", "why"];
    document.check_keys(block, &KEYS);
    required(document, block, &["type", "level"]);
    let kind = standard(document, block, "type");
    let unit = standard(document, block, "unit");
    let level = referenced(document, draft, block, "level");
    let capacity = capacity(document, block, |document, text, at| reference(document, draft, text, at));
    let mut text = |key| document.text(block, key).map(|(text, _)| text.into());
    let (colorant, description) = (text("colorant"), text("description"));
    let (Some(kind), Some(level)) = (kind, level) else { return };
    let level = amount(document, block, unit, level);
    let grade = read_grade(document, block);
    read_conflict(document, block, grade);
    draft.meanings.supplies.push(SupplyRule { kind, colorant, description, level, capacity, grade, rule: document.rule(block.at) });
}

fn read_supply_rows(document: &mut Document, draft: &mut Draft, block: Block<'_>) {
    const KEYS: [&str; 11] = ["columns", "constants", "words", "types", "colorants", "scale", "used", "grade", "conflict", "source", "why"];
    document.check_keys(block, &KEYS);
    required(document, block, &["columns"]);
    let Some(columns) = document.block(block, "columns", "columns") else { return };
    document.check_keys(columns, &["level", "capacity", "description", "part-number", "serial-number", "type", "colorant"]);
    required(document, columns, &["level"]);
    let mut named = |key: &str| column(document, draft, columns, key);
    let (level, told, description) = (named("level"), named("capacity"), named("description"));
    let (part_number, serial_number, kind_column, colorant_column) =
        (named("part-number"), named("serial-number"), named("type"), named("colorant"));
    let constants = document.block(block, "constants", "constants");
    let (mut kind, mut unit, mut known) = (None, None, None);
    if let Some(constants) = constants {
        document.check_keys(constants, &["type", "unit", "capacity"]);
        kind = standard(document, constants, "type");
        unit = standard(document, constants, "unit");
        known = document.number(constants, "capacity", 1..=2_147_483_647);
    }
    let mut kinds = BTreeMap::new();
    for (said, kind, at) in document.map(block, "types") {
        kinds.extend(standard_word(document, kind, at).map(|kind| (said.to_lowercase().into(), kind)));
    }
    let colorants = document.map(block, "colorants").into_iter().map(|(said, colorant, _)| (said.to_lowercase().into(), colorant.into()));
    let colorants = colorants.collect();
    let Some(level) = level else { return };
    let level = amount(document, block, unit, level);
    let grade = read_grade(document, block);
    read_conflict(document, block, grade);
    draft.meanings.supply_rows.push(SupplyRows {
        level,
        capacity: told.map(Capacity::Told).or(known.map(Capacity::Known)),
        description,
        part_number,
        serial_number,
        kind_column: kind_column.map(|column| (column, kinds)),
        kind,
        colorant_column: colorant_column.map(|column| (column, colorants)),
        grade,
        rule: document.rule(block.at),
    });
}

fn read_service_item(document: &mut Document, draft: &mut Draft, block: Block<'_>) {
    document.check_keys(block, &["name", "remaining", "capacity", "unit", "scale", "words", "used", "grade", "conflict", "source", "why"]);
    required(document, block, &["name", "remaining"]);
    let name = document.text(block, "name").map(|(name, _)| name.into());
    let unit = standard(document, block, "unit");
    let remaining = referenced(document, draft, block, "remaining");
    let capacity = capacity(document, block, |document, text, at| reference(document, draft, text, at));
    let (Some(name), Some(remaining)) = (name, remaining) else { return };
    let remaining = amount(document, block, unit, remaining);
    let grade = read_grade(document, block);
    read_conflict(document, block, grade);
    draft.meanings.service_items.push(ServiceItemRule { name, remaining, capacity, grade, rule: document.rule(block.at) });
}

fn read_deviation(document: &mut Document, draft: &mut Draft, block: Block<'_>) {
    let Some((kind, at)) = document.text(block, "kind") else { return required(document, block, &["kind"]) };
    let Some((_, keys)) = DEVIATIONS.iter().find(|(known, _)| *known == kind) else {
        let hint = suggest::did_you_mean(kind, DEVIATIONS.iter().map(|(known, _)| *known));
        return document.error(at, format_args!("unknown deviation \"{kind}\"{hint}"));
    };
    document.check_keys(block, &[&["kind", "source", "why"], *keys].concat());
    if let Some(kind) = deviation_of(document, draft, block, kind) {
        draft.meanings.deviations.push(Deviation { kind, rule: document.rule(block.at) });
    }
}

/// Lists the deviations with the keys that belong to each.
const DEVIATIONS: [(&str, &[&str]); 11] = [
    ("receptacle-tells-filling", &["types"]),
    ("level-word", &["raw", "means"]),
    ("level-step", &["step", "types"]),
    ("percent-whatever-unit", &[]),
    ("table-without-device-index", &["table"]),
    ("counter-wraps", &["object", "at"]),
    ("counter-unit", &["unit"]),
    ("charset", &["charset"]),
    ("status-as-alert", &["texts", "means"]),
    ("serial-number-in-hex", &[]),
    ("unreliable-error-bits", &["bits"]),
];

/// Reads the keys of one deviation; `None` after a fault has been told.
fn deviation_of(document: &mut Document, draft: &Draft, block: Block<'_>, kind: &str) -> Option<DeviationKind> {
    let needs = |document: &mut Document, keys: &[&str]| required(document, block, keys);
    Some(match kind {
        "receptacle-tells-filling" => DeviationKind::ReceptacleTellsFilling(words_of(document, block, "types")),
        "level-word" => {
            needs(document, &["raw", "means"]);
            let raw = document.integer(block, "raw");
            DeviationKind::LevelWord { raw: raw?, means: word(document, block, "means", &LEVELS)? }
        }
        "level-step" => {
            needs(document, &["step"]);
            let types = words_of(document, block, "types");
            DeviationKind::LevelStep { percent: document.number(block, "step", 1..=100)?, types }
        }
        "percent-whatever-unit" => DeviationKind::PercentWhateverUnit,
        "table-without-device-index" => {
            needs(document, &["table"]);
            let (name, at) = document.text(block, "table")?;
            let Some(table) = draft.tables.iter().find(|table| table.name == name) else {
                let hint = suggest::did_you_mean(name, draft.tables.iter().map(|table| table.name));
                document.error(at, format_args!("unknown table \"{name}\"{hint}"));
                return None;
            };
            DeviationKind::TableWithoutDeviceIndex(table.id)
        }
        "counter-wraps" => {
            needs(document, &["object", "at"]);
            let object = document.text(block, "object").and_then(|(name, at)| draft.object(document, name, at));
            DeviationKind::CounterWraps { object: object?, at: document.number(block, "at", 1..=u32::MAX)? }
        }
        "counter-unit" => {
            needs(document, &["unit"]);
            DeviationKind::CounterUnit(standard(document, block, "unit")?)
        }
        "charset" => {
            needs(document, &["charset"]);
            DeviationKind::Charset(standard(document, block, "charset")?)
        }
        "status-as-alert" => {
            needs(document, &["texts"]);
            let texts = document.texts(block, "texts").unwrap_or_default().into_iter().map(|(text, _)| text.into()).collect();
            let asleep = word(document, block, "means", &[("asleep", true), ("ready", false)]).unwrap_or(false);
            DeviationKind::StatusAsAlert { texts, asleep }
        }
        "serial-number-in-hex" => DeviationKind::SerialNumberInHex,
        _ => {
            needs(document, &["bits"]);
            DeviationKind::UnreliableErrorBits(words_of(document, block, "bits"))
        }
    })
}

/// Reads a list of a standard's words.
fn words_of<T: FromStr<Err: Display>>(document: &mut Document, block: Block<'_>, key: &str) -> Vec<T> {
    let texts = document.texts(block, key).unwrap_or_default();
    texts.into_iter().filter_map(|(text, at)| standard_word(document, text, at)).collect()
}

fn read_fault(document: &mut Document, draft: &mut Draft, block: Block<'_>) {
    document.check_keys(block, &["begins", "group", "code", "training", "meaning", "source", "why"]);
    required(document, block, &["begins", "meaning"]);
    let mut text = |key| document.text(block, key).map(|(text, _)| text.into());
    let (Some(begins), Some(meaning)) = (text("begins"), text("meaning")) else { return };
    let (group, code) = (standard(document, block, "group"), standard(document, block, "code"));
    let training = standard(document, block, "training");
    draft.meanings.faults.push(Fault { begins, group, code, training, meaning, rule: document.rule(block.at) });
}
