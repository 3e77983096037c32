//! What opens a printer's door, as the command line and its file tell it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use credentials::{Needs, Range};
use cryptography::Module;
use snmp::usm::{Authentication, Crypto, KeyExtension, Privacy, User, Words};
use survey::{Credential, Credentials};

use crate::args::{AccessArgs, UserArgs};
use crate::usage::WrongUsage;
use crate::whereabouts;

/// Is the community of devices that nobody has configured.
const USUAL_COMMUNITY: &str = "public";

/// Returns the module that proves and hides messages.
pub fn crypto() -> Arc<dyn Crypto> {
    Arc::new(Module)
}

/// Returns what to try, and where: the user that is named, the communities that are, else the usual one.
///
/// # Errors
/// Fails if the file cannot be read or understood, if a user cannot be, or if a password is nowhere to be had.
pub fn credentials(access: &AccessArgs) -> Result<Credentials> {
    let mut general = Vec::new();
    if let Some(user) = user(&access.user, KeyExtension::Blumenthal)? {
        general.push(Credential::User(Arc::new(user)));
    }
    if let (Some(_), Err(why)) = (access.communities.first(), cryptography::permits_communities()) {
        return Err(WrongUsage(why).into());
    }
    general.extend(access.communities.iter().map(|community| of_community(community.as_str())));
    let ranges = access.credentials.as_deref().map(load).transpose()?.unwrap_or_default();
    if general.is_empty() {
        match cryptography::permits_communities() {
            Ok(()) => general.push(of_community(USUAL_COMMUNITY)),
            Err(why) if ranges.is_empty() => return Err(WrongUsage(why).into()),
            Err(_) => {}
        }
    }
    let mut credentials = Credentials::new(general);
    ranges.into_iter().for_each(|range| credentials.add_range(range.targets, range.credentials));
    Ok(credentials)
}

fn of_community(community: &str) -> Credential {
    Credential::Community(community.as_bytes().into())
}

/// Makes the user that is named; passwords that stand nowhere are asked for.
///
/// # Errors
/// Fails if the user breaks a rule of SNMPv3, or if a password is nowhere to be had.
pub fn user(args: &UserArgs, extension: KeyExtension) -> Result<Option<User>> {
    let Some(name) = &args.user else { return Ok(None) };
    warn_of_passwords_in_sight();
    let authentication =
        args.auth.map(|protocol| Ok::<_, anyhow::Error>((protocol, password(&args.auth_password, name, "authentication")?)));
    let authentication = authentication.transpose()?;
    let privacy = args.privacy.map(|protocol| Ok::<_, anyhow::Error>((protocol, password(&args.privacy_password, name, "privacy")?)));
    let privacy = privacy.transpose()?;
    let words = Words {
        name,
        authentication: authentication.as_ref().map(|(protocol, password)| (*protocol, password.as_str())),
        privacy: privacy.as_ref().map(|(protocol, password)| (*protocol, password.as_str())),
        extension,
        context: args.context.as_deref().unwrap_or_default(),
    };
    let user = User::new(&Module, &words).map_err(|error| WrongUsage(error.to_string()))?;
    Ok(Some(user))
}

/// Takes a password from where it stands, or asks for it at the terminal, unseen.
fn password(given: &Option<crate::args::Password>, user: &str, which: &str) -> Result<String> {
    if let Some(password) = given {
        return Ok(password.as_str().to_owned());
    }
    let nowhere = || {
        let variable = if which == "privacy" { "ROUNDSMAN_PRIVACY_PASSWORD" } else { "ROUNDSMAN_AUTH_PASSWORD" };
        WrongUsage(format!("no {which} password for user {user:?}, and no terminal to ask at; set {variable}, or use --credentials FILE"))
    };
    rpassword::prompt_password(format!("{which} password of {user}: ")).map_err(|_| nowhere().into())
}

/// Says so if a password was given where all users of this machine can read it.
fn warn_of_passwords_in_sight() {
    for argument in ["--auth-password", "--privacy-password"] {
        let is_given = |given: std::ffi::OsString| given.to_string_lossy().starts_with(argument);
        if std::env::args_os().any(is_given) {
            eprintln!(
                "roundsman: other users of this machine can read {argument} in the list of processes; leave it out to be asked, or set its variable"
            );
        }
    }
}

/// Reads a file of credentials, in order; warns if others can read it.
fn load(path: &Path) -> Result<Vec<Range>> {
    let text = fs::read_to_string(path).map_err(|error| WrongUsage(format!("cannot read {}: {error}", path.display())))?;
    warn_if_open(path).with_context(|| path.display().to_string())?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let addresses_of = |name: &str| {
        let found = whereabouts::address_of(name, 0).map_err(|error| std::io::Error::other(format!("{error:#}")))?;
        Ok(vec![found.ip()])
    };
    let permits_communities = cryptography::permits_communities();
    let needs = Needs { crypto: &Module, permits_communities, fetch: &agent::secrets::fetch, addresses_of: &addresses_of };
    Ok(credentials::read(&text, &name, &needs).map_err(|faults| WrongUsage(faults.to_string()))?)
}

#[cfg(unix)]
fn warn_if_open(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        eprintln!("roundsman: others can read {path} (mode {:04o}); `chmod 600 {path}` keeps it to you", mode & 0o7777);
    }
    Ok(())
}

#[cfg(not(unix))]
fn warn_if_open(_: &Path) -> Result<()> {
    Ok(())
}

/// Reads the name of an authentication protocol as people write it.
pub fn authentication(text: &str) -> Result<Authentication, String> {
    Authentication::parse(text).ok_or_else(|| format!("expected {}", Authentication::ALL.map(Authentication::name).join(", ")))
}

/// Reads the name of a privacy protocol as people write it.
pub fn privacy(text: &str) -> Result<Privacy, String> {
    Privacy::parse(text).ok_or_else(|| format!("expected {}", Privacy::ALL.map(Privacy::name).join(", ")))
}
