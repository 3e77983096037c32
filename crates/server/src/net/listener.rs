//! A socket that waits for connections, and why there may be none.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};

use super::allow::AddressList;
use super::reload::Reloader;

/// Is a bound socket with its TLS settings and its list of addresses that are let in.
#[derive(Debug)]
pub struct Listener {
    pub(super) socket: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) tls: Option<Arc<Reloader>>,
    pub(super) allow: AddressList,
}

impl Listener {
    /// Binds a socket; port 0 takes any free one. Without further words it speaks plain HTTP to
    /// everybody, which is for loopback only. It must be called within a runtime of tokio.
    ///
    /// # Errors
    ///
    /// See [`BindError`].
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let socket = listen(address).map_err(|error| BindError::new(address, error))?;
        let address = socket.local_addr().map_err(|error| BindError::new(address, error))?;
        Ok(Self { socket, address, tls: None, allow: AddressList::everybody() })
    }

    /// Makes it speak TLS, and nothing else.
    #[must_use]
    pub fn with_tls(self, tls: Arc<Reloader>) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Lets in only these addresses.
    #[must_use]
    pub fn allowing(self, allow: AddressList) -> Self {
        Self { allow, ..self }
    }

    /// Returns the address it is bound to, with the port it really got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Says why a socket could not be bound, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the port.
    #[error("port {} is taken; stop what uses it or choose another with --port (found while listening on {address})", address.port())]
    Taken {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// Ports below 1024 are for the privileged.
    #[error(
        "no right to listen on {address}; choose a port from 1024 with --port, or grant CAP_NET_BIND_SERVICE (in a systemd unit: AmbientCapabilities=CAP_NET_BIND_SERVICE)"
    )]
    NotAllowed {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The address belongs to another machine, or to nobody.
    #[error("{} is no address of this machine; choose one it has, or 0.0.0.0 for all", address.ip())]
    NotHere {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// Something else.
    #[error("cannot listen on {address}")]
    Other {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}

impl BindError {
    fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::Taken { address, source },
            io::ErrorKind::PermissionDenied => Self::NotAllowed { address, source },
            io::ErrorKind::AddrNotAvailable => Self::NotHere { address, source },
            _ => Self::Other { address, source },
        }
    }
}

/// Is how many connections may wait to be taken. Who comes when it is full is not heard and calls again
/// after a second; the usual 128 is full at once when thousands of devices come back.
/// Linux takes no more than `net.core.somaxconn`, which is 4096 unless somebody has changed it.
const WAITING: u32 = 4096;

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that starts again gets its port in spite of connections that are still being closed.
    // Windows does so by itself, and means something else by this.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    socket.listen(WAITING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let first = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let error = Listener::bind(first.address()).unwrap_err();
        let port = first.address().port();
        assert!(error.to_string().starts_with(&format!("port {port} is taken; stop what uses it or choose another with --port")));
    }

    #[tokio::test]
    async fn an_address_of_nobody_is_named() {
        // TEST-NET-1 of RFC 5737: never an address of a real machine.
        let error = Listener::bind(([192, 0, 2, 1], 0).into()).unwrap_err();
        assert_eq!(error.to_string(), "192.0.2.1 is no address of this machine; choose one it has, or 0.0.0.0 for all");
    }

    #[test]
    fn a_port_for_the_privileged_is_explained() {
        let error = BindError::new(([0, 0, 0, 0], 443).into(), io::ErrorKind::PermissionDenied.into());
        assert!(error.to_string().contains("no right to listen on 0.0.0.0:443"));
        assert!(error.to_string().contains("CAP_NET_BIND_SERVICE"));
    }
}
