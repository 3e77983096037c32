//! The form of one report in the spool: what it is, how long, its check sum, and the payload.

use crate::crypto::sha256;

/// Begins every file; the last octet is the version of the form.
const MAGIC: [u8; 8] = *b"RMSPOOL\x01";
/// Octets before the payload: magic, length (big-endian), SHA-256 of the payload.
pub const HEADER: usize = 8 + 8 + 32;

/// Says why a file is no report that was completely written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("it does not begin as a spooled report does")]
    Foreign,
    #[error("it is {found} octets long, expected {expected}")]
    Length { found: u64, expected: u64 },
    #[error("its check sum does not match")]
    Checksum,
}

/// Returns the octets that stand before `payload` in its file.
pub fn header(payload: &[u8]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..16].copy_from_slice(&(payload.len() as u64).to_be_bytes());
    header[16..].copy_from_slice(&sha256(payload));
    header
}

/// Returns the payload of a file, if all of it is there and as it was written.
pub fn payload(file: &[u8]) -> Result<&[u8], Damage> {
    let rest = file.strip_prefix(&MAGIC).ok_or(Damage::Foreign)?;
    let (length, rest) = rest.split_first_chunk::<8>().ok_or(Damage::Foreign)?;
    let (sum, payload) = rest.split_first_chunk::<32>().ok_or(Damage::Foreign)?;
    let expected = u64::from_be_bytes(*length);
    if payload.len() as u64 != expected {
        return Err(Damage::Length { found: payload.len() as u64, expected });
    }
    if sha256(payload) != *sum {
        return Err(Damage::Checksum);
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &[u8]) -> Vec<u8> {
        [&header(text)[..], text].concat()
    }

    #[test]
    fn a_file_gives_back_its_payload() {
        assert_eq!(payload(&file(b"a report")), Ok(&b"a report"[..]));
        assert_eq!(payload(&file(b"")), Ok(&b""[..]));
    }

    #[test]
    fn every_changed_octet_and_every_cut_is_noticed() {
        let whole = file(b"a report");
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0x10;
            assert!(payload(&changed).is_err(), "octet {place}");
            assert!(payload(&whole[..place]).is_err(), "cut at {place}");
        }
        assert!(payload(&[&whole[..], b"x"].concat()).is_err());
    }
}
