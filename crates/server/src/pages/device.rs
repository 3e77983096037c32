//! One device with its history.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use policy::current::{Current, merge};
use policy::identity::Joined;
use serde::Deserialize;
use store::{Device, HistoryDay, Role};
use webui::Notice;
use webui::device::{Ages, DeviceFile, HistoryDay as ChartDay, Told};
use webui::server::device::{Device as DevicePage, HeardBy, SenderName};

use super::fleet::{overdue, site_names};
use super::form::Form;
use super::{NoPage, Person, lead_to, show};
use crate::api::{decide_one, decide_two, find_device, part_off, sources};
use crate::app::App;

/// Is how many days of history are shown.
const DAYS: i64 = 90;

/// Shows a device.
pub async fn page(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, NoPage> {
    let (tenant, mut device) = find_device(&app, &person.viewer, &id).await?;
    let now = app.now();
    let from = now.saturating_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN);
    let history = app.store.history(tenant.id, device.id, from, now, 2 * DAYS as usize).await?;
    let mut paths = Vec::new();
    let mut alone = None;
    for view in &device.views {
        let sender = app.store.sender(tenant.id, view.sender).await?;
        let sender = sender.map(|sender| SenderName { id: sender.id.to_string(), name: sender.name });
        if view.sender.to_string() == wanted.by {
            alone = sender.clone();
        }
        let joined = view.joined.as_ref().map(|joined| (on_what(joined), joined.at));
        let why = view.joined.iter().flat_map(|joined| &joined.why).map(ToString::to_string).collect();
        paths.push(HeardBy { path: view.kind.into(), observed_at: view.view.answered_at(), sender, joined, why });
    }
    if alone.is_some() {
        device.views.retain(|view| view.sender.to_string() == wanted.by);
    }
    let current = merge(&sources(&device));
    let page = DevicePage {
        id: device.id.to_string(),
        site: site_names(&app, &tenant, false).await?.remove(&device.site),
        file: DeviceFile { ages: ages(&device, &current), record: current.record, history: days(&history) },
        overdue: device.overdue.map(overdue),
        paths,
        first_seen_at: Some(device.created_at),
        twin: device.twin.map(|twin| twin.to_string()),
        alone,
        may_decide: person.viewer.role == Role::Operator,
    };
    let notice = match wanted.done.as_str() {
        "join" => Some("The two are one device from now on; history holds both."),
        "part" => Some("This is a device of its own from now on; its history went with it."),
        "apart" => Some("The two stay two, whatever they tell."),
        _ => None,
    };
    Ok(show(StatusCode::OK, page.render(&person.frame(&app, notice.map(|text| Notice::Done(text.to_owned()))))))
}

/// Is what the address asks for.
#[derive(Deserialize)]
pub struct Wanted {
    /// The id of the sender whose word alone is to be shown.
    #[serde(default)]
    by: String,
    /// What became of the form that led here.
    #[serde(default)]
    done: String,
}

/// Says on what evidence a sender's word counts.
fn on_what(joined: &Joined) -> String {
    match &joined.by {
        Some(by) => format!("the word of {by}"),
        None => format!("the same {}", joined.on),
    }
}

/// Names another device.
#[derive(Deserialize)]
pub struct Other {
    other: String,
}

/// Names a sender.
#[derive(Deserialize)]
pub struct Whose {
    sender: String,
}

/// Makes this device and another one a single device.
pub async fn join(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form<Other>) -> Result<Response, NoPage> {
    may_decide(&form.person)?;
    decide_one(&app, &form.person.viewer, &id, &form.fields.other).await?;
    Ok(lead_to(&format!("/devices/{id}?done=join")))
}

/// Notes that this device and another one are two.
pub async fn keep_apart(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form<Other>) -> Result<Response, NoPage> {
    may_decide(&form.person)?;
    decide_two(&app, &form.person.viewer, &id, &form.fields.other).await?;
    Ok(lead_to(&format!("/devices/{id}?done=apart")))
}

/// Takes a sender's word off this device; leads to the one that it has now.
pub async fn part(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form<Whose>) -> Result<Response, NoPage> {
    may_decide(&form.person)?;
    let new = part_off(&app, &form.person.viewer, &id, &form.fields.sender).await?;
    Ok(lead_to(&format!("/devices/{new}?done=part")))
}

fn may_decide(person: &Person) -> Result<(), NoPage> {
    if person.viewer.role == Role::Operator { Ok(()) } else { Err(NoPage::Problem(webui::Problem::forbidden())) }
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
