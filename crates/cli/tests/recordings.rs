//! Recorded printers, served by an agent written by others (snmpsim), read over the network and
//! from their files: the record must be the same. And the records are right.

mod common;

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Beside, Folder, corpus, peer, roundsman, run, serve, tool};
use serde_json::Value as Json;

#[test]
fn every_recording_reads_the_same_over_the_network_as_from_its_file() {
    let Some(corpus) = corpus() else { return };
    let files = recordings(&corpus);
    let folder = Folder::new();
    let served = in_hex(&files, &folder);
    let (_snmpsim, port) = serve(Ipv4Addr::LOCALHOST, &name(&files[0]), |port| snmpsim(&served, &folder, port));
    let expected = run(roundsman().args(["replay", "--format", "ndjson"]).args(&files)).expect(0).records();
    assert_eq!(expected.len(), files.len());
    let different: Vec<String> = files
        .iter()
        .zip(&expected)
        .filter_map(|(file, expected)| {
            let name = name(file);
            assert_eq!(expected["recording"], Json::from(name.as_str()));
            let probed = run(roundsman().args([
                "probe",
                &format!("127.0.0.1:{port}"),
                "--protocols",
                "snmp",
                "--community",
                &name,
                "--format",
                "json",
            ]));
            // Exit code 1 tells of problems, which both readings must name.
            assert!(probed.code == Some(0) || probed.code == Some(1) && !probed.out.is_empty(), "{name}: {probed:#?}");
            difference(&timeless(expected), &timeless(&probed.json())).map(|difference| format!("{name}: {difference}"))
        })
        .collect();
    assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), files.len(), different.join("\n"));

    // A scan reads with the same reader; one shows that it leads there.
    let (file, expected) = files.iter().zip(&expected).next_back().expect("there are recordings");
    let list = folder.write("list.txt", "127.0.0.1\n");
    let scanned = run(roundsman()
        .args(["scan", "--list", &list, "--port", &port.to_string(), "--format", "ndjson"])
        .args(["--community", &name(file)]));
    let scanned = scanned.expect(0).records();
    assert_eq!(difference(&timeless(expected), &timeless(&scanned[0])), None);
}

#[test]
fn no_value_read_from_a_recording_is_wrong() {
    let Some(corpus) = corpus() else { return };
    let records = run(roundsman().args(["replay", "--format", "ndjson"]).args(recordings(&corpus)).args(ipp_answers(&corpus)));
    let mut judge = Command::new(tool("python3"))
        .arg(corpus.join("tools/score.py"))
        .arg(&corpus)
        .args(["--max-wrong", "0", "--min-right", "98"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    judge.stdin.take().expect("is piped").write_all(records.out.as_bytes()).expect("the judge listens");
    let verdict = judge.wait_with_output().expect("the judge ends");
    assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stdout));
}

#[test]
fn s_37_supplies_in_another_snmp_context_are_found() {
    let folder = Folder::new();
    let served = folder.join("served");
    fs::create_dir_all(&served).expect("the folder is made");
    let system = "1.3.6.1.2.1.1.1.0|4|HP ETHERNET MULTI-ENVIRONMENT,PID:HP LaserJet 600 M601\n\
        1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.11.2.3.9.1\n\
        1.3.6.1.2.1.43.5.1.1.1.1|65|7\n";
    let supplies = "1.3.6.1.2.1.43.11.1.1.2.1.1|2|1\n\
        1.3.6.1.2.1.43.11.1.1.5.1.1|2|3\n\
        1.3.6.1.2.1.43.11.1.1.7.1.1|2|19\n\
        1.3.6.1.2.1.43.11.1.1.8.1.1|2|100\n\
        1.3.6.1.2.1.43.11.1.1.9.1.1|2|42\n";
    fs::write(served.join("office.snmprec"), system).expect("written");
    fs::write(served.join("office@Jetdirect.snmprec"), supplies).expect("written");
    let (_snmpsim, port) = serve(Ipv4Addr::LOCALHOST, "office", |port| snmpsim(&served, &folder, port));
    let probed =
        run(roundsman().args(["probe", &format!("127.0.0.1:{port}"), "--protocols", "snmp", "--community", "office", "--format", "json"]));
    let record = probed.json();
    assert_eq!(record["supplies"][0]["remaining"], Json::from(0.42), "{probed:#?}");
    assert_eq!(record["identity"]["model"], Json::from("LaserJet 600 M601"));
}

