//! The expected-report ledger: each report that was to come, and what became of it.

use async_trait::async_trait;
use jiff::Timestamp;
use policy::expectation::{Expectation, Kept};

use crate::error::Result;
use crate::ids::{SenderId, TenantId};

/// Is a line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    pub sender: SenderId,
    pub expectation: Expectation,
}

/// Keeps the ledger. Which days are entered and closed `policy::expectation` decides.
#[async_trait]
pub trait Expectations: Send + Sync {
    /// Enters the days that have come and closes those whose time has passed, of all senders of
    /// the tenant; returns the lines that changed, ordered by sender, then by day.
    ///
    /// It is to be called every minute or so. It looks only at senders for whom something can have
    /// changed, and leaves no gap for a report to slip through in between.
    async fn sweep(&self, tenant: TenantId, now: Timestamp) -> Result<Vec<LedgerLine>>;

    /// Lists the newest lines of one sender or of all, the latest day first, then by sender.
    async fn ledger(&self, tenant: TenantId, sender: Option<SenderId>, kept: Option<Kept>, limit: usize) -> Result<Vec<LedgerLine>>;
}
