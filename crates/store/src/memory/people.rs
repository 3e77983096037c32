//! Accounts, sessions and tokens, in memory.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{MemoryStore, Tables};
use crate::error::{Result, StoreError};
use crate::ids::{TokenId, UserId, new_id};
use crate::people::{ApiToken, People, Role, Scope, User, WebSession};
use crate::registry::SecretHash;

#[async_trait]
impl People for MemoryStore {
    async fn create_api_token(
        &self,
        hash: SecretHash,
        name: &str,
        scope: Scope,
        role: Role,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<ApiToken> {
        let token = ApiToken { id: new_id(now), hash, name: name.to_owned(), scope, role, created_at: now, expires_at };
        self.tables().api_tokens.insert(token.id, token.clone());
        Ok(token)
    }

    async fn api_token(&self, hash: SecretHash, now: Timestamp) -> Result<Option<ApiToken>> {
        let tables = self.tables();
        let token = tables.api_tokens.values().find(|token| token.hash == hash);
        Ok(token.filter(|token| token.expires_at.is_none_or(|end| end > now)).cloned())
    }

    async fn api_tokens(&self, scope: Scope) -> Result<Vec<ApiToken>> {
        Ok(self.tables().api_tokens.values().filter(|token| scope.covers(token.scope)).cloned().collect())
    }

    async fn revoke_api_token(&self, scope: Scope, token: TokenId) -> Result<bool> {
        let mut tables = self.tables();
        let is_there = tables.api_tokens.get(&token).is_some_and(|token| scope.covers(token.scope));
        Ok(is_there && tables.api_tokens.remove(&token).is_some())
    }

    async fn create_user(&self, name: &str, password_hash: &str, scope: Scope, role: Role, now: Timestamp) -> Result<User> {
        let mut tables = self.tables();
        if tables.users.values().any(|user| user.name == name) {
            return Err(StoreError::NameTaken { name: name.to_owned() });
        }
        let user = User {
            id: new_id(now),
            name: name.to_owned(),
            password_hash: password_hash.to_owned(),
            scope,
            role,
            created_at: now,
            is_disabled: false,
        };
        tables.users.insert(user.id, user.clone());
        Ok(user)
    }

    async fn user_by_name(&self, name: &str) -> Result<Option<User>> {
        Ok(self.tables().users.values().find(|user| user.name == name).cloned())
    }

    async fn users(&self, scope: Scope) -> Result<Vec<User>> {
        let mut users: Vec<User> = self.tables().users.values().filter(|user| scope.covers(user.scope)).cloned().collect();
        users.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(users)
    }

    async fn set_user_disabled(&self, user: UserId, is_disabled: bool) -> Result<()> {
        self.tables().change_user(user, |user| user.is_disabled = is_disabled)
    }

    async fn set_password(&self, user: UserId, password_hash: &str) -> Result<()> {
        self.tables().change_user(user, |user| user.password_hash = password_hash.to_owned())
    }

    async fn put_session(&self, session: WebSession) -> Result<()> {
        let mut tables = self.tables();
        if !tables.users.contains_key(&session.user) {
            return Err(StoreError::NotFound { what: "user" });
        }
        tables.sessions.insert(session.hash, session);
        Ok(())
    }

    async fn user_by_session(&self, hash: SecretHash, now: Timestamp) -> Result<Option<User>> {
        let tables = self.tables();
        let session = tables.sessions.get(&hash).filter(|session| session.expires_at > now);
        let user = session.and_then(|session| tables.users.get(&session.user));
        Ok(user.filter(|user| !user.is_disabled).cloned())
    }

    async fn end_session(&self, hash: SecretHash) -> Result<()> {
        self.tables().sessions.remove(&hash);
        Ok(())
    }
}

impl Tables {
    /// Changes an account, which ends its sessions.
    fn change_user(&mut self, user: UserId, change: impl FnOnce(&mut User)) -> Result<()> {
        change(self.users.get_mut(&user).ok_or(StoreError::NotFound { what: "user" })?);
        self.sessions.retain(|_, session| session.user != user);
        Ok(())
    }
}
