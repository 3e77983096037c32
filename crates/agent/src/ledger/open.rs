//! How a ledger is opened: what a power cut left unfinished is set aside, and told; what does not fit
//! for another reason is told and left as it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::disk::{Disk, RealDisk, make_private_folder, private};
use super::error::LedgerError;
use super::payloads;
use super::reader::Reader;
use super::verify::{Head, head_path, is_unfinished, read_head, walk_with_head};
use super::walk::{Broken, ChainFault, Tail, Walk, segment_path};
use super::writer::{Kept, Ledger, Options};

/// The most that is kept of an unfinished entry.
const MOST_SET_ASIDE: u64 = 64 << 10;

/// Is an open ledger, and what is to be told about it.
pub struct Opened {
    pub ledger: Ledger,
    /// An entry that a power cut left unfinished; what it was about has not been sent.
    pub repaired: Option<Repaired>,
    /// The first entry that does not fit, for another reason than a power cut. The chain goes on from
    /// the last entry, and stays broken there.
    pub broken: Option<Broken>,
}

/// Tells where an unfinished entry was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    pub number: u64,
    pub octets: u64,
    pub set_aside: PathBuf,
}

impl Ledger {
    /// Opens a ledger to be added to, and makes it if there is none; one program at a time.
    ///
    /// Reads all entries, and no payload.
    ///
    /// # Errors
    ///
    /// Fails if another program has it open, if the disk fails, or if its end is no entry although no
    /// power cut explains that.
    pub fn open(folder: impl Into<PathBuf>, options: Options) -> Result<Opened, LedgerError> {
        Self::open_on(Box::new(RealDisk), folder, options)
    }

    /// Opens a ledger on a disk of one's own.
    pub fn open_on(disk: Box<dyn Disk>, folder: impl Into<PathBuf>, options: Options) -> Result<Opened, LedgerError> {
        let folder: PathBuf = folder.into();
        let failed = || LedgerError::disk("open", &folder);
        make_private_folder(&payloads::folder(&folder)).map_err(failed())?;
        let lock = lock(&folder)?;
        let mut walk = walk_with_head(&folder, |_, _| {}).map_err(failed())?;
        let repaired = match walk.tail.take() {
            Some(tail) => Some(set_aside(disk.as_ref(), &folder, &mut walk, tail)?),
            None => None,
        };
        tidy(disk.as_ref(), &folder, &walk).map_err(failed())?;
        let (segment, length) = end_of(&folder, &walk)?;
        let head = match read_head(&folder).map_err(failed())? {
            Head::Names(number, _) => number,
            Head::Absent | Head::Unreadable => 0,
        };
        let kept = kept(&Reader::new(&folder), &walk)?;
        let ledger =
            Ledger { disk, folder, lock, options, last: walk.last, segment, length, head, kept, is_unsound: false, leftover: None };
        Ok(Opened { ledger, repaired, broken: walk.first_broken })
    }
}

fn lock(folder: &Path) -> Result<File, LedgerError> {
    let path = folder.join("lock");
    let failed = || LedgerError::disk("lock", folder);
    let file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(&path).map_err(failed())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(LedgerError::InUse { path: folder.to_owned() }),
        Err(fs::TryLockError::Error(error)) => Err(failed()(error)),
    }
}

/// Puts what stands after the last entry elsewhere, if it is an entry that was never finished.
///
/// The copy is on disk before anything is cut off, so that another power cut loses nothing.
fn set_aside(disk: &dyn Disk, folder: &Path, walk: &mut Walk, tail: Tail) -> Result<Repaired, LedgerError> {
    let failed = || LedgerError::disk("repair", folder);
    let number = walk.last.0 + 1;
    if !is_unfinished(folder, walk).map_err(failed())? {
        return Err(LedgerError::EndUnreadable { path: folder.to_owned(), number });
    }
    let aside = aside_folder(folder);
    make_private_folder(&aside).map_err(failed())?;
    let copy = aside.join(format!("{number:012}.line"));
    disk.write(&copy, &read_part(&tail).map_err(failed())?).map_err(failed())?;
    disk.sync_folder(&aside).map_err(failed())?;
    disk.truncate(&tail.segment, tail.offset).map_err(failed())?;
    walk.segment = Some((tail.segment, tail.offset));
    Ok(Repaired { number, octets: tail.octets, set_aside: copy })
}

fn aside_folder(folder: &Path) -> PathBuf {
    folder.join("set-aside")
}

fn read_part(tail: &Tail) -> io::Result<Vec<u8>> {
    let mut file = File::open(&tail.segment)?;
    file.seek(SeekFrom::Start(tail.offset))?;
    let mut octets = Vec::new();
    file.take(MOST_SET_ASIDE).read_to_end(&mut octets)?;
    Ok(octets)
}

/// Clears away what an interrupted append or prune left: it belongs to no entry, or is told to be gone.
fn tidy(disk: &dyn Disk, folder: &Path, walk: &Walk) -> io::Result<()> {
    for unfinished in [payloads::unfinished_path(folder), head_path(folder).with_extension("unfinished")] {
        match disk.remove(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for (number, _) in payloads::list(folder)? {
        if number <= walk.pruned_through {
            disk.remove(&payloads::path(folder, number))?;
        } else if number == walk.last.0 + 1 {
            let aside = aside_folder(folder);
            make_private_folder(&aside)?;
            disk.rename(&payloads::path(folder, number), &aside.join(format!("{number:012}.json.zst")))?;
        }
    }
    Ok(())
}

/// Returns the file that the next entry goes to, and its length.
fn end_of(folder: &Path, walk: &Walk) -> Result<(PathBuf, u64), LedgerError> {
    let next = walk.last.0 + 1;
    let path = segment_path(folder, next);
    match &walk.segment {
        Some((segment, length)) if *segment == path => Ok((path, *length)),
        // The numbers are in disorder already; the chain goes on where it ends.
        Some((segment, length)) if path.exists() || walk.first_broken.is_some_and(is_disorder) => Ok((segment.clone(), *length)),
        _ => Ok((path, 0)),
    }
}

fn is_disorder(broken: Broken) -> bool {
    matches!(broken.fault, ChainFault::OutOfPlace { .. })
}

fn kept(reader: &Reader, walk: &Walk) -> Result<Kept, LedgerError> {
    let listed = payloads::list(&reader.folder).map_err(reader.failed())?;
    let octets = listed.iter().map(|(_, octets)| octets).sum();
    let oldest = listed.iter().find(|(number, _)| *number > walk.pruned_through).map(|(number, _)| *number);
    // A payload without entry is told by `verify`, and must not keep the agent from its work.
    let oldest = oldest.and_then(|number| reader.entry(number).ok()).map(|entry| (entry.number, entry.time));
    Ok(Kept { octets, oldest })
}
