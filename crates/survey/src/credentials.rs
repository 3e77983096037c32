//! Which communities to try on which address.

use std::net::IpAddr;

use crate::targets::Targets;

/// Holds communities: those of named ranges, and those of everything else.
///
/// Each community has a number, so that a device's own can be remembered in two octets.
#[derive(Debug, Default)]
pub struct Credentials {
    communities: Vec<Box<[u8]>>,
    ranges: Vec<(Targets, Vec<u16>)>,
    others: Vec<u16>,
}

impl Credentials {
    /// Holds communities for every address, tried in this order.
    pub fn new<C: AsRef<[u8]>>(communities: impl IntoIterator<Item = C>) -> Self {
        let mut credentials = Credentials::default();
        credentials.others = credentials.numbers(communities);
        credentials
    }

    /// Adds communities for a range; there the general ones are not tried. The first range wins.
    pub fn add_range<C: AsRef<[u8]>>(&mut self, range: Targets, communities: impl IntoIterator<Item = C>) {
        let numbers = self.numbers(communities);
        self.ranges.push((range, numbers));
    }

    /// Returns the numbers of the communities to try on an address, in order.
    pub fn of(&self, address: IpAddr) -> &[u16] {
        let range = self.ranges.iter().find(|(range, _)| range.index_of(address).is_some());
        range.map_or(&self.others, |(_, numbers)| numbers)
    }

    /// Returns the community of a number.
    pub fn community(&self, number: u16) -> &[u8] {
        &self.communities[usize::from(number)]
    }

    /// Returns how many communities there are in all.
    pub fn len(&self) -> usize {
        self.communities.len()
    }

    pub fn is_empty(&self) -> bool {
        self.communities.is_empty()
    }

    /// Returns the most communities that any address has.
    pub fn most(&self) -> usize {
        self.ranges.iter().map(|(_, numbers)| numbers.len()).chain([self.others.len()]).max().unwrap_or(0)
    }

    fn numbers<C: AsRef<[u8]>>(&mut self, communities: impl IntoIterator<Item = C>) -> Vec<u16> {
        let mut numbers = Vec::new();
        for community in communities {
            let community = community.as_ref();
            let place = self.communities.iter().position(|known| **known == *community).unwrap_or_else(|| {
                self.communities.push(community.into());
                self.communities.len() - 1
            });
            let number = u16::try_from(place).expect("nobody has 65,536 communities");
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }
}
