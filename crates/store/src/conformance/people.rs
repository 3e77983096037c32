use super::Subject;
use super::world::*;
use crate::people::{Role, Scope, WebSession};
use crate::{StoreError, UserId};

pub async fn tokens_end_and_are_revoked_within_their_scope(store: Subject) {
    let (alder, aspen) = (tenant(&store, "Alder").await, tenant(&store, "Aspen").await);
    let own = Scope::Tenant(alder);
    let everywhere = store.create_api_token(hash("t0"), "provider", Scope::AllTenants, Role::Operator, None, noon()).await.unwrap();
    let end = Some(noon() + hours(1));
    let token = store.create_api_token(hash("t1"), "monitoring", own, Role::Viewer, end, noon() + hours(0)).await.unwrap();
    assert_eq!(store.api_token(hash("t0"), noon()).await.unwrap(), Some(everywhere.clone()));
    assert_eq!(store.api_token(hash("t1"), noon()).await.unwrap(), Some(token.clone()));
    assert_eq!(store.api_token(hash("t1"), noon() + hours(1)).await.unwrap(), None);
    assert_eq!(store.api_token(hash("t2"), noon()).await.unwrap(), None);
    assert_eq!(store.api_tokens(own).await.unwrap(), std::slice::from_ref(&token));
    assert_eq!(store.api_tokens(Scope::AllTenants).await.unwrap().len(), 2);
    assert!(!store.revoke_api_token(Scope::Tenant(aspen), token.id).await.unwrap());
    assert!(!store.revoke_api_token(own, everywhere.id).await.unwrap(), "a tenant cannot end the provider's");
    assert!(store.revoke_api_token(own, token.id).await.unwrap());
    assert_eq!(store.api_token(hash("t1"), noon()).await.unwrap(), None);
    assert!(store.revoke_api_token(Scope::AllTenants, everywhere.id).await.unwrap());
}

pub async fn names_of_users_are_unique(store: Subject) {
    let alder = tenant(&store, "Alder").await;
    let ada = store.create_user("ada", "$argon2id$1", Scope::Tenant(alder), Role::Viewer, noon()).await.unwrap();
    store.create_user("bob", "$argon2id$2", Scope::AllTenants, Role::Operator, noon()).await.unwrap();
    let again = store.create_user("ada", "$argon2id$3", Scope::AllTenants, Role::Operator, noon()).await;
    assert!(matches!(again, Err(StoreError::NameTaken { .. })));
    assert_eq!(store.user_by_name("ada").await.unwrap(), Some(ada.clone()));
    assert_eq!(store.user_by_name("Ada").await.unwrap(), None);
    assert_eq!(store.users(Scope::Tenant(alder)).await.unwrap(), std::slice::from_ref(&ada));
    assert_eq!(store.users(Scope::AllTenants).await.unwrap().len(), 2);
    assert!(!format!("{ada:?}").contains("argon2"), "no hash in a log");
}

pub async fn a_session_ends_with_its_time_its_account_or_its_password(store: Subject) {
    let user = store.create_user("ada", "$argon2id$1", Scope::AllTenants, Role::Operator, noon()).await.unwrap();
    let begin = |seed: &str| WebSession { hash: hash(seed), user: user.id, created_at: noon(), expires_at: noon() + hours(8) };
    for seed in ["w1", "w2"] {
        store.put_session(begin(seed)).await.unwrap();
        assert_eq!(store.user_by_session(hash(seed), noon()).await.unwrap(), Some(user.clone()));
        assert_eq!(store.user_by_session(hash(seed), noon() + hours(8)).await.unwrap(), None);
    }
    store.end_session(hash("w1")).await.unwrap();
    assert_eq!(store.user_by_session(hash("w1"), noon()).await.unwrap(), None);
    store.set_password(user.id, "$argon2id$2").await.unwrap();
    assert_eq!(store.user_by_session(hash("w2"), noon()).await.unwrap(), None);
    store.put_session(begin("w3")).await.unwrap();
    store.set_user_disabled(user.id, true).await.unwrap();
    assert_eq!(store.user_by_session(hash("w3"), noon()).await.unwrap(), None);
    store.set_user_disabled(user.id, false).await.unwrap();
    assert_eq!(store.user_by_session(hash("w3"), noon()).await.unwrap(), None, "an ended session does not come back");
    let user = store.user_by_name("ada").await.unwrap().expect("the account");
    assert_eq!((user.password_hash.as_str(), user.is_disabled), ("$argon2id$2", false));
    let nobody = UserId::from_octets([9; 16]);
    assert!(matches!(store.set_password(nobody, "x").await, Err(StoreError::NotFound { .. })));
}
