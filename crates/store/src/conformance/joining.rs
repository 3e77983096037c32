use policy::identity::Evidence;
use wire::envelope::SenderKind::{Agent, DeviceDirect};
use wire::{Facts, Reading, Value};

use super::Subject;
use super::world::*;
use crate::intake::Refused;
use crate::{Device, DeviceId, Sender, StoreError, TenantId};

const ADDRESS: &str = "00:11:22:33:44:55";

/// Is a printer that tells a hardware address, and a serial number or none.
fn on_board(serial: &str, total: i64) -> Facts {
    let mut facts = printer(serial, total);
    facts.insert("identity/mac_addresses".into(), Value::List(vec![ADDRESS.to_owned()]));
    facts
}

/// Is a printer as it tells of itself over IPP: a UUID, and no serial number.
fn by_ipp(total: i64) -> Facts {
    facts(&[
        ("identity/manufacturer", "Acme".into()),
        ("identity/model", "Copier 3000".into()),
        ("identity/printer_uuid", "urn:uuid:4509a320-00a0-008f-00b6-002507510eca".into()),
        ("meters/total/value", total.into()),
    ])
}

async fn tell(store: &Subject, sender: &Sender, sequence: u64, hour: i64, facts: &Facts) -> DeviceId {
    let when = noon() + hours(hour);
    accept(store, sender, report(sender, sequence, vec![Reading::whole(1, when, facts)]), when).await;
    store.devices_of(sender.tenant, sender.id).await.unwrap()[0].id
}

async fn device(store: &Subject, tenant: TenantId, id: DeviceId) -> Device {
    store.device(tenant, id).await.unwrap().expect("the device")
}

/// Returns what history tells of a device: of which sender, and the count.
async fn counted(store: &Subject, tenant: TenantId, id: DeviceId) -> Vec<(crate::SenderId, Option<i64>)> {
    let days = store.history(tenant, id, noon() - hours(999), noon() + hours(999), 1000).await.unwrap();
    days.iter().flat_map(|day| day.samples.iter().map(|sample| (day.sender, sample.meter("total")))).collect()
}

pub async fn what_joins_by_itself_says_on_what_evidence(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let id = tell(&store, &agent, 1, 0, &printer("A1234", 10)).await;
    assert_eq!(tell(&store, &module, 1, 1, &printer("A1234", 11)).await, id);
    let views = device(&store, agent.tenant, id).await.views;
    let of = |wanted: &Sender| views.iter().find(|view| view.sender == wanted.id).expect("a view").joined.clone();
    assert_eq!(of(&agent), None);
    let joined = of(&module).expect("joined");
    assert_eq!((joined.on, joined.at, joined.by), (Evidence::SerialNumber, noon() + hours(1), None));
}

pub async fn a_serial_number_read_later_joins_and_moves_history(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let id = tell(&store, &module, 1, 0, &printer("A1234", 10)).await;
    let nameless = tell(&store, &agent, 1, 1, &printer("", 11)).await;
    assert_ne!(nameless, id);
    assert_eq!(tell(&store, &agent, 2, 2, &printer("A1234", 12)).await, id);
    assert_eq!(store.device(agent.tenant, nameless).await.unwrap(), None, "nobody tells of it any more");
    let mut history = counted(&store, agent.tenant, id).await;
    history.sort_by_key(|(_, total)| *total);
    assert_eq!(history, [(module.id, Some(10)), (agent.id, Some(11)), (agent.id, Some(12))]);
    assert_eq!(store.counts().await.unwrap().devices, 1);
    // It goes on there.
    assert_eq!(tell(&store, &agent, 3, 30, &printer("A1234", 13)).await, id);
    assert_eq!(device(&store, agent.tenant, id).await.views.len(), 2);
}

pub async fn another_serial_number_contradicts_the_same_address(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let one = tell(&store, &agent, 1, 0, &on_board("A1234", 10)).await;
    let other = tell(&store, &module, 1, 1, &on_board("B1234", 10)).await;
    assert_ne!(one, other, "a network board was moved");
    assert_eq!(device(&store, agent.tenant, other).await.twin, None);
    // Without a serial number the address is what there is.
    let nameless = sender(&store, agent.tenant, "agent two", Agent).await;
    let third = tell(&store, &nameless, 1, 2, &on_board("", 10)).await;
    assert_eq!(third, other);
    let joined = device(&store, agent.tenant, other).await.views.into_iter().find_map(|view| view.joined);
    assert_eq!(joined.map(|joined| joined.on), Some(Evidence::HardwareAddress));
}

