//! A disk that can lose its power, fill up or become read-only at any step.
//!
//! It is as unkind as POSIX allows: without a sync, octets may be lost, torn or read as zeros, and
//! every change of a name may or may not have happened, whatever happened to the others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::disk::{Disk, Listed};

/// Is what happens at the step that a test has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// From here on nothing happens any more, until [`ModelDisk::reboot`].
    PowerCut,
    /// This step finds no room; the next one does.
    Full,
    /// From here on nothing can be changed.
    ReadOnly,
}

#[derive(Default)]
struct Inode {
    durable: Vec<u8>,
    now: Vec<u8>,
}

#[derive(Clone)]
enum Change {
    Made(PathBuf, usize),
    Moved(PathBuf, PathBuf, usize),
    Gone(PathBuf),
}

impl Change {
    fn directory(&self) -> Option<&Path> {
        let (Change::Made(path, _) | Change::Moved(_, path, _) | Change::Gone(path)) = self;
        path.parent()
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Change::Made(path, inode) => _ = names.insert(path.clone(), *inode),
            Change::Moved(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
            Change::Gone(path) => _ = names.remove(path),
        }
    }
}

#[derive(Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    pending: Vec<Change>,
    directories: BTreeSet<PathBuf>,
    steps: u64,
    fault: Option<(u64, Fault)>,
}

impl State {
    /// Counts a step that changes something; says how it fails, if it is to.
    fn step(&mut self) -> io::Result<()> {
        let step = self.steps;
        self.steps += 1;
        match self.fault {
            Some((at, Fault::PowerCut)) if step >= at => Err(io::Error::other("no power")),
            Some((at, Fault::ReadOnly)) if step >= at => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            Some((at, Fault::Full)) if step == at => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.names);
        self.pending.push(change);
    }

    fn inode(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or(io::ErrorKind::NotFound.into())
    }
}

/// Is a disk in memory; clones are the same disk.
#[derive(Clone, Default)]
pub struct ModelDisk(Rc<RefCell<State>>);

impl ModelDisk {
    /// Lets `fault` happen at the step `after` so many more.
    pub fn fail(&self, after: u64, fault: Fault) {
        let mut state = self.0.borrow_mut();
        state.fault = Some((state.steps + after, fault));
    }

    /// Repairs what a test has broken, without a loss of power.
    pub fn heal(&self) {
        self.0.borrow_mut().fault = None;
    }

    /// Returns whether the chosen step has been reached.
    pub fn has_failed(&self) -> bool {
        let state = self.0.borrow();
        state.fault.is_some_and(|(at, _)| state.steps > at)
    }

    /// Starts again after a loss of power; `chance` decides what was lost of what was not synced.
    pub fn reboot(&self, chance: &mut impl FnMut() -> u64) {
        let mut state = self.0.borrow_mut();
        state.fault = None;
        let mut names = std::mem::take(&mut state.durable_names);
        for change in std::mem::take(&mut state.pending) {
            if chance().is_multiple_of(2) {
                change.apply(&mut names);
            }
        }
        for inode in &mut state.inodes {
            let (durable, unsynced) = inode.now.split_at(inode.durable.len());
            let survived = (chance() % (unsynced.len() as u64 + 1)) as usize;
            let tail = match chance() % 3 {
                0 => unsynced[..survived].to_vec(),
                1 => [&unsynced[..survived], &vec![0; unsynced.len() - survived]].concat(),
                _ => unsynced.iter().map(|octet| octet ^ chance() as u8).collect(),
            };
            inode.now = [durable, &tail].concat();
            inode.durable = inode.now.clone();
        }
        state.durable_names = names.clone();
        state.names = names;
    }
}

impl Disk for ModelDisk {
    type File = usize;

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.0.borrow_mut().directories.insert(path.to_path_buf());
        Ok(())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Listed>> {
        let state = self.0.borrow();
        let name = |path: &PathBuf, is_directory| {
            (path.parent() == Some(directory)).then(|| Listed { name: path.file_name().expect("named").to_owned(), is_directory })
        };
        let files = state.names.keys().filter_map(|path| name(path, false));
        Ok(files.chain(state.directories.iter().filter_map(|path| name(path, true))).collect())
    }

    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let state = self.0.borrow();
        let octets = &state.inodes[state.inode(path)?].now;
        Ok(octets[..octets.len().min(most as usize + 1)].to_vec())
    }

    fn create(&self, path: &Path) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        state.step()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.change(Change::Made(path.to_path_buf(), inode));
        Ok(inode)
    }

    fn append(&self, file: &mut usize, octets: &[u8]) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        let step = state.step();
        // What fails in the middle has written the first half.
        let written = if step.is_ok() { octets.len() } else { octets.len() / 2 };
        state.inodes[*file].now.extend_from_slice(&octets[..written]);
        step
    }

    fn sync(&self, file: &mut usize) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.step()?;
        let inode = &mut state.inodes[*file];
        inode.durable = inode.now.clone();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.step()?;
        let inode = state.inode(from)?;
        state.change(Change::Moved(from.to_path_buf(), to.to_path_buf(), inode));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.step()?;
        state.inode(path)?;
        state.change(Change::Gone(path.to_path_buf()));
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.step()?;
        let (synced, pending) =
            std::mem::take(&mut state.pending).into_iter().partition::<Vec<_>, _>(|change| change.directory() == Some(path));
        synced.iter().for_each(|change| change.apply(&mut state.durable_names));
        state.pending = pending;
        Ok(())
    }
}
