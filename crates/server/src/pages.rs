//! The pages for people: who may see them, and what is on them.
//!
//! `webui` renders; here the values are gathered and the forms carried out. Whoever is not logged
//! in is led to the login page, and a form counts only with the token of its session.

mod agent;
mod agents;
mod codes;
mod device;
mod fleet;
mod form;
mod login;
mod place;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use webui::frame::Program;

use crate::app::App;
use crate::problem::Refused;

pub use session::Person;

/// Returns the routes of the pages.
pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(fleet::page))
        .route("/devices/{id}", get(device::page))
        .route("/devices/{id}/join", post(device::join))
        .route("/devices/{id}/apart", post(device::keep_apart))
        .route("/devices/{id}/part", post(device::part))
        .route("/agents", get(agents::page))
        .route("/agents/{id}", get(agent::page))
        .route("/agents/{id}/commands", post(agent::command))
        .route("/codes", get(codes::page).post(codes::make))
        .route("/login", get(login::page).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route(webui::style::PATH, get(style))
        .layer(from_fn_with_state(Arc::clone(app), guard))
}

/// Holds for every page: the host that is meant is ours, and browsers are told to be strict.
async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_style = request.uri().path() == webui::style::PATH;
    let mut response = if place::is_ours(&app, &request) {
        next.run(request).await
    } else {
        let problem = webui::Problem::new(421, "This is another server", "Call this server by the name in its certificate.");
        show(StatusCode::MISDIRECTED_REQUEST, problem.render(Program::Server, None))
    };
    if is_style && response.status() == StatusCode::OK {
        return response;
    }
    add_headers(&mut response);
    response
}

/// Tells browsers to be strict.
fn add_headers(response: &mut Response) {
    for (name, value) in webui::headers::ALL {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// Is the answer to a person who asks for a page that there is not.
pub fn no_such_page() -> Response {
    let mut response = show(StatusCode::NOT_FOUND, webui::Problem::not_found().render(Program::Server, None));
    add_headers(&mut response);
    response
}

async fn style() -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    let keep = (header::CACHE_CONTROL, HeaderValue::from_static(webui::style::CACHE_CONTROL));
    ([kind, keep], webui::style::STYLE).into_response()
}

/// Returns a page.
fn show(status: StatusCode, text: String) -> Response {
    (status, Html(text)).into_response()
}

/// Leads to another page, to be asked for by GET.
fn lead_to(path: &str) -> Response {
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Is why a page is not shown.
pub enum NoPage {
    /// Nobody is logged in; after logging in, this is wanted.
    LogIn {
        next: String,
    },
    Problem(webui::Problem),
}

impl From<Refused> for NoPage {
    fn from(refused: Refused) -> Self {
        NoPage::Problem(match refused.status() {
            StatusCode::NOT_FOUND => webui::Problem::not_found(),
            StatusCode::FORBIDDEN => webui::Problem::forbidden(),
            status if status.is_server_error() => {
                webui::Problem::new(status.as_u16(), "Something went wrong on our side", sentence(refused.detail()))
            }
            status => webui::Problem::new(status.as_u16(), "This cannot be done", sentence(refused.detail())),
        })
    }
}

impl From<store::StoreError> for NoPage {
    fn from(error: store::StoreError) -> Self {
        Refused::from(error).into()
    }
}

impl IntoResponse for NoPage {
    fn into_response(self) -> Response {
        match self {
            NoPage::LogIn { next } => lead_to(&login::address(&next)),
            NoPage::Problem(problem) => {
                let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                show(status, problem.render(Program::Server, None))
            }
        }
    }
}

/// Makes a sentence of a message: a capital at the beginning, a full stop at the end.
fn sentence(message: &str) -> String {
    let mut signs = message.chars();
    let first = signs.next().map(|sign| sign.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", signs.as_str())
}

/// Says whether a request changes something, and so needs a form's token.
fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}
