use std::collections::BTreeSet;

use policy::history::day_of;
use policy::overdue::{Overdue, Why};
use wire::envelope::SenderKind::{Agent, DeviceDirect};
use wire::{Reading, Value};

use super::Subject;
use super::world::*;
use crate::fleet::HistoryDay;
use crate::{DeviceId, Sender, TenantId};

async fn days(store: &Subject, tenant: TenantId, device: DeviceId) -> Vec<HistoryDay> {
    store.history(tenant, device, at("2025-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"), 1000).await.unwrap()
}

fn totals(days: &[HistoryDay]) -> Vec<Option<i64>> {
    days.iter().flat_map(|day| &day.samples).map(|sample| sample.meter("total")).collect()
}

pub async fn a_view_is_what_the_reports_left(store: Subject) {
    let sender = one_agent(&store).await;
    let id = report_printer(&store, &sender, 1, "A1234", 10, noon()).await;
    let mut expected = printer("A1234", 10);
    expected.insert("meters/total/value".into(), 12.into());
    let reading = Reading::since(&printer("A1234", 10), 1, noon() + hours(1), &expected);
    accept(&store, &sender, changes(&sender, 2, vec![reading]), noon() + hours(2)).await;
    let device = store.device(sender.tenant, id).await.unwrap().expect("the device");
    assert_eq!((device.site, device.created_at, device.overdue), (sender.site, noon(), None));
    let view = &device.views[0];
    assert_eq!((view.sender, view.kind, view.number), (sender.id, Agent, 1));
    assert_eq!(view.view.facts, expected);
    assert_eq!((view.view.seen_at, view.view.received_at), (noon() + hours(1), noon() + hours(2)));
    assert_eq!(store.device(sender.tenant, DeviceId::from_octets([9; 16])).await.unwrap(), None);
}

pub async fn old_readings_go_into_their_own_day(store: Subject) {
    let sender = one_agent(&store).await;
    // A link was cut for three days; what was read meanwhile comes with its true times.
    let read = |when: &str, total| Reading::whole(1, at(when), &printer("A1234", total));
    let readings = vec![
        read("2026-11-22T02:00:00Z", 10),
        read("2026-11-23T02:00:00Z", 20),
        read("2026-11-23T23:59:59Z", 25),
        read("2026-11-25T02:00:00Z", 40),
    ];
    accept(&store, &sender, report(&sender, 1, readings), noon()).await;
    let id = store.devices_of(sender.tenant, sender.id).await.unwrap()[0].id;
    let days = days(&store, sender.tenant, id).await;
    let expected = ["2026-11-22", "2026-11-23", "2026-11-25"].map(|day| day_of(at(&format!("{day}T12:00:00Z"))));
    assert_eq!(days.iter().map(|day| day.day).collect::<Vec<_>>(), expected);
    assert!(days.iter().all(|day| day.sender == sender.id && day.kind == Agent));
    assert_eq!(totals(&days), [Some(10), Some(20), Some(25), Some(40)]);
}

pub async fn within_an_hour_the_newest_sample_stays(store: Subject) {
    let sender = one_agent(&store).await;
    let id = report_printer(&store, &sender, 1, "A1234", 10, at("2026-11-25T12:10:00Z")).await;
    report_printer(&store, &sender, 2, "A1234", 20, at("2026-11-25T12:50:00Z")).await;
    report_printer(&store, &sender, 3, "A1234", 30, at("2026-11-25T13:00:00Z")).await;
    // A late one of the first hour does not overwrite what is newer.
    let late = Reading::whole(1, at("2026-11-25T12:20:00Z"), &printer("A1234", 11));
    accept(&store, &sender, report(&sender, 4, vec![late]), at("2026-11-25T14:00:00Z")).await;
    assert_eq!(totals(&days(&store, sender.tenant, id).await), [Some(20), Some(30)]);
}

