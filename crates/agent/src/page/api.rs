//! The interface for commands on this host: a token from the agent's folder lets them in.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use survey::agenda::Ask;
use wire::talk::{PROBLEM_TYPE, Problem};

use super::{App, standing};
use crate::run::Message;
use crate::secrets;
use crate::story::story;

/// Returns the addresses of the interface.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/credentials", get(credentials))
        .route("/api/v1/sync-now", post(sync_now))
        .route("/api/v1/enrolled", post(enrolled))
}

/// Is a caller who has shown the token.
pub struct Local;

impl FromRequestParts<Arc<App>> for Local {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = shown.and_then(|shown| shown.strip_prefix("Bearer "));
        if token.is_some_and(|token| secrets::equal(token.trim(), &app.token)) {
            return Ok(Local);
        }
        let detail = format!("give `Authorization: Bearer …` with the token in {}", super::TOKEN_FILE);
        Err(problem(StatusCode::UNAUTHORIZED, "this interface wants a token", &detail))
    }
}

async fn status(_: Local, State(app): State<Arc<App>>) -> Response {
    // The board first, and let go of at once: nobody holds both.
    let board = app.board.lock().clone();
    let standing = standing(&app.store.lock(), Some(&board));
    match standing {
        Ok(standing) => Json(standing).into_response(),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, "the agent's store does not read", &story(&error)),
    }
}

async fn credentials(_: Local, State(app): State<Arc<App>>) -> Response {
    match app.board.lock().credentials.clone() {
        Some(progress) => Json(progress).into_response(),
        None => problem(StatusCode::SERVICE_UNAVAILABLE, "no device has been asked yet", "try again when the first round has ended"),
    }
}

async fn sync_now(_: Local, State(app): State<Arc<App>>) -> Response {
    if app.board.lock().server.is_none() {
        let detail = "enrol it with `roundsman-agent enroll CODE`";
        return problem(StatusCode::CONFLICT, "the agent has no server to report to", detail);
    }
    accepted(app.tell(Message::Ask(Ask::ReadAndSynchronise)))
}

async fn enrolled(_: Local, State(app): State<Arc<App>>) -> Response {
    accepted(app.tell(Message::Enrolled))
}

fn accepted(is_running: bool) -> Response {
    if is_running {
        (StatusCode::ACCEPTED, Json(json!({ "accepted": true }))).into_response()
    } else {
        problem(StatusCode::SERVICE_UNAVAILABLE, "the agent is stopping", "try again when it has started")
    }
}

fn problem(status: StatusCode, title: &str, detail: &str) -> Response {
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: title.to_owned(),
        status: status.as_u16(),
        detail: Some(detail.to_owned()),
        ..Problem::default()
    };
    let text = serde_json::to_string(&problem).expect("texts and a number");
    (status, [(header::CONTENT_TYPE, PROBLEM_TYPE)], text).into_response()
}
