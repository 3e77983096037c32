//! Tenants, sites and senders, in memory.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{MemoryStore, Tables};
use crate::error::{Result, StoreError};
use crate::ids::{SenderId, SiteId, TenantId, TokenId, new_id};
use crate::registry::{Admission, Applicant, Caller, Code, Enrolment, Registry, SecretHash, Sender, Site, Tenant, TenantToken, Told};
use crate::rows::{Of, Watch, Watched};

#[async_trait]
impl Registry for MemoryStore {
    async fn create_tenant(&self, name: &str, now: Timestamp) -> Result<Tenant> {
        let mut tables = self.tables();
        if tables.tenants.values().any(|tenant| tenant.name == name) {
            return Err(StoreError::NameTaken { name: name.to_owned() });
        }
        let tenant = Tenant { id: new_id(now), name: name.to_owned(), created_at: now };
        tables.tenants.insert(tenant.id, tenant.clone());
        Ok(tenant)
    }

    async fn tenants(&self) -> Result<Vec<Tenant>> {
        let mut tenants: Vec<Tenant> = self.tables().tenants.values().cloned().collect();
        tenants.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(tenants)
    }

    async fn tenant_by_name(&self, name: &str) -> Result<Option<Tenant>> {
        Ok(self.tables().tenants.values().find(|tenant| tenant.name == name).cloned())
    }

    async fn sites(&self, tenant: TenantId) -> Result<Vec<Site>> {
        let tables = self.tables();
        let mut sites: Vec<Site> = tables.sites.iter().filter(|((of, _), _)| *of == tenant).map(|(_, site)| site.clone()).collect();
        sites.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(sites)
    }

    async fn put_code(&self, tenant: TenantId, code: Code) -> Result<()> {
        let mut tables = self.tables();
        tables.tenant(tenant)?;
        tables.codes.insert((tenant, code.hash), code);
        Ok(())
    }

    async fn codes(&self, tenant: TenantId) -> Result<Vec<Code>> {
        let tables = self.tables();
        let mut codes: Vec<Code> = tables.codes.iter().filter(|((of, _), _)| *of == tenant).map(|(_, code)| code.clone()).collect();
        codes.sort_by_key(|code| std::cmp::Reverse((code.created_at, code.hash)));
        Ok(codes)
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
        let mut tables = self.tables();
        tables.tenant(tenant)?;
        let token = TenantToken { id: new_id(now), hash, name: name.to_owned(), site: site.to_owned(), created_at: now, expires_at };
        tables.tenant_tokens.insert((tenant, token.id), token.clone());
        Ok(token)
    }

    async fn tenant_tokens(&self, tenant: TenantId) -> Result<Vec<TenantToken>> {
        let tables = self.tables();
        Ok(tables.tenant_tokens.iter().filter(|((of, _), _)| *of == tenant).map(|(_, token)| token.clone()).collect())
    }

    async fn revoke_tenant_token(&self, tenant: TenantId, token: TokenId) -> Result<bool> {
        Ok(self.tables().tenant_tokens.remove(&(tenant, token)).is_some())
    }

    async fn enrol(&self, applicant: Applicant, now: Timestamp) -> Result<Enrolment> {
        Ok(self.tables().enrol(applicant, now))
    }

    async fn sender_by_credential(&self, hash: SecretHash) -> Result<Option<Caller>> {
        let tables = self.tables();
        let Some((of, made_at)) = tables.credentials.get(&hash) else { return Ok(None) };
        let is_unsettled = tables.credentials.values().any(|(other, at)| other == of && at < made_at);
        Ok(tables.senders.get(of).map(|Watched { sender, .. }| Caller {
            tenant: of.tenant,
            sender: of.sender,
            kind: sender.kind,
            admission: sender.admission.clone(),
            certificate: sender.certificate,
            last_report: sender.told.last_report.clone(),
            is_unsettled,
        }))
    }

    async fn rotate(&self, tenant: TenantId, sender: SenderId, credential: SecretHash, now: Timestamp) -> Result<()> {
        let of = Of { tenant, sender };
        let mut tables = self.tables();
        tables.known(of)?;
        // The oldest is the one in use; a newer one that was never shown is replaced.
        let own = tables.credentials.iter().filter(|(_, (other, _))| *other == of);
        let oldest = own.min_by_key(|(hash, (_, at))| (*at, **hash)).map(|(hash, (_, at))| (*hash, *at));
        tables.credentials.retain(|hash, (other, _)| *other != of || oldest.is_some_and(|(oldest, _)| oldest == *hash));
        // Newer than the one in use, whatever the clock says: that tells them apart.
        let made_at = oldest.map_or(now, |(_, at)| now.max(at + SignedDuration::from_micros(1)));
        tables.credentials.insert(credential, (of, made_at));
        Ok(())
    }

    async fn settle(&self, tenant: TenantId, sender: SenderId, credential: SecretHash) -> Result<()> {
        let of = Of { tenant, sender };
        let mut tables = self.tables();
        if tables.credentials.get(&credential).is_some_and(|(other, _)| *other == of) {
            tables.credentials.retain(|hash, (other, _)| *other != of || *hash == credential);
        }
        Ok(())
    }

