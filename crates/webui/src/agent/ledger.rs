//! The ledger: every report exactly as it was sent.

use jiff::Timestamp;

use crate::paging::Paging;

/// Is the list of what was sent.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The newest first.
    pub entries: Vec<EntryRow>,
    pub chain: Chain,
    pub paging: Paging,
}

/// Is one line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    pub number: u64,
    pub sealed_at: Timestamp,
    /// When the server said that it is on its disk.
    pub acknowledged_at: Option<Timestamp>,
    pub report: String,
    /// Of the report's text, before compression.
    pub octets: u64,
    /// On how many devices it reports.
    pub devices: Option<u64>,
}

/// Is whether the ledger is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Nobody has looked yet.
    Unchecked,
    /// Every entry fits the one before.
    Verified { entries: u64, at: Timestamp },
    /// From this entry on, something was changed or is gone.
    Broken { number: u64, reason: String },
}

/// Is one entry with the report word for word.
#[derive(Clone, Debug)]
pub struct Entry {
    pub row: EntryRow,
    /// The report's JSON exactly as sent. The page adds line breaks and blanks between values, nothing else.
    pub payload: String,
    /// In hexadecimal digits.
    pub hash: String,
    /// The hash of the entry before; `None` of the first.
    pub previous_hash: Option<String>,
    /// Whether this entry fits its hash and the entry before; `None` if that was not checked.
    pub fits: Option<bool>,
    /// The number of the entry before, if it is still kept.
    pub earlier: Option<u64>,
    pub later: Option<u64>,
}
