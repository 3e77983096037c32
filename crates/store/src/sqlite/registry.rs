//! Tenants, sites and senders, in SQLite.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row};
use wire::envelope::SenderKind;

use super::SqliteStore;
use super::rows::{admission, last_report, senders, watched};
use super::values::{Ask, At, Json, Word, at, maybe_at, most};
use crate::error::{Result, StoreError};
use crate::ids::{SenderId, SiteId, TenantId, TokenId, new_id};
use crate::registry::{Admission, Applicant, Caller, Code, Enrolment, Registry, SecretHash, Sender, Site, Tenant, TenantToken, Told};
use crate::said::Said;

const TENANT_NAME: &str = "tenant-name";
const CODE: &str = "code";
const TENANT_TOKEN: &str = "tenant-token";
const CREDENTIAL: &str = "credential";

#[async_trait]
impl Registry for SqliteStore {
    async fn create_tenant(&self, name: &str, now: Timestamp) -> Result<Tenant> {
        let tenant = Tenant { id: new_id(now), name: name.to_owned(), created_at: now };
        self.write(move |connection| {
            if signpost(connection, TENANT_NAME, tenant.name.as_bytes())?.is_some() {
                return Err(StoreError::NameTaken { name: tenant.name });
            }
            let sql = "INSERT INTO tenants (tenant_id, name, created_at) VALUES (?1, ?2, ?3)";
            connection.run(sql, (tenant.id, &tenant.name, At(tenant.created_at)))?;
            put_signpost(connection, TENANT_NAME, tenant.name.as_bytes(), tenant.id, tenant.id.octets())?;
            Ok(tenant)
        })
        .await
    }

    async fn tenants(&self) -> Result<Vec<Tenant>> {
        self.read(|connection| connection.all("SELECT tenant_id, name, created_at FROM tenants ORDER BY name", (), tenant)).await
    }

    async fn tenant_by_name(&self, name: &str) -> Result<Option<Tenant>> {
        let name = name.to_owned();
        self.read(move |connection| {
            let Some((id, _)) = signpost(connection, TENANT_NAME, name.as_bytes())? else { return Ok(None) };
            connection.one("SELECT tenant_id, name, created_at FROM tenants WHERE tenant_id = ?1", [id], tenant)
        })
        .await
    }

    async fn sites(&self, tenant: TenantId) -> Result<Vec<Site>> {
        self.read(move |connection| {
            let sql = "SELECT site_id, name, created_at FROM sites WHERE tenant_id = ?1 ORDER BY name";
            connection.all(sql, [tenant], |row| Ok(Site { id: row.get(0)?, name: row.get(1)?, created_at: at(row, 2)? }))
        })
        .await
    }

    async fn put_code(&self, tenant: TenantId, code: Code) -> Result<()> {
        self.write(move |connection| {
            must_know(connection, tenant)?;
            connection.run(
                "INSERT INTO codes (tenant_id, hash, site, kind, created_at, expires_at, spent_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (tenant, code.hash, &code.site, Word(code.kind), At(code.created_at), At(code.expires_at), code.spent_at.map(At)),
            )?;
            put_signpost(connection, CODE, &code.hash.0, tenant, &code.hash.0)
        })
        .await
    }

    async fn codes(&self, tenant: TenantId) -> Result<Vec<Code>> {
        self.read(move |connection| {
            let sql = "SELECT hash, site, kind, created_at, expires_at, spent_at FROM codes \
                       WHERE tenant_id = ?1 ORDER BY created_at DESC, hash DESC";
            connection.all(sql, [tenant], code)
        })
        .await
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
        let token = TenantToken { id: new_id(now), hash, name: name.to_owned(), site: site.to_owned(), created_at: now, expires_at };
        self.write(move |connection| {
            must_know(connection, tenant)?;
            connection.run(
                "INSERT INTO tenant_tokens (tenant_id, token_id, hash, name, site, created_at, expires_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (tenant, token.id, token.hash, &token.name, &token.site, At(token.created_at), token.expires_at.map(At)),
            )?;
            put_signpost(connection, TENANT_TOKEN, &token.hash.0, tenant, token.id.octets())?;
            Ok(token)
        })
        .await
    }

