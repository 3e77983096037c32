//! Accounts, sessions and tokens, in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_postgres::Row;

use super::PostgresStore;
use super::link::Link;
use super::sql::statements;
use super::values::{at, maybe_at, micros, plain};
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

statements! {
    Door PUT_TOKEN = "INSERT INTO api_tokens (token_id, hash, name, tenant_id, role, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    Door TOKEN = tokens!("WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)");
    Door TOKENS = tokens!("ORDER BY token_id");
    Door TOKENS_OF = tokens!("WHERE tenant_id = $1 ORDER BY token_id");
    Door REVOKE = "DELETE FROM api_tokens WHERE token_id = $1";
    Door REVOKE_OF = "DELETE FROM api_tokens WHERE tenant_id = $1 AND token_id = $2";
    Door PUT_USER = "INSERT INTO users (user_id, name, password_hash, tenant_id, role, created_at, is_disabled) \
                     VALUES ($1, $2, $3, $4, $5, $6, false) ON CONFLICT (name) DO NOTHING";
    Door USER = users!("WHERE u.name = $1");
    Door USERS = users!("ORDER BY u.name");
    Door USERS_OF = users!("WHERE u.tenant_id = $1 ORDER BY u.name");
    Door DISABLE = "UPDATE users SET is_disabled = $2 WHERE user_id = $1";
    Door PASSWORD = "UPDATE users SET password_hash = $2 WHERE user_id = $1";
    Door KNOWN = "SELECT 1 FROM users WHERE user_id = $1 FOR UPDATE";
    Door PUT_SESSION = "INSERT INTO web_sessions (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    Door USER_BY_SESSION = users!("JOIN web_sessions w ON w.user_id = u.user_id WHERE w.hash = $1 AND w.expires_at > $2 AND NOT u.is_disabled");
    Door END_SESSION = "DELETE FROM web_sessions WHERE hash = $1";
    Door END_SESSIONS = "DELETE FROM web_sessions WHERE user_id = $1";
}

