//! How much room the store takes, by table, and what the server needs with it.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use server::config::Settings;
use server::credential::{Purpose, new_secret};
use store::{Coding, Incoming, Role, Scope, SecretHash, Store, WebSession};
use wire::envelope::SenderKind;
use wire::json;

use crate::client::Client;
use crate::process::Process;
use crate::senders::{self, Caller, Prepared, Told};

/// Is how many days of history are written.
const DAYS: u64 = 60;
/// Is how many devices are taken at once.
const AT_ONCE: usize = 256;

/// Writes daily reports and says what a device report costs in history.
pub async fn history(folder: &Path, devices: u64) {
    let folder = crate::empty(folder);
    let opened = server::open::open(&settings(&folder)).expect("a new store");
    let prepared = senders::enrol_in(&opened.store, &opened.key, devices, 1, SenderKind::DeviceDirect).await;
    for day in 0..DAYS {
        fill(&opened.store, &prepared, Told::Changes, day, DAYS).await;
    }
    drop(opened);
    let reports = devices * DAYS;
    let room = Room::of(&folder);
    println!("\n| room of {devices} devices after {DAYS} daily reports each | octets | a device report |");
    println!("| --- | ---: | ---: |");
    for (table, octets) in &room.tables {
        println!("| {table} | {octets} | {:.1} |", *octets as f64 / reports as f64);
    }
    drop(std::fs::remove_dir_all(&folder));
}

/// Writes the latest state of many devices, says what it takes, and what a server needs that answers with it.
pub async fn latest(folder: &Path, devices: u64, each: u64, kind: SenderKind) {
    let folder = crate::empty(folder);
    let opened = server::open::open(&settings(&folder)).expect("a new store");
    let began = Instant::now();
    let prepared = senders::enrol_in(&opened.store, &opened.key, devices / each, each, kind).await;
    fill(&opened.store, &prepared, Told::Whole, 0, 1).await;
    let took = began.elapsed().as_secs_f64();
    let cookie = log_in(&opened.store, &opened.key).await;
    drop(opened);
    let room = Room::of(&folder);
    println!("\n| room of {devices} devices, {each} a sender, written in {took:.0} s | octets | a device |");
    println!("| --- | ---: | ---: |");
    for (table, octets) in &room.tables {
        println!("| {table} | {octets} | {:.1} |", *octets as f64 / devices as f64);
    }
    let of = |is_of: fn(&str) -> bool| room.tables.iter().filter(|(table, _)| is_of(table)).map(|(_, octets)| octets).sum::<u64>();
    let state = of(|table| !["inbox", "history"].iter().any(|other| table.starts_with(other)));
    println!("| latest state: all but the inbox and history | {state} | {:.1} |", state as f64 / devices as f64);
    answers(&folder, &prepared.token, &cookie).await;
    drop(std::fs::remove_dir_all(&folder));
}

fn settings(folder: &Path) -> Settings {
    Settings { data: folder.to_owned(), ..Settings::default() }
}

/// Takes the reports of a day, as the server does it.
async fn fill(store: &Arc<dyn Store>, prepared: &Prepared, told: Told, day: u64, days: u64) {
    let now = Timestamp::now();
    let received_at = now - SignedDuration::from_hours(24 * (days - 1 - day) as i64);
    let take = |caller: &Caller| {
        let report = senders::report(caller, told, day, days, now);
        let payload = zstd::bulk::compress(&json::encode(&report), 3).expect("memory");
        Incoming { tenant: prepared.tenant, sender: caller.id, report, payload, coding: Coding::Zstd, received_at }
    };
    let at_once = AT_ONCE / (prepared.callers[0].devices as usize).min(AT_ONCE);
    for some in prepared.callers.chunks(at_once) {
        let taken = store.take(some.iter().map(take).collect()).await;
        assert!(taken.iter().all(Result::is_ok), "every report is taken: {taken:?}");
    }
}

async fn log_in(store: &Arc<dyn Store>, key: &server::credential::ServerKey) -> String {
    let (now, secret) = (Timestamp::now(), new_secret());
    let user = store.create_user("bench", "none", Scope::AllTenants, Role::Operator, now).await.expect("a new account").id;
    let hash = SecretHash(key.hash(Purpose::Session, &secret));
    let session = WebSession { hash, user, created_at: now, expires_at: now + SignedDuration::from_hours(1) };
    store.put_session(session).await.expect("a working store");
    secret
}

/// Is what each table takes with its indexes, pages and all.
struct Room {
    tables: Vec<(String, u64)>,
}

impl Room {
    fn of(folder: &Path) -> Self {
        let connection = Connection::open(settings(folder).database().expect("the load goes into a file")).expect("the store is there");
        let sql = "SELECT coalesce(m.tbl_name, s.name), sum(s.pgsize) FROM dbstat s LEFT JOIN sqlite_schema m ON m.name = s.name \
                   WHERE s.aggregate = TRUE GROUP BY 1 ORDER BY 2 DESC";
        let mut statement = connection.prepare(sql).expect("SQLite counts its pages");
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))).expect("a good question");
        let mut tables: Vec<(String, u64)> = rows.collect::<Result<_, _>>().expect("a good question");
        tables.retain(|(_, octets)| *octets > 65_536);
        Room { tables }
    }
}

/// Asks a server on this store for pages, and says how long they took and what it needed.
async fn answers(folder: &Path, token: &str, cookie: &str) {
    let server = Process::start(folder);
    let client = Client::new(server.address, &server.authority);
    println!("| resident after the start, MiB | {:.0} | |", server.memory().0);
    for (name, path) in [
        ("a hundred devices of the API", "/api/v1/devices?limit=100"),
        ("a hundred more", "/api/v1/devices?limit=100"),
        ("fleet page", "/"),
        ("fleet page again", "/"),
        ("agents page", "/agents"),
        ("figures", "/metrics"),
    ] {
        let began = Instant::now();
        let answer = client.get_as(path, token, cookie).await;
        let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
        println!("| {name}: {} of {} octets, ms | {milliseconds:.0} | |", answer.status, answer.body.len());
    }
    let (resident, peak) = server.memory();
    println!("| resident after that, and at most, MiB | {resident:.0} | {peak:.0} |");
    server.stop();
}
