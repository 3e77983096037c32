//! Which addresses may connect.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Is a list of networks whose addresses are let in; an empty list lets everybody in.
///
/// Empty means everybody because most servers have no list, and because a list that somebody
/// wants has at least one entry: a server that lets nobody in is one that need not run.
///
/// IPv4 addresses that arrive through an IPv6 socket (`::ffff:10.0.0.7`) count as IPv4.
///
/// ```
/// use server::net::AddressList;
/// let list: AddressList = "10.0.0.0/8, 192.0.2.7, fd00::/8".parse().unwrap();
/// assert!(list.allows("::ffff:10.1.2.3".parse().unwrap()));
/// assert!(!list.allows("192.0.2.8".parse().unwrap()));
/// assert!(AddressList::everybody().allows("192.0.2.8".parse().unwrap()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList(Vec<Network>);

impl AddressList {
    /// Makes the list that lets everybody in.
    pub fn everybody() -> Self {
        Self::default()
    }

    /// Says whether this address may connect.
    pub fn allows(&self, address: IpAddr) -> bool {
        self.0.is_empty() || self.0.iter().any(|network| network.contains(address))
    }

    /// Says whether the list is empty, so that everybody may connect.
    pub fn is_everybody(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Network> for AddressList {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

/// Reads entries that are separated by commas or spaces.
impl FromStr for AddressList {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.split([',', ' ']).filter(|entry| !entry.is_empty()).map(str::parse).collect()
    }
}

/// Is one address or a network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// Is the number of leading bits that count: 0 to 32, or 0 to 128.
    prefix: u8,
}

impl Network {
    /// Says whether the address lies in this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }

    /// Returns the network's first address: every bit behind the prefix is zero.
    fn first_address(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
        }
    }
}

impl FromStr for Network {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (address_text, prefix_text) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address_text.parse().map_err(|_| AddressError::NotAnAddress { entry: text.to_owned() })?;
        let bits = if written.is_ipv4() { 32 } else { 128 };
        let not_a_prefix = || AddressError::NotAPrefix { entry: text.to_owned(), bits };
        let prefix = match prefix_text {
            None => bits,
            Some(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= bits).ok_or_else(not_a_prefix)?,
        };
        // `::ffff:10.0.0.0/104` is 10.0.0.0/8; a shorter prefix than 96 stays IPv6, where no
        // address that counts as IPv4 can match it.
        let network = match written.to_canonical() {
            IpAddr::V4(address) if written.is_ipv6() && prefix >= 96 => Self { address: address.into(), prefix: prefix - 96 },
            _ => Self { address: written, prefix },
        };
        let first = network.first_address();
        if first != network.address {
            return Err(AddressError::BitsBehindPrefix { entry: text.to_owned(), network: Self { address: first, ..network } });
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Says what is wrong with an entry of an address list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// What stands before the slash is no address.
    #[error("\"{entry}\" is no address or network; expected for example 10.0.0.7, 10.0.0.0/8 or fd00::/8")]
    NotAnAddress {
        /// The entry as written.
        entry: String,
    },
    /// What stands behind the slash is no prefix length of this family.
    #[error("\"{entry}\" has no usable prefix length; expected a number from 0 to {bits} behind the slash")]
    NotAPrefix {
        /// The entry as written.
        entry: String,
        /// The longest prefix there is.
        bits: u8,
    },
    /// The address has bits that its own prefix leaves out: one of the two is a slip.
    #[error("\"{entry}\" has bits set behind its prefix; did you mean \"{network}\"?")]
    BitsBehindPrefix {
        /// The entry as written.
        entry: String,
        /// The network it lies in.
        network: Network,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> AddressList {
        text.parse().unwrap()
    }

    fn allows(text: &str, address: &str) -> bool {
        list(text).allows(address.parse().unwrap())
    }

    #[test]
    fn an_empty_list_lets_everybody_in() {
        assert!(allows("", "203.0.113.9"));
        assert!(allows(" , ", "2001:db8::1"));
        assert!(AddressList::everybody().is_everybody());
    }

    #[test]
    fn a_network_holds_its_first_and_last_address_and_not_the_neighbours() {
        for (address, inside) in [("10.0.0.0", true), ("10.0.0.255", true), ("9.255.255.255", false), ("10.0.1.0", false)] {
            assert_eq!(allows("10.0.0.0/24", address), inside, "{address}");
        }
        for (address, inside) in [("2001:db8::", true), ("2001:db8:ffff::1", true), ("2001:db9::", false)] {
            assert_eq!(allows("2001:db8::/32", address), inside, "{address}");
        }
    }

    #[test]
    fn prefix_zero_holds_its_whole_family_and_not_the_other() {
        assert!(allows("0.0.0.0/0", "255.255.255.255"));
        assert!(!allows("0.0.0.0/0", "::1"));
        assert!(allows("::/0", "ffff::1"));
        assert!(!allows("::/0", "10.0.0.1"));
    }

    #[test]
    fn a_mapped_address_counts_as_ipv4_on_both_sides() {
        assert!(allows("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(allows("::ffff:10.0.0.0/104", "10.1.2.3"));
        assert!(!allows("::ffff:10.0.0.0/104", "11.1.2.3"));
    }

    #[test]
    fn a_lone_address_is_only_itself() {
        assert!(allows("192.0.2.7", "192.0.2.7"));
        assert!(!allows("192.0.2.7", "192.0.2.6"));
        assert!(allows("::1", "::1"));
        assert!(!allows("::1", "::"));
    }

    #[test]
    fn errors_say_what_is_expected() {
        let message = |text: &str| text.parse::<AddressList>().unwrap_err().to_string();
        assert_eq!(
            message("printers.example"),
            "\"printers.example\" is no address or network; expected for example 10.0.0.7, 10.0.0.0/8 or fd00::/8"
        );
        assert_eq!(message("10.0.0.0/33"), "\"10.0.0.0/33\" has no usable prefix length; expected a number from 0 to 32 behind the slash");
        assert_eq!(message("fd00::/129"), "\"fd00::/129\" has no usable prefix length; expected a number from 0 to 128 behind the slash");
        assert_eq!(message("10.0.0.5/24"), "\"10.0.0.5/24\" has bits set behind its prefix; did you mean \"10.0.0.0/24\"?");
        assert!(message("10.0.0.0/").contains("from 0 to 32"));
        assert!(message("10.0.0.0/-1").contains("from 0 to 32"));
    }
}