    async fn tenant_tokens(&self, tenant: TenantId) -> Result<Vec<TenantToken>> {
        self.read(move |connection| {
            let sql = "SELECT token_id, hash, name, site, created_at, expires_at FROM tenant_tokens \
                       WHERE tenant_id = ?1 ORDER BY token_id";
            connection.all(sql, [tenant], tenant_token)
        })
        .await
    }

    async fn revoke_tenant_token(&self, tenant: TenantId, token: TokenId) -> Result<bool> {
        self.write(move |connection| {
            let sql = "SELECT hash FROM tenant_tokens WHERE tenant_id = ?1 AND token_id = ?2";
            let Some(hash) = connection.one(sql, (tenant, token), |row| row.get::<_, SecretHash>(0))? else { return Ok(false) };
            remove_signpost(connection, TENANT_TOKEN, hash)?;
            connection.run("DELETE FROM tenant_tokens WHERE tenant_id = ?1 AND token_id = ?2", (tenant, token))?;
            Ok(true)
        })
        .await
    }

    async fn enrol(&self, applicant: Applicant, now: Timestamp) -> Result<Enrolment> {
        self.write(move |connection| enrol(connection, applicant, now)).await
    }

    async fn sender_by_credential(&self, hash: SecretHash) -> Result<Option<Caller>> {
        self.read(move |connection| {
            let Some((tenant, sender)) = signpost(connection, CREDENTIAL, &hash.0)? else { return Ok(None) };
            let sql = "SELECT s.tenant_id, s.sender_id, s.kind, s.admission, s.admission_at, s.admission_reason, s.certificate, \
                       t.last_report, t.last_sequence, \
                       (SELECT count(*) FROM credentials older JOIN credentials shown \
                       ON older.tenant_id = shown.tenant_id AND older.sender_id = shown.sender_id AND older.created_at < shown.created_at \
                       WHERE shown.tenant_id = s.tenant_id AND shown.sender_id = s.sender_id AND shown.hash = ?3) \
                       FROM senders s JOIN standings t ON t.tenant_id = s.tenant_id AND t.sender_id = s.sender_id \
                       WHERE s.tenant_id = ?1 AND s.sender_id = ?2";
            connection.one(sql, (tenant, sender, hash), |row| {
                Ok(Caller {
                    tenant: row.get(0)?,
                    sender: row.get(1)?,
                    kind: row.get::<_, Word<SenderKind>>(2)?.0,
                    admission: admission(row, 3, 4, 5)?,
                    certificate: row.get(6)?,
                    last_report: last_report(row, 7, 8)?,
                    is_unsettled: row.get::<_, u64>(9)? > 0,
                })
            })
        })
        .await
    }

    async fn reporter_by_credential(&self, hash: SecretHash, now: Timestamp) -> Result<Option<Caller>> {
        let turn = match self.callers.find(hash, now) {
            Ok(caller) => return Ok(Some(caller)),
            Err(turn) => turn,
        };
        let found = self.sender_by_credential(hash).await?;
        if let Some(caller) = &found {
            self.callers.remember(hash, caller, now, turn);
        }
        Ok(found)
    }

    async fn rotate(&self, tenant: TenantId, sender: SenderId, credential: SecretHash, now: Timestamp) -> Result<()> {
        self.write(move |connection| {
            must_know_sender(connection, tenant, sender)?;
            // The oldest is the one in use; a newer one that was never shown is replaced.
            let own = credentials(connection, tenant, sender)?;
            own.into_iter().skip(1).try_for_each(|hash| remove_credential(connection, tenant, sender, hash))?;
            // Newer than the one in use, whatever the clock says: that tells them apart.
            let sql = "SELECT max(created_at) FROM credentials WHERE tenant_id = ?1 AND sender_id = ?2";
            let in_use: Option<At> = connection.one(sql, (tenant, sender), |row| row.get(0))?.flatten();
            let made_at = in_use.map_or(now, |At(at)| now.max(at + SignedDuration::from_micros(1)));
            put_credential(connection, tenant, sender, credential, made_at)
        })
        .await
    }

