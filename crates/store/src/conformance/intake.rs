use jiff::Timestamp;
use wire::envelope::{Host, Room, SenderKind, Site};
use wire::privacy::Group;
use wire::reading::{Change, Extent};
use wire::talk::{LastReport, Taken};
use wire::{Reading, Report};

use super::Subject;
use super::world::*;
use crate::intake::{Coding, Incoming, Refused};
use crate::registry::{Admission, Sender};

fn whole(total: i64, when: Timestamp) -> Reading {
    Reading::whole(1, when, &printer("A1234", total))
}

fn since(before: i64, total: i64, when: Timestamp) -> Reading {
    Reading::since(&printer("A1234", before), 1, when, &printer("A1234", total))
}

async fn total(store: &Subject, sender: &Sender) -> Option<wire::Value> {
    let devices = store.devices_of(sender.tenant, sender.id).await.unwrap();
    devices.first()?.views[0].view.facts.get("meters/total/value").cloned()
}

pub async fn a_report_sent_twice_changes_nothing(store: Subject) {
    let sender = one_agent(&store).await;
    accept(&store, &sender, report(&sender, 1, vec![whole(10, noon())]), noon()).await;
    let sent = changes(&sender, 2, vec![since(10, 15, noon() + hours(1))]);
    accept(&store, &sender, sent.clone(), noon() + hours(1)).await;
    let before = store.sender(sender.tenant, sender.id).await.unwrap();
    let again = send(&store, &sender, sent, noon() + hours(2)).await.unwrap();
    assert_eq!(again.taken, Taken::Duplicate);
    assert_eq!(total(&store, &sender).await, Some(15.into()), "the difference was added once");
    assert_eq!(store.sender(sender.tenant, sender.id).await.unwrap(), before);
    assert_eq!(store.inbox(sender.tenant, sender.id, 10).await.unwrap().len(), 2);
}

pub async fn an_older_report_sent_again_is_a_duplicate_while_the_inbox_has_it(store: Subject) {
    let sender = one_agent(&store).await;
    for sequence in 1..=3 {
        accept(&store, &sender, report(&sender, sequence, vec![whole(10, noon())]), noon()).await;
    }
    let again = send(&store, &sender, report(&sender, 1, vec![whole(10, noon())]), noon()).await.unwrap();
    assert_eq!(again.taken, Taken::Duplicate);
}

pub async fn a_report_whose_number_was_passed_is_stale(store: Subject) {
    let sender = one_agent(&store).await;
    accept(&store, &sender, report(&sender, 5, vec![whole(10, noon())]), noon()).await;
    for sequence in [5, 4] {
        let other = Report { id: "of a copy".into(), ..report(&sender, sequence, vec![whole(99, noon())]) };
        let answer = send(&store, &sender, other, noon()).await;
        let last = LastReport { id: id(&sender, 5), sequence: 5 };
        assert!(matches!(answer, Err(Refused::Stale { last_report: Some(at) }) if at == last));
    }
    assert_eq!(total(&store, &sender).await, Some(10.into()));
}

pub async fn changes_on_another_base_need_a_whole_report(store: Subject) {
    let sender = one_agent(&store).await;
    let first = send(&store, &sender, changes(&sender, 2, vec![since(10, 15, noon())]), noon()).await;
    assert!(matches!(first, Err(Refused::NeedsFull { last_report: None })));
    accept(&store, &sender, report(&sender, 3, vec![whole(10, noon())]), noon()).await;
    let gap = Report { base: Some(id(&sender, 2)), ..report(&sender, 4, vec![since(12, 15, noon())]) };
    let answer = send(&store, &sender, gap, noon()).await;
    assert!(matches!(answer, Err(Refused::NeedsFull { last_report: Some(last) }) if last.sequence == 3));
    // The right base does; and changes of a device that was never told of do not.
    accept(&store, &sender, changes(&sender, 4, vec![since(10, 15, noon())]), noon()).await;
    let unknown = Reading { device: 2, ..since(10, 15, noon()) };
    let answer = send(&store, &sender, changes(&sender, 5, vec![unknown]), noon()).await;
    assert!(matches!(answer, Err(Refused::NeedsFull { .. })));
}

pub async fn changes_that_do_not_fit_leave_no_trace(store: Subject) {
    let sender = one_agent(&store).await;
    accept(&store, &sender, report(&sender, 1, vec![whole(10, noon())]), noon()).await;
    let before = store.sender(sender.tenant, sender.id).await.unwrap();
    let misfit =
        Reading { device: 1, observed_at: noon() + hours(1), extent: Extent::Changes, changes: vec![("presence".into(), Change::Add(1))] };
    let new_device = Reading { device: 2, ..whole(1, noon()) };
    let answer = send(&store, &sender, changes(&sender, 2, vec![new_device, misfit]), noon() + hours(1)).await;
    assert!(matches!(answer, Err(Refused::NeedsFull { .. })));
    assert_eq!(store.sender(sender.tenant, sender.id).await.unwrap(), before);
    assert_eq!(store.inbox(sender.tenant, sender.id, 10).await.unwrap().len(), 1);
    assert_eq!(store.devices(sender.tenant, None, 10).await.unwrap().items.len(), 1);
}

pub async fn reports_that_come_together_are_taken_in_order(store: Subject) {
    let sender = one_agent(&store).await;
    let mut reports = vec![incoming(&sender, report(&sender, 1, vec![whole(0, noon())]), noon())];
    for sequence in 2..=20 {
        let reading = since(sequence as i64 - 2, sequence as i64 - 1, noon());
        reports.push(incoming(&sender, changes(&sender, sequence, vec![reading]), noon()));
    }
    let answers = store.take(reports).await;
    assert_eq!(answers.len(), 20);
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|receipt| receipt.taken == Taken::Accepted)));
    assert_eq!(total(&store, &sender).await, Some(19.into()));
    let sequences: Vec<u64> = store.inbox(sender.tenant, sender.id, 3).await.unwrap().into_iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, [20, 19, 18]);
}

