//! `GET /api/v1/hello`: who is there, and where the two stand.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use wire::talk::Hello;

use crate::app::App;
use crate::auth;
use crate::net::Peer;
use crate::problem::Refused;

/// Tells a sender that it is known, and which report the server has last.
#[utoipa::path(
    get, path = "/api/v1/hello", tag = "senders", security(("sender" = [])),
    description = "Is asked by a sender before it sends anything. docs/protocol describes the form.",
    responses(
        (status = 200, description = "The versions spoken, the server's clock and the last report.", body = Object),
        (status = 401, description = "Name or password is not known."),
        (status = 403, description = "The sender is disabled or retired."),
    )
)]
pub async fn hello(State(app): State<Arc<App>>, Extension(peer): Extension<Peer>, headers: HeaderMap) -> Result<Json<Hello>, Refused> {
    let caller = auth::sender(&app, &headers, &peer).await?.caller;
    let now = app.now();
    app.store.note_contact(caller.tenant, caller.sender, now, None).await?;
    Ok(Json(Hello { speaks: vec![wire::SCHEMA.to_owned()], now, last_report: caller.last_report }))
}
