//! A ledger in a folder of its own, with entries that are easy to tell apart.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use agent::ledger::{Disk, Draft, Ledger, LedgerError, Opened, Options, Reader, Verdict, What};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// Does what a real disk does and waits for nothing: these tests cut no power in earnest.
#[derive(Clone, Copy)]
pub struct QuickDisk;

impl Disk for QuickDisk {
    fn write(&self, path: &Path, octets: &[u8]) -> io::Result<()> {
        fs::write(path, octets)
    }

    fn append(&self, path: &Path, at: u64, octets: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(octets)
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.set_len(length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

pub struct Room {
    pub folder: TempDir,
}

impl Room {
    pub fn new() -> Self {
        Room { folder: tempfile::tempdir().unwrap() }
    }

    /// A ledger of three reports, the last two acknowledged: five entries, three payloads.
    pub fn with_five_entries() -> Self {
        let room = Room::new();
        let mut ledger = room.open().ledger;
        append(&mut ledger, 1, b"first payload");
        append(&mut ledger, 2, b"second payload");
        acknowledge(&mut ledger, 3);
        append(&mut ledger, 4, b"third payload");
        acknowledge(&mut ledger, 5);
        room
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn open(&self) -> Opened {
        Ledger::open_on(Box::new(QuickDisk), self.path(), Options::default()).unwrap()
    }

    pub fn reader(&self) -> Reader {
        Reader::new(self.path())
    }

    pub fn verify(&self) -> Verdict {
        self.reader().verify().unwrap()
    }

    pub fn lines(&self) -> PathBuf {
        self.path().join("000000000001.jsonl")
    }

    pub fn head(&self) -> PathBuf {
        self.path().join("head")
    }

    pub fn payload(&self, number: u64) -> PathBuf {
        self.path().join(format!("payloads/{number:012}.json.zst"))
    }

    /// A copy that can be tampered with.
    pub fn copy(&self) -> Room {
        let copy = Room::new();
        copy_folder(self.path(), copy.path());
        copy
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy_folder(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

/// The n-th day's time.
pub fn day(number: i64) -> Timestamp {
    "2026-01-01T02:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * number)
}

pub fn append(ledger: &mut Ledger, number: i64, payload: &[u8]) -> u64 {
    try_append(ledger, number, payload).unwrap()
}

pub fn try_append(ledger: &mut Ledger, number: i64, payload: &[u8]) -> Result<u64, LedgerError> {
    let report = format!("report-{number}");
    ledger.append(Draft {
        time: day(number),
        what: What::Sent,
        report: Some(&report),
        destination: Some("reports.example:8443"),
        note: None,
        payload: Some(payload),
    })
}

pub fn acknowledge(ledger: &mut Ledger, number: i64) -> u64 {
    let draft = Draft { time: day(number), what: What::Acknowledged, report: None, destination: None, note: None, payload: None };
    ledger.append(draft).unwrap()
}
