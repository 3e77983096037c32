//! Where the agent looks, and whom it may ask at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use netio::subnets::{Subnet, subnets, v6_interfaces};
use survey::targets::{Target, Targets, parse_list};

use crate::config::Config;
use crate::config::targets as resolved;

/// A network of this host with more addresses is swept only when it is named.
const LARGEST_UNNAMED: u64 = 4096;
/// Is how long printers are given to announce themselves.
const ANNOUNCING: Duration = Duration::from_millis(1500);
/// Is the most host names that are looked up from a list.
const MOST_LISTED: usize = 65_536;

/// Is what the site has decided about addresses.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// `None`: every address may be asked.
    allowed: Option<Targets>,
    excluded: Targets,
    /// `None`: whatever is found is looked after.
    wanted: Option<Targets>,
}

/// Is where a sweep looks.
#[derive(Clone, Debug, Default)]
pub struct Whereabouts {
    pub targets: Targets,
    /// Addresses that reach many at once, and hosts that announced themselves.
    pub extras: Vec<SocketAddr>,
}

impl Whereabouts {
    pub fn needs_v6(&self) -> bool {
        // IPv6 targets stand last.
        let last = self.targets.len().checked_sub(1).and_then(|index| self.targets.get(index));
        matches!(last, Some(IpAddr::V6(_))) || self.extras.iter().any(SocketAddr::is_ipv6)
    }
}

impl Limits {
    /// Returns what the configuration says, with host names as they are known now.
    ///
    /// A name that is not found is told in the log and passed over: the rest is read all the same.
    pub fn of(config: &Config) -> Self {
        let discovery = &config.discovery;
        let names_ranges = !discovery.ranges.is_empty() || discovery.list.is_some();
        let wanted = names_ranges.then(|| {
            let mut words = discovery.ranges.clone();
            words.extend(listed(config));
            known(&words)
        });
        Limits { allowed: (!config.poll.allow.is_empty()).then(|| known(&config.poll.allow)), excluded: known(&discovery.exclude), wanted }
    }

    /// Returns whether an address may be asked.
    pub fn permit(&self, address: IpAddr) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.index_of(address).is_some()) && self.excluded.index_of(address).is_none()
    }

    /// Returns whether a device at this address is looked after.
    pub fn want(&self, address: IpAddr) -> bool {
        self.permit(address) && self.wanted.as_ref().is_none_or(|wanted| wanted.index_of(address).is_some())
    }

    /// Returns where to look: the ranges of the configuration, or this host's networks.
    pub fn whereabouts(&self, config: &Config) -> Whereabouts {
        match &self.wanted {
            Some(wanted) => Whereabouts { targets: self.within(wanted), extras: Vec::new() },
            None => self.local(config),
        }
    }

    /// Returns the targets that may be asked.
    fn within(&self, targets: &Targets) -> Targets {
        let mut builder = include(Targets::builder(), targets);
        builder = self.excluded.iter_targets().fold(builder, |builder, target| builder.exclude(target));
        if let Some(allowed) = &self.allowed {
            builder = gaps(allowed.v4_ranges()).fold(builder, |builder, target| builder.exclude(target));
            let strangers = targets.iter().skip_while(IpAddr::is_ipv4).filter(|address| !self.permit(*address));
            builder = strangers.map(Target::Address).fold(builder, |builder, target| builder.exclude(target));
        }
        builder.build().expect("names were looked up before")
    }

    fn local(&self, config: &Config) -> Whereabouts {
        let port = config.discovery.port;
        let networks = subnets().unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot list this host's networks; name what to look at in [discovery] ranges");
            Vec::new()
        });
        // A limit is a limit: nobody beyond it is asked, and a broadcast asks everybody.
        let calls = config.discovery.broadcast && self.allowed.is_none();
        let mut builder = Targets::builder();
        let mut extras = Vec::new();
        for network in &networks {
            if calls {
                extras.extend(network.broadcast.map(|address| SocketAddr::new(address.into(), port)));
            }
            match swept(network) {
                Some(target) => builder = builder.include(target),
                None => tracing::info!(
                    interface = network.interface,
                    prefix = network.prefix,
                    "a network is large: only printers that announce themselves are looked for there; name it in [discovery] ranges to sweep it"
                ),
            }
        }
        if calls {
            for interface in v6_interfaces().unwrap_or_default() {
                extras.push(SocketAddrV6::new(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1), port, 0, interface).into());
            }
        }
        let targets = self.within(&builder.build().expect("networks have no names"));
        if config.discovery.broadcast {
            let announced = announced().into_iter().filter(|address| self.permit(address.ip()) && targets.index_of(address.ip()).is_none());
            extras.extend(announced.map(|mut address| {
                address.set_port(port);
                address
            }));
        }
        Whereabouts { targets, extras }
    }
}

/// Returns the words of the list file; a file that does not read is told and passed over.
fn listed(config: &Config) -> Vec<String> {
    let Some(path) = &config.discovery.list else { return Vec::new() };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            tracing::warn!(%error, file = %path.display(), "the list of devices cannot be read; what it names is not asked");
            return Vec::new();
        }
    };
    if let Err(error) = parse_list(&text, &path.display().to_string()) {
        tracing::warn!(%error, "the list of devices does not read in full; the rest of it is asked");
    }
    let words = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    words.filter(|word| Target::parse(word).is_ok()).take(MOST_LISTED).map(str::to_owned).collect()
}

