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
    /// The name of a site, known or new; `tenant / site` where there are several tenants.
    site: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    days: String,
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

/// Finds the tenant and the site that a form means, which names sites as [`site_names`] does.
async fn place(app: &App, person: &Person, fields: &Fields) -> Result<(TenantId, SiteName), NoPage> {
    let mut tenants = person.viewer.tenants(app).await?;
    let site = |name: &str| SiteName { id: String::new(), name: name.trim().to_owned() };
    if tenants.len() == 1 {
        return Ok((tenants.remove(0).id, site(&fields.site)));
    }
    let tenant_and_site = fields.site.split_once(" / ");
    let found = tenant_and_site.and_then(|(name, site)| Some((tenants.iter().find(|tenant| tenant.name == name.trim())?, site)));
    match found {
        Some((tenant, name)) => Ok((tenant.id, site(name))),
        None => {
            let names = tenants.iter().map(|tenant| tenant.name.as_str()).collect::<Vec<_>>().join(", ");
            Err(Refused::unprocessable(format!("write the site as \"tenant / site\"; the tenants are {names}")).into())
        }
    }
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
