//! What only a store in a file can get wrong.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use rusqlite::Connection;
use store::sqlite::{Options, SCHEMA, SqliteStore, check, restore};
use store::{
    Applicant, Code, Coding, Enrolment, Fleet, Incoming, Intake, Refused, Registry, SecretHash, Sender, Store, StoreError, Upkeep,
};
use wire::envelope::{SenderKind, Software};
use wire::{Facts, Key, Reading, Report};

mod folder;
use folder::Folder;

fn noon() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &Options::default()).unwrap()
}

/// Returns the message of a fault and of its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn refusal(path: &Path) -> StoreError {
    SqliteStore::open(path, &Options::default()).map(drop).unwrap_err()
}

async fn enrolled(store: &dyn Store) -> Sender {
    let tenant = store.create_tenant("Alder", noon()).await.unwrap().id;
    let hash = SecretHash([1; 32]);
    let expires_at = "2026-12-25T12:00:00Z".parse().unwrap();
    let code = Code { hash, site: "Head office".into(), kind: SenderKind::Agent, created_at: noon(), expires_at, spent_at: None };
    store.put_code(tenant, code).await.unwrap();
    let software = Software { name: "roundsman-agent".into(), version: "0.1.0".into(), profiles: None };
    let applicant = Applicant { secret: hash, kind: SenderKind::Agent, name: None, software, credential: SecretHash([2; 32]) };
    match store.enrol(applicant, noon()).await.unwrap() {
        Enrolment::Enrolled(sender) => *sender,
        other => panic!("{other:?}"),
    }
}

/// Makes a whole report of so many printers.
fn report(sender: &Sender, sequence: u64, printers: u32) -> Incoming {
    let readings = (1..=printers).map(|number| {
        let pairs = [("meters/total/value", i64::from(number) + sequence as i64), ("configuration/a", 1), ("configuration/b", 2)];
        let facts: Facts = pairs.iter().map(|(key, value)| (Key::from(*key), (*value).into())).collect();
        Reading::whole(number, noon(), &facts)
    });
    let report = Report {
        sender: wire::envelope::Sender { kind: sender.kind, id: sender.id.to_string() },
        id: format!("r{sequence}"),
        sequence,
        created_at: noon(),
        base: None,
        software: Software::default(),
        schedule: None,
        next_at: None,
        stopping: false,
        host: None,
        site: None,
        withheld: Vec::new(),
        outcomes: Vec::new(),
        readings: readings.collect(),
    };
    let payload = wire::json::encode(&report);
    Incoming { tenant: sender.tenant, sender: sender.id, report, payload, coding: Coding::Plain, received_at: noon() }
}

/// Makes a report whose payload takes room: 50 KiB that are kept as they are.
fn heavy(sender: &Sender, sequence: u64) -> Incoming {
    Incoming { payload: vec![0; 50 << 10], coding: Coding::Zstd, ..report(sender, sequence, 3) }
}

async fn send(store: &dyn Store, incoming: Incoming) -> Result<store::Receipt, Refused> {
    store.take(vec![incoming]).await.remove(0)
}

#[tokio::test]
async fn a_store_that_was_never_closed_has_all_that_was_acknowledged() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    let first = open(&path);
    let sender = enrolled(&first).await;
    for sequence in 1..=5 {
        send(&first, report(&sender, sequence, 3)).await.unwrap();
    }
    // What a killed process leaves: the file and its log, as they are at this moment.
    let copy = folder.path("after.sqlite");
    for ending in ["", "-wal"] {
        let [from, to] = [&path, &copy].map(|path| format!("{}{ending}", path.display()));
        std::fs::copy(from, to).unwrap();
    }
    let second = open(&copy);
    assert_eq!(second.sender(sender.tenant, sender.id).await.unwrap(), first.sender(sender.tenant, sender.id).await.unwrap());
    assert_eq!(second.inbox(sender.tenant, sender.id, 10).await.unwrap().len(), 5);
    assert_eq!(second.devices(sender.tenant, None, 10).await.unwrap(), first.devices(sender.tenant, None, 10).await.unwrap());
    send(&second, report(&sender, 6, 3)).await.unwrap();
}

#[tokio::test]
async fn a_closed_store_goes_on_where_it_was() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    let store = open(&path);
    let sender = enrolled(&store).await;
    send(&store, report(&sender, 1, 1)).await.unwrap();
    drop(store);
    let store = open(&path);
    let again = send(&store, report(&sender, 1, 1)).await.unwrap();
    assert_eq!(again.taken, wire::talk::Taken::Duplicate);
    send(&store, report(&sender, 2, 1)).await.unwrap();
}

