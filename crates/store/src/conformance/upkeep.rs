use wire::envelope::SenderKind::{Agent, DeviceDirect};
use wire::{Reading, Report};

use super::Subject;
use super::world::*;
use crate::people::{Role, Scope, WebSession};
use crate::upkeep::{Pruned, Retention};
use crate::{DeviceId, StoreError};

pub async fn what_is_old_goes_and_the_rest_stays(store: Subject) {
    let sender = one_agent(&store).await;
    let scheduled = Report { schedule: Some(daily()), ..report(&sender, 1, vec![]) };
    accept(&store, &sender, scheduled, noon()).await;
    let mut id = None;
    for day in 1..=10 {
        let when = noon() + hours(24 * day);
        store.sweep(sender.tenant, when).await.unwrap();
        id = Some(report_printer(&store, &sender, day as u64 + 1, "A1234", day, when).await);
    }
    let id = id.expect("ten reports");
    store.put_command(sender.tenant, sender.id, command("old", noon())).await.unwrap();
    store.put_command(sender.tenant, sender.id, command("new", noon() + hours(24 * 9))).await.unwrap();
    store.create_api_token(hash("t"), "old", Scope::AllTenants, Role::Viewer, Some(noon()), noon()).await.unwrap();
    assert_eq!(store.prune(Retention::default()).await.unwrap(), Pruned::default(), "nothing is asked to go");
    let before = Some(noon() + hours(24 * 5));
    let retention = Retention {
        inbox_before: before,
        history_before: before,
        expectations_before: before,
        commands_before: before,
        credentials_before: before,
    };
    let pruned = store.prune(retention).await.unwrap();
    // Day 0 to 4 of reports, day 1 to 4 of history, the five days due before, one command, a code and a token.
    assert_eq!(pruned, Pruned { inbox: 5, history: 4, expectations: 5, commands: 1, credentials: 2 });
    assert_eq!(store.prune(retention).await.unwrap(), Pruned::default());
    assert_eq!(store.inbox(sender.tenant, sender.id, 100).await.unwrap().len(), 6);
    let history = store.history(sender.tenant, id, noon(), noon() + hours(500), 100).await.unwrap();
    assert_eq!(history.len(), 6);
    let commands = store.commands(sender.tenant, sender.id, 10).await.unwrap();
    assert_eq!(commands.iter().map(|issued| issued.command.id.as_str()).collect::<Vec<_>>(), ["new"]);
    assert!(store.device(sender.tenant, id).await.unwrap().is_some(), "the latest state has no age limit");
    assert!(store.codes(sender.tenant).await.unwrap().is_empty());
}

pub async fn an_erased_device_leaves_nothing(store: Subject) {
    let agent = one_agent(&store).await;
    let module = sender(&store, agent.tenant, "module", DeviceDirect).await;
    let two = [("A1234", 1), ("B1234", 2)].map(|(serial, number)| Reading::whole(number, noon(), &printer(serial, 1)));
    accept(&store, &agent, report(&agent, 1, two.into()), noon()).await;
    let other = Reading::whole(2, noon() + hours(1), &printer("B1234", 2));
    accept(&store, &agent, report(&agent, 2, vec![other]), noon() + hours(1)).await;
    let id = report_printer(&store, &module, 1, "A1234", 1, noon()).await;
    let erased = store.erase_device(agent.tenant, id).await.unwrap();
    assert_eq!((erased.rows_left, erased.reports_removed), (0, 2));
    assert!(erased.rows_removed >= 7, "reports, views, history and the device: {erased:?}");
    assert_eq!(store.device(agent.tenant, id).await.unwrap(), None);
    assert!(store.history(agent.tenant, id, noon(), noon() + hours(24), 100).await.unwrap().is_empty());
    assert_eq!(store.payload(agent.tenant, agent.id, 1).await.unwrap(), None);
    assert!(store.payload(agent.tenant, agent.id, 2).await.unwrap().is_some(), "a report that told of others only stays");
    assert_eq!(store.devices(agent.tenant, None, 10).await.unwrap().items.len(), 1);
    assert!(matches!(store.erase_device(agent.tenant, id).await, Err(StoreError::NotFound { .. })));
    // Told of again it is a new device.
    let again = report_printer(&store, &module, 2, "A1234", 2, noon() + hours(2)).await;
    assert_ne!(again, id);
}

pub async fn an_erased_tenant_leaves_nothing(store: Subject) {
    let gone = one_agent(&store).await;
    let other_tenant = tenant(&store, "Aspen").await;
    let stays = sender(&store, other_tenant, "agent of Aspen", Agent).await;
    for one in [&gone, &stays] {
        report_printer(&store, one, 1, "A1234", 1, noon()).await;
        store.put_command(one.tenant, one.id, command("c", noon())).await.unwrap();
    }
    store.create_tenant_token(gone.tenant, hash("token"), "t", "s", None, noon()).await.unwrap();
    store.create_api_token(hash("t"), "t", Scope::Tenant(gone.tenant), Role::Viewer, None, noon()).await.unwrap();
    let user = store.create_user("ada", "$1", Scope::Tenant(gone.tenant), Role::Viewer, noon()).await.unwrap();
    store.create_user("bob", "$1", Scope::AllTenants, Role::Viewer, noon()).await.unwrap();
    let session = WebSession { hash: hash("w"), user: user.id, created_at: noon(), expires_at: noon() + hours(1) };
    store.put_session(session).await.unwrap();
    let erased = store.erase_tenant(gone.tenant).await.unwrap();
    assert_eq!((erased.rows_left, erased.reports_removed), (0, 1));
    assert!(erased.rows_removed > 10, "{erased:?}");
    assert_eq!(store.tenants().await.unwrap().len(), 1);
    assert_eq!(store.tenant_by_name("Alder").await.unwrap(), None);
    assert_eq!(store.sender_by_credential(hash("agent one")).await.unwrap(), None);
    assert_eq!(store.user_by_name("ada").await.unwrap(), None);
    assert_eq!(store.user_by_session(hash("w"), noon()).await.unwrap(), None);
    assert_eq!(store.api_token(hash("t"), noon()).await.unwrap(), None);
    assert_eq!(store.users(Scope::AllTenants).await.unwrap().len(), 1);
    assert_eq!(store.devices(stays.tenant, None, 10).await.unwrap().items.len(), 1, "the other tenant is as it was");
    assert_eq!(store.commands(stays.tenant, stays.id, 10).await.unwrap().len(), 1);
    assert!(matches!(store.erase_tenant(gone.tenant).await, Err(StoreError::NotFound { .. })));
    // The name is free again.
    store.create_tenant("Alder", noon()).await.unwrap();
}

pub async fn counts_tell_how_much_there_is(store: Subject) {
    assert_eq!(store.counts().await.unwrap(), crate::Counts::default());
    let one = one_agent(&store).await;
    report_printer(&store, &one, 1, "A1234", 1, noon()).await;
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.tenants, counts.senders, counts.devices), (1, 1, 1));
    assert!(store.size().await.unwrap().octets > 0);
    store.healthy().await.unwrap();
    assert!(matches!(store.erase_device(one.tenant, DeviceId::from_octets([9; 16])).await, Err(StoreError::NotFound { .. })));
}
