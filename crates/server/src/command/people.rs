//! `user`: who may log in to the pages.

use store::{Scope, User};

use super::args::UserCommand;
use super::prompt;
use super::work::{Failed, Work, say, table};
use crate::credential::new_secret;
use crate::password;

/// Is the longest name, in characters.
const LONGEST_NAME: usize = 100;

pub async fn run(work: Work, command: UserCommand) -> Result<(), Failed> {
    match command {
        UserCommand::Add { name, tenant, role, generate } => {
            let is_name = |sign: char| !sign.is_control() && !sign.is_whitespace();
            if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(is_name) {
                return Err(Failed::wrong(format!("expected a name of 1 to {LONGEST_NAME} characters without spaces")));
            }
            let scope = work.scope(tenant.as_deref()).await?;
            if work.store.user_by_name(&name).await?.is_some() {
                return Err(Failed::wrong(format!("the name \"{name}\" is taken; choose another")));
            }
            let (password, is_made) = chosen(generate)?;
            work.store.create_user(&name, &password::hash(&password)?, scope, role.into(), work.now).await?;
            tell(&name, &password, is_made);
        }
        UserCommand::List => {
            let tenants = work.store.tenants().await?;
            let of = |user: &User| match user.scope {
                Scope::AllTenants => "all tenants".to_owned(),
                Scope::Tenant(id) => tenants.iter().find(|tenant| tenant.id == id).map_or(id.to_string(), |tenant| tenant.name.clone()),
            };
            let users = work.store.users(Scope::AllTenants).await?;
            let state = |user: &User| match (user.is_disabled, password::set_anew(&user.password_hash)) {
                (true, _) => "disabled",
                (false, Some(refusal)) => refusal,
                (false, None) => "",
            };
            let rows: Vec<_> = users
                .iter()
                .map(|user| vec![user.name.clone(), format!("{:?}", user.role).to_lowercase(), of(user), state(user).to_owned()])
                .collect();
            say(&table(&["name", "role", "sees", ""], &rows));
        }
        UserCommand::Password { name, generate } => {
            let user = find(&work, &name).await?;
            let (password, is_made) = chosen(generate)?;
            work.store.set_password(user.id, &password::hash(&password)?).await?;
            tell(&name, &password, is_made);
        }
        UserCommand::Disable { name } => work.store.set_user_disabled(find(&work, &name).await?.id, true).await?,
        UserCommand::Enable { name } => work.store.set_user_disabled(find(&work, &name).await?.id, false).await?,
    }
    Ok(())
}

async fn find(work: &Work, name: &str) -> Result<User, Failed> {
    let unknown = || Failed::wrong(format!("there is no user \"{name}\"; `roundsman-server user list` shows them"));
    work.store.user_by_name(name).await?.ok_or_else(unknown)
}

/// Returns a password and whether it was made here.
fn chosen(generate: bool) -> Result<(String, bool), Failed> {
    if generate { Ok((new_secret(), true)) } else { Ok((prompt::new_password()?, false)) }
}

fn tell(name: &str, password: &str, is_made: bool) {
    if is_made {
        say(&format!("user      {name}\npassword  {password}\nThe password is told this once."));
    }
}
