//! Secrets on disk: sealed where the system hands out a key, otherwise protected by the file's mode alone.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

use crate::secrets;

/// Is the name of systemd's credential with the key that seals.
pub const SEAL_KEY: &str = "roundsman-seal-key";

/// Is a key that seals.
pub type SealKey = [u8; 32];

/// Is a secret as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    Plain(String),
    Sealed { nonce: String, octets: String },
}

/// Says why a secret cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    Damaged,
    /// It was sealed with another key than there is now, or for something else.
    OtherKey,
}

/// Says why there is no key, although the system hands one out.
#[derive(Debug, thiserror::Error)]
pub enum SealKeyError {
    #[error("cannot read {}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the key that systemd hands out as {SEAL_KEY} has {0} octets, expected 32")]
    Length(usize),
}

/// Returns the key that systemd hands out to the service (`LoadCredential=`), if it does.
///
/// # Errors
/// Fails if it is there and does not read, or is none.
pub fn seal_key() -> Result<Option<SealKey>, SealKeyError> {
    let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") else { return Ok(None) };
    let path = Path::new(&folder).join(SEAL_KEY);
    let octets = secrets::read(&path).map_err(|source| SealKeyError::Read { path, source })?;
    let Some(octets) = octets else { return Ok(None) };
    let length = octets.len();
    octets.try_into().map(Some).map_err(|_| SealKeyError::Length(length))
}

impl Kept {
    /// Seals a secret if there is a key. What it is `bound_to` is told again to open it: so one secret cannot be put
    /// in another's place.
    pub fn new(secret: &str, bound_to: &str, key: Option<&SealKey>) -> Self {
        let Some(key) = key else { return Kept::Plain(secret.to_owned()) };
        let nonce = secrets::random();
        let mut octets = secret.as_bytes().to_vec();
        cipher(key)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to.as_bytes()), &mut octets)
            .expect("a secret is far shorter than the cipher's limit");
        Kept::Sealed { nonce: secrets::hex(&nonce), octets: secrets::hex(&octets) }
    }

    /// Returns the secret.
    ///
    /// # Errors
    /// Fails if it was sealed with another key, or for something else.
    pub fn open(self, bound_to: &str, key: Option<&SealKey>) -> Result<String, Locked> {
        let (nonce, octets) = match self {
            Kept::Plain(secret) => return Ok(secret),
            Kept::Sealed { nonce, octets } => (nonce, octets),
        };
        let nonce = unhex(&nonce).and_then(|nonce| <[u8; 12]>::try_from(nonce).ok()).ok_or(Locked::Damaged)?;
        let mut octets = unhex(&octets).ok_or(Locked::Damaged)?;
        let key = key.ok_or(Locked::OtherKey)?;
        let opened = cipher(key).open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to.as_bytes()), &mut octets);
        String::from_utf8(opened.map_err(|_| Locked::OtherKey)?.to_vec()).map_err(|_| Locked::OtherKey)
    }
}

fn cipher(key: &SealKey) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 octets"))
}

/// Reads hexadecimal digits.
pub fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(&digits[place..place + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_in_its_place_only() {
        let key = [7; 32];
        let sealed = || Kept::new("the-secret", "agent-7", Some(&key));
        assert!(!serde_json::to_string(&sealed()).unwrap().contains("the-secret"));
        assert_eq!(sealed().open("agent-7", Some(&key)).unwrap(), "the-secret");
        assert_eq!(sealed().open("agent-8", Some(&key)), Err(Locked::OtherKey));
        assert_eq!(sealed().open("agent-7", Some(&[8; 32])), Err(Locked::OtherKey));
        assert_eq!(sealed().open("agent-7", None), Err(Locked::OtherKey));
        let damaged = Kept::Sealed { nonce: "zz".into(), octets: String::new() };
        assert_eq!(damaged.open("agent-7", Some(&key)), Err(Locked::Damaged));
    }
}
