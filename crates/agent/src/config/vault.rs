//! Credentials in the agent's own folder: sealed as the secret of enrolment is.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::credentials::CredentialsError;
use crate::sealed::{Kept, Locked, SealKey, seal_key};
use crate::secrets;

/// Is the name of the file in the agent's folder.
pub const FILE: &str = "credentials.sealed";
/// Is what the text is bound to: no other secret of the agent can stand in its place.
const BOUND_TO: &str = "roundsman credentials";

#[derive(Serialize, Deserialize)]
struct Written {
    credentials: Kept,
}

/// Is what came of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    pub count: usize,
    /// Sealed with a key of the system, not only protected by the file's mode.
    pub is_sealed: bool,
}

/// Takes a file of credentials into the agent's folder, instead of what was there. Passwords that it takes from
/// other files and from the environment are taken in as well.
///
/// # Errors
/// Fails if the file does not read, with each mistake, or the folder cannot be written.
pub fn import(file: &Path, folder: &Path) -> Result<Imported, CredentialsError> {
    import_with(file, folder, seal_key()?.as_ref())
}

fn import_with(file: &Path, folder: &Path, key: Option<&SealKey>) -> Result<Imported, CredentialsError> {
    let text = std::fs::read_to_string(file).map_err(|source| CredentialsError::Read { path: file.to_owned(), source })?;
    // Read once as it is, so that mistakes are told with their lines.
    let count = super::credentials::read(&text, &file.display().to_string())?.iter().map(|range| range.credentials.len()).sum();
    let text = with_secrets(&text)?;
    let written = Written { credentials: Kept::new(&text, BOUND_TO, key) };
    let octets = serde_json::to_vec_pretty(&written).expect("texts");
    let path = folder.join(FILE);
    secrets::write(&path, &octets).map_err(|source| CredentialsError::Write { path, source })?;
    Ok(Imported { count, is_sealed: key.is_some() })
}

/// Returns the text of what was imported; `None` if nothing was.
///
/// # Errors
/// Fails if it is there and cannot be unsealed.
pub fn text(folder: &Path) -> Result<Option<String>, CredentialsError> {
    text_with(folder, seal_key()?.as_ref())
}

fn text_with(folder: &Path, key: Option<&SealKey>) -> Result<Option<String>, CredentialsError> {
    let path = folder.join(FILE);
    let octets = secrets::read(&path).map_err(|source| CredentialsError::Read { path: path.clone(), source })?;
    let Some(octets) = octets else { return Ok(None) };
    let written: Written = serde_json::from_slice(&octets).map_err(|_| CredentialsError::Damaged(path.clone()))?;
    written.credentials.open(BOUND_TO, key).map(Some).map_err(|locked| match locked {
        Locked::Damaged => CredentialsError::Damaged(path),
        Locked::OtherKey => CredentialsError::OtherKey(path),
    })
}

/// Removes what was imported; returns whether there was anything.
///
/// # Errors
/// Fails if the disk does not obey.
pub fn forget(folder: &Path) -> Result<bool, CredentialsError> {
    let path: PathBuf = folder.join(FILE);
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(CredentialsError::Write { path, source }),
    }
}

/// Returns the text with every secret in it, wherever it was kept.
fn with_secrets(text: &str) -> Result<String, CredentialsError> {
    let mut table: toml::Value = toml::from_str(text).expect("the file was read before");
    put_in(&mut table)?;
    Ok(toml::to_string(&table).expect("what was read can be written"))
}

/// Puts secrets in the place of `{ file = … }` and `{ env = … }`.
fn put_in(value: &mut toml::Value) -> Result<(), CredentialsError> {
    let secret = match &*value {
        toml::Value::Table(table) if table.len() == 1 => match table.iter().next() {
            Some((name, toml::Value::String(place))) if name == "file" => Some(settings::Secret::file(place)),
            Some((name, toml::Value::String(place))) if name == "env" => Some(settings::Secret::env(place)),
            _ => None,
        },
        _ => None,
    };
    match (secret, value) {
        (Some(secret), value) => *value = toml::Value::String(secrets::fetch(&secret).map_err(CredentialsError::Fetch)?),
        (None, toml::Value::Table(table)) => table.iter_mut().try_for_each(|(_, value)| put_in(value))?,
        (None, toml::Value::Array(values)) => values.iter_mut().try_for_each(put_in)?,
        (None, _) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn file(folder: &Folder) -> PathBuf {
        let password = folder.path().join("password");
        std::fs::write(&password, "hidden-elsewhere\n").unwrap();
        let path = folder.path().join("credentials.toml");
        let text = format!(
            "[[credentials]]\ntargets = ['10.0.0.0/8']\n[[credentials.users]]\nname = 'a'\nauthentication = 'SHA-256'\n\
             authentication_password = 'hidden-word'\nprivacy = 'AES'\nprivacy_password = {{ file = '{}' }}\n",
            password.display()
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn imported_credentials_are_sealed_and_need_no_other_file() {
        let folder = Folder::new();
        let (path, key) = (file(&folder), [7; 32]);
        assert_eq!(text_with(folder.path(), Some(&key)).unwrap(), None);
        assert!(import_with(&path, folder.path(), Some(&key)).unwrap().is_sealed);
        std::fs::remove_file(folder.path().join("password")).unwrap();
        let octets = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!octets.contains("hidden"), "{octets}");
        let text = text_with(folder.path(), Some(&key)).unwrap().unwrap();
        assert!(text.contains("hidden-word") && text.contains("hidden-elsewhere"), "{text}");
        for key in [None, Some(&[8; 32])] {
            let error = text_with(folder.path(), key).unwrap_err().to_string();
            assert!(error.contains("another key"), "{error}");
        }
        assert!(forget(folder.path()).unwrap() && !forget(folder.path()).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn without_a_key_only_the_owner_can_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        assert!(!import_with(&file(&folder), folder.path(), None).unwrap().is_sealed);
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
