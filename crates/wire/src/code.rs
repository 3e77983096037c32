//! The one-time code by which a sender gets to know its server.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::fmt;
use core::str::FromStr;
use jiff::Timestamp;

/// Begins every code, so that a person and a program know what it is.
const PREFIX: &str = "RM1-";

/// Is what a person carries from the server to the new sender, as one word to copy.
///
/// It says whom to call, whom to trust, until when, and a secret that works once. The server keeps
/// only a hash of the secret. The text ends with a check sum, so that a slip is noticed before
/// anything is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// Host name or address and port, as in `reports.example.com:443`.
    pub server: String,
    /// SHA-256 of the certificate authority's certificate in DER form; all zero means the
    /// operating system's trust store decides.
    pub authority_sha256: [u8; 32],
    pub expires_at: Timestamp,
    pub secret: [u8; 16],
}

impl EnrolmentCode {
    /// Returns the secret as it is shown to the server.
    pub fn secret_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret)
    }

    /// Returns the authority to trust, unless the operating system's store decides.
    pub fn authority(&self) -> Option<[u8; 32]> {
        (self.authority_sha256 != [0; 32]).then_some(self.authority_sha256)
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolmentCode").field("server", &self.server).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut octets = Vec::with_capacity(64 + self.server.len());
        octets.extend_from_slice(&self.secret);
        octets.extend_from_slice(&self.authority_sha256);
        octets.extend_from_slice(&self.expires_at.as_second().to_be_bytes());
        octets.extend_from_slice(self.server.as_bytes());
        octets.extend_from_slice(&crc32(&octets).to_be_bytes());
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(octets))
    }
}

/// Says what is wrong with the text of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("an enrolment code begins with {PREFIX}; copy all of it, from the server's page or `roundsman-server code new`")]
    NotACode,
    #[error("the enrolment code is mistyped or cut off; copy all of it once more")]
    Damaged,
}

impl FromStr for EnrolmentCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let body = text.trim().strip_prefix(PREFIX).ok_or(CodeError::NotACode)?;
        let octets = URL_SAFE_NO_PAD.decode(body).map_err(|_| CodeError::Damaged)?;
        let (octets, sum) = octets.split_last_chunk::<4>().ok_or(CodeError::Damaged)?;
        if crc32(octets) != u32::from_be_bytes(*sum) {
            return Err(CodeError::Damaged);
        }
        let (secret, octets) = octets.split_first_chunk::<16>().ok_or(CodeError::Damaged)?;
        let (authority, octets) = octets.split_first_chunk::<32>().ok_or(CodeError::Damaged)?;
        let (expires, server) = octets.split_first_chunk::<8>().ok_or(CodeError::Damaged)?;
        let server = core::str::from_utf8(server).map_err(|_| CodeError::Damaged)?;
        Ok(EnrolmentCode {
            server: server.to_string(),
            authority_sha256: *authority,
            expires_at: Timestamp::from_second(i64::from_be_bytes(*expires)).map_err(|_| CodeError::Damaged)?,
            secret: *secret,
        })
    }
}

/// Returns the check sum of Ethernet and zip. A code is read once, so no table is worth its room.
pub fn crc32(octets: &[u8]) -> u32 {
    !octets
        .iter()
        .fold(!0, |sum, octet| (0..8).fold(sum ^ u32::from(*octet), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> EnrolmentCode {
        EnrolmentCode {
            server: "reports.example.com:443".to_string(),
            authority_sha256: [7; 32],
            expires_at: "2026-12-01T12:00:00Z".parse().unwrap(),
            secret: [9; 16],
        }
    }

    #[test]
    fn a_code_says_whom_to_call_and_whom_to_trust() {
        let text = code().to_string();
        assert_eq!(text.parse(), Ok(code()));
        assert_eq!(alloc::format!("\n {text}  ").parse(), Ok(code()));
        assert!(text.starts_with("RM1-") && text.len() < 130, "{text}");
    }

    #[test]
    fn every_slip_is_noticed() {
        let text = code().to_string();
        for place in PREFIX.len()..text.len() {
            let mut slipped = text.clone().into_bytes();
            slipped[place] = if slipped[place] == b'A' { b'B' } else { b'A' };
            let slipped = String::from_utf8(slipped).unwrap();
            assert_ne!(slipped.parse(), Ok(code()), "{slipped}");
        }
        assert_eq!(text[..40].parse::<EnrolmentCode>(), Err(CodeError::Damaged));
        assert_eq!("hello".parse::<EnrolmentCode>(), Err(CodeError::NotACode));
    }

    #[test]
    fn the_check_sum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_code_in_a_log_keeps_its_secret() {
        assert!(!alloc::format!("{:?}", code()).contains('9'.to_string().repeat(2).as_str()));
    }
}
