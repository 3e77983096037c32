//! Opening what the server works with: its folder, its store and its key.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::{Place, PlaceError, Store};

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
    #[error("the store is not named well: {0}")]
    Place(PlaceError),
    #[error("{}: cannot read the database's password; check store.password_file", path.display())]
    Password { path: PathBuf, source: std::io::Error },
    #[error("{}: others may read the database's password; run `chmod 600` on it", path.display())]
    PasswordShown { path: PathBuf },
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
    let place = settings.place().map_err(OpenError::Place)?;
    let store = with_password(place, settings.store.password_file.as_deref())?.open().map_err(OpenError::Store)?;
    let key = ServerKey::open_or_make(&settings.key_file()).map_err(OpenError::Key)?;
    Ok(Opened { store, key })
}

/// Is the variable of the environment that goes before the file of a database's password.
const PASSWORD: &str = "ROUNDSMAN_DATABASE_PASSWORD";

/// Adds the password of a database: from the environment, or the first line of a file.
///
/// # Errors
/// Fails if the file cannot be read, or if everybody may read it.
pub fn with_password(place: Place, file: Option<&Path>) -> Result<Place, OpenError> {
    if let Some(password) = std::env::var(PASSWORD).ok().filter(|password| !password.is_empty()) {
        return Ok(place.with_password(&password));
    }
    let Some(path) = file else { return Ok(place) };
    let unreadable = |source| OpenError::Password { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).map_err(unreadable)?.permissions()) & 0o007 != 0 {
        return Err(OpenError::PasswordShown { path: path.to_owned() });
    }
    Ok(place.with_password(text.lines().next().unwrap_or_default()))
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
