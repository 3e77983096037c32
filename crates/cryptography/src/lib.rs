//! The cryptographic module: the one place that names it.
//!
//! [`Module`] does for SNMPv3 what `snmp::usm` asks for, [`self_test`] proves it before a program begins,
//! and [`describe`] says which module that is. TLS uses the same module through rustls' own provider; the
//! feature `fips` moves both into the validated one, see docs/operations/fips.md.
//!
//! It deliberately knows no message, no user and no key of anybody's, and it chooses no algorithm: it says
//! which ones are to be had.
//!
//! Start reading at [`Module`].
#![forbid(unsafe_code)]

mod about;
#[cfg(all(feature = "legacy", not(feature = "fips")))]
mod legacy;
#[cfg(not(all(feature = "legacy", not(feature = "fips"))))]
#[path = "absent.rs"]
mod legacy;
mod module;
mod test_at_start;

pub use about::{describe, version};
pub use module::Module;
pub use test_at_start::{SelfTestFailed, self_test};

/// Is whether this build keeps to what FIPS 140-3 approves.
pub const IS_FIPS: bool = cfg!(feature = "fips");

/// Returns why communities are not to be used, in words for the person who gave one.
///
/// # Errors
/// Under `fips`: SNMP v1 and v2c have no cryptography that could be approved.
pub fn permits_communities() -> Result<(), String> {
    match IS_FIPS {
        true => Err("a community is of SNMP v1 or v2c, which protect nothing and are refused here (FIPS 140); \
                     give an SNMPv3 user with SHA-256 and AES-128"
            .to_owned()),
        false => Ok(()),
    }
}
