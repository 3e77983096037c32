//! A fleet, its agents and an agent's ledger that nobody has: every state of every page.

#[allow(dead_code, reason = "the tests of reports use more of it")]
#[path = "../../../report/tests/fleet/mod.rs"]
mod fleet;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use model::DeviceRecord;
use model::record::Path;
use webui::device::{DeviceFile, HistoryDay, Told};
use webui::server::SiteName;
use webui::server::agent::{CommandRow, ExpectedDay};
use webui::server::agents::{AgentRow, AgentState};
use webui::server::codes::{MadeCode, OpenCode};
use webui::server::device::{HeardBy, SenderName};
use webui::server::fleet::{Counts, Filter, FleetDevice, Overdue, Show};
use webui::{Clock, Frame, Paging, SyncError, Synchronisation, agent, server};
use wire::commands::{Action, Outcome, OutcomeKind};
use wire::envelope::{Host, Room, SenderKind, Site, Software};
use wire::privacy::Group;
use wire::rhythm::{Rhythm, Schedule, TimeOfDay};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn clock() -> Clock {
    Clock { now: at("2026-11-22T11:04:30Z"), zone: TimeZone::UTC }
}

pub fn frame() -> Frame {
    Frame { clock: clock(), person: "ada".into(), csrf: "csrf-token".into(), notice: None }
}

/// Is what somebody might put everywhere.
pub const NASTY: &str = "<script>alert(1)</script>\"'\u{1b}[2J\u{202e}gnirts\u{200b}\u{9b}";

fn records() -> Vec<DeviceRecord> {
    fleet::fleet()
}

fn amsterdam() -> SiteName {
    SiteName { id: "s-1".into(), name: "Amsterdam, Herengracht".into() }
}

fn nasty_site() -> SiteName {
    SiteName { id: "s/<2>".into(), name: NASTY.into() }
}

pub fn fleet_page() -> server::Fleet {
    let devices = records().into_iter().enumerate().map(|(place, record)| FleetDevice {
        id: format!("d-{place}"),
        site: match place {
            0 => None,
            3 => Some(nasty_site()),
            _ => Some(amsterdam()),
        },
        overdue: match place {
            0 => Some(Overdue { since: at("2026-11-20T03:00:00Z"), reason: "its agent is silent".into() }),
            8 => Some(Overdue { since: at("2026-11-21T03:00:00Z"), reason: "the device is unreachable".into() }),
            _ => None,
        },
        meters_at: (place == 9).then(|| at("2026-11-19T11:00:00Z")),
        supplies_at: (place == 9).then(|| at("2026-11-18T11:00:00Z")),
        record,
    });
    server::Fleet {
        counts: Counts { devices: 1_312, need_attention: 5, overdue: 2, agents_unresponsive: 1 },
        sites: vec![amsterdam(), nasty_site()],
        filter: Filter { site: Some("s/<2>".into()), show: Show::Attention, find: NASTY.into() },
        devices: devices.collect(),
        paging: Paging { first: Some(1), total: Some(1_312), previous: None, next: Some("/?show=attention&after=d-9".into()) },
        twins: vec![("d-7".into(), "Kyocera ECOSYS P2040dw R8P1234567".into()), ("d/<8>".into(), NASTY.into())],
    }
}

pub fn empty_fleet() -> server::Fleet {
    server::Fleet {
        counts: Counts::default(),
        sites: Vec::new(),
        filter: Filter::default(),
        devices: Vec::new(),
        paging: Paging::default(),
        twins: Vec::new(),
    }
}

/// Is 40 days with two gaps and a counter that fell.
fn history() -> Vec<HistoryDay> {
    let mut total = 1_203_000;
    let mut color = 204_000;
    let first = date(2026, 10, 14);
    let day = |place: i64| -> Date { first.checked_add(jiff::Span::new().days(place)).unwrap() };
    let mut days = Vec::new();
    for place in 0..40 {
        let weekday = day(place).weekday().to_monday_zero_offset();
        let printed = if weekday >= 5 { 0 } else { 30 + (place as u64 * 37) % 80 };
        total += printed;
        color += printed / 4;
        if matches!(place, 12..=14 | 30) {
            continue;
        }
        let total = (place != 22).then_some(total);
        days.push(HistoryDay { date: day(place), total, color: Some(color), monochrome: total.map(|total| total - color) });
    }
    days
}

