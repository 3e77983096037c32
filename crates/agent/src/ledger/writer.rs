//! How entries get into the ledger: all of an entry, or nothing.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::disk::Disk;
use super::entry::{Digest, Entry, PayloadMark, What};
use super::error::LedgerError;
use super::payloads;
use super::reader::Reader;
use super::verify::{head_path, head_text};
use super::walk::{SEGMENT, segment_path};

/// The longest text in an entry, in octets.
const MOST_TEXT: usize = 512;

/// Says how long payloads are kept, and how much of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How old a payload may become; 396 days, which are 13 months, unless said otherwise.
    pub keep: SignedDuration,
    /// The most octets that payloads may take together; 256 MiB unless said otherwise. The newest
    /// payload is kept in any case.
    pub most_octets: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { keep: SignedDuration::from_hours(396 * 24), most_octets: 256 << 20 }
    }
}

/// Is what an entry is to say.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    pub time: Timestamp,
    pub what: What,
    pub report: Option<&'a str>,
    /// Host and port.
    pub destination: Option<&'a str>,
    pub note: Option<&'a str>,
    /// The octets exactly as they are going to be sent.
    pub payload: Option<&'a [u8]>,
}

/// Is the ledger as the one program has it that writes it; see the module.
pub struct Ledger {
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) folder: PathBuf,
    /// Held as long as this lives.
    #[expect(dead_code, reason = "the lock is let go when the file is closed")]
    pub(crate) lock: File,
    pub(crate) options: Options,
    /// The last entry's number and hash.
    pub(crate) last: (u64, Digest),
    /// The file that the next entry goes to, and its length.
    pub(crate) segment: PathBuf,
    pub(crate) length: u64,
    /// The entry that the file `head` names; at most one behind the last.
    pub(crate) head: u64,
    pub(crate) kept: Kept,
    /// A write failed and could not be taken back.
    pub(crate) is_unsound: bool,
    /// A payload without entry that is still to be removed.
    pub(crate) leftover: Option<PathBuf>,
}

/// Is what is known of the payloads that are there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept {
    pub octets: u64,
    /// The oldest one's entry and its time.
    pub oldest: Option<(u64, Timestamp)>,
}

impl Ledger {
    /// Adds an entry and returns its number; when this returns, entry and payload are on disk.
    ///
    /// To be called before the first octet of the payload goes out; nothing may be sent if it fails.
    /// Payloads that have had their time are pruned afterwards.
    ///
    /// # Errors
    ///
    /// Fails if the disk does, for instance because it is full; the ledger is then as it was before.
    pub fn append(&mut self, draft: Draft<'_>) -> Result<u64, LedgerError> {
        let number = self.record(draft, None)?;
        if let Err(error) = self.prune(draft.time) {
            // The entry stands; what is to be pruned is so after the next one.
            tracing::warn!(error = &error as &dyn std::error::Error, "old payloads stay in the ledger for now: {error}");
        }
        Ok(number)
    }

    /// Returns the last entry's number and hash, to be noted elsewhere; number 0 if there is none.
    pub fn head(&self) -> (u64, Digest) {
        self.last
    }

    /// Returns how many octets the payloads take together.
    pub fn kept_octets(&self) -> u64 {
        self.kept.octets
    }

    pub fn reader(&self) -> Reader {
        Reader::new(&self.folder)
    }

    /// Writes payload, entry and head, in this order.
    pub(crate) fn record(&mut self, draft: Draft<'_>, pruned_through: Option<u64>) -> Result<u64, LedgerError> {
        if self.is_unsound {
            return Err(LedgerError::Unsound);
        }
        let entry = self.entry(&draft, pruned_through)?;
        let (line, hash) = entry.seal();
        self.catch_up().map_err(self.failed())?;
        let written = self.write(draft.payload, entry.number, &line, hash);
        if let Err(error) = written {
            return Err(self.failed()(error));
        }
        // The entry stands from here on: a head that is one behind says less, and nothing wrong.
        if self.finish_head().is_ok() {
            self.head = entry.number;
        }
        self.last = (entry.number, hash);
        self.length += line.len() as u64;
        if entry.number.is_multiple_of(SEGMENT) {
            (self.segment, self.length) = (segment_path(&self.folder, entry.number + 1), 0);
        }
        if let Some(mark) = entry.payload {
            self.kept.octets += mark.octets;
            self.kept.oldest.get_or_insert((entry.number, entry.time));
        }
        Ok(entry.number)
    }

