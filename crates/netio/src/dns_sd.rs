//! Printers that announce themselves: DNS-SD over multicast DNS.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::{Duration, Instant};

use mdns_sd::{ScopedIp, ServiceDaemon, ServiceEvent};

/// Lists the service types under which printers announce themselves.
///
/// Source: IANA service names; Bonjour Printing Specification.
pub const SERVICE_TYPES: [&str; 3] = ["_ipp._tcp.local.", "_printer._tcp.local.", "_pdl-datastream._tcp.local."];

/// Is one printer that announced itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The name a person gave the service.
    pub name: String,
    /// Where it can be reached; port 0, since it is not the print port that we ask. Link-local
    /// IPv6 addresses carry their interface.
    pub addresses: Vec<SocketAddr>,
}

/// Asks the local networks who prints, and listens for `wait`.
///
/// One printer that announces several services comes once, with all its addresses.
///
/// # Errors
/// Fails if no multicast socket can be had.
pub fn browse(wait: Duration) -> Result<Vec<Announced>, mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    let browsers = SERVICE_TYPES.iter().map(|service| daemon.browse(service)).collect::<Result<Vec<_>, _>>()?;
    let until = Instant::now() + wait;
    let mut found: BTreeMap<String, Announced> = BTreeMap::new();
    while Instant::now() < until {
        for browser in &browsers {
            while let Ok(event) = browser.try_recv() {
                if let ServiceEvent::ServiceResolved(service) = event {
                    let name = service.fullname.split("._").next().unwrap_or(&service.fullname).to_owned();
                    let announced = found.entry(service.host.clone()).or_insert(Announced { name, addresses: Vec::new() });
                    #[expect(clippy::disallowed_methods, reason = "the library gives a set; it is sorted on the next line")]
                    let mut addresses: Vec<_> = service.addresses.iter().filter_map(socket_address).collect();
                    addresses.sort_unstable();
                    addresses.retain(|address| !announced.addresses.contains(address));
                    announced.addresses.append(&mut addresses);
                }
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // The daemon answers its shutdown when it has said goodbye; nobody waits for that.
    let _ = daemon.shutdown();
    Ok(found.into_values().collect())
}

fn socket_address(scoped: &ScopedIp) -> Option<SocketAddr> {
    let address = match scoped {
        ScopedIp::V6(v6) if v6.addr().is_unicast_link_local() => SocketAddrV6::new(*v6.addr(), 0, 0, v6.scope_id().index).into(),
        other => SocketAddr::new(other.to_ip_addr(), 0),
    };
    let usable = match address.ip() {
        IpAddr::V4(v4) => !v4.is_unspecified() && !v4.is_loopback(),
        IpAddr::V6(v6) => !v6.is_unspecified() && !v6.is_loopback(),
    };
    usable.then_some(address)
}
