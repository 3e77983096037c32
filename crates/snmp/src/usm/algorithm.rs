//! What users prove themselves and hide their messages with, under the names of the standards.

use std::fmt;

/// Is how a message proves who sent it.
///
/// Source: RFC 3414 §6 and §7 (MD5, SHA-1), RFC 7860 §4 (the others).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authentication {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Is how a message is hidden from others.
///
/// Source: RFC 3414 §8 (DES), draft-reeder-snmpv3-usm-3desede (3DES), RFC 3826 (AES-128),
/// draft-blumenthal-aes-usm (AES-192, AES-256).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privacy {
    Des,
    TripleDes,
    Aes128,
    Aes192,
    Aes256,
}

/// Is how a key is made longer than the digest it comes from. No standard says, so both are in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyExtension {
    /// Appends the digest of the key so far (draft-blumenthal-aes-usm §3.1.2.1).
    Blumenthal,
    /// Takes the key so far for a password, and appends the key of that (draft-reeder-snmpv3-usm-3desede §2.1).
    Reeder,
}

/// Is how well a message is protected.
///
/// Source: RFC 3411 §3.4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    NoAuthNoPriv,
    AuthNoPriv,
    AuthPriv,
}

/// Is the most octets that a digest or a key has.
pub const LONGEST_DIGEST: usize = 64;

impl Authentication {
    pub const ALL: [Self; 6] = [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Returns the name that people write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Reads a name as people write it: in any case, with or without the hyphen, or as net-snmp calls SHA-1.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = plain(text);
        Self::ALL.into_iter().find(|one| self::plain(one.name()) == plain || (plain == "sha" && *one == Self::Sha1))
    }

    /// Returns how many octets the digest has, and so the key.
    pub fn digest_octets(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Returns how many octets of the HMAC travel in a message.
    pub fn mac_octets(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 => 12,
            Self::Sha224 => 16,
            Self::Sha256 => 24,
            Self::Sha384 => 32,
            Self::Sha512 => 48,
        }
    }

    /// Returns whether this is no longer to be relied on.
    pub fn is_legacy(self) -> bool {
        self == Self::Md5
    }
}

impl Privacy {
    pub const ALL: [Self; 5] = [Self::Des, Self::TripleDes, Self::Aes128, Self::Aes192, Self::Aes256];

    /// Returns the name that people write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Des => "DES",
            Self::TripleDes => "3DES",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        }
    }

    /// Reads a name as people write it: in any case, with or without the hyphen; "AES" alone is AES-128.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = plain(text);
        match plain.as_str() {
            "aes" => Some(Self::Aes128),
            "des3" | "3desede" => Some(Self::TripleDes),
            plain => Self::ALL.into_iter().find(|one| self::plain(one.name()) == plain),
        }
    }

    /// Returns how many octets of key material it takes: of DES and 3DES the last eight mask the salt.
    pub fn key_octets(self) -> usize {
        match self {
            Self::Des | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::TripleDes | Self::Aes256 => 32,
        }
    }

    /// Returns whether this is no longer to be relied on.
    pub fn is_legacy(self) -> bool {
        matches!(self, Self::Des | Self::TripleDes)
    }

    /// Returns whether a key from this digest must be made longer, so that the two ways to do so differ.
    pub fn extends(self, authentication: Authentication) -> bool {
        self.key_octets() > authentication.digest_octets()
    }
}

impl KeyExtension {
    pub const ALL: [Self; 2] = [Self::Blumenthal, Self::Reeder];

    /// Returns the name that people write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blumenthal => "Blumenthal",
            Self::Reeder => "Reeder",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(text))
    }
}

impl Level {
    /// Returns the name that RFC 3411 gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoAuthNoPriv => "noAuthNoPriv",
            Self::AuthNoPriv => "authNoPriv",
            Self::AuthPriv => "authPriv",
        }
    }
}

/// Leaves letters and digits, in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

impl fmt::Display for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for KeyExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        for one in Authentication::ALL {
            assert_eq!(Authentication::parse(one.name()), Some(one));
            assert_eq!(Authentication::parse(&one.name().to_lowercase().replace('-', "")), Some(one));
        }
        assert_eq!(Authentication::parse("SHA"), Some(Authentication::Sha1));
        assert_eq!(Authentication::parse("sha-3"), None);
        for one in Privacy::ALL {
            assert_eq!(Privacy::parse(one.name()), Some(one));
        }
        assert_eq!(Privacy::parse("aes"), Some(Privacy::Aes128));
        assert_eq!(Privacy::parse("aes 256"), Some(Privacy::Aes256));
        assert_eq!(Privacy::parse("rot13"), None);
        assert_eq!(KeyExtension::parse("reeder"), Some(KeyExtension::Reeder));
    }
}
