//! What senders were asked to do, and what became of it.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::commands::{Command, Outcome};

use crate::error::Result;
use crate::ids::{SenderId, TenantId};

/// Is a command and how far it has got.
#[derive(Clone, Debug, PartialEq)]
pub struct Issued {
    pub command: Command,
    /// When it was first handed to the sender.
    pub handed_out_at: Option<Timestamp>,
    /// What the sender told of it; it comes with a report.
    pub outcome: Option<Outcome>,
}

/// Keeps commands.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Keeps a command for the sender's next report.
    ///
    /// # Errors
    /// Fails with [`NotFound`](crate::StoreError::NotFound) if the tenant has no such sender, and
    /// with [`NameTaken`](crate::StoreError::NameTaken) if the sender has a command of this id.
    async fn put_command(&self, tenant: TenantId, sender: SenderId, command: Command) -> Result<()>;

    /// Lists a sender's commands, those issued last first.
    async fn commands(&self, tenant: TenantId, sender: SenderId, limit: usize) -> Result<Vec<Issued>>;
}
