//! Recorded answers of printers, against what another decoder says of the same octets.
//!
//! The recordings are not part of this repository: the folder that `ROUNDSMAN_CORPUS` names holds
//! `ipp/*.bin`, `ieee1284/ids.txt` and `expected/*.json`.
#![allow(clippy::disallowed_methods, reason = "tests read the recordings")]

use std::path::{Path, PathBuf};

use printport::ipp::{self, Message, Status, Value};
use printport::{DeviceId, Packed};
use serde_json::Value as Json;

/// Is an operation, not a status.
const GET_PRINTER_ATTRIBUTES: Status = Status(0x000b);

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUNDSMAN_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("the recordings are absent: set ROUNDSMAN_CORPUS to their folder");
    }
    folder
}

/// Is one recording: its name, its octets, and the facts that another decoder found.
struct Recording {
    name: String,
    octets: Vec<u8>,
    facts: Json,
}

fn recordings(folder: &Path) -> Vec<Recording> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("ipp")).expect("recordings").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
        .iter()
        .map(|file| {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            let expected = std::fs::read_to_string(folder.join("expected").join(format!("{name}.json"))).expect("an expectation");
            let expected: Json = serde_json::from_str(&expected).expect("JSON");
            let oracles = expected["oracles"].as_array().expect("oracles");
            let facts = oracles.iter().map(|oracle| &oracle["facts"]).find(|facts| facts["ipp_status"].is_string()).cloned();
            Recording { name, octets: std::fs::read(file).expect("a recording"), facts: facts.unwrap_or(Json::Null) }
        })
        .collect()
}

fn messages(folder: &Path) -> Vec<(Recording, Message)> {
    let read = |recording: Recording| {
        let message = ipp::decode(&recording.octets).unwrap_or_else(|error| panic!("{}: {error}", recording.name));
        (recording, message)
    };
    recordings(folder).into_iter().map(read).collect()
}

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().map(Value::to_string).collect()
}

#[test]
fn every_recording_is_read_and_cut_anywhere_without_a_panic() {
    let Some(folder) = corpus() else { return };
    for recording in recordings(&folder) {
        for end in (0..recording.octets.len()).step_by(recording.octets.len() / 200 + 1) {
            let _ = ipp::decode(&recording.octets[..end]);
        }
    }
}