pub async fn a_glimpse_writes_down_only_what_it_saw(store: Subject) {
    let sender = one_agent(&store).await;
    let id = report_printer(&store, &sender, 1, "A1234", 10, at("2026-11-25T12:10:00Z")).await;
    let silent = facts(&[("presence", "unreachable".into())]);
    for (sequence, when) in [(2, "2026-11-25T12:40:00Z"), (3, "2026-11-25T15:00:00Z")] {
        let reading = Reading::glimpse(1, at(when), &silent);
        accept(&store, &sender, changes(&sender, sequence, vec![reading]), at(when)).await;
    }
    let days = days(&store, sender.tenant, id).await;
    // Within its hour the reading stays; later the presence stands alone, without an old meter.
    assert_eq!(totals(&days), [Some(10), None]);
    let presence: Vec<_> = days[0].samples.iter().map(|sample| sample.facts.get("presence").cloned()).collect();
    assert_eq!(presence, [Some(Value::from("ready")), Some(Value::from("unreachable"))]);
    let device = store.device(sender.tenant, id).await.unwrap().expect("the device");
    let view = &device.views[0].view;
    assert_eq!(view.seen("meters/total/value"), at("2026-11-25T12:10:00Z"));
    assert_eq!(view.seen("presence"), at("2026-11-25T15:00:00Z"));
}

pub async fn agent_and_module_tell_of_one_device(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let by_agent = report_printer(&store, &agent, 1, "A1234", 10, noon()).await;
    let by_module = report_printer(&store, &module, 1, " a1234", 11, noon() + hours(1)).await;
    assert_eq!(by_agent, by_module);
    let device = store.device(agent.tenant, by_agent).await.unwrap().expect("the device");
    let kinds: BTreeSet<_> = device.views.iter().map(|view| (view.sender, view.kind)).collect();
    assert_eq!(kinds, BTreeSet::from([(agent.id, Agent), (module.id, DeviceDirect)]));
    assert!(device.views.is_sorted_by_key(|view| view.sender));
    let history = days(&store, agent.tenant, by_agent).await;
    assert_eq!(history.len(), 2, "history keeps both words");
    assert_eq!(store.devices(agent.tenant, None, 10).await.unwrap().items.len(), 1);
}

pub async fn two_agents_and_two_numbers_are_two_devices(store: Subject) {
    let one = one_agent(&store).await;
    let other = sender(&store, one.tenant, "agent two", Agent).await;
    let mine = report_printer(&store, &one, 1, "A1234", 10, noon()).await;
    let theirs = report_printer(&store, &other, 1, "A1234", 10, noon()).await;
    assert_ne!(mine, theirs);
    let twins = [1, 2].map(|number| Reading::whole(number, noon(), &printer("A1234", 10)));
    accept(&store, &one, report(&one, 2, twins.into()), noon()).await;
    let devices = store.devices_of(one.tenant, one.id).await.unwrap();
    assert_eq!(devices.iter().map(|device| device.views[0].number).collect::<Vec<_>>(), [1, 2]);
    assert_ne!(devices[0].id, devices[1].id);
    // A number that thousands share joins nothing.
    let module = sender(&store, one.tenant, "module", DeviceDirect).await;
    let nameless = Reading::whole(3, noon(), &printer("0000000000", 1));
    accept(&store, &one, report(&one, 3, vec![nameless]), noon()).await;
    report_printer(&store, &module, 1, "0000000000", 1, noon()).await;
    assert_eq!(store.counts().await.unwrap().devices, 5);
}

/// Reports so many devices, of which none has a name, so that each is new.
async fn report_many(store: &Subject, sender: &Sender, sequence: u64, numbers: std::ops::Range<u32>) {
    let readings = numbers.map(|number| Reading::whole(number, noon(), &printer("", 1))).collect();
    accept(store, sender, report(sender, sequence, readings), noon() + hours(sequence as i64)).await;
}

