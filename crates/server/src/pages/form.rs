//! Forms: their fields, and whether they came from a page of ours.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{NoPage, Person};
use crate::app::App;
use crate::net;
use crate::problem::Refused;

/// Is the most octets of a form.
const MOST_OCTETS: usize = 16 * 1024;

/// Is a form that somebody who is logged in has sent from a page of theirs.
pub struct Form<T> {
    pub person: Person,
    pub fields: T,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Form<T> {
    type Rejection = NoPage;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, NoPage> {
        let (mut parts, body) = request.into_parts();
        let person = Person::from_request_parts(&mut parts, app).await?;
        let octets = read(body).await?;
        let Token { csrf } = fields(&octets)?;
        if !person.has_sent(app, &csrf) {
            return Err(NoPage::Problem(webui::Problem::stale_form()));
        }
        Ok(Form { person, fields: fields(&octets)? })
    }
}

/// Reads the octets of a form.
pub async fn read(body: axum::body::Body) -> Result<axum::body::Bytes, NoPage> {
    net::read(body, MOST_OCTETS).await.map_err(|error| Refused::new(error.status(), error.to_string()).into())
}

/// Reads the fields of a form.
pub fn fields<T: DeserializeOwned>(octets: &[u8]) -> Result<T, NoPage> {
    serde_urlencoded::from_bytes(octets).map_err(|error| Refused::malformed(format!("the form cannot be read: {error}")).into())
}