#[test]
fn values_are_those_that_the_other_decoder_found() {
    let Some(folder) = corpus() else { return };
    let mut compared = 0;
    for (recording, message) in messages(&folder) {
        let name = &recording.name;
        // Of several printers the other decoder tells of the last that has something to say.
        let values = |name: &str| {
            message.printers().map(|printer| printer.values(name)).filter(|values| !values.is_empty()).last().unwrap_or_default()
        };
        let first = |attribute: &str| values(attribute).first().map(|value| value.to_string().trim().to_owned());
        let facts = &recording.facts;
        for (fact, attribute) in [
            ("make_and_model", "printer-make-and-model"),
            ("device_id", "printer-device-id"),
            ("printer_name", "printer-name"),
            ("printer_info", "printer-info"),
            ("uuid", "printer-uuid"),
        ] {
            if let Some(expected) = facts[fact].as_str().map(str::trim).filter(|text| !text.is_empty()) {
                assert_eq!(first(attribute).as_deref(), Some(expected), "{name}: {attribute}");
                compared += 1;
            }
        }
        if let Some(expected) = facts["up_time"].as_i64() {
            assert_eq!(values("printer-up-time")[0].number().map(i64::from), Some(expected), "{name}: printer-up-time");
            compared += 1;
        }
        let supplies = facts["supplies"].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(values("marker-levels").len(), supplies.len(), "{name}: marker-levels");
        for (place, supply) in supplies.iter().enumerate() {
            assert_eq!(values("marker-levels")[place].number().map(i64::from), supply["level_raw"].as_i64(), "{name}");
            assert_eq!(values("marker-names")[place].text(), supply["name"].as_str(), "{name}");
            assert_eq!(values("marker-types")[place].text(), supply["type"].as_str(), "{name}");
            compared += 3;
        }
        let reasons = facts["status"]["printer_state_reasons"].as_array();
        if let Some(expected) = reasons {
            let expected: Vec<&str> = expected.iter().filter_map(Json::as_str).collect();
            assert_eq!(texts(values("printer-state-reasons")), expected, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared} values compared");
}

#[test]
fn statuses_are_those_that_the_other_decoder_found() {
    let Some(folder) = corpus() else { return };
    let mut compared = 0;
    for (recording, message) in messages(&folder) {
        // Of a message that it cannot read the other decoder gives a status of its own, and so it does
        // of requests, two of which are among the recordings: where a status would stand, they have
        // the number of their operation.
        let is_request = message.status == GET_PRINTER_ATTRIBUTES;
        if message.problems.is_empty() && !is_request {
            let Some(expected) = recording.facts["ipp_status"].as_str() else { continue };
            assert_eq!(message.status.name(), Some(expected), "{}", recording.name);
            compared += 1;
        }
    }
    assert!(compared > 80, "{compared} statuses compared");
}

#[test]
fn p_13_texts_with_language_that_the_other_decoder_found_are_texts() {
    let Some(folder) = corpus() else { return };
    for (recording, message) in messages(&folder) {
        let names = recording.facts["text_with_language"].as_array().map_or(&[][..], Vec::as_slice);
        for name in names.iter().filter_map(|name| name.as_str().or_else(|| name["name"].as_str())) {
            assert!(message.values(name).iter().all(|value| value.text().is_some()), "{}: {name}", recording.name);
        }
    }
}

#[test]
fn p_14_only_a_message_that_nobody_can_read_has_a_cut() {
    let Some(folder) = corpus() else { return };
    let damaged: Vec<(String, Vec<String>)> = messages(&folder)
        .into_iter()
        .map(|(recording, message)| (recording.name, message.problems.iter().map(ToString::to_string).collect::<Vec<_>>()))
        .filter(|(_, problems): &(String, Vec<String>)| problems.iter().any(|problem| problem.contains("ends")))
        .collect();
    assert!(damaged.len() <= 1, "{damaged:?}");
    assert!(damaged.iter().all(|(_, problems)| problems[0].contains("media-col")), "{damaged:?}");
}

#[test]
fn packed_values_of_recordings_give_pairs_or_raw_text() {
    let Some(folder) = corpus() else { return };
    let mut supplies = 0;
    for (recording, message) in messages(&folder) {
        for attribute in ["printer-supply", "printer-alert", "printer-input-tray", "printer-output-tray"] {
            for octets in message.values(attribute).iter().filter_map(Value::octets).filter(|octets| !octets.is_empty()) {
                let packed = Packed::parse(octets);
                assert!(packed.pairs().count() + packed.broken().len() > 0, "{}: {attribute}", recording.name);
                if attribute == "printer-supply" {
                    assert!(packed.number("level").is_some() && packed.get("type").is_some(), "{}", recording.name);
                    supplies += 1;
                }
            }
        }
    }
    assert!(supplies > 10, "{supplies} supplies");
}

#[test]
fn every_recorded_device_id_gives_the_maker_and_the_model_that_it_names() {
    let Some(folder) = corpus() else { return };
    let text = std::fs::read(folder.join("ieee1284/ids.txt")).expect("device IDs");
    let lines: Vec<&[u8]> = text.split(|octet| *octet == b'\n').filter(|line| line.contains(&b';')).collect();
    assert!(lines.len() > 100, "{}", lines.len());
    for line in lines {
        let (id, line) = (DeviceId::parse(line), String::from_utf8_lossy(line).to_ascii_uppercase());
        let names = |keys: [&str; 2]| keys.iter().any(|key| line.starts_with(key) || line.contains(&format!(";{key}")));
        assert!(!id.is_empty(), "{line}");
        assert_eq!(id.manufacturer().is_some(), names(["MFG:", "MANUFACTURER:"]), "{line}");
        assert_eq!(id.model().is_some(), names(["MDL:", "MODEL:"]), "{line}");
    }
}
