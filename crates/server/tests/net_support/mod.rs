//! A front door for the tests, and clients that knock at it.

// Each test program uses its own part of this.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Extension;
use axum::routing::{get, post};
use axum::{Router, body::Body};
use jiff::Timestamp;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use server::net::{Authority, Bounded, Limits, Listener, Peer, Reloader, ServeError, TlsFiles, Unpacked, serve};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Is how long anything may take before a test is given up; no test waits for it when all is well.
pub const LONG: Duration = Duration::from_secs(30);
/// Is a deadline that is to pass in a test.
pub const SHORT: Duration = Duration::from_millis(300);

/// Is a folder of its own, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes an authority and a certificate for localhost in this folder.
pub fn issue(folder: &Folder) -> (Authority, TlsFiles) {
    let authority = Authority::open_or_make(folder.path(), Timestamp::now()).unwrap();
    let issued = authority.server_certificate(&["localhost", "127.0.0.1"], Timestamp::now()).unwrap();
    (authority, issued.files)
}

/// Is a running front door.
pub struct Door {
    pub address: SocketAddr,
    /// Lets the requests to `/wait` end.
    pub gate: Arc<Notify>,
    /// Says that a request to `/wait` has begun.
    pub waiting: Arc<Notify>,
    shutdown: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Door {
    pub async fn plain(limits: Limits) -> Self {
        Self::open(Listener::bind(([127, 0, 0, 1], 0).into()).unwrap(), limits)
    }

    pub async fn tls(tls: Arc<Reloader>, limits: Limits) -> Self {
        Self::open(Listener::bind(([127, 0, 0, 1], 0).into()).unwrap().with_tls(tls), limits)
    }

    pub fn open(listener: Listener, limits: Limits) -> Self {
        let address = listener.address();
        let (gate, waiting) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (shutdown, asked) = oneshot::channel();
        let router = router(Arc::clone(&gate), Arc::clone(&waiting));
        let serving = tokio::spawn(serve(vec![listener], router, limits, async {
            let _ = asked.await;
        }));
        Self { address, gate, waiting, shutdown, serving }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Asks for the end and returns the task that ends with it.
    pub fn stop(self) -> JoinHandle<Result<(), ServeError>> {
        self.shutdown.send(()).unwrap();
        self.serving
    }

    pub async fn close(self) {
        within(self.stop()).await.unwrap().unwrap();
    }
}

fn router(gate: Arc<Notify>, waiting: Arc<Notify>) -> Router {
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/peer", get(|Extension(peer): Extension<Peer>| async move { describe(&peer) }))
        .route("/bounded", post(|Bounded(body): Bounded<1000>| async move { body.len().to_string() }))
        .route("/unpacked", post(|Unpacked(body): Unpacked<100_000, 1_000_000>| async move { body.len().to_string() }))
        .route("/unread", post(|| async { "not interested" }))
        .route("/endless", get(|| async { Body::from(vec![b'x'; 64 << 20]) }))
        .route(
            "/wait",
            get(move || async move {
                waiting.notify_one();
                gate.notified().await;
                "worth the wait"
            }),
        )
}

fn describe(peer: &Peer) -> String {
    let certificate = peer.certificate.as_ref().map_or("none".to_owned(), |certificate| hex(&certificate.sha256()));
    format!("{} {} {certificate}", peer.address, peer.local)
}

pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Waits for something that must happen.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, future).await.expect("it happens in time")
}

pub fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Makes client settings that trust this authority.
pub fn client(authority: &CertificateDer<'static>, own: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).unwrap();
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    match own {
        Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).unwrap(),
        None => builder.with_no_client_auth(),
    }
}

pub async fn shake(door: SocketAddr, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(door).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    within(TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}

/// Sends octets and reads one whole response; returns its status, head and body.
pub async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, octets: impl AsRef<[u8]>) -> (u16, String, String) {
    within(stream.write_all(octets.as_ref())).await.unwrap();
    within(stream.flush()).await.unwrap();
    response(stream).await
}

pub async fn response<S: AsyncRead + Unpin>(stream: &mut S) -> (u16, String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(stream.read_u8()).await.expect("a whole head"));
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length =
        head.to_ascii_lowercase().split("content-length: ").nth(1).map_or(0, |rest| rest.split('\r').next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    within(stream.read_exact(&mut body)).await.unwrap();
    (status, head, String::from_utf8(body).unwrap())
}

/// Waits until the server has closed; whether in good order or by a reset is all the same.
pub async fn closed<S: AsyncRead + Unpin>(stream: &mut S) {
    let mut rest = Vec::new();
    let _ = within(stream.read_to_end(&mut rest)).await;
    assert_eq!(String::from_utf8_lossy(&rest), "", "closed without a word");
}

pub const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
