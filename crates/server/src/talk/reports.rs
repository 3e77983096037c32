//! `POST /api/v1/reports`: a report is read within bounds, and acknowledged when it is on disk.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use policy::noise::Hearing;
use store::{Admission, Caller, Incoming, Refused as NotTaken};
use wire::json::DecodeError;
use wire::talk::{Reply, Taken};

use super::intake::{self, Body};
use crate::app::App;
use crate::auth;
use crate::net::Peer;
use crate::problem::{Refused, chain};
use crate::words;

/// Takes a report.
#[utoipa::path(
    post, path = "/api/v1/reports", tag = "senders", security(("sender" = [])),
    description = "Takes one report, compressed by zstd or not. 200 means that it is on the server's disk. docs/protocol describes the form.",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "The report is on disk; the sender may be asked to do something.", body = Object),
        (status = 400, description = "The body is no report."),
        (status = 401, description = "Name or password is not known."),
        (status = 403, description = "The sender is disabled or retired, or speaks for another."),
        (status = 409, description = "A whole report is needed, or a later one is here already."),
        (status = 413, description = "The report is too large."),
        (status = 415, description = "The content encoding is not spoken."),
        (status = 422, description = "The report says what cannot be, or is of another version."),
        (status = 429, description = "The sender says too much."),
        (status = 503, description = "The server has too much to do, or cannot write."),
    )
)]
pub async fn reports(State(app): State<Arc<App>>, Extension(peer): Extension<Peer>, request: Request) -> Response {
    let began = Instant::now();
    let octets = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let outcome = take(&app, &peer, request, &octets).await;
    let word = outcome_word(&outcome);
    app.figures.report(word, octets.load(std::sync::atomic::Ordering::Relaxed), began.elapsed());
    match outcome {
        Ok(reply) => Json(reply).into_response(),
        Err(Failure::Refused(refused)) => refused.into_response(),
        Err(Failure::Body(error)) => error.into_response(),
    }
}

/// Is why there is no acknowledgement.
enum Failure {
    Refused(Refused),
    Body(crate::net::BodyError),
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Failure::Refused(refused)
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Failure::Refused(error.into())
    }
}

fn outcome_word(outcome: &Result<Reply, Failure>) -> &'static str {
    let status = match outcome {
        Ok(reply) => return if reply.taken == Taken::Duplicate { "duplicate" } else { "accepted" },
        Err(Failure::Refused(refused)) => refused.status(),
        Err(Failure::Body(error)) => error.status(),
    };
    match status.as_u16() {
        401 => "unknown",
        403 => "forbidden",
        408 => "slow",
        409 => "conflict",
        413 => "too-large",
        429 => "throttled",
        503 => "later",
        500..=599 => "failed",
        _ => "malformed",
    }
}

async fn take(app: &Arc<App>, peer: &Peer, request: Request, octets: &std::sync::atomic::AtomicUsize) -> Result<Reply, Failure> {
    // The head says who it is; not an octet of the body is read for somebody unknown.
    let caller = auth::reporter(app, request.headers(), peer).await?.caller;
    listen(app, &caller).await?;
    let _place = app.reports.try_acquire().map_err(|_| Refused::later("too many reports are under way", 10))?;
    let body = match intake::read(app, request).await {
        Ok(body) => body,
        Err(intake::ReadError::Body(error)) => {
            note(app, &caller, &error.to_string()).await;
            return Err(Failure::Body(error));
        }
        Err(intake::ReadError::Crowded) => return Err(Refused::later("too many large reports are under way", 10).into()),
    };
    octets.store(body.travelled(), std::sync::atomic::Ordering::Relaxed);
    let (incoming, body) = match decode(app, &caller, body).await {
        Ok(read) => read,
        Err(refused) => {
            note(app, &caller, refused.detail()).await;
            return Err(refused.into());
        }
    };
    let reply = keep(app, &caller, incoming).await;
    drop(body);
    reply
}

