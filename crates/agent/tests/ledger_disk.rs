//! Power cuts, full disks and dying disks: an entry is there whole, or not at all.

mod ledger_common;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agent::ledger::{ChainFault, Disk, Ledger, LedgerError, Options, Payload};
use ledger_common::{QuickDisk, Room, append, try_append};

/// What happens from some step on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Vice {
    /// One step fails.
    Once,
    /// Nothing more can be written, but files can be removed and cut.
    Full,
    /// Nothing works any more.
    Dead,
}

/// A disk that works for some steps.
#[derive(Clone)]
struct BadDisk {
    vice: Vice,
    step: Arc<AtomicUsize>,
    fails_at: usize,
}

impl BadDisk {
    fn new(vice: Vice, fails_at: usize) -> Self {
        BadDisk { vice, step: Arc::default(), fails_at }
    }

    fn fails(&self, writes: bool) -> bool {
        let step = self.step.fetch_add(1, Ordering::Relaxed);
        match self.vice {
            Vice::Once => step == self.fails_at,
            Vice::Full => step >= self.fails_at && writes,
            Vice::Dead => step >= self.fails_at,
        }
    }

    fn try_to(&self, writes: bool, act: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.fails(writes) { Err(io::ErrorKind::StorageFull.into()) } else { act() }
    }
}

