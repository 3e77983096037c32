//! Known answers, asked for before a program begins.

use snmp::usm::{Authentication, Crypto, Privacy};

use crate::Module;

/// Is what was not as it must be; a program that meets it does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelfTestFailed {
    #[error("the cryptographic module gave a wrong answer ({0}); install this program anew, and check the computer's memory")]
    WrongAnswer(&'static str),
    #[error("this program was built for FIPS 140 and its cryptographic module is not in that mode; install it anew")]
    NotFips,
}

/// RFC 4231 §4.3.
const HMAC: [u8; 32] = [
    0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
    0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
];

/// NIST SP 800-38A §F.3.13, first block.
const KEY: [u8; 16] = [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
const IV: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const PLAIN: [u8; 16] = [0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a];
const CIPHER: [u8; 16] = [0x3b, 0x3f, 0xd9, 0x2e, 0xb7, 0x2d, 0xad, 0x20, 0x33, 0x34, 0x49, 0xf8, 0xe8, 0x3c, 0xfb, 0x4a];

/// Asks the module for two known answers and, in a FIPS build, whether it is in that mode; takes microseconds.
///
/// The module's own tests have run by then: the FIPS module checks itself whenever it is loaded, and ends
/// the program if it is not as it was validated.
///
/// # Errors
/// If an answer is wrong, or the mode is.
pub fn self_test() -> Result<(), SelfTestFailed> {
    check(&Module)?;
    if crate::IS_FIPS && aws_lc_rs::try_fips_mode().is_err() {
        return Err(SelfTestFailed::NotFips);
    }
    Ok(())
}

fn check(crypto: &dyn Crypto) -> Result<(), SelfTestFailed> {
    let mac = crypto.hmac(Authentication::Sha256, b"Jefe", &[b"what do ya want ", b"for nothing?"]);
    if mac[..HMAC.len()] != HMAC {
        return Err(SelfTestFailed::WrongAnswer("HMAC-SHA-256, RFC 4231"));
    }
    let mut octets = PLAIN;
    crypto.encrypt(Privacy::Aes128, &KEY, &IV, &mut octets);
    if octets != CIPHER {
        return Err(SelfTestFailed::WrongAnswer("AES-128-CFB, SP 800-38A"));
    }
    crypto.decrypt(Privacy::Aes128, &KEY, &IV, &mut octets);
    if octets != PLAIN {
        return Err(SelfTestFailed::WrongAnswer("AES-128-CFB, SP 800-38A, decrypting"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use snmp::usm::Digest;

    use super::*;

    #[test]
    fn the_module_passes() {
        assert_eq!(self_test(), Ok(()));
    }

    /// Does what the module does, with one fault.
    #[derive(Debug)]
    struct Broken {
        hmac: u8,
        cipher: u8,
    }

    impl Crypto for Broken {
        fn permits_authentication(&self, _: Authentication) -> Result<(), String> {
            Ok(())
        }

        fn permits_privacy(&self, _: Privacy) -> Result<(), String> {
            Ok(())
        }

        fn digest(&self, authentication: Authentication, octets: &[u8]) -> Digest {
            Module.digest(authentication, octets)
        }

        fn hmac(&self, authentication: Authentication, key: &[u8], parts: &[&[u8]]) -> Digest {
            let mut mac = Module.hmac(authentication, key, parts);
            mac[31] ^= self.hmac;
            mac
        }

        fn encrypt(&self, privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]) {
            Module.encrypt(privacy, key, iv, octets);
            octets[15] ^= self.cipher;
        }

        fn decrypt(&self, privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]) {
            Module.decrypt(privacy, key, iv, octets);
        }
    }

    #[test]
    fn one_wrong_bit_is_noticed() {
        assert_eq!(check(&Broken { hmac: 0, cipher: 0 }), Ok(()));
        assert!(check(&Broken { hmac: 1, cipher: 0 }).unwrap_err().to_string().contains("HMAC-SHA-256"));
        assert!(check(&Broken { hmac: 0, cipher: 1 }).unwrap_err().to_string().contains("AES-128-CFB"));
    }
}
