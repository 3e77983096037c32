//! `sender`: agents and device modules.

use store::{Admission, SecretHash, Tenant};

use super::args::SenderCommand;
use super::work::{Failed, Work, say, table};
use crate::credential::{Purpose, new_secret};
use crate::standing::state_of;
use crate::words;

/// Is how many senders are read at once.
const AT_ONCE: usize = 500;

pub async fn run(work: Work, command: SenderCommand) -> Result<(), Failed> {
    match command {
        SenderCommand::List { tenant } => {
            let tenants = match tenant {
                Some(name) => vec![work.tenant(Some(&name)).await?],
                None => work.store.tenants().await?,
            };
            let mut rows = Vec::new();
            for tenant in tenants {
                rows.extend(rows_of(&work, &tenant).await?);
            }
            say(&table(&["id", "tenant", "name", "kind", "state", "last report"], &rows));
        }
        SenderCommand::Disable { id, reason } => admit(&work, &id, Admission::Disabled { reason, at: work.now }).await?,
        SenderCommand::Admit { id } => admit(&work, &id, Admission::Admitted).await?,
        SenderCommand::Retire { id } => admit(&work, &id, Admission::Retired { at: work.now }).await?,
        SenderCommand::Rotate { id } => {
            let sender = work.sender(&id).await?;
            let secret = new_secret();
            let hash = SecretHash(work.key.hash(Purpose::Sender, &secret));
            work.store.rotate(sender.tenant, sender.id, hash, work.now).await?;
            say(&secret);
        }
        SenderCommand::Revoke { id } => {
            let sender = work.sender(&id).await?;
            work.store.revoke(sender.tenant, sender.id).await?;
        }
    }
    Ok(())
}

async fn rows_of(work: &Work, tenant: &Tenant) -> Result<Vec<Vec<String>>, Failed> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let senders = work.store.senders(tenant.id, after, AT_ONCE).await?;
        let Some(last) = senders.last() else { return Ok(rows) };
        after = Some(last.id);
        for sender in &senders {
            let last_report = sender.told.last_success_at.map_or("never".to_owned(), |at| at.to_string());
            let mut state = state_of(sender, work.now).0.word().to_owned();
            if let Admission::Disabled { reason, .. } = &sender.admission {
                state = format!("{state}: {reason}");
            }
            let kind = words::kind(sender.kind).to_owned();
            rows.push(vec![sender.id.to_string(), tenant.name.clone(), sender.name.clone(), kind, state, last_report]);
        }
    }
}

async fn admit(work: &Work, id: &str, admission: Admission) -> Result<(), Failed> {
    let sender = work.sender(id).await?;
    Ok(work.store.set_admission(sender.tenant, sender.id, admission).await?)
}
