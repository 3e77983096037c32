//! Whom to ask: addresses, networks and ranges as one sorted set that nobody writes out.
//!
//! A set of ranges takes the room of its ranges, not of its addresses, and gives every address a
//! number: `get` and `index_of` are inverse and logarithmic, so that a sweep can keep one bit an
//! address and find it again for each datagram.
//!
//! Nothing here reads a file or asks a name server: names stay names until somebody resolves them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// Is the number of addresses above which a sweep has to be confirmed.
pub const ASK_ABOVE: u64 = 1_048_576;

/// Is one thing to ask, as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Address(IpAddr),
    /// An IPv6 address on one interface, `fe80::7%2`.
    Scoped {
        address: Ipv6Addr,
        /// The interface's index.
        scope: u32,
    },
    /// Every address of an IPv4 network, the first and the last too: with a mask that the site
    /// does not use, printers sit there.
    Cidr {
        /// The first address; the host bits are 0.
        network: Ipv4Addr,
        /// 0 to 32.
        prefix: u8,
    },
    /// Both ends belong to it; `first` is not above `last`.
    Range {
        first: Ipv4Addr,
        last: Ipv4Addr,
    },
    /// A host name, or an IPv6 address with an interface's name as scope: for the operating
    /// system to resolve.
    Name(String),
}

impl Target {
    /// Reads an address, an IPv4 network `10.0.0.0/24`, a range `10.0.0.5-10.0.1.20` (or, for the
    /// last octet, `10.0.0.5-20`) or a host name.
    ///
    /// ```
    /// # use survey::targets::Target;
    /// let range = Target::parse("10.0.0.5-20").unwrap();
    /// assert_eq!(range, Target::parse("10.0.0.5-10.0.0.20").unwrap());
    /// assert!(Target::parse("10.0.0.20-5").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let refuse = |reason| Err(TargetError { text: text.to_owned(), reason });
        if text.is_empty() {
            return refuse(Reason::Nothing);
        }
        if text.contains([',', ';']) || (text.contains(char::is_whitespace) && !text.contains('-')) {
            return refuse(Reason::Several);
        }
        if let Ok(address) = text.parse() {
            return Ok(Target::Address(address));
        }
        let parsed = match (text.split_once('/'), text.split_once('-'), text.split_once('%')) {
            (Some((network, prefix)), ..) => cidr(network, prefix),
            (_, Some((first, last)), _) if looks_like_address(first.trim()) => range(first.trim(), last.trim()),
            (.., Some((address, scope))) => scoped(address, scope, text),
            _ => name(text),
        };
        parsed.or_else(refuse)
    }

    /// Returns the first and the last address of an IPv4 target.
    fn v4_range(&self) -> Option<(u32, u32)> {
        match *self {
            Target::Address(address) => match address.to_canonical() {
                IpAddr::V4(address) => Some((address.to_bits(), address.to_bits())),
                IpAddr::V6(_) => None,
            },
            Target::Cidr { network, prefix } => Some((network.to_bits(), network.to_bits() | host_bits(prefix))),
            Target::Range { first, last } => Some((first.to_bits(), last.to_bits())),
            Target::Scoped { .. } | Target::Name(_) => None,
        }
    }
}

fn cidr(network: &str, prefix: &str) -> Result<Target, Reason> {
    if network.parse::<Ipv6Addr>().is_ok() {
        return Err(Reason::Ipv6Network);
    }
    let network: Ipv4Addr = network.trim_end().parse().map_err(|_| Reason::Network)?;
    let prefix: u8 = prefix.trim_start().parse().ok().filter(|prefix| *prefix <= 32).ok_or(Reason::Prefix)?;
    let network = Ipv4Addr::from_bits(network.to_bits() & !host_bits(prefix));
    Ok(Target::Cidr { network, prefix })
}

fn host_bits(prefix: u8) -> u32 {
    u32::MAX.checked_shr(prefix.into()).unwrap_or(0)
}

