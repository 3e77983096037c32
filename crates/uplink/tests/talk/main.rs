//! The client against real servers and proxies on the loopback, with certificates made here.

mod answers;
mod certificates;
mod impostors;
mod peers;
mod proxies;
mod proxy;
mod server;
mod trust;

use std::time::Duration;

use uplink::{Client, Credentials, NetworkReason, Options, Server, Timeouts, TlsReason, Trust, UplinkError};

/// Is what the server in these tests knows the sender by.
fn credentials() -> Credentials {
    Credentials::new("0192-sender", "a secret that nobody guesses")
}

/// Returns settings for a server on the loopback that is to be verified as `reports.example.com`.
fn options(port: u16, trust: Trust) -> Options {
    let mut server = Server::new("127.0.0.1", port);
    server.name = Some(certificates::NAME.to_owned());
    let mut options = Options::new(server, trust);
    let generous = Duration::from_secs(20);
    options.timeouts = Timeouts { resolve: generous, connect: generous, handshake: generous, answer: generous };
    options
}

fn client(port: u16, trust: Trust) -> Client {
    Client::new(options(port, trust)).expect("good settings")
}

fn tls_reason(error: &UplinkError) -> &TlsReason {
    let UplinkError::Tls { source, .. } = error else { panic!("{error:?}") };
    source
}

fn network_reason(error: &UplinkError) -> &NetworkReason {
    let UplinkError::Network { source, .. } = error else { panic!("{error:?}") };
    source
}
