//! What the spool asks of a file system, and the real one.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Is one name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: OsString,
    /// A directory is nobody's report, and may be the file system's own (`lost+found`).
    pub is_directory: bool,
}

/// Is a file system as the spool uses it.
///
/// The spool reaches files through this trait alone, so that a test can put one below it that
/// loses power, tears files or fills up at any step.
pub trait Disk {
    type File;

    fn create_directory(&self, path: &Path) -> io::Result<()>;
    fn list(&self, directory: &Path) -> io::Result<Vec<Listed>>;
    /// Reads a file; one of more than `most` octets is read up to one octet more.
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>>;
    /// Makes a file that must not exist yet, for its owner's eyes only.
    fn create(&self, path: &Path) -> io::Result<Self::File>;
    fn append(&self, file: &mut Self::File, octets: &[u8]) -> io::Result<()>;
    /// Returns when the file's octets would survive a power cut.
    fn sync(&self, file: &mut Self::File) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Returns when the directory's names would survive a power cut.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// Is the operating system's file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    type File = File;

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Listed>> {
        fs::read_dir(directory)?
            .map(|entry| {
                let entry = entry?;
                Ok(Listed { name: entry.file_name(), is_directory: entry.file_type()?.is_dir() })
            })
            .collect()
    }

    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        // A pipe that somebody put here would be waited for; only plain files are read.
        if !fs::symlink_metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a plain file"));
        }
        let mut octets = Vec::new();
        File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut octets)?;
        Ok(octets)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }

    fn append(&self, file: &mut File, octets: &[u8]) -> io::Result<()> {
        file.write_all(octets)
    }

    fn sync(&self, file: &mut File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        // Windows opens no directory as a file; NTFS keeps names in its own journal.
        if cfg!(windows) { Ok(()) } else { File::open(path)?.sync_all() }
    }
}
