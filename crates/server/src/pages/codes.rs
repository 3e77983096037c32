//! Enrolment codes: made here, shown once.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{Role, TenantId};
use webui::server::SiteName;
use webui::server::codes::{Codes, MadeCode, OpenCode};

use super::fleet::site_names;
use super::form::Form;
use super::{NoPage, Person, show};
use crate::api::{CodeRequest, give_code};
use crate::app::App;
use crate::problem::Refused;
use crate::words;

/// Shows the codes that wait, and the form for a new one.
pub async fn page(State(app): State<Arc<App>>, person: Person) -> Result<Response, NoPage> {
    answer(&app, &person, None).await
}

/// Is the form of a new code.
#[derive(Deserialize)]
pub struct Fields {
    /// The id of a site that is known, or the name of a new one.
    site: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    days: String,
    /// The tenant of a new site; may be left out if there is only one.
    #[serde(default)]
    tenant: String,
}

/// Makes a code.
pub async fn make(State(app): State<Arc<App>>, form: Form<Fields>) -> Result<Response, NoPage> {
    let Form { person, fields } = form;
    if person.viewer.role != Role::Operator {
        return Err(NoPage::Problem(webui::Problem::forbidden()));
    }
    let (tenant, site) = place(&app, &person, &fields).await?;
    let days: u32 = match fields.days.trim() {
        "" => 7,
        text => text.parse().map_err(|_| Refused::unprocessable(format!("expected a number of days, found \"{text}\"")))?,
    };
    let expires_at = app.now().saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX);
    let kind = (!fields.kind.is_empty()).then(|| fields.kind.clone());
    let request = CodeRequest { tenant: None, site: site.name.clone(), kind, expires_at: Some(expires_at) };
    let item = give_code(&app, tenant, &request, &person.viewer.name).await?;
    let kind = words::kind_of(item.kind).expect("a word that was made of a kind");
    let made = MadeCode { code: item.code, kind, site: Some(site), expires_at: item.expires_at };
    answer(&app, &person, Some(made)).await
}

/// Finds the tenant and the site that a form means.
async fn place(app: &App, person: &Person, fields: &Fields) -> Result<(TenantId, SiteName), NoPage> {
    for tenant in person.viewer.tenants(app).await? {
        let known = app.store.sites(tenant.id).await?.into_iter().find(|site| site.id.to_string() == fields.site);
        if let Some(site) = known {
            return Ok((tenant.id, SiteName { id: fields.site.clone(), name: site.name }));
        }
    }
    let tenant = person.viewer.tenant(app, (!fields.tenant.is_empty()).then_some(fields.tenant.as_str())).await?;
    Ok((tenant.id, SiteName { id: String::new(), name: fields.site.trim().to_owned() }))
}

async fn answer(app: &App, person: &Person, made: Option<MadeCode>) -> Result<Response, NoPage> {
    let tenants = person.viewer.tenants(app).await?;
    let (mut sites, mut open, now) = (Vec::new(), Vec::new(), app.now());
    for tenant in &tenants {
        let names = site_names(app, tenant, tenants.len() > 1).await?;
        for code in app.store.codes(tenant.id).await?.into_iter().filter(|code| code.spent_at.is_none() && code.expires_at > now) {
            open.push(OpenCode {
                kind: code.kind,
                site: Some(SiteName { id: String::new(), name: code.site }),
                made_at: code.created_at,
                made_by: None,
                expires_at: code.expires_at,
            });
        }
        sites.extend(names.into_values());
    }
    let codes = Codes { sites, made, open, may_make: person.viewer.role == Role::Operator };
    Ok(show(StatusCode::OK, codes.render(&person.frame(app, None))))
}
