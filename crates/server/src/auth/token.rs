//! Programs, by token, and what they may see and do.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use store::{Role, Scope, SecretHash, Tenant, TenantId};

use super::basic::bearer;
use crate::app::App;
use crate::credential::Purpose;
use crate::net::Peer;
use crate::problem::Refused;

/// Is somebody who may look at the data of a scope.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub scope: Scope,
    pub role: Role,
    /// How the log calls them.
    pub name: String,
}

impl Viewer {
    /// Lists the tenants that may be seen, by id.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn tenants(&self, app: &App) -> Result<Vec<Tenant>, Refused> {
        let mut tenants = app.store.tenants().await?;
        tenants.retain(|tenant| self.scope.includes(tenant.id));
        tenants.sort_by_key(|tenant| tenant.id);
        Ok(tenants)
    }

    /// Finds the tenant of this name, if it may be seen; without a name the only one that may.
    ///
    /// # Errors
    /// 404 if there is none of the name to be seen, 422 if a name is needed and not given.
    pub async fn tenant(&self, app: &App, name: Option<&str>) -> Result<Tenant, Refused> {
        let mut tenants = self.tenants(app).await?;
        match name {
            Some(name) => tenants.into_iter().find(|tenant| tenant.name == name).ok_or_else(|| Refused::not_found("tenant")),
            None if tenants.len() == 1 => Ok(tenants.remove(0)),
            None => Err(Refused::unprocessable("more than one tenant may be meant; name one as \"tenant\"")),
        }
    }

    /// Returns the ids of the tenants that may be seen.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn tenant_ids(&self, app: &App) -> Result<Vec<TenantId>, Refused> {
        match self.scope {
            Scope::Tenant(tenant) => Ok(vec![tenant]),
            Scope::AllTenants => Ok(self.tenants(app).await?.into_iter().map(|tenant| tenant.id).collect()),
        }
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let hash = bearer(&parts.headers).map(|token| SecretHash(app.key.hash(Purpose::ApiToken, token)));
        let token = match hash {
            Some(hash) => app.store.api_token(hash, app.now()).await?,
            None => None,
        };
        match token {
            Some(token) => Ok(Viewer { scope: token.scope, role: token.role, name: token.name }),
            None => Err(unknown(app, parts)),
        }
    }
}

fn unknown(app: &App, parts: &Parts) -> Refused {
    app.figures.unknown_caller("token");
    let counted = parts.extensions.get::<Peer>().map_or(Ok(()), |peer| app.failures.count(peer.address.ip()));
    match counted {
        Ok(()) => Refused::unknown_token(),
        Err(wait) => Refused::too_many("too many tokens were wrong; wait", wait.seconds()),
    }
}

/// Is a viewer who may give codes and commands as well.
#[derive(Clone, Debug)]
pub struct Operator(pub Viewer);

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let State(app): State<Arc<App>> = State::from_request_parts(parts, app).await.expect("the state is always there");
        let viewer = Viewer::from_request_parts(parts, &app).await?;
        match viewer.role {
            Role::Operator => Ok(Operator(viewer)),
            Role::Viewer => Err(Refused::forbidden("this token may look only; a token with the role operator is needed")),
        }
    }
}
