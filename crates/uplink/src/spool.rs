//! Reports that wait to be sent, one file each, on a disk that may fill up or lose its power.
//!
//! A report is written beside its place, synced, and then moved into it; so under its own name it
//! is always whole. What is found not to be whole is moved to `damaged/`: it is never sent and
//! stands in nobody's way. A full spool refuses the new report and drops none of the old ones; the
//! caller keeps the readings and tries again when something has been sent.

pub mod disk;
pub mod file;
#[cfg(test)]
mod model;
#[cfg(test)]
mod power_cut;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use disk::{Disk, RealDisk};
use file::{Damage, HEADER};

/// Ends the name of a report.
const ENDING: &str = ".report";
/// Ends the name of what is not a report yet; the next [`Spool::open`] removes it.
const UNFINISHED: &str = ".new";
const LOCK: &str = "lock";
const DAMAGED: &str = "damaged";
/// Of damaged files, so many are kept for whoever wants to know why; the oldest go first.
const MOST_DAMAGED: usize = 16;

/// No file is read beyond this. It is not the spool's own bound, for that may have been lowered
/// since a report was put, and what was put is still to be sent.
const LARGEST_FILE: u64 = 256 * 1024 * 1024;

/// Bounds a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolOptions {
    /// The most octets in all, headers included.
    pub most_octets: u64,
    /// The most reports.
    pub most_entries: usize,
}

impl Default for SpoolOptions {
    /// A day's report of 2,000 devices has 75 KB: this holds more than two years of them.
    fn default() -> Self {
        SpoolOptions { most_octets: 64 * 1024 * 1024, most_entries: 1000 }
    }
}

/// Is one report that waits; smaller numbers are older.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub number: u64,
    pub id: Uuid,
    /// Octets on disk, header included.
    pub octets: u64,
}

impl Entry {
    fn name(&self) -> String {
        format!("{:020}-{}{ENDING}", self.number, self.id.as_hyphenated())
    }

    /// Returns the number and id that a name tells, if it is the name of a report.
    fn parse(name: &str) -> Option<(u64, Uuid)> {
        let (number, id) = name.strip_suffix(ENDING)?.split_at_checked(20)?;
        let id = id.strip_prefix('-')?;
        let (number, id) = (number.parse().ok()?, Uuid::try_parse(id).ok()?);
        // One name for one report: no `+1`, no capitals; and there must be a next number.
        (number < u64::MAX && Entry { number, id, octets: 0 }.name() == name).then_some((number, id))
    }
}

/// Is a report as it was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    pub entry: Entry,
    pub payload: Vec<u8>,
}

/// Says why the spool could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    #[error("the spool {} is used by another process; stop it first", .0.display())]
    InUse(PathBuf),
    #[error("the spool is full: {entries} of {} reports, {octets} of {} octets; it empties when the server can be reached", .options.most_entries, .options.most_octets)]
    Full { entries: usize, octets: u64, options: SpoolOptions },
    #[error("the report has {octets} octets, expected at most {most}; allow the spool more octets")]
    TooLarge { octets: u64, most: u64 },
    #[error("report {0} is in the spool already, with another content")]
    Differs(Uuid),
    #[error("cannot {task} {}", .path.display())]
    Disk { task: &'static str, path: PathBuf, source: io::Error },
}

impl SpoolError {
    /// Returns whether the disk (not the spool's own bound) has no room left.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, SpoolError::Disk { source, .. } if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

/// Holds reports until they have been sent; see the module.
#[derive(Debug)]
pub struct Spool<D: Disk = RealDisk> {
    disk: D,
    directory: PathBuf,
    options: SpoolOptions,
    entries: BTreeMap<u64, Entry>,
    next: u64,
    damaged: u64,
    /// Held as long as the spool lives.
    _lock: Option<File>,
}

impl Spool {
    /// Opens the spool in `directory`, and makes it if need be.
    ///
    /// # Errors
    /// [`SpoolError::InUse`] if another process has it open, [`SpoolError::Disk`] if the directory
    /// cannot be made, read or written.
    pub fn open(directory: &Path, options: SpoolOptions) -> Result<Self, SpoolError> {
        RealDisk.create_directory(directory).map_err(at("make the spool directory", directory))?;
        let lock = lock(directory)?;
        let mut spool = Spool::open_on(RealDisk, directory, options)?;
        spool._lock = Some(lock);
        Ok(spool)
    }
}

fn lock(directory: &Path) -> Result<File, SpoolError> {
    let path = directory.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(at("write to the spool, at", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse(directory.to_path_buf())),
        Err(TryLockError::Error(error)) => Err(at("lock the spool with", &path)(error)),
    }
}

fn at(task: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    move |source| SpoolError::Disk { task, path: path.to_path_buf(), source }
}

impl<D: Disk> Spool<D> {
    /// Opens a spool on a file system of the caller's, without a lock.
    pub fn open_on(disk: D, directory: &Path, options: SpoolOptions) -> Result<Self, SpoolError> {
        disk.create_directory(directory).map_err(at("make the spool directory", directory))?;
        let mut spool =
            Spool { disk, directory: directory.to_path_buf(), options, entries: BTreeMap::new(), next: 0, damaged: 0, _lock: None };
        let mut listed = spool.disk.list(directory).map_err(at("list the spool", directory))?;
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        for name in listed.iter().filter(|listed| !listed.is_directory && listed.name != LOCK).map(|listed| &listed.name) {
            spool.take_in(Path::new(name));
        }
        // A move that the last process did not live to make durable is made so now.
        spool.disk.sync_directory(directory).map_err(at("sync the spool", directory))?;
        Ok(spool)
    }

