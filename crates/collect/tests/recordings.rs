//! Recorded printers to device records, against what others say of the same recordings.
//!
//! The recordings are not part of this repository: the folder that `ROUNDSMAN_CORPUS` names holds
//! `snmp/*.snmprec` and `expected/*.json`.
#![allow(clippy::disallowed_methods, reason = "tests read the recordings")]

use std::path::{Path, PathBuf};

use catalog::{Catalog, Sections};
use collect::{Answers, Context, Instance, collect};
use model::DeviceRecord;
use model::record::Path as ReadingPath;
use serde_json::Value as Json;

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUNDSMAN_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("the recordings are absent: set ROUNDSMAN_CORPUS to their folder");
    }
    folder
}

/// Reads the lines `OID|TAG|VALUE`; a trailing x of the tag means that the value is in hex.
fn answers(catalog: &Catalog, text: &str) -> Answers {
    let mut answers = Answers::new();
    for line in text.lines() {
        let mut fields = line.splitn(3, '|');
        let (Some(oid), Some(tag), Some(value)) = (fields.next(), fields.next(), fields.next()) else { panic!("odd line {line}") };
        let oid = snmp::oid::encode(&snmp::oid::parse(oid).expect("a dotted identifier"));
        let Some((object, instance)) = catalog.standard().locate(&oid) else { continue };
        let Some(instance) = Instance::from_arcs(snmp::oid::tail_arcs(instance)) else { continue };
        let (tag, contents) = element(tag, value);
        answers.put_element(object, instance, tag, &contents);
    }
    answers.sort();
    answers
}

fn element(tag: &str, value: &str) -> (u8, Vec<u8>) {
    let number = tag.trim_end_matches('x').parse().expect("a tag");
    let octets: Vec<u8> = match number {
        _ if tag.ends_with('x') => {
            (0..value.len() / 2).map(|place| u8::from_str_radix(&value[2 * place..2 * place + 2], 16).expect("hex")).collect()
        }
        2 => value.parse::<i64>().expect("a number").to_be_bytes().to_vec(),
        65..=67 | 70 => [&[0][..], &value.parse::<u64>().expect("a count").to_be_bytes()].concat(),
        6 => snmp::oid::encode(&snmp::oid::parse(value).expect("a dotted identifier")),
        64 => value.split('.').map(|part| part.parse().expect("an octet")).collect(),
        _ => value.as_bytes().to_vec(),
    };
    (number, shortest(number, octets))
}

/// Takes off the leading octets of a number that say nothing.
fn shortest(tag: u8, mut octets: Vec<u8>) -> Vec<u8> {
    if matches!(tag, 2 | 65..=67 | 70) {
        while octets.len() > 1 && (octets[0] == 0 && octets[1] < 0x80 || octets[0] == 0xff && octets[1] >= 0x80) {
            octets.remove(0);
        }
    }
    octets
}

fn records(folder: &Path) -> Vec<(DeviceRecord, Json)> {
    let catalog = Catalog::embedded().expect("embedded files");
    let context = Context { sections: Sections::all(), observed_at: None, path: ReadingPath::Agent };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("snmp")).expect("recordings").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = String::from_utf8_lossy(&std::fs::read(file).expect("a recording")).into_owned();
            let mut record = collect(catalog.standard(), &catalog, &answers(&catalog, &text), &context);
            let expected = std::fs::read_to_string(folder.join("expected").join(format!("{name}.json"))).expect("an expectation");
            record.recording = Some(name);
            (record, serde_json::from_str(&expected).expect("JSON"))
        })
        .collect()
}

#[test]
fn no_supply_of_a_recorded_printer_is_wrong() {
    let Some(folder) = corpus() else { return };
    let (mut compared, mut wrong) = (0, Vec::new());
    for (record, expected) in records(&folder) {
        let name = record.recording.clone().unwrap_or_default();
        for fact in expected["supplies"].as_array().expect("supplies") {
            let index = fact["index"].as_u64().or_else(|| fact["index"].as_str()?.rsplit('.').next()?.parse().ok());
            let Some(supply) = record.supplies.iter().find(|supply| Some(u64::from(supply.index)) == index) else { continue };
            let found = supply.remaining.map(|share| share * 100.0);
            let state = fact["state"].as_str().unwrap_or_default();
            let unmeasured = state.ends_with("(-3)") || state.ends_with("(-2)");
            // A percentage that a source made of no capacity is a convention, not a fact.
            let percent = fact["level_percent"].as_f64().filter(|_| supply.capacity.is_some());
            let disproved = match (percent, found) {
                (Some(percent), Some(found)) => (percent - found).abs() > 1.01,
                (None, Some(_)) => unmeasured,
                _ => false,
            };
            compared += 1;
            if disproved {
                wrong.push(format!("{name}: supply {}: expected {fact}, found {supply:?}", supply.index));
            }
        }
    }
    assert!(compared > 60, "only {compared} supplies compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_record_survives_its_own_json() {
    let Some(folder) = corpus() else { return };
    let mut lines = String::new();
    for (record, _) in records(&folder) {
        let line = serde_json::to_string(&record).expect("JSON");
        let back: DeviceRecord = serde_json::from_str(&line).expect("the record itself");
        assert_eq!(back, record);
        lines.push_str(&line);
        lines.push('\n');
    }
    // For the scorer and for reading by eye.
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("records.ndjson"), lines).expect("a file in the target folder");
}
