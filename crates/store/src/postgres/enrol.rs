//! How a sender gets in, and the signposts that lead from a secret to its tenant.

use jiff::Timestamp;

use super::link::Link;
use super::registry::{CODE, CREDENTIAL, TENANT_TOKEN, code, tenant_token};
use super::sql::statements;
use super::values::{json, micros, plain, word};
use crate::error::{Result, StoreError};
use crate::ids::{SenderId, SiteId, TenantId, TokenId, new_id};
use crate::registry::{Admission, Applicant, Enrolment, SecretHash, Sender, Told};
use crate::said::Said;

statements! {
    Door SIGNPOST = "SELECT tenant_id, id FROM signposts WHERE kind = $1 AND key = $2";
    Door PUT_SIGNPOST = "INSERT INTO signposts (kind, key, tenant_id, id) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, key) DO NOTHING";
    Door REMOVE_SIGNPOST = "DELETE FROM signposts WHERE kind = $1 AND key = $2";
    // Of two who show a code at once, the second one waits here and then reads that it is spent.
    Tenant CODE_HELD = "SELECT hash, site, kind, created_at, expires_at, spent_at FROM codes WHERE tenant_id = $1 AND hash = $2 FOR UPDATE";
    Tenant SPEND = "UPDATE codes SET spent_at = $3 WHERE tenant_id = $1 AND hash = $2";
    Tenant TOKEN = "SELECT token_id, hash, name, site, created_at, expires_at FROM tenant_tokens WHERE tenant_id = $1 AND token_id = $2";
    Tenant MAKE_SITE = "INSERT INTO sites (tenant_id, site_id, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, name) DO NOTHING";
    Tenant SITE = "SELECT site_id FROM sites WHERE tenant_id = $1 AND name = $2";
    Tenant MAKE_SENDER = "INSERT INTO senders (tenant_id, sender_id, site_id, name, kind, created_at, admission, said) \
                          VALUES ($1, $2, $3, $4, $5, $6, 'admitted', $7)";
    Tenant MAKE_STANDING = "INSERT INTO standings (tenant_id, sender_id, next_sweep_at, owing_since) VALUES ($1, $2, $3, $4)";
    Tenant PUT_CREDENTIAL = "INSERT INTO credentials (tenant_id, sender_id, hash, created_at) VALUES ($1, $2, $3, $4)";
}

pub async fn enrol(link: &Link, applicant: Applicant, now: Timestamp) -> Result<Enrolment> {
    let (tenant, site_name) = match invitation(link, &applicant, now).await? {
        Ok(invitation) => invitation,
        Err(refusal) => return Ok(refusal),
    };
    let sender = Sender {
        tenant,
        id: new_id(now),
        site: find_or_make_site(link, tenant, &site_name, now).await?,
        name: applicant.name.as_deref().map_or(site_name, plain),
        kind: applicant.kind,
        created_at: now,
        admission: Admission::Admitted,
        software: applicant.software,
        certificate: None,
        told: Told::default(),
    };
    let (kind, at, said) = (word(&sender.kind), micros(now), json(&Said::of(&sender)));
    link.run(&MAKE_SENDER, &[&tenant, &sender.id, &sender.site, &sender.name, &kind, &at, &said]).await?;
    link.run(&MAKE_STANDING, &[&tenant, &sender.id, &micros(Timestamp::MAX), &Some(at)]).await?;
    put_credential(link, tenant, sender.id, applicant.credential, now).await?;
    Ok(Enrolment::Enrolled(Box::new(sender)))
}

/// Is what an applicant gets: a tenant and a site, or a refusal.
type Invitation = std::result::Result<(TenantId, String), Enrolment>;

/// Finds the code or the token that lets the applicant in; a code is spent by it.
async fn invitation(link: &Link, applicant: &Applicant, now: Timestamp) -> Result<Invitation> {
    if let Some((tenant, _)) = signpost(link, CODE, &applicant.secret.0).await? {
        let code = link.one(&CODE_HELD, &[&tenant, &applicant.secret], code).await?;
        let code = code.ok_or(StoreError::Unreadable { table: "codes" })?;
        if let Err(refusal) = code.invites(applicant.kind, now) {
            return Ok(Err(refusal));
        }
        link.run(&SPEND, &[&tenant, &code.hash, &Some(micros(now))]).await?;
        return Ok(Ok((tenant, code.site)));
    }
    let Some((tenant, id)) = signpost(link, TENANT_TOKEN, &applicant.secret.0).await? else { return Ok(Err(Enrolment::Unknown)) };
    let octets = id.try_into().map_err(|_| StoreError::Unreadable { table: "signposts" })?;
    let token = link.one(&TOKEN, &[&tenant, &TokenId::from_octets(octets)], tenant_token).await?;
    let token = token.ok_or(StoreError::Unreadable { table: "tenant_tokens" })?;
    match token.expires_at {
        Some(end) if end <= now => Ok(Err(Enrolment::Expired)),
        _ => Ok(Ok((tenant, token.site))),
    }
}

async fn find_or_make_site(link: &Link, tenant: TenantId, name: &str, now: Timestamp) -> Result<SiteId> {
    let find = async || link.one(&SITE, &[&tenant, &name], |row| Ok(row.try_get(0)?)).await;
    if let Some(site) = find().await? {
        return Ok(site);
    }
    let site: SiteId = new_id(now);
    let made = link.run(&MAKE_SITE, &[&tenant, &site, &name, &micros(now)]).await?;
    // Somebody else may have been faster.
    if made == 1 { Ok(site) } else { find().await?.ok_or(StoreError::Unreadable { table: "sites" }) }
}

/// Is where a signpost leads: a tenant, and the id of what the key stands for.
type Lead = (TenantId, Vec<u8>);

pub async fn signpost(link: &Link, kind: &str, key: &[u8]) -> Result<Option<Lead>> {
    link.one(&SIGNPOST, &[&kind, &key], |row| Ok((row.try_get(0)?, row.try_get(1)?))).await
}

/// Returns whether it was put: somebody else may have the key.
pub async fn put_signpost(link: &Link, kind: &str, key: &[u8], tenant: TenantId, id: &[u8]) -> Result<bool> {
    Ok(link.run(&PUT_SIGNPOST, &[&kind, &key, &tenant, &id]).await? == 1)
}

pub async fn remove_signpost(link: &Link, kind: &str, hash: SecretHash) -> Result<()> {
    link.run(&REMOVE_SIGNPOST, &[&kind, &hash]).await.map(drop)
}

pub async fn put_credential(link: &Link, tenant: TenantId, sender: SenderId, hash: SecretHash, now: Timestamp) -> Result<()> {
    link.run(&PUT_CREDENTIAL, &[&tenant, &sender, &hash, &micros(now)]).await?;
    put_signpost(link, CREDENTIAL, &hash.0, tenant, sender.octets()).await.map(drop)
}
