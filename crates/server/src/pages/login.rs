//! Logging in and out.

use std::sync::Arc;

use axum::extract::{Extension, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{User, WebSession};
use tokio::time::{Duration, timeout};
use webui::Login;
use webui::frame::Program;
use webui::login::local_path;

use super::form::{self, Form};
use super::session;
use super::{NoPage, lead_to, show};
use crate::app::{App, locked};
use crate::credential::new_secret;
use crate::net::Peer;
use crate::password;

/// Is how long a session lasts: a working day.
const SESSION: SignedDuration = SignedDuration::from_hours(12);
/// Is how long a password waits for its turn to be checked.
const PATIENCE: Duration = Duration::from_secs(10);

/// Is where somebody is to be led after logging in.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// Returns the address of the login page that leads on to this path.
pub fn address(next: &str) -> String {
    match local_path(next) {
        "/" => "/login".to_owned(),
        next => {
            let query = serde_urlencoded::to_string([("next", next)]).expect("a pair of texts can be written");
            format!("/login?{query}")
        }
    }
}

/// Shows the login page.
pub async fn page(State(app): State<Arc<App>>, headers: HeaderMap, Query(Next { next }): Query<Next>) -> Response {
    ask(&app, &headers, StatusCode::OK, &next, "", None)
}

/// Asks who is there. The form carries a token of the visit, so that nobody can log others in by a link.
fn ask(app: &App, headers: &HeaderMap, status: StatusCode, next: &str, user: &str, error: Option<String>) -> Response {
    let known = session::visit(headers);
    let visit = known.clone().unwrap_or_else(new_secret);
    let login = Login {
        csrf: session::token(&app.key, &visit),
        next: local_path(next).to_owned(),
        user: user.chars().take(100).collect(),
        error,
        hint: None,
    };
    let mut response = show(status, login.render(Program::Server));
    if known.is_none() {
        response.headers_mut().append(header::SET_COOKIE, session::begin_visit(&visit));
    }
    response
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// Begins a session.
pub async fn log_in(State(app): State<Arc<App>>, Extension(peer): Extension<Peer>, request: Request) -> Result<Response, NoPage> {
    let (parts, body) = request.into_parts();
    let fields: Fields = form::fields(&form::read(body).await?)?;
    let has_token = session::visit(&parts.headers).is_some_and(|visit| session::is_token(&app.key, &visit, &fields.csrf));
    if !has_token {
        return Ok(ask(
            &app,
            &parts.headers,
            StatusCode::FORBIDDEN,
            &fields.next,
            &fields.user,
            Some("This form is too old. Try once more.".to_owned()),
        ));
    }
    let again = |status, error: &str| ask(&app, &parts.headers, status, &fields.next, &fields.user, Some(error.to_owned()));
    // Every attempt counts, right or wrong: who may try without end finds any password.
    let by_address = app.failures.count(peer.address.ip());
    let by_name = locked(&app.logins).take(fields.user.clone(), app.failures.elapsed());
    if let Err(wait) = by_address.and(by_name) {
        tracing::warn!("too many attempts to log in");
        return Ok(again(StatusCode::TOO_MANY_REQUESTS, &format!("Too many attempts. Try again in {} seconds.", wait.seconds())));
    }
    let Some(user) = check(&app, &fields).await? else {
        app.figures.unknown_caller("person");
        return Ok(again(StatusCode::UNAUTHORIZED, "Name or password is wrong."));
    };
    let secret = new_secret();
    let now = app.now();
    let expires_at = now.saturating_add(SESSION).unwrap_or(Timestamp::MAX);
    let hash = session::session_hash(&app.key, &secret);
    app.store.put_session(WebSession { hash, user: user.id, created_at: now, expires_at }).await?;
    tracing::info!(user.id = %user.id, "somebody has logged in");
    let mut response = lead_to(local_path(&fields.next));
    response.headers_mut().append(header::SET_COOKIE, session::begin(&secret, SESSION.as_secs()));
    Ok(response)
}

/// Finds the account of a name and password, a few at a time and off the threads that serve others.
async fn check(app: &App, fields: &Fields) -> Result<Option<User>, NoPage> {
    let Ok(Ok(_turn)) = timeout(PATIENCE, app.password_checks.acquire()).await else {
        return Err(crate::problem::Refused::later("too many people log in at once; try again", 10).into());
    };
    let user = app.store.user_by_name(&fields.user).await?.filter(|user| !user.is_disabled);
    // Told to the operator alone: who is not logged in does not learn which names there are.
    if let Some((user, refusal)) = user.as_ref().and_then(|user| Some((user, password::set_anew(&user.password_hash)?))) {
        tracing::warn!(user.id = %user.id, "somebody cannot log in: {refusal}");
    }
    let password = fields.password.clone();
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let fits = tokio::task::spawn_blocking(move || match hash {
        Some(hash) => password::fits(&password, &hash),
        None => {
            password::pretend(&password);
            false
        }
    });
    let fits = fits.await.unwrap_or(false);
    Ok(user.filter(|_| fits))
}

#[derive(Deserialize)]
pub struct Nothing {}

/// Ends a session.
pub async fn log_out(State(app): State<Arc<App>>, form: Form<Nothing>) -> Result<Response, NoPage> {
    app.store.end_session(form.person.session(&app)).await?;
    let mut response = lead_to("/login").into_response();
    response.headers_mut().append(header::SET_COOKIE, session::end());
    Ok(response)
}
