//! PostgreSQL keeps every rule, and what only a database that is shared and far away can get wrong.

use std::sync::Arc;

use store::conformance::cluster::Cluster;
use store::conformance::run_all_slowly;
use store::conformance::world::*;
use store::postgres::{Options, PostgresStore};
use store::{Retention, StoreError};
use wire::Reading;
use wire::envelope::SenderKind;

fn open(cluster: &Cluster, database: &str) -> Arc<dyn store::Store> {
    Arc::new(PostgresStore::open(&cluster.address(database), &Options::default()).unwrap())
}

fn refusal(url: &str) -> StoreError {
    PostgresStore::open(&url.parse().unwrap(), &Options::default()).map(drop).unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_every_rule() {
    let cluster = Cluster::start().await;
    run_all_slowly(|| async { open(&cluster, &cluster.database().await) }).await;
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_told_with_what_to_do() {
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let says = |fault: StoreError, words: &str| assert!(fault.to_string().contains(words), "{fault}");

    says(refusal("postgres://postgres@/fleet?host=/nowhere"), "cannot be reached");
    says(refusal(&cluster.url("absent")), "createdb");
    says(refusal(&cluster.url_as("nobody_known", &name)), "role or password");

    cluster.sql(&name, "CREATE ROLE guest LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    says(refusal(&cluster.url_as("guest", &name)), "CREATE on its schema");
    drop(open(&cluster, &name));
    says(refusal(&cluster.url_as("guest", &name)), "SELECT on table schema_steps");
    cluster
        .sql(&name, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest; REVOKE DELETE ON views FROM guest")
        .await;
    says(refusal(&cluster.url_as("guest", &name)), "DELETE on table views");

    cluster.sql(&name, "INSERT INTO schema_steps VALUES (99)").await;
    assert!(matches!(refusal(&cluster.url(&name)), StoreError::Newer { found: 99, .. }));
    cluster.sql(&name, "DELETE FROM schema_steps WHERE step = 99; DROP TABLE ledger").await;
    says(refusal(&cluster.url(&name)), "half a store: table ledger is missing");

    let other = cluster.database().await;
    cluster.sql(&other, "CREATE TABLE songs (name text)").await;
    assert!(matches!(refusal(&cluster.url(&other)), StoreError::NotAStore { .. }));
    cluster.sql("postgres", "CREATE DATABASE octets ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0").await;
    says(refusal(&cluster.url("octets")), "expected UTF8");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_programs_may_make_the_tables_at_once() {
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let begin = || {
        let address = cluster.address(&name);
        std::thread::spawn(move || PostgresStore::open(&address, &Options::default()).map(drop))
    };
    let both: Vec<_> = (0..4).map(|_| begin()).collect();
    both.into_iter().for_each(|one| one.join().unwrap().unwrap());
    assert_eq!(cluster.sql(&name, "SELECT count(*) FROM schema_steps").await, [[Some(store::postgres::SCHEMA.to_string())]]);
}

#[tokio::test]
async fn history_lies_in_months_and_old_months_go_as_a_whole() {
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let store = open(&cluster, &name);
    let sender = one_agent(&store).await;
    // A year old, of last month, of today; from an empty battery and from the future.
    let days = ["2025-11-25T12:00:00Z", "2026-10-25T12:00:00Z", "2026-11-25T11:00:00Z", "1999-01-01T12:00:00Z", "2027-03-01T12:00:00Z"];
    let readings = days.iter().enumerate().map(|(total, day)| Reading::whole(1, at(day), &printer("A1234", total as i64)));
    accept(&store, &sender, report(&sender, 1, readings.collect()), noon()).await;
    let tables = || async {
        let sql = "SELECT c.relname, (SELECT count(*) FROM history h WHERE h.tableoid = c.oid) FROM pg_inherits i \
                   JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'history'::regclass ORDER BY 1";
        let rows = cluster.sql(&name, sql).await;
        rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    // The coming month has its table ten days ahead.
    assert_eq!(tables().await, ["history_2025_11 1", "history_2026_10 1", "history_2026_11 1", "history_2026_12 0", "history_other 2"]);
    let device = store.devices(sender.tenant, None, 1).await.unwrap().items[0].id;
    let all = || store.history(sender.tenant, device, at("1990-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"), 100);
    assert_eq!(all().await.unwrap().len(), 5);
    // What waited for its month moves into it.
    let reading = Reading::whole(1, at("2027-03-02T12:00:00Z"), &printer("A1234", 9));
    accept(&store, &sender, report(&sender, 2, vec![reading]), at("2027-03-02T12:30:00Z")).await;
    assert!(tables().await.contains(&"history_2027_03 2".to_owned()), "{:?}", tables().await);
    assert_eq!(all().await.unwrap().len(), 6);
    let retention = Retention { history_before: Some(at("2026-11-10T00:00:00Z")), ..Retention::default() };
    assert_eq!(store.prune(retention).await.unwrap().history, 3, "two months and the day from 1999");
    assert_eq!(tables().await, ["history_2026_11 1", "history_2026_12 0", "history_2027_03 2", "history_other 0"]);
}

#[tokio::test]
async fn a_sign_that_no_text_can_hold_costs_nobody_a_report() {
    let cluster = Cluster::start().await;
    let store = open(&cluster, &cluster.database().await);
    let tenant = tenant(&store, "Alder").await;
    let agent = sender(&store, tenant, "agent", SenderKind::Agent).await;
    let module = sender(&store, tenant, "module", SenderKind::DeviceDirect).await;
    let one = report_printer(&store, &agent, 1, "A\u{0}1234", 1, noon()).await;
    let other = report_printer(&store, &module, 1, "A\u{0}1234", 1, noon()).await;
    assert_eq!(one, other);
    store.note_contact(tenant, agent.id, noon(), Some("no\u{0}thing")).await.unwrap();
    // An id with it is refused for itself alone.
    let bad = wire::Report { id: "r\u{0}".into(), ..report(&agent, 2, vec![]) };
    let good = report(&module, 2, vec![]);
    let answers = store.take(vec![incoming(&agent, bad, noon()), incoming(&module, good, noon())]).await;
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true]);
}