pub async fn a_view_that_comes_to_contradict_the_others_leaves_them(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let other_module = sender(&store, agent.tenant, "other module", DeviceDirect).await;
    let one = tell(&store, &agent, 1, 0, &printer("A1234", 10)).await;
    assert_eq!(tell(&store, &module, 1, 1, &printer("A1234", 11)).await, one);
    // The agent gives the number to another printer, which nobody else tells of.
    let two = tell(&store, &agent, 2, 2, &printer("B1234", 500)).await;
    assert_ne!(two, one);
    let left = device(&store, agent.tenant, one).await.views;
    assert_eq!(left.iter().map(|view| (view.sender, view.joined.clone())).collect::<Vec<_>>(), [(module.id, None)]);
    assert_eq!(counted(&store, agent.tenant, one).await, [(module.id, Some(11))]);
    // And then to one that is known already.
    let three = tell(&store, &other_module, 1, 3, &printer("C1234", 7)).await;
    assert_eq!(tell(&store, &agent, 3, 4, &printer("C1234", 8)).await, three);
    assert_eq!(store.device(agent.tenant, two).await.unwrap(), None);
    // The number that is free again finds its own.
    assert_eq!(tell(&store, &agent, 4, 5, &printer("A1234", 12)).await, one);
    assert_eq!(device(&store, agent.tenant, three).await.views.len(), 1);
}

pub async fn a_view_that_a_person_joined_stays_whatever_it_bears(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let one = tell(&store, &agent, 1, 0, &printer("A1234", 10)).await;
    let other = tell(&store, &module, 1, 1, &printer("", 11)).await;
    store.join(agent.tenant, one, other, "anna", noon()).await.unwrap();
    assert_eq!(tell(&store, &agent, 2, 2, &printer("B1234", 12)).await, one, "its board was exchanged");
    assert_eq!(device(&store, agent.tenant, one).await.views.len(), 2);
}

pub async fn a_parted_view_takes_its_history_along_and_stays_apart(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let id = tell(&store, &agent, 1, 0, &printer("A1234", 10)).await;
    tell(&store, &module, 1, 1, &printer("A1234", 11)).await;
    // The one that told of it first may leave as well.
    let new = store.part(agent.tenant, id, agent.id, "anna", noon() + hours(2)).await.unwrap();
    assert_ne!(new, id);
    assert_eq!(counted(&store, agent.tenant, id).await, [(module.id, Some(11))]);
    assert_eq!(counted(&store, agent.tenant, new).await, [(agent.id, Some(10))]);
    assert_eq!(device(&store, agent.tenant, id).await.views[0].joined, None);
    // Both bear the same mark, and stay two whatever they tell.
    assert_eq!(tell(&store, &agent, 2, 3, &printer("A1234", 12)).await, new);
    assert_eq!(tell(&store, &module, 2, 4, &printer("A1234", 13)).await, id);
    assert_eq!(tell(&store, &agent, 3, 5, &printer("", 14)).await, new);
    assert_eq!(tell(&store, &agent, 4, 6, &printer("A1234", 15)).await, new);
    assert_eq!(device(&store, agent.tenant, new).await.twin, None);
    let alone = store.part(agent.tenant, id, module.id, "anna", noon()).await;
    assert!(matches!(alone, Err(StoreError::Contradiction { .. })), "{alone:?}");
    let stranger = store.part(agent.tenant, id, agent.id, "anna", noon()).await;
    assert!(matches!(stranger, Err(StoreError::NotFound { .. })), "{stranger:?}");
}

pub async fn a_person_joins_and_parts(store: Subject) {
    let agent = one_agent(&store).await;
    let second = sender(&store, agent.tenant, "agent two", Agent).await;
    let id = tell(&store, &agent, 1, 0, &printer("A1234", 10)).await;
    let other = tell(&store, &second, 1, 1, &printer("A1234", 11)).await;
    assert_eq!(device(&store, agent.tenant, other).await.twin, Some(id), "two agents see the same serial number");
    assert_eq!(store.twins(agent.tenant, 10).await.unwrap(), [(other, id)]);
    store.join(agent.tenant, id, other, "anna", noon() + hours(2)).await.unwrap();
    assert_eq!(store.device(agent.tenant, other).await.unwrap(), None);
    assert_eq!(store.devices_of(agent.tenant, second.id).await.unwrap()[0].id, id);
    assert_eq!(counted(&store, agent.tenant, id).await.len(), 2);
    let joined = device(&store, agent.tenant, id).await.views.into_iter().find_map(|view| view.joined).expect("joined");
    assert_eq!((joined.on, joined.by.as_deref()), (Evidence::Person, Some("anna")));
    assert!(store.twins(agent.tenant, 10).await.unwrap().is_empty());
    let again = store.part(agent.tenant, id, second.id, "anna", noon() + hours(3)).await.unwrap();
    assert_eq!(counted(&store, agent.tenant, again).await, [(second.id, Some(11))]);
    // Who has seen two at once has seen two.
    let twins = [1, 2].map(|number| Reading::whole(number, noon(), &printer("C1234", 10)));
    accept(&store, &agent, report(&agent, 2, twins.into()), noon()).await;
    let ids: Vec<DeviceId> = store.devices_of(agent.tenant, agent.id).await.unwrap().iter().map(|device| device.id).collect();
    let refused = store.join(agent.tenant, ids[0], ids[1], "anna", noon()).await;
    assert!(matches!(refused, Err(StoreError::Contradiction { .. })), "{refused:?}");
    let itself = store.join(agent.tenant, id, id, "anna", noon()).await;
    assert!(matches!(itself, Err(StoreError::NotFound { .. })), "{itself:?}");
}

