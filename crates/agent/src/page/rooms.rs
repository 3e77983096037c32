//! The pages by address, and who may see them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Form, FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use survey::agenda::Ask;
use webui::login::local_path;
use webui::{Clock, Frame, Login, Notice, Problem, Program, style};

use super::{App, guard, view};
use crate::run::Message;
use crate::secrets;
use crate::story::story;

/// Is the cookie of a session. Cookies know no ports, so its name tells it from a server's on the same host.
const COOKIE: &str = "roundsman-agent";
/// Is the cookie of somebody who has the login form before them.
const LOGIN_COOKIE: &str = "roundsman-agent-login";
/// Is who is logged in: the page has one password.
const PERSON: &str = "administrator";

/// Returns the pages.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(overview))
        .route("/devices", get(devices))
        .route("/devices/{id}", get(device))
        .route("/ledger", get(ledger))
        .route("/ledger/{number}", get(entry))
        .route("/ledger/{number}/payload", get(payload))
        .route("/preview", get(preview))
        .route("/privacy", get(privacy))
        .route("/sync-now", post(sync_now))
        .route("/login", get(login).post(log_in))
        .route("/logout", post(log_out))
        .route(style::PATH, get(stylesheet))
}

/// Is somebody who is logged in.
pub struct Visit {
    cookie: String,
    frame: Frame,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        if let Some(cookie) = cookie(&parts.headers, COOKIE)
            && let Some(csrf) = app.sessions().csrf(Instant::now(), cookie)
        {
            let zone = jiff::tz::TimeZone::get(&app.config.zone_name()).unwrap_or(jiff::tz::TimeZone::UTC);
            let notice = notice(parts.uri.query().unwrap_or_default());
            let frame = Frame { clock: Clock { now: Timestamp::now(), zone }, person: PERSON.to_owned(), csrf, notice };
            return Ok(Visit { cookie: cookie.to_owned(), frame });
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let next = if parts.method == axum::http::Method::GET { path } else { "/" };
        Err(Redirect::to(&format!("/login?next={}", encoded(next))).into_response())
    }
}

impl Visit {
    /// Checks the token of a form; returns the answer to a form without it.
    fn refusal(&self, form: &BTreeMap<String, String>) -> Option<Response> {
        let shown = form.get("csrf").map(String::as_str).unwrap_or_default();
        if secrets::equal(shown, &self.frame.csrf) {
            return None;
        }
        let text = Problem::stale_form().render(Program::Agent, Some(&self.frame));
        Some((StatusCode::FORBIDDEN, axum::response::Html(text)).into_response())
    }

    fn page(&self, page: Result<String, view::ViewError>) -> Response {
        match page {
            Ok(text) => axum::response::Html(text).into_response(),
            Err(view::ViewError::NotHere) => {
                (StatusCode::NOT_FOUND, axum::response::Html(Problem::not_found().render(Program::Agent, Some(&self.frame))))
                    .into_response()
            }
            Err(error) => {
                let request = secrets::hex(&secrets::random::<6>());
                tracing::error!(request, "a page could not be made: {}", story(&error));
                let text = Problem::internal(request).render(Program::Agent, Some(&self.frame));
                (StatusCode::INTERNAL_SERVER_ERROR, axum::response::Html(text)).into_response()
            }
        }
    }
}

/// Returns the sentence that a form's answer leads to.
fn notice(query: &str) -> Option<Notice> {
    match query {
        "asked" => Some(Notice::Done("The printers are read now, and then the server is told.".to_owned())),
        "not-enrolled" => {
            Some(Notice::Failed("There is no server to tell yet; enrol the agent with `roundsman-agent enroll CODE`.".to_owned()))
        }
        _ => None,
    }
}

async fn overview(visit: Visit, State(app): State<Arc<App>>) -> Response {
    visit.page(view::overview(&app, &visit.frame))
}

