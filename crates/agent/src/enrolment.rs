//! What the agent got at enrolment, and how it keeps that.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::secrets;

/// Is the name of the file in the agent's folder.
pub const FILE: &str = "enrolment.json";

/// Is the name of systemd's credential with the key that seals the secret.
const SEAL_KEY: &str = "roundsman-seal-key";

/// Is whom the agent reports to, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Host and port.
    pub server: String,
    /// The authority to trust, in DER form; `None` if the operating system's store decides.
    pub authority: Option<Vec<u8>>,
    /// User name.
    pub sender: String,
    /// Password.
    pub secret: String,
    /// What the site was called then.
    pub name: Option<String>,
    pub at: Timestamp,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrolment")
            .field("server", &self.server)
            .field("sender", &self.sender)
            .field("secret", &"…")
            .finish_non_exhaustive()
    }
}

/// Says why the enrolment cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    #[error("cannot {task} {}", .path.display())]
    Disk { task: &'static str, path: PathBuf, source: io::Error },
    #[error("{} does not read; enrol again with `roundsman-agent enroll`", .0.display())]
    Damaged(PathBuf),
    #[error("{} is sealed with another key than systemd hands out now; give the service its key back, or enrol again", .0.display())]
    OtherKey(PathBuf),
    #[error("the key that systemd hands out as {SEAL_KEY} has {0} octets, expected 32")]
    KeyLength(usize),
}

/// Is the file as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    server: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    sender: String,
    secret: Kept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    at: Timestamp,
}

/// Is the secret as it is written: sealed where the system gives a key, otherwise protected by the file's mode.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kept {
    Plain(String),
    Sealed { nonce: String, octets: String },
}

impl Enrolment {
    /// Reads the enrolment; `None` if the agent has not been enrolled.
    ///
    /// # Errors
    /// Fails if it is there and does not read, or cannot be unsealed.
    pub fn load(folder: &Path) -> Result<Option<Self>, EnrolmentError> {
        Self::load_with(folder, seal_key()?)
    }

    fn load_with(folder: &Path, key: Option<[u8; 32]>) -> Result<Option<Self>, EnrolmentError> {
        let path = folder.join(FILE);
        let octets = secrets::read(&path).map_err(|source| EnrolmentError::Disk { task: "read", path: path.clone(), source })?;
        let Some(octets) = octets else { return Ok(None) };
        let damaged = || EnrolmentError::Damaged(path.clone());
        let written: Written = serde_json::from_slice(&octets).map_err(|_| damaged())?;
        let authority = written.authority.map(|digits| unhex(&digits).ok_or_else(damaged)).transpose()?;
        let secret = match written.secret {
            Kept::Plain(secret) => secret,
            Kept::Sealed { nonce, octets } => {
                let nonce = unhex(&nonce).and_then(|nonce| <[u8; 12]>::try_from(nonce).ok()).ok_or_else(damaged)?;
                let sealed = unhex(&octets).ok_or_else(damaged)?;
                let key = key.ok_or_else(|| EnrolmentError::OtherKey(path.clone()))?;
                unseal(&key, nonce, &written.sender, sealed).ok_or_else(|| EnrolmentError::OtherKey(path.clone()))?
            }
        };
        Ok(Some(Enrolment { server: written.server, authority, sender: written.sender, secret, name: written.name, at: written.at }))
    }

    /// Keeps the enrolment, instead of an earlier one.
    ///
    /// # Errors
    /// Fails if the disk does not obey; the earlier one is then as it was.
    pub fn keep(&self, folder: &Path) -> Result<(), EnrolmentError> {
        self.keep_with(folder, seal_key()?)
    }

    fn keep_with(&self, folder: &Path, key: Option<[u8; 32]>) -> Result<(), EnrolmentError> {
        let secret = match key {
            None => Kept::Plain(self.secret.clone()),
            Some(key) => {
                let (nonce, octets) = seal(&key, &self.sender, &self.secret);
                Kept::Sealed { nonce: secrets::hex(&nonce), octets: secrets::hex(&octets) }
            }
        };
        let written = Written {
            server: self.server.clone(),
            authority: self.authority.as_deref().map(secrets::hex),
            sender: self.sender.clone(),
            secret,
            name: self.name.clone(),
            at: self.at,
        };
        let text = serde_json::to_vec_pretty(&written).expect("texts and a time");
        let path = folder.join(FILE);
        secrets::write(&path, &text).map_err(|source| EnrolmentError::Disk { task: "write", path, source })
    }
}

/// Returns the key that systemd hands out to the service (`LoadCredential=`), if it does.
fn seal_key() -> Result<Option<[u8; 32]>, EnrolmentError> {
    let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") else { return Ok(None) };
    let path = Path::new(&folder).join(SEAL_KEY);
    let octets = secrets::read(&path).map_err(|source| EnrolmentError::Disk { task: "read", path, source })?;
    let Some(octets) = octets else { return Ok(None) };
    let length = octets.len();
    octets.try_into().map(Some).map_err(|_| EnrolmentError::KeyLength(length))
}

/// The sender's id is bound to the secret: one cannot be put beside the other's.
fn seal(key: &[u8; 32], sender: &str, secret: &str) -> ([u8; 12], Vec<u8>) {
    let nonce = secrets::random();
    let mut octets = secret.as_bytes().to_vec();
    cipher(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(sender.as_bytes()), &mut octets)
        .expect("a secret is far shorter than the cipher's limit");
    (nonce, octets)
}

fn unseal(key: &[u8; 32], nonce: [u8; 12], sender: &str, mut sealed: Vec<u8>) -> Option<String> {
    let secret = cipher(key).open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(sender.as_bytes()), &mut sealed).ok()?;
    String::from_utf8(secret.to_vec()).ok()
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 octets"))
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(&digits[place..place + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn enrolment() -> Enrolment {
        Enrolment {
            server: "reports.example.com:443".into(),
            authority: Some(vec![1, 2, 255]),
            sender: "agent-7".into(),
            secret: "the-secret-itself".into(),
            name: Some("Head office".into()),
            at: "2026-11-25T12:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn an_enrolment_is_kept_for_its_owner_only() {
        let folder = Folder::new();
        assert_eq!(Enrolment::load(folder.path()).unwrap(), None);
        enrolment().keep_with(folder.path(), None).unwrap();
        assert_eq!(Enrolment::load_with(folder.path(), None).unwrap(), Some(enrolment()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn with_a_key_of_the_system_the_secret_is_sealed() {
        let folder = Folder::new();
        enrolment().keep_with(folder.path(), Some([7; 32])).unwrap();
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!text.contains("the-secret-itself"), "{text}");
        assert_eq!(Enrolment::load_with(folder.path(), Some([7; 32])).unwrap(), Some(enrolment()));
        for key in [None, Some([8; 32])] {
            assert!(matches!(Enrolment::load_with(folder.path(), key), Err(EnrolmentError::OtherKey(_))));
        }
    }

    #[test]
    fn a_damaged_file_is_told_and_the_secret_is_not_logged() {
        let folder = Folder::new();
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(Enrolment::load(folder.path()).unwrap_err().to_string().contains("enrol again"));
        assert!(!format!("{:?}", enrolment()).contains("the-secret-itself"));
    }
}