impl Disk for BadDisk {
    fn write(&self, path: &Path, octets: &[u8]) -> io::Result<()> {
        if self.fails(true) {
            QuickDisk.write(path, &octets[..octets.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        QuickDisk.write(path, octets)
    }

    fn append(&self, path: &Path, at: u64, octets: &[u8]) -> io::Result<()> {
        if self.fails(true) {
            QuickDisk.append(path, at, &octets[..octets.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        QuickDisk.append(path, at, octets)
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        self.try_to(false, || QuickDisk.truncate(path, length))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.try_to(true, || QuickDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.try_to(false, || QuickDisk.remove(path))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.try_to(true, || QuickDisk.sync_folder(folder))
    }
}

/// Appends with a disk that goes bad at every step in turn, and checks what is there afterwards.
fn goes_bad_at_every_step(vice: Vice, entries_before: i64, mut check: impl FnMut(&Room, Ledger, usize, Result<u64, LedgerError>)) {
    let before = Room::new();
    let mut ledger = before.open().ledger;
    for number in 1..=entries_before {
        append(&mut ledger, number, format!("payload {number}").as_bytes());
    }
    drop(ledger);
    for step in 0.. {
        let room = before.copy();
        // Opening takes steps of its own; the disk goes bad that many later.
        let counter = BadDisk::new(Vice::Once, usize::MAX);
        drop(Ledger::open_on(Box::new(counter.clone()), room.path(), Options::default()).unwrap());
        let disk = BadDisk::new(vice, counter.step.load(Ordering::Relaxed) + step);
        let mut ledger = Ledger::open_on(Box::new(disk.clone()), room.path(), Options::default()).unwrap().ledger;
        let outcome = try_append(&mut ledger, entries_before + 1, b"the last payload");
        let was_reached = disk.step.load(Ordering::Relaxed) > disk.fails_at;
        if !was_reached {
            assert!(step > 5, "the disk was hardly used");
            return;
        }
        check(&room, ledger, step, outcome);
    }
}

#[track_caller]
fn assert_sound(room: &Room, context: &str) {
    let verdict = room.verify();
    assert!(verdict.is_sound(), "{context}: {verdict:?}");
}

#[test]
fn a_failed_write_leaves_the_old_ledger_and_the_next_one_succeeds() {
    for before in [0, 1, 3, 256] {
        for vice in [Vice::Once, Vice::Full] {
            goes_bad_at_every_step(vice, before, |room, mut ledger, step, outcome| {
                let context = format!("{vice:?} at step {step} after {before} entries: {outcome:?}");
                assert_sound(room, &context);
                let count = room.verify().entries;
                assert_eq!(count, before as u64 + u64::from(outcome.is_ok()), "{context}");
                if vice == Vice::Full && outcome.is_err() {
                    let again = try_append(&mut ledger, 9, b"again");
                    assert!(again.is_err(), "{context}");
                    assert_sound(room, &context);
                }
                if vice == Vice::Once {
                    append(&mut ledger, 9, b"again");
                    assert_sound(room, &context);
                    assert_eq!(room.verify().entries, count + 1, "{context}");
                }
                drop(ledger);
                let opened = room.open();
                assert_eq!((opened.repaired, opened.broken), (None, None), "{context}");
            });
        }
    }
}

#[test]
fn a_dying_disk_leaves_a_ledger_that_can_be_opened_and_holds_what_it_confirmed() {
    for before in [0, 1, 3, 256] {
        goes_bad_at_every_step(Vice::Dead, before, |room, mut ledger, step, outcome| {
            let context = format!("dead from step {step} on after {before} entries: {outcome:?}");
            if outcome.is_err() {
                assert!(try_append(&mut ledger, 9, b"again").is_err(), "{context}");
            }
            drop(ledger);
            let mut opened = room.open();
            assert_eq!(opened.broken, None, "{context}");
            assert_sound(room, &context);
            let count = room.verify().entries;
            assert!(count == before as u64 || count == before as u64 + 1, "{context}");
            if let Ok(number) = outcome {
                assert_eq!(room.reader().payload(number).unwrap(), Payload::Kept(b"the last payload".to_vec()), "{context}");
            }
            append(&mut opened.ledger, 9, b"again");
            assert_sound(room, &context);
        });
    }
}

#[test]
fn a_power_cut_at_every_octet_of_the_last_append_is_repaired_and_told() {
    let room = Room::with_five_entries();
    let old_head = fs::read(room.head()).unwrap();
    let old_length = fs::metadata(room.lines()).unwrap().len() as usize;
    append(&mut room.open().ledger, 6, b"the sixth payload");
    let lines = fs::read(room.lines()).unwrap();
    fs::write(room.head(), old_head).unwrap();
    for length in old_length..=lines.len() {
        for pads in [false, true] {
            // Where in the entry the zeros begin makes little difference, so not every place is tried.
            if pads && !length.is_multiple_of(16) {
                continue;
            }
            let cut = room.copy();
            let mut left = lines[..length].to_vec();
            // Some file systems keep the new length and lose the octets.
            if pads && length < lines.len() {
                left.resize(lines.len(), 0);
            }
            let torn = left.len() - old_length;
            fs::write(cut.lines(), left).unwrap();
            let is_whole = length == lines.len();
            assert_eq!(cut.verify().first_broken, None, "cut at {length}");
            let mut opened = cut.open();
            assert_eq!(opened.broken, None);
            match opened.repaired {
                Some(repaired) => {
                    assert_eq!((repaired.number, repaired.octets as usize), (6, torn));
                    assert_eq!(fs::read(&repaired.set_aside).unwrap().len(), torn);
                }
                None => assert!(is_whole || torn == 0, "cut at {length} was not told"),
            }
            assert!(cut.verify().is_sound());
            assert_eq!(cut.verify().entries, if is_whole { 6 } else { 5 });
            let next = append(&mut opened.ledger, 7, b"another payload");
            assert_eq!(opened.ledger.reader().payload(next).unwrap(), Payload::Kept(b"another payload".to_vec()));
            assert!(cut.verify().is_sound());
        }
    }
}

#[test]
fn a_power_cut_while_the_payload_is_written_leaves_nothing_behind() {
    let room = Room::with_five_entries();
    fs::write(room.path().join("payloads/unfinished"), b"half a pay").unwrap();
    fs::write(room.path().join("head.unfinished"), b"6 ").unwrap();
    fs::write(room.payload(6), b"a payload without its entry").unwrap();
    assert!(room.verify().is_sound());
    let opened = room.open();
    assert_eq!((opened.repaired, opened.broken), (None, None));
    assert!(
        !room.payload(6).exists() && !room.path().join("payloads/unfinished").exists() && !room.path().join("head.unfinished").exists()
    );
    assert_eq!(fs::read(room.path().join("set-aside/000000000006.json.zst")).unwrap(), b"a payload without its entry");
}

#[test]
fn a_torn_end_that_the_head_names_is_no_power_cut_and_is_not_repaired() {
    let room = Room::with_five_entries();
    let lines = fs::read(room.lines()).unwrap();
    let torn = &lines[..lines.len() - 10];
    fs::write(room.lines(), torn).unwrap();
    let refused = Ledger::open(room.path(), Options::default());
    assert!(matches!(refused, Err(LedgerError::EndUnreadable { number: 5, .. })));
    assert_eq!(fs::read(room.lines()).unwrap(), torn);
    assert_eq!(room.verify().first_broken.unwrap().fault, ChainFault::CutOff { head: 5 });
}

#[test]
fn a_read_only_place_is_told_with_its_name() {
    let room = Room::new();
    let file = room.path().join("no-folder");
    fs::write(&file, b"").unwrap();
    let Err(error) = Ledger::open(&file, Options::default()) else { panic!("opened in a file") };
    assert!(error.to_string().ends_with("no-folder: cannot open the ledger"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}
