//! What a sender sends with: a spool that survives power cuts, and an HTTPS client.
//!
//! It carries octets and knows no printer. Whoever reports puts a report into the [`Spool`], opens
//! a [`Session`] with the server, sends, and removes the report when the server has said that it
//! is on *its* disk. When to do that, and what a report says, is decided elsewhere.
//!
//! Start reading at [`client`]; [`trust`] says whom a sender believes to be its server, and why.
#![forbid(unsafe_code)]

pub mod backoff;
pub mod client;
#[cfg(feature = "zstd")]
pub mod compress;
mod crypto;
mod deadline;
pub mod error;
pub mod http;
pub mod network;
pub mod proxy;
mod refusal;
mod retry_after;
pub mod server;
pub mod spool;
mod stream;
mod text;
pub mod tls;
pub mod trust;

pub use backoff::Backoff;
pub use client::{Client, Coding, Credentials, Enrolled, Options, Session, Timeouts};
#[cfg(feature = "zstd")]
pub use compress::{DecompressError, compress, compress_short, decompress};
pub use error::{ProtocolReason, SettingsReason, UplinkError};
pub use network::{NetworkReason, Phase};
pub use proxy::{Login, Proxy, ProxyKind, ProxyReason};
pub use server::Server;
pub use spool::{Entry, Spool, SpoolError, SpoolOptions, Spooled};
pub use stream::Octets;
pub use tls::{Identity, TlsReason};
pub use trust::Trust;
