//! The User-based Security Model: who may ask what, proved and hidden.
//!
//! [`User`] holds what a person gave, [`Keys`] what is used with one engine. [`Talk`] is the
//! asking side with one device, [`Authority`] the side that is asked. Cryptography itself is
//! behind [`Crypto`]; this crate has none.
//!
//! Source: RFC 3414, RFC 3826, RFC 7860.

pub mod algorithm;
pub mod authority;
pub mod clock;
pub mod crypto;
pub mod protection;
pub mod report;
pub mod talk;
pub mod user;

pub use algorithm::{Authentication, KeyExtension, Level, Privacy};
pub use authority::Authority;
pub use clock::{Certainty, Remote};
pub use crypto::{Crypto, Digest};
pub use report::Report;
pub use talk::{Refused, Taken, Talk};
pub use user::{Keys, User, UserError, Words};
