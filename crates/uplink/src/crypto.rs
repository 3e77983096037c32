//! The crypto provider: one of two, chosen when the program is built.
//!
//! `aws-lc` is the house's own and has a build that is validated (FIPS 140); `ring` is smaller, for
//! device modules whose flash is short. Nothing else in this crate knows which of them it is.

use rustls::crypto::CryptoProvider;

#[cfg(not(any(feature = "aws-lc", feature = "ring")))]
compile_error!("uplink needs a crypto provider: switch on the feature `aws-lc` or `ring`");

/// Returns the provider of TLS.
#[cfg(feature = "aws-lc")]
pub(crate) fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

/// Returns the provider of TLS.
#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
pub(crate) fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// Returns the SHA-256 of some octets.
pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    #[cfg(feature = "aws-lc")]
    use aws_lc_rs::digest::{SHA256, digest};
    #[cfg(all(feature = "ring", not(feature = "aws-lc")))]
    use ring::digest::{SHA256, digest};
    digest(&SHA256, octets).as_ref().try_into().expect("SHA-256 has 32 octets")
}