#[tokio::test]
async fn two_programs_share_a_store() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    let (server, command_line) = (open(&path), open(&path));
    let sender = enrolled(&command_line).await;
    send(&server, report(&sender, 1, 1)).await.unwrap();
    command_line.rename_sender(sender.tenant, sender.id, "by the door").await.unwrap();
    send(&server, report(&sender, 2, 1)).await.unwrap();
    let now = server.sender(sender.tenant, sender.id).await.unwrap().unwrap();
    assert_eq!((now.name.as_str(), now.told.last_report.unwrap().sequence), ("by the door", 2));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let missing = folder.path("no such folder/store.sqlite");
    let text = chain(&refusal(&missing));
    assert!(text.contains("no such folder") && text.contains("could not be written"), "{text}");
    // Not even an administrator makes files here.
    #[cfg(target_os = "linux")]
    {
        let text = chain(&refusal(Path::new("/proc/self/store.sqlite")));
        assert!(text.contains("/proc/self/store.sqlite"), "{text}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn secrets_in_the_file_are_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    let store = open(&path);
    enrolled(&store).await;
    let copy = folder.path("copy.sqlite");
    store.backup(&copy).await.unwrap();
    for path in [path.clone(), format!("{}-wal", path.display()).into(), copy] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    let sender = enrolled(&open(&path)).await;
    let small = Options { most_octets: Some(1 << 20), ..Options::default() };
    let store = SqliteStore::open(&path, &small).unwrap();
    let mut taken = 0;
    let refused = loop {
        match send(&store, heavy(&sender, taken + 1)).await {
            Ok(_) => taken += 1,
            Err(refused) => break refused,
        }
        assert!(taken < 10_000, "the disk never gets full");
    };
    assert!(taken > 0);
    assert!(matches!(&refused, Refused::Store(StoreError::Full)), "{}", chain(&refused));
    assert!(chain(&refused).contains("free some room"), "{}", chain(&refused));
    // Everything that shared a commit is told.
    let both = store.take(vec![heavy(&sender, taken + 1), heavy(&sender, taken + 2)]).await;
    assert!(both.iter().all(|answer| matches!(answer, Err(Refused::Store(_)))), "{both:?}");
    assert_eq!(store.sender(sender.tenant, sender.id).await.unwrap().unwrap().told.last_report.unwrap().sequence, taken);
    drop(store);
    // With room again it goes on.
    let store = open(&path);
    check(&path).unwrap();
    assert_eq!(store.inbox(sender.tenant, sender.id, 10_000).await.unwrap().len() as u64, taken);
    send(&store, heavy(&sender, taken + 1)).await.unwrap();
}

#[test]
fn a_newer_schema_is_left_alone() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    drop(open(&path));
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", SCHEMA + 1).unwrap();
    drop(connection);
    let fault = refusal(&path);
    assert!(matches!(fault, StoreError::Newer { found, known, .. } if found == SCHEMA + 1 && known == SCHEMA));
    assert!(fault.to_string().contains("newer program"), "{fault}");
    assert!(matches!(check(&path), Err(StoreError::Newer { .. })));
}

#[test]
fn another_programs_file_is_left_alone() {
    let folder = Folder::new();
    let path = folder.path("other.sqlite");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    drop(connection);
    assert!(matches!(refusal(&path), StoreError::NotAStore { .. }));
    let text = folder.path("text.sqlite");
    std::fs::write(&text, "not a database, but long enough to look like one to a careless eye\n".repeat(100)).unwrap();
    assert!(matches!(refusal(&text), StoreError::NotAStore { .. }));
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("not a database"));
}

#[tokio::test]
async fn a_damaged_store_is_told_as_one() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    let store = open(&path);
    let sender = enrolled(&store).await;
    for sequence in 1..=20 {
        send(&store, report(&sender, sequence, 50)).await.unwrap();
    }
    drop(store);
    check(&path).unwrap();
    let mut octets = std::fs::read(&path).unwrap();
    octets[8192..].iter_mut().step_by(3).for_each(|octet| *octet = 0xa5);
    std::fs::write(&path, octets).unwrap();
    let fault = check(&path).unwrap_err();
    assert!(matches!(fault, StoreError::Damaged { .. }), "{}", chain(&fault));
    assert!(fault.to_string().contains("restore the last backup"), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_reports_come_is_whole_and_of_one_moment() {
    let folder = Folder::new();
    let store = Arc::new(open(&folder.path("store.sqlite")));
    let sender = enrolled(&*store).await;
    for sequence in 1..=30 {
        send(&*store, report(&sender, sequence, 100)).await.unwrap();
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (store, sender, is_over) = (store.clone(), sender.clone(), is_over.clone());
        async move {
            let mut sequence = 30;
            while !is_over.load(Ordering::Relaxed) {
                sequence += 1;
                send(&*store, report(&sender, sequence, 100)).await.unwrap();
            }
            sequence
        }
    });
    let copy = folder.path("backup.sqlite");
    store.backup(&copy).await.unwrap();
    is_over.store(true, Ordering::Relaxed);
    let last = writing.await.unwrap();
    check(&copy).unwrap();
    assert!(matches!(store.backup(&copy).await, Err(StoreError::FileExists { .. })), "a backup is never overwritten");

    let restored = folder.path("restored.sqlite");
    restore(&copy, &restored).unwrap();
    let restored = open(&restored);
    let told = restored.sender(sender.tenant, sender.id).await.unwrap().unwrap().told;
    let sequence = told.last_report.unwrap().sequence;
    assert!((30..=last).contains(&sequence));
    // All tables are of the same moment.
    assert_eq!(restored.inbox(sender.tenant, sender.id, 10_000).await.unwrap().len() as u64, sequence);
    let devices = restored.devices_of(sender.tenant, sender.id).await.unwrap();
    let total = devices[0].views[0].view.facts.get("meters/total/value");
    assert_eq!(total, Some(&(1 + sequence as i64).into()));
    assert_eq!(devices.len(), 100);
}

