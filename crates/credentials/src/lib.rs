//! The file in which a site keeps what its devices let it in by: communities and users, by range.
//!
//! ```toml
//! [[credentials]]
//! targets = ["10.0.0.0/8", "printer-7.example"]
//!
//! [[credentials.users]]
//! name = "service"
//! authentication = "SHA-256"
//! authentication_password = { file = "/etc/roundsman/service-authentication" }
//! privacy = "AES-128"
//! privacy_password = { env = "SERVICE_PRIVACY" }
//!
//! [[credentials]]
//! targets = ["10.9.0.0/16"]
//! communities = ["printers"]
//! ```
//!
//! It opens no file and looks up no name: [`Needs`] bring what the text only names. It decides
//! nothing about a device; who is tried where and when is [`survey`]'s.
#![forbid(unsafe_code)]

mod user;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use settings::{Fault, Faults, Parsed, Secret};
use snmp::usm::Crypto;
use survey::Credential;
use survey::targets::{Target, Targets};

pub use user::UserEntry;

/// Is the file as it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct File {
    pub credentials: Vec<Entry>,
}

/// Is one `[[credentials]]`: what is tried on some addresses, users before communities.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Addresses, networks, ranges and host names.
    pub targets: Vec<String>,
    /// Users of SNMPv3, in the order to try them.
    pub users: Vec<UserEntry>,
    /// Communities of SNMP v1 and v2c, in the order to try them.
    pub communities: Vec<Secret>,
}

/// Is what the text of a file only names.
pub struct Needs<'a> {
    /// Says which algorithms are permitted, and makes keys of passwords.
    pub crypto: &'a dyn Crypto,
    /// Whether communities may be used at all; if not, why, and what to do.
    pub permits_communities: Result<(), String>,
    /// Fetches a secret from where it is kept.
    pub fetch: &'a dyn Fn(&Secret) -> io::Result<String>,
    /// Looks up the addresses of a host.
    pub addresses_of: &'a dyn Fn(&str) -> io::Result<Vec<IpAddr>>,
}

/// Is what is tried in one range, in order.
#[derive(Clone, Debug)]
pub struct Range {
    pub targets: Targets,
    pub credentials: Vec<Credential>,
}

/// Reads a file's text; `name` is what messages call it.
///
/// # Errors
/// Tells every fault with its line, and never a secret.
pub fn read(text: &str, name: &str, needs: &Needs<'_>) -> Result<Vec<Range>, Faults> {
    let parsed = settings::parse::<File>(text, name)?;
    if parsed.value.credentials.is_empty() {
        return Err(Faults(vec![parsed.fault("", "nothing in it; expected [[credentials]] with targets, and users or communities")]));
    }
    let mut faults = Vec::new();
    let entries = parsed.value.credentials.iter().enumerate();
    let ranges = entries.filter_map(|(place, entry)| range(entry, &At { parsed: &parsed, place }, needs, &mut faults)).collect();
    if faults.is_empty() { Ok(ranges) } else { Err(Faults(faults)) }
}

/// Is an entry's place in its file.
struct At<'a> {
    parsed: &'a Parsed<File>,
    place: usize,
}

impl At<'_> {
    fn fault(&self, key: &str, message: impl fmt::Display) -> Fault {
        self.parsed.fault(&format!("credentials.{}.{key}", self.place), message.to_string())
    }
}

fn range(entry: &Entry, at: &At<'_>, needs: &Needs<'_>, faults: &mut Vec<Fault>) -> Option<Range> {
    let before = faults.len();
    let mut credentials = Vec::new();
    for (place, user) in entry.users.iter().enumerate() {
        match user.read(needs) {
            Ok(user) => credentials.push(Credential::User(Arc::new(user))),
            Err((key, message)) => faults.push(at.fault(&format!("users.{place}.{key}"), message)),
        }
    }
    for (place, community) in entry.communities.iter().enumerate() {
        let permitted = needs.permits_communities.clone();
        let fetched = permitted.and_then(|()| (needs.fetch)(community).map_err(|error| format!("cannot be fetched: {error}")));
        match fetched {
            Ok(community) => credentials.push(Credential::Community(community.into_bytes().into())),
            Err(message) => faults.push(at.fault(&format!("communities.{place}"), message)),
        }
    }
    if entry.users.is_empty() && entry.communities.is_empty() {
        faults.push(at.fault("targets", "has neither users nor communities; name one, or leave the entry out"));
    }
    if entry.targets.is_empty() {
        faults.push(at.fault("targets", "targets is empty; name an address, network, range or host, or leave the entry out"));
    }
    let targets = targets(entry, at, needs, faults);
    (faults.len() == before).then(|| Range { targets: targets.unwrap_or_default(), credentials })
}

