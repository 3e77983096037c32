//! How large a module's reports are before TLS: the first one, and the changes of a day.
//!
//! `roundsman scan … --format ndjson | cargo run -p device --example bodies [FOLDER]` makes a module
//! live a day in each printer that was read, prints the sizes, and writes the bodies to the folder.
//! Every second printer also says what only firmware can: counts by kind, parts, settings.

// Less than all of the tests' machine is needed.
#[allow(dead_code)]
#[path = "../tests/core/machine.rs"]
mod machine;

use std::io::BufRead;
use std::path::{Path, PathBuf};

use device::{Module, Platform, Settings};
use machine::{Machine, live, settings};
use model::DeviceRecord;
use wire::envelope::Software;
use wire::facts::Keys;
use wire::rhythm::{Rhythm, Schedule};
use wire::{Value, json};

fn main() {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let mut sizes = [Vec::new(), Vec::new()];
    println!("{:<40}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}", "", "facts", "whole", "packed", "moved", "changes", "packed");
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.expect("text");
        let record: DeviceRecord = serde_json::from_str(&line).expect("a device record a line");
        let name = record.identity.model.clone().unwrap_or_default();
        let mut machine = Machine::new(number as u64);
        machine.facts = wire::facts::of(&record, &mut Keys::default());
        machine.facts.remove("address");
        if number % 2 == 1 {
            as_firmware_tells(&mut machine);
        }
        as_the_host_tells(&mut machine);
        let facts = machine.facts.len();
        let mut module = Module::start(as_installed(), &mut machine);
        live(&mut module, &mut machine, 1);
        let moved = pass_a_day(&mut machine, number as i64);
        live(&mut module, &mut machine, 1);
        // As servers make names, and where printers are.
        let [high, low] = [machine.chance(), machine.chance()];
        let sender = format!(
            "01a{:05x}-{:04x}-7{:03x}-9{:03x}-{:012x}",
            high & 0xf_ffff,
            high >> 20 & 0xffff,
            high >> 36 & 0xfff,
            high >> 48 & 0xfff,
            low >> 16
        );
        let zone = ["Europe/Amsterdam", "America/New_York", "UTC", "Asia/Tokyo", "Europe/London", "America/Sao_Paulo"][number % 6];
        let reports = machine.server.reports.iter_mut().filter(|report| !report.readings.is_empty());
        let mut reports = reports.map(|report| {
            report.sender.id.clone_from(&sender);
            report.schedule.as_mut().expect("a module says when it reports").time_zone = zone.to_owned();
            json::encode(report)
        });
        let whole = reports.next().expect("a first report");
        let changes = reports.next_back().expect("a report of the next day");
        println!("{:<40.39}{facts:>8}{:>8}{:>8}{moved:>8}{:>8}{:>8}", name, whole.len(), packed(&whole), changes.len(), packed(&changes));
        for (kind, body) in [whole, changes].into_iter().enumerate() {
            sizes[kind].push(packed(&body));
            if let Some(folder) = &folder {
                write(folder, number, kind, &body);
            }
        }
    }
    for (kind, mut sizes) in ["whole", "changes"].into_iter().zip(sizes) {
        sizes.sort_unstable();
        if let (Some(middle), Some(most)) = (sizes.get(sizes.len() / 2), sizes.last()) {
            println!("{kind}: median {middle}, most {most} octets of {} reports", sizes.len());
        }
    }
}

fn packed(body: &[u8]) -> usize {
    uplink::compress_short(body).len()
}

fn write(folder: &Path, number: usize, kind: usize, body: &[u8]) {
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join(format!("{number:04}-{kind}.json")), body).expect("room on the disk");
}

/// Is how the program reports unless it is told otherwise.
fn as_installed() -> Settings {
    let schedule = Schedule { rhythm: Rhythm::Daily { at: "02:00".parse().expect("a time"), spread_minutes: 60 }, time_zone: "UTC".into() };
    let software = Software { name: "roundsman-device".into(), version: env!("CARGO_PKG_VERSION").into(), profiles: None };
    Settings { software, schedule, ..settings() }
}

