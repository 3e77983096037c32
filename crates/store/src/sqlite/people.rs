//! Accounts, sessions and tokens, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::SqliteStore;
use super::values::{Ask, At, at, maybe_at};
use crate::error::{Result, StoreError};
use crate::ids::{TenantId, TokenId, UserId, new_id};
use crate::people::{ApiToken, People, Role, Scope, User, WebSession};
use crate::registry::SecretHash;

/// Asks for tokens, for [`token`]; what is given says which.
macro_rules! tokens {
    ($which:literal) => {
        concat!("SELECT token_id, hash, name, tenant_id, role, created_at, expires_at FROM api_tokens ", $which)
    };
}

/// Asks for accounts, for [`user`]; what is given says which.
macro_rules! users {
    ($which:literal) => {
        concat!("SELECT u.user_id, u.name, u.password_hash, u.tenant_id, u.role, u.created_at, u.is_disabled FROM users u ", $which)
    };
}

#[async_trait]
impl People for SqliteStore {
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
        self.write(move |connection| {
            connection.run(
                "INSERT INTO api_tokens (token_id, hash, name, tenant_id, role, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (token.id, token.hash, &token.name, tenant_of(scope), role_word(role), At(now), expires_at.map(At)),
            )?;
            Ok(token)
        })
        .await
    }

    async fn api_token(&self, hash: SecretHash, now: Timestamp) -> Result<Option<ApiToken>> {
        self.read(move |connection| {
            connection.one(tokens!("WHERE hash = ?1 AND (expires_at IS NULL OR expires_at > ?2)"), (hash, At(now)), token)
        })
        .await
    }

    async fn api_tokens(&self, scope: Scope) -> Result<Vec<ApiToken>> {
        self.read(move |connection| match scope {
            Scope::AllTenants => connection.all(tokens!("ORDER BY token_id"), (), token),
            Scope::Tenant(tenant) => connection.all(tokens!("WHERE tenant_id = ?1 ORDER BY token_id"), [tenant], token),
        })
        .await
    }

    async fn revoke_api_token(&self, scope: Scope, token: TokenId) -> Result<bool> {
        self.write(move |connection| {
            let gone = match scope {
                Scope::AllTenants => connection.run("DELETE FROM api_tokens WHERE token_id = ?1", [token])?,
                Scope::Tenant(tenant) => {
                    connection.run("DELETE FROM api_tokens WHERE tenant_id = ?1 AND token_id = ?2", (tenant, token))?
                }
            };
            Ok(gone > 0)
        })
        .await
    }

    async fn create_user(&self, name: &str, password_hash: &str, scope: Scope, role: Role, now: Timestamp) -> Result<User> {
        let user = User {
            id: new_id(now),
            name: name.to_owned(),
            password_hash: password_hash.to_owned(),
            scope,
            role,
            created_at: now,
            is_disabled: false,
        };
        self.write(move |connection| {
            let rows = connection.run(
                "INSERT INTO users (user_id, name, password_hash, tenant_id, role, created_at, is_disabled) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT DO NOTHING",
                (user.id, &user.name, &user.password_hash, tenant_of(scope), role_word(role), At(now)),
            )?;
            if rows == 0 { Err(StoreError::NameTaken { name: user.name }) } else { Ok(user) }
        })
        .await
    }

    async fn user_by_name(&self, name: &str) -> Result<Option<User>> {
        let name = name.to_owned();
        self.read(move |connection| connection.one(users!("WHERE u.name = ?1"), [name], user)).await
    }

    async fn users(&self, scope: Scope) -> Result<Vec<User>> {
        self.read(move |connection| match scope {
            Scope::AllTenants => connection.all(users!("ORDER BY u.name"), (), user),
            Scope::Tenant(tenant) => connection.all(users!("WHERE u.tenant_id = ?1 ORDER BY u.name"), [tenant], user),
        })
        .await
    }

    async fn set_user_disabled(&self, user: UserId, is_disabled: bool) -> Result<()> {
        self.write(move |connection| {
            let rows = connection.run("UPDATE users SET is_disabled = ?2 WHERE user_id = ?1", (user, is_disabled))?;
            end_sessions(connection, user, rows)
        })
        .await
    }

    async fn set_password(&self, user: UserId, password_hash: &str) -> Result<()> {
        let password_hash = password_hash.to_owned();
        self.write(move |connection| {
            let rows = connection.run("UPDATE users SET password_hash = ?2 WHERE user_id = ?1", (user, password_hash))?;
            end_sessions(connection, user, rows)
        })
        .await
    }

    async fn put_session(&self, session: WebSession) -> Result<()> {
        self.write(move |connection| {
            let known = connection.one("SELECT 1 FROM users WHERE user_id = ?1", [session.user], |_| Ok(()))?;
            known.ok_or(StoreError::NotFound { what: "user" })?;
            let sql = "INSERT INTO web_sessions (hash, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
            connection.run(sql, (session.hash, session.user, At(session.created_at), At(session.expires_at))).map(drop)
        })
        .await
    }

    async fn user_by_session(&self, hash: SecretHash, now: Timestamp) -> Result<Option<User>> {
        self.read(move |connection| {
            let sql = users!("JOIN web_sessions w ON w.user_id = u.user_id WHERE w.hash = ?1 AND w.expires_at > ?2 AND u.is_disabled = 0");
            connection.one(sql, (hash, At(now)), user)
        })
        .await
    }

    async fn end_session(&self, hash: SecretHash) -> Result<()> {
        self.write(move |connection| connection.run("DELETE FROM web_sessions WHERE hash = ?1", [hash]).map(drop)).await
    }
}

/// Ends the sessions of an account that was changed, if there is one.
fn end_sessions(connection: &Connection, user: UserId, changed: u64) -> Result<()> {
    if changed == 0 {
        return Err(StoreError::NotFound { what: "user" });
    }
    connection.run("DELETE FROM web_sessions WHERE user_id = ?1", [user]).map(drop)
}

fn tenant_of(scope: Scope) -> Option<TenantId> {
    match scope {
        Scope::AllTenants => None,
        Scope::Tenant(tenant) => Some(tenant),
    }
}

fn scope(row: &Row<'_>, column: usize) -> rusqlite::Result<Scope> {
    Ok(row.get::<_, Option<TenantId>>(column)?.map_or(Scope::AllTenants, Scope::Tenant))
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
    }
}

/// Reads a role; a word that is not known may do the least.
fn role(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    Ok(if row.get_ref(column)?.as_str()? == "operator" { Role::Operator } else { Role::Viewer })
}

fn token(row: &Row<'_>) -> rusqlite::Result<ApiToken> {
    Ok(ApiToken {
        id: row.get(0)?,
        hash: row.get(1)?,
        name: row.get(2)?,
        scope: scope(row, 3)?,
        role: role(row, 4)?,
        created_at: at(row, 5)?,
        expires_at: maybe_at(row, 6)?,
    })
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        password_hash: row.get(2)?,
        scope: scope(row, 3)?,
        role: role(row, 4)?,
        created_at: at(row, 5)?,
        is_disabled: row.get(6)?,
    })
}
