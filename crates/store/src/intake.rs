//! How reports come in: once, in order, and on disk before anybody says so.

use async_trait::async_trait;
use jiff::Timestamp;
use wire::Report;
use wire::commands::Command;
use wire::talk::LastReport;

use crate::error::{Result, StoreError};
use crate::ids::{SenderId, TenantId};

/// Says how a payload is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As JSON; the store compresses it.
    Plain,
    /// As JSON in a zstd frame, the way it came; it is kept octet for octet.
    Zstd,
}

/// Is a report at the door: read, checked, and its sender known.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub tenant: TenantId,
    pub sender: SenderId,
    pub report: Report,
    /// The body of the request as it arrived.
    pub payload: Vec<u8>,
    pub coding: Coding,
    pub received_at: Timestamp,
}

/// Says that a report is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub taken: wire::talk::Taken,
    /// What the sender is asked to do: every command that has not expired and whose outcome is not
    /// known. One is handed out again until its outcome is told, because a reply may be lost;
    /// its id keeps it from running twice.
    pub commands: Vec<Command>,
}

/// Says why a report was not taken. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the report tells changes of a report that is not the last one here; send a whole report")]
    NeedsFull { last_report: Option<LastReport> },
    #[error("a later report of this sender has been taken already; go on after it")]
    Stale { last_report: Option<LastReport> },
    /// A module tells of another serial number than before.
    #[error("the module tells of another printer than the one it was enrolled for; enrol it for this one")]
    AnotherDevice,
    #[error("the sender is unknown, disabled or retired")]
    NotAdmitted,
    /// The disk, or another fault of ours: the sender keeps its report and tries again.
    #[error("the report could not be stored")]
    Store(#[source] StoreError),
}

/// Takes reports.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Takes reports in the order given; the answers stand in the same order.
    ///
    /// It returns when every report taken is on disk. Callers that come at the same time share
    /// one commit, so that sending reports one by one costs little more than sending many.
    /// A report that is refused leaves the others as they are.
    async fn take(&self, reports: Vec<Incoming>) -> Vec<std::result::Result<Receipt, Refused>>;

    /// Returns a report as it arrived, while the inbox still has it.
    async fn payload(&self, tenant: TenantId, sender: SenderId, sequence: u64) -> Result<Option<(Vec<u8>, Coding)>>;

    /// Lists the newest reports of a sender, the last one first.
    async fn inbox(&self, tenant: TenantId, sender: SenderId, limit: usize) -> Result<Vec<InboxEntry>>;
}

/// Is a report in the inbox, without its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEntry {
    pub id: String,
    pub sequence: u64,
    pub received_at: Timestamp,
    /// As kept, that is compressed.
    pub octets: u64,
}