pub async fn pages_meet_every_device_once(store: Subject) {
    let sender = one_agent(&store).await;
    report_many(&store, &sender, 1, 1..24).await;
    let all: Vec<DeviceId> = store.devices(sender.tenant, None, 100).await.unwrap().items.iter().map(|device| device.id).collect();
    assert!(all.is_sorted() && all.len() == 23);
    let (mut met, mut after, mut sequence) = (Vec::new(), None, 2);
    loop {
        let page = store.devices(sender.tenant, after, 7).await.unwrap();
        met.extend(page.items.iter().map(|device| device.id));
        // Meanwhile all devices report again, and new ones come.
        report_many(&store, &sender, sequence, 1..24 + sequence as u32).await;
        sequence += 1;
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let unique: BTreeSet<_> = met.iter().collect();
    assert_eq!(unique.len(), met.len(), "no device twice");
    assert!(all.iter().all(|id| unique.contains(id)), "every device that was there");
    let exact = store.devices(sender.tenant, None, met.len().max(1)).await.unwrap();
    assert!(exact.items.len() <= met.len());
    assert_eq!(store.devices(sender.tenant, None, 0).await.unwrap().items.len(), 0);
}

pub async fn history_is_cut_at_its_old_end(store: Subject) {
    let sender = one_agent(&store).await;
    let mut id = None;
    for day in 0..10 {
        id = Some(report_printer(&store, &sender, day + 1, "A1234", day as i64, noon() + hours(24 * day as i64)).await);
    }
    let id = id.expect("ten reports");
    let newest = store.history(sender.tenant, id, noon(), noon() + hours(240), 3).await.unwrap();
    assert_eq!(totals(&newest), [Some(7), Some(8), Some(9)]);
    let between = store.history(sender.tenant, id, noon() + hours(30), noon() + hours(50), 100).await.unwrap();
    assert_eq!(totals(&between), [Some(1), Some(2)], "the days of both ends are included");
    assert!(store.history(sender.tenant, id, noon() + hours(48), noon(), 100).await.unwrap().is_empty());
}

pub async fn a_device_is_overdue_until_it_is_read(store: Subject) {
    let sender = one_agent(&store).await;
    let id = report_printer(&store, &sender, 1, "A1234", 10, noon()).await;
    let unread = |since| {
        let store = store.clone();
        async move {
            let page = store.unread_since(sender.tenant, since, None, 10).await.unwrap();
            page.items.into_iter().map(|device| device.id).collect::<Vec<_>>()
        }
    };
    assert!(unread(noon()).await.is_empty());
    assert_eq!(unread(noon() + hours(1)).await, [id]);
    assert!(store.unread_since(sender.tenant, noon() + hours(1), Some(id), 10).await.unwrap().items.is_empty());
    let overdue = Overdue { since: noon() + hours(24), why: Why::Unreachable };
    // Word that comes too late changes nothing.
    store.set_overdue(sender.tenant, vec![(id, Some(Overdue { since: noon(), why: Why::NotRead }))]).await.unwrap();
    assert!(store.overdue(sender.tenant).await.unwrap().is_empty());
    store.set_overdue(sender.tenant, vec![(id, Some(overdue))]).await.unwrap();
    assert_eq!(store.overdue(sender.tenant).await.unwrap(), [(id, overdue)]);
    assert_eq!(store.device(sender.tenant, id).await.unwrap().expect("the device").overdue, Some(overdue));
    assert_eq!(store.counts().await.unwrap().devices_overdue, 1);
    // An old reading and a glimpse do not end it; a new reading does.
    let glimpse = Reading::glimpse(1, noon() + hours(30), &facts(&[("presence", "unreachable".into())]));
    let old = Reading::whole(1, noon() + hours(2), &printer("A1234", 11));
    accept(&store, &sender, report(&sender, 2, vec![old, glimpse]), noon() + hours(30)).await;
    assert_eq!(store.overdue(sender.tenant).await.unwrap().len(), 1);
    report_printer(&store, &sender, 3, "A1234", 12, noon() + hours(31)).await;
    assert!(store.overdue(sender.tenant).await.unwrap().is_empty());
    store.set_overdue(sender.tenant, vec![(id, Some(Overdue { since: noon() + hours(60), ..overdue }))]).await.unwrap();
    store.set_overdue(sender.tenant, vec![(id, None)]).await.unwrap();
    assert!(store.overdue(sender.tenant).await.unwrap().is_empty());
}

pub async fn a_clock_ahead_hides_nothing(store: Subject) {
    let sender = one_agent(&store).await;
    let ahead = Reading::whole(1, noon() + hours(24 * 365), &printer("A1234", 10));
    accept(&store, &sender, report(&sender, 1, vec![ahead]), noon()).await;
    let told = store.sender(sender.tenant, sender.id).await.unwrap().expect("the sender").told;
    assert_eq!(told.last_data_at, None);
    let page = store.unread_since(sender.tenant, noon() + hours(1), None, 10).await.unwrap();
    assert_eq!(page.items.len(), 1, "it counts as read when its word came");
}
