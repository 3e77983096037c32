//! By what to try to be let in, on which address.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use credentials::Needs;
use settings::{Fault, Faults, Secret};
use snmp::usm::Crypto;
use survey::{Credential, Credentials};

use super::check::addresses_of;
use super::{Discovery, vault};
use crate::sealed::SealKeyError;
use crate::secrets;

/// Is the community of devices that nobody has configured.
const USUAL: &str = "public";

/// Says why there is nothing to try.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("cannot read {}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}", .path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Faults(#[from] Faults),
    #[error("a community or password cannot be fetched from where the configuration says it is kept")]
    Fetch(#[source] std::io::Error),
    #[error("{} does not read; import the credentials again with `roundsman-agent credentials import`", .0.display())]
    Damaged(PathBuf),
    #[error("{} is sealed with another key than systemd hands out now; give the service its key back, or import the credentials again", .0.display())]
    OtherKey(PathBuf),
    #[error(transparent)]
    Key(#[from] SealKeyError),
}

/// Returns what users' messages are proved and hidden with.
pub fn crypto() -> Arc<dyn Crypto> {
    Arc::new(cryptography::Module)
}

/// Returns the credentials to try, and where: those of the file that the configuration names, then those imported into
/// the agent's folder, and for all other addresses the general communities. What the site has switched off is left out.
///
/// # Errors
/// Fails if a file cannot be read or understood; no message repeats a secret.
pub fn credentials(discovery: &Discovery, folder: Option<&Path>) -> Result<Credentials, CredentialsError> {
    let mut ranges = Vec::new();
    if let Some(path) = &discovery.credentials {
        let text = std::fs::read_to_string(path).map_err(|source| CredentialsError::Read { path: path.clone(), source })?;
        ranges.extend(read(&text, &path.display().to_string())?);
    }
    if let Some(text) = folder.map(vault::text).transpose()?.flatten() {
        ranges.extend(read(&text, vault::FILE)?);
    }
    let mut named = Vec::new();
    for community in &discovery.communities {
        named.push(secrets::fetch(community).map_err(CredentialsError::Fetch)?);
    }
    // A site that has users, and names no community, means that.
    let has_users = ranges.iter().flat_map(|range| &range.credentials).any(|credential| matches!(credential, Credential::User(_)));
    if named.is_empty() && !has_users {
        named.push(USUAL.to_owned());
    }
    if !discovery.uses_communities() || cryptography::permits_communities().is_err() {
        named.clear();
    }
    let mut credentials = Credentials::communities(named);
    for range in ranges {
        let used = range.credentials.into_iter().filter(|credential| match credential {
            Credential::Community(_) => discovery.uses_communities(),
            Credential::User(_) => discovery.uses_users(),
        });
        credentials.add_range(range.targets, used);
    }
    Ok(credentials)
}

/// Reads the text of a file of credentials; `name` is what messages call it.
///
/// # Errors
/// Tells every fault with its line.
pub(super) fn read(text: &str, name: &str) -> Result<Vec<credentials::Range>, Faults> {
    let crypto = crypto();
    let needs = Needs {
        crypto: &*crypto,
        permits_communities: cryptography::permits_communities(),
        fetch: &|secret: &Secret| secrets::fetch(secret),
        addresses_of: &addresses_of,
    };
    credentials::read(text, name, &needs)
}

/// Says what of the credentials lies idle, or is open to others, and where that is not as it should be.
pub(super) fn advice(discovery: &Discovery) -> Vec<(&'static str, String)> {
    let mut advice = Vec::new();
    let idle = |count: usize| format!("{count} communities lie idle, since versions in [discovery] names neither v1 nor v2c");
    if !discovery.uses_communities() && !discovery.communities.is_empty() {
        advice.push(("discovery.communities", idle(discovery.communities.len())));
    }
    let Some(path) = &discovery.credentials else { return advice };
    if is_open_to_all(path) {
        let message = format!(
            "everybody on this computer can read {}; take its rights away, or import it with `roundsman-agent credentials import`",
            path.display()
        );
        advice.push(("discovery.credentials", message));
    }
    let ranges = std::fs::read_to_string(path).ok().and_then(|text| read(&text, &path.display().to_string()).ok()).unwrap_or_default();
    let all = || ranges.iter().flat_map(|range| &range.credentials);
    let communities = all().filter(|credential| matches!(credential, Credential::Community(_))).count();
    if !discovery.uses_communities() && communities > 0 {
        advice.push(("discovery.credentials", format!("{}: {}", path.display(), idle(communities))));
    }
    if !discovery.uses_users() {
        for user in all().filter(|credential| matches!(credential, Credential::User(_))) {
            advice.push(("discovery.credentials", format!("{user} lies idle, since versions in [discovery] does not name v3")));
        }
    }
    for credential in all() {
        if let Credential::User(user) = credential
            && !user.legacy().is_empty()
        {
            advice.push((
                "discovery.credentials",
                format!("user {user} relies on {}; take SHA-256 and AES-128 where the printers know them", user.legacy().join(" and ")),
            ));
        }
    }
    advice
}

/// Tells every fault of the file that the configuration names.
pub(super) fn faults(discovery: &Discovery) -> Vec<Fault> {
    let Some(path) = &discovery.credentials else { return Vec::new() };
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    read(&text, &path.display().to_string()).err().map_or_else(Vec::new, |faults| faults.0)
}

/// Returns whether others than the owner and its group can read a file.
#[cfg(unix)]
pub fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
pub fn is_open_to_all(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SnmpVersion;
    use crate::testing::Folder;

    const USER: &str = "[[credentials.users]]\nname = 'service'\nauthentication = 'SHA-256'\nauthentication_password = 'correct horse'\n\
                        privacy = 'AES-128'\nprivacy_password = 'battery staple'\n";

    /// Reads a file with the versions that are switched on; names what is tried on 10.0.0.1 and elsewhere.
    fn tried(text: &str, versions: &[SnmpVersion]) -> Result<(Vec<String>, Vec<String>), String> {
        let folder = Folder::new();
        let path = folder.path().join("credentials.toml");
        std::fs::write(&path, text).unwrap();
        let discovery = Discovery { credentials: Some(path), versions: versions.to_vec(), ..Discovery::default() };
        let credentials = credentials(&discovery, Some(folder.path())).map_err(|error| error.to_string())?;
        let of = |address: &str| {
            let numbers = credentials.of(address.parse().unwrap()).iter();
            numbers.map(|number| credentials.credential(*number).to_string()).collect::<Vec<_>>()
        };
        Ok((of("10.0.0.1"), of("192.168.0.1")))
    }

    #[cfg(not(feature = "fips"))] // Communities are refused there.
    #[test]
    fn ranges_have_credentials_of_their_own() {
        let text = "[[credentials]]\ntargets = ['10.0.0.0/8']\ncommunities = ['a', 'b']\n";
        let (there, elsewhere) = tried(text, &SnmpVersion::ALL).unwrap();
        assert_eq!((there.len(), elsewhere.len()), (2, 1));
    }

    #[test]
    fn where_there_are_users_nobody_is_asked_with_the_usual_community() {
        let text = format!("[[credentials]]\ntargets = ['10.0.0.0/8']\n{USER}");
        let (there, elsewhere) = tried(&text, &SnmpVersion::ALL).unwrap();
        assert_eq!((there, elsewhere), (vec!["user service (SHA-256, AES-128)".to_owned()], vec![]));
    }

    #[cfg(not(feature = "fips"))] // Communities are refused there.
    #[test]
    fn what_is_switched_off_is_not_used() {
        let text = format!("[[credentials]]\ntargets = ['10.0.0.0/8']\ncommunities = ['a']\n{USER}");
        assert_eq!(tried(&text, &[SnmpVersion::V3]).unwrap().0, ["user service (SHA-256, AES-128)"]);
        assert_eq!(tried(&text, &[SnmpVersion::V1, SnmpVersion::V2c]).unwrap().0, ["a community"]);
        assert_eq!(
            tried("[[credentials]]\ntargets = ['10.0.0.0/8']\ncommunities = ['a']\n", &[SnmpVersion::V3]).unwrap(),
            (vec![], vec![])
        );
    }

    #[test]
    fn mistakes_are_told_with_their_line_and_without_the_secret() {
        let error = tried("[[credentials]]\ntargets = ['10.0.0.0/8']\ncomunities = ['secret']\n", &SnmpVersion::ALL).unwrap_err();
        assert!(error.contains("credentials.toml:3: unknown key \"comunities\""), "{error}");
        assert!(!error.contains("secret\""), "{error}");
        let error = tried("[[credentials]]\ntargets = ['10.0.0.300']\ncommunities = ['a']\n", &SnmpVersion::ALL).unwrap_err();
        assert!(error.contains("credentials.toml:2"), "{error}");
    }
}
