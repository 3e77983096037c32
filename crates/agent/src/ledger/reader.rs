//! The ledger as it is read: newest first, a page at a time, while the agent goes on writing.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::entry::{Digest, Entry, LineFault};
use super::error::LedgerError;
use super::payloads;
use super::walk::{for_each_line, segments};

/// The largest payload that is taken into memory; the agent sends none of that size.
const MOST_PAYLOAD: u64 = 64 << 20;

/// Reads a ledger and changes nothing; any number may read while one program writes.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) folder: PathBuf,
}

/// Is some entries, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// What to ask for to see older ones: `None` at the end.
    pub before: Option<u64>,
    /// Lines that could not be read as entries.
    pub unreadable: u64,
}

/// Is what was sent with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The octets exactly as sent.
    Kept(Vec<u8>),
    /// It was kept for its time and then pruned.
    Pruned,
    /// Nothing was sent.
    None,
}

impl Reader {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Reader { folder: folder.into() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn failed(&self) -> impl FnOnce(io::Error) -> LedgerError + use<> {
        LedgerError::disk("read", &self.folder)
    }

    /// Returns at most `most` entries, the newest first, of those with numbers below `before`.
    pub fn entries(&self, before: Option<u64>, most: usize) -> Result<Page, LedgerError> {
        let mut page = Page::default();
        let below = before.unwrap_or(u64::MAX);
        // One more than asked for tells whether there are older ones.
        let wanted = most.saturating_add(1);
        for (_, path) in segments(&self.folder).map_err(self.failed())?.into_iter().rev().filter(|(first, _)| *first < below) {
            let mut newest: VecDeque<Entry> = VecDeque::new();
            let room = wanted - page.entries.len();
            for_each_line(&path, |line| {
                match Entry::unseal(line.text) {
                    // The agent is writing it, or a power cut was quicker.
                    _ if !line.is_complete => {}
                    Ok((entry, _)) if entry.number < below => newest.push_back(entry),
                    Err(LineFault::Altered(entry, _)) if entry.number < below => newest.push_back(*entry),
                    Err(LineFault::Unreadable) => page.unreadable += 1,
                    _ => {}
                }
                if newest.len() > room {
                    newest.pop_front();
                }
                ControlFlow::Continue(())
            })
            .map_err(self.failed())?;
            page.entries.extend(newest.into_iter().rev());
            if page.entries.len() >= wanted {
                break;
            }
        }
        if page.entries.len() > most {
            page.entries.truncate(most);
            page.before = page.entries.last().map(|entry| entry.number);
        }
        Ok(page)
    }

    /// Returns one entry.
    pub fn entry(&self, number: u64) -> Result<Entry, LedgerError> {
        let newest = self.entries(Some(number.saturating_add(1)), 1)?.entries.pop();
        newest.filter(|entry| entry.number == number).ok_or(LedgerError::NoEntry { number })
    }

    /// Returns what was sent with an entry, exactly as it was sent.
    ///
    /// # Errors
    ///
    /// Fails if the payload is not what the entry says: what was sent is not shown wrong.
    pub fn payload(&self, number: u64) -> Result<Payload, LedgerError> {
        let entry = self.entry(number)?;
        let Some(mark) = entry.payload else { return Ok(Payload::None) };
        let mut octets = Vec::new();
        match File::open(payloads::path(&self.folder, number)) {
            Ok(file) => file.take(MOST_PAYLOAD + 1).read_to_end(&mut octets).map_err(self.failed())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_pruned = self.pruned_through()? >= number;
                return if is_pruned { Ok(Payload::Pruned) } else { Err(LedgerError::PayloadDiffers { number }) };
            }
            Err(error) => return Err(self.failed()(error)),
        };
        let is_sound = octets.len() as u64 == mark.octets && Digest::of(&octets) == mark.sha256;
        if is_sound { Ok(Payload::Kept(octets)) } else { Err(LedgerError::PayloadDiffers { number }) }
    }

    /// Returns the last entry whose payload is no longer kept, as the newest entry about it says.
    pub(crate) fn pruned_through(&self) -> Result<u64, LedgerError> {
        let mut through = 0;
        for (_, path) in segments(&self.folder).map_err(self.failed())?.into_iter().rev() {
            for_each_line(&path, |line| {
                if let Ok((entry, _)) = Entry::unseal(line.text) {
                    through = through.max(entry.pruned_through.filter(|through| *through < entry.number).unwrap_or(0));
                }
                ControlFlow::Continue(())
            })
            .map_err(self.failed())?;
            if through > 0 {
                break;
            }
        }
        Ok(through)
    }
}