fn range(first: &str, last: &str) -> Result<Target, Reason> {
    if first.contains(':') {
        return Err(Reason::Ipv6Network);
    }
    let first: Ipv4Addr = first.parse().map_err(|_| Reason::RangeEnd)?;
    let last = match last.parse::<u8>() {
        Ok(octet) => Ipv4Addr::from_bits(first.to_bits() & !0xff | u32::from(octet)),
        Err(_) => last.parse().map_err(|_| Reason::RangeEnd)?,
    };
    if last < first {
        return Err(Reason::Reversed { first, last });
    }
    Ok(Target::Range { first, last })
}

/// Returns whether the part before a hyphen is meant as an address: `printer-7` is a name.
fn looks_like_address(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok() || (text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn scoped(address: &str, scope: &str, text: &str) -> Result<Target, Reason> {
    let address: Ipv6Addr = address.parse().map_err(|_| Reason::Nonsense)?;
    match scope.parse() {
        Ok(scope) => Ok(Target::Scoped { address, scope }),
        // Only the operating system knows which index `eth0` has.
        Err(_) if !scope.is_empty() && scope.chars().all(|c| c.is_ascii_graphic()) => Ok(Target::Name(text.to_owned())),
        Err(_) => Err(Reason::Nonsense),
    }
}

/// Takes what can be a host name: a last label of digits alone is a mistyped address.
///
/// Source: RFC 1123 §2.1; the underscore is in use where the standard has none.
fn name(text: &str) -> Result<Target, Reason> {
    let labels = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        matches!(label.len(), 1..=63)
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let last = labels.rsplit('.').next().unwrap_or_default();
    let is_name = labels.len() <= 253 && labels.split('.').all(is_label) && !last.chars().all(|c| c.is_ascii_digit());
    if is_name { Ok(Target::Name(text.to_owned())) } else { Err(Reason::Nonsense) }
}

/// Is why a text is no target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetError {
    text: String,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Nothing,
    Several,
    Nonsense,
    Network,
    Prefix,
    Ipv6Network,
    RangeEnd,
    Reversed { first: Ipv4Addr, last: Ipv4Addr },
    Unresolved,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A line of a file can be a whole picture: enough of it to find it again will do.
        let shown: String = self.text.chars().take(60).collect();
        match self.reason {
            Reason::Nothing => f.write_str("an empty text is no target"),
            _ => write!(f, "{shown:?} "),
        }?;
        match self.reason {
            Reason::Nothing => f.write_str("; expected an address, CIDR, range or host name"),
            Reason::Several => f.write_str("holds several targets; give each one by itself, without commas"),
            Reason::Nonsense => f.write_str("is no address, CIDR, range or host name"),
            Reason::Network => f.write_str("is no network; expected an IPv4 address before the slash, as in 10.0.0.0/24"),
            Reason::Prefix => f.write_str("is no network; expected a prefix from 0 to 32 after the slash, as in 10.0.0.0/24"),
            Reason::Ipv6Network => {
                f.write_str("is too large to ask: IPv6 networks are found by DNS-SD and multicast, not swept; name addresses")
            }
            Reason::RangeEnd => f.write_str("is no range; expected IPv4 addresses at both ends, as in 10.0.0.5-10.0.1.20 or 10.0.0.5-20"),
            Reason::Reversed { first, last } => write!(f, "is a range backwards: {last} comes before {first}; swap the ends"),
            Reason::Unresolved => f.write_str("is a name that nobody has resolved"),
        }
    }
}

impl std::error::Error for TargetError {}