fn recordings(corpus: &Path) -> Vec<PathBuf> {
    files(&corpus.join("snmp"), "snmprec")
}

fn ipp_answers(corpus: &Path) -> Vec<PathBuf> {
    files(&corpus.join("ipp"), "bin")
}

/// Returns the files of a folder with this ending, by name.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("is listed").path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files.sort();
    assert!(!files.is_empty(), "{} holds no recordings", folder.display());
    files
}

/// Returns the recording's name, which is also the community that snmpsim serves it under.
fn name(file: &Path) -> String {
    file.file_stem().expect("recordings have names").to_string_lossy().into_owned()
}

/// Copies the recordings with every text that ends in a blank in hex: snmpsim cuts blanks off the
/// end of a line, although one can be a value (0x20 of hrPrinterDetectedErrorState is lowToner).
fn in_hex(files: &[PathBuf], folder: &Folder) -> PathBuf {
    let served = folder.join("recordings");
    fs::create_dir(&served).expect("the folder is new");
    for file in files {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let lines = text.lines().map(|line| match line.split_once("|4|") {
            Some((name, value)) if value.ends_with(' ') => {
                let hex: String = value.bytes().map(|octet| format!("{octet:02x}")).collect();
                format!("{name}|4x|{hex}\n")
            }
            _ => format!("{line}\n"),
        });
        fs::write(served.join(file.file_name().expect("recordings have names")), lines.collect::<String>())
            .expect("the folder takes files");
    }
    served
}

fn snmpsim(recordings: &Path, folder: &Folder, port: u16) -> Beside {
    let mut command = Command::new(peer("ROUNDSMAN_SNMPSIM", "snmpsim-command-responder"));
    command
        .arg(format!("--cache-dir={}", folder.join("cache").display()))
        .arg(format!("--logging-method=file:{}", folder.join("snmpsim.log").display()))
        .arg("--log-level=error")
        .args(unprivileged())
        // This option opens a group; the two behind it must follow it.
        .arg("--v3-engine-id=auto")
        .arg(format!("--data-dir={}", recordings.display()))
        .arg(format!("--agent-udpv4-endpoint=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Beside::start(&mut command)
}

/// Started by an administrator, snmpsim insists on being told whom to run as, and as nobody else
/// it may be unable to read its own library.
fn unprivileged() -> &'static [&'static str] {
    let user = run(Command::new("id").arg("-u")).out;
    if user.trim() == "0" { &["--process-user=root", "--process-group=root"] } else { &[] }
}

/// Leaves out what a file cannot tell: where the device is, and when it was read.
fn timeless(record: &Json) -> Json {
    let mut record = record.clone();
    let fields = record.as_object_mut().expect("a record is an object");
    for field in ["address", "recording", "observed_at"] {
        fields.remove(field);
    }
    for alert in fields.get_mut("alerts").and_then(Json::as_array_mut).into_iter().flatten() {
        alert.as_object_mut().expect("an alert is an object").remove("raised_at");
    }
    record
}

/// Returns the first fields that differ, in words, or `None` if all agree.
fn difference(file: &Json, network: &Json) -> Option<String> {
    let empty = serde_json::Map::new();
    let [file, network] = [file, network].map(|record| record.as_object().unwrap_or(&empty));
    let mut fields: Vec<&String> = file.keys().chain(network.keys()).collect();
    fields.sort();
    fields.dedup();
    let differing = fields.into_iter().filter(|field| file.get(*field) != network.get(*field));
    let told: Vec<String> =
        differing.map(|field| format!("{field}\n  file    {}\n  network {}", told(file.get(field)), told(network.get(field)))).collect();
    (!told.is_empty()).then(|| told.join("\n"))
}

fn told(value: Option<&Json>) -> String {
    value.map_or("absent".to_owned(), Json::to_string)
}
