//! The comparison after each step.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::record::Path;
use policy::current::{Source, merge};
use store::Device;
use wire::envelope::SenderKind;
use wire::{Facts, Value};

use crate::agent::Agent;
use crate::diary::Diary;
use crate::direct::Direct;
use crate::model::{Hour, Told, Word, total};
use crate::office::Office;

/// Compares the server with the reference, and the reference with what was ever read.
pub fn server(office: &Office, diary: &Diary) {
    let (words, mut history) = (office.model().words(), office.model().history());
    let numbers = office.numbers();
    let mut told_of = BTreeSet::new();
    for device in office.devices() {
        let tellers: Vec<Told> = device.views.iter().map(|view| (numbers[&view.sender], view.number)).collect();
        for (told, view) in tellers.iter().zip(&device.views) {
            assert!(told_of.insert(*told), "{told:?} is told of two devices");
            let view = &view.view;
            let apart = view.apart.iter().map(|(key, at)| (key.to_string(), *at)).collect();
            let found = Word { facts: view.facts.clone(), seen_at: view.seen_at, apart, received_at: view.received_at };
            let expected = words.get(told).unwrap_or_else(|| panic!("{told:?} was never acknowledged"));
            assert_eq!(&found, expected, "the newest word of {told:?}");
        }
        current(&device);
        let serials: BTreeSet<_> = device.views.iter().filter_map(|view| serial(&view.view.facts)).collect();
        assert!(serials.len() <= 1, "two printers are taken for one: {serials:?}");
        for day in office.history(device.id) {
            let who = numbers[&day.sender];
            let told = *tellers.iter().find(|told| told.0 == who).expect("whoever told of it has a view of it");
            for sample in day.samples {
                let place = (told, sample.observed_at.as_second().div_euclid(3600));
                let found = Hour { observed_at: sample.observed_at, facts: sample.facts };
                let expected = history.remove(&place).unwrap_or_else(|| panic!("{told:?}: nobody said {found:?}, or it is there twice"));
                assert_eq!(found, expected, "history of {told:?}");
            }
        }
    }
    assert_eq!(told_of.len(), words.len(), "every device that was told of is there: {told_of:?}");
    assert!(history.is_empty(), "acknowledged and not in history: {:?}", history.first_key_value());
    truth(office, diary);
}

/// Looks whether of two ways to one printer the newest plausible word on its total is shown.
fn current(device: &Device) {
    let path = |kind| if kind == SenderKind::Agent { Path::Agent } else { Path::DeviceDirect };
    let sources: Vec<Source<'_>> = device.views.iter().map(|view| Source { path: path(view.kind), view: &view.view }).collect();
    let shown = merge(&sources).record.meters.iter().find(|meter| meter.name == "total").map(|meter| meter.value);
    let newest = device.views.iter().filter(|view| total(&view.view.facts).is_some()).max_by_key(|view| {
        let seen = view.view.seen("meters/total/value");
        (view.view.has_plausible_clock(), seen, view.kind == SenderKind::DeviceDirect)
    });
    assert_eq!(shown.map(u64::cast_signed), newest.and_then(|view| total(&view.view.facts)), "the newest total of two ways");
}

/// Looks whether all that a module has read waits on its flash or has arrived.
pub fn direct(direct: &Direct, office: &Office, diary: &Diary) {
    let (Some(who), Some(waiting)) = (direct.who(), direct.waiting()) else { return };
    // A flash that is full of readings gives up the least telling of them, and says so.
    if waiting.len() > 30 {
        return;
    }
    let history = office.model().history();
    for read in diary.owed_by(who) {
        let hour = read.at.as_second().div_euclid(3600);
        let has_arrived = history.get(&(read.told, hour)).is_some_and(|hour| hour.observed_at >= read.at && total(&hour.facts).is_some());
        assert!(has_arrived || waiting.contains(&read.at), "lost by a module: {read:?}");
    }
}

