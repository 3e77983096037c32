//! Why the ledger could not be written or read.

use std::io;
use std::path::{Path, PathBuf};

/// Says why the ledger could not be opened, added to or read.
///
/// An entry that does not fit is no error but a finding: [`super::Broken`].
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("{}: cannot {action} the ledger", .path.display())]
    Disk { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{}: another program writes this ledger; stop it, or give this one a folder of its own", .path.display())]
    InUse { path: PathBuf },
    #[error(
        "{}: entry {number} at the end of the ledger is no entry, so nothing can follow it; see `roundsman-agent ledger verify`, keep the folder, and move it away to begin a new one",
        .path.display()
    )]
    EndUnreadable { path: PathBuf, number: u64 },
    #[error("{field} of a ledger entry has {octets} octets, expected at most {most}")]
    TooLong { field: &'static str, octets: usize, most: usize },
    #[error("{field} of a ledger entry has control characters; leave them out")]
    NotPlain { field: &'static str },
    #[error("an earlier write to the ledger failed and could not be taken back; restart the agent when the disk works again")]
    Unsound,
    #[error("there is no entry {number} in the ledger")]
    NoEntry { number: u64 },
    #[error("the payload of entry {number} is not what the ledger says was sent; see `roundsman-agent ledger verify`")]
    PayloadDiffers { number: u64 },
}

impl LedgerError {
    /// Returns what makes an error of the operating system one of the ledger.
    pub(crate) fn disk(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LedgerError + use<> {
        let path = path.to_owned();
        move |source| LedgerError::Disk { action, path, source }
    }
}
