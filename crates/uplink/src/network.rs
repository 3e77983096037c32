//! Reaching a host: its addresses, and a TCP connection to one of them, in bounded time.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::deadline::Deadline;

/// Of the addresses that a name has, so many are tried.
const MOST_ADDRESSES: usize = 6;

/// Says what the network did, in words that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkReason {
    #[error("the name {0} was not found; check the spelling and this host's DNS")]
    NameNotFound(String),
    #[error("the connection was refused; nothing listens at this port, or a firewall says so")]
    Refused,
    #[error("there is no route to it; check this host's network and the firewall")]
    Unreachable,
    #[error("no answer within {} s while {during}", .within.as_secs_f64())]
    TimedOut { during: Phase, within: Duration },
    #[error("the connection was closed while {0}")]
    Closed(Phase),
    #[error("the operating system says: {0}")]
    Other(io::ErrorKind),
}

/// Is what was being done when the network failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Resolving,
    Connecting,
    /// Talking with the proxy.
    Proxy,
    /// Agreeing on a secure connection.
    Handshake,
    /// Sending a request and waiting for its answer.
    Answer,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Phase::Resolving => "looking the name up",
            Phase::Connecting => "connecting; a firewall may drop what goes to this port",
            Phase::Proxy => "asking the proxy for a connection",
            Phase::Handshake => "agreeing on a secure connection",
            Phase::Answer => "waiting for the answer",
        })
    }
}

impl NetworkReason {
    pub(crate) fn from_io(error: &io::Error, during: Phase, within: Duration) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionRefused => NetworkReason::Refused,
            Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::AddrNotAvailable => NetworkReason::Unreachable,
            Kind::TimedOut | Kind::WouldBlock => NetworkReason::TimedOut { during, within },
            Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::UnexpectedEof
            | Kind::NotConnected
            | Kind::WriteZero => NetworkReason::Closed(during),
            kind => NetworkReason::Other(kind),
        }
    }
}

/// Connects to a host; `within` bounds the look-up, and then the attempts at all addresses together.
pub(crate) fn connect(host: &str, port: u16, resolve: Duration, within: Duration) -> Result<TcpStream, NetworkReason> {
    let addresses = addresses(host, port, resolve)?;
    let deadline = Deadline::after(within);
    let mut first = None;
    for (tried, address) in addresses.iter().enumerate() {
        let Some(left) = deadline.left() else { break };
        // An address that does not answer leaves the others their share.
        let share = left / (addresses.len() - tried) as u32;
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok(stream),
            Err(error) => _ = first.get_or_insert(NetworkReason::from_io(&error, Phase::Connecting, within)),
        }
    }
    Err(first.unwrap_or(NetworkReason::TimedOut { during: Phase::Connecting, within }))
}

fn addresses(host: &str, port: u16, within: Duration) -> Result<Vec<SocketAddr>, NetworkReason> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    // The operating system's look-up knows no deadline. So it has a thread of its own, which is
    // left behind when time is over and ends when the operating system gives up.
    let (sender, receiver) = mpsc::channel();
    let name = host.to_owned();
    let looking = thread::Builder::new().name("look-up".into()).spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs().map(|found| found.take(MOST_ADDRESSES).collect::<Vec<_>>());
        let _ = sender.send(found);
    });
    if let Err(error) = looking {
        return Err(NetworkReason::Other(error.kind()));
    }
    match receiver.recv_timeout(within) {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(_) => Err(NetworkReason::NameNotFound(host.to_owned())),
        Err(_) => Err(NetworkReason::TimedOut { during: Phase::Resolving, within }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Duration = Duration::from_secs(10);

    #[test]
    fn a_port_where_nothing_listens_refuses() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        connect("127.0.0.1", port, SECONDS, SECONDS).unwrap();
        drop(listener);
        assert_eq!(connect("127.0.0.1", port, SECONDS, SECONDS).unwrap_err(), NetworkReason::Refused);
    }

    #[test]
    fn every_kind_of_failure_has_its_words() {
        let reason = |kind: io::ErrorKind| NetworkReason::from_io(&kind.into(), Phase::Answer, SECONDS);
        assert_eq!(reason(io::ErrorKind::HostUnreachable), NetworkReason::Unreachable);
        assert_eq!(reason(io::ErrorKind::BrokenPipe), NetworkReason::Closed(Phase::Answer));
        assert_eq!(reason(io::ErrorKind::TimedOut).to_string(), "no answer within 10 s while waiting for the answer");
    }
}
