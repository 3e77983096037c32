use wire::envelope::SenderKind::{Agent, DeviceDirect};

use super::Subject;
use super::world::*;
use crate::registry::{Admission, Code, Enrolment};
use crate::{SenderId, StoreError};

pub async fn names_of_tenants_are_unique(store: Subject) {
    let alder = store.create_tenant("Alder", noon()).await.unwrap();
    store.create_tenant("Aspen", noon()).await.unwrap();
    assert!(matches!(store.create_tenant("Alder", noon()).await, Err(StoreError::NameTaken { name }) if name == "Alder"));
    let names: Vec<String> = store.tenants().await.unwrap().into_iter().map(|tenant| tenant.name).collect();
    assert_eq!(names, ["Alder", "Aspen"]);
    assert_eq!(store.tenant_by_name("Alder").await.unwrap(), Some(alder));
    assert_eq!(store.tenant_by_name("alder").await.unwrap(), None);
}

pub async fn a_code_lets_one_sender_in(store: Subject) {
    let tenant = tenant(&store, "Alder").await;
    let code = code("once", "Head office", Agent);
    store.put_code(tenant, code.clone()).await.unwrap();
    assert_eq!(store.codes(tenant).await.unwrap(), std::slice::from_ref(&code));
    let Enrolment::Enrolled(sender) = store.enrol(applicant("once", Agent, "s1"), noon()).await.unwrap() else { panic!("not enrolled") };
    assert_eq!((sender.tenant, sender.kind, sender.name.as_str()), (tenant, Agent, "Head office"));
    let sites = store.sites(tenant).await.unwrap();
    assert_eq!(sites.iter().map(|site| (site.id, site.name.as_str())).collect::<Vec<_>>(), [(sender.site, "Head office")]);
    assert_eq!(store.enrol(applicant("once", Agent, "s2"), noon()).await.unwrap(), Enrolment::Spent);
    assert_eq!(store.codes(tenant).await.unwrap(), [Code { spent_at: Some(noon()), ..code }]);
    let caller = store.sender_by_credential(hash("s1")).await.unwrap().expect("the sender enrolled");
    assert_eq!((caller.tenant, caller.sender, caller.kind, caller.is_unsettled), (tenant, sender.id, Agent, false));
    assert_eq!(store.sender_by_credential(hash("s2")).await.unwrap(), None);
    assert_eq!(store.sender(tenant, sender.id).await.unwrap(), Some(*sender));
}

pub async fn of_two_who_show_a_code_at_once_one_gets_in(store: Subject) {
    let tenant = tenant(&store, "Alder").await;
    store.put_code(tenant, code("once", "Head office", Agent)).await.unwrap();
    let (one, other) =
        tokio::join!(store.enrol(applicant("once", Agent, "s1"), noon()), store.enrol(applicant("once", Agent, "s2"), noon()));
    let answers = [one.unwrap(), other.unwrap()];
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Enrolment::Enrolled(_))).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Enrolment::Spent).count(), 1, "{answers:?}");
    assert_eq!(store.senders(tenant, None, 10).await.unwrap().len(), 1);
}

pub async fn codes_end_and_are_for_one_kind(store: Subject) {
    let tenant = tenant(&store, "Alder").await;
    store.put_code(tenant, code("late", "Head office", Agent)).await.unwrap();
    assert_eq!(store.enrol(applicant("never made", Agent, "s"), noon()).await.unwrap(), Enrolment::Unknown);
    assert_eq!(store.enrol(applicant("late", DeviceDirect, "s"), noon()).await.unwrap(), Enrolment::OtherKind(Agent));
    assert_eq!(store.enrol(applicant("late", Agent, "s"), noon() + hours(24)).await.unwrap(), Enrolment::Expired);
    assert!(store.senders(tenant, None, 10).await.unwrap().is_empty());
    assert!(store.sites(tenant).await.unwrap().is_empty(), "a site is made with its first sender");
    // None of these has spent it.
    assert!(matches!(store.enrol(applicant("late", Agent, "s"), noon()).await.unwrap(), Enrolment::Enrolled(_)));
}

pub async fn a_tenant_token_lets_many_in_until_it_is_revoked(store: Subject) {
    let tenant = tenant(&store, "Alder").await;
    let token = store.create_tenant_token(tenant, hash("token"), "roll-out", "Branches", Some(noon() + hours(1)), noon()).await.unwrap();
    assert_eq!(store.tenant_tokens(tenant).await.unwrap(), std::slice::from_ref(&token));
    for (secret, kind) in [("s1", Agent), ("s2", DeviceDirect)] {
        assert!(matches!(store.enrol(applicant("token", kind, secret), noon()).await.unwrap(), Enrolment::Enrolled(_)));
    }
    assert_eq!(store.sites(tenant).await.unwrap().len(), 1, "both belong to one site");
    assert_eq!(store.enrol(applicant("token", Agent, "s3"), noon() + hours(1)).await.unwrap(), Enrolment::Expired);
    assert!(store.revoke_tenant_token(tenant, token.id).await.unwrap());
    assert!(!store.revoke_tenant_token(tenant, token.id).await.unwrap());
    assert_eq!(store.enrol(applicant("token", Agent, "s3"), noon()).await.unwrap(), Enrolment::Unknown);
    assert!(store.sender_by_credential(hash("s1")).await.unwrap().is_some(), "whom it let in stays");
}

