//! Who may look: people's accounts, their sessions, and programs' tokens.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::Result;
use crate::ids::{TenantId, TokenId, UserId};
use crate::registry::SecretHash;

/// Says whose data may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The service provider's own people.
    AllTenants,
    Tenant(TenantId),
}

impl Scope {
    /// Returns whether this tenant's data may be seen.
    pub fn includes(self, tenant: TenantId) -> bool {
        match self {
            Scope::AllTenants => true,
            Scope::Tenant(own) => own == tenant,
        }
    }

    /// Returns whether who has this scope may see what belongs to the other one.
    pub fn covers(self, other: Scope) -> bool {
        self == Scope::AllTenants || self == other
    }
}

/// Says what may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Looks, and gives codes and commands.
    Operator,
}

/// Is a program's key to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: TokenId,
    pub hash: SecretHash,
    pub name: String,
    pub scope: Scope,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// Is a person's account.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// Unique in the store; compared exactly.
    pub name: String,
    /// In the PHC string format, as argon2 writes it.
    pub password_hash: String,
    pub scope: Scope,
    pub role: Role,
    pub created_at: Timestamp,
    pub is_disabled: bool,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let User { id, name, scope, role, is_disabled, .. } = self;
        f.debug_struct("User")
            .field("id", id)
            .field("name", name)
            .field("password_hash", &"…")
            .field("scope", scope)
            .field("role", role)
            .field("is_disabled", is_disabled)
            .finish_non_exhaustive()
    }
}

/// Is a person's time at the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    pub hash: SecretHash,
    pub user: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Keeps accounts, sessions and tokens. These are looked up before a tenant is known.
#[async_trait]
pub trait People: Send + Sync {
    /// Makes a token for the API.
    async fn create_api_token(
        &self,
        hash: SecretHash,
        name: &str,
        scope: Scope,
        role: Role,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<ApiToken>;

    /// Finds a token that has not ended.
    async fn api_token(&self, hash: SecretHash, now: Timestamp) -> Result<Option<ApiToken>>;

    /// Lists the tokens within a scope, those made first first.
    async fn api_tokens(&self, scope: Scope) -> Result<Vec<ApiToken>>;

    /// Ends a token within a scope. Returns whether there was one.
    async fn revoke_api_token(&self, scope: Scope, token: TokenId) -> Result<bool>;

    /// Makes an account.
    ///
    /// # Errors
    /// Fails with [`NameTaken`](crate::StoreError::NameTaken).
    async fn create_user(&self, name: &str, password_hash: &str, scope: Scope, role: Role, now: Timestamp) -> Result<User>;

    /// Finds an account by its name, disabled ones too.
    async fn user_by_name(&self, name: &str) -> Result<Option<User>>;

    /// Lists the accounts within a scope, by name.
    async fn users(&self, scope: Scope) -> Result<Vec<User>>;

    /// Disables an account, which ends its sessions, or enables it again.
    async fn set_user_disabled(&self, user: UserId, is_disabled: bool) -> Result<()>;

    /// Gives an account another password, which ends its sessions.
    async fn set_password(&self, user: UserId, password_hash: &str) -> Result<()>;

    /// Begins a session.
    async fn put_session(&self, session: WebSession) -> Result<()>;

    /// Finds the account of a session that has not ended; `None` if the account is disabled.
    async fn user_by_session(&self, hash: SecretHash, now: Timestamp) -> Result<Option<User>>;

    /// Ends a session.
    async fn end_session(&self, hash: SecretHash) -> Result<()>;
}
