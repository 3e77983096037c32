//! The certificates that printers showed, one a line: `host:port fingerprint`.
//!
//! Printers make their certificates themselves, so nobody vouches for the first one; but a second one
//! is news, and may be somebody else's.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use netio::tls::Fingerprint;

/// Holds what is known, and where it is kept.
pub struct KnownPrinters {
    /// `None` where the system names no place for a person's files: nothing is kept then.
    file: Option<PathBuf>,
    known: Vec<(String, Fingerprint)>,
}

impl KnownPrinters {
    /// Opens the file of a person who gives none.
    pub fn usual() -> Self {
        Self::open(usual().as_deref())
    }

    /// Opens a file; one that is not there yet knows nobody.
    pub fn open(file: Option<&Path>) -> Self {
        let file = file.map(Path::to_path_buf);
        let text = file.as_deref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        let known = text.lines().filter_map(|line| {
            let (who, fingerprint) = line.trim().rsplit_once(' ')?;
            Some((who.to_string(), parse(fingerprint)?))
        });
        KnownPrinters { known: known.collect(), file }
    }

    /// Returns what a printer showed first.
    pub fn get(&self, who: &str) -> Option<Fingerprint> {
        self.known.iter().find(|(known, _)| known == who).map(|(_, fingerprint)| *fingerprint)
    }

    /// Keeps what a printer shows, if it is its first.
    ///
    /// # Errors
    /// Tells why the file cannot be written.
    pub fn remember(&mut self, who: &str, fingerprint: Fingerprint) -> Result<(), String> {
        let (None, Some(file)) = (self.get(who), &self.file) else { return Ok(()) };
        let write = || {
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            let mut file = OpenOptions::new().create(true).append(true).open(file)?;
            writeln!(file, "{who} {fingerprint}")
        };
        write().map_err(|error: std::io::Error| format!("the certificate cannot be kept in {}: {error}", file.display()))?;
        self.known.push((who.to_string(), fingerprint));
        Ok(())
    }
}

impl fmt::Display for KnownPrinters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}", file.display()),
            None => f.write_str("the file of known printers"),
        }
    }
}

/// Source: XDG Base Directory Specification, XDG_STATE_HOME; on Windows the person's own application data.
fn usual() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state =
        folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state"))).or_else(|| folder("LOCALAPPDATA"));
    state.map(|state| state.join("roundsman").join("known-printers"))
}

fn parse(text: &str) -> Option<Fingerprint> {
    let mut octets = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(Fingerprint(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_certificate_of_a_printer_is_kept_and_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state/known-printers");
        let mut known = KnownPrinters::open(Some(&file));
        assert_eq!(known.get("10.0.0.7:631"), None);
        known.remember("10.0.0.7:631", Fingerprint([7; 32])).expect("written");
        known.remember("10.0.0.7:631", Fingerprint([8; 32])).expect("nothing to write");
        let again = KnownPrinters::open(Some(&file));
        assert_eq!(again.get("10.0.0.7:631"), Some(Fingerprint([7; 32])));
        assert_eq!(fs::read_to_string(&file).expect("the file").lines().count(), 1);
    }

    #[test]
    fn lines_that_are_none_are_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("known-printers");
        fs::write(&file, "# a comment\n10.0.0.7:631 zz\n\n").expect("a file");
        assert_eq!(KnownPrinters::open(Some(&file)).get("10.0.0.7:631"), None);
        let mut nowhere = KnownPrinters { file: Some(folder.path().join("known-printers/below")), known: Vec::new() };
        assert!(nowhere.remember("a:1", Fingerprint([1; 32])).unwrap_err().contains("cannot be kept"));
    }
}
