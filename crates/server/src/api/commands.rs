//! `/api/v1/agents/{id}/commands`: what an agent is asked to do, and what became of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Issued, Sender, Tenant};
use utoipa::ToSchema;
use uuid::Uuid;
use wire::commands::{Action, Command, OutcomeKind};
use wire::rhythm::Schedule;

use super::agents::find;
use crate::app::App;
use crate::auth::{Operator, Viewer};
use crate::extract::{self, Path};
use crate::problem::Refused;

/// Is the longest time a command may wait: a year.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Is how long a command waits if nobody says otherwise: an agent of once a day comes by seven times.
const USUAL_WAIT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Is the most commands of an agent that are listed.
const MOST: usize = 200;
/// Is the most commands that may wait for one agent: they all go out with each reply.
const MOST_WAITING: usize = 32;

/// Is what an agent is to do.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCommand {
    /// `read-now`, `set-schedule` or `send-full-report`.
    pub action: String,
    /// For `set-schedule`: the rhythm and the time zone, as in
    /// `{"rhythm": {"daily": {"at": "02:00", "spread_minutes": 60}}, "time_zone": "Europe/Amsterdam"}`.
    #[schema(value_type = Option<Object>)]
    pub schedule: Option<Schedule>,
    /// From then on it must not begin; seven days ahead if nobody says otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Is a command and how far it has got.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommandItem {
    pub id: String,
    pub action: &'static str,
    #[schema(value_type = Option<Object>)]
    pub schedule: Option<Schedule>,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// When the agent was first told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub handed_out_at: Option<Timestamp>,
    /// `waiting`, `handed-out`, or as it ended: `done`, `failed`, `refused`, `expired`, `unknown`.
    pub state: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Why, in the agent's words.
    pub detail: Option<String>,
}

/// Is the commands of an agent, the newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommandItems {
    pub items: Vec<CommandItem>,
}

/// Lists an agent's commands.
#[utoipa::path(
    get, path = "/api/v1/agents/{id}/commands", tag = "agents", params(("id" = String, Path, description = "The agent's id.")),
    description = "Lists the newest 200 commands of an agent and what became of each.",
    responses((status = 200, body = CommandItems), (status = 404, description = "There is no such agent."))
)]
pub async fn list(State(app): State<Arc<App>>, viewer: Viewer, Path(id): Path<String>) -> Result<Json<CommandItems>, Refused> {
    let (tenant, sender) = find(&app, &viewer, &id).await?;
    let now = app.now();
    let items = app.store.commands(tenant.id, sender.id, MOST).await?.iter().map(|issued| item(issued, now)).collect();
    Ok(Json(CommandItems { items }))
}

/// Asks an agent to do something.
#[utoipa::path(
    post, path = "/api/v1/agents/{id}/commands", tag = "agents", params(("id" = String, Path, description = "The agent's id.")),
    description = "Keeps a command for the agent's next report. Whether it is done, the agent's site decides.",
    request_body = NewCommand,
    responses(
        (status = 201, body = CommandItem),
        (status = 400, description = "The body is no JSON."),
        (status = 403, description = "The token may look only."),
        (status = 404, description = "There is no such agent."),
        (status = 409, description = "Too many commands wait for this agent."),
        (status = 422, description = "There is no such action, or its time cannot be."),
    )
)]
pub async fn issue(
    State(app): State<Arc<App>>,
    Operator(viewer): Operator,
    Path(id): Path<String>,
    extract::Json(new): extract::Json<NewCommand>,
) -> Result<(StatusCode, Json<CommandItem>), Refused> {
    let (tenant, sender) = find(&app, &viewer, &id).await?;
    let issued = give(&app, &tenant, &sender, new, &viewer.name).await?;
    Ok((StatusCode::CREATED, Json(item(&issued, app.now()))))
}

