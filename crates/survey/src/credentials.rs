//! By what to try to be let in, on which address.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use snmp::Version;
use snmp::usm::{Crypto, KeyExtension, User};

use crate::targets::Targets;

/// Is something that a device lets one in by.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// Of v1 and v2c.
    Community(Box<[u8]>),
    /// Of v3.
    User(Arc<User>),
}

impl Credential {
    /// Returns the versions to try with it, in order.
    pub fn versions(&self) -> &'static [Version] {
        match self {
            Credential::Community(_) => &[Version::V2c, Version::V1],
            Credential::User(_) => &[Version::V3],
        }
    }

    /// Returns what tells this credential from any other, its secret included, to who has the same secret key.
    pub fn fingerprint(&self, crypto: &dyn Crypto, key: &[u8]) -> [u8; 16] {
        let digest = match self {
            Credential::Community(community) => crypto.hmac(snmp::usm::Authentication::Sha256, key, &[b"community", community]),
            Credential::User(user) => user.fingerprint(crypto, key),
        };
        digest[..16].try_into().expect("a digest has more")
    }
}

/// Names a user with its algorithms; a community is a secret and has no name.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Community(_) => f.write_str("a community"),
            Credential::User(user) => write!(f, "user {user}"),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Holds credentials: those of named ranges, and those of everything else.
///
/// Each has a number, so that a device's own can be remembered in two octets. A user whose key can
/// be made longer in two ways has a number for each, so that the right way is found by trying and
/// then remembered with the number.
#[derive(Debug, Default)]
pub struct Credentials {
    list: Vec<Credential>,
    ranges: Vec<(Targets, Vec<u16>)>,
    others: Vec<u16>,
}

impl Credentials {
    /// Holds credentials for every address, tried in this order.
    pub fn new(credentials: impl IntoIterator<Item = Credential>) -> Self {
        let mut made = Credentials::default();
        made.others = made.numbers(credentials);
        made
    }

    /// Holds communities for every address, tried in this order.
    pub fn communities<C: AsRef<[u8]>>(communities: impl IntoIterator<Item = C>) -> Self {
        Self::new(communities.into_iter().map(|community| Credential::Community(community.as_ref().into())))
    }

    /// Adds credentials for a range; there the general ones are not tried. The first range wins.
    pub fn add_range(&mut self, range: Targets, credentials: impl IntoIterator<Item = Credential>) {
        let numbers = self.numbers(credentials);
        self.ranges.push((range, numbers));
    }

    /// Returns the numbers of the credentials to try on an address, in order.
    pub fn of(&self, address: IpAddr) -> &[u16] {
        let range = self.ranges.iter().find(|(range, _)| range.index_of(address).is_some());
        range.map_or(&self.others, |(_, numbers)| numbers)
    }

    /// Returns the credential of a number.
    pub fn credential(&self, number: u16) -> &Credential {
        &self.list[usize::from(number)]
    }

    /// Returns the community of a number, unless that is a user's.
    pub fn community(&self, number: u16) -> Option<&[u8]> {
        match self.credential(number) {
            Credential::Community(community) => Some(community),
            Credential::User(_) => None,
        }
    }

    /// Returns the user of a number, unless that is a community's.
    pub fn user(&self, number: u16) -> Option<&Arc<User>> {
        match self.credential(number) {
            Credential::Community(_) => None,
            Credential::User(user) => Some(user),
        }
    }

    /// Returns how many credentials there are in all.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the most credentials that any address has.
    pub fn most(&self) -> usize {
        self.ranges.iter().map(|(_, numbers)| numbers.len()).chain([self.others.len()]).max().unwrap_or(0)
    }

    fn numbers(&mut self, credentials: impl IntoIterator<Item = Credential>) -> Vec<u16> {
        let mut numbers = Vec::new();
        for credential in credentials.into_iter().flat_map(ways) {
            let place = self.list.iter().position(|known| *known == credential).unwrap_or_else(|| {
                self.list.push(credential);
                self.list.len() - 1
            });
            let number = u16::try_from(place).expect("nobody has 65,536 credentials");
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }
}

/// Returns a credential in every way that it can be used.
fn ways(credential: Credential) -> Vec<Credential> {
    let Credential::User(user) = &credential else { return vec![credential] };
    let Some(first) = user.extension() else { return vec![credential] };
    let others = KeyExtension::ALL.into_iter().filter(|other| *other != first);
    let others: Vec<Credential> = others.map(|other| Credential::User(Arc::new(user.extended_by(other)))).collect();
    std::iter::once(credential).chain(others).collect()
}
