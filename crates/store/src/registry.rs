//! Who there is: tenants, sites and senders, and how a sender gets in.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::lifecycle::Signs;
use wire::envelope::{Host, SenderKind, Site as SiteInformation, Software};
use wire::privacy::Group;
use wire::rhythm::{Schedule, place_of};
use wire::talk::LastReport;

use crate::error::Result;
use crate::ids::{SenderId, SiteId, TenantId, TokenId};

/// Is the keyed hash of a secret. The store never meets the secret itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// Is a customer of the service provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    /// Unique in the store.
    pub name: String,
    pub created_at: Timestamp,
}

/// Is a place with devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub id: SiteId,
    /// Unique in the tenant.
    pub name: String,
    pub created_at: Timestamp,
}

/// Is a one-time code that lets one sender in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub hash: SecretHash,
    /// The site that the sender will belong to; it is made when the sender comes.
    pub site: String,
    pub kind: SenderKind,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub spent_at: Option<Timestamp>,
}

impl Code {
    /// Says whether the code lets this kind of sender in now.
    pub(crate) fn invites(&self, kind: SenderKind, now: Timestamp) -> std::result::Result<(), Enrolment> {
        if self.spent_at.is_some() {
            return Err(Enrolment::Spent);
        }
        if self.expires_at <= now {
            return Err(Enrolment::Expired);
        }
        if self.kind != kind {
            return Err(Enrolment::OtherKind(self.kind));
        }
        Ok(())
    }
}

/// Is a tenant's token, which lets any number of senders in until it is revoked or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantToken {
    pub id: TokenId,
    pub hash: SecretHash,
    pub name: String,
    /// The site of senders that do not name one.
    pub site: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// Is a sender that asks to be let in.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// The hash of the code's secret or of the tenant's token.
    pub secret: SecretHash,
    pub kind: SenderKind,
    /// How it wants to be called; `None` takes the site's name.
    pub name: Option<String>,
    pub software: Software,
    /// The hash of the secret that it will call with.
    pub credential: SecretHash,
}

/// Says what became of an applicant.
#[derive(Clone, Debug, PartialEq)]
pub enum Enrolment {
    Enrolled(Box<Sender>),
    /// No code or token has this hash, or the token was revoked.
    Unknown,
    Expired,
    /// The code has let somebody in before.
    Spent,
    /// The code is for the other kind of sender; it has not been spent.
    OtherKind(SenderKind),
}

/// Says whether a sender may report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    /// Refused until somebody admits it again; the reason is for the sender's operator.
    Disabled {
        reason: String,
        at: Timestamp,
    },
    /// Out of service for good; its devices' history stays.
    Retired {
        at: Timestamp,
    },
}

/// Is an agent or a device module, and all that the server knows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sender {
    pub tenant: TenantId,
    pub id: SenderId,
    pub site: SiteId,
    pub name: String,
    pub kind: SenderKind,
    pub created_at: Timestamp,
    pub admission: Admission,
    pub software: Software,
    /// SHA-256 of the client certificate that it first showed.
    pub certificate: Option<[u8; 32]>,
    pub told: Told,
}

/// Is what a sender has last said of itself, and when it was heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// When it last called, whatever it wanted.
    pub last_contact_at: Option<Timestamp>,
    /// When its last report was taken.
    pub last_success_at: Option<Timestamp>,
    /// When a device was last observed, by the sender's clock, among all that it has reported.
    pub last_data_at: Option<Timestamp>,
    /// What its last refused call was refused for; `None` after a success.
    pub last_error: Option<String>,
    pub last_error_at: Option<Timestamp>,
    pub last_report: Option<LastReport>,
    pub schedule: Option<Schedule>,
    /// When it says that it will report next.
    pub next_at: Option<Timestamp>,
    /// Set when its last report said that it goes out of service in good order.
    pub stopped_at: Option<Timestamp>,
    pub host: Option<Host>,
    pub site_information: Option<SiteInformation>,
    pub withheld: Vec<Group>,
}

impl Sender {
    /// Returns what the sender's state follows from.
    pub fn signs(&self) -> Signs {
        let told = &self.told;
        let heard_at = told.last_contact_at.max(told.last_success_at);
        let planned = |schedule: &Schedule| {
            schedule.rhythm.next_after(&zone_of(schedule), place_of(&self.id.to_string()), heard_at.unwrap_or(self.created_at))
        };
        Signs {
            retired_at: if let Admission::Retired { at } = self.admission { Some(at) } else { None },
            disabled_at: if let Admission::Disabled { at, .. } = self.admission { Some(at) } else { None },
            stopped_at: told.stopped_at,
            last_report_at: told.last_success_at,
            last_contact_at: told.last_contact_at,
            next_at: told.schedule.as_ref().map(planned).or(told.next_at),
        }
    }
}

