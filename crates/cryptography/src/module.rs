//! AWS-LC as what the User-based Security Model asks for.

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::{FixedLength, IV_LEN_128_BIT};
use aws_lc_rs::{cipher, digest, hmac};
use snmp::usm::{Authentication, Crypto, Digest, Privacy};

use crate::legacy;

/// Is the module that this program is built with.
///
/// SHA-1, SHA-2 and AES are AWS-LC's. MD5, DES and 3DES come from elsewhere, with the feature `legacy`
/// alone, and never under `fips`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Module;

impl Crypto for Module {
    fn permits_authentication(&self, authentication: Authentication) -> Result<(), String> {
        permits(authentication.is_legacy(), authentication.name(), "SHA-256")
    }

    fn permits_privacy(&self, privacy: Privacy) -> Result<(), String> {
        permits(privacy.is_legacy(), privacy.name(), "AES-128")
    }

    fn digest(&self, authentication: Authentication, octets: &[u8]) -> Digest {
        match digest_algorithm(authentication) {
            Some(algorithm) => padded(digest::digest(algorithm, octets).as_ref()),
            None => padded(&legacy::md5(octets)),
        }
    }

    fn hmac(&self, authentication: Authentication, key: &[u8], parts: &[&[u8]]) -> Digest {
        match hmac_algorithm(authentication) {
            Some(algorithm) => {
                let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, key));
                parts.iter().for_each(|part| context.update(part));
                padded(context.sign().as_ref())
            }
            None => padded(&legacy::hmac_md5(key, parts)),
        }
    }

    fn encrypt(&self, privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]) {
        match cipher_algorithm(privacy) {
            Some(algorithm) => {
                let key = EncryptingKey::cfb128(cipher_key(algorithm, key)).expect("AES has CFB");
                key.less_safe_encrypt(octets, EncryptionContext::Iv128(cipher_iv(iv))).expect("CFB takes any length");
            }
            None => legacy::encrypt(privacy, key, iv, octets),
        }
    }

    fn decrypt(&self, privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]) {
        match cipher_algorithm(privacy) {
            Some(algorithm) => {
                let key = DecryptingKey::cfb128(cipher_key(algorithm, key)).expect("AES has CFB");
                key.decrypt(octets, DecryptionContext::Iv128(cipher_iv(iv))).expect("CFB takes any length");
            }
            None => legacy::decrypt(privacy, key, iv, octets),
        }
    }
}

/// Says what to do instead where an algorithm is not to be had.
fn permits(is_legacy: bool, name: &str, instead: &str) -> Result<(), String> {
    if !is_legacy {
        return Ok(());
    }
    if crate::IS_FIPS {
        return Err(format!("{name} is not approved (FIPS 140); give the device a user with {instead}"));
    }
    if !cfg!(feature = "legacy") {
        return Err(format!("{name} is not built into this program; give the device a user with {instead}"));
    }
    Ok(())
}

/// Returns nothing for MD5, which AWS-LC is not asked for.
fn digest_algorithm(authentication: Authentication) -> Option<&'static digest::Algorithm> {
    match authentication {
        Authentication::Md5 => None,
        Authentication::Sha1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        Authentication::Sha224 => Some(&digest::SHA224),
        Authentication::Sha256 => Some(&digest::SHA256),
        Authentication::Sha384 => Some(&digest::SHA384),
        Authentication::Sha512 => Some(&digest::SHA512),
    }
}

fn hmac_algorithm(authentication: Authentication) -> Option<hmac::Algorithm> {
    match authentication {
        Authentication::Md5 => None,
        Authentication::Sha1 => Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        Authentication::Sha224 => Some(hmac::HMAC_SHA224),
        Authentication::Sha256 => Some(hmac::HMAC_SHA256),
        Authentication::Sha384 => Some(hmac::HMAC_SHA384),
        Authentication::Sha512 => Some(hmac::HMAC_SHA512),
    }
}

fn cipher_algorithm(privacy: Privacy) -> Option<&'static cipher::Algorithm> {
    match privacy {
        Privacy::Des | Privacy::TripleDes => None,
        Privacy::Aes128 => Some(&AES_128),
        Privacy::Aes192 => Some(&AES_192),
        Privacy::Aes256 => Some(&AES_256),
    }
}

fn cipher_key(algorithm: &'static cipher::Algorithm, key: &[u8]) -> UnboundCipherKey {
    UnboundCipherKey::new(algorithm, key).expect("a key has as many octets as its cipher takes")
}

fn cipher_iv(iv: &[u8]) -> FixedLength<IV_LEN_128_BIT> {
    FixedLength::try_from(iv).expect("AES takes an IV of 16 octets")
}

fn padded(octets: &[u8]) -> Digest {
    let mut digest: Digest = [0; _];
    digest[..octets.len()].copy_from_slice(octets);
    digest
}
