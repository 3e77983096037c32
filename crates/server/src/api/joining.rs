//! `/api/v1/devices/{id}/…`: what each sender says of a device by itself, and which device is which.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use model::DeviceRecord;
use policy::current::{Source, merge};
use serde::{Deserialize, Serialize};
use store::{DeviceId, DeviceView, SenderId};
use utoipa::ToSchema;

use super::devices::{find, item, sites};
use super::items::{DeviceItem, JoinedItem, joined_item};
use crate::app::App;
use crate::auth::{Operator, Viewer};
use crate::extract::{self, Path};
use crate::problem::Refused;
use crate::words;

/// Is what one sender says of a device.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ViewItem {
    /// The device record as this sender alone tells it, schema `roundsman.device/1`.
    #[schema(value_type = Object)]
    pub record: DeviceRecord,
    /// The id of the agent or module.
    pub sender: String,
    /// `agent` or `device-direct`.
    pub path: &'static str,
    /// When the device last answered; null if it never has.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub observed_at: Option<Timestamp>,
    /// When the server last heard of it this way.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// How it came to this device; null for the sender that told of it first.
    pub joined: Option<JoinedItem>,
}

/// Is all that is said of a device, by sender.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Views {
    pub items: Vec<ViewItem>,
}

/// Returns what one view says by itself.
pub fn record_of(view: &DeviceView) -> DeviceRecord {
    merge(&[Source { path: view.kind.into(), view: &view.view }]).record
}

/// Lists what each sender says of a device.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/views", tag = "devices", params(("id" = String, Path, description = "The device's id.")),
    description = "Lists what each sender says of a device by itself; the latest state is made of the newest word on each fact.",
    responses((status = 200, body = Views), (status = 404, description = "There is no such device."))
)]
pub async fn views(State(app): State<Arc<App>>, viewer: Viewer, Path(id): Path<String>) -> Result<Json<Views>, Refused> {
    let (_, device) = find(&app, &viewer, &id).await?;
    let items = device.views.iter().map(|view| ViewItem {
        record: record_of(view),
        sender: view.sender.to_string(),
        path: words::kind(view.kind),
        observed_at: view.view.answered_at(),
        received_at: view.view.received_at,
        joined: view.joined.as_ref().map(joined_item),
    });
    Ok(Json(Views { items: items.collect() }))
}

/// Names another device.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// The other device's id.
    pub other: String,
}

/// Names a sender.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    /// The id of the agent or module.
    pub sender: String,
}

/// Is the device that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Parted {
    /// The id of the device that the sender's word belongs to from now on.
    pub device: String,
}

/// Makes two devices one.
#[utoipa::path(
    post, path = "/api/v1/devices/{id}/join", tag = "devices", params(("id" = String, Path, description = "The device that stays.")),
    description = "Makes two devices one: all that is told of the other one, its history included, counts for this one. `part` undoes it.",
    request_body = Other,
    responses(
        (status = 200, body = DeviceItem),
        (status = 403, description = "The token may look only."),
        (status = 404, description = "There is no such device."),
        (status = 409, description = "One sender tells of both, so it has seen two."),
    )
)]
pub async fn join(
    State(app): State<Arc<App>>,
    Operator(viewer): Operator,
    Path(id): Path<String>,
    extract::Json(body): extract::Json<Other>,
) -> Result<Json<DeviceItem>, Refused> {
    decide_one(&app, &viewer, &id, &body.other).await?;
    let (tenant, device) = find(&app, &viewer, &id).await?;
    let sites = sites(&app, tenant.id).await?;
    Ok(Json(item(&device, &tenant, &sites)))
}

/// Says that two devices are two.
#[utoipa::path(
    post, path = "/api/v1/devices/{id}/apart", tag = "devices", params(("id" = String, Path, description = "The device's id.")),
    description = "Says that two devices are two though they tell the same serial number, so that nobody is asked again.",
    request_body = Other,
    responses(
        (status = 204, description = "It is noted."),
        (status = 403, description = "The token may look only."),
        (status = 404, description = "There is no such device."),
    )
)]
pub async fn apart(
    State(app): State<Arc<App>>,
    Operator(viewer): Operator,
    Path(id): Path<String>,
    extract::Json(body): extract::Json<Other>,
) -> Result<StatusCode, Refused> {
    decide_two(&app, &viewer, &id, &body.other).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Undoes a joining.
#[utoipa::path(
    post, path = "/api/v1/devices/{id}/part", tag = "devices", params(("id" = String, Path, description = "The device's id.")),
    description = "Gives what one sender tells of a device, its history included, a device of its own, and keeps the two apart.",
    request_body = Whose,
    responses(
        (status = 200, body = Parted),
        (status = 403, description = "The token may look only."),
        (status = 404, description = "There is no such device, or the sender does not tell of it."),
        (status = 409, description = "Nobody else tells of the device."),
    )
)]
pub async fn part(
    State(app): State<Arc<App>>,
    Operator(viewer): Operator,
    Path(id): Path<String>,
    extract::Json(body): extract::Json<Whose>,
) -> Result<Json<Parted>, Refused> {
    Ok(Json(Parted { device: part_off(&app, &viewer, &id, &body.sender).await?.to_string() }))
}

/// Carries out that two devices are one.
pub async fn decide_one(app: &App, viewer: &Viewer, id: &str, other: &str) -> Result<(), Refused> {
    let (tenant, device) = find(app, viewer, id).await?;
    let other: DeviceId = other.trim().parse().map_err(|_| Refused::not_found("device"))?;
    app.store.join(tenant.id, device.id, other, &viewer.name, app.now()).await?;
    tracing::info!(device.id = %device.id, other.id = %other, operator = %viewer.name, "two devices were made one");
    Ok(())
}

/// Carries out that two devices are two.
pub async fn decide_two(app: &App, viewer: &Viewer, id: &str, other: &str) -> Result<(), Refused> {
    let (tenant, device) = find(app, viewer, id).await?;
    let other: DeviceId = other.trim().parse().map_err(|_| Refused::not_found("device"))?;
    app.store.device(tenant.id, other).await?.ok_or_else(|| Refused::not_found("device"))?;
    app.store.keep_apart(tenant.id, device.id, other, &viewer.name, app.now()).await?;
    tracing::info!(device.id = %device.id, other.id = %other, operator = %viewer.name, "two devices are kept apart");
    Ok(())
}

/// Carries out that a sender tells of another device. Returns the new device.
pub async fn part_off(app: &App, viewer: &Viewer, id: &str, sender: &str) -> Result<DeviceId, Refused> {
    let (tenant, device) = find(app, viewer, id).await?;
    let sender: SenderId = sender.trim().parse().map_err(|_| Refused::not_found("sender"))?;
    let new = app.store.part(tenant.id, device.id, sender, &viewer.name, app.now()).await?;
    tracing::info!(device.id = %device.id, new.id = %new, sender.id = %sender, operator = %viewer.name, "a sender's word was taken off a device");
    Ok(new)
}