    /// Takes in one file that was found when the spool was opened.
    fn take_in(&mut self, name: &Path) {
        let path = self.directory.join(name);
        let text = name.to_str().unwrap_or_default();
        if text.ends_with(UNFINISHED) {
            // Nobody was told that this report is safe, so nobody misses it. What cannot be
            // removed takes room and does no harm.
            let _ = self.disk.remove(&path);
            return;
        }
        let Some((number, id)) = Entry::parse(text) else { return self.set_aside(&path, &Damage::Foreign) };
        self.next = self.next.max(number + 1);
        match self.read(&path) {
            Ok(payload) => {
                self.entries.insert(number, Entry { number, id, octets: (HEADER + payload.len()) as u64 });
            }
            Err(Unreadable::Damaged(damage)) => self.set_aside(&path, &damage),
            Err(Unreadable::Disk(error)) => self.set_aside(&path, &error),
        }
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let mut octets = self.disk.read(path, LARGEST_FILE).map_err(Unreadable::Disk)?;
        file::payload(&octets).map_err(Unreadable::Damaged)?;
        octets.drain(..HEADER);
        Ok(octets)
    }

    /// Moves a file to where it does no harm. If even that fails, it stays, and is passed over.
    fn set_aside(&mut self, path: &Path, why: &dyn std::fmt::Display) {
        self.damaged += 1;
        let directory = self.directory.join(DAMAGED);
        tracing::warn!(file = %path.display(), reason = %why, "a file in the spool is damaged or not ours; it will not be sent and goes to {DAMAGED}/");
        let moved = self.disk.create_directory(&directory).and_then(|()| {
            self.make_room_for_damaged(&directory)?;
            let name = path.file_name().expect("files in the spool have names");
            self.disk.rename(path, &directory.join(name))?;
            self.disk.sync_directory(&directory)?;
            self.disk.sync_directory(&self.directory)
        });
        if let Err(error) = moved {
            tracing::warn!(file = %path.display(), %error, "the damaged file could not be moved; it is passed over");
        }
    }

    fn make_room_for_damaged(&self, directory: &Path) -> io::Result<()> {
        let mut kept = self.disk.list(directory)?;
        kept.sort_by(|one, other| one.name.cmp(&other.name));
        let too_many = (kept.len() + 1).saturating_sub(MOST_DAMAGED);
        kept.iter().take(too_many).try_for_each(|listed| self.disk.remove(&directory.join(&listed.name)))
    }

    /// Puts a report, exactly as it will be sent; when this returns it survives a power cut.
    ///
    /// Putting the same report once more changes nothing, so a caller that did not live to hear
    /// the answer may ask again.
    ///
    /// # Errors
    /// [`SpoolError::Full`] if a bound is reached, [`SpoolError::Disk`] if the disk is full or does
    /// not obey. Then nothing has been put and nothing dropped.
    pub fn put(&mut self, id: Uuid, payload: &[u8]) -> Result<Entry, SpoolError> {
        let octets = (HEADER + payload.len()) as u64;
        if let Some(entry) = self.entries().find(|entry| entry.id == id).copied() {
            let same = self.read(&self.directory.join(entry.name())).is_ok_and(|there| there == payload);
            return if same { Ok(entry) } else { Err(SpoolError::Differs(id)) };
        }
        if octets > self.options.most_octets.min(LARGEST_FILE) {
            return Err(SpoolError::TooLarge { octets, most: self.options.most_octets });
        }
        if self.entries.len() >= self.options.most_entries || self.octets() + octets > self.options.most_octets {
            return Err(SpoolError::Full { entries: self.entries.len(), octets: self.octets(), options: self.options });
        }
        let entry = Entry { number: self.next, id, octets };
        // A number is used once, also by an attempt that failed: what it may have left behind is
        // then in nobody's way.
        self.next += 1;
        self.write(&entry, payload)?;
        self.entries.insert(entry.number, entry);
        Ok(entry)
    }