pub fn device_file() -> DeviceFile {
    let record = records().swap_remove(1);
    let direct = |time: &str| Told { at: at(time), path: Path::DeviceDirect };
    let by_agent = |time: &str| Told { at: at(time), path: Path::Agent };
    let ages = [
        ("meters/total/value", direct("2026-11-22T11:02:00Z")),
        ("supplies/3/level/value", by_agent("2026-11-19T11:00:00Z")),
        ("identity/firmware", by_agent("2026-11-01T09:00:00Z")),
    ];
    DeviceFile { record, ages: ages.into_iter().map(|(key, told)| (key.to_owned(), told)).collect(), history: history() }
}

pub fn device_page() -> server::Device {
    server::Device {
        id: "d-1".into(),
        site: Some(amsterdam()),
        file: device_file(),
        overdue: None,
        paths: vec![
            HeardBy {
                path: Path::Agent,
                observed_at: Some(at("2026-11-22T11:00:00Z")),
                sender: Some(SenderName { id: "a-1".into(), name: "Amsterdam reception".into() }),
                joined: None,
                why: Vec::new(),
            },
            HeardBy {
                path: Path::DeviceDirect,
                observed_at: Some(at("2026-11-22T11:02:00Z")),
                sender: Some(SenderName { id: "m-1".into(), name: "module".into() }),
                joined: Some(("the same maker and serial number".into(), at("2026-11-20T08:00:00Z"))),
                why: vec!["maker and serial number VXF4201234: +60".into(), "the counter goes on (7432 → 7510): +10".into()],
            },
        ],
        first_seen_at: Some(at("2026-10-14T08:00:00Z")),
        twin: None,
        alone: None,
        may_decide: true,
    }
}

/// Is the device whose every text is an attack, and which is overdue.
pub fn nasty_device() -> server::Device {
    server::Device {
        id: "d/<3>".into(),
        site: Some(nasty_site()),
        file: DeviceFile { record: records().swap_remove(3), ages: Default::default(), history: Vec::new() },
        overdue: Some(Overdue { since: at("2026-11-20T03:00:00Z"), reason: NASTY.into() }),
        paths: vec![HeardBy {
            path: Path::Agent,
            observed_at: None,
            sender: Some(SenderName { id: NASTY.into(), name: NASTY.into() }),
            joined: Some((NASTY.into(), at("2026-11-20T08:00:00Z"))),
            why: vec![NASTY.into()],
        }],
        first_seen_at: None,
        twin: Some(NASTY.into()),
        alone: Some(SenderName { id: NASTY.into(), name: NASTY.into() }),
        may_decide: true,
    }
}

fn software() -> Software {
    Software { name: "roundsman-agent".into(), version: "0.1.0".into(), profiles: Some("2026.11".into()) }
}

pub fn good_window() -> Synchronisation {
    Synchronisation {
        last_data_at: Some(at("2026-11-22T11:01:00Z")),
        last_contact_at: Some(at("2026-11-22T02:17:31Z")),
        last_success_at: Some(at("2026-11-22T02:17:31Z")),
        next_send_at: Some(at("2026-11-23T02:17:00Z")),
        last_error: None,
    }
}

pub fn failing_window() -> Synchronisation {
    Synchronisation {
        last_data_at: Some(at("2026-11-22T11:01:00Z")),
        last_contact_at: Some(at("2026-11-20T02:17:31Z")),
        last_success_at: Some(at("2026-11-20T02:17:31Z")),
        next_send_at: Some(at("2026-11-22T02:17:00Z")),
        last_error: Some(SyncError {
            at: at("2026-11-22T02:17:05Z"),
            reason: "the server's certificate expired 2026-11-20".into(),
            advice: Some("The server's operator has to renew it; nothing was sent, and nothing is lost.".into()),
        }),
    }
}