/// Reads a list with one target a line; `#` begins a comment, blank lines count for nothing.
///
/// # Errors
///
/// Names every bad line, so that a list is mended in one go.
///
/// ```
/// # use survey::targets::parse_list;
/// assert_eq!(parse_list("# ground floor\n10.0.0.7\n\nprinter-3.example # the loud one\n", "targets.txt").unwrap().len(), 2);
/// let errors = parse_list("10.0.0.7\n10.0.0.300\n", "targets.txt").unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     r#"targets.txt:2: "10.0.0.300" is no address, CIDR, range or host name; expected one target a line"#,
/// );
/// ```
pub fn parse_list(text: &str, file_name: &str) -> Result<Vec<Target>, ListErrors> {
    let mut targets = Vec::new();
    let mut errors = ListErrors { file_name: file_name.to_owned(), lines: Vec::new() };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let content = line.split('#').next().unwrap_or_default().trim();
        if content.is_empty() {
            continue;
        }
        match Target::parse(content) {
            Ok(target) => targets.push(target),
            Err(error) => errors.lines.push((index + 1, error)),
        }
    }
    if errors.lines.is_empty() { Ok(targets) } else { Err(errors) }
}

/// Is every line of a list that is no target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListErrors {
    file_name: String,
    /// Line number from 1 and what is wrong with it, in order; never empty.
    lines: Vec<(usize, TargetError)>,
}

impl ListErrors {
    /// How many lines are spelled out; a file of another kind is wrong on every line.
    const SHOWN: usize = 20;
}

impl fmt::Display for ListErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (line, error)) in self.lines.iter().take(Self::SHOWN).enumerate() {
            let line_feed = if place > 0 { "\n" } else { "" };
            write!(f, "{line_feed}{}:{line}: {error}", self.file_name)?;
            if error.reason == Reason::Nonsense {
                f.write_str("; expected one target a line")?;
            }
        }
        match self.lines.len().saturating_sub(Self::SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n{}: {more} more lines are no targets", self.file_name),
        }
    }
}

impl std::error::Error for ListErrors {}

/// Is a set of addresses, each once, numbered from 0: IPv4 in order, then IPv6 in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// First and last address of each range; sorted, apart from each other by at least one address.
    v4: Vec<(u32, u32)>,
    /// How many addresses lie before the range of the same place.
    before: Vec<u32>,
    v4_len: u64,
    /// Address and scope (0: none); sorted, each once.
    v6: Vec<(Ipv6Addr, u32)>,
}

impl Targets {
    pub fn builder() -> TargetsBuilder {
        TargetsBuilder::default()
    }

    /// Returns the number of addresses.
    pub fn len(&self) -> u64 {
        self.v4_len + self.v6.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the address with this number.
    pub fn get(&self, index: u64) -> Option<IpAddr> {
        if index >= self.v4_len {
            return self.v6_at(index).map(|(address, _)| address.into());
        }
        let index = u32::try_from(index).ok()?;
        let place = self.before.partition_point(|before| *before <= index).checked_sub(1)?;
        let (first, _) = self.v4[place];
        Some(Ipv4Addr::from_bits(first + (index - self.before[place])).into())
    }

    /// Returns the index of the interface through which the address with this number is reached;
    /// 0 where none is named.
    pub fn scope(&self, index: u64) -> u32 {
        self.v6_at(index).map_or(0, |(_, scope)| scope)
    }

    /// Returns where the address with this number is reached on a port.
    pub fn socket_address(&self, index: u64, port: u16) -> Option<SocketAddr> {
        match self.get(index)? {
            IpAddr::V6(address) => Some(SocketAddrV6::new(address, port, 0, self.scope(index)).into()),
            address => Some(SocketAddr::new(address, port)),
        }
    }

    fn v6_at(&self, index: u64) -> Option<(Ipv6Addr, u32)> {
        let place = usize::try_from(index.checked_sub(self.v4_len)?).ok()?;
        self.v6.get(place).copied()
    }

    /// Returns the number of an address; of the first one, if it is named on several interfaces.
    #[inline]
    pub fn index_of(&self, address: IpAddr) -> Option<u64> {
        match address.to_canonical() {
            IpAddr::V4(address) => self.v4_index(address.to_bits()),
            IpAddr::V6(address) => {
                let place = self.v6.partition_point(|(known, _)| *known < address);
                let (found, _) = self.v6.get(place)?;
                (*found == address).then_some(self.v4_len + place as u64)
            }
        }
    }

    /// Returns the number of an IPv6 address on one interface.
    pub fn index_of_scoped(&self, address: Ipv6Addr, scope: u32) -> Option<u64> {
        let place = self.v6.binary_search(&(address, scope)).ok()?;
        Some(self.v4_len + place as u64)
    }

    #[inline]
    fn v4_index(&self, address: u32) -> Option<u64> {
        let place = self.v4.partition_point(|(first, _)| *first <= address).checked_sub(1)?;
        let (first, last) = self.v4[place];
        (address <= last).then(|| u64::from(self.before[place] + (address - first)))
    }

    /// Returns every address, ordered by number.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let v4 = self.v4.iter().flat_map(|(first, last)| (*first..=*last).map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))));
        v4.chain(self.v6.iter().map(|(address, _)| IpAddr::V6(*address)))
    }