/// Keeps a command for an agent.
///
/// # Errors
/// Fails on actions and times that cannot be, and when too many wait.
pub async fn give(app: &App, tenant: &Tenant, sender: &Sender, new: NewCommand, operator: &str) -> Result<Issued, Refused> {
    let now = app.now();
    let action = action_of(&new)?;
    let latest = now.saturating_add(LONGEST_WAIT).unwrap_or(Timestamp::MAX);
    let expires_at = new.expires_at.unwrap_or_else(|| now.saturating_add(USUAL_WAIT).unwrap_or(Timestamp::MAX));
    if expires_at <= now || expires_at > latest {
        return Err(Refused::unprocessable("expires_at: expected a time from now on, within a year"));
    }
    let known = app.store.commands(tenant.id, sender.id, MOST).await?;
    let waiting = known.iter().filter(|issued| issued.outcome.is_none() && issued.command.expires_at > now).count();
    if waiting >= MOST_WAITING {
        return Err(Refused::new(StatusCode::CONFLICT, format!("{waiting} commands wait for this agent already; let it come by first")));
    }
    let command = Command { id: Uuid::now_v7().to_string(), issued_at: now, expires_at, action };
    app.store.put_command(tenant.id, sender.id, command.clone()).await?;
    tracing::info!(sender.id = %sender.id, command.id = %command.id, action = action_word(&command.action), operator, "a command was issued");
    Ok(Issued { command, handed_out_at: None, outcome: None })
}

fn action_of(new: &NewCommand) -> Result<Action, Refused> {
    match (new.action.as_str(), &new.schedule) {
        ("set-schedule", Some(schedule)) => {
            if jiff::tz::TimeZone::get(&schedule.time_zone).is_err() {
                return Err(Refused::unprocessable("schedule: expected an IANA time zone such as Europe/Amsterdam"));
            }
            Ok(Action::SetSchedule { schedule: schedule.clone() })
        }
        ("set-schedule", None) => Err(Refused::unprocessable("set-schedule needs a schedule")),
        (_, Some(_)) => Err(Refused::unprocessable("only set-schedule has a schedule")),
        ("read-now", None) => Ok(Action::ReadNow),
        ("send-full-report", None) => Ok(Action::SendFullReport),
        _ => Err(Refused::unprocessable("there is no such action; expected read-now, set-schedule or send-full-report")),
    }
}

/// Returns the word for an action.
pub fn action_word(action: &Action) -> &'static str {
    match action {
        Action::ReadNow => "read-now",
        Action::SetSchedule { .. } => "set-schedule",
        Action::SendFullReport => "send-full-report",
        Action::Unknown => "unknown",
    }
}

/// Returns the word for how far a command has got.
pub fn state_word(issued: &Issued, now: Timestamp) -> &'static str {
    match issued.outcome.as_ref().map(|outcome| outcome.outcome) {
        Some(OutcomeKind::Done) => "done",
        Some(OutcomeKind::Failed) => "failed",
        Some(OutcomeKind::Refused) => "refused",
        Some(OutcomeKind::Expired) => "expired",
        Some(OutcomeKind::Unknown) => "unknown",
        // Nobody was told of it, so it is sure never to run.
        None if issued.command.expires_at <= now && issued.handed_out_at.is_none() => "expired",
        None if issued.handed_out_at.is_some() => "handed-out",
        None => "waiting",
    }
}

/// Makes the item of a command.
pub fn item(issued: &Issued, now: Timestamp) -> CommandItem {
    let Issued { command, handed_out_at, outcome } = issued;
    CommandItem {
        id: command.id.clone(),
        action: action_word(&command.action),
        schedule: match &command.action {
            Action::SetSchedule { schedule } => Some(schedule.clone()),
            Action::ReadNow | Action::SendFullReport | Action::Unknown => None,
        },
        issued_at: command.issued_at,
        expires_at: command.expires_at,
        handed_out_at: *handed_out_at,
        state: state_word(issued, now),
        ended_at: outcome.as_ref().map(|outcome| outcome.at),
        detail: outcome.as_ref().and_then(|outcome| outcome.detail.clone()),
    }
}
