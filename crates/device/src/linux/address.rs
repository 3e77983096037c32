//! The printer's own address, as its network knows it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Returns the address that this host would speak to others from; `None` without a network.
///
/// Nothing is sent: to choose a way is enough to learn where it begins. The addresses asked for are
/// kept free for documents (RFC 5737, RFC 3849).
pub fn own() -> Option<String> {
    let v4: SocketAddr = (Ipv4Addr::new(192, 0, 2, 1), 9).into();
    let v6: SocketAddr = (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into();
    let from = |to: SocketAddr| {
        let any: SocketAddr = if to.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        let socket = UdpSocket::bind(any).ok()?;
        socket.connect(to).ok()?;
        let address = socket.local_addr().ok()?.ip();
        (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
    };
    from(v4).or_else(|| from(v6))
}
