//! The server's store: every report that it has acknowledged is there.

use jiff::{SignedDuration, Timestamp};
use store::sqlite::{Options, SqliteStore, check};
use store::{Applicant, Code, Coding, Enrolment, Fleet, Incoming, Intake, Registry, SecretHash, Sender, Store};
use wire::envelope::{SenderKind, Software};
use wire::talk::Taken;
use wire::{Facts, Key, Reading, Report, Value};

use crate::{cut_everywhere, folder, recorder, runs};

const REPORTS: u64 = 60;
const PRINTERS: u32 = 12;

fn began() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

#[test]
fn a_power_cut_costs_the_server_nothing_that_it_has_acknowledged() {
    recorder::install();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let work = folder();
    let path = work.path().join("server.sqlite");
    let open = |path: &std::path::Path| SqliteStore::open(path, &Options { readers: 1, ..Options::default() }).unwrap();
    let store = open(&path);
    let sender = runtime.block_on(enrolled(&store));
    let enrolled_at = recorder::moment();
    let mut acknowledged = Vec::new();
    for sequence in 1..=REPORTS {
        let report = incoming(&sender, sequence);
        let receipt = runtime.block_on(store.take(vec![report])).remove(0).unwrap();
        assert_eq!(receipt.taken, Taken::Accepted);
        acknowledged.push((recorder::moment(), sequence));
    }
    drop(store);
    cut_everywhere("power.server", work.path(), enrolled_at, runs(120), |place, moment| {
        let path = place.join("server.sqlite");
        let store = open(&path);
        let promised = acknowledged.iter().filter(|(at, _)| *at <= moment).map(|(_, sequence)| *sequence).max().unwrap_or(0);
        let there = runtime.block_on(async {
            let known = store.sender(sender.tenant, sender.id).await.unwrap().expect("its enrolment was acknowledged");
            let there = known.told.last_report.map_or(0, |last| last.sequence);
            let inbox: Vec<u64> = store.inbox(sender.tenant, sender.id, 1000).await.unwrap().iter().map(|entry| entry.sequence).collect();
            assert_eq!(inbox, (1..=there).rev().collect::<Vec<_>>(), "no report in between is missing");
            let devices = store.devices_of(sender.tenant, sender.id).await.unwrap();
            for device in &devices {
                let view = &device.views[0];
                assert_eq!(view.view.facts, facts(view.number, there), "the newest word is that of the last report");
                let days = store
                    .history(sender.tenant, device.id, Timestamp::UNIX_EPOCH, began() + SignedDuration::from_hours(9000), 9000)
                    .await
                    .unwrap();
                let samples: usize = days.iter().map(|day| day.samples.len()).sum();
                assert_eq!(samples as u64, there, "each report has its sample in history, once");
            }
            assert!(there == 0 || devices.len() == PRINTERS as usize);
            there
        });
        assert!(there >= promised, "report {promised} was acknowledged before the power went, and only {there} are there");
        drop(store);
        check(&path).unwrap();
        let store = open(&path);
        let next = runtime.block_on(store.take(vec![incoming(&sender, there + 1)])).remove(0).unwrap();
        assert_eq!(next.taken, Taken::Accepted, "and it goes on");
    });
}

async fn enrolled(store: &dyn Store) -> Sender {
    let tenant = store.create_tenant("Alder", began()).await.unwrap().id;
    let secret = SecretHash([1; 32]);
    let expires_at = began() + SignedDuration::from_hours(1);
    let code = Code { hash: secret, site: "Head office".into(), kind: SenderKind::Agent, created_at: began(), expires_at, spent_at: None };
    store.put_code(tenant, code).await.unwrap();
    let applicant =
        Applicant { secret, kind: SenderKind::Agent, name: None, software: Software::default(), credential: SecretHash([2; 32]) };
    match store.enrol(applicant, began()).await.unwrap() {
        Enrolment::Enrolled(sender) => *sender,
        other => panic!("{other:?}"),
    }
}

fn facts(printer: u32, sequence: u64) -> Facts {
    let mut facts: Facts =
        (0..40).map(|number| (Key::from(format!("configuration/{number}")), Value::from(number * i64::from(printer)))).collect();
    facts.insert("identity/manufacturer".into(), "Acme".into());
    facts.insert("identity/serial_number".into(), format!("SN-{printer:06}").as_str().into());
    facts.insert("meters/total/value".into(), (i64::from(printer) * 100_000 + sequence as i64).into());
    facts
}

fn incoming(sender: &Sender, sequence: u64) -> Incoming {
    let at = began() + SignedDuration::from_hours(sequence as i64);
    let report = Report {
        sender: wire::envelope::Sender { kind: sender.kind, id: sender.id.to_string() },
        id: format!("report-{sequence}"),
        sequence,
        created_at: at,
        base: None,
        software: Software::default(),
        schedule: None,
        next_at: None,
        stopping: false,
        host: None,
        site: None,
        withheld: Vec::new(),
        outcomes: Vec::new(),
        readings: (1..=PRINTERS).map(|printer| Reading::whole(printer, at, &facts(printer, sequence))).collect(),
    };
    let payload = wire::json::encode(&report);
    Incoming { tenant: sender.tenant, sender: sender.id, report, payload, coding: Coding::Plain, received_at: at }
}