    /// Returns the IPv4 part: first and last address of each range, sorted, not touching each other.
    pub fn v4_ranges(&self) -> &[(u32, u32)] {
        &self.v4
    }
}

/// Collects what to ask and what to leave alone.
#[derive(Clone, Debug, Default)]
pub struct TargetsBuilder {
    included: Side,
    excluded: Side,
    unresolved: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Side {
    v4: Vec<(u32, u32)>,
    v6: Vec<(Ipv6Addr, u32)>,
}

impl TargetsBuilder {
    /// Takes a target in; what is there already is not taken again.
    #[must_use]
    pub fn include(mut self, target: Target) -> Self {
        self.unresolved = self.included.take(target).or(self.unresolved);
        self
    }

    /// Leaves a target out, whether it is included before or after.
    ///
    /// An IPv6 address without an interface is left out on all of them.
    #[must_use]
    pub fn exclude(mut self, target: Target) -> Self {
        self.unresolved = self.excluded.take(target).or(self.unresolved);
        self
    }

    /// Returns what was included less what was excluded.
    ///
    /// # Errors
    ///
    /// A name has no address here: an exclusion that nobody resolved must not get lost.
    pub fn build(self) -> Result<Targets, TargetError> {
        if let Some(text) = self.unresolved {
            return Err(TargetError { text, reason: Reason::Unresolved });
        }
        let v4 = subtract(&merge(self.included.v4), &merge(self.excluded.v4));
        let mut before = Vec::with_capacity(v4.len());
        let mut v4_len = 0_u64;
        for (first, last) in &v4 {
            before.push(u32::try_from(v4_len).expect("ranges are apart, so fewer than 2^32 addresses lie before one"));
            v4_len += u64::from(last - first) + 1;
        }
        let mut v6 = self.included.v6;
        v6.sort_unstable();
        v6.dedup();
        let excluded = self.excluded.v6;
        v6.retain(|(address, scope)| !excluded.iter().any(|(other, on)| other == address && (*on == 0 || on == scope)));
        Ok(Targets { v4, before, v4_len, v6 })
    }
}

impl Side {
    /// Takes a target; gives a name back, since it is no address.
    fn take(&mut self, target: Target) -> Option<String> {
        if let Some(range) = target.v4_range() {
            self.v4.push(range);
            return None;
        }
        match target {
            Target::Name(name) => return Some(name),
            Target::Scoped { address, scope } => self.v6.push((address, scope)),
            Target::Address(IpAddr::V6(address)) => self.v6.push((address, 0)),
            Target::Address(IpAddr::V4(_)) | Target::Cidr { .. } | Target::Range { .. } => unreachable!("has an IPv4 range"),
        }
        None
    }
}

/// Sorts ranges and joins those that overlap or touch.
fn merge(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let joined = next.0 <= kept.1.saturating_add(1);
        if joined {
            kept.1 = kept.1.max(next.1);
        }
        joined
    });
    ranges
}

