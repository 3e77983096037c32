//! What taking reports costs the server, with real TLS and a real disk.
//!
//! `cargo xtask bench ingest` runs it. The server is the program as it is installed, in a process
//! of its own; here are its senders, whose work is made ready before anything is measured and is
//! told apart. Every report must be answered with 200, which says that it is on disk; afterwards
//! the latest state and the history of every fiftieth device are asked for and compared.

mod client;
mod fleet;
mod process;
mod room;
mod senders;

use std::path::{Path, PathBuf};
use std::time::Instant;

use client::Client;
use jiff::Timestamp;
use process::{Process, own_cpu};
use senders::{Caller, Prepared, Told};
use wire::envelope::SenderKind;

/// Is one way of sending.
struct Load {
    name: &'static str,
    told: Told,
    senders: u64,
    devices: u64,
    /// Reports of each sender, each of another day.
    days: u64,
    connections: usize,
    /// Whether every report has a connection of its own.
    is_apart: bool,
    budget: &'static str,
}

impl Load {
    const fn new(name: &'static str, told: Told, (senders, devices, days): (u64, u64, u64), budget: &'static str) -> Self {
        Load { name, told, senders, devices, days, connections: 256, is_apart: false, budget }
    }
}

/// A sender may say so many reports at once; the server slows down who says more.
const MOST_DAYS: u64 = 60;

fn loads(is_quick: bool) -> Vec<Load> {
    let part = |count: u64| if is_quick { count.div_ceil(5) } else { count };
    vec![
        Load::new("one report a request, 83 values told", Told::Whole, (2000, 1, part(40)), "≥ 8000 (floor), ≥ 25000 (aim)"),
        Load::new("one report a request, changes of a day", Told::Changes, (2000, 1, part(40)), "the same"),
        Load::new("the same from 20,000 senders", Told::Changes, (part(20_000), 1, 4), "the same"),
        Load::new("a hundred devices a request, 83 values told", Told::Whole, (20, 100, part(40)), "≥ 30000 (floor), ≥ 100000 (aim)"),
        Load::new("a hundred devices a request, changes of a day", Told::Changes, (20, 100, part(40)), "the same"),
        Load {
            is_apart: true,
            ..Load::new("a TLS 1.3 handshake a report, changes of a day", Told::Changes, (1000, 1, part(10)), "≥ 1600")
        },
    ]
}

const USAGE: &str = "expected [each|batch|apart|history|million]… [--quick]";

fn main() {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = take(&mut wanted, "--quick");
    let folder = std::env::temp_dir().join(format!("roundsman-load-{}", std::process::id()));
    assert!(wanted.iter().all(|word| ["each", "batch", "apart", "history", "million"].contains(&word.as_str())), "{USAGE}");
    let is_wanted = |word: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == word);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let loads: Vec<Load> = loads(is_quick).into_iter().filter(|load| is_wanted(kind_of(load))).collect();
        if !loads.is_empty() {
            println!("| ingest | reports | readings | wall s | server's CPU s | readings a CPU second | budget | peak MiB | sender's CPU s | zstd octets a request |");
            println!("| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |");
        }
        for load in loads {
            measure(&folder, &load).await;
        }
        if is_wanted("history") {
            room::history(&folder, if is_quick { 200 } else { 2000 }).await;
        }
        if is_wanted("million") {
            let devices = if is_quick { 20_000 } else { 1_000_000 };
            room::latest(&folder, devices, 2000, SenderKind::Agent).await;
            room::latest(&folder, devices, 1, SenderKind::DeviceDirect).await;
        }
    });
}

fn take(words: &mut Vec<String>, word: &str) -> bool {
    let before = words.len();
    words.retain(|known| known != word);
    words.len() < before
}

fn kind_of(load: &Load) -> &'static str {
    match load {
        Load { is_apart: true, .. } => "apart",
        Load { devices: 1, .. } => "each",
        _ => "batch",
    }
}

/// Makes a folder that is empty.
pub fn empty(folder: &Path) -> PathBuf {
    drop(std::fs::remove_dir_all(folder));
    std::fs::create_dir_all(folder).expect("the temporary folder can be written");
    folder.to_owned()
}