fn targets(entry: &Entry, at: &At<'_>, needs: &Needs<'_>, faults: &mut Vec<Fault>) -> Option<Targets> {
    let mut builder = Targets::builder();
    for (place, word) in entry.targets.iter().enumerate() {
        let found = Target::parse(word).map_err(|error| error.to_string()).and_then(|target| match target {
            Target::Name(name) => (needs.addresses_of)(&name)
                .map(|addresses| addresses.into_iter().map(Target::Address).collect())
                .map_err(|error| format!("{name} is not found: {error}")),
            target => Ok(vec![target]),
        });
        match found {
            Ok(found) => builder = found.into_iter().fold(builder, |builder, target| builder.include(target)),
            Err(message) => faults.push(at.fault(&format!("targets.{place}"), message)),
        }
    }
    builder.build().map_err(|error| faults.push(at.fault("targets", error))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use settings::SecretSource;

    fn read_with(text: &str, permits_communities: Result<(), String>) -> Result<Vec<Range>, String> {
        let fetch = |secret: &Secret| match secret.source() {
            SecretSource::Inline(text) => Ok(text.to_owned()),
            _ => Err(io::Error::other("there is no such file")),
        };
        let addresses_of = |_: &str| Ok(vec![IpAddr::from([10, 0, 0, 7])]);
        let needs = Needs { crypto: &cryptography::Module, permits_communities, fetch: &fetch, addresses_of: &addresses_of };
        read(text, "credentials.toml", &needs).map_err(|faults| faults.to_string())
    }

    fn fault(text: &str) -> String {
        read_with(text, Ok(())).expect_err("is refused")
    }

    const USER: &str = "[[credentials]]\ntargets = ['10.0.0.0/8', 'printer-7']\ncommunities = ['a', 'b']\n\
                        [[credentials.users]]\nname = 'service'\nauthentication = 'SHA-256'\nauthentication_password = 'correct horse'\n\
                        privacy = 'aes'\nprivacy_password = 'battery staple'\ncontext = 'Jetdirect'\n";

    #[test]
    fn users_come_before_communities_in_the_order_of_the_file() {
        let ranges = read_with(USER, Ok(())).unwrap();
        let names: Vec<String> = ranges[0].credentials.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["user service (SHA-256, AES-128)", "a community", "a community"]);
        assert_eq!(ranges[0].targets.len(), 1 << 24);
        let Credential::User(user) = &ranges[0].credentials[0] else { panic!("a user") };
        assert_eq!(user.context(), "Jetdirect");
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        assert!(fault("[[credentials]]\ntargets = ['10.0.0.0/8']\ncomunities = ['a']\n").contains(":3: unknown key \"comunities\""));
        assert!(fault("[[credentials]]\ntargets = [\n  '10.0.0.1',\n  '10.0.0.300',\n]\ncommunities = ['a']\n").contains(":4: "));
        assert!(fault("[[credentials]]\ntargets = []\ncommunities = ['a']\n").contains(":2: targets is empty"));
        assert!(fault("[[credentials]]\ntargets = ['10.0.0.1']\n").contains("has neither users nor communities"));
        assert!(fault("").contains("nothing in it"));
        let short = fault(&USER.replace("correct horse", "short"));
        assert!(short.contains("credentials.toml:7: ") && short.contains("fewer than 8 octets"), "{short}");
        let unknown = fault(&USER.replace("SHA-256", "SHA-3"));
        assert!(unknown.contains("credentials.toml:6: ") && unknown.contains("MD5, SHA-1, SHA-224"), "{unknown}");
        let no_password = fault(&USER.replace("privacy_password = 'battery staple'\n", ""));
        assert!(no_password.contains("privacy_password"), "{no_password}");
        let alone =
            fault("[[credentials]]\ntargets = ['10.0.0.1']\n[[credentials.users]]\nname='a'\nprivacy='AES'\nprivacy_password='12345678'\n");
        assert!(alone.contains("privacy without authentication"), "{alone}");
    }

    #[test]
    fn a_mistake_does_not_spill_the_secrets() {
        assert!(!fault(&USER.replace("'aes'", "'rot13'")).contains("horse"));
        assert!(!fault("[[credentials]]\ntargets = ['10.0.0.1']\ncommunities = ['hunter2', 3]\n").contains("hunter2"));
    }

    #[test]
    fn where_communities_are_not_permitted_each_is_refused_and_says_what_to_do() {
        let refused = read_with(USER, Err("give an SNMPv3 user".to_owned())).unwrap_err();
        assert_eq!(refused.matches("give an SNMPv3 user").count(), 2, "{refused}");
    }
}