/// Decides whether a sender is listened to, and switches off one that does not listen itself.
async fn listen(app: &App, caller: &Caller) -> Result<(), Refused> {
    let now = app.now();
    match app.noise.hear(caller.sender, now) {
        Hearing::Listen => Ok(()),
        Hearing::Wait(seconds) => Err(Refused::too_many("this sender reports too often; it is to wait", u64::from(seconds))),
        Hearing::Disable => {
            let reason = "it went on reporting too often though it was told to wait".to_owned();
            tracing::warn!(sender.id = %caller.sender, "a noisy sender was disabled");
            let admission = Admission::Disabled { reason: reason.clone(), at: now };
            app.store.set_admission(caller.tenant, caller.sender, admission).await?;
            app.noise.forget(caller.sender);
            Err(Refused::forbidden(format!("this sender is disabled: {reason}; ask the service provider")))
        }
    }
}

/// Reads the report, and checks that the sender speaks for itself.
async fn decode(app: &App, caller: &Caller, body: Body) -> Result<(Incoming, intake::Held), Refused> {
    let (report, payload, coding, held) = body.decode().await;
    let report = report.map_err(|error| refused_of(&error))?;
    if report.sender.id != caller.sender.to_string() {
        return Err(Refused::forbidden("the report is of another sender; a sender speaks for itself only"));
    }
    if report.sender.kind != caller.kind {
        let (enrolled, said) = (words::kind(caller.kind), words::kind(report.sender.kind));
        return Err(Refused::forbidden(format!("this sender was enrolled as {enrolled} and reports as {said}")));
    }
    let received_at = app.now();
    Ok((Incoming { tenant: caller.tenant, sender: caller.sender, report, payload, coding, received_at }, held))
}

fn refused_of(error: &DecodeError) -> Refused {
    match error {
        DecodeError::Version(_) => Refused::version(error.to_string()),
        DecodeError::Json(_) => Refused::malformed(chain(error)),
        DecodeError::Invalid(_) => Refused::unprocessable(error.to_string()),
    }
}

async fn keep(app: &App, caller: &Caller, incoming: Incoming) -> Result<Reply, Failure> {
    let (id, readings) = (incoming.report.id.clone(), incoming.report.readings.len());
    let taken = app.store.take(vec![incoming]).await.pop().expect("one answer for one report");
    match taken {
        Ok(receipt) => {
            if receipt.taken == Taken::Accepted {
                app.figures.readings(readings);
                tracing::debug!(sender.id = %caller.sender, report.id = %id, readings, "a report was taken");
            }
            Ok(Reply { report: id, taken: receipt.taken, commands: receipt.commands })
        }
        Err(NotTaken::NeedsFull { last_report }) => Err(Refused::needs_full(last_report).into()),
        Err(NotTaken::Stale { last_report }) => {
            note(app, caller, "a report came that others have passed: the sender may be a copy, or restored from a backup").await;
            Err(Refused::stale(last_report).into())
        }
        Err(NotTaken::AnotherDevice) => {
            note(app, caller, "another printer reported under this module's credentials: it is a copy, or was built into that printer")
                .await;
            Err(Refused::another_device().into())
        }
        Err(NotTaken::NotAdmitted) => Err(Refused::forbidden("this sender is disabled or retired; ask the service provider").into()),
        Err(NotTaken::Store(error)) => Err(error.into()),
    }
}

/// Writes down why a sender was refused, for its operator to see. That this fails is no reason to
/// refuse it otherwise.
async fn note(app: &App, caller: &Caller, why: &str) {
    let why: String = why.chars().filter(|sign| !sign.is_control()).take(500).collect();
    tracing::warn!(sender.id = %caller.sender, reason = %why, "a report was refused");
    if let Err(error) = app.store.note_contact(caller.tenant, caller.sender, app.now(), Some(&why)).await {
        tracing::warn!(error = %chain(&error), "a refusal could not be written down");
    }
}