async fn measure(folder: &Path, load: &Load) {
    assert!(load.days <= MOST_DAYS, "a sender may not say so much at once");
    let folder = empty(folder);
    let kind = if load.devices == 1 { SenderKind::DeviceDirect } else { SenderKind::Agent };
    let prepared = senders::enrol(&folder, load.senders, load.devices, kind).await;
    let now = Timestamp::now();
    let (lanes, zstd) = requests(load, &prepared.callers, now);
    let reports = load.senders * load.days;
    let server = Process::start(&folder);
    let client = Client::new(server.address, &server.authority);
    let (server_before, own_before, began) = (server.cpu(), own_cpu(), Instant::now());
    let mut under_way = tokio::task::JoinSet::new();
    for lane in lanes {
        let client = client.clone();
        match load.is_apart {
            true => under_way.spawn(client.send_apart(lane)),
            false => under_way.spawn(client.send(lane)),
        };
    }
    let answered: usize = under_way.join_all().await.into_iter().sum();
    let (wall, own, cpu) = (began.elapsed().as_secs_f64(), own_cpu() - own_before, server.cpu() - server_before);
    assert_eq!(answered as u64, reports, "every report is answered");
    let readings = reports * load.devices;
    println!(
        "| {} | {reports} | {readings} | {wall:.1} | {cpu:.2} | {:.0} | {} | {:.0} | {own:.2} | {} |",
        load.name,
        readings as f64 / cpu,
        load.budget,
        server.memory().1,
        zstd / reports as usize
    );
    look(&client, load, &prepared, now).await;
    server.stop();
    drop(std::fs::remove_dir_all(&folder));
}

/// Makes the requests of each connection. A sender keeps to one, so that its reports stay in order.
fn requests(load: &Load, callers: &[Caller], now: Timestamp) -> (Vec<Vec<Vec<u8>>>, usize) {
    let mut lanes = vec![Vec::new(); load.connections.min(callers.len())];
    let mut zstd = 0;
    for day in 0..load.days {
        for (place, caller) in callers.iter().enumerate() {
            let report = senders::report(caller, load.told, day, load.days, now);
            let request = senders::request(caller, &report, load.is_apart);
            zstd += request.zstd;
            let lane = place % lanes.len();
            lanes[lane].push(request.octets);
        }
    }
    (lanes, zstd)
}

/// Asks for what was reported: every device must be there, and what it said last.
async fn look(client: &Client, load: &Load, prepared: &Prepared, now: Timestamp) {
    let mut next = Some(String::new());
    let mut looked_at = 0;
    let mut totals = std::collections::BTreeSet::new();
    while let Some(place) = next {
        let answer = client.get(&format!("/api/v1/devices?limit=500{place}"), &prepared.token).await;
        let page: serde_json::Value = serde_json::from_slice(&answer.body).expect("a page of devices");
        for item in page["items"].as_array().expect("devices") {
            let total = item["meters"].as_array().and_then(|meters| meters.iter().find(|meter| meter["name"] == "total"));
            totals.insert((item["identity"]["serial_number"].to_string(), total.map_or(-1, |total| total["value"].as_i64().unwrap_or(-1))));
            if looked_at % 50 == 0 {
                let from = fleet::read_at(now, 0, load.days);
                let path = format!("/api/v1/devices/{}/history?from={from}", item["id"].as_str().expect("an id"));
                let history = client.get(&path, &prepared.token).await;
                let history: serde_json::Value = serde_json::from_slice(&history.body).expect("a history");
                assert_eq!(history["items"].as_array().map(Vec::len), Some(load.days as usize), "{history}");
            }
            looked_at += 1;
        }
        next = page["next"].as_str().map(|next| format!("&next={next}"));
    }
    assert_eq!(looked_at, load.senders * load.devices, "every device is there");
    let wanted: std::collections::BTreeSet<(String, i64)> = (0..looked_at)
        .map(|device| {
            let facts = fleet::facts(device, load.days - 1);
            (format!("{:?}", facts["identity/serial_number"].to_string()), fleet::total(device, load.days - 1))
        })
        .collect();
    assert_eq!(totals, wanted, "the latest state is what was acknowledged last");
}