pub async fn a_refused_report_leaves_the_others_as_they_are(store: Subject) {
    let one = one_agent(&store).await;
    let other = sender(&store, one.tenant, "agent two", SenderKind::Agent).await;
    let answers = store
        .take(vec![
            incoming(&one, report(&one, 1, vec![whole(10, noon())]), noon()),
            incoming(&one, changes(&one, 9, vec![since(1, 2, noon())]), noon()),
            incoming(&other, report(&other, 1, vec![Reading::whole(1, noon(), &printer("B1234", 7))]), noon()),
            incoming(&one, changes(&one, 2, vec![since(10, 11, noon())]), noon()),
        ])
        .await;
    let taken: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(taken, [true, false, true, true]);
    assert_eq!((total(&store, &one).await, total(&store, &other).await), (Some(11.into()), Some(7.into())));
}

pub async fn payloads_are_kept_as_they_came(store: Subject) {
    let sender = one_agent(&store).await;
    let plain = incoming(&sender, report(&sender, 1, vec![whole(10, noon())]), noon());
    let payload = plain.payload.clone();
    let packed = zstd::bulk::compress(&payload, 1).unwrap();
    let frame = Incoming { payload: packed.clone(), coding: Coding::Zstd, ..incoming(&sender, report(&sender, 2, vec![]), noon()) };
    let answers = store.take(vec![plain, frame]).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(store.payload(sender.tenant, sender.id, 1).await.unwrap(), Some((payload, Coding::Plain)));
    assert_eq!(store.payload(sender.tenant, sender.id, 2).await.unwrap(), Some((packed, Coding::Zstd)));
    assert_eq!(store.payload(sender.tenant, sender.id, 3).await.unwrap(), None);
}

pub async fn only_admitted_senders_are_heard(store: Subject) {
    let sender = one_agent(&store).await;
    let disabled = Admission::Disabled { reason: "too loud".into(), at: noon() };
    store.set_admission(sender.tenant, sender.id, disabled).await.unwrap();
    let sent = report(&sender, 1, vec![whole(10, noon())]);
    assert!(matches!(send(&store, &sender, sent.clone(), noon()).await, Err(Refused::NotAdmitted)));
    store.set_admission(sender.tenant, sender.id, Admission::Admitted).await.unwrap();
    accept(&store, &sender, sent, noon()).await;
}

pub async fn the_largest_sequence_number_is_the_last(store: Subject) {
    let sender = one_agent(&store).await;
    for sequence in [0, 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        accept(&store, &sender, report(&sender, sequence, vec![whole(10, noon())]), noon()).await;
    }
    let entries = store.inbox(sender.tenant, sender.id, 10).await.unwrap();
    let sequences: Vec<u64> = entries.into_iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, [u64::MAX, i64::MAX as u64 + 1, i64::MAX as u64, 1, 0]);
    let caller = store.sender_by_credential(hash("agent one")).await.unwrap().expect("the sender");
    assert_eq!(caller.last_report, Some(LastReport { id: id(&sender, u64::MAX), sequence: u64::MAX }));
}

pub async fn what_a_sender_tells_of_itself_is_remembered(store: Subject) {
    let sender = one_agent(&store).await;
    let site = Site { site_name: Some("Head office".into()), disk: Some(Room { size: 9, free: 5 }), ..Site::default() };
    let full = Report {
        schedule: Some(daily()),
        next_at: Some(noon() + hours(14)),
        host: Some(Host { proxy_id: Some("proxy:3128".into()), host_id: "h-1".into() }),
        site: Some(site.clone()),
        withheld: vec![Group::ALL[0]],
        ..report(&sender, 1, vec![])
    };
    accept(&store, &sender, full, noon()).await;
    let software = wire::envelope::Software { version: "0.2.0".into(), ..sender.software.clone() };
    let short = Report { software: software.clone(), stopping: true, ..report(&sender, 2, vec![]) };
    accept(&store, &sender, short, noon() + hours(1)).await;
    let now = store.sender(sender.tenant, sender.id).await.unwrap().expect("the sender");
    assert_eq!(now.software, software);
    assert_eq!((now.told.schedule, now.told.site_information), (Some(daily()), Some(site)), "what is not told again stays");
    assert_eq!(now.told.host.map(|host| host.host_id).as_deref(), Some("h-1"));
    assert_eq!((now.told.stopped_at, now.told.next_at), (Some(noon() + hours(1)), None));
    assert!(now.told.withheld.is_empty(), "what is withheld is told whole each time");
}

pub async fn reports_that_come_at_once_are_all_answered(store: Subject) {
    let tenant = tenant(&store, "Alder").await;
    let mut senders = Vec::new();
    for number in 0..16 {
        senders.push(sender(&store, tenant, &format!("agent {number}"), SenderKind::Agent).await);
    }
    let mut tasks = Vec::new();
    for sender in senders.clone() {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            for sequence in 1..=10 {
                let serial = format!("{}", sender.id);
                let reading = Reading::whole(1, noon(), &printer(&serial, sequence as i64));
                accept(&store, &sender, report(&sender, sequence, vec![reading]), noon()).await;
            }
        }));
    }
    for task in tasks {
        task.await.expect("no task panics");
    }
    for sender in &senders {
        assert_eq!(total(&store, sender).await, Some(10.into()));
    }
    assert_eq!(store.counts().await.unwrap().devices, 16);
}
