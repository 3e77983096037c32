use policy::overdue::{Overdue, Why};
use wire::envelope::SenderKind::Agent;

use super::Subject;
use super::world::*;
use crate::intake::Refused;
use crate::people::{Role, Scope};
use crate::registry::{Admission, Sender};
use crate::{DeviceId, StoreError, TenantId};

/// Is a tenant with everything, and another one that asks about it.
struct Neighbours {
    sender: Sender,
    device: DeviceId,
    other: TenantId,
}

async fn neighbours(store: &Subject) -> Neighbours {
    let sender = one_agent(store).await;
    let sent = wire::Report { schedule: Some(daily()), ..report(&sender, 1, vec![]) };
    accept(store, &sender, sent, noon()).await;
    let device = report_printer(store, &sender, 2, "A1234", 10, noon() + hours(1)).await;
    store.sweep(sender.tenant, noon() + hours(2)).await.unwrap();
    store.put_command(sender.tenant, sender.id, command("c", noon())).await.unwrap();
    store.create_tenant_token(sender.tenant, hash("token"), "t", "s", None, noon()).await.unwrap();
    store.create_api_token(hash("t"), "t", Scope::Tenant(sender.tenant), Role::Viewer, None, noon()).await.unwrap();
    store.create_user("ada", "$1", Scope::Tenant(sender.tenant), Role::Viewer, noon()).await.unwrap();
    let overdue = Overdue { since: noon() + hours(25), why: Why::NotRead };
    store.set_overdue(sender.tenant, vec![(device, Some(overdue))]).await.unwrap();
    Neighbours { device, other: tenant(store, "Aspen").await, sender }
}

pub async fn no_question_shows_another_tenant(store: Subject) {
    let Neighbours { sender, device, other } = neighbours(&store).await;
    let (later, id) = (noon() + hours(1000), sender.id);
    assert!(store.sites(other).await.unwrap().is_empty());
    assert!(store.codes(other).await.unwrap().is_empty());
    assert!(store.tenant_tokens(other).await.unwrap().is_empty());
    assert_eq!(store.sender(other, id).await.unwrap(), None);
    assert!(store.senders(other, None, 10).await.unwrap().is_empty());
    assert!(store.api_tokens(Scope::Tenant(other)).await.unwrap().is_empty());
    assert!(store.users(Scope::Tenant(other)).await.unwrap().is_empty());
    assert_eq!(store.payload(other, id, 1).await.unwrap(), None);
    assert!(store.inbox(other, id, 10).await.unwrap().is_empty());
    assert!(store.devices(other, None, 10).await.unwrap().items.is_empty());
    assert_eq!(store.device(other, device).await.unwrap(), None);
    assert!(store.devices_of(other, id).await.unwrap().is_empty());
    assert!(store.history(other, device, noon(), later, 10).await.unwrap().is_empty());
    assert!(store.unread_since(other, later, None, 10).await.unwrap().items.is_empty());
    assert!(store.overdue(other).await.unwrap().is_empty());
    assert!(store.sweep(other, later).await.unwrap().is_empty());
    assert!(store.ledger(other, None, None, 10).await.unwrap().is_empty());
    assert!(store.ledger(other, Some(id), None, 10).await.unwrap().is_empty());
    assert!(store.commands(other, id, 10).await.unwrap().is_empty());
}

pub async fn no_change_touches_another_tenant(store: Subject) {
    let Neighbours { sender, device, other } = neighbours(&store).await;
    let id = sender.id;
    let before = everything(&store, &sender, device).await;
    let missing = |result: crate::Result<()>| assert!(matches!(result, Err(StoreError::NotFound { .. })), "{result:?}");
    missing(store.rotate(other, id, hash("new"), noon()).await);
    missing(store.revoke(other, id).await);
    missing(store.set_admission(other, id, Admission::Retired { at: noon() }).await);
    missing(store.rename_sender(other, id, "mine").await);
    missing(store.bind_certificate(other, id, [1; 32]).await.map(drop));
    missing(store.note_contact(other, id, noon() + hours(9), Some("x")).await);
    missing(store.put_command(other, id, command("d", noon())).await);
    missing(store.erase_device(other, device).await.map(drop));
    store.settle(other, id, hash("agent one")).await.unwrap();
    store.set_overdue(other, vec![(device, None)]).await.unwrap();
    let token = store.tenant_tokens(sender.tenant).await.unwrap()[0].id;
    assert!(!store.revoke_tenant_token(other, token).await.unwrap());
    let token = store.api_tokens(Scope::Tenant(sender.tenant)).await.unwrap()[0].id;
    assert!(!store.revoke_api_token(Scope::Tenant(other), token).await.unwrap());
    let stolen = Sender { tenant: other, ..sender.clone() };
    let answer = send(&store, &stolen, report(&stolen, 9, vec![]), noon() + hours(9)).await;
    assert!(matches!(answer, Err(Refused::NotAdmitted)));
    // A printer of the same maker and serial number is another device there.
    let own = super::world::sender(&store, other, "agent of Aspen", Agent).await;
    assert_ne!(report_printer(&store, &own, 1, "A1234", 10, noon() + hours(9)).await, device);
    assert_eq!(everything(&store, &sender, device).await, before);
    store.erase_tenant(other).await.unwrap();
    assert_eq!(everything(&store, &sender, device).await, before);
}

/// Returns all that the first tenant has, as text.
async fn everything(store: &Subject, sender: &Sender, device: DeviceId) -> String {
    let (tenant, id) = (sender.tenant, sender.id);
    let parts = [
        format!("{:?}", store.sites(tenant).await.unwrap()),
        format!("{:?}", store.senders(tenant, None, 10).await.unwrap()),
        format!("{:?}", store.codes(tenant).await.unwrap()),
        format!("{:?}", store.tenant_tokens(tenant).await.unwrap()),
        format!("{:?}", store.api_tokens(Scope::Tenant(tenant)).await.unwrap()),
        format!("{:?}", store.users(Scope::Tenant(tenant)).await.unwrap()),
        format!("{:?}", store.inbox(tenant, id, 10).await.unwrap()),
        format!("{:?}", store.device(tenant, device).await.unwrap()),
        format!("{:?}", store.history(tenant, device, noon(), noon() + hours(1000), 10).await.unwrap()),
        format!("{:?}", store.ledger(tenant, None, None, 10).await.unwrap()),
        format!("{:?}", store.commands(tenant, id, 10).await.unwrap()),
        format!("{:?}", store.sender_by_credential(hash("agent one")).await.unwrap()),
    ];
    parts.join("\n")
}