/// Looks whether every number that the server shows was read at the time that it shows.
fn truth(office: &Office, diary: &Diary) {
    let mut shown: BTreeMap<(Told, i64), Timestamp> = BTreeMap::new();
    for ((told, _), hour) in office.model().history() {
        let Some(total) = total(&hour.facts) else {
            assert_eq!(hour.facts, Facts::from([("presence".into(), Value::from("unreachable"))]), "{told:?}");
            continue;
        };
        let order = diary.order_of(told, total).unwrap_or_else(|| panic!("{told:?} never said {total}"));
        let read = &diary.entries[order];
        assert!(!read.is_whole || read.at == hour.observed_at, "{told:?} said {total} at {}, not at {}", read.at, hour.observed_at);
        if let Some(before) = shown.insert((told, total), hour.observed_at) {
            panic!("one reading counts twice: {told:?} said {total}, at {before} and at {}", hour.observed_at);
        }
    }
    newest(office, diary);
}

/// Looks whether the newest word is the newest that was acknowledged, in the order in which things were read.
///
/// A reading is known by its total, which no other reading has. Its time would not do: a clock that was
/// set back shows a second twice, and a glimpse of that second is then taken for the whole reading.
fn newest(office: &Office, diary: &Diary) {
    let order_of = |told, total| diary.order_of(told, total).unwrap_or_else(|| panic!("{told:?} never said {total}"));
    let mut acknowledged: BTreeMap<Told, usize> = BTreeMap::new();
    let words = office.model().follow(|told, _, word| {
        if let Some(total) = total(&word.facts) {
            let order = order_of(told, total);
            let newest = acknowledged.entry(told).or_insert(order);
            *newest = order.max(*newest);
        }
    });
    for (told, word) in words {
        let (Some(newest), Some(total)) = (acknowledged.get(&told), total(&word.facts)) else { continue };
        let order = order_of(told, total);
        assert!(
            order >= *newest,
            "{told:?}: the newest word is older than one that was acknowledged: {:?} was read before {:?}",
            diary.entries[order],
            diary.entries[*newest],
        );
    }
}

fn serial(facts: &Facts) -> Option<String> {
    match facts.get("identity/serial_number") {
        Some(Value::Text(serial)) => Some(serial.clone()),
        _ => None,
    }
}

/// Looks whether all that an agent has read waits on its disk or has arrived.
pub fn agent(agent: &Agent, office: &Office, diary: &Diary) {
    let Some(desk) = agent.desk() else { return };
    let store = desk.store.lock();
    let history = office.model().history();
    for read in diary.owed_by(agent.who) {
        let hour = read.at.as_second().div_euclid(3600);
        let has_arrived = history.get(&(read.told, hour)).is_some_and(|hour| hour.observed_at >= read.at && total(&hour.facts).is_some());
        let waits = || store.unsent_of(read.told.1).unwrap().iter().any(|unsent| unsent.whole && unsent.observed_at == read.at);
        assert!(has_arrived || waits(), "lost: {read:?}");
    }
}

/// Looks whether everything has arrived, once nothing stands in its way any more.
pub fn settled(agent: &Agent, office: &Office) {
    let desk = agent.desk().expect("it runs at the end");
    let store = desk.store.lock();
    assert_eq!((store.unsent_count().unwrap(), desk.spool.len()), (0, 0), "nothing waits any more");
    let words = office.model().words();
    let mut after = 0;
    while let Some(device) = store.device_after(after).unwrap() {
        after = device.number;
        let word = words.get(&(agent.who, device.number)).unwrap_or_else(|| panic!("device {after} was never told of"));
        assert_eq!(device.facts, word.facts, "the agent and the server know the same of device {after}");
    }
    drop(store);
    let verdict = desk.ledger.reader().verify().unwrap();
    assert!(verdict.is_sound(), "{verdict:?}");
}
