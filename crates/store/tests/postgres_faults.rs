//! Two servers on one database, and a database that breaks off, goes and comes back: nothing is lost, nothing is doubled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::conformance::cluster::Cluster;
use store::conformance::world::*;
use store::postgres::{Options, PostgresStore};
use store::{Refused, Sender, Store, StoreError, TenantId};
use wire::envelope::SenderKind;
use wire::talk::Taken;
use wire::{Reading, Report, Value};

fn open(cluster: &Cluster, database: &str) -> Arc<dyn Store> {
    Arc::new(PostgresStore::open(&cluster.address(database), &Options::default()).unwrap())
}

async fn senders(store: &Arc<dyn Store>, tenant: TenantId, count: usize) -> Vec<Sender> {
    let mut all = Vec::new();
    for number in 0..count {
        all.push(sender(store, tenant, &format!("agent {number}"), SenderKind::Agent).await);
    }
    all
}

/// Makes the sender's report of this number: the printer has then counted as many impressions.
fn counted(sender: &Sender, sequence: u64) -> Report {
    let total = sequence as i64;
    let facts = |total| printer(&format!("S{}", sender.id), total);
    match sequence {
        1 => report(sender, 1, vec![Reading::whole(1, noon(), &facts(1))]),
        _ => changes(sender, sequence, vec![Reading::since(&facts(total - 1), 1, noon() + hours(total), &facts(total))]),
    }
}

