//! The head of the OpenAPI document, and what all its routes have in common.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder, ResponseBuilder};

/// Returns the document without routes.
pub fn head() -> OpenApi {
    let mut components = Components::new();
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme("sender", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    let about = "Printers, agents and reports. Times are RFC 3339 in UTC; errors are problem details (RFC 9457); \
                 lists come in pages: `next` of one page is the query parameter `next` of the following one.";
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("roundsman").version(env!("CARGO_PKG_VERSION")).description(Some(about)).build())
        .components(Some(components))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]))
        .build()
}

/// Adds what every route may answer.
pub fn finish(api: &mut OpenApi) {
    for item in api.paths.paths.values_mut() {
        for operation in operations(item) {
            let responses = &mut operation.responses.responses;
            for (status, says) in [("401", "The caller is not known."), ("500", "The server has failed.")] {
                if !responses.contains_key(status) {
                    responses.insert(status.to_owned(), ResponseBuilder::new().description(says).build().into());
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch].into_iter().flatten()
}
