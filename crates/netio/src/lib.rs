//! The shells that touch the network: UDP on plain threads, discovery by broadcast and DNS-SD.
//!
//! A shell moves octets between sockets and an [`Engine`], tells it the time, and sleeps until the
//! engine's next deadline. It deliberately knows neither SNMP nor printers: an `if` about either
//! belongs in an engine. With the feature `ports` it carries the engines of the print ports too:
//! [`ipp`] over HTTP and TLS, PJL and LPD over one TCP connection ([`stream`]).
//!
//! Start reading at [`run::run`]; [`socket`] is what it stands on.

pub mod dns_sd;
pub mod engine;
#[cfg(feature = "ports")]
mod http;
#[cfg(feature = "ports")]
pub mod ipp;
mod outbox;
pub mod run;
pub mod serve;
pub mod socket;
#[cfg(feature = "ports")]
pub mod stream;
pub mod subnets;
#[cfg(feature = "ports")]
mod timed;
#[cfg(feature = "ports")]
pub mod tls;

#[cfg(target_os = "linux")]
mod batch;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;

pub use engine::{Clock, Engine, Tick};
pub use run::{Outcome, run};
pub use socket::Sockets;