async fn devices(visit: Visit, State(app): State<Arc<App>>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let after = query.get("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    visit.page(view::devices(&app, &visit.frame, after))
}

async fn device(visit: Visit, State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    visit.page(view::device(&app, &visit.frame, &id))
}

async fn ledger(visit: Visit, State(app): State<Arc<App>>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let before = query.get("before").and_then(|before| before.parse().ok());
    let check = query.contains_key("verify");
    visit.page(view::ledger(&app, &visit.frame, before, check))
}

async fn entry(visit: Visit, State(app): State<Arc<App>>, Path(number): Path<String>) -> Response {
    visit.page(view::entry(&app, &visit.frame, &number))
}

async fn payload(visit: Visit, State(app): State<Arc<App>>, Path(number): Path<String>) -> Response {
    match view::payload(&app, &number) {
        Ok(text) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json".to_owned()),
                // As a download: what devices say is not to be shown as a page of ours.
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"roundsman-report-{}.json\"", number.parse().unwrap_or(0u64))),
            ];
            (headers, text).into_response()
        }
        Err(error) => visit.page(Err(error)),
    }
}

async fn preview(visit: Visit, State(app): State<Arc<App>>) -> Response {
    visit.page(view::preview(&app, &visit.frame))
}

async fn privacy(visit: Visit, State(app): State<Arc<App>>) -> Response {
    visit.page(view::privacy(&app, &visit.frame))
}

async fn sync_now(visit: Visit, State(app): State<Arc<App>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    if let Some(refusal) = visit.refusal(&form) {
        return refusal;
    }
    if app.board.lock().server.is_none() {
        return Redirect::to("/?not-enrolled").into_response();
    }
    app.tell(Message::Ask(Ask::ReadAndSynchronise));
    Redirect::to("/?asked").into_response()
}

async fn login(State(app): State<Arc<App>>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let next = query.get("next").map_or("/", |next| local_path(next));
    login_page(&app, next, None)
}

/// Shows the login form with a token of its own, which the cookie beside it must repeat.
fn login_page(app: &App, next: &str, error: Option<String>) -> Response {
    let csrf = secrets::token();
    let status = if error.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let hint = format!("The password is in the file {} on the agent's computer.", app.folder.join(super::PASSWORD_FILE).display());
    let page = Login { csrf: csrf.clone(), next: next.to_owned(), user: String::new(), error, hint: Some(hint) };
    let cookie = set_cookie(LOGIN_COOKIE, &csrf, "/login");
    (status, [(header::SET_COOKIE, cookie)], axum::response::Html(page.render(Program::Agent))).into_response()
}

async fn log_in(State(app): State<Arc<App>>, headers: HeaderMap, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let next = local_path(field("next"));
    let shown = cookie(&headers, LOGIN_COOKIE).unwrap_or_default();
    if shown.is_empty() || !secrets::equal(shown, field("csrf")) {
        return login_page(&app, next, Some("This form was too old; please try again.".to_owned()));
    }
    let now = Instant::now();
    let entered = app.sessions().log_in(now, field("password"), &app.password);
    match entered {
        Some(cookie) => {
            tracing::info!("somebody has logged in to the agent's page");
            let mut response = Redirect::to(next).into_response();
            response.headers_mut().append(header::SET_COOKIE, set_cookie(COOKIE, &cookie, "/"));
            response
        }
        None => {
            let wait = app.sessions().wait(now);
            let error = match wait {
                Some(wait) => format!("That was not the password. Too many attempts: wait {} seconds.", wait.as_secs() + 1),
                None => "That was not the password.".to_owned(),
            };
            tracing::warn!("a wrong password was given to the agent's page");
            login_page(&app, next, Some(error))
        }
    }
}

async fn log_out(visit: Visit, State(app): State<Arc<App>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    if let Some(refusal) = visit.refusal(&form) {
        return refusal;
    }
    app.sessions().log_out(&visit.cookie);
    Redirect::to("/login").into_response()
}

async fn stylesheet() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, style::CACHE_CONTROL)];
    (headers, style::STYLE).into_response()
}

/// Says that there is no such page, without telling strangers more than that.
pub async fn not_found() -> Response {
    let problem = Problem::not_found();
    guard::refuse(StatusCode::NOT_FOUND, &problem.title, &problem.advice)
}

fn set_cookie(name: &str, value: &str, path: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("{name}={value}; Path={path}; HttpOnly; SameSite=Strict")).expect("hexadecimal digits")
}

/// Returns the value of a cookie.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    fields.flat_map(|field| field.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Writes a path as the value of a query.
fn encoded(path: &str) -> String {
    let mut out = String::new();
    for octet in path.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => out.push(char::from(octet)),
            _ => out.push_str(&format!("%{octet:02X}")),
        }
    }
    out
}
