//! Where a program waits for callers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::text::{ValueError, stands_as_text};

/// Is an address and port to listen on: `127.0.0.1:8443`, `[::1]:8443`, `localhost:8443`, `*:2000`.
///
/// `*` is every address of the host, of IPv6 and IPv4; `localhost` is 127.0.0.1. Other names are
/// refused: a listener that moves with a name server's answer is a surprise. Port 0 leaves the
/// choice to the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenAddress {
    address: SocketAddr,
}

stands_as_text!(ListenAddress, "an address and port such as \"127.0.0.1:8443\"");

impl ListenAddress {
    pub const fn new(address: SocketAddr) -> Self {
        ListenAddress { address }
    }

    /// Returns the loopback address with this port.
    pub const fn loopback(port: u16) -> Self {
        ListenAddress { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port) }
    }

    pub const fn socket_address(self) -> SocketAddr {
        self.address
    }

    pub const fn port(self) -> u16 {
        self.address.port()
    }

    /// Returns whether only this host can call.
    pub fn is_loopback(self) -> bool {
        self.address.ip().to_canonical().is_loopback()
    }
}

impl FromStr for ListenAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let trimmed = text.trim();
        if let Ok(address) = trimmed.parse::<SocketAddr>() {
            return Ok(ListenAddress { address });
        }
        if trimmed.parse::<IpAddr>().is_ok() {
            let written = if trimmed.contains(':') { format!("[{trimmed}]:8443") } else { format!("{trimmed}:8443") };
            return Err(ValueError(format!("\"{trimmed}\" has no port; write for example \"{written}\"")));
        }
        let expected = || ValueError(format!("expected an address and port such as \"127.0.0.1:8443\", found \"{text}\""));
        let (host, port) = trimmed.rsplit_once(':').ok_or_else(expected)?;
        let ip = match host {
            "*" => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ if host.starts_with('[') || host.parse::<IpAddr>().is_ok() => {
                host.trim_matches(['[', ']']).parse().map_err(|_| expected())?
            }
            "" => return Err(ValueError(format!("\"{trimmed}\" has no address; write \"*{trimmed}\" to listen on all of them"))),
            _ => return Err(ValueError(format!("\"{host}\" is no address of this host; write an IP address, localhost or *"))),
        };
        let plain = !port.is_empty() && port.bytes().all(|octet| octet.is_ascii_digit());
        let port = if plain { port.parse().ok() } else { None };
        let port = port.ok_or_else(|| ValueError(format!("there is no port \"{}\"; expected 0 to 65535", &trimmed[host.len() + 1..])))?;
        Ok(ListenAddress { address: SocketAddr::new(ip, port) })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) { write!(f, "*:{}", self.port()) } else { write!(f, "{}", self.address) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ListenAddress {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_are_read_and_written() {
        for text in ["127.0.0.1:8443", "[::1]:8443", "*:2000", "0.0.0.0:0", "[2001:db8::1]:2105"] {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(read("localhost:1").to_string(), "127.0.0.1:1");
        assert!(read("localhost:1").is_loopback() && read("[::1]:1").is_loopback() && read("[::ffff:127.0.0.1]:1").is_loopback());
        assert!(!read("*:1").is_loopback() && !read("10.0.0.1:1").is_loopback());
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_to_write() {
        let refused = |text: &str| text.parse::<ListenAddress>().unwrap_err().to_string();
        assert_eq!(refused("127.0.0.1"), "\"127.0.0.1\" has no port; write for example \"127.0.0.1:8443\"");
        assert_eq!(refused("::1"), "\"::1\" has no port; write for example \"[::1]:8443\"");
        assert_eq!(refused(":8443"), "\":8443\" has no address; write \"*:8443\" to listen on all of them");
        assert_eq!(refused("printsrv:8443"), "\"printsrv\" is no address of this host; write an IP address, localhost or *");
        assert_eq!(refused("127.0.0.1:70000"), "there is no port \"70000\"; expected 0 to 65535");
        assert_eq!(refused("127.0.0.1:+1"), "there is no port \"+1\"; expected 0 to 65535");
        assert_eq!(refused("8443"), "expected an address and port such as \"127.0.0.1:8443\", found \"8443\"");
    }
}
