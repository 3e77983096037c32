//! Who vouches for the server, as a configuration file says it.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Is who vouches for the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Trusted {
    /// The authority that the program got to know at enrolment.
    #[default]
    Enrolled,
    /// The trust store of the operating system.
    System,
    /// A PEM file with authorities.
    File(PathBuf),
    /// The SHA-256 of the server's public key (SubjectPublicKeyInfo).
    Pin([u8; 32]),
}

/// Begins a pin.
const PIN: &str = "sha256:";

impl TryFrom<String> for Trusted {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "enrolled" => Ok(Trusted::Enrolled),
            "system" => Ok(Trusted::System),
            "" => Err("expected \"enrolled\", \"system\", a PEM file, or \"sha256:\" and 64 hexadecimal digits".to_owned()),
            _ => match text.strip_prefix(PIN) {
                Some(digits) => pin(digits)
                    .map(Trusted::Pin)
                    .ok_or_else(|| format!("expected 64 hexadecimal digits after \"{PIN}\", found {} characters", digits.chars().count())),
                None => Ok(Trusted::File(PathBuf::from(text))),
            },
        }
    }
}

fn pin(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let mut pin = [0; 32];
    for (place, octet) in pin.iter_mut().enumerate() {
        let digits = &digits[2 * place..2 * place + 2];
        *octet = if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) { u8::from_str_radix(digits, 16).ok()? } else { return None };
    }
    Some(pin)
}

impl From<Trusted> for String {
    fn from(trusted: Trusted) -> Self {
        trusted.to_string()
    }
}

impl fmt::Display for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trusted::Enrolled => f.write_str("enrolled"),
            Trusted::System => f.write_str("system"),
            Trusted::File(path) => path.display().fmt(f),
            Trusted::Pin(pin) => {
                f.write_str(PIN)?;
                pin.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_read_and_written_the_same() {
        for text in ["enrolled", "system", "/etc/roundsman/ca.pem", &format!("sha256:{}", "0f".repeat(32))] {
            assert_eq!(Trusted::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        assert!(Trusted::try_from("sha256:0f".to_owned()).unwrap_err().ends_with("found 2 characters"));
        assert!(Trusted::try_from(format!("sha256:{}", "+f".repeat(32))).is_err());
    }
}
