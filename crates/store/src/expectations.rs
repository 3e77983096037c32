//! The expected-report ledger: each report that was to come, and what became of it.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::Result;
use crate::ids::{SenderId, TenantId};

/// Is one report that a sender was expected to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    pub sender: SenderId,
    /// When it was planned.
    pub due_at: Timestamp,
    pub fate: Fate,
}

/// Says what became of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing yet.
    Open,
    /// A report came, at this time.
    Met { at: Timestamp },
    /// None came until it was given up, at this time.
    Missed { at: Timestamp, reason: String },
    /// None was needed: the sender was stopped in good order, disabled or retired.
    Excused { at: Timestamp, reason: String },
}

/// Says which expectations are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FateFilter {
    All,
    Open,
    Missed,
}

/// Keeps the ledger. A closed expectation never changes again.
#[async_trait]
pub trait Expectations: Send + Sync {
    /// Enters expectations. One that stands there already, of the same sender and time, stays as it is.
    async fn expect(&self, tenant: TenantId, expectations: Vec<Expectation>) -> Result<()>;

    /// Closes open expectations; those that are closed already stay as they are.
    async fn close(&self, tenant: TenantId, expectations: Vec<Expectation>) -> Result<()>;

    /// Lists the tenant's open expectations that were due by then, ordered by sender, then by time.
    async fn open_expectations(&self, tenant: TenantId, due_by: Timestamp) -> Result<Vec<Expectation>>;

    /// Returns when the last expectation entered of this sender is due.
    async fn last_expected(&self, tenant: TenantId, sender: SenderId) -> Result<Option<Timestamp>>;

    /// Lists the newest expectations of one sender or of all, the latest due first.
    async fn expectations(&self, tenant: TenantId, sender: Option<SenderId>, filter: FateFilter, limit: usize) -> Result<Vec<Expectation>>;
}