fn agent_row(id: &str, name: &str, state: AgentState, synchronisation: Synchronisation) -> AgentRow {
    AgentRow {
        id: id.into(),
        name: name.into(),
        kind: SenderKind::Agent,
        site: Some(amsterdam()),
        state,
        state_since: Some(at("2026-11-01T09:00:00Z")),
        state_reason: None,
        synchronisation,
        software: Some(software()),
        devices: Some(42),
        devices_overdue: Some(0),
    }
}

pub fn agents_page() -> server::Agents {
    let provisioned = AgentRow {
        software: None,
        devices: None,
        devices_overdue: None,
        site: None,
        state_since: None,
        ..agent_row("a-3", "Utrecht", AgentState::Provisioned, Synchronisation::default())
    };
    let silent = AgentRow { devices_overdue: Some(2), ..agent_row("a-2", NASTY, AgentState::Unresponsive, failing_window()) };
    let module = AgentRow {
        kind: SenderKind::DeviceDirect,
        devices: Some(1),
        ..agent_row("a-4", "Reception, second floor", AgentState::Stopped, good_window())
    };
    let disabled =
        AgentRow { state_reason: Some(NASTY.into()), ..agent_row("a-5", "Old server room", AgentState::Disabled, good_window()) };
    let running = agent_row("a-1", "Amsterdam reception", AgentState::Running, good_window());
    let retired = agent_row("a-6", "Delft", AgentState::Retired, good_window());
    server::Agents { agents: vec![running, silent, provisioned, module, disabled, retired], paging: Paging::default() }
}

pub fn daily() -> Schedule {
    Schedule { rhythm: Rhythm::Daily { at: TimeOfDay::new(2, 0).unwrap(), spread_minutes: 60 }, time_zone: "Europe/Amsterdam".into() }
}

fn days() -> Vec<ExpectedDay> {
    let first = date(2026, 10, 24);
    let day = |place: i64| ExpectedDay {
        date: first.checked_add(jiff::Span::new().days(place)).unwrap(),
        expected: u32::from(place > 1),
        arrived: u32::from(place > 1 && !matches!(place, 9 | 20 | 21 | 29)),
        late: u32::from(place == 14),
        pending: u32::from(place == 29),
        reason: match place {
            9 => Some("the agent's host was off".into()),
            14 => Some("the link was down until 09:12".into()),
            20 => Some(NASTY.into()),
            _ => None,
        },
    };
    let mut days: Vec<_> = (0..30).map(day).collect();
    days[25] = ExpectedDay { expected: 96, arrived: 90, late: 3, ..days[25].clone() };
    days
}

fn command(id: &str, action: Action, outcome: Option<OutcomeKind>) -> CommandRow {
    let outcome = outcome.map(|kind| Outcome {
        command: id.into(),
        outcome: kind,
        at: at("2026-11-22T02:18:00Z"),
        detail: (kind == OutcomeKind::Refused).then(|| format!("the site is locked {NASTY}")),
    });
    CommandRow {
        id: id.into(),
        action,
        issued_at: at("2026-11-21T15:00:00Z"),
        issued_by: Some("ada".into()),
        expires_at: at("2026-11-28T15:00:00Z"),
        fetched_at: outcome.as_ref().map(|_| at("2026-11-22T02:17:00Z")),
        outcome,
    }
}

pub fn site() -> Site {
    Site {
        dns_name: Some("print01.example.com".into()),
        agent_database_octets: Some(12_400_000),
        agent_build_version: Some("0.1.0".into()),
        ip_address: None,
        operating_system_name: Some("Debian GNU/Linux 13".into()),
        processor: Some("x86-64, 2 cores".into()),
        discovery_database_octets: Some(1_100_000),
        disk: Some(Room { size: 250_000_000_000, free: 100_100_000_000 }),
        operating_system_type: Some("64-bit".into()),
        time_zone: Some("Europe/Amsterdam".into()),
        devices_discovered: Some(1_044),
        memory: Some(Room { size: 8_000_000_000, free: 3_500_000_000 }),
        site_name: None,
        printers_in_scope: Some(42),
        discovery_version: Some("2026.11".into()),
        printers_out_of_scope: Some(2),
    }
}