    fn write(&self, entry: &Entry, payload: &[u8]) -> Result<(), SpoolError> {
        let place = self.directory.join(entry.name());
        let beside = self.directory.join(format!("{}{UNFINISHED}", entry.name()));
        let written = self.write_beside(&beside, payload).map_err(at("write", &beside)).and_then(|()| {
            self.disk.rename(&beside, &place).map_err(at("write", &place))?;
            self.disk.sync_directory(&self.directory).map_err(at("sync the spool after writing", &place))
        });
        if written.is_err() {
            // Whichever of the two names it has by now; the other is not there.
            let _ = self.disk.remove(&beside);
            let _ = self.disk.remove(&place);
        }
        written
    }

    fn write_beside(&self, path: &Path, payload: &[u8]) -> io::Result<()> {
        let mut file = self.disk.create(path)?;
        self.disk.append(&mut file, &file::header(payload))?;
        self.disk.append(&mut file, payload)?;
        self.disk.sync(&mut file)
    }

    /// Returns the oldest report that is whole, or `None` if nothing waits.
    ///
    /// What turns out to be damaged since the spool was opened is set aside on the way.
    ///
    /// # Errors
    /// [`SpoolError::Disk`] if the disk does not give the file out; it is left where it is.
    pub fn oldest(&mut self) -> Result<Option<Spooled>, SpoolError> {
        while let Some(entry) = self.entries.values().next().copied() {
            let path = self.directory.join(entry.name());
            match self.read(&path) {
                Ok(payload) => return Ok(Some(Spooled { entry, payload })),
                // Somebody has removed it: it waits no longer.
                Err(Unreadable::Disk(error)) if error.kind() == io::ErrorKind::NotFound => {
                    tracing::warn!(file = %path.display(), "a report has been removed from the spool by somebody else");
                }
                Err(Unreadable::Disk(error)) => return Err(at("read", &path)(error)),
                Err(Unreadable::Damaged(damage)) => self.set_aside(&path, &damage),
            }
            self.entries.remove(&entry.number);
        }
        Ok(None)
    }

    /// Removes a report that the server has on its disk; returns whether it was here.
    ///
    /// # Errors
    /// [`SpoolError::Disk`] if the disk does not obey. The report may then be sent again, which the
    /// server notices by its id.
    pub fn remove(&mut self, id: Uuid) -> Result<bool, SpoolError> {
        let Some(entry) = self.entries().find(|entry| entry.id == id).copied() else { return Ok(false) };
        let path = self.directory.join(entry.name());
        match self.disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at("remove", &path)(error)),
            _ => {}
        }
        self.entries.remove(&entry.number);
        self.disk.sync_directory(&self.directory).map_err(at("sync the spool after removing", &path))?;
        Ok(true)
    }

    /// Returns what waits, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.values()
    }

    /// Returns how many reports wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the octets of all that waits, headers included.
    pub fn octets(&self) -> u64 {
        self.entries().map(|entry| entry.octets).sum()
    }

    /// Returns how many files have been set aside since the spool was opened.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }
}

/// Says why a file gave no payload: its content, or the disk.
enum Unreadable {
    Damaged(Damage),
    Disk(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn open(directory: &Path) -> Spool {
        Spool::open(directory, SpoolOptions { most_octets: 1000, most_entries: 3 }).unwrap()
    }

    fn waiting<D: Disk>(spool: &Spool<D>) -> Vec<Uuid> {
        spool.entries().map(|entry| entry.id).collect()
    }

    #[test]
    fn reports_leave_in_the_order_they_came_also_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = open(directory.path());
        spool.put(id(9), b"first").unwrap();
        spool.put(id(3), b"second").unwrap();
        drop(spool);
        let mut spool = open(directory.path());
        assert_eq!(spool.oldest().unwrap().unwrap().payload, b"first");
        assert!(spool.remove(id(9)).unwrap());
        spool.put(id(1), b"third").unwrap();
        assert_eq!(waiting(&spool), [id(3), id(1)]);
        assert_eq!(spool.oldest().unwrap().unwrap().payload, b"second");
        assert!(!spool.remove(id(9)).unwrap());
    }