/// Returns the time zone that a schedule names; one that this computer does not know counts as UTC.
pub fn zone_of(schedule: &Schedule) -> TimeZone {
    TimeZone::get(&schedule.time_zone).unwrap_or(TimeZone::UTC)
}

/// Is a sender as the door needs to know it, on every call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub tenant: TenantId,
    pub sender: SenderId,
    pub kind: SenderKind,
    pub admission: Admission,
    /// SHA-256 of the client certificate that it first showed.
    pub certificate: Option<[u8; 32]>,
    pub last_report: Option<LastReport>,
    /// Set while an older secret of the sender than the one shown is still good; see [`Registry::settle`].
    pub is_unsettled: bool,
}

/// Keeps tenants, sites and senders.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Makes a tenant.
    ///
    /// # Errors
    /// Fails with [`NameTaken`](crate::StoreError::NameTaken).
    async fn create_tenant(&self, name: &str, now: Timestamp) -> Result<Tenant>;

    /// Lists all tenants, by name.
    async fn tenants(&self) -> Result<Vec<Tenant>>;

    /// Finds a tenant by its name.
    async fn tenant_by_name(&self, name: &str) -> Result<Option<Tenant>>;

    /// Lists the sites of a tenant, by name.
    async fn sites(&self, tenant: TenantId) -> Result<Vec<Site>>;

    /// Keeps a one-time code.
    async fn put_code(&self, tenant: TenantId, code: Code) -> Result<()>;

    /// Lists the tenant's codes, those made last first.
    async fn codes(&self, tenant: TenantId) -> Result<Vec<Code>>;

    /// Makes a tenant's token.
    async fn create_tenant_token(
        &self,
        tenant: TenantId,
        hash: SecretHash,
        name: &str,
        site: &str,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<TenantToken>;

    /// Lists the tenant's enrolment tokens.
    async fn tenant_tokens(&self, tenant: TenantId) -> Result<Vec<TenantToken>>;

    /// Ends a tenant's token; senders that it let in stay. Returns whether there was one.
    async fn revoke_tenant_token(&self, tenant: TenantId, token: TokenId) -> Result<bool>;

    /// Spends a code exactly once, or uses a token, and makes the sender and its site: all or nothing.
    async fn enrol(&self, applicant: Applicant, now: Timestamp) -> Result<Enrolment>;

    /// Finds who calls with this secret.
    async fn sender_by_credential(&self, hash: SecretHash) -> Result<Option<Caller>>;

    /// Finds who calls with this secret and brings a report. The answer may come from memory: what this
    /// store writes it knows at once, what another program writes within two seconds of `now`, and
    /// `last_report` may be older. [`crate::Intake::take`] looks itself whether the sender is admitted.
    async fn reporter_by_credential(&self, hash: SecretHash, now: Timestamp) -> Result<Option<Caller>> {
        let _ = now;
        self.sender_by_credential(hash).await
    }

    /// Gives a sender a new secret. The one that it has used until now stays good until it has
    /// shown the new one ([`Registry::settle`]), because the answer that carries it may be lost.
    async fn rotate(&self, tenant: TenantId, sender: SenderId, credential: SecretHash, now: Timestamp) -> Result<()>;

    /// Notes that the sender has called with this secret: all others of it end.
    async fn settle(&self, tenant: TenantId, sender: SenderId, credential: SecretHash) -> Result<()>;

    /// Ends all secrets of a sender at once. It must be enrolled anew.
    async fn revoke(&self, tenant: TenantId, sender: SenderId) -> Result<()>;

    /// Admits, disables or retires a sender. Retiring ends its secrets as well.
    async fn set_admission(&self, tenant: TenantId, sender: SenderId, admission: Admission) -> Result<()>;

    /// Gives a sender another name.
    async fn rename_sender(&self, tenant: TenantId, sender: SenderId, name: &str) -> Result<()>;

    /// Records the client certificate that the sender shows first, and returns the one recorded.
    async fn bind_certificate(&self, tenant: TenantId, sender: SenderId, sha256: [u8; 32]) -> Result<[u8; 32]>;

    /// Notes that a sender has called without a report being taken, and why it was refused if it was.
    async fn note_contact(&self, tenant: TenantId, sender: SenderId, now: Timestamp, error: Option<&str>) -> Result<()>;

    /// Finds a sender.
    async fn sender(&self, tenant: TenantId, sender: SenderId) -> Result<Option<Sender>>;

    /// Lists the tenant's senders after this one, by id.
    async fn senders(&self, tenant: TenantId, after: Option<SenderId>, limit: usize) -> Result<Vec<Sender>>;
}
