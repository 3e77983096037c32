//! Agents and device modules, by name and password and where it is asked for by their certificate.

use axum::http::HeaderMap;
use store::{Admission, Caller, SecretHash};

use super::basic::name_and_password;
use crate::app::App;
use crate::config::ClientCertificates;
use crate::credential::Purpose;
use crate::net::Peer;
use crate::problem::Refused;

/// Is a sender that may speak.
#[derive(Clone, Debug)]
pub struct Authenticated {
    pub caller: Caller,
}

/// Finds who calls, and whether it may.
///
/// # Errors
/// 401 if name and password are not known, 429 after too many of those, 403 if the sender is
/// disabled, retired, or shows another certificate than at first.
pub async fn sender(app: &App, headers: &HeaderMap, peer: &Peer) -> Result<Authenticated, Refused> {
    let (name, hash) = shown(app, headers, peer)?;
    let known = app.store.sender_by_credential(hash).await?;
    admit(app, known, &name, hash, peer).await
}

/// The same for a call that brings a report: whether the sender is admitted, the intake sees once
/// more, so who it is may come from memory that is some moments old.
///
/// # Errors
/// As with [`sender`].
pub async fn reporter(app: &App, headers: &HeaderMap, peer: &Peer) -> Result<Authenticated, Refused> {
    let (name, hash) = shown(app, headers, peer)?;
    let known = app.store.reporter_by_credential(hash, app.now()).await?;
    admit(app, known, &name, hash, peer).await
}

fn shown(app: &App, headers: &HeaderMap, peer: &Peer) -> Result<(String, SecretHash), Refused> {
    let Some((name, password)) = name_and_password(headers) else { return Err(unknown(app, peer)) };
    Ok((name, SecretHash(app.key.hash(Purpose::Sender, &password))))
}

async fn admit(app: &App, known: Option<Caller>, name: &str, hash: SecretHash, peer: &Peer) -> Result<Authenticated, Refused> {
    let Some(caller) = known else { return Err(unknown(app, peer)) };
    if caller.sender.to_string() != name {
        return Err(unknown(app, peer));
    }
    match &caller.admission {
        Admission::Admitted => {}
        Admission::Disabled { reason, .. } => {
            return Err(Refused::forbidden(format!("this sender is disabled: {reason}; ask the service provider")));
        }
        Admission::Retired { .. } => return Err(Refused::forbidden("this sender is retired; enrol again with a new code")),
    }
    check_certificate(app, &caller, peer).await?;
    if caller.is_unsettled {
        app.store.settle(caller.tenant, caller.sender, hash).await?;
    }
    Ok(Authenticated { caller })
}

fn unknown(app: &App, peer: &Peer) -> Refused {
    app.figures.unknown_caller("sender");
    tracing::debug!(peer = %peer.address, "a sender's name or password is not known");
    match app.failures.count(peer.address.ip()) {
        Ok(()) => Refused::unknown_sender(),
        Err(wait) => Refused::too_many("too many names and passwords were wrong; wait", wait.seconds()),
    }
}

/// Checks that a sender shows the certificate that it showed first. A stolen password alone is
/// then worth nothing.
async fn check_certificate(app: &App, caller: &Caller, peer: &Peer) -> Result<(), Refused> {
    if app.settings.tls.client_certificates == ClientCertificates::Off {
        return Ok(());
    }
    let shown = peer.certificate.as_ref().map(|certificate| certificate.sha256());
    let known = match (caller.certificate, shown) {
        (None, Some(shown)) => Some(app.store.bind_certificate(caller.tenant, caller.sender, shown).await?),
        (known, _) => known,
    };
    if known == shown {
        return Ok(());
    }
    tracing::warn!(sender.id = %caller.sender, "a sender shows another certificate than at first, or none");
    Err(Refused::forbidden("this sender has shown another certificate before; enrol again with a new code if its key has changed"))
}
