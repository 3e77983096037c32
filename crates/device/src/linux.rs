//! The reference port: the module as a small program of a printer's own Linux.
//!
//! It chooses clock, files and sockets. Facts come from the printer's own SNMP agent ([`snmp`]), or
//! from a file or socket that firmware fills ([`told`]); the server from the configuration, from DNS
//! ([`srv`]), or as built in ([`place`]). It deliberately has no runtime and one thread: between two
//! reports it sleeps.
//!
//! Start reading at [`machine::Machine`], then [`run`].

mod address;
mod args;
pub mod command;
pub mod config;
mod files;
mod host;
mod link;
mod log;
mod machine;
mod place;
mod run;
#[cfg(feature = "snmp")]
mod snmp;
mod source;
pub mod srv;
mod status;
mod told;

pub use command::command;