pub async fn copies_are_kept_apart_and_told(store: Subject) {
    let agent = one_agent(&store).await;
    let (one, copy) =
        (sender(&store, agent.tenant, "module", DeviceDirect).await, sender(&store, agent.tenant, "copy", DeviceDirect).await);
    let first = tell(&store, &one, 1, 0, &printer("A1234", 10)).await;
    let second = tell(&store, &copy, 1, 1, &printer("A1234", 500)).await;
    assert_ne!(first, second);
    assert_eq!(store.twins(agent.tenant, 10).await.unwrap(), [(second, first)]);
    store.keep_apart(agent.tenant, first, second, "anna", noon()).await.unwrap();
    assert!(store.twins(agent.tenant, 10).await.unwrap().is_empty());
    // The agent sees the printer; it joins the older of the two.
    assert_eq!(tell(&store, &agent, 1, 2, &printer("A1234", 12)).await, first);
    // What is erased is nobody's twin.
    let third = sender(&store, agent.tenant, "third", DeviceDirect).await;
    tell(&store, &third, 1, 3, &printer("A1234", 900)).await;
    assert_eq!(store.twins(agent.tenant, 10).await.unwrap().len(), 1);
    store.erase_device(agent.tenant, first).await.unwrap();
    assert!(store.twins(agent.tenant, 10).await.unwrap().is_empty());
}

pub async fn a_module_in_another_printer_is_refused(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let id = tell(&store, &module, 1, 0, &printer("A1234", 10)).await;
    let copied = report(&module, 2, vec![Reading::whole(1, noon() + hours(1), &printer("B1234", 7))]);
    let answer = store.take(vec![incoming(&module, copied, noon() + hours(1))]).await.remove(0);
    assert!(matches!(answer, Err(Refused::AnotherDevice)), "{answer:?}");
    assert_eq!(counted(&store, agent.tenant, id).await, [(module.id, Some(10))]);
    // A serial number that was not read this time is no other one.
    assert_eq!(tell(&store, &module, 3, 2, &printer("", 11)).await, id);
    assert_eq!(tell(&store, &module, 4, 3, &printer("A1234", 12)).await, id);
}

pub async fn marks_that_are_gone_find_nothing(store: Subject) {
    let agent = one_agent(&store).await;
    let id = tell(&store, &agent, 1, 0, &printer("A1234", 10)).await;
    assert_eq!(tell(&store, &agent, 2, 1, &printer("B1234", 10)).await, id, "the agent says that it is the same device");
    let modules = [("one", "A1234"), ("other", "B1234")];
    for (name, serial) in modules {
        let module = sender(&store, agent.tenant, name, DeviceDirect).await;
        let told = tell(&store, &module, 1, 2, &printer(serial, 11)).await;
        assert_eq!(told == id, serial == "B1234", "{serial}");
    }
}

pub async fn a_joining_keeps_every_reason_with_its_points(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let id = tell(&store, &agent, 1, 0, &on_board("A1234", 7432)).await;
    assert_eq!(tell(&store, &module, 1, 24, &on_board("A1234", 7510)).await, id);
    let views = device(&store, agent.tenant, id).await.views;
    let joined = views.into_iter().find_map(|view| view.joined).expect("joined");
    let why: Vec<String> = joined.why.iter().map(ToString::to_string).collect();
    let expected =
        ["maker and serial number A1234: +60", "hardware address 00:11:22:33:44:55: +40", "the counter goes on (7432 → 7510): +10"];
    assert_eq!(why, expected);
}

