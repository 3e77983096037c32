//! Whether everything that was sent still stands as it was sent.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::entry::{Digest, Entry};
use super::error::LedgerError;
use super::payloads;
use super::reader::Reader;
use super::walk::{Broken, ChainFault, Walk};

/// Is what a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Entries that can be read.
    pub entries: u64,
    /// Payloads that are exactly what was sent.
    pub payloads: u64,
    /// Payloads that were kept for their time and then pruned.
    pub pruned: u64,
    /// The last entry's number and hash; to be compared with one noted elsewhere.
    pub head: (u64, Digest),
    /// The first thing that does not fit; `None` if all is as it was.
    pub first_broken: Option<Broken>,
}

impl Verdict {
    pub fn is_sound(&self) -> bool {
        self.first_broken.is_none()
    }
}

/// Is what the file `head` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// There is none: only right before the second entry.
    Absent,
    /// It says something that it was not made to say.
    Unreadable,
    Names(u64, Digest),
}

pub(crate) fn head_path(folder: &Path) -> PathBuf {
    folder.join("head")
}

pub(crate) fn head_text(number: u64, hash: Digest) -> String {
    format!("{number} {hash}\n")
}

pub(crate) fn read_head(folder: &Path) -> io::Result<Head> {
    let text = match fs::read(head_path(folder)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Head::Absent),
        Err(error) => return Err(error),
    };
    let parsed = str::from_utf8(&text).ok().and_then(|text| {
        let (number, hash) = text.strip_suffix('\n')?.split_once(' ')?;
        Some((number.parse().ok()?, Digest::parse(hash.as_bytes())?))
    });
    Ok(parsed.map_or(Head::Unreadable, |(number, hash)| Head::Names(number, hash)))
}

/// Walks along all entries and compares them with the head.
///
/// The head is read before and after, because entries may be added meanwhile: the entry that the
/// earlier head names must be there, and the last entry must be no more than one past the later.
pub(crate) fn walk_with_head(folder: &Path, mut take: impl FnMut(&Entry, Digest)) -> io::Result<Walk> {
    let before = read_head(folder)?;
    let mut at_head = None;
    let mut walk = Walk::along(folder, |entry, hash| {
        if matches!(before, Head::Names(number, _) if number == entry.number) {
            at_head = Some(hash);
        }
        take(entry, hash);
    })?;
    let last = walk.last.0;
    match before {
        Head::Names(number, _) if at_head.is_none() => walk.broken((last + 1).min(number), ChainFault::CutOff { head: number }),
        Head::Names(number, hash) if at_head != Some(hash) => walk.broken(number, ChainFault::HeadDiffers),
        _ => {}
    }
    let known = match read_head(folder)? {
        Head::Names(number, _) => number,
        Head::Absent => 0,
        Head::Unreadable => {
            walk.broken(last, ChainFault::HeadDiffers);
            last
        }
    };
    if last > known + 1 {
        walk.broken(last, ChainFault::HeadBehind);
    }
    Ok(walk)
}

/// Returns whether what stands after the last entry is one that was never finished: the head is
/// written after the entry, and names the one before.
pub(crate) fn is_unfinished(folder: &Path, walk: &Walk) -> io::Result<bool> {
    Ok(match read_head(folder)? {
        Head::Names(number, _) => number == walk.last.0,
        Head::Absent => walk.last.0 == 0,
        Head::Unreadable => false,
    })
}

impl Reader {
    /// Verifies every entry and every payload that is kept.
    ///
    /// Reads a little at a time; may run while the agent writes.
    ///
    /// # Errors
    ///
    /// Fails only if the disk does; what does not fit is in the verdict.
    pub fn verify(&self) -> Result<Verdict, LedgerError> {
        let mut walk = walk_with_head(&self.folder, |_, _| {}).map_err(self.failed())?;
        if walk.tail.as_ref().is_some_and(|tail| tail.is_complete) && !is_unfinished(&self.folder, &walk).map_err(self.failed())? {
            walk.broken(walk.last.0 + 1, ChainFault::Unreadable);
        }
        let mut verdict = Verdict { entries: walk.entries, payloads: 0, pruned: 0, head: walk.last, first_broken: walk.first_broken };
        self.verify_payloads(&walk, &mut verdict)?;
        Ok(verdict)
    }

    fn verify_payloads(&self, walk: &Walk, verdict: &mut Verdict) -> Result<(), LedgerError> {
        let listed = payloads::list(&self.folder).map_err(self.failed())?;
        let mut unclaimed: BTreeSet<u64> = listed.into_iter().map(|(number, _)| number).collect();
        let mut pruned_through = walk.pruned_through;
        let mut failure = None;
        let again = Walk::along(&self.folder, |entry, _| {
            let Some(mark) = entry.payload else { return };
            unclaimed.remove(&entry.number);
            if failure.is_some() || entry.number > walk.last.0 {
                return;
            }
            if entry.number <= pruned_through {
                verdict.pruned += 1;
                return;
            }
            match payloads::mark_of(&payloads::path(&self.folder, entry.number)) {
                Ok(Some(found)) if found == mark => verdict.payloads += 1,
                Ok(Some(_)) => note(verdict, entry.number, ChainFault::PayloadAltered),
                // Either it is lost, or it was pruned while we looked.
                Ok(None) => match self.pruned_through() {
                    Ok(through) if through >= entry.number => {
                        pruned_through = through;
                        verdict.pruned += 1;
                    }
                    Ok(_) => note(verdict, entry.number, ChainFault::PayloadMissing),
                    Err(error) => failure = Some(error),
                },
                Err(error) => failure = Some(self.failed()(error)),
            }
        })
        .map_err(self.failed())?;
        // A payload is written before its entry, and removed after the entry that says so.
        if let Some(foreign) = unclaimed.into_iter().find(|number| *number != again.last.0 + 1) {
            note(verdict, foreign, ChainFault::PayloadForeign);
        }
        failure.map_or(Ok(()), Err)
    }
}

/// Notes a fault, if it comes before the first one known.
fn note(verdict: &mut Verdict, number: u64, fault: ChainFault) {
    if verdict.first_broken.is_none_or(|known| number < known.number) {
        verdict.first_broken = Some(Broken { number, fault });
    }
}
