//! How many connections there may be: overall, and of one client address.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts the open connections and gives out places while there are any.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    most_per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    overall: usize,
    by_client: BTreeMap<IpAddr, usize>,
}

/// Says why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("all {0} connections are taken")]
    Full(usize),
    #[error("this address has {0} connections open already")]
    FullForAddress(usize),
}

/// Is one connection's place; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    client: IpAddr,
}

impl Places {
    pub(super) fn new(most: usize, most_per_address: usize) -> Arc<Self> {
        Arc::new(Self { most, most_per_address, taken: Mutex::default() })
    }

    /// Takes a place for a connection from this address.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Refusal> {
        let client = client_of(address);
        let mut taken = self.taken();
        if taken.overall >= self.most {
            return Err(Refusal::Full(self.most));
        }
        let of_client = taken.by_client.get(&client).copied().unwrap_or(0);
        if of_client >= self.most_per_address {
            return Err(Refusal::FullForAddress(self.most_per_address));
        }
        taken.overall += 1;
        taken.by_client.insert(client, of_client + 1);
        Ok(Place { places: Arc::clone(self), client })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // The counts are whole after every statement, so a panic elsewhere leaves them usable.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.overall -= 1;
        let of_client = taken.by_client.get(&self.client).copied().unwrap_or(0);
        if of_client > 1 {
            taken.by_client.insert(self.client, of_client - 1);
        } else {
            taken.by_client.remove(&self.client);
        }
    }
}

/// Returns what counts as one client: an IPv4 address, or the /64 network that one IPv6 host has
/// for itself and could otherwise draw any number of addresses from.
fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_fills_its_own_places_only() {
        let places = Places::new(100, 2);
        let _first = places.take(ip("10.0.0.1")).unwrap();
        let second = places.take(ip("::ffff:10.0.0.1")).unwrap();
        assert_eq!(places.take(ip("10.0.0.1")).unwrap_err(), Refusal::FullForAddress(2));
        let _other = places.take(ip("10.0.0.2")).unwrap();
        drop(second);
        assert!(places.take(ip("10.0.0.1")).is_ok());
    }

    #[test]
    fn an_ipv6_network_of_64_bits_is_one_client() {
        let places = Places::new(100, 1);
        let _first = places.take(ip("2001:db8::1")).unwrap();
        assert!(places.take(ip("2001:db8::ffff:1:2:3")).is_err());
        assert!(places.take(ip("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn the_house_is_full_for_everybody() {
        let places = Places::new(2, 64);
        let first = places.take(ip("10.0.0.1")).unwrap();
        let _second = places.take(ip("10.0.0.2")).unwrap();
        assert_eq!(places.take(ip("10.0.0.3")).unwrap_err(), Refusal::Full(2));
        drop(first);
        assert!(places.take(ip("10.0.0.3")).is_ok());
    }

    #[test]
    fn a_client_that_left_is_not_remembered() {
        let places = Places::new(100, 2);
        for last in 0..50 {
            drop(places.take(IpAddr::from([10, 0, 0, last])).unwrap());
        }
        assert!(places.taken().by_client.is_empty());
        assert_eq!(places.taken().overall, 0);
    }
}