    async fn settle(&self, tenant: TenantId, sender: SenderId, credential: SecretHash) -> Result<()> {
        self.write(move |connection| {
            let own = credentials(connection, tenant, sender)?;
            if own.contains(&credential) {
                let others = own.into_iter().filter(|hash| *hash != credential);
                others.into_iter().try_for_each(|hash| remove_credential(connection, tenant, sender, hash))?;
            }
            Ok(())
        })
        .await
    }

    async fn revoke(&self, tenant: TenantId, sender: SenderId) -> Result<()> {
        self.write(move |connection| {
            must_know_sender(connection, tenant, sender)?;
            revoke(connection, tenant, sender)
        })
        .await
    }

    async fn set_admission(&self, tenant: TenantId, sender: SenderId, admission: Admission) -> Result<()> {
        self.write(move |connection| {
            must_know_sender(connection, tenant, sender)?;
            let (word, since, reason) = match &admission {
                Admission::Admitted => ("admitted", None, None),
                Admission::Disabled { reason, at } => ("disabled", Some(*at), Some(reason)),
                Admission::Retired { at } => ("retired", Some(*at), None),
            };
            connection.run(
                "UPDATE senders SET admission = ?3, admission_at = ?4, admission_reason = ?5 WHERE tenant_id = ?1 AND sender_id = ?2",
                (tenant, sender, word, since.map(At), reason),
            )?;
            // What is expected of it has changed.
            let sql = "UPDATE standings SET next_sweep_at = 0 WHERE tenant_id = ?1 AND sender_id = ?2";
            connection.run(sql, (tenant, sender))?;
            if matches!(admission, Admission::Retired { .. }) { revoke(connection, tenant, sender) } else { Ok(()) }
        })
        .await
    }

    async fn rename_sender(&self, tenant: TenantId, sender: SenderId, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write(move |connection| {
            must_know_sender(connection, tenant, sender)?;
            connection.run("UPDATE senders SET name = ?3 WHERE tenant_id = ?1 AND sender_id = ?2", (tenant, sender, name)).map(drop)
        })
        .await
    }

    async fn bind_certificate(&self, tenant: TenantId, sender: SenderId, sha256: [u8; 32]) -> Result<[u8; 32]> {
        self.write(move |connection| {
            let sql = "UPDATE senders SET certificate = coalesce(certificate, ?3) WHERE tenant_id = ?1 AND sender_id = ?2";
            connection.run(sql, (tenant, sender, sha256))?;
            let sql = "SELECT certificate FROM senders WHERE tenant_id = ?1 AND sender_id = ?2";
            connection.one(sql, (tenant, sender), |row| row.get(0))?.ok_or(StoreError::NotFound { what: "sender" })
        })
        .await
    }

    async fn note_contact(&self, tenant: TenantId, sender: SenderId, now: Timestamp, error: Option<&str>) -> Result<()> {
        let error = error.map(str::to_owned);
        self.write_aside(move |connection| {
            must_know_sender(connection, tenant, sender)?;
            let error_at = error.is_some().then_some(At(now));
            connection.run(
                "UPDATE standings SET last_contact_at = max(coalesce(last_contact_at, ?3), ?3), \
                 last_error = coalesce(?4, last_error), last_error_at = coalesce(?5, last_error_at) \
                 WHERE tenant_id = ?1 AND sender_id = ?2",
                (tenant, sender, At(now), error, error_at),
            )?;
            Ok(())
        })
        .await
    }

    async fn sender(&self, tenant: TenantId, sender: SenderId) -> Result<Option<Sender>> {
        self.read(move |connection| {
            let found = connection.one(senders!("WHERE s.tenant_id = ?1 AND s.sender_id = ?2"), (tenant, sender), watched)?;
            Ok(found.map(|watched| watched.sender))
        })
        .await
    }

