//! All agents and device modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use policy::lifecycle::State as SenderState;
use store::{Admission, Sender, SiteId};
use webui::server::SiteName;
use webui::server::agents::{AgentRow, AgentState, Agents};
use webui::{Paging, SyncError, Synchronisation};

use super::fleet::site_names;
use super::{NoPage, Person, show};
use crate::app::App;
use crate::standing::{next_report, state_of};

/// Is how many senders are read at once.
const AT_ONCE: usize = 500;
/// Is the most senders that a page shows.
const MOST: usize = 2000;

/// Shows the agents.
pub async fn page(State(app): State<Arc<App>>, person: Person) -> Result<Response, NoPage> {
    let tenants = person.viewer.tenants(&app).await?;
    let mut agents = Vec::new();
    for tenant in &tenants {
        let names = site_names(&app, tenant, tenants.len() > 1).await?;
        let mut after = None;
        while agents.len() < MOST {
            let senders = app.store.senders(tenant.id, after, AT_ONCE).await?;
            let Some(last) = senders.last() else { break };
            after = Some(last.id);
            for sender in &senders {
                agents.push(row(&app, sender, &names).await?);
            }
        }
    }
    agents.sort_by(|one, other| (one.state, &one.name).cmp(&(other.state, &other.name)));
    let agents = Agents { agents, paging: Paging::default() };
    Ok(show(StatusCode::OK, agents.render(&person.frame(&app, None))))
}

/// Makes the row of a sender.
pub async fn row(app: &App, sender: &Sender, sites: &BTreeMap<SiteId, SiteName>) -> Result<AgentRow, NoPage> {
    let now = app.now();
    let (state, state_since) = state_of(sender, now);
    let has_reported = sender.told.last_success_at.is_some();
    let devices = if has_reported { Some(app.store.devices_of(sender.tenant, sender.id).await?) } else { None };
    Ok(AgentRow {
        id: sender.id.to_string(),
        name: sender.name.clone(),
        kind: sender.kind,
        site: sites.get(&sender.site).cloned(),
        state: state_for_page(state),
        state_since,
        state_reason: match &sender.admission {
            Admission::Disabled { reason, .. } => Some(reason.clone()),
            Admission::Admitted | Admission::Retired { .. } => None,
        },
        synchronisation: synchronisation(sender, now),
        software: Some(sender.software.clone()),
        devices: devices.as_ref().map(|devices| devices.len() as u64),
        devices_overdue: devices.map(|devices| devices.iter().filter(|device| device.overdue.is_some()).count() as u64),
    })
}

fn state_for_page(state: SenderState) -> AgentState {
    match state {
        SenderState::Provisioned => AgentState::Provisioned,
        SenderState::Running => AgentState::Running,
        SenderState::Unresponsive => AgentState::Unresponsive,
        SenderState::Stopped => AgentState::Stopped,
        SenderState::Disabled => AgentState::Disabled,
        SenderState::Retired => AgentState::Retired,
    }
}

fn synchronisation(sender: &Sender, now: Timestamp) -> Synchronisation {
    let told = &sender.told;
    let last_error = told.last_error.clone().map(|reason| SyncError { at: told.last_error_at.unwrap_or(now), reason, advice: None });
    Synchronisation {
        last_data_at: told.last_data_at,
        last_contact_at: told.last_contact_at,
        last_success_at: told.last_success_at,
        next_send_at: next_report(sender, told.last_contact_at.unwrap_or(now)).or(told.next_at),
        last_error,
    }
}
