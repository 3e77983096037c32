//! The print ports over real sockets: a printer written by others, servers that misbehave, and
//! simulated printers behind PJL and LPD.

#[path = "ports/bad_http.rs"]
mod bad_http;
#[cfg(target_os = "linux")]
#[path = "ports/everywhere.rs"]
mod everywhere;
#[cfg(target_os = "linux")]
#[path = "ports/everywhere_printer.rs"]
mod everywhere_printer;
#[path = "ports/server.rs"]
mod server;
#[cfg(target_os = "linux")]
#[path = "ports/spooler.rs"]
mod spooler;
#[path = "ports/streams.rs"]
mod streams;
#[path = "ports/tls.rs"]
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use netio::ipp::{Question, Timeouts};
use printport::ipp::{exchange, groups};

/// Is a question for everything, with less patience than in the field.
fn question(address: SocketAddr) -> Question<'static> {
    let seconds = Duration::from_secs;
    let timeouts = Timeouts { connect: seconds(2), request: seconds(3), printer: seconds(20) };
    Question { address, host: None, use_tls: false, known: None, paths: exchange::PATHS, groups: groups::ALL, timeouts }
}
