//! Tenants, sites and senders, in PostgreSQL.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::PostgresStore;
use super::enrol::{self, put_credential, put_signpost, remove_signpost, signpost};
use super::link::Link;
use super::rows::{admission, certificate, last_report, senders, watched};
use super::sql::statements;
use super::values::{at, from_word, maybe_at, micros, moment, most, plain, word};
use crate::error::{Result, StoreError};
use crate::ids::{SenderId, SiteId, TenantId, TokenId, new_id};
use crate::registry::{Admission, Applicant, Caller, Code, Enrolment, Registry, SecretHash, Sender, Site, Tenant, TenantToken};

pub const TENANT_NAME: &str = "tenant-name";
pub const CODE: &str = "code";
pub const TENANT_TOKEN: &str = "tenant-token";
pub const CREDENTIAL: &str = "credential";

statements! {
    Tenant PUT_TENANT = "INSERT INTO tenants (tenant_id, name, created_at) VALUES ($1, $2, $3)";
    Tenant TENANT = "SELECT tenant_id, name, created_at FROM tenants WHERE tenant_id = $1";
    House TENANTS = "SELECT tenant_id, name, created_at FROM tenants ORDER BY name";
    Tenant SITES = "SELECT site_id, name, created_at FROM sites WHERE tenant_id = $1 ORDER BY name";
    Tenant PUT_CODE = "INSERT INTO codes (tenant_id, hash, site, kind, created_at, expires_at, spent_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    Tenant CODES = "SELECT hash, site, kind, created_at, expires_at, spent_at FROM codes WHERE tenant_id = $1 ORDER BY created_at DESC, hash DESC";
    Tenant PUT_TOKEN = "INSERT INTO tenant_tokens (tenant_id, token_id, hash, name, site, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    Tenant TOKENS = "SELECT token_id, hash, name, site, created_at, expires_at FROM tenant_tokens WHERE tenant_id = $1 ORDER BY token_id";
    Tenant REVOKE_TOKEN = "DELETE FROM tenant_tokens WHERE tenant_id = $1 AND token_id = $2 RETURNING hash";
    Tenant CALLER = "SELECT s.kind, s.admission, s.admission_at, s.admission_reason, s.certificate, t.last_report, t.last_sequence, \
                     EXISTS (SELECT 1 FROM credentials o WHERE o.tenant_id = $1 AND o.sender_id = c.sender_id AND o.created_at < c.created_at) \
                     FROM credentials c JOIN senders s ON s.tenant_id = c.tenant_id AND s.sender_id = c.sender_id \
                     JOIN standings t ON t.tenant_id = c.tenant_id AND t.sender_id = c.sender_id \
                     WHERE c.tenant_id = $1 AND c.sender_id = $2 AND c.hash = $3";
    // Whoever changes a sender holds its standing, as whoever takes a report of it does.
    Tenant HOLD = "SELECT 1 FROM standings WHERE tenant_id = $1 AND sender_id = $2 FOR UPDATE";
    Tenant CREDENTIALS = "SELECT hash, created_at FROM credentials WHERE tenant_id = $1 AND sender_id = $2 ORDER BY created_at, hash";
    Tenant REMOVE_CREDENTIAL = "DELETE FROM credentials WHERE tenant_id = $1 AND sender_id = $2 AND hash = $3";
    Tenant ADMIT = "UPDATE senders SET admission = $3, admission_at = $4, admission_reason = $5 WHERE tenant_id = $1 AND sender_id = $2";
    Tenant SWEEP_SOON = "UPDATE standings SET next_sweep_at = 0 WHERE tenant_id = $1 AND sender_id = $2";
    Tenant RENAME = "UPDATE senders SET name = $3 WHERE tenant_id = $1 AND sender_id = $2";
    Tenant BIND = "UPDATE senders SET certificate = coalesce(certificate, $3) WHERE tenant_id = $1 AND sender_id = $2 RETURNING certificate";
    Tenant CONTACT = "UPDATE standings SET last_contact_at = greatest(last_contact_at, $3), last_error = coalesce($4, last_error), \
                      last_error_at = coalesce($5, last_error_at) WHERE tenant_id = $1 AND sender_id = $2";
    Tenant SENDER = senders!("WHERE s.tenant_id = $1 AND s.sender_id = $2");
    Tenant SENDERS = senders!("WHERE s.tenant_id = $1 AND s.sender_id > $2 ORDER BY s.sender_id LIMIT $3");
}

