//! The shells that touch the network: UDP on plain threads, discovery by broadcast and DNS-SD.
//!
//! A shell moves octets between sockets and an [`Engine`], tells it the time, and sleeps until the
//! engine's next deadline. It deliberately knows neither SNMP nor printers: an `if` about either
//! belongs in an engine. TCP and HTTP will live here too, on tokio; nothing needs them yet.
//!
//! Start reading at [`run::run`]; [`socket`] is what it stands on.

pub mod dns_sd;
pub mod engine;
mod outbox;
pub mod run;
pub mod serve;
pub mod socket;
pub mod subnets;

#[cfg(target_os = "linux")]
mod batch;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;

pub use engine::{Clock, Engine, Tick};
pub use run::{Outcome, run};
pub use socket::Sockets;
