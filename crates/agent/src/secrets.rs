//! Secrets: how they are made, compared, and kept on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use settings::{Secret, SecretSource};

/// Is the most that is read of a file with a secret.
const LARGEST: u64 = 64 * 1024;

/// Returns random octets that nobody can guess.
///
/// # Panics
/// If the system has no random numbers to give; nothing secure can be done then.
pub fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    aws_lc_rs::rand::fill(&mut octets).expect("the operating system gives random numbers");
    octets
}

/// Returns a password or token of 256 bits, as text.
pub fn token() -> String {
    hex(&random::<32>())
}

/// Returns a password of 100 bits for a person to type: four groups of five letters and digits.
pub fn password() -> String {
    // Without 0, 1, o and l, which are taken for each other.
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<char> = random::<20>().iter().map(|octet| char::from(LETTERS[usize::from(octet % 32)])).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Writes octets as hexadecimal digits.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Returns the SHA-256 of some octets.
pub fn digest(octets: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets);
    digest.as_ref().try_into().expect("SHA-256 has 32 octets")
}

/// Compares secrets in a time that tells nothing of where they differ.
pub fn equal(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(&digest(one.as_bytes()), &digest(other.as_bytes())).is_ok()
}

/// Writes a file that only its owner can read, whole or not at all.
///
/// # Errors
/// Fails if the disk does not obey; an earlier file is then as it was.
pub fn write(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().expect("a file has a name").to_os_string();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(octets)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Reads a file with a secret; `None` if there is none.
///
/// # Errors
/// Fails if it is there and cannot be read, or is far too large.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut octets = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "expected at most 64 KiB"));
    }
    Ok(Some(octets))
}

/// Returns the token in a file, which is made if it is not there yet.
///
/// # Errors
/// Fails if the disk does not obey.
pub fn kept(path: &Path, make: impl FnOnce() -> String) -> io::Result<String> {
    if let Some(octets) = read(path)? {
        let text = String::from_utf8_lossy(&octets).trim().to_owned();
        if !text.is_empty() {
            return Ok(text);
        }
    }
    let made = make();
    write(path, format!("{made}\n").as_bytes())?;
    Ok(made)
}

/// Fetches a secret from where the configuration says it is kept.
///
/// # Errors
/// Fails if the file cannot be read, or there is no such variable.
pub fn fetch(secret: &Secret) -> io::Result<String> {
    match secret.source() {
        SecretSource::Inline(text) => Ok(text.to_owned()),
        SecretSource::File(path) => match read(path)? {
            Some(octets) => Ok(String::from_utf8_lossy(&octets).trim_end_matches(['\r', '\n']).to_owned()),
            None => Err(io::Error::new(io::ErrorKind::NotFound, format!("{}: there is no such file", path.display()))),
        },
        SecretSource::Env(name) => {
            std::env::var(name).map_err(|_| io::Error::new(io::ErrorKind::NotFound, format!("the environment has no variable {name}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_secret_file_is_its_owners_and_is_kept() {
        let folder = Folder::new();
        let path = folder.path().join("token");
        let first = kept(&path, token).unwrap();
        assert_eq!(kept(&path, token).unwrap(), first);
        assert_eq!(first.len(), 64);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn passwords_can_be_typed_and_are_compared_whole() {
        let password = password();
        assert_eq!(password.len(), 23);
        assert!(equal(&password, &password.clone()));
        assert!(!equal(&password, &password[..22]) && !equal("", "a"));
    }

    #[test]
    fn what_is_kept_elsewhere_is_fetched_without_its_line_end() {
        let folder = Folder::new();
        let path = folder.path().join("password");
        fs::write(&path, "correct horse\r\n").unwrap();
        assert_eq!(fetch(&Secret::file(&path)).unwrap(), "correct horse");
        assert_eq!(fetch(&Secret::inline("here")).unwrap(), "here");
        let missing = fetch(&Secret::file(folder.path().join("none"))).unwrap_err().to_string();
        assert!(missing.ends_with("there is no such file"), "{missing}");
    }
}
