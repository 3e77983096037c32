//! `code`: one-time codes.

use super::args::CodeCommand;
use super::work::{Failed, Work, say, table};
use crate::codes::{self, NewCode, command_for};
use crate::identity::Identity;
use crate::words;

pub async fn run(work: Work, command: CodeCommand) -> Result<(), Failed> {
    match command {
        CodeCommand::New { tenant, site, kind, expires, only_code } => {
            let tenant = work.tenant(tenant.as_deref()).await?;
            if site.trim().is_empty() {
                return Err(Failed::wrong("expected a name for the site"));
            }
            let new = NewCode { site: site.trim().to_owned(), kind: kind.into(), expires_at: work.after(expires)? };
            let introduction = Identity::of(&work.settings, work.now)?.introduction;
            let code = codes::make(work.store.as_ref(), &work.key, &introduction, tenant.id, &new, work.now).await?;
            let text = code.to_string();
            if only_code {
                say(&text);
            } else {
                say(&format!(
                    "{text}\n\nIt lets one {} of {} in, once, until {}. There, type:\n\n  {}",
                    words::kind(new.kind),
                    tenant.name,
                    code.expires_at,
                    command_for(new.kind, &text)
                ));
            }
        }
        CodeCommand::List { tenant } => {
            let tenant = work.tenant(tenant.as_deref()).await?;
            let rows: Vec<_> = work
                .store
                .codes(tenant.id)
                .await?
                .into_iter()
                .map(|code| {
                    let state = match code.spent_at {
                        Some(at) => format!("used {at}"),
                        None if code.expires_at <= work.now => "expired".to_owned(),
                        None => "waits".to_owned(),
                    };
                    vec![code.site, words::kind(code.kind).to_owned(), code.created_at.to_string(), code.expires_at.to_string(), state]
                })
                .collect();
            say(&table(&["site", "kind", "made", "until", ""], &rows));
        }
    }
    Ok(())
}
