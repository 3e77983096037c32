//! Whom to call: host, ports, and the name that the certificate must carry.

use std::net::Ipv6Addr;
use std::str::FromStr;

use rustls_pki_types::ServerName;

/// Names the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A host name or an address; an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
    /// Ports that are tried in turn when the first does not lead to the server: some sites let
    /// only certain ports out.
    pub more_ports: Vec<u16>,
    /// The name that the certificate must carry; the host's own unless it is reached by another.
    ///
    /// It is configured, never looked up: whoever answers for the host must not choose it.
    pub name: Option<String>,
}

/// Says what is wrong with the name of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    #[error("{0:?} is neither a host name nor an address; write a name with other letters in its `xn--` form")]
    Host(String),
    #[error("{0:?} is no port; expected a number from 1 to 65535, as in `reports.example.com:443`")]
    Port(String),
}

impl Server {
    pub const DEFAULT_PORT: u16 = 443;

    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Server { host: host.into(), port, more_ports: Vec::new(), name: None }
    }

    /// Returns the name that is verified.
    pub(crate) fn verified_name(&self) -> Result<ServerName<'static>, ServerError> {
        check_host(&self.host)?;
        check_host(self.name.as_deref().unwrap_or(&self.host))
    }

    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        std::iter::once(self.port).chain(self.more_ports.iter().copied().filter(|port| *port != self.port))
    }
}

/// Checks that a text is a host and nothing else: it goes into requests as it is.
pub(crate) fn check_host(host: &str) -> Result<ServerName<'static>, ServerError> {
    ServerName::try_from(host).map(|name| name.to_owned()).map_err(|_| ServerError::Host(host.to_owned()))
}

/// Returns host and port as one word, as URLs and `CONNECT` have them.
pub(crate) fn authority(host: &str, port: u16) -> String {
    if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Splits `host:port`, `[address]:port`, or either without a port.
pub(crate) fn split(text: &str, default: u16) -> Result<(String, u16), ServerError> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or_else(|| ServerError::Port(rest.to_owned()))?)),
        None if text.parse::<Ipv6Addr>().is_ok() => (text, None),
        None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    check_host(host)?;
    let port = match port {
        None => default,
        Some(text) => text.parse().ok().filter(|port| *port != 0).ok_or_else(|| ServerError::Port(text.to_owned()))?,
    };
    Ok((host.to_owned(), port))
}

impl FromStr for Server {
    type Err = ServerError;

    fn from_str(text: &str) -> Result<Self, ServerError> {
        let (host, port) = split(text.trim(), Server::DEFAULT_PORT)?;
        Ok(Server::new(host, port))
    }
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&authority(&self.host, self.port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_written_as_in_a_url() {
        for (text, host, port) in [
            ("reports.example.com:8443", "reports.example.com", 8443),
            ("reports.example.com", "reports.example.com", 443),
            (" 10.0.0.7:443\n", "10.0.0.7", 443),
            ("[2001:db8::7]:8443", "2001:db8::7", 8443),
            ("[2001:db8::7]", "2001:db8::7", 443),
            ("2001:db8::7", "2001:db8::7", 443),
        ] {
            assert_eq!(text.parse(), Ok(Server::new(host, port)), "{text}");
        }
        assert_eq!(Server::new("2001:db8::7", 1).to_string(), "[2001:db8::7]:1");
    }

    #[test]
    fn what_is_no_server_is_named() {
        for text in ["", "a b", "a\r\nHost: b", "https://example.com", "example.com:0", "example.com:70000", "[::1]x", "grün.example"] {
            assert!(text.parse::<Server>().is_err(), "{text:?}");
        }
    }
}
