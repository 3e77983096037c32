//! Passwords by PBKDF2-HMAC-SHA-512 (NIST SP 800-132), which the FIPS module has.
//!
//! Kept in the PHC string format: `$pbkdf2-sha512$i=210000$SALT$HASH`, in Base64 without padding.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA512, derive, verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

/// Is how often the hash is taken: what OWASP's Password Storage Cheat Sheet asks for with SHA-512.
const ROUNDS: u32 = 210_000;
/// Is the most rounds that a stored text may ask for: the store is trusted, and a slip in it must stop nobody for hours.
const MOST_ROUNDS: u32 = 10_000_000;
/// SP 800-132 §5.1 wants 128 bits.
const SALT_OCTETS: usize = 16;
const HASH_OCTETS: usize = 64;

/// Is the hash of a password that nobody knows.
pub const NOBODY: &str =
    "$pbkdf2-sha512$i=210000$c29tZXNhbHR0aGF0aXNubw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub fn hash(password: &str) -> String {
    let mut salt = [0; SALT_OCTETS];
    aws_lc_rs::rand::fill(&mut salt).expect("the operating system has random numbers");
    let mut hash = [0; HASH_OCTETS];
    let rounds = NonZeroU32::new(ROUNDS).expect("not zero");
    derive(PBKDF2_HMAC_SHA512, rounds, &salt, password.as_bytes(), &mut hash);
    format!("$pbkdf2-sha512$i={ROUNDS}${}${}", BASE64.encode(salt), BASE64.encode(hash))
}

pub fn fits(password: &str, text: &str) -> bool {
    let Some((rounds, salt, hash)) = parts(text) else { return false };
    verify(PBKDF2_HMAC_SHA512, rounds, &salt, password.as_bytes(), &hash).is_ok()
}

/// Returns rounds, salt and hash of a stored text.
pub fn parts(text: &str) -> Option<(NonZeroU32, Vec<u8>, Vec<u8>)> {
    let mut parts = text.strip_prefix("$pbkdf2-sha512$i=")?.split('$');
    let (rounds, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let rounds = rounds.parse::<NonZeroU32>().ok().filter(|rounds| rounds.get() <= MOST_ROUNDS)?;
    let hash = BASE64.decode(hash).ok().filter(|hash| hash.len() == HASH_OCTETS)?;
    let is_whole = parts.next().is_none();
    is_whole.then_some((rounds, BASE64.decode(salt).ok()?, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answer that many libraries test themselves with; RFC 6070 has SHA-1 alone.
    #[test]
    fn fips_pbkdf2_gives_the_known_answer() {
        let expected = "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252\
                        c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce";
        let mut hash = [0; HASH_OCTETS];
        derive(PBKDF2_HMAC_SHA512, NonZeroU32::MIN, b"salt", b"password", &mut hash);
        assert_eq!(hash.map(|octet| format!("{octet:02x}")).concat(), expected);
    }

    #[test]
    fn a_text_that_is_not_whole_fits_nothing() {
        assert!(parts(NOBODY).is_some());
        for slip in [&NOBODY[1..], &NOBODY[..NOBODY.len() - 2], &NOBODY.replace("i=210000", "i=0"), &format!("{NOBODY}$")] {
            assert_eq!(parts(slip), None, "{slip}");
        }
    }
}