pub async fn both_secrets_are_good_until_the_new_one_is_shown(store: Subject) {
    let sender = one_agent(&store).await;
    // The clock has been set back meanwhile; the new secret is the newer one all the same.
    store.rotate(sender.tenant, sender.id, hash("new"), noon() - hours(24)).await.unwrap();
    // Who still shows the old one has not got the new one, and settles nothing.
    for (secret, is_unsettled) in [("agent one", false), ("new", true)] {
        let caller = store.sender_by_credential(hash(secret)).await.unwrap().expect("a good secret");
        assert_eq!((caller.is_unsettled, caller.sender), (is_unsettled, sender.id), "{secret}");
    }
    store.settle(sender.tenant, sender.id, hash("new")).await.unwrap();
    assert_eq!(store.sender_by_credential(hash("agent one")).await.unwrap(), None);
    assert!(!store.sender_by_credential(hash("new")).await.unwrap().expect("a good secret").is_unsettled);
    // A secret that is not the sender's settles nothing.
    store.settle(sender.tenant, sender.id, hash("strange")).await.unwrap();
    assert!(store.sender_by_credential(hash("new")).await.unwrap().is_some());
}

pub async fn a_secret_that_was_never_shown_is_replaced(store: Subject) {
    let sender = one_agent(&store).await;
    store.rotate(sender.tenant, sender.id, hash("lost"), noon() + hours(1)).await.unwrap();
    store.rotate(sender.tenant, sender.id, hash("new"), noon() + hours(2)).await.unwrap();
    assert_eq!(store.sender_by_credential(hash("lost")).await.unwrap(), None);
    assert!(store.sender_by_credential(hash("agent one")).await.unwrap().is_some());
    assert!(store.sender_by_credential(hash("new")).await.unwrap().is_some());
}

pub async fn a_revoked_or_retired_sender_has_no_secret(store: Subject) {
    let one = one_agent(&store).await;
    let other = sender(&store, one.tenant, "agent two", Agent).await;
    store.revoke(one.tenant, one.id).await.unwrap();
    assert_eq!(store.sender_by_credential(hash("agent one")).await.unwrap(), None);
    let disabled = Admission::Disabled { reason: "too loud".into(), at: noon() };
    store.set_admission(other.tenant, other.id, disabled.clone()).await.unwrap();
    let caller = store.sender_by_credential(hash("agent two")).await.unwrap().expect("a disabled sender is told so");
    assert_eq!(caller.admission, disabled);
    store.set_admission(other.tenant, other.id, Admission::Retired { at: noon() }).await.unwrap();
    assert_eq!(store.sender_by_credential(hash("agent two")).await.unwrap(), None);
    let retired = store.sender(other.tenant, other.id).await.unwrap().expect("a retired sender stays in the list");
    assert_eq!(retired.admission, Admission::Retired { at: noon() });
    let nobody = SenderId::from_octets([9; 16]);
    assert!(matches!(store.revoke(one.tenant, nobody).await, Err(StoreError::NotFound { .. })));
}

pub async fn the_first_certificate_stays(store: Subject) {
    let sender = one_agent(&store).await;
    assert_eq!(store.bind_certificate(sender.tenant, sender.id, [1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(store.bind_certificate(sender.tenant, sender.id, [2; 32]).await.unwrap(), [1; 32]);
    let caller = store.sender_by_credential(hash("agent one")).await.unwrap().expect("the sender");
    assert_eq!(caller.certificate, Some([1; 32]));
}

pub async fn contacts_are_noted_and_a_success_clears_the_error(store: Subject) {
    let sender = one_agent(&store).await;
    store.note_contact(sender.tenant, sender.id, noon() + hours(2), None).await.unwrap();
    store.note_contact(sender.tenant, sender.id, noon() + hours(1), Some("the report is malformed")).await.unwrap();
    let told = store.sender(sender.tenant, sender.id).await.unwrap().expect("the sender").told;
    assert_eq!(told.last_contact_at, Some(noon() + hours(2)), "a contact never moves back");
    assert_eq!(told.last_error.as_deref(), Some("the report is malformed"));
    assert_eq!((told.last_error_at, told.last_success_at), (Some(noon() + hours(1)), None));
    report_printer(&store, &sender, 1, "A1234", 10, noon() + hours(3)).await;
    let told = store.sender(sender.tenant, sender.id).await.unwrap().expect("the sender").told;
    assert_eq!((told.last_error, told.last_success_at), (None, Some(noon() + hours(3))));
    assert_eq!((told.last_contact_at, told.last_data_at), (Some(noon() + hours(3)), Some(noon() + hours(3))));
}

pub async fn senders_are_listed_part_by_part(store: Subject) {
    let tenant = tenant(&store, "Alder").await;
    let mut enrolled = Vec::new();
    for number in 0..5 {
        enrolled.push(sender(&store, tenant, &format!("agent {number}"), Agent).await.id);
    }
    enrolled.sort();
    let first = store.senders(tenant, None, 3).await.unwrap();
    let rest = store.senders(tenant, Some(first[2].id), 3).await.unwrap();
    assert_eq!(first.iter().chain(&rest).map(|sender| sender.id).collect::<Vec<_>>(), enrolled);
    store.rename_sender(tenant, enrolled[0], "by the door").await.unwrap();
    assert_eq!(store.senders(tenant, None, 1).await.unwrap()[0].name, "by the door");
}
