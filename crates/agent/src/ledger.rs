//! What left this site, word for word: every payload exactly as sent, in a chain of hashes.
//!
//! A folder that a person can read with ordinary tools:
//!
//! ```text
//! ledger/000000000001.jsonl       entries 1 to 256, one a line
//! ledger/000000000257.jsonl       the next 256
//! ledger/payloads/000000000017.json.zst   what entry 17 sent, octet for octet (`zstdcat -f` shows it)
//! ledger/head                     number and hash of the last entry
//! ledger/set-aside/               what a power cut left unfinished
//! ```
//!
//! A line ends in `,"hash":"…"}`, and that hash is the SHA-256 of the line up to there, so
//! `sha256sum` can check it; the line also carries the hash of the line before, and the SHA-256 of its
//! payload. Changing, leaving out or reordering anything breaks the chain at that entry.
//!
//! An entry and its payload are on disk before the first octet goes out: what was sent stands here,
//! even if power fails at that moment. What stands here and has no `acknowledged` after it may not
//! have arrived.
//!
//! Payloads are kept for 13 months, and up to a size; then they are pruned, which is itself an entry.
//! Entries are kept for good: a daily report takes some 300 KB in a year.
//!
//! The chain has no secret: whoever may write the folder could make a new one from the start. So
//! [`Ledger::head`] is there to be noted elsewhere; a chain that leads to a noted hash is the old one.
//!
//! Start at [`Ledger::append`] and [`Reader::verify`].

mod disk;
mod entry;
mod error;
mod layout;
mod open;
mod payloads;
mod prune;
mod reader;
pub mod show;
mod verify;
mod walk;
mod writer;

pub use disk::{Disk, RealDisk};
pub use entry::{Digest, Entry, PayloadMark, What};
pub use error::LedgerError;
pub use open::{Opened, Repaired};
pub use reader::{Page, Payload, Reader};
pub use verify::Verdict;
pub use walk::{Broken, ChainFault};
pub use writer::{Draft, Ledger, Options};
