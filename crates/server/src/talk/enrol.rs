//! `POST /api/v1/enrol`: a code or a token becomes a sender with a password of its own.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use store::{Applicant, Enrolment, SecretHash, Sender};
use wire::talk::{EnrolReply, EnrolRequest};

use crate::app::App;
use crate::credential::{Purpose, new_secret};
use crate::net::{Bounded, Peer};
use crate::problem::Refused;

/// Is the longest name and the longest name of a program, in characters.
const LONGEST_NAME: usize = 200;

/// Lets a sender in.
#[utoipa::path(
    post, path = "/api/v1/enrol", tag = "senders", security(()),
    description = "Exchanges a one-time code's secret or a tenant's token for a sender's id and password. docs/protocol describes the form.",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "The sender's id and password; the password is told this once.", body = Object),
        (status = 400, description = "The body is no request for credentials."),
        (status = 403, description = "The code is unknown, spent, expired or for another kind of sender."),
        (status = 429, description = "Too many codes were wrong."),
    )
)]
pub async fn enrol(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Bounded(body): Bounded<16384>,
) -> Result<Response, Refused> {
    let request: EnrolRequest = serde_json::from_slice(&body)
        .map_err(|error| Refused::malformed(format!("the request for credentials cannot be read: {error}")))?;
    let lengths = [request.name.as_deref().unwrap_or(""), &request.software.name, &request.software.version];
    if lengths.iter().any(|text| text.chars().count() > LONGEST_NAME) {
        return Err(Refused::unprocessable(format!("a name is longer than {LONGEST_NAME} characters")));
    }
    let (reply, sender) = admit(&app, request, &peer).await?;
    tracing::info!(sender.id = %sender.id, tenant.id = %sender.tenant, sender.kind = ?sender.kind, "a sender was enrolled");
    let mut response = Json(reply).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn admit(app: &App, request: EnrolRequest, peer: &Peer) -> Result<(EnrolReply, Sender), Refused> {
    let secret = new_secret();
    let credential = SecretHash(app.key.hash(Purpose::Sender, &secret));
    // A one-time code and a tenant's token look alike to the sender; which one it is, its hash tells.
    for purpose in [Purpose::Code, Purpose::TenantToken] {
        let applicant = Applicant {
            secret: SecretHash(app.key.hash(purpose, &request.secret)),
            kind: request.kind,
            name: request.name.clone(),
            software: request.software.clone(),
            credential,
        };
        match app.store.enrol(applicant, app.now()).await? {
            Enrolment::Enrolled(sender) => return Ok((EnrolReply { sender: sender.id.to_string(), secret }, *sender)),
            Enrolment::Unknown => {}
            Enrolment::Expired => return Err(Refused::forbidden("the enrolment code has expired; ask for a new one")),
            Enrolment::Spent => return Err(Refused::forbidden("the enrolment code has been used; it works once, ask for a new one")),
            Enrolment::OtherKind(kind) => {
                let kind = crate::words::kind(kind);
                return Err(Refused::forbidden(format!("the enrolment code is for a sender of the kind {kind}; ask for another one")));
            }
        }
    }
    app.figures.unknown_caller("code");
    match app.failures.count(peer.address.ip()) {
        Ok(()) => Err(Refused::forbidden("the enrolment code is not known here; copy all of it, or ask for a new one")),
        Err(wait) => Err(Refused::too_many("too many enrolment codes were wrong; wait", wait.seconds())),
    }
}