#[async_trait]
impl Registry for PostgresStore {
    async fn create_tenant(&self, name: &str, now: Timestamp) -> Result<Tenant> {
        let tenant = Tenant { id: new_id(now), name: plain(name), created_at: now };
        self.write(move |link| {
            let tenant = tenant.clone();
            Box::pin(async move {
                if !put_signpost(link, TENANT_NAME, tenant.name.as_bytes(), tenant.id, tenant.id.octets()).await? {
                    return Err(StoreError::NameTaken { name: tenant.name });
                }
                link.run(&PUT_TENANT, &[&tenant.id, &tenant.name, &micros(tenant.created_at)]).await?;
                Ok(tenant)
            })
        })
        .await
    }

    async fn tenants(&self) -> Result<Vec<Tenant>> {
        self.ask(|link| Box::pin(async move { link.all(&TENANTS, &[], tenant).await })).await
    }

    async fn tenant_by_name(&self, name: &str) -> Result<Option<Tenant>> {
        let name = plain(name);
        self.ask(move |link| {
            let name = name.clone();
            Box::pin(async move {
                let Some((id, _)) = signpost(link, TENANT_NAME, name.as_bytes()).await? else { return Ok(None) };
                link.one(&TENANT, &[&id], tenant).await
            })
        })
        .await
    }

    async fn sites(&self, tenant: TenantId) -> Result<Vec<Site>> {
        self.ask(move |link| {
            Box::pin(async move {
                let read = |row: &Row| Ok(Site { id: row.try_get::<_, SiteId>(0)?, name: row.try_get(1)?, created_at: at(row, 2)? });
                link.all(&SITES, &[&tenant], read).await
            })
        })
        .await
    }

    async fn put_code(&self, tenant: TenantId, code: Code) -> Result<()> {
        self.write(move |link| {
            let code = code.clone();
            Box::pin(async move {
                must_know(link, tenant).await?;
                let (kind, spent_at) = (word(&code.kind), code.spent_at.map(micros));
                let (created_at, expires_at) = (micros(code.created_at), micros(code.expires_at));
                link.run(&PUT_CODE, &[&tenant, &code.hash, &plain(&code.site), &kind, &created_at, &expires_at, &spent_at]).await?;
                put_signpost(link, CODE, &code.hash.0, tenant, &code.hash.0).await.map(drop)
            })
        })
        .await
    }

    async fn codes(&self, tenant: TenantId) -> Result<Vec<Code>> {
        self.ask(move |link| Box::pin(async move { link.all(&CODES, &[&tenant], code).await })).await
    }

