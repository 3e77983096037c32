//! Recorded printers to device records, against what others say of the same recordings.
//!
//! The recordings are not part of this repository: the folder that `ROUNDSMAN_CORPUS` names holds
//! `snmp/*.snmprec` and `expected/*.json`.
#![allow(clippy::disallowed_methods, reason = "tests read the recordings")]

mod recording;

use std::path::{Path, PathBuf};

use catalog::{Catalog, Sections};
use collect::{Context, collect};
use model::DeviceRecord;
use model::record::Path as ReadingPath;
use recording::{answers, corpus};
use serde_json::Value as Json;

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
            let mut record = collect(catalog.standard(), &catalog, &answers(catalog.standard(), &text), &context);
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
