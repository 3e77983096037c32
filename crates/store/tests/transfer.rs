//! A store moves from a file into a database and back, whole or not at all.

use std::path::Path;
use std::sync::Arc;

use store::conformance::cluster::Cluster;
use store::conformance::world::*;
use store::sqlite::{self, SqliteStore};
use store::transfer::move_all;
use store::{Place, Role, Scope, Store, StoreError, WebSession};
use wire::envelope::SenderKind;
use wire::{Reading, Report};

mod folder;
use folder::Folder;

fn open(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(path, &sqlite::Options::default()).unwrap())
}

/// Fills a store with something of everything.
async fn fill(store: &Arc<dyn Store>) {
    for name in ["Alder", "Äsche \u{1f332}"] {
        let tenant = tenant(store, name).await;
        let agent = sender(store, tenant, &format!("agent of {name}"), SenderKind::Agent).await;
        let module = sender(store, tenant, &format!("module of {name}"), SenderKind::DeviceDirect).await;
        for sequence in 1..=30 {
            let when = noon() + hours(24 * sequence as i64);
            let readings = (1..=4).map(|number| Reading::whole(number, when, &printer(&format!("S{number:04}"), sequence as i64)));
            let sent = Report { schedule: Some(daily()), ..report(&agent, sequence, readings.collect()) };
            accept(store, &agent, sent, when).await;
        }
        report_printer(store, &module, u64::MAX, "S0001", 7, noon()).await;
        store.sweep(tenant, noon() + hours(24 * 40)).await.unwrap();
        store.put_command(tenant, agent.id, command("read", noon())).await.unwrap();
        store.create_tenant_token(tenant, hash(&format!("token of {name}")), "t", "s", None, noon()).await.unwrap();
        store.create_api_token(hash(&format!("key of {name}")), "k", Scope::Tenant(tenant), Role::Viewer, None, noon()).await.unwrap();
        let user = store.create_user(&format!("ada of {name}"), "$argon2id$1", Scope::Tenant(tenant), Role::Viewer, noon()).await.unwrap();
        let session = WebSession { hash: hash(&format!("w {name}")), user: user.id, created_at: noon(), expires_at: noon() + hours(8) };
        store.put_session(session).await.unwrap();
        store.rotate(tenant, agent.id, hash(&format!("new {name}")), noon()).await.unwrap();
    }
}

/// Returns all that can be asked for, as text.
async fn everything(store: &Arc<dyn Store>) -> String {
    let far = noon() + hours(24 * 400);
    let mut parts = vec![format!("{:?} {:?}", store.counts().await.unwrap(), store.users(Scope::AllTenants).await.unwrap())];
    for tenant in store.tenants().await.unwrap() {
        parts.push(format!("{tenant:?} {:?}", store.sites(tenant.id).await.unwrap()));
        parts.push(format!("{:?} {:?}", store.codes(tenant.id).await.unwrap(), store.tenant_tokens(tenant.id).await.unwrap()));
        parts.push(format!("{:?}", store.ledger(tenant.id, None, None, 1000).await.unwrap()));
        for sender in store.senders(tenant.id, None, 100).await.unwrap() {
            parts.push(format!("{sender:?} {:?}", store.inbox(tenant.id, sender.id, 100).await.unwrap()));
            parts.push(format!("{:?}", store.commands(tenant.id, sender.id, 100).await.unwrap()));
            for entry in store.inbox(tenant.id, sender.id, 100).await.unwrap() {
                parts.push(format!("{:?}", store.payload(tenant.id, sender.id, entry.sequence).await.unwrap()));
            }
        }
        for device in store.devices(tenant.id, None, 100).await.unwrap().items {
            parts.push(format!("{device:?} {:?}", store.history(tenant.id, device.id, noon(), far, 1000).await.unwrap()));
        }
    }
    for secret in ["agent of Alder", "new Alder", "module of Alder"] {
        parts.push(format!("{:?}", store.sender_by_credential(hash(secret)).await.unwrap()));
    }
    parts.push(format!("{:?}", store.user_by_session(hash("w Alder"), noon()).await.unwrap()));
    parts.join("\n")
}

/// Moves on a thread of its own, as the command line does.
fn moved(from: &Place, to: &Place) -> Result<u64, StoreError> {
    let (from, to) = (from.clone(), to.clone());
    let moving = std::thread::spawn(move || move_all(&from, &to, |_| {}).map(|moved| moved.iter().map(|(_, rows)| rows).sum()));
    moving.join().unwrap()
}

#[tokio::test]
async fn everything_goes_over_and_comes_back() {
    let (cluster, folder) = (Cluster::start().await, Folder::new());
    let path = folder.path("store.sqlite");
    let store = open(&path);
    fill(&store).await;
    let before = everything(&store).await;
    let [file, database] = [Place::Sqlite(path.clone()), cluster.url(&cluster.database().await).parse().unwrap()];
    assert!(matches!(moved(&file, &database), Err(StoreError::InUse { .. })), "a server that runs keeps its store");
    drop(store);

    let rows = moved(&file, &database).unwrap();
    assert!(rows > 200, "{rows}");
    let there = database.open().unwrap();
    assert_eq!(everything(&there).await, before);
    assert_eq!(everything(&open(&path)).await, before, "the file is as it was");
    assert!(matches!(moved(&file, &database), Err(StoreError::NotEmpty { .. })));

    let back = Place::Sqlite(folder.path("back.sqlite"));
    assert_eq!(moved(&database, &back).unwrap(), rows);
    assert_eq!(everything(&open(&folder.path("back.sqlite"))).await, before);
    assert!(matches!(moved(&database, &back), Err(StoreError::FileExists { .. })));
    assert!(matches!(moved(&file, &back), Err(StoreError::SameKind)));

    // It goes on where it was.
    let tenant = there.tenant_by_name("Alder").await.unwrap().unwrap();
    let senders = there.senders(tenant.id, None, 10).await.unwrap();
    let agent = senders.into_iter().find(|sender| sender.kind == SenderKind::Agent).unwrap();
    let again = send(&there, &agent, report(&agent, 30, vec![]), noon()).await.unwrap();
    assert_eq!(again.taken, wire::talk::Taken::Duplicate);
    accept(&there, &agent, report(&agent, 31, vec![Reading::whole(1, noon(), &printer("S0001", 99))]), noon() + hours(24 * 41)).await;
}

#[tokio::test]
async fn a_move_that_breaks_off_leaves_the_target_empty() {
    let (cluster, folder) = (Cluster::start().await, Folder::new());
    let path = folder.path("store.sqlite");
    let store = open(&path);
    fill(&store).await;
    drop(store);
    let name = cluster.database().await;
    let database: Place = cluster.url(&name).parse().unwrap();
    drop(database.open().unwrap());
    // The database loses a row without a word, or fails in the middle.
    let lose = "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
                CREATE TRIGGER lose BEFORE INSERT ON commands FOR EACH ROW EXECUTE FUNCTION lose()";
    cluster.sql(&name, lose).await;
    let file = Place::Sqlite(path);
    assert!(matches!(moved(&file, &database), Err(StoreError::Differs { table: "commands", sent: 2, arrived: 0 })));
    for table in ["tenants", "senders", "inbox", "history", "views"] {
        assert_eq!(cluster.sql(&name, &format!("SELECT count(*) FROM {table}")).await, [[Some("0".to_owned())]], "{table}");
    }
    cluster.sql(&name, "DROP TRIGGER lose ON commands").await;
    moved(&file, &database).unwrap();
}
