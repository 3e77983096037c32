//! `/api/v1/tenants` and `/api/v1/sites`: whose and where.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Viewer;
use crate::problem::Refused;

/// Is a tenant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TenantItem {
    pub id: String,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Is the tenants that may be seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TenantItems {
    pub items: Vec<TenantItem>,
}

/// Lists tenants.
#[utoipa::path(
    get, path = "/api/v1/tenants", tag = "tenants",
    description = "Lists the tenants that the token may see.",
    responses((status = 200, body = TenantItems))
)]
pub async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<TenantItems>, Refused> {
    let tenants = viewer.tenants(&app).await?.into_iter();
    let items = tenants.map(|tenant| TenantItem { id: tenant.id.to_string(), name: tenant.name, created_at: tenant.created_at }).collect();
    Ok(Json(TenantItems { items }))
}

/// Is a place with devices.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SiteItem {
    pub id: String,
    pub name: String,
    /// The tenant's name.
    pub tenant: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Is the sites that may be seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SiteItems {
    pub items: Vec<SiteItem>,
}

/// Lists sites.
#[utoipa::path(
    get, path = "/api/v1/sites", tag = "tenants",
    description = "Lists the sites that the token may see.",
    responses((status = 200, body = SiteItems))
)]
pub async fn sites(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<SiteItems>, Refused> {
    let mut items = Vec::new();
    for tenant in viewer.tenants(&app).await? {
        for site in app.store.sites(tenant.id).await? {
            items.push(SiteItem { id: site.id.to_string(), name: site.name, tenant: tenant.name.clone(), created_at: site.created_at });
        }
    }
    Ok(Json(SiteItems { items }))
}