    async fn senders(&self, tenant: TenantId, after: Option<SenderId>, limit: usize) -> Result<Vec<Sender>> {
        self.read(move |connection| {
            let sql = senders!("WHERE s.tenant_id = ?1 AND s.sender_id > ?2 ORDER BY s.sender_id LIMIT ?3");
            let after = after.map_or(Vec::new(), |after| after.octets().to_vec());
            connection.all(sql, (tenant, after, most(limit)), |row| Ok(watched(row)?.sender))
        })
        .await
    }
}

fn tenant(row: &Row<'_>) -> rusqlite::Result<Tenant> {
    Ok(Tenant { id: row.get(0)?, name: row.get(1)?, created_at: at(row, 2)? })
}

fn code(row: &Row<'_>) -> rusqlite::Result<Code> {
    Ok(Code {
        hash: row.get(0)?,
        site: row.get(1)?,
        kind: row.get::<_, Word<_>>(2)?.0,
        created_at: at(row, 3)?,
        expires_at: at(row, 4)?,
        spent_at: maybe_at(row, 5)?,
    })
}

fn tenant_token(row: &Row<'_>) -> rusqlite::Result<TenantToken> {
    Ok(TenantToken {
        id: row.get(0)?,
        hash: row.get(1)?,
        name: row.get(2)?,
        site: row.get(3)?,
        created_at: at(row, 4)?,
        expires_at: maybe_at(row, 5)?,
    })
}

fn must_know(connection: &Connection, tenant: TenantId) -> Result<()> {
    let found = connection.one("SELECT 1 FROM tenants WHERE tenant_id = ?1", [tenant], |_| Ok(()))?;
    found.ok_or(StoreError::NotFound { what: "tenant" })
}

/// Makes sure that the sender is this tenant's.
pub(super) fn must_know_sender(connection: &Connection, tenant: TenantId, sender: SenderId) -> Result<()> {
    let sql = "SELECT 1 FROM senders WHERE tenant_id = ?1 AND sender_id = ?2";
    connection.one(sql, (tenant, sender), |_| Ok(()))?.ok_or(StoreError::NotFound { what: "sender" })
}

/// Is where a signpost leads: a tenant, and the id of what the key stands for.
type Lead = (TenantId, Vec<u8>);

fn signpost(connection: &Connection, kind: &str, key: &[u8]) -> Result<Option<Lead>> {
    let sql = "SELECT tenant_id, id FROM signposts WHERE kind = ?1 AND key = ?2";
    connection.one(sql, (kind, key), |row| Ok((row.get(0)?, row.get(1)?)))
}

fn put_signpost(connection: &Connection, kind: &str, key: &[u8], tenant: TenantId, id: &[u8]) -> Result<()> {
    let sql = "INSERT INTO signposts (kind, key, tenant_id, id) VALUES (?1, ?2, ?3, ?4)";
    connection.run(sql, (kind, key, tenant, id)).map(drop)
}

fn remove_signpost(connection: &Connection, kind: &str, hash: SecretHash) -> Result<()> {
    connection.run("DELETE FROM signposts WHERE kind = ?1 AND key = ?2", (kind, hash)).map(drop)
}

/// Lists the hashes of a sender's secrets, the oldest first.
fn credentials(connection: &Connection, tenant: TenantId, sender: SenderId) -> Result<Vec<SecretHash>> {
    let sql = "SELECT hash FROM credentials WHERE tenant_id = ?1 AND sender_id = ?2 ORDER BY created_at, hash";
    connection.all(sql, (tenant, sender), |row| row.get(0))
}

fn put_credential(connection: &Connection, tenant: TenantId, sender: SenderId, hash: SecretHash, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO credentials (tenant_id, sender_id, hash, created_at) VALUES (?1, ?2, ?3, ?4)";
    connection.run(sql, (tenant, sender, hash, At(now)))?;
    put_signpost(connection, CREDENTIAL, &hash.0, tenant, sender.octets())
}

fn remove_credential(connection: &Connection, tenant: TenantId, sender: SenderId, hash: SecretHash) -> Result<()> {
    let sql = "DELETE FROM credentials WHERE tenant_id = ?1 AND sender_id = ?2 AND hash = ?3";
    connection.run(sql, (tenant, sender, hash))?;
    remove_signpost(connection, CREDENTIAL, hash)
}

