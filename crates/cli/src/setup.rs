//! What every command that reads needs: the catalog, the plan, credentials, a secret key.

use std::sync::Arc;

use anyhow::{Context, Result};
use catalog::{Catalog, Sections};
use jiff::Timestamp;
use survey::{Plans, ReaderOptions};

use crate::access;
use crate::args::{AccessArgs, ProfilesArgs};
use crate::usage::WrongUsage;

/// Loads what a reader needs; the time of day is that of now.
///
/// # Errors
/// Fails if a vendor file or a credentials file cannot be read, or the system gives no random octets.
pub fn reader_options(sections: Sections, access: &AccessArgs, profiles: &ProfilesArgs) -> Result<ReaderOptions> {
    reader_options_by(Plans::new(Arc::new(catalog(profiles)?), sections), access)
}

/// Loads what a reader needs that asks by these plans.
///
/// # Errors
/// Fails if a credentials file cannot be read, or the system gives no random octets.
pub fn reader_options_by(plans: Plans, access: &AccessArgs) -> Result<ReaderOptions> {
    let plans = Arc::new(plans);
    let credentials = Arc::new(access::credentials(access)?);
    // To the millisecond: no printer's answer is known more closely.
    let epoch = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
    Ok(ReaderOptions { epoch, crypto: Some(access::crypto()), ..ReaderOptions::new(plans, credentials, secret_key()?) })
}

/// Loads the vendor files: those of the program, and over them those of a folder, if one is named.
///
/// # Errors
/// Tells every fault of every file, and where it stands.
pub fn catalog(profiles: &ProfilesArgs) -> Result<Catalog> {
    match &profiles.folder {
        None => Catalog::embedded().context("the built-in vendor files do not load"),
        Some(folder) => agent::profiles::catalog(Some(folder)).map_err(|faults| WrongUsage(faults.to_string()).into()),
    }
}

/// Returns a key that nobody can guess: request ids are made with it.
///
/// # Errors
/// Fails if the system gives no random octets.
pub fn secret_key() -> Result<[u64; 2]> {
    let random = || getrandom::u64().map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"));
    Ok([random()?, random()?])
}
