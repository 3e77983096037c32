//! `/healthz` and `/metrics`: whether the server can work, and how it does.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::app::App;
use crate::net::Peer;
use crate::problem::{Refused, chain};

/// Is how long an answer holds: everybody may ask, and each look writes to the store.
const HOLDS: Duration = Duration::from_secs(5);
/// Is how long a store may take to answer before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(10);
/// Is how much room the disk must have: one largest report with its journal, twice over.
const LEAST_ROOM: u64 = 256 * 1024 * 1024;

/// Remembers the last look.
#[derive(Default)]
pub struct Health(Mutex<Option<(Instant, Result<(), &'static str>)>>);

/// Is the answer: whether the server works, and in a word what is wrong. The log says more; strangers
/// are told no paths.
#[derive(Serialize)]
struct Answer {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// Says whether reports can be taken: 200 or 503.
pub async fn healthz(State(app): State<Arc<App>>) -> Response {
    match app.health.look(&app).await {
        Ok(()) => Json(Answer { status: "ok", reason: None }).into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, Json(Answer { status: "failing", reason: Some(reason) })).into_response(),
    }
}

impl Health {
    /// Looks, unless somebody just has.
    pub async fn look(&self, app: &App) -> Result<(), &'static str> {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = *last
            && at.elapsed() < HOLDS
        {
            return answer;
        }
        let answer = check(app).await;
        *last = Some((Instant::now(), answer));
        answer
    }
}

async fn check(app: &App) -> Result<(), &'static str> {
    match tokio::time::timeout(PATIENCE, app.store.healthy()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(error = %chain(&error), "the store is not well");
            return Err("the store cannot be written");
        }
        Err(_) => {
            tracing::error!(seconds = PATIENCE.as_secs(), "the store does not answer");
            return Err("the store does not answer");
        }
    }
    if let Some(database) = app.settings.database()
        && let Some(room) = room_for(&database)
        && room < LEAST_ROOM
    {
        tracing::error!(octets = room, "the disk of the store is nearly full; make room, or shorten the retention");
        return Err("the disk of the store is nearly full");
    }
    Ok(())
}

/// Returns how many octets may still be written beside this file, where the system tells.
#[cfg(unix)]
pub fn room_for(file: &Path) -> Option<u64> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Returns how many octets may still be written beside this file, where the system tells.
#[cfg(not(unix))]
pub fn room_for(_file: &Path) -> Option<u64> {
    None
}

/// Tells the figures, to addresses on their list. For others there is no such page.
pub async fn metrics(State(app): State<Arc<App>>, Extension(peer): Extension<Peer>) -> Response {
    let may_read = app.checked.metrics_allow.as_ref().is_some_and(|list| list.allows(peer.address.ip()));
    if !may_read {
        return Refused::not_found("page").into_response();
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], app.figures.text()).into_response()
}
