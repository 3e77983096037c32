//! Where a domain says its server is: `_roundsman._tcp` in DNS, asked over UDP with a deadline.
//!
//! What comes back chooses host and port and nothing else; who answers there must still show a
//! certificate for the domain. So a forged answer costs a day and no secret; still, an answer counts
//! only from the resolver asked, to the port asked from, with the id, the question and the letters'
//! case that were asked with.
//!
//! Source: RFC 1035, RFC 2782; the mixed case is draft-vixie-dnsext-dns0x20.

mod message;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

pub use message::{Answer, Malformed, Record, parse, query};

/// Is the service's name before the domain.
pub const SERVICE: &str = "_roundsman._tcp";
/// The system's resolvers, as the C library reads them.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// Is the most resolvers that are asked.
const MOST_RESOLVERS: usize = 3;
/// Each resolver is asked so often, in turn.
const ROUNDS: u32 = 2;
/// Is how long the first answer is waited for; later ones twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// Answers that are not to what was asked are passed over, up to so many.
const MOST_STRANGERS: u32 = 100;

/// Is where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub host: String,
    pub port: u16,
}

/// Says why DNS does not tell where the server is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SrvError {
    #[error("no resolver is configured; name one in [server] resolvers, or in {RESOLV_CONF}")]
    NoResolver,
    #[error("no resolver answers ({0}); check this host's network and DNS")]
    Silent(String),
    #[error("the domain has no entry {SERVICE}; the operator of the domain has to add one, or configure the server's address here")]
    NoEntry,
    #[error("the entry {SERVICE} says that the service is not offered there")]
    NotOffered,
    #[error("the resolver failed with code {0}; try again, or ask whoever runs it")]
    Failed(u8),
    #[error("the answer is malformed")]
    Malformed(#[source] Malformed),
    #[error("{0:?} is no domain name")]
    Name(String),
    #[error("no socket can be had to ask")]
    Socket(std::io::ErrorKind),
}

/// Reads a resolver: an address, or address and port.
pub fn resolver(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, 53)))
}

/// Returns the resolvers of this host.
pub fn system_resolvers() -> Vec<SocketAddr> {
    let text = std::fs::read_to_string(RESOLV_CONF).unwrap_or_default();
    let named = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == "nameserver").then(|| resolver(words.next()?.split('%').next()?))?
    });
    named.take(MOST_RESOLVERS).collect()
}

/// Asks for the server of a domain; takes at most some twenty seconds.
///
/// # Errors
/// Fails if nobody answers in time, or the answer names no server.
pub fn look_up(domain: &str, resolvers: &[SocketAddr]) -> Result<Target, SrvError> {
    if resolvers.is_empty() {
        return Err(SrvError::NoResolver);
    }
    let mut silent = String::new();
    let mut failed = None;
    for round in 0..ROUNDS {
        for resolver in resolvers.iter().take(MOST_RESOLVERS) {
            match ask(domain, *resolver, FIRST_WAIT * (1 << round)) {
                Ok(answer) if matches!(answer.code, 0 | 3) => return choose(&answer),
                Ok(answer) => failed = Some(SrvError::Failed(answer.code)),
                Err(Asked::Silent) => silent = format!("{resolver}"),
                Err(Asked::Error(error)) => return Err(error),
            }
        }
    }
    Err(failed.unwrap_or(SrvError::Silent(silent)))
}

enum Asked {
    Silent,
    Error(SrvError),
}

fn ask(domain: &str, resolver: SocketAddr, within: Duration) -> Result<Answer, Asked> {
    let socket_error = |error: std::io::Error| Asked::Error(SrvError::Socket(error.kind()));
    let any: IpAddr = if resolver.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // A port of its own for each question: whoever wants to forge an answer has to guess it too.
    let socket = UdpSocket::bind((any, 0)).map_err(socket_error)?;
    if socket.connect(resolver).is_err() {
        return Err(Asked::Silent);
    }
    let chance = super::machine::chance();
    let asked = query(&format!("{SERVICE}.{}", domain.trim_end_matches('.')), chance as u16, chance >> 16)
        .ok_or_else(|| Asked::Error(SrvError::Name(domain.to_owned())))?;
    if socket.send(&asked).is_err() {
        return Err(Asked::Silent);
    }
    let until = Instant::now() + within;
    let mut octets = [0; 4096];
    for _ in 0..MOST_STRANGERS {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || socket.set_read_timeout(Some(left)).is_err() {
            break;
        }
        let Ok(length) = socket.recv(&mut octets) else { break };
        match parse(&asked, &octets[..length]) {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => {}
            Err(malformed) => return Err(Asked::Error(SrvError::Malformed(malformed))),
        }
    }
    Err(Asked::Silent)
}

/// Takes the first of the entries with the lowest priority; the heavier one of equals.
///
/// RFC 2782 would have clients draw lots by weight. A fleet's calls are spread over the hour by the
/// schedule already, and one module that always calls the same host is easier to follow.
fn choose(answer: &Answer) -> Result<Target, SrvError> {
    let best = answer.records.iter().min_by_key(|record| (record.priority, u16::MAX - record.weight)).ok_or(SrvError::NoEntry)?;
    match best.target.as_str() {
        "" => Err(SrvError::NotOffered),
        host => Ok(Target { host: host.to_owned(), port: best.port }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(priority: u16, weight: u16, target: &str) -> Record {
        Record { priority, weight, port: 443, target: target.to_owned() }
    }

    #[test]
    fn the_lowest_priority_counts_and_then_the_weight() {
        let records = vec![record(20, 9, "last"), record(10, 1, "light"), record(10, 5, "heavy")];
        assert_eq!(choose(&Answer { code: 0, records }).unwrap().host, "heavy");
        assert_eq!(choose(&Answer { code: 0, records: vec![] }), Err(SrvError::NoEntry));
        assert_eq!(choose(&Answer { code: 0, records: vec![record(0, 0, "")] }), Err(SrvError::NotOffered));
    }

    #[test]
    fn a_resolver_is_an_address_with_or_without_a_port() {
        assert_eq!(resolver("127.0.0.1").unwrap().port(), 53);
        assert_eq!(resolver("[::1]:5353").unwrap().port(), 5353);
        assert_eq!(resolver("dns.example.com"), None);
        assert_eq!(look_up("example.com", &[]), Err(SrvError::NoResolver));
    }
}
