//! `tenant`: customers.

use super::args::TenantCommand;
use super::work::{Failed, Work, say, table};

/// Is the longest name, in characters.
const LONGEST_NAME: usize = 200;

pub async fn run(work: Work, command: TenantCommand) -> Result<(), Failed> {
    match command {
        TenantCommand::Add { name } => {
            let name = name.trim();
            if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
                return Err(Failed::wrong(format!("expected a name of 1 to {LONGEST_NAME} characters")));
            }
            let tenant = work.store.create_tenant(name, work.now).await?;
            say(&format!("{}  {}", tenant.id, tenant.name));
        }
        TenantCommand::List => {
            let tenants = work.store.tenants().await?;
            let rows: Vec<_> =
                tenants.iter().map(|tenant| vec![tenant.id.to_string(), tenant.name.clone(), tenant.created_at.to_string()]).collect();
            say(&table(&["id", "name", "since"], &rows));
        }
        TenantCommand::Erase { name, really } => {
            if name != really {
                return Err(Failed::wrong("the two names differ; nothing was erased"));
            }
            let tenant = work.tenant(Some(&name)).await?;
            let erased = work.store.erase_tenant(tenant.id).await?;
            say(&format!("{} rows were removed, {} are left; backups still have them", erased.rows_removed, erased.rows_left));
        }
    }
    Ok(())
}