/// Makes targets of words, without those that name nobody now.
fn known(words: &[String]) -> Targets {
    let mut words = words.to_vec();
    loop {
        match resolved(&words) {
            Ok(targets) => return targets,
            Err(wrong) => {
                for (place, message) in wrong.into_iter().rev() {
                    tracing::warn!("a name in the configuration is not found, and is passed over this time");
                    tracing::debug!("{message}");
                    words.remove(place);
                }
            }
        }
    }
}

fn include(builder: survey::targets::TargetsBuilder, targets: &Targets) -> survey::targets::TargetsBuilder {
    targets.iter_targets().fold(builder, |builder, target| builder.include(target))
}

/// Says what a set of targets is made of.
trait Parts {
    fn iter_targets(&self) -> Box<dyn Iterator<Item = Target> + '_>;
}

impl Parts for Targets {
    fn iter_targets(&self) -> Box<dyn Iterator<Item = Target> + '_> {
        let v4 = self.v4_ranges().iter().map(|(first, last)| range(*first, *last));
        let count: u64 = self.v4_ranges().iter().map(|(first, last)| u64::from(last - first) + 1).sum();
        let v6 = (count..self.len()).filter_map(|index| match (self.get(index)?, self.scope(index)) {
            (IpAddr::V6(address), scope) if scope != 0 => Some(Target::Scoped { address, scope }),
            (address, _) => Some(Target::Address(address)),
        });
        Box::new(v4.chain(v6))
    }
}

fn range(first: u32, last: u32) -> Target {
    Target::Range { first: Ipv4Addr::from_bits(first), last: Ipv4Addr::from_bits(last) }
}

/// Returns what lies between sorted ranges, before the first and after the last.
fn gaps(ranges: &[(u32, u32)]) -> impl Iterator<Item = Target> {
    let mut next = Some(0u32);
    let mut gaps = Vec::new();
    for (first, last) in ranges {
        if let Some(from) = next
            && from < *first
        {
            gaps.push(range(from, first - 1));
        }
        next = last.checked_add(1);
    }
    if let Some(from) = next {
        gaps.push(range(from, u32::MAX));
    }
    gaps.into_iter()
}

fn swept(network: &Subnet) -> Option<Target> {
    let size = 1u64 << (32 - u32::from(network.prefix.min(32)));
    let text = format!("{}/{}", network.address, network.prefix);
    (size <= LARGEST_UNNAMED).then(|| Target::parse(&text).ok())?
}

/// Returns one address of each printer that announces itself: IPv4 where it has one.
fn announced() -> Vec<SocketAddr> {
    match netio::dns_sd::browse(ANNOUNCING) {
        Ok(printers) => printers
            .into_iter()
            .filter_map(|printer| printer.addresses.iter().find(|address| address.is_ipv4()).or(printer.addresses.first()).copied())
            .collect(),
        Err(error) => {
            tracing::info!(%error, "printers that announce themselves cannot be listened for");
            Vec::new()
        }
    }
}

/// Reads an address as records show it: `10.0.0.7`, `fe80::7%2`.
pub fn target_of(address: &str) -> Option<Target> {
    match Target::parse(address).ok()? {
        Target::Name(_) | Target::Cidr { .. } | Target::Range { .. } => None,
        target => Some(target),
    }
}

/// Returns the address of a target that is one.
pub fn ip_of(target: &Target) -> Option<IpAddr> {
    match target {
        Target::Address(address) => Some(*address),
        Target::Scoped { address, .. } => Some((*address).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        settings::parse(text, "agent.toml").unwrap().value
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn nobody_beyond_the_limit_is_asked_whoever_names_them() {
        let config = config(
            "[discovery]\nranges = ['10.0.0.0/23', '2001:db8::7', '2001:db8::8']\nexclude = ['10.0.0.9']\n[poll]\nallow = ['10.0.0.0/24', '10.9.0.0/16', '2001:db8::8']\n",
        );
        let limits = Limits::of(&config);
        let whereabouts = limits.whereabouts(&config);
        let asked: Vec<IpAddr> = whereabouts.targets.iter().collect();
        assert_eq!(asked.len(), 256 - 1 + 1);
        assert!(asked.contains(&address("10.0.0.255")) && asked.contains(&address("2001:db8::8")));
        for stranger in ["10.0.0.9", "10.0.1.0", "2001:db8::7", "192.168.0.1"] {
            assert!(!asked.contains(&address(stranger)) && !limits.permit(address(stranger)), "{stranger}");
        }
        assert!(limits.permit(address("10.9.0.1")) && !limits.want(address("10.9.0.1")));
    }

    #[test]
    fn without_a_limit_the_ranges_are_asked() {
        let config = config("[discovery]\nranges = ['0.0.0.0-255.255.255.255']\n");
        let limits = Limits::of(&config);
        assert_eq!(limits.whereabouts(&config).targets.len(), 1 << 32);
        assert!(limits.want(address("255.255.255.255")));
    }

    #[test]
    fn the_gaps_of_everything_are_none() {
        assert_eq!(gaps(&[(0, u32::MAX)]).count(), 0);
        assert_eq!(gaps(&[]).count(), 1);
        assert_eq!(gaps(&[(5, 7), (9, 9)]).count(), 3);
    }
}
