//! `/api/v1/expectations`: the ledger of reports that were to come, day by day.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use policy::expectation::Kept;
use serde::{Deserialize, Serialize};
use store::{LedgerLine, Tenant};
use utoipa::{IntoParams, ToSchema};

use super::agents::find;
use crate::app::App;
use crate::auth::Viewer;
use crate::extract::Query;
use crate::problem::Refused;
use crate::watch::word_of;

/// Is the most lines of an answer.
const MOST: usize = 1000;

/// Says which lines are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// The id of an agent; all of them if nobody says otherwise.
    pub agent: Option<String>,
    /// `pending`, `met`, `late`, `caught-up` or `missed`; all of them if nobody says otherwise.
    pub state: Option<String>,
    /// How many lines, 1 to 1000; 100 if nobody says otherwise.
    pub limit: Option<usize>,
}

/// Is what one agent owed on one day, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExpectationItem {
    /// The agent's id.
    pub agent: String,
    /// The day in the agent's time zone, as in `2026-11-25`.
    pub day: String,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// `pending`, `met`, `late`, `caught-up` or `missed`.
    pub state: &'static str,
    /// When the day's first report arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub met_at: Option<Timestamp>,
    /// Reports that arrived for this day.
    pub reports: u32,
    /// Devices with a reading in the newest of them.
    pub devices: u32,
    /// Why it was missed, as far as known: `sender-silent`, `never-reported`, …
    pub reason: Option<String>,
}

/// Is a part of the ledger, the latest day first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExpectationItems {
    pub items: Vec<ExpectationItem>,
}

/// Lists the ledger.
#[utoipa::path(
    get, path = "/api/v1/expectations", tag = "agents", params(Wanted),
    description = "Lists, agent by agent and day by day, which reports were to come and which came; the latest day first.",
    responses(
        (status = 200, body = ExpectationItems),
        (status = 404, description = "There is no such agent."),
        (status = 422, description = "A parameter is out of range."),
    )
)]
pub async fn list(State(app): State<Arc<App>>, viewer: Viewer, Query(wanted): Query<Wanted>) -> Result<Json<ExpectationItems>, Refused> {
    let limit = wanted.limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        return Err(Refused::unprocessable(format!("limit is {limit}; expected 1 to {MOST}")));
    }
    let kept = wanted.state.as_deref().map(kept_of).transpose()?;
    let (tenants, sender): (Vec<Tenant>, _) = match &wanted.agent {
        Some(id) => {
            let (tenant, sender) = find(&app, &viewer, id).await?;
            (vec![tenant], Some(sender.id))
        }
        None => (viewer.tenants(&app).await?, None),
    };
    let mut lines: Vec<LedgerLine> = Vec::new();
    for tenant in tenants {
        lines.extend(app.store.ledger(tenant.id, sender, kept, limit).await?);
    }
    lines.sort_by_key(|line| (std::cmp::Reverse(line.expectation.day), line.sender));
    lines.truncate(limit);
    Ok(Json(ExpectationItems { items: lines.iter().map(item).collect() }))
}

fn kept_of(word: &str) -> Result<Kept, Refused> {
    [Kept::Pending, Kept::Met, Kept::Late, Kept::CaughtUp, Kept::Missed]
        .into_iter()
        .find(|kept| kept.word() == word)
        .ok_or_else(|| Refused::unprocessable("state: expected pending, met, late, caught-up or missed"))
}

fn item(line: &LedgerLine) -> ExpectationItem {
    let expectation = &line.expectation;
    ExpectationItem {
        agent: line.sender.to_string(),
        day: expectation.day.to_string(),
        due_at: expectation.due_at,
        state: expectation.kept.word(),
        met_at: expectation.met_at,
        reports: expectation.reports,
        devices: expectation.devices,
        reason: expectation.why.map(word_of),
    }
}