pub fn agent_page() -> server::Agent {
    server::Agent {
        row: agent_row("a-1", "Amsterdam reception", AgentState::Running, good_window()),
        schedule: Some(daily()),
        host: Some(Host { proxy_id: Some("proxy.example.com:3128".into()), host_id: "6f1c0a".into() }),
        site: Some(site()),
        told_at: Some(at("2026-11-22T02:17:31Z")),
        withheld: vec![Group::Addresses, Group::Console],
        days: days(),
        commands: vec![
            command("c-1", Action::ReadNow, None),
            CommandRow { expires_at: at("2026-11-22T01:00:00Z"), ..command("c-2", Action::SendFullReport, None) },
            command("c-3", Action::SetSchedule { schedule: daily() }, Some(OutcomeKind::Done)),
            command("c-4", Action::ReadNow, Some(OutcomeKind::Refused)),
            command("c-5", Action::ReadNow, Some(OutcomeKind::Unknown)),
        ],
        may_command: true,
    }
}

/// Is a sender of which nothing is known yet, as somebody sees it who may only look.
pub fn new_agent() -> server::Agent {
    let row = AgentRow { software: None, devices: None, ..agent_row("a-3", NASTY, AgentState::Provisioned, Synchronisation::default()) };
    server::Agent {
        row,
        schedule: None,
        host: None,
        site: None,
        told_at: None,
        withheld: Vec::new(),
        days: Vec::new(),
        commands: Vec::new(),
        may_command: false,
    }
}

pub fn codes_page() -> server::Codes {
    server::Codes {
        sites: vec![amsterdam(), nasty_site()],
        made: Some(MadeCode {
            code: format!("RM1-{}", "BwcHBwcHBwcHBwcHBwcHBwkJCQkJCQkJCQkJCQkJCQkAAAAAaUpxgHJlcG9ydHMuZXhhbXBsZS5jb206NDQzW2rQpA"),
            kind: SenderKind::Agent,
            site: Some(nasty_site()),
            expires_at: at("2026-11-29T11:04:30Z"),
        }),
        open: vec![
            OpenCode {
                kind: SenderKind::Agent,
                site: Some(amsterdam()),
                made_at: at("2026-11-20T10:00:00Z"),
                made_by: Some(NASTY.into()),
                expires_at: at("2026-11-27T10:00:00Z"),
            },
            OpenCode {
                kind: SenderKind::DeviceDirect,
                site: None,
                made_at: at("2026-11-10T10:00:00Z"),
                made_by: None,
                expires_at: at("2026-11-17T10:00:00Z"),
            },
        ],
        may_make: true,
    }
}

pub fn overview(synchronisation: Synchronisation) -> agent::Overview {
    agent::Overview {
        site_name: Some("Amsterdam, Herengracht".into()),
        server: Some("reports.example.com:443".into()),
        synchronisation,
        schedule: Some(daily()),
        software: software(),
        devices: Some(42),
        devices_out_of_scope: Some(2),
        readings_waiting: 84,
        reports_waiting: 1,
        activity: Some("reading 12 of 42 printers".into()),
        withheld: vec![Group::Addresses, Group::Console],
        traps: Some(agent::Traps {
            listen: Some("0.0.0.0:162".into()),
            failure: None,
            heard: 12,
            looks: 9,
            left_alone: vec![("an address where no device is looked after".into(), 1200), ("a wrong digest".into(), 3)],
            last: Some(agent::LastNotice {
                at: at("2026-11-22T11:00:30Z"),
                device: "7".into(),
                address: "10.0.0.7".into(),
                what: "printerV2Alert".into(),
                version: "v3".into(),
                is_proved: true,
            }),
        }),
        credentials: Some(agent::Credentials {
            lines: vec![
                agent::CredentialLine {
                    name: "user service (SHA-256, AES-128)".into(),
                    devices: 38,
                    turned_away: 3,
                    why: Some("wrong authentication password or protocol (usmStatsWrongDigests)".into()),
                    ..agent::CredentialLine::default()
                },
                agent::CredentialLine {
                    name: "community, 1st in order".into(),
                    devices: 3,
                    waiting: 3,
                    ..agent::CredentialLine::default()
                },
            ],
            by_former: 0,
            refusing: 1,
        }),
    }
}

