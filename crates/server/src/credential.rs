//! Secrets made by machines, and the keyed hashes that the store knows them by.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Is what a secret is for; the same text for another purpose has another hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The password of a sender.
    Sender,
    /// The secret of a one-time enrolment code.
    Code,
    /// A tenant's enrolment token, which works more than once.
    TenantToken,
    /// A token of the operators' API.
    ApiToken,
    /// The cookie of somebody who is logged in.
    Session,
    /// What proves that a form came from a page of ours.
    Form,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Purpose::Sender => b"sender",
            Purpose::Code => b"code",
            Purpose::TenantToken => b"tenant-token",
            Purpose::ApiToken => b"api-token",
            Purpose::Session => b"session",
            Purpose::Form => b"form",
        }
    }
}

/// Is the server's own key: who has the store and not this can try no secret.
#[derive(Clone)]
pub struct ServerKey(hmac::Key);

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(…)")
    }
}

/// Is how many octets the key file has.
const KEY_OCTETS: usize = 32;

/// Says why the server's key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{}: cannot {what} the server's key; the folder must exist and belong to the server's user", path.display())]
    File { path: PathBuf, what: &'static str, source: io::Error },
    #[error("{}: expected a key of {KEY_OCTETS} octets, found {found}; restore it from a backup: without it no sender is recognised", path.display())]
    Length { path: PathBuf, found: usize },
    #[error("{}: others can read the server's key (mode {mode:04o}); set its mode to 0600", path.display())]
    ReadableByOthers { path: PathBuf, mode: u32 },
}

impl ServerKey {
    /// Makes a key of these octets.
    pub fn new(octets: &[u8; KEY_OCTETS]) -> Self {
        ServerKey(hmac::Key::new(hmac::HMAC_SHA256, octets))
    }

    /// Reads the key of this file, or makes one, readable by its owner only.
    ///
    /// # Errors
    /// Fails if the file cannot be read or made, is no key, or can be read by others.
    pub fn open_or_make(path: &Path) -> Result<Self, KeyError> {
        let failed = |what| move |source| KeyError::File { path: path.to_owned(), what, source };
        match std::fs::File::open(path) {
            Ok(file) => Self::read(path, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let octets: [u8; KEY_OCTETS] = random();
                write_secret(path, &octets).map_err(failed("make"))?;
                Ok(Self::new(&octets))
            }
            Err(error) => Err(failed("read")(error)),
        }
    }

    fn read(path: &Path, file: std::fs::File) -> Result<Self, KeyError> {
        if let Some(mode) = open_to_others(&file) {
            return Err(KeyError::ReadableByOthers { path: path.to_owned(), mode });
        }
        let mut octets = Vec::new();
        let read = file.take(KEY_OCTETS as u64 + 1).read_to_end(&mut octets);
        read.map_err(|source| KeyError::File { path: path.to_owned(), what: "read", source })?;
        let octets = octets.as_slice().try_into().map_err(|_| KeyError::Length { path: path.to_owned(), found: octets.len() })?;
        Ok(Self::new(octets))
    }

    /// Returns the hash by which the store knows this secret.
    pub fn hash(&self, purpose: Purpose, secret: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose.label());
        context.update(&[0]);
        context.update(secret.as_bytes());
        context.sign().as_ref().try_into().expect("HMAC-SHA-256 has 32 octets")
    }

    /// Says whether a text is the one with this hash, in a time that does not tell how much of it is right.
    pub fn fits(&self, purpose: Purpose, secret: &str, hash: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.hash(purpose, secret), hash).is_ok()
    }
}

#[cfg(unix)]
fn open_to_others(file: &std::fs::File) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().ok()?.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_file: &std::fs::File) -> Option<u32> {
    None
}

/// Writes a new file that only its owner can read; it must not exist.
///
/// # Errors
/// Fails as the operating system says.
pub fn write_secret(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

/// Returns random octets from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    aws_lc_rs::rand::fill(&mut octets).expect("the operating system has random numbers");
    octets
}

/// Makes a secret of 256 bits, as base64url without padding.
pub fn new_secret() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash_and_only_for_its_purpose() {
        let key = ServerKey::new(&[7; 32]);
        let hash = key.hash(Purpose::Sender, "s3cret");
        assert!(key.fits(Purpose::Sender, "s3cret", &hash));
        assert!(!key.fits(Purpose::Sender, "s3creT", &hash));
        assert!(!key.fits(Purpose::ApiToken, "s3cret", &hash));
        assert!(!ServerKey::new(&[8; 32]).fits(Purpose::Sender, "s3cret", &hash));
    }

    #[test]
    fn secrets_have_256_bits_and_differ() {
        let (one, other) = (new_secret(), new_secret());
        assert_eq!(URL_SAFE_NO_PAD.decode(&one).unwrap().len(), 32);
        assert_ne!(one, other);
    }

    #[test]
    #[cfg(unix)]
    fn the_key_file_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("roundsman-key-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("server-key");
        let hash = ServerKey::open_or_make(&path).unwrap().hash(Purpose::Code, "x");
        assert_eq!(ServerKey::open_or_make(&path).unwrap().hash(Purpose::Code, "x"), hash);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(ServerKey::open_or_make(&path), Err(KeyError::ReadableByOthers { .. })));
        std::fs::remove_file(&path).unwrap();
        write_secret(&path, b"short").unwrap();
        assert!(matches!(ServerKey::open_or_make(&path), Err(KeyError::Length { found: 5, .. })));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
