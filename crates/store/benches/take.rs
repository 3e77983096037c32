//! How many reports a second one writer takes, and how much room they need.
//!
//! `cargo bench -p store`

use std::path::Path;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use store::sqlite::{Options, SqliteStore};
use store::{Applicant, Code, Coding, Enrolment, Incoming, Intake, Registry, SecretHash, Sender, Upkeep};
use wire::envelope::{SenderKind, Software};
use wire::{Facts, Key, Reading, Report};

const SENDERS: u32 = 500;
const DAYS: i64 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("store-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the measurement");
    let store = SqliteStore::open(&folder.join("store.sqlite"), &Options::default()).expect("a new store");
    let start: Timestamp = "2026-11-01T02:00:00Z".parse().expect("a time");
    let senders = enrol(&store, start).await;
    for (name, batch) in [("batches of 100", 100), ("batches of 10", 10)] {
        let mut reports = Vec::new();
        for day in 0..DAYS {
            let first = if batch == 100 { 0 } else { DAYS };
            reports.extend(senders.iter().map(|sender| report(sender, first + day, start)));
        }
        let (count, before, began) = (reports.len(), cpu_seconds(), Instant::now());
        let mut reports = reports.into_iter();
        loop {
            let part: Vec<Incoming> = reports.by_ref().take(batch).collect();
            if part.is_empty() {
                break;
            }
            assert!(store.take(part).await.iter().all(Result::is_ok), "every report is taken");
        }
        let (cpu, wall) = (cpu_seconds() - before, began.elapsed().as_secs_f64());
        println!("{name}: {:.0} reports a second, {:.0} a CPU second", count as f64 / wall, count as f64 / cpu);
    }
    let size = store.size().await.expect("a working store");
    println!(
        "{:.0} octets on disk a report, payload, state and history together",
        size.octets as f64 / (f64::from(SENDERS) * 2.0 * DAYS as f64)
    );
    drop(store);
    drop(std::fs::remove_dir_all(&folder));
}

async fn enrol(store: &SqliteStore, now: Timestamp) -> Vec<Sender> {
    let tenant = store.create_tenant("Alder", now).await.expect("a new tenant").id;
    let mut senders = Vec::new();
    for number in 0..SENDERS {
        let mut octets = [0; 32];
        octets[..4].copy_from_slice(&number.to_be_bytes());
        let hash = SecretHash(octets);
        let expires_at = now + SignedDuration::from_hours(24);
        let code = Code { hash, site: "Site".into(), kind: SenderKind::DeviceDirect, created_at: now, expires_at, spent_at: None };
        store.put_code(tenant, code).await.expect("a new code");
        let applicant =
            Applicant { secret: hash, kind: SenderKind::DeviceDirect, name: None, software: Software::default(), credential: hash };
        match store.enrol(applicant, now).await.expect("a working store") {
            Enrolment::Enrolled(sender) => senders.push(*sender),
            other => panic!("not enrolled: {other:?}"),
        }
    }
    senders
}

/// Is 83 facts, of which 25 move each day.
fn facts(sender: &Sender, day: i64) -> Facts {
    let seed = i64::from(u32::from_be_bytes(sender.id.octets()[12..].try_into().expect("four octets")) % 100_000);
    let mut facts = Facts::new();
    for place in 0..25 {
        facts.insert(Key::from(format!("meters/m{place}/value")), (seed + place * 31 + day * (place + 1)).into());
    }
    for place in 0..58 {
        facts.insert(Key::from(format!("configuration/object.{place}")), format!("value {}", seed * 7 + place).as_str().into());
    }
    facts
}

fn report(sender: &Sender, day: i64, start: Timestamp) -> Incoming {
    let now = start + SignedDuration::from_hours(24 * day);
    let reading = match day {
        0 => Reading::whole(1, now, &facts(sender, 0)),
        _ => Reading::since(&facts(sender, day - 1), 1, now, &facts(sender, day)),
    };
    let id = |day: i64| format!("{}-{day}", sender.id);
    let report = Report {
        sender: wire::envelope::Sender { kind: sender.kind, id: sender.id.to_string() },
        id: id(day),
        sequence: day as u64,
        created_at: now,
        base: (day > 0).then(|| id(day - 1)),
        software: Software::default(),
        schedule: None,
        next_at: None,
        stopping: false,
        host: None,
        site: None,
        withheld: Vec::new(),
        outcomes: Vec::new(),
        readings: vec![reading],
    };
    // As a sender of ours does it.
    let payload = zstd::bulk::compress(&wire::json::encode(&report), 3).expect("memory");
    Incoming { tenant: sender.tenant, sender: sender.id, report, payload, coding: Coding::Zstd, received_at: now }
}

/// Returns what this process has used, all threads together; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
