//! The networks this host is on: where `scan` looks when nobody says where.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

/// Is one IPv4 network this host has an address in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    pub interface: String,
    pub interface_index: u32,
    pub address: Ipv4Addr,
    pub prefix: u8,
    pub broadcast: Option<Ipv4Addr>,
}

/// Lists the IPv4 networks of the interfaces that are up, loopback and link-local apart.
///
/// # Errors
/// Fails if the system does not list its interfaces.
pub fn subnets() -> io::Result<Vec<Subnet>> {
    let mut found = Vec::new();
    for interface in if_addrs::get_if_addrs()? {
        let if_addrs::IfAddr::V4(v4) = &interface.addr else { continue };
        if interface.is_loopback() || v4.ip.is_link_local() || !interface.is_oper_up() {
            continue;
        }
        found.push(Subnet {
            interface: interface.name.clone(),
            interface_index: interface.index.unwrap_or(0),
            address: v4.ip,
            prefix: v4.prefixlen,
            broadcast: v4.broadcast,
        });
    }
    Ok(found)
}

/// Lists the indexes of the interfaces that have an IPv6 address beside loopback.
///
/// # Errors
/// Fails if the system does not list its interfaces.
pub fn v6_interfaces() -> io::Result<Vec<u32>> {
    let mut found: Vec<u32> = if_addrs::get_if_addrs()?
        .iter()
        .filter(|interface| !interface.is_loopback() && interface.is_oper_up() && matches!(interface.ip(), IpAddr::V6(_)))
        .filter_map(|interface| interface.index)
        .collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
