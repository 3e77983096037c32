//! The synchronisation window: whether data reach the server, and if not, why.

use jiff::Timestamp;

/// Is how an agent and its server stand, as both of them show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synchronisation {
    /// When the agent last heard from a printer.
    pub last_data_at: Option<Timestamp>,
    /// When agent and server last spoke, with whatever result.
    pub last_contact_at: Option<Timestamp>,
    /// When the server last took a report.
    pub last_success_at: Option<Timestamp>,
    /// When the next report is planned.
    pub next_send_at: Option<Timestamp>,
    /// What failed last, if nothing has succeeded since.
    pub last_error: Option<SyncError>,
}

/// Is a synchronisation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncError {
    pub at: Timestamp,
    /// What happened, such as "certificate expired 2026-10-03".
    pub reason: String,
    /// What somebody can do about it, in a sentence.
    pub advice: Option<String>,
}
