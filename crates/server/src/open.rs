//! Opening what the server works with: its folder, its store and its key.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::Store;
use store::sqlite::SqliteStore;

use crate::config::Settings;
use crate::credential::{KeyError, ServerKey};
use crate::identity::make_folder;

/// Is what a server, or a command beside it, works with.
pub struct Opened {
    pub store: Arc<dyn Store>,
    pub key: ServerKey,
}

/// Says why the server's things cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{}: cannot make this folder; name another as \"data\" in server.toml, or with --data", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the store cannot be opened")]
    Store(#[source] store::StoreError),
    #[error("the server's key cannot be used")]
    Key(#[source] KeyError),
    #[error("{}: a server is running on this store; stop it first", path.display())]
    Running { path: PathBuf },
    #[error("{}: cannot lock this file; check that the folder exists and may be written", path.display())]
    Lock { path: PathBuf, source: std::io::Error },
}

/// Opens store and key, making both if they are not there. It blocks.
///
/// # Errors
/// See [`OpenError`].
pub fn open(settings: &Settings) -> Result<Opened, OpenError> {
    make_folder(&settings.data).map_err(|source| OpenError::Folder { path: settings.data.clone(), source })?;
    let store = SqliteStore::open(&settings.database(), &store::sqlite::Options::default()).map_err(OpenError::Store)?;
    let key = ServerKey::open_or_make(&settings.key_file()).map_err(OpenError::Key)?;
    Ok(Opened { store: Arc::new(store), key })
}

/// Says that this process is the one that serves a store; ends when it is dropped, or the process does.
#[derive(Debug)]
pub struct Claim {
    _file: File,
}

impl Claim {
    /// Claims the store of this database file.
    ///
    /// # Errors
    /// Fails if another process has claimed it.
    pub fn of(database: &Path) -> Result<Self, OpenError> {
        let path = beside(database, "serving");
        let lock_failed = |source| OpenError::Lock { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(lock_failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Claim { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Running { path: database.to_owned() }),
            Err(TryLockError::Error(source)) => Err(OpenError::Lock { path, source }),
        }
    }
}

/// Returns the path of a file that belongs to a database.
fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
