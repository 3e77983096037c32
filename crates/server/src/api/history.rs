//! `/api/v1/devices/{id}/history`: meters, levels and presence over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use policy::history::{Sample, start_of};
use serde::{Deserialize, Serialize};
use store::HistoryDay;
use utoipa::{IntoParams, ToSchema};
use wire::Value;

use super::devices::find;
use crate::app::App;
use crate::auth::Viewer;
use crate::extract::{Path, Query};
use crate::problem::Refused;
use crate::words;

/// Is the most days of senders in one answer.
const MOST_DAYS: usize = 1000;

/// Says which part of the history is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Span {
    /// From the day of this moment on; 31 days before `to` if nobody says otherwise.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// To the day of this moment; now if nobody says otherwise.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

/// Is the history of a device, ordered by day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryItems {
    pub items: Vec<DayItem>,
}

/// Is what one sender said of a device on one day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DayItem {
    /// The day in UTC, as in `2026-11-25`.
    pub day: String,
    /// `agent` or `device-direct`.
    pub path: &'static str,
    pub sender: String,
    /// At most one an hour, oldest first.
    pub samples: Vec<SampleItem>,
}

/// Is what was known at one moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SampleItem {
    #[schema(value_type = String, format = DateTime)]
    pub observed_at: Timestamp,
    pub presence: Option<String>,
    /// By the meter's name.
    pub meters: BTreeMap<String, i64>,
    /// By the supply's index.
    pub supplies: BTreeMap<String, LevelItem>,
}

/// Is the level of a supply.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct LevelItem {
    pub kind: Option<String>,
    /// In the supply's unit, where it is measured.
    pub value: Option<i64>,
}

/// Tells a device's history.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/history", tag = "devices",
    params(("id" = String, Path, description = "The device's id."), Span),
    description = "Tells meters, levels and presence, at most one sample an hour; the newest 1,000 days of senders in the span.",
    responses((status = 200, body = HistoryItems), (status = 404, description = "There is no such device."))
)]
pub async fn of_device(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(span): Query<Span>,
) -> Result<Json<HistoryItems>, Refused> {
    let (tenant, device) = find(&app, &viewer, &id).await?;
    let to = span.to.unwrap_or_else(|| app.now());
    let month = to.saturating_sub(SignedDuration::from_hours(31 * 24)).unwrap_or(Timestamp::MIN);
    let from = span.from.unwrap_or(month);
    if from > to {
        return Err(Refused::unprocessable("from is later than to"));
    }
    let days = app.store.history(tenant.id, device.id, from, to, MOST_DAYS).await?;
    Ok(Json(HistoryItems { items: days.iter().map(day_item).collect() }))
}

fn day_item(day: &HistoryDay) -> DayItem {
    DayItem {
        day: start_of(day.day).strftime("%Y-%m-%d").to_string(),
        path: words::kind(day.kind),
        sender: day.sender.to_string(),
        samples: day.samples.iter().map(sample_item).collect(),
    }
}

fn sample_item(sample: &Sample) -> SampleItem {
    let mut item = SampleItem { observed_at: sample.observed_at, presence: None, meters: BTreeMap::new(), supplies: BTreeMap::new() };
    for (key, value) in &sample.facts {
        let segments: Vec<&str> = key.split('/').collect();
        match (segments.as_slice(), value) {
            (["presence"], Value::Text(presence)) => item.presence = Some(presence.clone()),
            (["meters", name, "value"], Value::Integer(count)) => drop(item.meters.insert((*name).to_owned(), *count)),
            (["supplies", index, "level", "value"], Value::Integer(level)) => {
                item.supplies.entry((*index).to_owned()).or_default().value = Some(*level);
            }
            (["supplies", index, "level", "kind"], Value::Text(kind)) => {
                item.supplies.entry((*index).to_owned()).or_default().kind = Some(kind.clone());
            }
            _ => {}
        }
    }
    item
}
