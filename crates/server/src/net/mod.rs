//! The server's front door: everything between a TCP socket and an axum `Router`.
//!
//! It knows TLS, deadlines, limits and lists of addresses; it knows no printer, no report and no
//! sender. HTTP/1.1 only. Everything that a stranger can make it do has a bound:
//!
//! | what | bound |
//! |---|---|
//! | who connects | [`AddressList`] of the listener |
//! | connections | overall and per client address, [`Limits`] |
//! | handshake, head, body, response, idle time | deadlines, [`Limits`] |
//! | head | [`Limits::head_octets`] |
//! | body | [`Bounded`] and [`Unpacked`], route by route; every body has its deadline in any case |
//! | requests of a sender | [`Throttle`], by whoever knows the sender |
//!
//! Start reading at [`serve`].
//!
//! # Example
//!
//! ```
//! use axum::extract::Extension;
//! use axum::{Router, routing::get};
//! use jiff::Timestamp;
//! use server::net::{Authority, Limits, Listener, Peer, Reloader, serve};
//! use std::time::Duration;
//!
//! # let folder = std::env::temp_dir().join(format!("roundsman-net-example-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! // An own authority; with certificates from elsewhere, name them with `TlsFiles::new`.
//! let authority = Authority::open_or_make(&folder, Timestamp::now())?;
//! let issued = authority.server_certificate(&["localhost", "127.0.0.1"], Timestamp::now())?;
//! let tls = Reloader::load(issued.files, Timestamp::now())?;
//! tokio::spawn(tls.clone().watch(Duration::from_secs(5)));
//!
//! let listener = Listener::bind("127.0.0.1:0".parse()?)?
//!     .with_tls(tls)
//!     .allowing("127.0.0.0/8, 10.0.0.0/8".parse()?);
//! println!("listening on https://{}", listener.address());
//!
//! let router = Router::new()
//!     .route("/healthz", get(|Extension(peer): Extension<Peer>| async move { format!("hello {}", peer.address) }));
//! let shutdown = async { /* Ctrl-C, SIGTERM … */ };
//! serve(vec![listener], router, Limits::default(), shutdown).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod allow;
mod authority;
mod body;
mod certificate;
mod connection;
mod limits;
mod listener;
mod pace;
mod peer;
mod places;
mod reload;
mod throttle;
mod tls;
mod zstd_body;

pub use accept::{ServeError, serve};
pub use allow::{AddressError, AddressList, Network};
pub use authority::{Authority, AuthorityError, Issued};
pub use body::{BodyError, Bounded, Unpacked, read, read_unpacked};
pub use limits::Limits;
pub use listener::{BindError, Listener};
pub use peer::{ClientCertificate, Peer};
pub use reload::{Reload, Reloader};
pub use throttle::{Rate, RetryAfter, Throttle};
pub use tls::{ClientCertificates, TlsError, TlsFiles, TlsWarning};
pub use zstd_body::{Encoding, UnpackError, Unpacking, WINDOW_LOG_MAX, unpack};
