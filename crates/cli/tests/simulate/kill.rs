//! A process that is killed between two of its steps: what is on disk is all that it leaves.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Is what unwinds the stack of a process that is killed.
struct Killed;

/// Is a process's home on disk, and the place at which the process will be killed.
///
/// Each life has a folder of its own, a copy of the last one's made at the moment of the kill, since
/// the unwinding stack closes files in an order that a real kill does not have.
#[derive(Clone)]
pub struct Lives(Rc<Inner>);

struct Inner {
    home: PathBuf,
    life: Cell<u32>,
    /// How many more points the process passes.
    left: Cell<Option<u32>>,
}

impl Lives {
    pub fn new(home: &Path) -> Self {
        let lives = Lives(Rc::new(Inner { home: home.to_owned(), life: Cell::new(0), left: Cell::new(None) }));
        std::fs::create_dir_all(lives.folder()).unwrap();
        lives
    }

    /// Returns where the process of this life keeps its files.
    pub fn folder(&self) -> PathBuf {
        self.0.home.join(format!("life-{}", self.0.life.get()))
    }

    /// Decides that the process is killed at the point after so many others.
    pub fn arm(&self, points: u32) {
        self.0.left.set(Some(points));
    }

    /// Lets the process live.
    pub fn disarm(&self) {
        self.0.left.set(None);
    }

    /// Passes a point between two steps, or does not live to.
    pub fn pass(&self) {
        match self.0.left.get() {
            Some(0) => {
                self.begin_next_with(&self.folder());
                resume_unwind(Box::new(Killed));
            }
            Some(left) => self.0.left.set(Some(left - 1)),
            None => {}
        }
    }

    /// Runs a process; `None` if it was killed.
    pub fn run<T>(&self, process: impl FnOnce() -> T) -> Option<T> {
        let result = catch_unwind(AssertUnwindSafe(process));
        match result {
            Ok(value) => Some(value),
            Err(reason) if reason.is::<Killed>() => {
                self.tidy();
                None
            }
            Err(reason) => resume_unwind(reason),
        }
    }

    /// Begins another life with what a folder holds at this moment.
    pub fn begin_next_with(&self, folder: &Path) {
        self.0.left.set(None);
        let next = self.0.home.join(format!("life-{}", self.0.life.get() + 1));
        copy(folder, &next);
        self.0.life.set(self.0.life.get() + 1);
    }

    /// Removes what earlier lives have left.
    pub fn tidy(&self) {
        if let Some(before) = self.0.life.get().checked_sub(1) {
            let _ = std::fs::remove_dir_all(self.0.home.join(format!("life-{before}")));
        }
    }
}

/// Copies a folder as it is, also while files in it are being written.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let mut listed: Vec<_> = std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).collect();
    listed.sort();
    for path in listed {
        let beside = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &beside);
        } else if path.extension().is_none_or(|extension| extension != "db-shm" && extension != "sqlite-shm") {
            // The index of the log is made anew from the log by whoever opens it first.
            std::fs::copy(&path, &beside).unwrap();
        }
    }
}
