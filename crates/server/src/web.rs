//! All routes of the server, and what holds for each of them.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::problem::Refused;
use crate::{api, health, pages, trace};

/// Returns the router of a server.
pub fn router(app: Arc<App>) -> Router {
    let (routes, document) = api::routes();
    let document: Arc<str> = document.to_json().expect("a document is plain values").into();
    let document = move || async move {
        let kind = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, kind)], document.to_string()).into_response()
    };
    routes
        .route("/api/v1/openapi.json", get(document))
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics))
        .merge(pages::routes(&app))
        .fallback(no_such_page)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&app), trace::layer))
        .with_state(app)
}

/// Tells programs in their form, and people in theirs.
async fn no_such_page(headers: HeaderMap, uri: Uri) -> Response {
    let wants_page = headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    if wants_page && !uri.path().starts_with("/api/") { pages::no_such_page() } else { Refused::not_found("page").into_response() }
}

async fn wrong_method() -> Response {
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, "this address is not for that method; /api/v1/openapi.json says which ones there are")
        .into_response()
}
