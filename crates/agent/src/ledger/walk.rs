//! From the first line to the last: does each follow from the one before?

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::entry::{Digest, Entry, LineFault, MOST_LINE, What};

/// Entries in one file.
pub(crate) const SEGMENT: u64 = 256;

/// Is the first thing that does not fit, if anything does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {number} {fault}")]
pub struct Broken {
    /// The entry that does not fit, or that should stand where something else is.
    pub number: u64,
    pub fault: ChainFault,
}

/// Says what does not fit about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    #[error("cannot be read as an entry")]
    Unreadable,
    #[error("was changed: its text does not match its hash")]
    Altered,
    #[error("is not in its place; entry {found} is")]
    OutOfPlace { found: u64 },
    #[error("does not follow from the entry before it")]
    NotLinked,
    #[error("is missing, although the head of the ledger names entry {head}")]
    CutOff { head: u64 },
    #[error("is another one than the head of the ledger remembers")]
    HeadDiffers,
    #[error("is the last one, and the head of the ledger does not know it")]
    HeadBehind,
    #[error("says that payloads of later entries were pruned")]
    PrunesTheFuture,
    #[error("has lost its payload, and no entry says that it was pruned")]
    PayloadMissing,
    #[error("has another payload than was sent")]
    PayloadAltered,
    #[error("has no payload of its own, and yet there is one")]
    PayloadForeign,
}

/// Is what a walk along all entries found.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Lines that read as entries.
    pub entries: u64,
    /// The last entry's number and hash; number 0 before the first.
    pub last: (u64, Digest),
    pub first_broken: Option<Broken>,
    /// Payloads up to this entry are no longer kept.
    pub pruned_through: u64,
    /// The file that the next entry belongs to, unless it is full, and its length in octets.
    pub segment: Option<(PathBuf, u64)>,
    /// What stands after the last entry and is none.
    pub tail: Option<Tail>,
}

/// Is something at the end of the ledger that is no sound entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub segment: PathBuf,
    /// Where it begins.
    pub offset: u64,
    pub octets: u64,
    /// It ends with a line end: more was written than a power cut usually leaves.
    pub is_complete: bool,
}

/// Is a line of a file.
pub(crate) struct Line<'a> {
    /// Without the line end; no more than [`MOST_LINE`] of it.
    pub text: &'a [u8],
    pub offset: u64,
    /// With the line end, and all of it.
    pub octets: u64,
    pub is_complete: bool,
}

impl Walk {
    /// Walks along all entries and hands each sound one over.
    pub fn along(folder: &Path, mut take: impl FnMut(&Entry, Digest)) -> io::Result<Walk> {
        let mut walk = Walk { entries: 0, last: (0, Digest::NONE), first_broken: None, pruned_through: 0, segment: None, tail: None };
        for (first, path) in segments(folder)? {
            if first != walk.last.0 + 1 {
                walk.broken(walk.last.0 + 1, ChainFault::OutOfPlace { found: first });
            }
            for_each_line(&path, |line| {
                walk.step(&path, &line, &mut take);
                ControlFlow::Continue(())
            })?;
            let length = fs::metadata(&path)?.len();
            walk.segment = Some((path, length));
        }
        Ok(walk)
    }

    fn step(&mut self, path: &Path, line: &Line<'_>, take: &mut impl FnMut(&Entry, Digest)) {
        let expected = self.last.0 + 1;
        // What looked like the end has something behind it: no power cut does that.
        if self.tail.take().is_some() {
            self.broken(expected, ChainFault::Unreadable);
        }
        let unsealed = if line.is_complete { Entry::unseal(line.text) } else { Err(LineFault::Unreadable) };
        let (entry, hash) = match unsealed {
            Ok((entry, hash)) => (entry, hash),
            Err(LineFault::Altered(entry, hash)) => {
                self.broken(expected, ChainFault::Altered);
                (*entry, hash)
            }
            Err(LineFault::Unreadable) => {
                let (segment, is_complete) = (path.to_owned(), line.is_complete);
                self.tail = Some(Tail { segment, offset: line.offset, octets: line.octets, is_complete });
                return;
            }
        };
        if entry.number != expected {
            self.broken(expected, ChainFault::OutOfPlace { found: entry.number });
        } else if entry.previous != self.last.1 {
            self.broken(expected, ChainFault::NotLinked);
        }
        if let Some(through) = entry.pruned_through {
            if through >= entry.number || entry.what != What::Pruned {
                self.broken(entry.number, ChainFault::PrunesTheFuture);
            } else {
                self.pruned_through = self.pruned_through.max(through);
            }
        }
        self.entries += 1;
        self.last = (entry.number, hash);
        take(&entry, hash);
    }

    /// Notes the first thing that does not fit; later ones may only follow from it.
    pub fn broken(&mut self, number: u64, fault: ChainFault) {
        self.first_broken.get_or_insert(Broken { number, fault });
    }
}

/// Returns the files of entries with the number that each begins with, in order.
pub(crate) fn segments(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut segments = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let first = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".jsonl"));
        if let Some(first) = first.and_then(|first| first.parse().ok()) {
            segments.push((first, path));
        }
    }
    segments.sort();
    Ok(segments)
}

pub(crate) fn segment_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{:012}.jsonl", (number - 1) / SEGMENT * SEGMENT + 1))
}

/// Hands over the lines of a file, one at a time; a line of any length takes no more memory than
/// [`MOST_LINE`].
pub(crate) fn for_each_line(path: &Path, mut take: impl FnMut(Line<'_>) -> ControlFlow<()>) -> io::Result<()> {
    let mut file = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    let mut offset = 0;
    loop {
        text.clear();
        let mut octets = file.by_ref().take(MOST_LINE as u64).read_until(b'\n', &mut text)? as u64;
        if octets == 0 {
            return Ok(());
        }
        let mut is_complete = text.last() == Some(&b'\n');
        let is_too_long = !is_complete && octets == MOST_LINE as u64;
        if is_too_long {
            let (rest, ended) = skip_line(&mut file)?;
            octets += rest;
            is_complete = ended;
            text.clear();
        }
        let line = Line { text: text.strip_suffix(b"\n").unwrap_or(&text), offset, octets, is_complete };
        if take(line).is_break() {
            return Ok(());
        }
        offset += octets;
    }
}

/// Reads to the end of a line and forgets it; returns how much that was, and whether it had an end.
fn skip_line(file: &mut impl BufRead) -> io::Result<(u64, bool)> {
    let mut skipped = 0;
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Ok((skipped, false));
        }
        let end = buffer.iter().position(|octet| *octet == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        file.consume(taken);
        skipped += taken as u64;
        if end.is_some() {
            return Ok((skipped, true));
        }
    }
}