pub async fn placeholders_join_nobody(store: Subject) {
    let agent = one_agent(&store).await;
    let mut homes = Vec::new();
    for (place, serial) in ["XXXXXXX", "serial_number", "0000000000"].into_iter().enumerate() {
        for kind in [DeviceDirect, Agent] {
            let mut facts = printer(serial, 10);
            facts.insert("identity/mac_addresses".into(), Value::List(vec!["00:00:00:00:00:00".into(), "c2:b5:d7:e7:b8:4b".into()]));
            facts.insert("identity/printer_uuid".into(), "00000000-0000-0000-0000-000000000000".into());
            let teller = sender(&store, agent.tenant, &format!("{kind:?} {place}"), kind).await;
            homes.push(tell(&store, &teller, 1, 0, &facts).await);
        }
    }
    homes.sort();
    homes.dedup();
    assert_eq!(homes.len(), 6);
    assert!(store.twins(agent.tenant, 10).await.unwrap().is_empty());
}

pub async fn boards_that_change_places_take_no_printer_along(store: Subject) {
    const OTHER: &str = "00:11:22:66:77:88";
    let agent = one_agent(&store).await;
    let on = |serial: &str, address: &str, total: i64| {
        let mut facts = printer(serial, total);
        facts.insert("identity/mac_addresses".into(), Value::List(vec![address.to_owned()]));
        facts
    };
    let modules = [sender(&store, agent.tenant, "one", DeviceDirect).await, sender(&store, agent.tenant, "other", DeviceDirect).await];
    let one = tell(&store, &modules[0], 1, 0, &on("A1234", ADDRESS, 10)).await;
    let other = tell(&store, &modules[1], 1, 0, &on("B1234", OTHER, 500)).await;
    assert_ne!(one, other);
    assert_eq!(tell(&store, &modules[0], 2, 1, &on("A1234", OTHER, 11)).await, one);
    assert_eq!(tell(&store, &modules[1], 2, 1, &on("B1234", ADDRESS, 501)).await, other);
    // The agent has not seen either before; the serial number leads it, not the board.
    assert_eq!(tell(&store, &agent, 1, 2, &on("A1234", OTHER, 12)).await, one);
}

pub async fn a_uuid_alone_joins_a_view_without_a_serial_number(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let mut by_snmp = by_ipp(10);
    by_snmp.extend(on_board("A1234", 10));
    let id = tell(&store, &agent, 1, 0, &by_snmp).await;
    assert_eq!(tell(&store, &module, 1, 1, &by_ipp(11)).await, id);
    let views = device(&store, agent.tenant, id).await.views;
    let joined = views.into_iter().find_map(|view| view.joined).expect("joined");
    assert_eq!(joined.on, Evidence::PrinterUuid);
    // The UUID of a board that was moved to another model is not enough.
    let mut moved = by_ipp(11);
    moved.insert("identity/model".into(), "Desk 250".into());
    let elsewhere = sender(&store, agent.tenant, "elsewhere", DeviceDirect).await;
    let third = tell(&store, &elsewhere, 1, 2, &moved).await;
    assert_ne!(third, id);
    assert_eq!(store.twins(agent.tenant, 10).await.unwrap(), [(third, id)], "a person says");
}

pub async fn two_of_one_serial_number_whose_counters_disagree_stay_two(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let one = tell(&store, &agent, 1, 0, &printer("A1234", 7432)).await;
    // The same serial number was written into another one, which stands at ninety thousand.
    let other = tell(&store, &module, 1, 1, &printer("A1234", 90_000)).await;
    assert_ne!(one, other);
    assert_eq!(store.twins(agent.tenant, 10).await.unwrap(), [(other, one)]);
    // And one agent that sees both has seen two.
    let second = sender(&store, agent.tenant, "agent two", Agent).await;
    let both = [(1, 7440), (2, 90_100)].map(|(number, total)| Reading::whole(number, noon() + hours(2), &printer("A1234", total)));
    accept(&store, &second, report(&second, 1, both.into()), noon() + hours(2)).await;
    let devices = store.devices_of(agent.tenant, second.id).await.unwrap();
    assert_ne!(devices[0].id, devices[1].id);
    assert_eq!(devices[1].id, other, "it goes on from ninety thousand");
}

pub async fn what_a_person_parted_stays_apart_whatever_joins_it_later(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let id = tell(&store, &agent, 1, 0, &on_board("A1234", 7432)).await;
    assert_eq!(tell(&store, &module, 1, 1, &on_board("", 7440)).await, id);
    let new = store.part(agent.tenant, id, module.id, "anna", noon() + hours(2)).await.unwrap();
    // A serial number that is read later would join it again.
    assert_eq!(tell(&store, &module, 2, 3, &on_board("A1234", 7445)).await, new);
    let mut both = on_board("A1234", 7450);
    both.extend(by_ipp(7450));
    assert_eq!(tell(&store, &agent, 2, 4, &both).await, id);
    assert_eq!(tell(&store, &module, 3, 5, &both).await, new);
    assert!(store.twins(agent.tenant, 10).await.unwrap().is_empty(), "nobody is asked again");
}
