//! One device with its history.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use policy::current::{Current, merge};
use store::{Device, HistoryDay};
use webui::device::{Ages, DeviceFile, HistoryDay as ChartDay, Told};
use webui::server::device::{Device as DevicePage, HeardBy, SenderName};

use super::fleet::{overdue, site_names};
use super::{NoPage, Person, show};
use crate::api::{find_device, sources};
use crate::app::App;

/// Is how many days of history are shown.
const DAYS: i64 = 90;

/// Shows a device.
pub async fn page(State(app): State<Arc<App>>, person: Person, Path(id): Path<String>) -> Result<Response, NoPage> {
    let (tenant, device) = find_device(&app, &person.viewer, &id).await?;
    let now = app.now();
    let from = now.saturating_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN);
    let history = app.store.history(tenant.id, device.id, from, now, 2 * DAYS as usize).await?;
    let current = merge(&sources(&device));
    let mut paths = Vec::new();
    for view in &device.views {
        let sender = app.store.sender(tenant.id, view.sender).await?;
        paths.push(HeardBy {
            path: view.kind.into(),
            observed_at: view.view.answered_at(),
            sender: sender.map(|sender| SenderName { id: sender.id.to_string(), name: sender.name }),
        });
    }
    let page = DevicePage {
        id: device.id.to_string(),
        site: site_names(&app, &tenant, false).await?.remove(&device.site),
        file: DeviceFile { ages: ages(&device, &current), record: current.record, history: days(&history) },
        overdue: device.overdue.map(overdue),
        paths,
        first_seen_at: Some(device.created_at),
    };
    Ok(show(StatusCode::OK, page.render(&person.frame(&app, None))))
}

/// Tells of each fact when and by which path it was told.
fn ages(device: &Device, current: &Current) -> Ages {
    let mut ages = Ages::new();
    for key in device.views.iter().flat_map(|view| view.view.facts.keys()) {
        if let Some((path, at)) = origin(current, key) {
            ages.insert(key.to_string(), Told { at, path });
        }
    }
    ages
}

/// Returns by which path, and when, the part of the record was told that a fact belongs to.
fn origin(current: &Current, key: &str) -> Option<(model::record::Path, Timestamp)> {
    let mut ends = key.match_indices('/').map(|(end, _)| end).chain([key.len()]);
    let first = &key[..ends.next().unwrap_or(key.len())];
    let two = &key[..ends.next().unwrap_or(key.len())];
    // What moves together is named by one segment or two; alerts go with the state.
    let names = [two, first, if first == "alerts" { "status" } else { first }];
    names.into_iter().find_map(|name| current.origins.get(name).copied())
}

/// Returns one entry a day: what the counters stood at when the day was over. Of two senders the
/// higher count is the later one, because counters only grow.
fn days(history: &[HistoryDay]) -> Vec<ChartDay> {
    let mut days: Vec<ChartDay> = Vec::new();
    for day in history {
        let date = policy::history::start_of(day.day).to_zoned(TimeZone::UTC).date();
        let last = |name: &str| {
            let count = day.samples.iter().rev().find_map(|sample| sample.meter(name));
            count.and_then(|count| u64::try_from(count).ok())
        };
        let (total, color, monochrome) = (last("total"), last("color"), last("monochrome"));
        match days.last_mut().filter(|known| known.date == date) {
            Some(known) => {
                known.total = known.total.max(total);
                known.color = known.color.max(color);
                known.monochrome = known.monochrome.max(monochrome);
            }
            None => days.push(ChartDay { date, total, color, monochrome }),
        }
    }
    days
}
