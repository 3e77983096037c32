//! The User-based Security Model: who may ask what, proved and hidden.

pub mod algorithm;
pub mod crypto;

pub use algorithm::{Authentication, KeyExtension, Level, Privacy};
pub use crypto::{Crypto, Digest};