fn revoke(connection: &Connection, tenant: TenantId, sender: SenderId) -> Result<()> {
    let own = credentials(connection, tenant, sender)?;
    own.into_iter().try_for_each(|hash| remove_credential(connection, tenant, sender, hash))
}

fn enrol(connection: &Connection, applicant: Applicant, now: Timestamp) -> Result<Enrolment> {
    let (tenant, site_name) = match invitation(connection, &applicant, now)? {
        Ok(invitation) => invitation,
        Err(refusal) => return Ok(refusal),
    };
    let sender = Sender {
        tenant,
        id: new_id(now),
        site: find_or_make_site(connection, tenant, &site_name, now)?,
        name: applicant.name.unwrap_or(site_name),
        kind: applicant.kind,
        created_at: now,
        admission: Admission::Admitted,
        software: applicant.software,
        certificate: None,
        told: Told::default(),
    };
    connection.run(
        "INSERT INTO senders (tenant_id, sender_id, site_id, name, kind, created_at, admission, said) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'admitted', ?7)",
        (tenant, sender.id, sender.site, &sender.name, Word(sender.kind), At(now), Json(Said::of(&sender))),
    )?;
    let sql = "INSERT INTO standings (tenant_id, sender_id, next_sweep_at, owing_since) VALUES (?1, ?2, ?3, ?4)";
    connection.run(sql, (tenant, sender.id, At(Timestamp::MAX), At(now)))?;
    put_credential(connection, tenant, sender.id, applicant.credential, now)?;
    Ok(Enrolment::Enrolled(Box::new(sender)))
}

/// Is what an applicant gets: a tenant and a site, or a refusal.
type Invitation = std::result::Result<(TenantId, String), Enrolment>;

/// Finds the code or the token that lets the applicant in; a code is spent by it.
fn invitation(connection: &Connection, applicant: &Applicant, now: Timestamp) -> Result<Invitation> {
    if let Some((tenant, _)) = signpost(connection, CODE, &applicant.secret.0)? {
        let sql = "SELECT hash, site, kind, created_at, expires_at, spent_at FROM codes WHERE tenant_id = ?1 AND hash = ?2";
        let code = connection.one(sql, (tenant, applicant.secret), code)?.ok_or(StoreError::Unreadable { table: "codes" })?;
        if let Err(refusal) = code.invites(applicant.kind, now) {
            return Ok(Err(refusal));
        }
        connection.run("UPDATE codes SET spent_at = ?3 WHERE tenant_id = ?1 AND hash = ?2", (tenant, code.hash, At(now)))?;
        return Ok(Ok((tenant, code.site)));
    }
    let Some((tenant, token)) = signpost(connection, TENANT_TOKEN, &applicant.secret.0)? else { return Ok(Err(Enrolment::Unknown)) };
    let sql = "SELECT token_id, hash, name, site, created_at, expires_at FROM tenant_tokens WHERE tenant_id = ?1 AND token_id = ?2";
    let token = connection.one(sql, (tenant, token), tenant_token)?.ok_or(StoreError::Unreadable { table: "tenant_tokens" })?;
    match token.expires_at {
        Some(end) if end <= now => Ok(Err(Enrolment::Expired)),
        _ => Ok(Ok((tenant, token.site))),
    }
}

fn find_or_make_site(connection: &Connection, tenant: TenantId, name: &str, now: Timestamp) -> Result<SiteId> {
    let known = connection.one("SELECT site_id FROM sites WHERE tenant_id = ?1 AND name = ?2", (tenant, name), |row| row.get(0))?;
    if let Some(site) = known {
        return Ok(site);
    }
    let site: SiteId = new_id(now);
    let sql = "INSERT INTO sites (tenant_id, site_id, name, created_at) VALUES (?1, ?2, ?3, ?4)";
    connection.run(sql, (tenant, site, name, At(now)))?;
    Ok(site)
}
