//! What every command that reads needs: the catalog, the plan, communities, a secret key.

use std::sync::Arc;

use anyhow::{Context, Result};
use catalog::{Catalog, Sections};
use jiff::Timestamp;
use survey::{Credentials, Plans, ReaderOptions};

use crate::args::{AccessArgs, ProfilesArgs};
use crate::credentials;
use crate::usage::WrongUsage;

/// Is the community of devices that nobody has configured.
const USUAL_COMMUNITY: &str = "public";

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
    let credentials = Arc::new(credentials(access)?);
    // To the millisecond: no printer's answer is known more closely.
    let epoch = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
    Ok(ReaderOptions { epoch, ..ReaderOptions::new(plans, credentials, secret_key()?) })
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

/// Returns the communities to try, and where.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn credentials(access: &AccessArgs) -> Result<Credentials> {
    let named: Vec<&str> = access.communities.iter().map(|community| community.as_str()).collect();
    let mut credentials = Credentials::communities(if named.is_empty() { vec![USUAL_COMMUNITY] } else { named });
    if let Some(file) = &access.credentials {
        for entry in credentials::load(file)? {
            credentials.add_range(entry.targets, entry.communities.iter().map(|community| survey::Credential::Community(community.as_str().as_bytes().into())));
        }
    }
    Ok(credentials)
}

/// Returns a key that nobody can guess: request ids are made with it.
///
/// # Errors
/// Fails if the system gives no random octets.
pub fn secret_key() -> Result<[u64; 2]> {
    let random = || getrandom::u64().map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"));
    Ok([random()?, random()?])
}
