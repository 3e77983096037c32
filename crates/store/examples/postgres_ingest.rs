//! How many reports the PostgreSQL store takes, per second and per CPU-second of database and store apart.
//!
//! A private database on a socket, with fsync and all; reports of 83 values of which 25 move, one
//! device a report, in calls of 100 as a server hands them over.
//!
//! `cargo run --release -p store --features conformance --example postgres_ingest [SENDERS] [DAYS] [BATCH]`

use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use store::conformance::cluster::{Cluster, processor_seconds};
use store::conformance::world;
use store::postgres::{Options, PostgresStore};
use store::{Coding, Incoming, Sender, Store};
use wire::envelope::{SenderKind, Software};
use wire::{Facts, Key, Reading, Report};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut given = std::env::args().skip(1).map(|word| word.parse::<usize>().expect("a number"));
    let (count, days, batch) = (given.next().unwrap_or(5_000), given.next().unwrap_or(4) as i64, given.next().unwrap_or(100));
    let settings = ["shared_buffers=2GB", "max_wal_size=8GB", "wal_compression=lz4", "checkpoint_timeout=30min"];
    let cluster = Cluster::start_with(&settings).await;
    let name = cluster.database().await;
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&cluster.address(&name), &Options::default()).expect("a new store"));
    let tenant = world::tenant(&store, "Alder").await;
    let mut senders = Vec::with_capacity(count);
    for number in 0..count {
        senders.push(world::sender(&store, tenant, &format!("module {number}"), SenderKind::DeviceDirect).await);
    }
    let database = cluster.process_id().expect("it runs");
    for day in 0..days {
        let reports: Vec<Incoming> = senders.iter().map(|sender| report(sender, day)).collect();
        let mut calls: Vec<Vec<Incoming>> = Vec::new();
        let mut reports = reports.into_iter();
        loop {
            let call: Vec<Incoming> = reports.by_ref().take(batch).collect();
            if call.is_empty() {
                break;
            }
            calls.push(call);
        }
        // Two calls at once, so that a worker has the next one while the disk writes.
        let calls = Arc::new(std::sync::Mutex::new(calls));
        let (own, theirs, began) = (own_seconds(), processor_seconds(database), Instant::now());
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let (store, calls) = (Arc::clone(&store), Arc::clone(&calls));
                tokio::spawn(async move {
                    loop {
                        let Some(call) = calls.lock().expect("nobody panics").pop() else { return };
                        assert!(store.take(call).await.iter().all(Result::is_ok), "every report is taken");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no task panics");
        }
        let (wall, own, theirs) = (began.elapsed().as_secs_f64(), own_seconds() - own, processor_seconds(database) - theirs);
        println!(
            "{}: {:.0} reports/s, {:.0} per CPU-second of the database, {:.0} per CPU-second of the store",
            if day == 0 { "first reports" } else { "daily reports" },
            count as f64 / wall,
            count as f64 / theirs,
            count as f64 / own
        );
    }
    println!(
        "{:.0} octets a report on disk, all tables and keys together",
        store.size().await.expect("a size").octets as f64 / (count as f64 * days as f64)
    );
}

/// Is 83 facts, of which 25 move each day.
fn facts(sender: &Sender, day: i64) -> Facts {
    let seed = i64::from(u32::from_be_bytes(sender.id.octets()[12..].try_into().expect("four octets")) % 100_000);
    let mut facts = Facts::new();
    for place in 0..25 {
        facts.insert(Key::from(format!("meters/m{place}/value")), (seed + place * 31 + day * (place + 1)).into());
    }
    facts.insert(Key::from("identity/manufacturer"), "Acme".into());
    facts.insert(Key::from("identity/serial_number"), sender.id.to_string().as_str().into());
    for place in 0..56 {
        facts.insert(Key::from(format!("configuration/object.{place}")), format!("value {}", seed * 7 + place).as_str().into());
    }
    facts
}

fn report(sender: &Sender, day: i64) -> Incoming {
    let start: Timestamp = "2026-11-01T02:00:00Z".parse().expect("a time");
    let now = start + SignedDuration::from_hours(24 * day);
    let reading = match day {
        0 => Reading::whole(1, now, &facts(sender, 0)),
        _ => Reading::since(&facts(sender, day - 1), 1, now, &facts(sender, day)),
    };
    let id = |day: i64| format!("{}-{day}", sender.id);
    let report = Report {
        id: id(day),
        base: (day > 0).then(|| id(day - 1)),
        created_at: now,
        software: Software::default(),
        ..world::report(sender, day as u64, vec![reading])
    };
    let payload = zstd::bulk::compress(&wire::json::encode(&report), 3).expect("memory");
    Incoming { tenant: sender.tenant, sender: sender.id, report, payload, coding: Coding::Zstd, received_at: now }
}

/// Returns what this process has used, all threads together; 0 where the system does not say.
fn own_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
