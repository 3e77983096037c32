//! What must be so when everything has settled: the files of both sides, read without their programs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use agent::ledger::{Ledger, Options as LedgerOptions, What};
use jiff::Timestamp;
use store::sqlite::{Options, SqliteStore, check};
use store::{Coding, SenderId, Store, TenantId};

use crate::model::{Hour, Model, Taken, total};
use crate::site::Site;

/// Is a reading that was on the agent's disk.
#[derive(Clone, Debug)]
pub struct Promise {
    pub device: u32,
    pub observed_at: Timestamp,
}

/// Looks whether the server has every report that was acknowledged, once, and whether what it shows
/// follows from them; returns what there was.
pub fn verdict(site: &Site, promises: &[Promise]) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(judge(site, promises))
}

async fn judge(site: &Site, promises: &[Promise]) -> String {
    let path = site.server().join("roundsman.db");
    check(&path).unwrap();
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let tenant = store_of(&store).tenant_by_name("main").await.unwrap().expect("it was made").id;
    let senders = store_of(&store).senders(tenant, None, 10).await.unwrap();
    assert_eq!(senders.len(), 1, "one agent was let in");
    let sender = senders[0].id;
    let model = taken(&store, tenant, sender).await;
    let agent = judge_agent(&site.agent(), &model);
    shows_what_was_taken(&store, tenant, sender, &model).await;
    let history = model.history();
    for promise in promises {
        let place = ((0, promise.device), promise.observed_at.as_second().div_euclid(3600));
        let hour = history.get(&place).unwrap_or_else(|| panic!("lost: {promise:?}"));
        assert!(hour.observed_at >= promise.observed_at && total(&hour.facts).is_some(), "lost: {promise:?}");
    }
    format!("{} reports taken, {agent}, {} readings were on the agent's disk at a kill", model.taken.len(), promises.len())
}

fn store_of(store: &SqliteStore) -> &dyn Store {
    store
}

/// Reads every report as it arrived.
async fn taken(store: &SqliteStore, tenant: TenantId, sender: SenderId) -> Model {
    let mut model = Model::default();
    let store = store_of(store);
    let mut inbox = store.inbox(tenant, sender, 1_000_000).await.unwrap();
    inbox.reverse();
    for entry in inbox {
        let (payload, coding) = store.payload(tenant, sender, entry.sequence).await.unwrap().expect("it is in the inbox");
        let text = match coding {
            Coding::Plain => payload,
            Coding::Zstd => uplink::compress::decompress(&payload, 64 << 20).unwrap(),
        };
        let report = wire::json::decode(&text).unwrap();
        assert_eq!((&report.id, report.sequence), (&entry.id, entry.sequence));
        assert!(model.taken.iter().all(|taken| taken.report.id != report.id), "report {} is there twice", report.id);
        model.taken.push(Taken { who: 0, report, received_at: entry.received_at });
    }
    model
}

/// Looks whether the agent has nothing left, and whether all that it says is acknowledged has arrived.
fn judge_agent(folder: &Path, model: &Model) -> String {
    let store = agent::store::Store::open(folder).unwrap();
    assert_eq!(store.unsent_count().unwrap(), 0, "nothing waits any more");
    let opened = Ledger::open(folder.join("ledger"), LedgerOptions::default()).unwrap();
    assert_eq!(opened.broken, None);
    let reader = opened.ledger.reader();
    let verdict = reader.verify().unwrap();
    assert!(verdict.is_sound(), "{verdict:?}");
    let entries = reader.entries(None, 1_000_000).unwrap().entries;
    let arrived: BTreeSet<&str> = model.taken.iter().map(|taken| taken.report.id.as_str()).collect();
    let of = |what: What| entries.iter().filter(move |entry| entry.what == what).filter_map(|entry| entry.report.as_deref());
    for id in of(What::Acknowledged) {
        assert!(arrived.contains(id), "report {id} was acknowledged, and the server does not have it");
    }
    let sent: BTreeSet<&str> = of(What::Sent).collect();
    for id in &arrived {
        assert!(sent.contains(id), "report {id} has left and is not in the ledger");
    }
    format!("{} acknowledged in the ledger, {} sent", of(What::Acknowledged).count(), sent.len())
}

/// Looks whether the server shows what follows from the reports, no more and no less.
async fn shows_what_was_taken(store: &SqliteStore, tenant: TenantId, sender: SenderId, model: &Model) {
    let store = store_of(store);
    let (words, mut history) = (model.words(), model.history());
    let devices = store.devices_of(tenant, sender).await.unwrap();
    assert_eq!(devices.len(), words.len());
    let mut seen = BTreeMap::new();
    for device in devices {
        let view = device.views.iter().find(|view| view.sender == sender).expect("the sender tells of it");
        let told = (0, view.number);
        assert!(seen.insert(told, device.id).is_none(), "{told:?} is two devices");
        let word = &words[&told];
        assert_eq!((&view.view.facts, view.view.seen_at), (&word.facts, word.seen_at), "the newest word of {told:?}");
        let (from, to) = (Timestamp::UNIX_EPOCH, Timestamp::now());
        for day in store.history(tenant, device.id, from, to, 100_000).await.unwrap() {
            for sample in day.samples {
                let place = (told, sample.observed_at.as_second().div_euclid(3600));
                let expected = history.remove(&place).unwrap_or_else(|| panic!("{told:?}: nobody said this, or it is there twice"));
                assert_eq!(Hour { observed_at: sample.observed_at, facts: sample.facts }, expected);
            }
        }
    }
    assert!(history.is_empty(), "acknowledged and not in history: {:?}", history.first_key_value());
}