    async fn create_tenant_token(
        &self,
        tenant: TenantId,
        hash: SecretHash,
        name: &str,
        site: &str,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<TenantToken> {
        let token = TenantToken { id: new_id(now), hash, name: plain(name), site: plain(site), created_at: now, expires_at };
        self.write(move |link| {
            let token = token.clone();
            Box::pin(async move {
                must_know(link, tenant).await?;
                let (made, end) = (micros(token.created_at), token.expires_at.map(micros));
                link.run(&PUT_TOKEN, &[&tenant, &token.id, &token.hash, &token.name, &token.site, &made, &end]).await?;
                put_signpost(link, TENANT_TOKEN, &token.hash.0, tenant, token.id.octets()).await?;
                Ok(token)
            })
        })
        .await
    }

    async fn tenant_tokens(&self, tenant: TenantId) -> Result<Vec<TenantToken>> {
        self.ask(move |link| Box::pin(async move { link.all(&TOKENS, &[&tenant], tenant_token).await })).await
    }

    async fn revoke_tenant_token(&self, tenant: TenantId, token: TokenId) -> Result<bool> {
        self.write(move |link| {
            Box::pin(async move {
                let revoked = link.one(&REVOKE_TOKEN, &[&tenant, &token], |row| Ok(row.try_get::<_, SecretHash>(0)?)).await?;
                let Some(hash) = revoked else { return Ok(false) };
                remove_signpost(link, TENANT_TOKEN, hash).await?;
                Ok(true)
            })
        })
        .await
    }

    async fn enrol(&self, applicant: Applicant, now: Timestamp) -> Result<Enrolment> {
        self.write(move |link| {
            let applicant = applicant.clone();
            Box::pin(enrol::enrol(link, applicant, now))
        })
        .await
    }

    async fn sender_by_credential(&self, hash: SecretHash) -> Result<Option<Caller>> {
        self.ask(move |link| {
            Box::pin(async move {
                let Some((tenant, id)) = signpost(link, CREDENTIAL, &hash.0).await? else { return Ok(None) };
                let octets = id.try_into().map_err(|_| StoreError::Unreadable { table: "signposts" })?;
                let sender = SenderId::from_octets(octets);
                link.one(&CALLER, &[&tenant, &sender, &hash], |row| {
                    Ok(Caller {
                        tenant,
                        sender,
                        kind: from_word(row, 0, "senders")?,
                        admission: admission(row, 1, 2, 3)?,
                        certificate: certificate(row, 4)?,
                        last_report: last_report(row, 5, 6)?,
                        is_unsettled: row.try_get(7)?,
                    })
                })
                .await
            })
        })
        .await
    }

    async fn rotate(&self, tenant: TenantId, sender: SenderId, credential: SecretHash, now: Timestamp) -> Result<()> {
        self.write(move |link| {
            Box::pin(async move {
                must_know_sender(link, tenant, sender).await?;
                // The oldest is the one in use; a newer one that was never shown is replaced.
                let own = credentials(link, tenant, sender).await?;
                for (hash, _) in own.iter().skip(1) {
                    remove_credential(link, tenant, sender, *hash).await?;
                }
                // Newer than the one in use, whatever the clock says: that tells them apart.
                let made_at = own.first().map_or(now, |(_, in_use)| now.max(*in_use + SignedDuration::from_micros(1)));
                put_credential(link, tenant, sender, credential, made_at).await
            })
        })
        .await
    }

    async fn settle(&self, tenant: TenantId, sender: SenderId, credential: SecretHash) -> Result<()> {
        self.write(move |link| {
            Box::pin(async move {
                link.run(&HOLD, &[&tenant, &sender]).await?;
                let own = credentials(link, tenant, sender).await?;
                if own.iter().any(|(hash, _)| *hash == credential) {
                    for (hash, _) in own.iter().filter(|(hash, _)| *hash != credential) {
                        remove_credential(link, tenant, sender, *hash).await?;
                    }
                }
                Ok(())
            })
        })
        .await
    }

    async fn revoke(&self, tenant: TenantId, sender: SenderId) -> Result<()> {
        self.write(move |link| {
            Box::pin(async move {
                must_know_sender(link, tenant, sender).await?;
                revoke(link, tenant, sender).await
            })
        })
        .await
    }

    async fn set_admission(&self, tenant: TenantId, sender: SenderId, admission: Admission) -> Result<()> {
        self.write(move |link| {
            let admission = admission.clone();
            Box::pin(async move {
                must_know_sender(link, tenant, sender).await?;
                let (word, since, reason) = match &admission {
                    Admission::Admitted => ("admitted", None, None),
                    Admission::Disabled { reason, at } => ("disabled", Some(micros(*at)), Some(plain(reason))),
                    Admission::Retired { at } => ("retired", Some(micros(*at)), None),
                };
                link.run(&ADMIT, &[&tenant, &sender, &word, &since, &reason]).await?;
                // What is expected of it has changed.
                link.run(&SWEEP_SOON, &[&tenant, &sender]).await?;
                if matches!(admission, Admission::Retired { .. }) { revoke(link, tenant, sender).await } else { Ok(()) }
            })
        })
        .await
    }

    async fn rename_sender(&self, tenant: TenantId, sender: SenderId, name: &str) -> Result<()> {
        let name = plain(name);
        self.write(move |link| {
            let name = name.clone();
            Box::pin(async move {
                must_know_sender(link, tenant, sender).await?;
                link.run(&RENAME, &[&tenant, &sender, &name]).await.map(drop)
            })
        })
        .await
    }

    async fn bind_certificate(&self, tenant: TenantId, sender: SenderId, sha256: [u8; 32]) -> Result<[u8; 32]> {
        self.write(move |link| {
            Box::pin(async move {
                must_know_sender(link, tenant, sender).await?;
                let bound = link.one(&BIND, &[&tenant, &sender, &sha256.as_slice()], |row| certificate(row, 0)).await?;
                bound.flatten().ok_or(StoreError::NotFound { what: "sender" })
            })
        })
        .await
    }

    async fn note_contact(&self, tenant: TenantId, sender: SenderId, now: Timestamp, error: Option<&str>) -> Result<()> {
        let (error, now) = (error.map(plain), micros(now));
        self.write(move |link| {
            let error = error.clone();
            Box::pin(async move {
                let error_at = error.is_some().then_some(now);
                let rows = link.run(&CONTACT, &[&tenant, &sender, &now, &error, &error_at]).await?;
                if rows == 0 { Err(StoreError::NotFound { what: "sender" }) } else { Ok(()) }
            })
        })
        .await
    }

    async fn sender(&self, tenant: TenantId, sender: SenderId) -> Result<Option<Sender>> {
        self.ask(move |link| {
            Box::pin(async move { Ok(link.one(&SENDER, &[&tenant, &sender], watched).await?.map(|watched| watched.sender)) })
        })
        .await
    }

    async fn senders(&self, tenant: TenantId, after: Option<SenderId>, limit: usize) -> Result<Vec<Sender>> {
        // No id is all noughts: ours begin with the time.
        let (after, limit) = (after.unwrap_or(SenderId::from_octets([0; 16])), most(limit));
        self.ask(move |link| {
            Box::pin(async move {
                let read = |row: &Row| Ok(watched(row)?.sender);
                link.all(&SENDERS, &[&tenant, &after, &limit], read).await
            })
        })
        .await
    }
}

fn tenant(row: &Row) -> Result<Tenant> {
    Ok(Tenant { id: row.try_get(0)?, name: row.try_get(1)?, created_at: at(row, 2)? })
}

pub fn code(row: &Row) -> Result<Code> {
    Ok(Code {
        hash: row.try_get(0)?,
        site: row.try_get(1)?,
        kind: from_word(row, 2, "codes")?,
        created_at: at(row, 3)?,
        expires_at: at(row, 4)?,
        spent_at: maybe_at(row, 5)?,
    })
}

pub fn tenant_token(row: &Row) -> Result<TenantToken> {
    Ok(TenantToken {
        id: row.try_get(0)?,
        hash: row.try_get(1)?,
        name: row.try_get(2)?,
        site: row.try_get(3)?,
        created_at: at(row, 4)?,
        expires_at: maybe_at(row, 5)?,
    })
}

async fn must_know(link: &Link, tenant: TenantId) -> Result<()> {
    let found = link.one(&TENANT, &[&tenant], |_| Ok(())).await?;
    found.ok_or(StoreError::NotFound { what: "tenant" })
}

/// Makes sure that the sender is this tenant's, and holds it until the transaction ends.
pub async fn must_know_sender(link: &Link, tenant: TenantId, sender: SenderId) -> Result<()> {
    let found = link.one(&HOLD, &[&tenant, &sender], |_| Ok(())).await?;
    found.ok_or(StoreError::NotFound { what: "sender" })
}

/// Lists the hashes of a sender's secrets and when they were made, the oldest first.
async fn credentials(link: &Link, tenant: TenantId, sender: SenderId) -> Result<Vec<(SecretHash, Timestamp)>> {
    link.all(&CREDENTIALS, &[&tenant, &sender], |row| Ok((row.try_get(0)?, moment(row.try_get(1)?)))).await
}

async fn remove_credential(link: &Link, tenant: TenantId, sender: SenderId, hash: SecretHash) -> Result<()> {
    link.run(&REMOVE_CREDENTIAL, &[&tenant, &sender, &hash]).await?;
    remove_signpost(link, CREDENTIAL, hash).await
}

async fn revoke(link: &Link, tenant: TenantId, sender: SenderId) -> Result<()> {
    for (hash, _) in credentials(link, tenant, sender).await? {
        remove_credential(link, tenant, sender, hash).await?;
    }
    Ok(())
}
