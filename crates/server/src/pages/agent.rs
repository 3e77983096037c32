//! One agent: how it stands, what was expected of it, and what it is asked to do.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use policy::expectation::{Expectation, Kept};
use serde::Deserialize;
use store::{Issued, Role};
use webui::Notice;
use webui::server::agent::{Agent, CommandRow, ExpectedDay};
use wire::rhythm::{Rhythm, Schedule};

use super::agents::row;
use super::fleet::site_names;
use super::form::Form;
use super::{NoPage, Person, lead_to, show};
use crate::api::{NewCommand, find_agent, give_command};
use crate::app::App;
use crate::problem::Refused;

/// Is how many days of the ledger are shown.
const DAYS: usize = 30;
/// Is how many commands are shown.
const COMMANDS: usize = 20;

/// Tells what became of the form that led here.
#[derive(Deserialize)]
pub struct Said {
    #[serde(default)]
    done: String,
}

/// Shows an agent.
pub async fn page(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, NoPage> {
    let (tenant, sender) = find_agent(&app, &person.viewer, &id).await?;
    let names = site_names(&app, &tenant, false).await?;
    let days = app.store.ledger(tenant.id, Some(sender.id), None, DAYS).await?;
    let commands = app.store.commands(tenant.id, sender.id, COMMANDS).await?;
    let told = &sender.told;
    let agent = Agent {
        row: row(&app, &sender, &names).await?,
        schedule: told.schedule.clone(),
        host: told.host.clone(),
        site: told.site_information.clone(),
        told_at: told.last_success_at,
        withheld: told.withheld.clone(),
        days: days.iter().map(|line| expected_day(&line.expectation)).collect(),
        commands: commands.into_iter().map(command_row).collect(),
        may_command: person.viewer.role == Role::Operator,
    };
    let notice = (said.done == "command").then(|| Notice::Done("The agent is told with the reply to its next report.".to_owned()));
    Ok(show(StatusCode::OK, agent.render(&person.frame(&app, notice))))
}

fn expected_day(expectation: &Expectation) -> ExpectedDay {
    let came = matches!(expectation.kept, Kept::Met | Kept::Late | Kept::CaughtUp);
    ExpectedDay {
        date: expectation.day,
        expected: 1,
        arrived: u32::from(came),
        late: u32::from(matches!(expectation.kept, Kept::Late | Kept::CaughtUp)),
        pending: u32::from(expectation.kept == Kept::Pending),
        reason: expectation.why.map(|why| why.says().to_owned()),
    }
}

fn command_row(issued: Issued) -> CommandRow {
    CommandRow {
        id: issued.command.id,
        action: issued.command.action,
        issued_at: issued.command.issued_at,
        issued_by: None,
        expires_at: issued.command.expires_at,
        fetched_at: issued.handed_out_at,
        outcome: issued.outcome,
    }
}

/// Is the form of a command.
#[derive(Deserialize)]
pub struct Fields {
    action: String,
    #[serde(default)]
    rhythm: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    spread_minutes: String,
    #[serde(default)]
    every_minutes: String,
    #[serde(default)]
    time_zone: String,
}

/// Gives a command.
pub async fn command(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form<Fields>) -> Result<Response, NoPage> {
    if form.person.viewer.role != Role::Operator {
        return Err(NoPage::Problem(webui::Problem::forbidden()));
    }
    let (tenant, sender) = find_agent(&app, &form.person.viewer, &id).await?;
    let schedule = if form.fields.action == "set-schedule" { Some(schedule(&form.fields)?) } else { None };
    let new = NewCommand { action: form.fields.action, schedule, expires_at: None };
    give_command(&app, &tenant, &sender, new, &form.person.viewer.name).await?;
    Ok(lead_to(&format!("/agents/{}?done=command", sender.id)))
}

fn schedule(fields: &Fields) -> Result<Schedule, NoPage> {
    let number = |text: &str, what: &str| {
        text.trim().parse::<u32>().map_err(|_| NoPage::from(Refused::unprocessable(format!("{what}: expected a number, found \"{text}\""))))
    };
    let rhythm = match fields.rhythm.as_str() {
        "daily" => Rhythm::Daily {
            at: fields.at.parse().map_err(|_| Refused::unprocessable("the time of day: expected HH:MM, such as 02:00"))?,
            spread_minutes: u16::try_from(number(&fields.spread_minutes, "the spread")?).unwrap_or(u16::MAX),
        },
        "every" => Rhythm::Every { seconds: number(&fields.every_minutes, "the period")?.saturating_mul(60) },
        _ => return Err(Refused::unprocessable("the rhythm: expected daily or every").into()),
    };
    Ok(Schedule { rhythm, time_zone: fields.time_zone.trim().to_owned() })
}
