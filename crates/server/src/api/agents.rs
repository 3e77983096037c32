//! `/api/v1/agents`: agents and device modules, and how they stand with the server.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use store::{Sender, SenderId, Tenant};

use super::devices::sites;
use super::items::{AgentItem, agent_item};
use super::page::{Page, Paging, Place};
use crate::app::App;
use crate::auth::Viewer;
use crate::extract::{Path, Query};
use crate::problem::Refused;

/// Lists agents.
#[utoipa::path(
    get, path = "/api/v1/agents", tag = "agents", params(Paging),
    description = "Lists agents and device modules, ordered by id.",
    responses((status = 200, body = Page<AgentItem>), (status = 422, description = "A parameter is out of range."))
)]
pub async fn list(State(app): State<Arc<App>>, viewer: Viewer, Query(paging): Query<Paging>) -> Result<Json<Page<AgentItem>>, Refused> {
    let (limit, mut place, now) = (paging.limit()?, paging.place::<SenderId>()?, app.now());
    let mut items = Vec::new();
    for tenant in viewer.tenants(&app).await? {
        let after = match place {
            Some(place) if tenant.id < place.tenant => continue,
            Some(Place { tenant: of, after }) if of == tenant.id => after,
            _ => None,
        };
        place = None;
        // One more than wanted tells whether another page follows.
        let mut senders = app.store.senders(tenant.id, after, limit - items.len() + 1).await?;
        let sites = sites(&app, tenant.id).await?;
        let is_last = senders.len() <= limit - items.len();
        senders.truncate(limit - items.len());
        let last = senders.last().map(|sender| sender.id).or(after);
        items.extend(senders.iter().map(|sender| agent_item(sender, &tenant.name, &sites, now)));
        if !is_last {
            return Ok(Json(Page { items, next: Some(Place { tenant: tenant.id, after: last }.text()) }));
        }
    }
    Ok(Json(Page { items, next: None }))
}

/// Tells of one agent.
#[utoipa::path(
    get, path = "/api/v1/agents/{id}", tag = "agents", params(("id" = String, Path, description = "The agent's id.")),
    description = "Tells of one agent or device module.",
    responses((status = 200, body = AgentItem), (status = 404, description = "There is no such agent."))
)]
pub async fn one(State(app): State<Arc<App>>, viewer: Viewer, Path(id): Path<String>) -> Result<Json<AgentItem>, Refused> {
    let (tenant, sender) = find(&app, &viewer, &id).await?;
    let sites = sites(&app, tenant.id).await?;
    Ok(Json(agent_item(&sender, &tenant.name, &sites, app.now())))
}

/// Finds an agent among those that may be seen. One of another tenant is as good as none.
pub async fn find(app: &App, viewer: &Viewer, id: &str) -> Result<(Tenant, Sender), Refused> {
    let id: SenderId = id.parse().map_err(|_| Refused::not_found("agent"))?;
    for tenant in viewer.tenants(app).await? {
        if let Some(sender) = app.store.sender(tenant.id, id).await? {
            return Ok((tenant, sender));
        }
    }
    Err(Refused::not_found("agent"))
}
