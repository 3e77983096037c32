//! Who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

/// Says who sent a request; every request carries it among its extensions.
///
/// It is what the connection says: behind a reverse proxy it is the proxy.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Is the client's address; one that came through an IPv6 socket as IPv4 is IPv4 here.
    pub address: SocketAddr,
    /// Is the address of ours it connected to.
    pub local: SocketAddr,
    /// Is the client's certificate, verified in the handshake, if it has shown one.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// Is the certificate a client has shown and proven to hold the key of.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    der: CertificateDer<'static>,
    sha256: [u8; 32],
}

impl ClientCertificate {
    pub(super) fn new(der: CertificateDer<'static>) -> Self {
        let sha256 = super::certificate::sha256(&der);
        Self { der, sha256 }
    }

    /// Returns the certificate in DER.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// Returns the SHA-256 of the certificate in DER, by which it can be found again.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.sha256;
        write!(f, "ClientCertificate({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}