/// Cuts the holes out of the ranges; both are merged.
fn subtract(ranges: &[(u32, u32)], holes: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut left = Vec::with_capacity(ranges.len());
    let mut next_hole = 0;
    for (first, last) in ranges.iter().copied() {
        while holes.get(next_hole).is_some_and(|(_, end)| *end < first) {
            next_hole += 1;
        }
        // `None` once a hole reaches the end of all addresses.
        let mut from = Some(first);
        for (start, end) in holes[next_hole..].iter().copied().take_while(|(start, _)| *start <= last) {
            match from {
                Some(from) if from < start => left.push((from, start - 1)),
                _ => {}
            }
            from = end.checked_add(1);
        }
        if let Some(from) = from.filter(|from| *from <= last) {
            left.push((from, last));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn targets(added: &[&str], excluded: &[&str]) -> Targets {
        let parse = |text: &&str| Target::parse(text).unwrap();
        let builder = added.iter().map(parse).fold(Targets::builder(), TargetsBuilder::include);
        excluded.iter().map(parse).fold(builder, TargetsBuilder::exclude).build().unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn message(text: &str) -> String {
        Target::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(Target::parse(" 10.0.0.5 "), Ok(Target::Address(address("10.0.0.5"))));
        assert_eq!(Target::parse("2001:db8::7"), Ok(Target::Address(address("2001:db8::7"))));
        assert_eq!(Target::parse("fe80::7%2"), Ok(Target::Scoped { address: "fe80::7".parse().unwrap(), scope: 2 }));
        assert_eq!(Target::parse("fe80::7%eth0"), Ok(Target::Name("fe80::7%eth0".into())));
        assert_eq!(Target::parse("10.0.0.77/24"), Ok(Target::Cidr { network: Ipv4Addr::new(10, 0, 0, 0), prefix: 24 }));
        let range = Target::Range { first: Ipv4Addr::new(10, 0, 0, 5), last: Ipv4Addr::new(10, 0, 1, 20) };
        assert_eq!(Target::parse("10.0.0.5 - 10.0.1.20"), Ok(range));
        assert_eq!(Target::parse("10.0.0.5-20"), Target::parse("10.0.0.5-10.0.0.20"));
        for name in ["printer-7", "10-0-0-5.example", "npi1234.lan.", "a_b.example", "3com"] {
            assert_eq!(Target::parse(name), Ok(Target::Name(name.into())));
        }
    }

    #[test]
    fn what_is_no_target_is_told_with_what_was_expected() {
        assert_eq!(message("10.0.0.300"), r#""10.0.0.300" is no address, CIDR, range or host name"#);
        assert_eq!(message(""), "an empty text is no target; expected an address, CIDR, range or host name");
        assert!(message("10.0.0.0/33").contains("expected a prefix from 0 to 32"));
        assert!(message("10.0.0.0/-1").contains("expected a prefix from 0 to 32"));
        assert!(message("10.0.0.0/").contains("expected a prefix from 0 to 32"));
        assert!(message("10.0.0/24").contains("expected an IPv4 address before the slash"));
        assert!(message("printer/24").contains("expected an IPv4 address before the slash"));
        assert!(message("10.0.0.20-5").contains("10.0.0.5 comes before 10.0.0.20; swap the ends"));
        assert!(message("10.0.0.5-").contains("expected IPv4 addresses at both ends"));
        assert!(message("10.0.0.5-300").contains("expected IPv4 addresses at both ends"));
        assert!(message("10.0.0.300-10.0.0.5").contains("expected IPv4 addresses at both ends"));
        assert!(message("2001:db8::/64").contains("IPv6 networks are found by DNS-SD and multicast, not swept; name addresses"));
        assert!(message("2001:db8::1-2001:db8::9").contains("not swept"));
        assert!(message("10.0.0.1,10.0.0.2").contains("without commas"));
        assert!(message("10.0.0.1 10.0.0.2").contains("give each one by itself"));
        for nonsense in ["10.0.0", "10.0.0.1:161", "fe80::1%", "-printer", "a..b", "12345", "druck\u{1b}[2J", "ein=wort"] {
            assert!(message(nonsense).contains("is no address, CIDR, range or host name"), "{nonsense}");
        }
        assert!(!message("druck\u{1b}[2J").contains('\u{1b}'));
    }

    #[test]
    fn all_addresses_of_a_network_belong_to_it() {
        let sixteen = targets(&["127.16.0.0/16"], &[]);
        assert_eq!(sixteen.len(), 65_536);
        assert_eq!(sixteen.get(0), Some(address("127.16.0.0")));
        assert_eq!(sixteen.get(65_535), Some(address("127.16.255.255")));
        assert_eq!(targets(&["10.0.0.1/31"], &[]).len(), 2);
        assert_eq!(targets(&["10.0.0.1/32"], &[]).len(), 1);
    }

    #[test]
    fn all_of_ipv4_takes_one_range() {
        let everything = targets(&["0.0.0.0/0", "10.0.0.0/8", "2001:db8::1"], &[]);
        assert_eq!(everything.len(), (1 << 32) + 1);
        assert_eq!(everything.v4_ranges(), &[(0, u32::MAX)]);
        assert_eq!(everything.index_of(address("255.255.255.255")), Some(u64::from(u32::MAX)));
        assert_eq!(everything.get(u64::from(u32::MAX)), Some(address("255.255.255.255")));
        assert_eq!(everything.get(1 << 32), Some(address("2001:db8::1")));
        assert_eq!(everything.get((1 << 32) + 1), None);
        assert!(targets(&["0.0.0.0/0"], &["0.0.0.0/0"]).is_empty());
        assert_eq!(targets(&["0.0.0.0/0"], &["128.0.0.0/1"]).v4_ranges(), &[(0, 0x7fff_ffff)]);
    }

    #[test]
    fn an_exclusion_holds_whenever_it_is_named() {
        let rest = targets(&["10.0.0.0/24", "10.0.0.128/24"], &["10.0.0.7", "10.0.0.100-10.0.0.199", "10.0.0.250/29"]);
        assert_eq!(rest.len(), 256 - 1 - 100 - 8);
        assert_eq!(rest.index_of(address("10.0.0.7")), None);
        assert_eq!(rest.index_of(address("10.0.0.8")), Some(7));
        assert_eq!(rest.index_of(address("10.0.0.200")), Some(99));
    }

    #[test]
    fn an_address_on_two_interfaces_is_two_targets() {
        let both = targets(&["fe80::7%3", "fe80::7%2", "fe80::7%2", "10.0.0.1"], &[]);
        assert_eq!(both.len(), 3);
        assert_eq!((both.get(1), both.scope(1)), (Some(address("fe80::7")), 2));
        assert_eq!((both.get(2), both.scope(2)), (Some(address("fe80::7")), 3));
        assert_eq!(both.scope(0), 0);
        assert_eq!(both.index_of(address("fe80::7")), Some(1));
        assert_eq!(both.index_of_scoped("fe80::7".parse().unwrap(), 3), Some(2));
        assert_eq!(targets(&["fe80::7%3", "fe80::7%2"], &["fe80::7"]).len(), 0);
        assert_eq!(targets(&["fe80::7%3", "fe80::7%2"], &["fe80::7%2"]).len(), 1);
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        let mapped = targets(&["::ffff:10.0.0.5"], &[]);
        assert_eq!(mapped.v4_ranges().len(), 1);
        assert_eq!(mapped.index_of(address("::ffff:10.0.0.5")), Some(0));
        assert_eq!(mapped.index_of(address("10.0.0.5")), Some(0));
    }

    #[test]
    fn an_unresolved_exclusion_is_not_lost() {
        let result = Targets::builder().include(Target::parse("10.0.0.0/24").unwrap()).exclude(Target::parse("printer-7").unwrap()).build();
        assert_eq!(result.unwrap_err().to_string(), r#""printer-7" is a name that nobody has resolved"#);
    }

    #[test]
    fn a_list_has_comments_blank_lines_and_foreign_line_ends() {
        let text = "\u{feff}# ground floor\r\n10.0.0.1\r\n\r\n  10.0.1.0/24  # the annexe\r\nprinter-3\r\n";
        assert_eq!(parse_list(text, "targets.txt").unwrap().len(), 3);
        assert_eq!(parse_list("", "targets.txt").unwrap().len(), 0);
    }

    #[test]
    fn every_bad_line_of_a_list_is_named() {
        let text = "10.0.0.1\n10.0.0.300\n10.0.0.1, 10.0.0.2\n10.0.0.9\nfe80::/10\n";
        assert_eq!(
            parse_list(text, "targets.txt").unwrap_err().to_string(),
            r#"targets.txt:2: "10.0.0.300" is no address, CIDR, range or host name; expected one target a line
targets.txt:3: "10.0.0.1, 10.0.0.2" holds several targets; give each one by itself, without commas
targets.txt:5: "fe80::/10" is too large to ask: IPv6 networks are found by DNS-SD and multicast, not swept; name addresses"#
        );
    }

    #[test]
    fn a_file_of_another_kind_is_not_spelled_out() {
        let message = parse_list(&"\u{0}\u{1}?\n".repeat(1000), "holiday.jpg").unwrap_err().to_string();
        assert_eq!(message.lines().count(), 21);
        assert!(message.ends_with("holiday.jpg: 980 more lines are no targets"));
    }

    /// Ranges within 64 addresses at the bottom, in the middle or at the top of IPv4.
    fn small_ranges() -> impl Strategy<Value = Vec<(u32, u32)>> {
        let base = prop_oneof![Just(0_u32), Just(0x0a00_00e0), Just(u32::MAX - 63)];
        let range = (base, 0..64_u32, 0..64_u32).prop_map(|(base, a, b)| (base + a.min(b), base + a.max(b)));
        prop::collection::vec(range, 0..8)
    }

    fn range_target((first, last): (u32, u32)) -> Target {
        Target::Range { first: Ipv4Addr::from_bits(first), last: Ipv4Addr::from_bits(last) }
    }

    proptest! {
        #[test]
        fn ranges_are_a_set(added in small_ranges(), excluded in small_ranges()) {
            let builder = added.iter().copied().map(range_target).fold(Targets::builder(), TargetsBuilder::include);
            let targets = excluded.iter().copied().map(range_target).fold(builder, TargetsBuilder::exclude).build().unwrap();
            let set = |ranges: &[(u32, u32)]| ranges.iter().flat_map(|(first, last)| *first..=*last).collect::<BTreeSet<u32>>();
            let (added, excluded) = (set(&added), set(&excluded));
            let expected: Vec<IpAddr> = added.difference(&excluded).map(|bits| Ipv4Addr::from_bits(*bits).into()).collect();
            prop_assert_eq!(targets.len(), expected.len() as u64);
            prop_assert_eq!(targets.iter().collect::<Vec<_>>(), expected.clone());
            for (index, address) in expected.iter().enumerate() {
                prop_assert_eq!(targets.get(index as u64), Some(*address));
                prop_assert_eq!(targets.index_of(*address), Some(index as u64));
            }
            for bits in excluded {
                prop_assert_eq!(targets.index_of(Ipv4Addr::from_bits(bits).into()), None);
            }
            prop_assert_eq!(targets.get(targets.len()), None);
            for pair in targets.v4_ranges().windows(2) {
                prop_assert!(u64::from(pair[0].1) + 1 < u64::from(pair[1].0));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = Target::parse(&text);
        }

        #[test]
        fn anything_like_an_address_is_read_or_refused(text in "[0-9a-f.:/%-]{0,24}") {
            let _ = Target::parse(&text);
        }
    }
}
