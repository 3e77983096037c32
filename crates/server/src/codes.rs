//! One-time codes that let a sender in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use store::{Code, SecretHash, Store, TenantId};
use wire::code::EnrolmentCode;
use wire::envelope::SenderKind;

use crate::app::Introduction;
use crate::credential::{Purpose, ServerKey, random};

/// Is what a new code is for.
#[derive(Clone, Debug)]
pub struct NewCode {
    pub site: String,
    pub kind: SenderKind,
    pub expires_at: Timestamp,
}

/// Says why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    #[error("the server does not know its own name; set tls.name in server.toml to the name and port under which senders reach it")]
    NoName,
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// Makes a code and keeps the hash of its secret.
///
/// # Errors
/// Fails if the server has no name to put into it, or the store fails.
pub async fn make(
    store: &dyn Store,
    key: &ServerKey,
    introduction: &Introduction,
    tenant: TenantId,
    new: &NewCode,
    now: Timestamp,
) -> Result<EnrolmentCode, CodeError> {
    let server = introduction.server.clone().ok_or(CodeError::NoName)?;
    let secret: [u8; 16] = random();
    // Whole seconds, because that is what a code carries.
    let expires_at = Timestamp::from_second(new.expires_at.as_second()).unwrap_or(new.expires_at);
    let hash = SecretHash(key.hash(Purpose::Code, &URL_SAFE_NO_PAD.encode(secret)));
    let kept = Code { hash, site: new.site.clone(), kind: new.kind, created_at: now, expires_at, spent_at: None };
    store.put_code(tenant, kept).await?;
    Ok(EnrolmentCode { server, authority_sha256: introduction.authority_sha256, expires_at, secret })
}

/// Returns what to type where the new sender is.
pub fn command_for(kind: SenderKind, code: &str) -> String {
    match kind {
        SenderKind::Agent => format!("roundsman-agent enroll {code}"),
        SenderKind::DeviceDirect => format!("roundsman-device enroll {code}"),
    }
}
