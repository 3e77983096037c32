//! `/api/v1/devices`: the latest state of each device.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{Device, DeviceId, SiteId, Tenant, TenantId};
use utoipa::ToSchema;

use super::items::{DeviceItem, device_item};
use super::page::{Page, Paging, Place};
use crate::app::App;
use crate::auth::{Operator, Viewer};
use crate::extract::{Path, Query};
use crate::problem::Refused;

/// Lists devices.
#[utoipa::path(
    get, path = "/api/v1/devices", tag = "devices", params(Paging),
    description = "Lists devices with their latest state, ordered by id.",
    responses((status = 200, body = Page<DeviceItem>), (status = 422, description = "A parameter is out of range."))
)]
pub async fn list(State(app): State<Arc<App>>, viewer: Viewer, Query(paging): Query<Paging>) -> Result<Json<Page<DeviceItem>>, Refused> {
    let (limit, mut place) = (paging.limit()?, paging.place::<DeviceId>()?);
    let mut items = Vec::new();
    for tenant in viewer.tenants(&app).await? {
        let after = match place {
            Some(place) if tenant.id < place.tenant => continue,
            Some(Place { tenant: of, after }) if of == tenant.id => after,
            _ => None,
        };
        if items.len() == limit {
            let next = Place::<DeviceId> { tenant: tenant.id, after: None }.text();
            return Ok(Json(Page { items, next: Some(next) }));
        }
        place = None;
        let page = app.store.devices(tenant.id, after, limit - items.len()).await?;
        let sites = sites(&app, tenant.id).await?;
        items.extend(page.items.iter().map(|device| item(device, &tenant, &sites)));
        if page.next.is_some()
            && let Some(last) = page.items.last()
        {
            return Ok(Json(Page { items, next: Some(Place { tenant: tenant.id, after: Some(last.id) }.text()) }));
        }
    }
    Ok(Json(Page { items, next: None }))
}

/// Tells of one device.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}", tag = "devices", params(("id" = String, Path, description = "The device's id.")),
    description = "Tells the latest state of one device.",
    responses((status = 200, body = DeviceItem), (status = 404, description = "There is no such device."))
)]
pub async fn one(State(app): State<Arc<App>>, viewer: Viewer, Path(id): Path<String>) -> Result<Json<DeviceItem>, Refused> {
    let (tenant, device) = find(&app, &viewer, &id).await?;
    let sites = sites(&app, tenant.id).await?;
    Ok(Json(item(&device, &tenant, &sites)))
}

/// Is the proof that a device was erased.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErasedItem {
    pub rows_removed: u64,
    /// Counted afterwards in every table that could hold one.
    pub rows_left: u64,
    /// Reports as received that told of the device; they went as a whole.
    pub reports_removed: u64,
}

/// Erases one device.
#[utoipa::path(
    delete, path = "/api/v1/devices/{id}", tag = "devices", params(("id" = String, Path, description = "The device's id.")),
    description = "Erases a device with its history and the reports that told of it. If its agent goes on reading it, it comes back.",
    responses((status = 200, body = ErasedItem), (status = 403, description = "The token may look only."), (status = 404, description = "There is no such device."))
)]
pub async fn erase(State(app): State<Arc<App>>, Operator(viewer): Operator, Path(id): Path<String>) -> Result<Json<ErasedItem>, Refused> {
    let (tenant, device) = find(&app, &viewer, &id).await?;
    let erased = app.store.erase_device(tenant.id, device.id).await?;
    tracing::info!(device.id = %device.id, operator = %viewer.name, rows = erased.rows_removed, "a device was erased");
    Ok(Json(ErasedItem { rows_removed: erased.rows_removed, rows_left: erased.rows_left, reports_removed: erased.reports_removed }))
}

/// Finds a device among those that may be seen. One of another tenant is as good as none.
pub async fn find(app: &App, viewer: &Viewer, id: &str) -> Result<(Tenant, Device), Refused> {
    let id: DeviceId = id.parse().map_err(|_| Refused::not_found("device"))?;
    for tenant in viewer.tenants(app).await? {
        if let Some(device) = app.store.device(tenant.id, id).await? {
            return Ok((tenant, device));
        }
    }
    Err(Refused::not_found("device"))
}

/// Returns the names of a tenant's sites.
pub async fn sites(app: &App, tenant: TenantId) -> Result<BTreeMap<SiteId, String>, Refused> {
    Ok(app.store.sites(tenant).await?.into_iter().map(|site| (site.id, site.name)).collect())
}

/// Makes the item of a device.
pub fn item(device: &Device, tenant: &Tenant, sites: &BTreeMap<SiteId, String>) -> DeviceItem {
    device_item(device, &tenant.name, sites.get(&device.site).map_or("", String::as_str))
}
