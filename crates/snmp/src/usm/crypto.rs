//! What the User-based Security Model asks of cryptography. Who implements it says what is permitted.

use std::fmt;

use super::algorithm::{Authentication, LONGEST_DIGEST, Privacy};

/// Is a digest or a HMAC; only the first `digest_octets` of its algorithm count.
pub type Digest = [u8; LONGEST_DIGEST];

/// Is a cryptographic module: the only way by which this crate touches a key.
///
/// A module that does not permit an algorithm is never asked to use it: users are made with
/// [`super::User::new`], which asks first.
pub trait Crypto: fmt::Debug + Send + Sync {
    /// Returns why an algorithm is not to be had here, in words for the person who asked for it.
    ///
    /// # Errors
    /// If it is not permitted, or not built in.
    fn permits_authentication(&self, authentication: Authentication) -> Result<(), String>;

    /// Returns why an algorithm is not to be had here, in words for the person who asked for it.
    ///
    /// # Errors
    /// If it is not permitted, or not built in.
    fn permits_privacy(&self, privacy: Privacy) -> Result<(), String>;

    /// Returns the digest of the octets with the hash of this protocol.
    fn digest(&self, authentication: Authentication, octets: &[u8]) -> Digest;

    /// Returns the HMAC, not cut, of the parts in order.
    fn hmac(&self, authentication: Authentication, key: &[u8], parts: &[&[u8]]) -> Digest;

    /// Encrypts in place. `key` and `iv` have the octets that the cipher itself takes: DES 8 and 8,
    /// 3DES 24 and 8, AES 16, 24 or 32 and 16. DES and 3DES (CBC) want whole blocks of 8 octets.
    fn encrypt(&self, privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]);

    /// Decrypts in place; see [`Crypto::encrypt`].
    fn decrypt(&self, privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]);
}
