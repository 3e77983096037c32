//! The ledger and the commands, in memory.

use async_trait::async_trait;
use jiff::Timestamp;
use policy::expectation::Kept;
use wire::commands::Command;

use super::MemoryStore;
use crate::commands::{Commands, Issued};
use crate::error::{Result, StoreError};
use crate::expectations::{Expectations, LedgerLine};
use crate::ids::{SenderId, TenantId};
use crate::rows::Of;
use crate::sweep::sweep;

#[async_trait]
impl Expectations for MemoryStore {
    async fn sweep(&self, tenant: TenantId, now: Timestamp) -> Result<Vec<LedgerLine>> {
        let mut tables = self.tables();
        let due: Vec<Of> = tables.senders_of(tenant).filter(|(_, watched)| watched.watch.next_sweep_at <= now).map(|(of, _)| *of).collect();
        let mut changed = Vec::new();
        for of in due {
            let watched = tables.known(of)?.clone();
            let (lines, watch) = sweep(&mut *tables, of, &watched, now)?;
            tables.known(of)?.watch = watch;
            changed.extend(lines.into_iter().map(|expectation| LedgerLine { sender: of.sender, expectation }));
        }
        Ok(changed)
    }

    async fn ledger(&self, tenant: TenantId, sender: Option<SenderId>, kept: Option<Kept>, limit: usize) -> Result<Vec<LedgerLine>> {
        let tables = self.tables();
        let own = tables.ledger.iter().filter(|((of, _), line)| {
            of.tenant == tenant && sender.is_none_or(|sender| of.sender == sender) && kept.is_none_or(|kept| line.kept == kept)
        });
        let mut lines: Vec<LedgerLine> = own.map(|((of, _), line)| LedgerLine { sender: of.sender, expectation: line.clone() }).collect();
        lines.sort_by(|one, other| other.expectation.day.cmp(&one.expectation.day).then(one.sender.cmp(&other.sender)));
        lines.truncate(limit);
        Ok(lines)
    }
}

#[async_trait]
impl Commands for MemoryStore {
    async fn put_command(&self, tenant: TenantId, sender: SenderId, command: Command) -> Result<()> {
        let of = Of { tenant, sender };
        let mut tables = self.tables();
        tables.known(of)?;
        let key = (of, command.id.clone());
        if tables.commands.contains_key(&key) {
            return Err(StoreError::NameTaken { name: command.id });
        }
        tables.commands.insert(key, Issued { command, handed_out_at: None, outcome: None });
        Ok(())
    }

    async fn commands(&self, tenant: TenantId, sender: SenderId, limit: usize) -> Result<Vec<Issued>> {
        let of = Of { tenant, sender };
        let tables = self.tables();
        let own = tables.commands.range((of, String::new())..).take_while(|((other, _), _)| *other == of);
        let mut commands: Vec<Issued> = own.map(|(_, issued)| issued.clone()).collect();
        commands.sort_by(|one, other| (other.command.issued_at, &other.command.id).cmp(&(one.command.issued_at, &one.command.id)));
        commands.truncate(limit);
        Ok(commands)
    }
}
