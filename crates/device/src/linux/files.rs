//! The two slots of the state as files, and the lock that keeps a second module away.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::platform::{Slot, StoreFault};
use crate::state::slots::LARGEST;

/// Is the state's folder.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    /// Held as long as the module runs.
    _lock: Option<File>,
}

/// Says why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("cannot use the folder {}", .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("another module uses the folder {}; end it first, or give this one its own with --folder", .0.display())]
    Busy(PathBuf),
}

impl Files {
    /// Takes the folder for this process alone; it is made if need be.
    ///
    /// # Errors
    /// Fails if the folder cannot be made, or another process has it.
    pub fn open(folder: &Path) -> Result<Self, FilesError> {
        let error = |source| FilesError::Folder { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(error)?;
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join("lock")).map_err(error)?;
        match lock.try_lock() {
            Ok(()) => Ok(Files { folder: folder.to_owned(), _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(FilesError::Busy(folder.to_owned())),
            // Some file systems of flash know no locks.
            Err(TryLockError::Error(_)) => Ok(Files { folder: folder.to_owned(), _lock: None }),
        }
    }

    /// Looks into the folder beside a module that may be running.
    pub fn look(folder: &Path) -> Self {
        Files { folder: folder.to_owned(), _lock: None }
    }

    fn path(&self, slot: Slot) -> PathBuf {
        self.folder.join(match slot {
            Slot::A => "state.a",
            Slot::B => "state.b",
        })
    }

    /// Reads a slot, as [`crate::Platform::read`] wants it.
    ///
    /// # Errors
    /// Fails if it is there and cannot be read.
    pub fn read(&self, slot: Slot) -> Result<Vec<u8>, StoreFault> {
        let path = self.path(slot);
        let read = || -> io::Result<Vec<u8>> {
            let mut octets = Vec::new();
            match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                file => _ = file?.take(LARGEST as u64 + 1).read_to_end(&mut octets)?,
            }
            Ok(octets)
        };
        read().map_err(|error| fault(&path, &error))
    }

    /// Writes a slot in place, as [`crate::Platform::write`] wants it: no second file, no rename, one
    /// erase block of flash.
    ///
    /// # Errors
    /// Fails if the disk does not obey.
    pub fn write(&self, slot: Slot, octets: &[u8]) -> Result<(), StoreFault> {
        let path = self.path(slot);
        let write = || -> io::Result<()> {
            let is_new = !path.exists();
            let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path)?;
            file.write_all(octets)?;
            file.sync_all()?;
            if is_new { File::open(&self.folder)?.sync_all() } else { Ok(()) }
        };
        write().map_err(|error| fault(&path, &error))
    }
}

fn fault(path: &Path, error: &io::Error) -> StoreFault {
    StoreFault(format!("{}: {error}", path.display()))
}