    #[test]
    fn a_full_spool_refuses_and_drops_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = open(directory.path());
        for number in 0..3 {
            spool.put(id(number), b"a report").unwrap();
        }
        let error = spool.put(id(3), b"one more").unwrap_err();
        assert!(matches!(error, SpoolError::Full { entries: 3, .. }), "{error}");
        assert_eq!(spool.len(), 3);
        spool.remove(id(1)).unwrap();
        let error = spool.put(id(3), &[7; 900]).unwrap_err();
        assert!(matches!(error, SpoolError::Full { entries: 2, .. }), "{error}");
        assert!(matches!(spool.put(id(3), &[7; 1000]), Err(SpoolError::TooLarge { most: 1000, .. })));
        spool.put(id(3), b"one more").unwrap();
        assert_eq!(waiting(&spool), [id(0), id(2), id(3)]);
    }

    #[test]
    fn putting_the_same_report_again_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = open(directory.path());
        let entry = spool.put(id(1), b"a report").unwrap();
        assert_eq!(spool.put(id(1), b"a report").unwrap(), entry);
        assert!(matches!(spool.put(id(1), b"another"), Err(SpoolError::Differs(_))));
        assert_eq!(spool.len(), 1);
    }

    #[test]
    fn a_spool_belongs_to_one_process() {
        let directory = tempfile::tempdir().unwrap();
        let first = open(directory.path());
        let error = Spool::open(directory.path(), SpoolOptions::default()).unwrap_err();
        assert!(matches!(error, SpoolError::InUse(_)), "{error}");
        drop(first);
        open(directory.path());
    }

    #[test]
    fn what_is_damaged_or_foreign_is_set_aside_and_blocks_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = open(directory.path());
        let torn = spool.put(id(1), b"torn").unwrap();
        let flipped = spool.put(id(2), b"flipped").unwrap();
        spool.put(id(3), b"whole").unwrap();
        drop(spool);
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("notes.txt"), "not ours").unwrap();
        std::fs::write(path("00000000000000000009-x.report"), "not ours").unwrap();
        std::fs::write(path("00000000000000000010-y.report.new"), "left behind").unwrap();
        std::fs::create_dir(path("lost+found")).unwrap();
        let file = std::fs::read(path(&torn.name())).unwrap();
        std::fs::write(path(&torn.name()), &file[..file.len() - 1]).unwrap();

        let mut spool = open(directory.path());
        assert_eq!((waiting(&spool), spool.damaged()), (vec![id(2), id(3)], 3));
        let mut file = std::fs::read(path(&flipped.name())).unwrap();
        *file.last_mut().unwrap() ^= 1;
        std::fs::write(path(&flipped.name()), file).unwrap();
        assert_eq!(spool.oldest().unwrap().unwrap().payload, b"whole");
        assert_eq!((waiting(&spool), spool.damaged()), (vec![id(3)], 4));
        drop(spool);
        let mut left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["00000000000000000002-00000000-0000-0000-0000-000000000003.report", DAMAGED, LOCK, "lost+found"]);
        assert_eq!(open(directory.path()).damaged(), 0);
    }

    #[test]
    fn of_damaged_files_the_newest_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        drop(open(directory.path()));
        for number in 0..MOST_DAMAGED + 9 {
            std::fs::write(directory.path().join(format!("{number:03}")), "not ours").unwrap();
        }
        assert_eq!(open(directory.path()).damaged(), MOST_DAMAGED as u64 + 9);
        let mut kept: Vec<_> = std::fs::read_dir(directory.path().join(DAMAGED)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        kept.sort();
        assert_eq!((kept.len(), kept[0].to_str()), (MOST_DAMAGED, Some("009")));
    }

    #[test]
    fn a_report_removed_by_somebody_else_blocks_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = open(directory.path());
        let entry = spool.put(id(1), b"gone").unwrap();
        spool.put(id(2), b"there").unwrap();
        std::fs::remove_file(directory.path().join(entry.name())).unwrap();
        assert_eq!(spool.oldest().unwrap().unwrap().payload, b"there");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("spool");
        let entry = open(&directory).put(id(1), b"a report").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&directory.join(entry.name()))), (0o700, 0o600));
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a file");
        std::fs::write(&file, "").unwrap();
        let error = Spool::open(&file.join("spool"), SpoolOptions::default()).unwrap_err();
        assert!(error.to_string().contains("a file"), "{error}");
    }
}
