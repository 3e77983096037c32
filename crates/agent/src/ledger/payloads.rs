//! The payloads beside the entries: one file each, octet for octet what was sent.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};

use super::entry::{Digest, PayloadMark};

const SUFFIX: &str = ".json.zst";

pub(crate) fn folder(ledger: &Path) -> PathBuf {
    ledger.join("payloads")
}

pub(crate) fn path(ledger: &Path, number: u64) -> PathBuf {
    folder(ledger).join(format!("{number:012}{SUFFIX}"))
}

/// Where a payload stands until it is whole.
pub(crate) fn unfinished_path(ledger: &Path) -> PathBuf {
    folder(ledger).join("unfinished")
}

/// Returns the numbers of the entries whose payloads are there, in order, each with its octets.
pub(crate) fn list(ledger: &Path) -> io::Result<Vec<(u64, u64)>> {
    let mut found = Vec::new();
    for file in fs::read_dir(folder(ledger))? {
        let file = file?;
        let number = file.file_name().to_str().and_then(|name| name.strip_suffix(SUFFIX)?.parse().ok());
        match (number, file.metadata()) {
            (Some(number), Ok(metadata)) => found.push((number, metadata.len())),
            // Pruned since the folder was opened.
            (Some(_), Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
            (Some(_), Err(error)) => return Err(error),
            (None, _) => {}
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Returns length and hash of a file, reading a little at a time; `None` if there is no such file.
pub(crate) fn mark_of(path: &Path) -> io::Result<Option<PayloadMark>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut context = Context::new(&SHA256);
    let mut octets = 0;
    let mut buffer = [0; 8192];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Some(PayloadMark { octets, sha256: Digest::from_slice(context.finish().as_ref()) }));
        }
        context.update(&buffer[..read]);
        octets += read as u64;
    }
}
