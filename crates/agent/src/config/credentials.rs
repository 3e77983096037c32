//! Which communities to try on which address.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use settings::{Faults, Secret};
use survey::Credentials;

use super::Discovery;
use super::check::targets;
use crate::secrets;

/// Is the community of devices that nobody has configured.
const USUAL: &str = "public";

/// Says why there are no communities to try.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("cannot read {}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Faults(#[from] Faults),
    #[error("a community cannot be fetched from where the configuration says it is kept")]
    Fetch(#[source] std::io::Error),
}

/// Is the file of credentials.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    credentials: Vec<Entry>,
}

/// Is one `[[credentials]]`: communities for some addresses.
#[derive(Deserialize)]
struct Entry {
    targets: Vec<String>,
    communities: Vec<Secret>,
}

/// Returns the communities to try, and where.
///
/// # Errors
/// Fails if a file cannot be read or understood; no message repeats a community.
pub fn credentials(discovery: &Discovery) -> Result<Credentials, CredentialsError> {
    let named = fetch(&discovery.communities)?;
    let mut credentials = Credentials::communities(if named.is_empty() { vec![USUAL.to_owned()] } else { named });
    if let Some(path) = &discovery.credentials {
        for (range, communities) in load(path)? {
            credentials.add_range(range, communities.into_iter().map(|community| survey::Credential::Community(community.into_bytes().into())));
        }
    }
    Ok(credentials)
}

fn fetch(communities: &[Secret]) -> Result<Vec<String>, CredentialsError> {
    communities.iter().map(|community| secrets::fetch(community).map_err(CredentialsError::Fetch)).collect()
}

fn load(path: &Path) -> Result<Vec<(survey::targets::Targets, Vec<String>)>, CredentialsError> {
    let text = std::fs::read_to_string(path).map_err(|source| CredentialsError::Read { path: path.to_owned(), source })?;
    let parsed = settings::parse::<File>(&text, &path.display().to_string())?;
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for (place, entry) in parsed.value.credentials.iter().enumerate() {
        if entry.communities.is_empty() {
            faults
                .push(parsed.fault(&format!("credentials.{place}.communities"), "communities is empty; name one, or leave the entry out"));
        }
        match targets(&entry.targets) {
            Ok(range) if range.is_empty() => {
                faults.push(parsed.fault(&format!("credentials.{place}.targets"), "targets is empty; name one, or leave the entry out"));
            }
            Ok(range) => entries.push((range, fetch(&entry.communities)?)),
            Err(wrong) => faults
                .extend(wrong.into_iter().map(|(item, message)| parsed.fault(&format!("credentials.{place}.targets.{item}"), message))),
        }
    }
    if faults.is_empty() { Ok(entries) } else { Err(Faults(faults).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn read(text: &str) -> Result<Credentials, String> {
        let folder = Folder::new();
        let path = folder.path().join("credentials.toml");
        std::fs::write(&path, text).unwrap();
        let discovery = Discovery { credentials: Some(path), ..Discovery::default() };
        credentials(&discovery).map_err(|error| error.to_string())
    }

    #[test]
    fn ranges_have_communities_of_their_own() {
        let text = "[[credentials]]\ntargets = ['10.0.0.0/8']\ncommunities = ['a', 'b']\n";
        let credentials = read(text).unwrap();
        assert_eq!(credentials.of("10.1.2.3".parse().unwrap()).len(), 2);
        assert_eq!(credentials.community(credentials.of("192.168.0.1".parse().unwrap())[0]), Some(&b"public"[..]));
    }

    #[test]
    fn mistakes_are_told_with_their_line_and_without_the_secret() {
        let error = read("[[credentials]]\ntargets = ['10.0.0.0/8']\ncomunities = ['secret']\n").err().unwrap();
        assert!(error.contains("credentials.toml:3: unknown key \"comunities\""), "{error}");
        assert!(!error.contains("secret\""), "{error}");
        let error = read("[[credentials]]\ntargets = ['10.0.0.300']\ncommunities = ['a']\n").err().unwrap();
        assert!(error.contains("credentials.toml:2"), "{error}");
        let error = read("[[credentials]]\ntargets = []\ncommunities = []\n").err().unwrap();
        assert!(error.contains(":2: targets is empty") && error.contains(":3: communities is empty"), "{error}");
    }
}
