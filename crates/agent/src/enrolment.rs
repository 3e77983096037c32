//! What the agent got at enrolment, and how it keeps that.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sealed::{Kept, Locked, SealKey, SealKeyError, seal_key, unhex};
use crate::secrets;

/// Is the name of the file in the agent's folder.
pub const FILE: &str = "enrolment.json";

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
    #[error(transparent)]
    Key(#[from] SealKeyError),
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

impl Enrolment {
    /// Reads the enrolment; `None` if the agent has not been enrolled.
    ///
    /// # Errors
    /// Fails if it is there and does not read, or cannot be unsealed.
    pub fn load(folder: &Path) -> Result<Option<Self>, EnrolmentError> {
        Self::load_with(folder, seal_key()?)
    }

    fn load_with(folder: &Path, key: Option<SealKey>) -> Result<Option<Self>, EnrolmentError> {
        let path = folder.join(FILE);
        let octets = secrets::read(&path).map_err(|source| EnrolmentError::Disk { task: "read", path: path.clone(), source })?;
        let Some(octets) = octets else { return Ok(None) };
        let damaged = || EnrolmentError::Damaged(path.clone());
        let written: Written = serde_json::from_slice(&octets).map_err(|_| damaged())?;
        let authority = written.authority.map(|digits| unhex(&digits).ok_or_else(damaged)).transpose()?;
        // The sender's id is bound to the secret: one cannot be put beside the other's.
        let secret = written.secret.open(&written.sender, key.as_ref()).map_err(|locked| match locked {
            Locked::Damaged => damaged(),
            Locked::OtherKey => EnrolmentError::OtherKey(path.clone()),
        })?;
        Ok(Some(Enrolment { server: written.server, authority, sender: written.sender, secret, name: written.name, at: written.at }))
    }

    /// Keeps the enrolment, instead of an earlier one.
    ///
    /// # Errors
    /// Fails if the disk does not obey; the earlier one is then as it was.
    pub fn keep(&self, folder: &Path) -> Result<(), EnrolmentError> {
        self.keep_with(folder, seal_key()?)
    }

    fn keep_with(&self, folder: &Path, key: Option<SealKey>) -> Result<(), EnrolmentError> {
        let secret = Kept::new(&self.secret, &self.sender, key.as_ref());
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
