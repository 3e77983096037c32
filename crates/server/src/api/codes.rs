//! `/api/v1/codes`: codes that let one sender in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::TenantId;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Operator;
use crate::codes::{self, CodeError, NewCode, command_for};
use crate::extract;
use crate::problem::Refused;
use crate::words;

/// Is how long a code works if nobody says otherwise.
const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Is the longest life of a code: what lies about for longer is forgotten.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Is the longest name of a site, in characters.
const LONGEST_NAME: usize = 200;

/// Is what a code is to be for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The tenant's name; may be left out if the token sees one only.
    pub tenant: Option<String>,
    /// The name of the site; it is made when the sender comes.
    pub site: String,
    /// `agent`, unless it is `device-direct`.
    pub kind: Option<String>,
    /// When it ends; seven days ahead if nobody says otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Is a code. It is told this once.
#[derive(Clone, Serialize, ToSchema)]
pub struct CodeItem {
    pub code: String,
    /// What to type where the new sender is.
    pub command: String,
    pub kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Makes a code.
#[utoipa::path(
    post, path = "/api/v1/codes", tag = "tenants",
    description = "Makes a code that lets one agent or device module in, once.",
    request_body = CodeRequest,
    responses(
        (status = 201, body = CodeItem),
        (status = 400, description = "The body is no JSON."),
        (status = 403, description = "The token may look only."),
        (status = 404, description = "There is no such tenant."),
        (status = 409, description = "The server does not know its own name."),
        (status = 422, description = "A value cannot be."),
    )
)]
pub async fn make(
    State(app): State<Arc<App>>,
    Operator(viewer): Operator,
    extract::Json(request): extract::Json<CodeRequest>,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1], Json<CodeItem>), Refused> {
    let tenant = viewer.tenant(&app, request.tenant.as_deref()).await?;
    let item = give(&app, tenant.id, &request, &viewer.name).await?;
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(item)))
}

/// Makes a code for a tenant.
///
/// # Errors
/// Fails on values that cannot be, and if the server has no name.
pub async fn give(app: &App, tenant: TenantId, request: &CodeRequest, operator: &str) -> Result<CodeItem, Refused> {
    let now = app.now();
    let site = request.site.trim();
    if site.is_empty() || site.chars().count() > LONGEST_NAME || site.chars().any(char::is_control) {
        return Err(Refused::unprocessable(format!("site: expected a name of 1 to {LONGEST_NAME} characters")));
    }
    let word = request.kind.as_deref().unwrap_or("agent");
    let kind = words::kind_of(word).ok_or_else(|| Refused::unprocessable("kind: expected agent or device-direct"))?;
    let at = |span| now.saturating_add(span).unwrap_or(Timestamp::MAX);
    let expires_at = request.expires_at.unwrap_or_else(|| at(USUAL_LIFE));
    if expires_at <= now || expires_at > at(LONGEST_LIFE) {
        return Err(Refused::unprocessable("expires_at: expected a time from now on, within a year"));
    }
    let new = NewCode { site: site.to_owned(), kind, expires_at };
    let code = match codes::make(app.store.as_ref(), &app.key, &app.introduction, tenant, &new, now).await {
        Ok(code) => code,
        Err(CodeError::Store(error)) => return Err(error.into()),
        Err(error @ CodeError::NoName) => return Err(Refused::new(StatusCode::CONFLICT, error.to_string())),
    };
    tracing::info!(tenant.id = %tenant, operator, "an enrolment code was made");
    let text = code.to_string();
    Ok(CodeItem { command: command_for(kind, &text), code: text, kind: words::kind(kind), expires_at: code.expires_at })
}
