//! The operators' API, which gives everything that the pages show.
//!
//! Each route stands beside its documentation; the document of all of them is made from the same
//! lines. Every answer is about one tenant or about all that the token may see.

mod agents;
mod codes;
mod commands;
mod devices;
mod document;
mod expectations;
mod history;
mod items;
mod joining;
mod page;
mod tenants;

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::talk;

pub use agents::find as find_agent;
pub use codes::{CodeRequest, give as give_code};
pub use commands::{NewCommand, give as give_command};
pub use devices::find as find_device;
pub use items::{current_record, sources};
pub use joining::{decide_one, decide_two, part_off, record_of};

/// Returns the routes below `/api/v1` and the document that describes them.
pub fn routes() -> (Router<Arc<App>>, OpenApi) {
    let (router, mut api) = OpenApiRouter::with_openapi(document::head())
        .routes(routes!(talk::enrol::enrol))
        .routes(routes!(talk::hello::hello))
        .routes(routes!(talk::reports::reports))
        .routes(routes!(devices::list))
        .routes(routes!(devices::one, devices::erase))
        .routes(routes!(joining::views))
        .routes(routes!(joining::join))
        .routes(routes!(joining::part))
        .routes(routes!(joining::apart))
        .routes(routes!(history::of_device))
        .routes(routes!(agents::list))
        .routes(routes!(agents::one))
        .routes(routes!(commands::list, commands::issue))
        .routes(routes!(expectations::list))
        .routes(routes!(tenants::list))
        .routes(routes!(tenants::sites))
        .routes(routes!(codes::make))
        .split_for_parts();
    document::finish(&mut api);
    (router, api)
}