    fn failed(&self) -> impl FnOnce(io::Error) -> LedgerError + use<> {
        LedgerError::disk("write", &self.folder)
    }

    fn entry(&self, draft: &Draft<'_>, pruned_through: Option<u64>) -> Result<Entry, LedgerError> {
        Ok(Entry {
            number: self.last.0 + 1,
            time: draft.time,
            what: draft.what,
            report: bounded("report", draft.report)?,
            destination: bounded("destination", draft.destination)?,
            payload: draft.payload.map(|octets| PayloadMark { octets: octets.len() as u64, sha256: Digest::of(octets) }),
            pruned_through,
            note: bounded("note", draft.note)?,
            previous: self.last.1,
        })
    }

    /// Does what an earlier append could not: removes a payload without entry, writes the head.
    fn catch_up(&mut self) -> io::Result<()> {
        if let Some(leftover) = &self.leftover {
            remove_if_there(self.disk.as_ref(), leftover)?;
            self.leftover = None;
        }
        if self.head < self.last.0 {
            self.disk.write(&self.unfinished_head(), head_text(self.last.0, self.last.1).as_bytes())?;
            self.finish_head()?;
            self.head = self.last.0;
        }
        Ok(())
    }

    fn unfinished_head(&self) -> PathBuf {
        head_path(&self.folder).with_extension("unfinished")
    }

    fn finish_head(&self) -> io::Result<()> {
        self.disk.rename(&self.unfinished_head(), &head_path(&self.folder))?;
        self.disk.sync_folder(&self.folder)
    }

    /// Writes everything but the head's name; takes back what it wrote if that fails.
    fn write(&mut self, payload: Option<&[u8]>, number: u64, line: &[u8], hash: Digest) -> io::Result<()> {
        let path = payloads::path(&self.folder, number);
        let before = self.write_payload(payload, &path).and_then(|()| {
            // Written before the entry, so that a full disk is noticed while nothing stands yet.
            self.disk.write(&self.unfinished_head(), head_text(number, hash).as_bytes())
        });
        if let Err(error) = before {
            self.take_back_payload(path);
            return Err(error);
        }
        let is_new = self.length == 0;
        let mut written = self.disk.append(&self.segment, self.length, line);
        if written.is_ok() && is_new {
            written = self.disk.sync_folder(&self.folder);
        }
        if let Err(error) = written {
            match self.take_back_line(is_new) {
                Ok(()) => self.take_back_payload(path),
                // Whether the entry is there is not known; its payload stays, in case it is.
                Err(_) => self.is_unsound = true,
            }
            return Err(error);
        }
        Ok(())
    }

    fn write_payload(&self, payload: Option<&[u8]>, path: &std::path::Path) -> io::Result<()> {
        let Some(octets) = payload else { return Ok(()) };
        let unfinished = payloads::unfinished_path(&self.folder);
        self.disk.write(&unfinished, octets)?;
        self.disk.rename(&unfinished, path)?;
        self.disk.sync_folder(&payloads::folder(&self.folder))
    }

    fn take_back_payload(&mut self, path: PathBuf) {
        // What is left of it only takes room; it is replaced by the next one, and removed at opening.
        let _ = remove_if_there(self.disk.as_ref(), &payloads::unfinished_path(&self.folder));
        if remove_if_there(self.disk.as_ref(), &path).is_err() {
            self.leftover = Some(path);
        }
    }

    fn take_back_line(&self, is_new: bool) -> io::Result<()> {
        if is_new {
            remove_if_there(self.disk.as_ref(), &self.segment)?;
            return self.disk.sync_folder(&self.folder);
        }
        self.disk.truncate(&self.segment, self.length)
    }
}

fn remove_if_there(disk: &dyn Disk, path: &std::path::Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn bounded(field: &'static str, text: Option<&str>) -> Result<Option<String>, LedgerError> {
    match text {
        // Controls would be six octets each; without them no line outgrows its bound.
        Some(text) if text.contains(char::is_control) => Err(LedgerError::NotPlain { field }),
        Some(text) if text.len() > MOST_TEXT => Err(LedgerError::TooLong { field, octets: text.len(), most: MOST_TEXT }),
        text => Ok(text.map(str::to_owned)),
    }
}
