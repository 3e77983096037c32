//! Where to look: what was typed becomes addresses, and nothing typed becomes this host's networks.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use netio::subnets::{Subnet, subnets, v6_interfaces};
use survey::targets::{Target, Targets, parse_list};

use crate::usage::WrongUsage;

/// Is where a scan looks.
pub struct Whereabouts {
    pub targets: Targets,
    /// Addresses that reach many at once, and hosts that announced themselves.
    pub extras: Vec<SocketAddr>,
}

impl Whereabouts {
    pub fn needs_v6(&self) -> bool {
        let is_v6 = |index: u64| matches!(self.targets.get(index), Some(IpAddr::V6(_)));
        // IPv6 targets stand last.
        self.targets.len().checked_sub(1).is_some_and(is_v6) || self.extras.iter().any(SocketAddr::is_ipv6)
    }
}

/// A local network with more addresses is swept only when it is named.
const LARGEST_UNNAMED: u32 = 4096;
/// Is how long printers are given to announce themselves.
const ANNOUNCING: Duration = Duration::from_millis(1500);

/// Reads targets and exclusions as typed: addresses, networks, ranges, names, or files of them.
///
/// # Errors
/// Tells every line of a file that cannot be read, and every name that cannot be resolved.
pub fn named(targets: &[String], exclude: &[String]) -> Result<Whereabouts> {
    let mut builder = Targets::builder();
    for target in all(targets, Addresses::Best)? {
        builder = builder.include(target);
    }
    for target in all(exclude, Addresses::Every)? {
        builder = builder.exclude(target);
    }
    Ok(Whereabouts { targets: builder.build()?, extras: Vec::new() })
}

/// Reads exactly the addresses of a file.
///
/// # Errors
/// As [`named`].
pub fn listed(file: &Path, exclude: &[String]) -> Result<Whereabouts> {
    if !file.is_file() {
        return Err(WrongUsage(format!("--list {}: there is no such file; expected one with an address a line", file.display())).into());
    }
    named(&[file.display().to_string()], exclude)
}

/// Finds the networks this host is on, and the printers that announce themselves there.
///
/// # Errors
/// Fails if the system does not tell its interfaces, or there is no network.
pub fn local(port: u16, exclude: &[String]) -> Result<Whereabouts> {
    let networks = subnets().context("cannot list this machine's network interfaces")?;
    let interfaces = v6_interfaces().unwrap_or_default();
    if networks.is_empty() && interfaces.is_empty() {
        bail!("this machine is on no network; name what to scan, for example: roundsman scan 10.0.0.0/24");
    }
    let mut builder = Targets::builder();
    let mut extras = Vec::new();
    for network in &networks {
        extras.extend(network.broadcast.map(|address| SocketAddr::new(address.into(), port)));
        match swept(network) {
            Some(target) => {
                eprintln!("looking on {} ({}/{})", network.interface, network.address, network.prefix);
                builder = builder.include(target);
            }
            None => eprintln!(
                "{}/{} on {} is large: only printers that announce themselves are looked for there; name it to sweep it",
                network.address, network.prefix, network.interface
            ),
        }
    }
    for interface in interfaces {
        extras.push(SocketAddrV6::new(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1), port, 0, interface).into());
    }
    for target in all(exclude, Addresses::Every)? {
        builder = builder.exclude(target);
    }
    let mut whereabouts = Whereabouts { targets: builder.build()?, extras };
    let left_out = named(exclude, &[])?.targets;
    for mut address in announced() {
        address.set_port(port);
        if whereabouts.targets.index_of(address.ip()).is_none() && left_out.index_of(address.ip()).is_none() {
            whereabouts.extras.push(address);
        }
    }
    Ok(whereabouts)
}

/// One address of each printer that announces itself: IPv4 where it has one.
fn announced() -> Vec<SocketAddr> {
    match netio::dns_sd::browse(ANNOUNCING) {
        Ok(printers) => printers
            .into_iter()
            .filter_map(|printer| printer.addresses.iter().find(|address| address.is_ipv4()).or(printer.addresses.first()).copied())
            .collect(),
        Err(error) => {
            eprintln!("printers that announce themselves cannot be listened for: {error}");
            Vec::new()
        }
    }
}

fn swept(network: &Subnet) -> Option<Target> {
    let size = 1u64 << (32 - u32::from(network.prefix.min(32)));
    let text = format!("{}/{}", network.address, network.prefix);
    (size <= LARGEST_UNNAMED.into()).then(|| Target::parse(&text).ok())?
}

/// Says which addresses of a host name are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Addresses {
    /// One, IPv4 if there is: a printer is to be read once.
    Best,
    /// All of them: a printer is to be left alone on every one.
    Every,
}

/// Reads what was typed; a word that is an existing file's path stands for the file's lines.
fn all(words: &[String], which: Addresses) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for word in words {
        let path = Path::new(word);
        if path.is_file() {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {word}"))?;
            targets.extend(parse_list(&text, word)?);
        } else {
            targets.push(Target::parse(word)?);
        }
    }
    let mut resolved = Vec::new();
    for target in targets {
        match (target, which) {
            (Target::Name(name), Addresses::Best) => resolved.push(target_at(address_of(&name, 0)?)),
            (Target::Name(name), Addresses::Every) => resolved.extend(addresses_of(&name, 0)?.into_iter().map(target_at)),
            (target, _) => resolved.push(target),
        }
    }
    Ok(resolved)
}

/// Returns the target that is this one address.
pub fn target_at(address: SocketAddr) -> Target {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => Target::Scoped { address: *v6.ip(), scope: v6.scope_id() },
        address => Target::Address(address.ip()),
    }
}

fn addresses_of(host: &str, port: u16) -> Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs().with_context(|| format!("{host} is not found; check the name, or give its address"))?.collect())
}

/// Resolves a host name or reads an address; one with IPv4 and IPv6 is reached by IPv4.
///
/// # Errors
/// Fails if the name has no address.
pub fn address_of(host: &str, port: u16) -> Result<SocketAddr> {
    let addresses = addresses_of(host, port)?;
    let v4 = addresses.iter().find(|address| address.is_ipv4());
    v4.or(addresses.first()).copied().with_context(|| format!("{host} has no address"))
}
