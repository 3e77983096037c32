//! The few things the ledger does to a disk, each durable when it returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// Is a disk to write the ledger on; tests put a full or failing one here.
pub trait Disk: Send {
    /// Writes a file whole, replacing one of the same name, and waits until it is on disk.
    fn write(&self, path: &Path, octets: &[u8]) -> io::Result<()>;

    /// Writes octets from an offset on, which is the end of the file, and waits until they are on disk.
    fn append(&self, path: &Path, at: u64, octets: &[u8]) -> io::Result<()>;

    /// Cuts a file to a length, and waits until that is on disk.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Waits until names that came and went in a folder are on disk.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// Is the disk of this host.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write(&self, path: &Path, octets: &[u8]) -> io::Result<()> {
        let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(path)?;
        file.write_all(octets)?;
        file.sync_all()
    }

    fn append(&self, path: &Path, at: u64, octets: &[u8]) -> io::Result<()> {
        let mut file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(octets)?;
        file.sync_all()
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Windows has no such call for folders and needs none: NTFS keeps a journal of its names.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }
}

/// Lets only the agent's own user read what it writes: payloads tell about the site.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes a folder that only the agent's own user can look into.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