pub fn new_overview() -> agent::Overview {
    agent::Overview {
        site_name: None,
        server: None,
        schedule: None,
        devices: None,
        devices_out_of_scope: None,
        readings_waiting: 0,
        reports_waiting: 0,
        activity: None,
        withheld: Vec::new(),
        traps: Some(agent::Traps {
            failure: Some("cannot listen for traps on 0.0.0.0:162; another program has the port".into()),
            ..agent::Traps::default()
        }),
        credentials: None,
        ..overview(Synchronisation::default())
    }
}

pub fn devices_page() -> agent::Devices {
    let devices = records().into_iter().enumerate();
    let row = |(place, record): (usize, DeviceRecord)| agent::devices::DeviceRow { id: place.to_string(), record, in_scope: place != 5 };
    agent::Devices { devices: devices.map(row).collect(), paging: Paging::default() }
}

pub fn own_device() -> agent::Device {
    let moved = agent::devices::Moved {
        at: at("2026-11-20T08:00:00Z"),
        from: Some("10.0.0.7".into()),
        to: "10.0.0.8".into(),
        why: "maker and serial number VXF4201234: +60; together +60, 40 make one device".into(),
    };
    let file = DeviceFile { ages: Default::default(), history: Vec::new(), ..device_file() };
    agent::Device { id: "1".into(), file, in_scope: false, moved: Some(moved) }
}

fn entry(number: u64) -> agent::ledger::EntryRow {
    agent::ledger::EntryRow {
        number,
        sealed_at: at("2026-11-22T02:17:00Z"),
        acknowledged_at: (number < 17).then(|| at("2026-11-22T02:17:31Z")),
        report: "019aa5c2-77aa-7000-8000-00000000a001".into(),
        octets: 61_234,
        devices: (number > 15).then_some(42),
    }
}

pub fn ledger(chain: agent::ledger::Chain) -> agent::Ledger {
    let paging = Paging { first: Some(1), total: Some(17), previous: None, next: Some("/ledger?before=15".into()) };
    agent::Ledger { entries: vec![entry(17), entry(16), entry(15)], chain, paging }
}

pub const PAYLOAD: &str = r#"{"schema":"roundsman.report/1","id":"019aa5c2-77aa-7000-8000-00000000a001","sender":{"kind":"agent","id":"a-1"},"sequence":17,"created_at":"2026-11-22T02:17:00Z","software":{"name":"roundsman-agent","version":"0.1.0","profiles":"2026.11"},"withheld":["addresses","console"],"readings":[{"device":"1","observed_at":"2026-11-22T02:00:11Z","changes":{"meters/total/value":1204512,"identity/model":"<script>alert(1)</script>\u202e","supplies/1/level/value":46}}]}"#;

pub fn ledger_entry(fits: Option<bool>) -> agent::Entry {
    agent::Entry {
        row: entry(16),
        payload: PAYLOAD.into(),
        hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        previous_hash: Some("60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".into()),
        fits,
        earlier: Some(15),
        later: Some(17),
    }
}

pub fn preview(payload: Option<String>) -> agent::Preview {
    agent::Preview { payload, next_send_at: Some(at("2026-11-23T02:17:00Z")), withheld: vec![Group::Addresses, Group::Console] }
}

pub fn privacy() -> agent::Privacy {
    agent::Privacy { withheld: vec![Group::Addresses, Group::Console], configuration_file: Some("/etc/roundsman/agent.toml".into()) }
}
