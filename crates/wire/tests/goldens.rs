//! The octets of version 1, and the documents made from the code.
//!
//! A file of `golden/v1` is frozen once released: if its test fails, change the code.
//! `UPDATE_GOLDENS=1 cargo test -p wire` writes what is made from the code anew.
#![allow(clippy::disallowed_methods, reason = "tests read and write their goldens")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use wire::commands::{Action, Command, Outcome, OutcomeKind};
use wire::envelope::{Host, Report, Room, Sender, SenderKind, Site, Software};
use wire::facts::Keys;
use wire::privacy::{DEVICE_FIELDS, Field, Group, REPORT_FIELDS};
use wire::rhythm::{Rhythm, Schedule};
use wire::talk::{EnrolReply, EnrolRequest, Hello, LastReport, NEEDS_FULL, Problem, Reply, Taken};
use wire::{Facts, Key, Reading, Value, json};

fn golden(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}; UPDATE_GOLDENS=1 writes it", path.display()));
    assert_eq!(expected, actual, "{}; UPDATE_GOLDENS=1 takes what was found", path.display());
}

fn version_1(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1").join(name)
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn facts(pairs: &[(&str, Value)]) -> Facts {
    pairs.iter().map(|(key, value)| (Key::from(*key), value.clone())).collect()
}

/// A monochrome printer, as small as a useful one can be.
fn printer(total: i64, level: i64) -> Facts {
    facts(&[
        ("presence", "ready".into()),
        ("identity/manufacturer", "Acme".into()),
        ("identity/model", "Laser 100".into()),
        ("identity/serial_number", "AC0012345".into()),
        ("meters/total/value", total.into()),
        ("meters/total/unit", "impressions".into()),
        ("meters/total/origin", "prtMarkerLifeCount.1.1".into()),
        ("meters/total/evidence", "standard".into()),
        ("supplies/1/class", "container".into()),
        ("supplies/1/type", "toner".into()),
        ("supplies/1/colorant", "black".into()),
        ("supplies/1/unit", "impressions".into()),
        ("supplies/1/capacity", 3000.into()),
        ("supplies/1/level/kind", "measured".into()),
        ("supplies/1/level/value", level.into()),
        ("supplies/1/remaining", true.into()),
        ("supplies/1/origin", "prtMarkerSuppliesLevel.1.1".into()),
    ])
}

fn device_report(readings: Vec<Reading>) -> Report {
    Report {
        sender: Sender { kind: SenderKind::DeviceDirect, id: "0192f0c1-2d3e-7a4b-8c5d-6e7f80910111".into() },
        id: "0192f0c4-0000-7000-8000-000000000001".into(),
        sequence: 1,
        created_at: at("2026-11-25T02:17:05Z"),
        base: None,
        software: Software { name: "acme-module".into(), version: "1.0".into(), profiles: None },
        schedule: Some(Schedule {
            rhythm: Rhythm::Daily { at: "02:00".parse().unwrap(), spread_minutes: 60 },
            time_zone: "Europe/Amsterdam".into(),
        }),
        next_at: Some(at("2026-11-26T01:17:00Z")),
        stopping: false,
        host: None,
        site: None,
        withheld: vec![Group::Console],
        outcomes: Vec::new(),
        readings,
    }
}

fn agent_report() -> Report {
    let seen = facts(&[("presence", "unreachable".into())]);
    let mut replaced = printer(1520, 2950);
    replaced.insert("supplies/1/serial_number".into(), "CRUM-7".into());
    replaced.remove("identity/model");
    Report {
        sender: Sender { kind: SenderKind::Agent, id: "0192f0c1-2d3e-7a4b-8c5d-6e7f80910222".into() },
        id: "0192f0c4-0000-7000-8000-000000000002".into(),
        sequence: 12,
        base: Some("0192ebd0-0000-7000-8000-000000000003".into()),
        software: Software { name: "roundsman-agent".into(), version: "0.1.0".into(), profiles: Some("1".into()) },
        host: Some(Host { proxy_id: Some("proxy.example:3128".into()), host_id: "h-7f3a".into() }),
        site: Some(Site {
            dns_name: Some("print-srv.example".into()),
            agent_database_octets: Some(1_048_576),
            agent_build_version: Some("0.1.0".into()),
            ip_address: Some("192.0.2.10".into()),
            operating_system_name: Some("Debian GNU/Linux 12".into()),
            processor: Some("x86_64".into()),
            discovery_database_octets: Some(65_536),
            disk: Some(Room { size: 64_000_000_000, free: 32_000_000_000 }),
            operating_system_type: Some("64-bit".into()),
            time_zone: Some("Europe/Amsterdam".into()),
            devices_discovered: Some(4),
            memory: Some(Room { size: 8_000_000_000, free: 4_000_000_000 }),
            site_name: Some("Head office".into()),
            printers_in_scope: Some(3),
            discovery_version: Some("1".into()),
            printers_out_of_scope: Some(1),
        }),
        outcomes: vec![Outcome {
            command: "c-1".into(),
            outcome: OutcomeKind::Unknown,
            at: at("2026-11-24T02:20:00Z"),
            detail: Some("the agent stopped while it ran".into()),
        }],
        readings: vec![
            Reading::since(&printer(1500, 100), 1, at("2026-11-24T14:00:00Z"), &printer(1510, 90)),
            Reading::since(&printer(1510, 90), 1, at("2026-11-25T02:15:00Z"), &replaced),
            Reading::since(&printer(9, 9), 2, at("2026-11-25T02:15:01Z"), &printer(9, 9)),
            Reading::glimpse(3, at("2026-11-25T02:15:03Z"), &seen),
            Reading::whole(4, at("2026-11-25T02:15:03Z"), &printer(7, 3000)),
        ],
        ..device_report(Vec::new())
    }
}

fn check_report(name: &str, report: &Report) {
    let octets = json::encode(report);
    golden(&version_1(name), &format!("{}\n", String::from_utf8(octets.clone()).unwrap()));
    assert_eq!(json::decode(&octets).unwrap(), *report);
}

#[test]
fn the_first_report_of_a_device_module() {
    let whole = Reading::whole(1, at("2026-11-25T02:17:00Z"), &printer(1500, 100));
    check_report("device-whole.json", &device_report(vec![whole]));
}

#[test]
fn the_second_report_of_a_device_module() {
    let changes = Reading::since(&printer(1500, 100), 1, at("2026-11-26T01:17:00Z"), &printer(1523, 77));
    let report = Report {
        id: "0192f5ea-0000-7000-8000-000000000004".into(),
        sequence: 2,
        base: Some("0192f0c4-0000-7000-8000-000000000001".into()),
        created_at: at("2026-11-26T01:17:05Z"),
        next_at: Some(at("2026-11-27T01:17:00Z")),
        ..device_report(vec![changes])
    };
    check_report("device-changes.json", &report);
}

#[test]
fn the_report_of_an_agent() {
    check_report("agent.json", &agent_report());
}

#[test]
fn what_is_said_around_a_report() {
    let last = LastReport { id: "0192f0c4-0000-7000-8000-000000000001".into(), sequence: 1 };
    let now = at("2026-11-26T01:17:04Z");
    let command = |id: &str, action| Command { id: id.into(), issued_at: now, expires_at: at("2026-11-27T01:17:04Z"), action };
    let schedule = Schedule { rhythm: Rhythm::Every { seconds: 900 }, time_zone: "UTC".into() };
    let commands =
        vec![command("c-1", Action::ReadNow), command("c-2", Action::SetSchedule { schedule }), command("c-3", Action::SendFullReport)];
    let hello = Hello { speaks: vec![wire::SCHEMA.into()], now, last_report: Some(last.clone()) };
    let reply = Reply { report: last.id.clone(), taken: Taken::Accepted, commands };
    let enrol = EnrolRequest {
        secret: "CQkJCQkJCQkJCQkJCQkJCQ".into(),
        kind: SenderKind::DeviceDirect,
        name: Some("Front desk".into()),
        software: Software { name: "acme-module".into(), version: "1.0".into(), profiles: None },
    };
    let enrolled =
        EnrolReply { sender: "0192f0c1-2d3e-7a4b-8c5d-6e7f80910111".into(), secret: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc".into() };
    let problem = Problem {
        kind: NEEDS_FULL.into(),
        title: "a whole report is needed".into(),
        status: 409,
        detail: Some("the report tells changes since a report that this server does not have last; send every device whole".into()),
        speaks: Vec::new(),
        last_report: Some(last),
    };
    let mut text = String::new();
    let mut line = |name: &str, json: String| writeln!(text, "{name} {json}").unwrap();
    line("enrol", serde_json::to_string(&enrol).unwrap());
    line("enrolled", serde_json::to_string(&enrolled).unwrap());
    line("hello", serde_json::to_string(&hello).unwrap());
    line("reply", serde_json::to_string(&reply).unwrap());
    line("problem", serde_json::to_string(&problem).unwrap());
    golden(&version_1("talk.txt"), &text);
    assert_eq!(serde_json::from_str::<Reply>(&serde_json::to_string(&reply).unwrap()).unwrap(), reply);
    assert_eq!(serde_json::from_str::<Hello>(&serde_json::to_string(&hello).unwrap()).unwrap(), hello);
}

#[test]
fn a_command_of_a_newer_server_is_known_as_unknown() {
    let text =
        r#"{"id":"c","issued_at":"2026-11-26T01:17:04Z","expires_at":"2026-11-26T01:17:04Z","action":"install-firmware","file":"x"}"#;
    assert_eq!(serde_json::from_str::<Command>(text).unwrap().action, Action::Unknown);
}

/// The list of fields in `docs/what-leaves-your-site.md` is written by this test.
#[test]
fn the_list_of_what_leaves_is_the_one_in_force() {
    const BEGIN: &str = "<!-- the list below is made from crates/wire/src/privacy.rs; UPDATE_GOLDENS=1 cargo test -p wire -->\n";
    let path = root("docs/what-leaves-your-site.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, _) = text.split_once(BEGIN).expect("the document has the line that begins the list");
    let mut made = format!("{before}{BEGIN}");
    for group in Group::ALL {
        let switch = match (group.can_be_withheld(), group.is_sent_by_default()) {
            (false, _) => "always sent",
            (true, true) => "sent unless switched off",
            (true, false) => "not sent unless switched on",
        };
        writeln!(made, "\n### `{}`: {switch}\n\nFor: {}.\n", group.word(), group.purpose()).unwrap();
        writeln!(made, "| Field | What it is |\n|---|---|").unwrap();
        let fields: Vec<&Field> = DEVICE_FIELDS.iter().chain(REPORT_FIELDS).filter(|field| field.group == group).collect();
        for field in fields {
            writeln!(made, "| `{}` | {} |", field.pattern, field.says).unwrap();
        }
    }
    golden(&path, &made);
}

#[test]
fn no_key_of_a_full_record_is_forgotten() {
    // Every field that a record has today is either on the list or left out on purpose.
    let record: model::DeviceRecord = serde_json::from_str(include_str!("golden/record.json")).unwrap();
    let withheld_on_purpose = ["configuration/prtGeneralCurrentOperator.1", "configuration/prtChannelInformation.1.1"];
    for key in wire::facts::of(&record, &mut Keys::default()).keys() {
        assert_eq!(wire::privacy::group_of(key).is_none(), withheld_on_purpose.contains(&&**key), "{key}");
    }
}