    async fn revoke(&self, tenant: TenantId, sender: SenderId) -> Result<()> {
        let of = Of { tenant, sender };
        let mut tables = self.tables();
        tables.known(of)?;
        tables.credentials.retain(|_, (other, _)| *other != of);
        Ok(())
    }

    async fn set_admission(&self, tenant: TenantId, sender: SenderId, admission: Admission) -> Result<()> {
        let of = Of { tenant, sender };
        let mut tables = self.tables();
        let watched = tables.known(of)?;
        let retires = matches!(admission, Admission::Retired { .. });
        watched.sender.admission = admission;
        watched.watch.next_sweep_at = Timestamp::UNIX_EPOCH;
        if retires {
            tables.credentials.retain(|_, (other, _)| *other != of);
        }
        Ok(())
    }

    async fn rename_sender(&self, tenant: TenantId, sender: SenderId, name: &str) -> Result<()> {
        self.tables().known(Of { tenant, sender })?.sender.name = name.to_owned();
        Ok(())
    }

    async fn bind_certificate(&self, tenant: TenantId, sender: SenderId, sha256: [u8; 32]) -> Result<[u8; 32]> {
        Ok(*self.tables().known(Of { tenant, sender })?.sender.certificate.get_or_insert(sha256))
    }

    async fn note_contact(&self, tenant: TenantId, sender: SenderId, now: Timestamp, error: Option<&str>) -> Result<()> {
        let mut tables = self.tables();
        let told = &mut tables.known(Of { tenant, sender })?.sender.told;
        told.last_contact_at = told.last_contact_at.max(Some(now));
        if let Some(error) = error {
            told.last_error = Some(error.to_owned());
            told.last_error_at = Some(now);
        }
        Ok(())
    }

    async fn sender(&self, tenant: TenantId, sender: SenderId) -> Result<Option<Sender>> {
        Ok(self.tables().senders.get(&Of { tenant, sender }).map(|watched| watched.sender.clone()))
    }

    async fn senders(&self, tenant: TenantId, after: Option<SenderId>, limit: usize) -> Result<Vec<Sender>> {
        let tables = self.tables();
        let later = tables.senders_of(tenant).filter(|(of, _)| Some(of.sender) > after);
        Ok(later.take(limit).map(|(_, watched)| watched.sender.clone()).collect())
    }
}

/// Is what lets an applicant in.
struct Invitation {
    tenant: TenantId,
    site: String,
}

impl Tables {
    pub(super) fn known(&mut self, of: Of) -> Result<&mut Watched> {
        self.senders.get_mut(&of).ok_or(StoreError::NotFound { what: "sender" })
    }

    fn tenant(&self, tenant: TenantId) -> Result<&Tenant> {
        self.tenants.get(&tenant).ok_or(StoreError::NotFound { what: "tenant" })
    }

    fn enrol(&mut self, applicant: Applicant, now: Timestamp) -> Enrolment {
        let invitation = match self.invitation(&applicant, now) {
            Ok(invitation) => invitation,
            Err(refusal) => return refusal,
        };
        let site = self.site(&invitation, now);
        let sender = Sender {
            tenant: invitation.tenant,
            id: new_id(now),
            site,
            name: applicant.name.unwrap_or(invitation.site),
            kind: applicant.kind,
            created_at: now,
            admission: Admission::Admitted,
            software: applicant.software,
            certificate: None,
            told: Told::default(),
        };
        let of = Of { tenant: sender.tenant, sender: sender.id };
        let watch = Watch { next_sweep_at: Timestamp::MAX, owing_since: Some(now) };
        self.senders.insert(of, Watched { sender: sender.clone(), watch });
        self.credentials.insert(applicant.credential, (of, now));
        Enrolment::Enrolled(Box::new(sender))
    }

    fn invitation(&mut self, applicant: &Applicant, now: Timestamp) -> std::result::Result<Invitation, Enrolment> {
        if let Some(((tenant, _), code)) = self.codes.iter_mut().find(|(_, code)| code.hash == applicant.secret) {
            code.invites(applicant.kind, now)?;
            code.spent_at = Some(now);
            return Ok(Invitation { tenant: *tenant, site: code.site.clone() });
        }
        let token = self.tenant_tokens.iter().find(|(_, token)| token.hash == applicant.secret);
        let ((tenant, _), token) = token.ok_or(Enrolment::Unknown)?;
        if token.expires_at.is_some_and(|end| end <= now) {
            return Err(Enrolment::Expired);
        }
        Ok(Invitation { tenant: *tenant, site: token.site.clone() })
    }

    fn site(&mut self, invitation: &Invitation, now: Timestamp) -> SiteId {
        let known = self.sites.iter().find(|((of, _), site)| *of == invitation.tenant && site.name == invitation.site);
        if let Some((_, site)) = known {
            return site.id;
        }
        let site = Site { id: new_id(now), name: invitation.site.clone(), created_at: now };
        let id = site.id;
        self.sites.insert((invitation.tenant, id), site);
        id
    }
}
