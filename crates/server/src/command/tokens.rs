//! `token`: keys of programs.

use store::{Scope, SecretHash};

use super::args::TokenCommand;
use super::work::{Failed, Work, say, table};
use crate::credential::{Purpose, new_secret};

pub async fn run(work: Work, command: TokenCommand) -> Result<(), Failed> {
    match command {
        TokenCommand::New { name, tenant, role, enrolment, site, expires } => {
            let secret = new_secret();
            let expires_at = expires.map(|span| work.after(span)).transpose()?;
            if enrolment {
                let tenant = work.tenant(tenant.as_deref()).await?;
                let site = site.expect("clap asks for the site of an enrolment token");
                let hash = SecretHash(work.key.hash(Purpose::TenantToken, &secret));
                work.store.create_tenant_token(tenant.id, hash, &name, &site, expires_at, work.now).await?;
            } else {
                let scope = work.scope(tenant.as_deref()).await?;
                let hash = SecretHash(work.key.hash(Purpose::ApiToken, &secret));
                work.store.create_api_token(hash, &name, scope, role.into(), expires_at, work.now).await?;
            }
            say(&secret);
        }
        TokenCommand::List => list(&work).await?,
        TokenCommand::Revoke { id } => revoke(&work, &id).await?,
    }
    Ok(())
}

async fn list(work: &Work) -> Result<(), Failed> {
    let tenants = work.store.tenants().await?;
    let until = |at: Option<jiff::Timestamp>| at.map_or("for ever".to_owned(), |at| at.to_string());
    let mut rows = Vec::new();
    for token in work.store.api_tokens(Scope::AllTenants).await? {
        let sees = match token.scope {
            Scope::AllTenants => "all tenants".to_owned(),
            Scope::Tenant(id) => tenants.iter().find(|tenant| tenant.id == id).map_or(id.to_string(), |tenant| tenant.name.clone()),
        };
        let what = format!("API, {}", format!("{:?}", token.role).to_lowercase());
        rows.push(vec![token.id.to_string(), token.name, what, sees, until(token.expires_at)]);
    }
    for tenant in &tenants {
        for token in work.store.tenant_tokens(tenant.id).await? {
            rows.push(vec![token.id.to_string(), token.name, "enrolment".to_owned(), tenant.name.clone(), until(token.expires_at)]);
        }
    }
    say(&table(&["id", "name", "for", "tenant", "until"], &rows));
    Ok(())
}

async fn revoke(work: &Work, id: &str) -> Result<(), Failed> {
    let unknown = || Failed::wrong(format!("there is no token \"{id}\"; `roundsman-server token list` shows them"));
    let id = id.parse().map_err(|_| unknown())?;
    if work.store.revoke_api_token(Scope::AllTenants, id).await? {
        return Ok(());
    }
    for tenant in work.store.tenants().await? {
        if work.store.revoke_tenant_token(tenant.id, id).await? {
            return Ok(());
        }
    }
    Err(unknown())
}