/// Adds what the module knows of the computer in the printer.
fn as_the_host_tells(machine: &mut Machine) {
    let chance = machine.chance() >> 16;
    let memory = format!("{} kB", 65_536 * (1 + chance % 16) - chance % 9000);
    for (key, value) in [
        (
            "configuration/host.operatingSystem",
            ["OpenWrt 24.10.0", "Buildroot 2025.02", "Debian GNU/Linux 12 (bookworm)"][chance as usize % 3],
        ),
        ("configuration/host.kernel", ["Linux 6.6.73", "Linux 5.15.148", "Linux 6.1.0-18"][chance as usize % 3]),
        ("configuration/host.architecture", ["aarch64", "arm", "x86_64"][chance as usize % 3]),
        ("configuration/host.processor", ["ARMv7 Processor rev 5 (v7l)", "Cortex-A53"][chance as usize % 2]),
        ("configuration/host.memory", &memory),
        ("configuration/software.module", concat!("roundsman-device ", env!("CARGO_PKG_VERSION"))),
    ] {
        machine.facts.insert(key.into(), value.into());
    }
}

/// Adds what the standard tables do not have; which of it, and how much, is by chance.
fn as_firmware_tells(machine: &mut Machine) {
    const METERS: [&str; 20] = [
        "color",
        "copy",
        "copy.color",
        "copy.monochrome",
        "duplex",
        "fax",
        "fax.monochrome",
        "jams",
        "large",
        "large.color",
        "large.monochrome",
        "monochrome",
        "print",
        "print.color",
        "print.duplex",
        "print.monochrome",
        "scan",
        "scan.color",
        "scan.monochrome",
        "small",
    ];
    const SETTINGS: [&str; 6] = [
        "setting.energyStar",
        "setting.language",
        "setting.sleepAfterMinutes",
        "software.controller",
        "software.engine",
        "performance.firstPageSeconds",
    ];
    let mut chance = || machine.chance() >> 16;
    let mut told: Vec<(String, Value)> = Vec::new();
    for name in METERS {
        if chance() % 3 > 0 {
            let unit = if name.starts_with("scan") { "images" } else { "impressions" };
            told.push((format!("meters/{name}/value"), ((chance() % 900_000) as i64).into()));
            told.push((format!("meters/{name}/unit"), unit.into()));
            told.push((format!("meters/{name}/evidence"), "reported".into()));
            told.push((format!("meters/{name}/origin"), "firmware".into()));
        }
    }
    for name in ["developer", "drum", "feeder", "fuser", "maintenance", "transfer"] {
        if chance() % 2 == 0 {
            told.push((format!("service_items/{name}/remaining"), Value::Decimal((chance() % 1000) as f64 / 1000.0)));
        }
    }
    for name in SETTINGS {
        if chance() % 2 == 0 {
            told.push((format!("configuration/{name}"), Value::Text(format!("{}.{}", chance() % 40, chance() % 100))));
        }
    }
    told.push(("options/duplex/value".into(), "installed".into()));
    told.push(("options/duplex/origin".into(), "firmware".into()));
    told.push(("identity/firmware".into(), Value::Text(format!("{}.{:02}", chance() % 9, chance() % 100))));
    machine.facts.extend(told.into_iter().map(|(key, value)| (key.as_str().into(), value)));
}

/// Prints some pages: counters rise and levels fall, each by its own amount. Returns how many values moved.
fn pass_a_day(machine: &mut Machine, number: i64) -> usize {
    let mut moved = 0;
    for (place, (key, value)) in machine.facts.iter_mut().enumerate() {
        let Value::Integer(value) = value else { continue };
        let step = 1 + (number * 31 + place as i64 * 17) % 97;
        if key.starts_with("meters/") && key.ends_with("/value") {
            *value += step;
        } else if key.starts_with("supplies/") && key.ends_with("/level/value") && *value > step {
            *value -= 1 + step % 3;
        } else {
            continue;
        }
        moved += 1;
    }
    moved
}