/// Sends reports in order until each has been acknowledged, by one server or the other; tells how many were refused.
async fn insist(stores: [Arc<dyn Store>; 2], sender: Sender, reports: u64, taken: Arc<AtomicU64>) -> u64 {
    let mut refused = 0;
    for sequence in 1..=reports {
        for attempt in 0.. {
            assert!(attempt < 3000, "{sequence} is never taken");
            let store = &stores[(sequence as usize + attempt) % 2];
            let sent = incoming(&sender, counted(&sender, sequence), noon() + hours(sequence as i64));
            match store.take(vec![sent]).await.remove(0) {
                Ok(_) => {
                    taken.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Err(Refused::Store(StoreError::Unreachable { .. } | StoreError::Busy | StoreError::Conflict { .. })) => {
                    refused += 1;
                    // As long as a sender waits at the very least.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(other) => panic!("{sequence}: {other:?}"),
            }
        }
    }
    refused
}

/// Checks that each report is there once, and that the latest state is what they left.
async fn nothing_lost_nothing_doubled(store: &Arc<dyn Store>, senders: &[Sender], reports: u64) {
    for sender in senders {
        let inbox = store.inbox(sender.tenant, sender.id, 10_000).await.unwrap();
        let sequences: Vec<u64> = inbox.iter().rev().map(|entry| entry.sequence).collect();
        assert_eq!(sequences, (1..=reports).collect::<Vec<_>>());
        let devices = store.devices_of(sender.tenant, sender.id).await.unwrap();
        assert_eq!(devices.len(), 1);
        assert_eq!(devices[0].views[0].view.facts.get("meters/total/value"), Some(&Value::from(reports as i64)));
        let days = store.history(sender.tenant, devices[0].id, noon(), noon() + hours(reports as i64), 10_000).await.unwrap();
        assert_eq!(days.iter().map(|day| day.samples.len() as u64).sum::<u64>(), reports);
    }
}

/// Waits until so many reports have been taken.
async fn at_least(taken: &AtomicU64, count: u64) {
    let waiting = async {
        while taken.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("reports get through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_take_reports_of_the_same_senders() {
    const REPORTS: u64 = 40;
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let stores = [open(&cluster, &name), open(&cluster, &name)];
    let tenant = tenant(&stores[0], "Alder").await;
    let senders = senders(&stores[0], tenant, 6).await;
    let accepted = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for sender in senders.clone() {
        let (stores, accepted) = (stores.clone(), Arc::clone(&accepted));
        tasks.push(tokio::spawn(async move {
            for sequence in 1..=REPORTS {
                // The same report at both at once, as after a reply that was lost.
                let sent = incoming(&sender, counted(&sender, sequence), noon());
                let (one, other) = tokio::join!(stores[0].take(vec![sent.clone()]), stores[1].take(vec![sent]));
                let taken = [one, other].map(|mut answers| answers.remove(0).unwrap().taken);
                accepted.fetch_add(taken.iter().filter(|taken| **taken == Taken::Accepted).count() as u64, Ordering::Relaxed);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(accepted.load(Ordering::Relaxed), REPORTS * senders.len() as u64, "each was accepted by one of the two");
    nothing_lost_nothing_doubled(&stores[1], &senders, REPORTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_printer_that_two_servers_meet_at_once_is_one_device() {
    const PRINTERS: usize = 25;
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let stores = [open(&cluster, &name), open(&cluster, &name)];
    let tenant = tenant(&stores[0], "Alder").await;
    let mut pairs = Vec::new();
    for number in 0..PRINTERS {
        let agent = sender(&stores[0], tenant, &format!("agent {number}"), SenderKind::Agent).await;
        pairs.push((agent, sender(&stores[0], tenant, &format!("module {number}"), SenderKind::DeviceDirect).await));
    }
    let mut tasks = Vec::new();
    for (number, (agent, module)) in pairs.into_iter().enumerate() {
        let stores = stores.clone();
        tasks.push(tokio::spawn(async move {
            let facts = printer(&format!("S{number:05}"), 1);
            let sent = [&agent, &module].map(|sender| incoming(sender, report(sender, 1, vec![Reading::whole(1, noon(), &facts)]), noon()));
            let [one, other] = sent;
            let (one, other) = tokio::join!(stores[0].take(vec![one]), stores[1].take(vec![other]));
            assert!(one[0].is_ok() && other[0].is_ok(), "{one:?} {other:?}");
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let devices = stores[0].devices(tenant, None, 1000).await.unwrap().items;
    assert_eq!(devices.len(), PRINTERS);
    assert!(devices.iter().all(|device| device.views.len() == 2), "both tell of each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_and_comes_back_has_every_report_once() {
    const REPORTS: u64 = 60;
    let mut cluster = Cluster::start().await;
    let name = cluster.database().await;
    let stores = [open(&cluster, &name), open(&cluster, &name)];
    let tenant = tenant(&stores[0], "Alder").await;
    let senders = senders(&stores[0], tenant, 4).await;
    let taken = Arc::new(AtomicU64::new(0));
    let insist = |sender: &Sender| tokio::spawn(insist(stores.clone(), sender.clone(), REPORTS, Arc::clone(&taken)));
    let tasks: Vec<_> = senders.iter().map(insist).collect();
    at_least(&taken, 20).await;
    cluster.stop();
    // While it is away everything is refused, soon, and nothing hangs.
    let refused = tokio::time::timeout(Duration::from_secs(20), stores[0].healthy()).await.expect("an answer");
    assert!(matches!(refused, Err(StoreError::Unreachable { .. })), "{refused:?}");
    cluster.start_again().await;
    at_least(&taken, 80).await;
    cluster.stop();
    cluster.start_again().await;
    let mut refusals = 0;
    for task in tasks {
        refusals += task.await.unwrap();
    }
    assert!(refusals > 0, "somebody was refused while it was away");
    nothing_lost_nothing_doubled(&stores[0], &senders, REPORTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_at_random_lose_and_double_nothing() {
    const REPORTS: u64 = 160;
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let stores = [open(&cluster, &name), open(&cluster, &name)];
    let tenant = tenant(&stores[0], "Alder").await;
    let senders = senders(&stores[0], tenant, 4).await;
    let taken = Arc::new(AtomicU64::new(0));
    let insist = |sender: &Sender| tokio::spawn(insist(stores.clone(), sender.clone(), REPORTS, Arc::clone(&taken)));
    let tasks: Vec<_> = senders.iter().map(insist).collect();
    let mut cuts = 0;
    // All connections at once, whatever they are doing, and again when a few reports have got through.
    for round in 1..=40 {
        at_least(&taken, round * 6).await;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'roundsman-server'";
        // Right after a cut there may be nothing to cut yet; a round is over when it has cut something.
        loop {
            let cut = cluster.sql("postgres", sql).await.len();
            cuts += cut;
            if cut > 0 || tasks.iter().all(|task| task.is_finished()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert!(cuts >= 40, "{cuts} connections were cut");
    // The last ones to be cut may still be on their way back into the pool.
    let fresh = open(&cluster, &name);
    nothing_lost_nothing_doubled(&fresh, &senders, REPORTS).await;
}

#[tokio::test]
async fn a_transaction_that_others_got_in_the_way_of_is_tried_again() {
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let store = open(&cluster, &name);
    let sender = one_agent(&store).await;
    // The database itself says 40001, three times, wherever something is put into these tables.
    let hiccups = "CREATE SEQUENCE hiccups; CREATE FUNCTION hiccup() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                   IF nextval('hiccups') <= 3 THEN RAISE EXCEPTION 'not now' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$; \
                   CREATE TRIGGER hiccup BEFORE INSERT ON inbox FOR EACH STATEMENT EXECUTE FUNCTION hiccup(); \
                   CREATE TRIGGER hiccup BEFORE INSERT ON tenants FOR EACH STATEMENT EXECUTE FUNCTION hiccup()";
    cluster.sql(&name, hiccups).await;
    let receipt = send(&store, &sender, counted(&sender, 1), noon()).await.unwrap();
    assert_eq!(receipt.taken, Taken::Accepted);
    assert_eq!(cluster.sql(&name, "SELECT last_value FROM hiccups").await, [[Some("4".to_owned())]], "it was the fourth attempt");
    nothing_lost_nothing_doubled(&store, std::slice::from_ref(&sender), 1).await;
    cluster.sql(&name, "ALTER SEQUENCE hiccups RESTART").await;
    store.create_tenant("Aspen", noon()).await.unwrap();
    assert_eq!(store.tenants().await.unwrap().len(), 2);
    // One that never ends is told, and nothing of it is kept.
    cluster.sql(&name, "ALTER SEQUENCE hiccups INCREMENT BY -1 MINVALUE -10000 RESTART 0").await;
    let refused = send(&store, &sender, counted(&sender, 2), noon()).await;
    assert!(matches!(refused, Err(Refused::Store(StoreError::Conflict { .. }))), "{refused:?}");
    assert_eq!(store.inbox(sender.tenant, sender.id, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_lock_each_other_out_both_go_on() {
    let cluster = Cluster::start().await;
    let name = cluster.database().await;
    let stores = [open(&cluster, &name), open(&cluster, &name)];
    let tenant = tenant(&stores[0], "Alder").await;
    let senders = senders(&stores[0], tenant, 12).await;
    // Batches of all senders in opposite orders, with new devices in all of them.
    for round in 1..=5 {
        let batch = |order: Vec<&Sender>, at: u64| {
            order.into_iter().map(|sender| incoming(sender, counted(sender, at), noon() + hours(at as i64))).collect::<Vec<_>>()
        };
        let (forth, back) = (batch(senders.iter().collect(), round), batch(senders.iter().rev().collect(), round));
        let (one, other) = tokio::join!(stores[0].take(forth), stores[1].take(back));
        assert!(one.iter().chain(&other).all(Result::is_ok), "{one:?} {other:?}");
    }
    nothing_lost_nothing_doubled(&stores[0], &senders, 5).await;
}