#[tokio::test]
async fn a_quiet_store_and_its_restored_backup_are_equal() {
    let folder = Folder::new();
    let store = open(&folder.path("store.sqlite"));
    let sender = enrolled(&store).await;
    send(&store, report(&sender, 1, 20)).await.unwrap();
    let (copy, other) = (folder.path("backup.sqlite"), folder.path("other.sqlite"));
    store.backup(&copy).await.unwrap();
    restore(&copy, &other).unwrap();
    let other = open(&other);
    assert_eq!(other.tenants().await.unwrap(), store.tenants().await.unwrap());
    assert_eq!(other.devices(sender.tenant, None, 100).await.unwrap(), store.devices(sender.tenant, None, 100).await.unwrap());
    assert_eq!(other.payload(sender.tenant, sender.id, 1).await.unwrap(), store.payload(sender.tenant, sender.id, 1).await.unwrap());
    assert!(other.sender_by_credential(SecretHash([2; 32])).await.unwrap().is_some());
}

#[tokio::test]
async fn a_restore_waits_for_nobody_and_keeps_what_was_there() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    let copy = folder.path("backup.sqlite");
    let store = open(&path);
    store.create_tenant("Alder", noon()).await.unwrap();
    store.backup(&copy).await.unwrap();
    store.create_tenant("Aspen", noon()).await.unwrap();
    assert!(matches!(restore(&copy, &path), Err(StoreError::InUse { .. })));
    drop(store);
    let broken = folder.path("broken.sqlite");
    std::fs::write(&broken, "nothing").unwrap();
    assert!(restore(&broken, &path).is_err());
    assert_eq!(open(&path).tenants().await.unwrap().len(), 2, "a failed restore changes nothing");
    restore(&copy, &path).unwrap();
    assert_eq!(open(&path).tenants().await.unwrap().len(), 1);
    let before = folder.path("store.sqlite.before");
    assert_eq!(open(&before).tenants().await.unwrap().len(), 2);
}

#[test]
fn a_step_that_fails_halfway_leaves_no_trace() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    // Too small for the schema: the migration runs out of room in the middle.
    let small = Options { most_octets: Some(8192), ..Options::default() };
    assert!(matches!(SqliteStore::open(&path, &small), Err(StoreError::Full)));
    let connection = Connection::open(&path).unwrap();
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).unwrap();
    assert_eq!(tables, 0);
    drop(connection);
    drop(open(&path));
}

#[tokio::test]
async fn a_dropped_question_harms_nobody() {
    let folder = Folder::new();
    let store = open(&folder.path("store.sqlite"));
    let sender = enrolled(&store).await;
    {
        let asked = store.take(vec![report(&sender, 1, 1)]);
        // Polled once and given up, as when a connection breaks.
        tokio::select! { biased; _ = asked => {}, () = std::future::ready(()) => {} }
    }
    let again = send(&store, report(&sender, 1, 1)).await.unwrap();
    assert_eq!(again.taken, wire::talk::Taken::Duplicate, "what was handed over is taken");
    store.healthy().await.unwrap();
}

#[tokio::test]
async fn more_than_may_wait_is_refused_as_busy() {
    let folder = Folder::new();
    let path = folder.path("store.sqlite");
    let store = SqliteStore::open(&path, &Options { waiting: 1, ..Options::default() }).unwrap();
    let sender = enrolled(&store).await;
    // Somebody else holds the file, so the writer waits, and the queue fills.
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = Vec::new();
    for sequence in 1..=4 {
        let mut asked = Box::pin(store.take(vec![report(&sender, sequence, 1)]));
        tokio::select! { biased; answer = &mut asked => waiting.push(Some(answer)), () = std::future::ready(()) => waiting.push(None) }
    }
    holder.execute_batch("ROLLBACK").unwrap();
    let refused = waiting.iter().flatten().flatten().filter(|answer| matches!(answer, Err(Refused::Store(StoreError::Busy)))).count();
    assert!(refused >= 1, "{waiting:?}");
}