#[async_trait]
impl People for PostgresStore {
    async fn create_api_token(
        &self,
        hash: SecretHash,
        name: &str,
        scope: Scope,
        role: Role,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<ApiToken> {
        let token = ApiToken { id: new_id(now), hash, name: plain(name), scope, role, created_at: now, expires_at };
        self.write(move |link| {
            let token = token.clone();
            Box::pin(async move {
                let (tenant, role, end) = (tenant_of(scope), role_word(role), expires_at.map(micros));
                link.run(&PUT_TOKEN, &[&token.id, &token.hash, &token.name, &tenant, &role, &micros(now), &end]).await?;
                Ok(token)
            })
        })
        .await
    }

    async fn api_token(&self, hash: SecretHash, now: Timestamp) -> Result<Option<ApiToken>> {
        self.ask(move |link| Box::pin(async move { link.one(&TOKEN, &[&hash, &micros(now)], token).await })).await
    }

    async fn api_tokens(&self, scope: Scope) -> Result<Vec<ApiToken>> {
        self.ask(move |link| {
            Box::pin(async move {
                match scope {
                    Scope::AllTenants => link.all(&TOKENS, &[], token).await,
                    Scope::Tenant(tenant) => link.all(&TOKENS_OF, &[&tenant], token).await,
                }
            })
        })
        .await
    }

    async fn revoke_api_token(&self, scope: Scope, token: TokenId) -> Result<bool> {
        self.write(move |link| {
            Box::pin(async move {
                let gone = match scope {
                    Scope::AllTenants => link.run(&REVOKE, &[&token]).await?,
                    Scope::Tenant(tenant) => link.run(&REVOKE_OF, &[&tenant, &token]).await?,
                };
                Ok(gone > 0)
            })
        })
        .await
    }

    async fn create_user(&self, name: &str, password_hash: &str, scope: Scope, role: Role, now: Timestamp) -> Result<User> {
        let user = User {
            id: new_id(now),
            name: plain(name),
            password_hash: password_hash.to_owned(),
            scope,
            role,
            created_at: now,
            is_disabled: false,
        };
        self.write(move |link| {
            let user = user.clone();
            Box::pin(async move {
                let (tenant, role) = (tenant_of(scope), role_word(role));
                let rows = link.run(&PUT_USER, &[&user.id, &user.name, &user.password_hash, &tenant, &role, &micros(now)]).await?;
                if rows == 0 { Err(StoreError::NameTaken { name: user.name }) } else { Ok(user) }
            })
        })
        .await
    }

    async fn user_by_name(&self, name: &str) -> Result<Option<User>> {
        let name = plain(name);
        self.ask(move |link| {
            let name = name.clone();
            Box::pin(async move { link.one(&USER, &[&name], user).await })
        })
        .await
    }

    async fn users(&self, scope: Scope) -> Result<Vec<User>> {
        self.ask(move |link| {
            Box::pin(async move {
                match scope {
                    Scope::AllTenants => link.all(&USERS, &[], user).await,
                    Scope::Tenant(tenant) => link.all(&USERS_OF, &[&tenant], user).await,
                }
            })
        })
        .await
    }

    async fn set_user_disabled(&self, user: UserId, is_disabled: bool) -> Result<()> {
        self.write(move |link| {
            Box::pin(async move {
                let rows = link.run(&DISABLE, &[&user, &is_disabled]).await?;
                end_sessions(link, user, rows).await
            })
        })
        .await
    }

    async fn set_password(&self, user: UserId, password_hash: &str) -> Result<()> {
        let password_hash = password_hash.to_owned();
        self.write(move |link| {
            let password_hash = password_hash.clone();
            Box::pin(async move {
                let rows = link.run(&PASSWORD, &[&user, &password_hash]).await?;
                end_sessions(link, user, rows).await
            })
        })
        .await
    }

    async fn put_session(&self, session: WebSession) -> Result<()> {
        self.write(move |link| {
            let session = session.clone();
            Box::pin(async move {
                // Held, so that who disables the account meanwhile ends this session too.
                let known = link.one(&KNOWN, &[&session.user], |_| Ok(())).await?;
                known.ok_or(StoreError::NotFound { what: "user" })?;
                let (begun, end) = (micros(session.created_at), micros(session.expires_at));
                link.run(&PUT_SESSION, &[&session.hash, &session.user, &begun, &end]).await.map(drop)
            })
        })
        .await
    }

    async fn user_by_session(&self, hash: SecretHash, now: Timestamp) -> Result<Option<User>> {
        self.ask(move |link| Box::pin(async move { link.one(&USER_BY_SESSION, &[&hash, &micros(now)], user).await })).await
    }

    async fn end_session(&self, hash: SecretHash) -> Result<()> {
        self.write(move |link| Box::pin(async move { link.run(&END_SESSION, &[&hash]).await.map(drop) })).await
    }
}

/// Ends the sessions of an account that was changed, if there is one.
async fn end_sessions(link: &Link, user: UserId, changed: u64) -> Result<()> {
    if changed == 0 {
        return Err(StoreError::NotFound { what: "user" });
    }
    link.run(&END_SESSIONS, &[&user]).await.map(drop)
}

fn tenant_of(scope: Scope) -> Option<TenantId> {
    match scope {
        Scope::AllTenants => None,
        Scope::Tenant(tenant) => Some(tenant),
    }
}

fn scope(row: &Row, column: usize) -> Result<Scope> {
    Ok(row.try_get::<_, Option<TenantId>>(column)?.map_or(Scope::AllTenants, Scope::Tenant))
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
    }
}

/// Reads a role; a word that is not known may do the least.
fn role(row: &Row, column: usize) -> Result<Role> {
    Ok(if row.try_get::<_, &str>(column)? == "operator" { Role::Operator } else { Role::Viewer })
}

fn token(row: &Row) -> Result<ApiToken> {
    Ok(ApiToken {
        id: row.try_get(0)?,
        hash: row.try_get(1)?,
        name: row.try_get(2)?,
        scope: scope(row, 3)?,
        role: role(row, 4)?,
        created_at: at(row, 5)?,
        expires_at: maybe_at(row, 6)?,
    })
}

fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        password_hash: row.try_get(2)?,
        scope: scope(row, 3)?,
        role: role(row, 4)?,
        created_at: at(row, 5)?,
        is_disabled: row.try_get(6)?,
    })
}
