//! All devices that somebody may see, what needs attention first.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use policy::current::merge;
use policy::lifecycle::State as SenderState;
use report::attention::{self, Urgency};
use report::table::printer_name;
use serde::Deserialize;
use store::{Device, SiteId, Tenant};
use webui::Paging;
use webui::server::SiteName;
use webui::server::fleet::{Counts, Filter, Fleet, FleetDevice, Overdue, Show};

use super::{NoPage, Person, show};
use crate::api::{current_record, sources};
use crate::app::App;
use crate::standing::state_of;

/// Is how many devices a page shows.
const A_PAGE: usize = 100;
/// Is how many devices or senders are read at once.
const AT_ONCE: usize = 500;
/// Is the most devices of a tenant that are named because they may be the same as another.
const MOST_TWINS: usize = 20;
/// Is the most devices that are ordered by urgency: all of them have to be looked at for that.
const MOST: usize = 10_000;

/// Is what the address asks for.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    site: String,
    #[serde(default)]
    show: String,
    #[serde(default)]
    find: String,
    #[serde(default)]
    from: usize,
}

/// Shows the fleet.
pub async fn page(State(app): State<Arc<App>>, person: Person, Query(wanted): Query<Wanted>) -> Result<Response, NoPage> {
    let tenants = person.viewer.tenants(&app).await?;
    let many = tenants.len() > 1;
    let filter = Filter {
        site: (!wanted.site.is_empty()).then(|| wanted.site.clone()),
        show: Show::from_word(&wanted.show),
        find: wanted.find.trim().chars().take(100).collect(),
    };
    let mut counts = Counts::default();
    let mut sites = Vec::new();
    let mut found: Vec<(Urgency, FleetDevice)> = Vec::new();
    let mut twins = Vec::new();
    for tenant in &tenants {
        twins.extend(twins_of(&app, tenant).await?);
        let names = site_names(&app, tenant, many).await?;
        sites.extend(names.values().cloned());
        counts.agents_unresponsive += unresponsive(&app, tenant).await?;
        gather(&app, tenant, &names, &filter, &mut counts, &mut found).await?;
    }
    // Overdue ones first within an urgency: their state may be worse than what is known of it.
    found.sort_by_cached_key(|(urgency, device)| (*urgency, device.overdue.is_none(), device.id.clone()));
    let total = found.len();
    let from = wanted.from.min(total);
    let devices: Vec<FleetDevice> = found.into_iter().skip(from).take(A_PAGE).map(|(_, device)| device).collect();
    let paging = paging(&filter, from, devices.len(), total);
    let fleet = Fleet { counts, sites, filter, devices, paging, twins };
    Ok(show(StatusCode::OK, fleet.render(&person.frame(&app, None))))
}

/// Returns the devices that may be the same as another one, by id and name.
async fn twins_of(app: &App, tenant: &Tenant) -> Result<Vec<(String, String)>, NoPage> {
    let mut twins = Vec::new();
    for (id, _) in app.store.twins(tenant.id, MOST_TWINS).await? {
        if let Some(device) = app.store.device(tenant.id, id).await? {
            let record = current_record(&device);
            let name = [printer_name(&record), record.identity.serial_number.unwrap_or_default()].join(" ");
            twins.push((id.to_string(), if name.trim().is_empty() { id.to_string() } else { name.trim().to_owned() }));
        }
    }
    Ok(twins)
}

async fn gather(
    app: &App,
    tenant: &Tenant,
    names: &BTreeMap<SiteId, SiteName>,
    filter: &Filter,
    counts: &mut Counts,
    found: &mut Vec<(Urgency, FleetDevice)>,
) -> Result<(), NoPage> {
    let mut after = None;
    loop {
        let page = app.store.devices(tenant.id, after, AT_ONCE).await?;
        after = page.items.last().map(|device| device.id);
        for device in page.items {
            let shown = fleet_device(&device, names);
            let urgency = attention::of(&shown.record).urgency;
            counts.devices += 1;
            counts.need_attention += u64::from(urgency.needs_attention());
            counts.overdue += u64::from(shown.overdue.is_some());
            if found.len() < MOST && is_wanted(&shown, urgency, filter) {
                found.push((urgency, shown));
            }
        }
        if page.next.is_none() || after.is_none() {
            return Ok(());
        }
    }
}

fn fleet_device(device: &Device, names: &BTreeMap<SiteId, SiteName>) -> FleetDevice {
    let current = merge(&sources(device));
    let told = |unit: &str| current.origins.get(unit).map(|(_, at)| *at);
    FleetDevice {
        id: device.id.to_string(),
        site: names.get(&device.site).cloned(),
        meters_at: told("meters/total"),
        supplies_at: told("supplies"),
        record: current.record,
        overdue: device.overdue.map(overdue),
    }
}

/// Says in words since when and why a device is overdue.
pub fn overdue(overdue: policy::overdue::Overdue) -> Overdue {
    Overdue { since: overdue.since, reason: overdue.why.says().to_owned() }
}

fn is_wanted(device: &FleetDevice, urgency: Urgency, filter: &Filter) -> bool {
    let is_shown = match filter.show {
        Show::All => true,
        Show::Attention => urgency.needs_attention(),
        Show::Overdue => device.overdue.is_some(),
    };
    let is_here = filter.site.as_ref().is_none_or(|wanted| device.site.as_ref().is_some_and(|site| site.id == *wanted));
    is_shown && is_here && has_text(device, &filter.find)
}

fn has_text(device: &FleetDevice, text: &str) -> bool {
    let wanted = text.to_lowercase();
    let identity = &device.record.identity;
    let texts = [
        &device.record.address,
        &identity.manufacturer,
        &identity.model,
        &identity.serial_number,
        &identity.location,
        &identity.system_name,
    ];
    wanted.is_empty() || texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&wanted))
}

/// Returns the names of a tenant's sites, with the tenant's before them where there are several.
pub async fn site_names(app: &App, tenant: &Tenant, many: bool) -> Result<BTreeMap<SiteId, SiteName>, NoPage> {
    let name = |site: &str| if many { format!("{} / {site}", tenant.name) } else { site.to_owned() };
    let sites = app.store.sites(tenant.id).await?.into_iter();
    Ok(sites.map(|site| (site.id, SiteName { id: site.id.to_string(), name: name(&site.name) })).collect())
}

async fn unresponsive(app: &App, tenant: &Tenant) -> Result<u64, NoPage> {
    let (mut count, mut after, now) = (0, None, app.now());
    loop {
        let senders = app.store.senders(tenant.id, after, AT_ONCE).await?;
        let Some(last) = senders.last() else { return Ok(count) };
        after = Some(last.id);
        count += senders.iter().filter(|sender| state_of(sender, now).0 == SenderState::Unresponsive).count() as u64;
    }
}

fn paging(filter: &Filter, from: usize, shown: usize, total: usize) -> Paging {
    let address = |from: usize| {
        let site = filter.site.as_deref().unwrap_or("");
        let pairs = [("site", site), ("show", filter.show.word()), ("find", &filter.find), ("from", &from.to_string())];
        let query = serde_urlencoded::to_string(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>());
        format!("/?{}", query.expect("pairs of texts can be written"))
    };
    Paging {
        first: Some(from as u64 + 1),
        total: Some(total as u64),
        previous: (from > 0).then(|| address(from.saturating_sub(A_PAGE))),
        next: (from + shown < total).then(|| address(from + A_PAGE)),
    }
}
