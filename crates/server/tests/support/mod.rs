//! A whole server for the tests, on a real socket with real TLS, and callers of every kind.

// Each test program uses its own part of this.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use model::DeviceRecord;
use model::record::{Identity, Meter, Path as ReadPath, Presence, Supply, SupplyClass};
use model::{Level, Origin};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::{Value, json};
use server::app::App;
use server::codes::{self, NewCode};
use server::config::{Listen, Settings};
use server::credential::{Purpose, new_secret};
use server::serve::StartError;
use server::{Options, serve_with};
use store::memory::MemoryStore;
use store::{Role, Scope, SecretHash, Store, Tenant, TenantId};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use wire::Report;
use wire::envelope::{Sender, SenderKind, Software};
use wire::facts::Keys;
use wire::reading::Reading;
use wire::talk::{EnrolReply, EnrolRequest};

/// Is how long anything may take before a test is given up; no test waits for it when all is well.
const LONG: Duration = Duration::from_secs(60);

/// Is what the store of a server is.
#[derive(Clone, Copy, Debug)]
pub enum Backend {
    Memory,
    Sqlite,
}

/// Runs a test with a server on each kind of store.
#[macro_export]
macro_rules! on_every_store {
    ($($(#[$meta:meta])* async fn $name:ident($server:ident) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                async fn story($server: &Server) $body

                #[tokio::test]
                async fn in_memory() {
                    let server = Server::start(Backend::Memory).await;
                    story(&server).await;
                    server.stop().await;
                }

                #[tokio::test]
                async fn on_disk() {
                    let server = Server::start(Backend::Sqlite).await;
                    story(&server).await;
                    server.stop().await;
                }
            }
        )*
    };
}

/// Is the time of a test, which passes when it is told to.
#[derive(Clone)]
pub struct Time(Arc<Mutex<Timestamp>>);

impl Time {
    pub fn new() -> Self {
        Time(Arc::new(Mutex::new("2026-11-25T12:00:00Z".parse().unwrap())))
    }

    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    pub fn pass(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

/// Is a server that runs.
pub struct Server {
    pub address: SocketAddr,
    pub app: Arc<App>,
    pub time: Time,
    pub folder: Arc<TempDir>,
    client: Arc<ClientConfig>,
    authority: CertificateDer<'static>,
    shutdown: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), StartError>>,
}

pub fn settings(folder: &Path) -> Settings {
    let mut settings = Settings { data: folder.to_owned(), ..Settings::default() };
    settings.listen = vec![Listen { address: "127.0.0.1:0".parse().unwrap(), allow: Vec::new() }];
    settings.tls.name = Some("localhost:8443".to_owned());
    settings
}

impl Server {
    pub async fn start(backend: Backend) -> Self {
        Self::with(backend, |_| {}).await
    }

    pub async fn with(backend: Backend, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let mut settings = settings(folder.path());
        change(&mut settings);
        let store: Option<Arc<dyn Store>> = match backend {
            Backend::Memory => Some(Arc::new(MemoryStore::new())),
            Backend::Sqlite => None,
        };
        Self::run(settings, store, folder, Time::new()).await.unwrap()
    }

    /// Starts a server, or tells why it does not start.
    pub async fn run(settings: Settings, store: Option<Arc<dyn Store>>, folder: Arc<TempDir>, time: Time) -> Result<Self, Box<StartError>> {
        let (shutdown, asked) = oneshot::channel::<()>();
        let (tell, ready) = oneshot::channel();
        let mut options = Options::new(settings);
        let clock = time.clone();
        options.clock = Arc::new(move || clock.now());
        options.store = store;
        options.on_ready = Some(Box::new(move |ready| drop(tell.send(ready))));
        let mut serving = tokio::spawn(serve_with(options, async {
            let _ = asked.await;
        }));
        let ready = tokio::select! {
            Ok(ready) = ready => ready,
            ended = &mut serving => return Err(Box::new(ended.unwrap().expect_err("a server that ends at once has failed"))),
        };
        let authority = CertificateDer::from_pem_file(ready.authority_file.expect("the server has an own authority")).unwrap();
        Ok(Server {
            address: ready.addresses[0],
            app: ready.app,
            time,
            folder,
            client: trusting(&authority, None),
            authority,
            shutdown,
            serving,
        })
    }

    /// Makes the callers from now on show a certificate.
    pub fn show(&mut self, certificate: &Shown) {
        self.client = trusting(&self.authority, Some(certificate));
    }

    /// Makes the callers from now on show no certificate.
    pub fn show_none(&mut self) {
        self.client = trusting(&self.authority, None);
    }

    pub async fn stop(self) {
        self.shutdown.send(()).unwrap();
        tokio::time::timeout(LONG, self.serving).await.expect("it stops in time").unwrap().unwrap();
    }

    /// Asks one request on a connection of its own.
    pub async fn ask(&self, request: Ask) -> Answer {
        tokio::time::timeout(LONG, self.exchange(request)).await.expect("it answers in time")
    }

    async fn exchange(&self, request: Ask) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let connector = TlsConnector::from(Arc::clone(&self.client));
        let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", request.method, request.path, request.host);
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
        stream.write_all(head.as_bytes()).await.unwrap();
        // A server that refuses by the head may close before it has the body.
        let _ = stream.write_all(&request.body).await;
        let _ = stream.flush().await;
        let mut octets = Vec::new();
        let _ = stream.read_to_end(&mut octets).await;
        Answer::parse(&octets)
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask(Ask::get(path).bearer(token)).await
    }

    pub async fn tenant(&self, name: &str) -> Tenant {
        self.app.store.create_tenant(name, self.time.now()).await.unwrap()
    }

    pub async fn token(&self, scope: Scope, role: Role) -> String {
        let secret = new_secret();
        let hash = SecretHash(self.app.key.hash(Purpose::ApiToken, &secret));
        self.app.store.create_api_token(hash, "test", scope, role, None, self.time.now()).await.unwrap();
        secret
    }

    /// Makes a code and returns the secret in it.
    pub async fn code(&self, tenant: TenantId, site: &str, kind: SenderKind) -> String {
        let expires_at = self.time.now() + SignedDuration::from_hours(24);
        let new = NewCode { site: site.to_owned(), kind, expires_at };
        let App { store, key, introduction, .. } = &*self.app;
        codes::make(store.as_ref(), key, introduction, tenant, &new, self.time.now()).await.unwrap().secret_text()
    }

    pub async fn ask_to_enrol(&self, secret: &str, kind: SenderKind) -> Answer {
        let request = EnrolRequest { secret: secret.to_owned(), kind, name: Some("cellar".to_owned()), software: software() };
        self.ask(Ask::post("/api/v1/enrol").json(&request)).await
    }

    /// Lets a sender in.
    pub async fn enrolled(&self, tenant: TenantId, site: &str, kind: SenderKind) -> Caller {
        let secret = self.code(tenant, site, kind).await;
        let answer = self.ask_to_enrol(&secret, kind).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let reply: EnrolReply = serde_json::from_slice(&answer.body).unwrap();
        Caller { id: reply.sender, secret: reply.secret, kind }
    }

    pub async fn send(&self, caller: &Caller, report: &Report) -> Answer {
        self.ask(Ask::post("/api/v1/reports").caller(caller).body(wire::json::encode(report))).await
    }
}

fn trusting(authority: &CertificateDer<'static>, shown: Option<&Shown>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    Arc::new(match shown {
        Some(Shown { certificate, key }) => builder.with_client_auth_cert(vec![certificate.clone()], key.clone_key()).unwrap(),
        None => builder.with_no_client_auth(),
    })
}

/// Is a client's certificate and its key.
pub struct Shown {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

/// Makes an authority for clients, and as many certificates as are wanted; returns the authority in PEM.
pub fn client_certificates(count: usize) -> (String, Vec<Shown>) {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = rcgen::Issuer::new(params, key);
    let shown = (0..count).map(|_| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["agent.example".to_owned()]).unwrap();
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
        Shown { certificate, key: PrivateKeyDer::try_from(key.serialize_der()).unwrap() }
    });
    (authority, shown.collect())
}

/// Is an agent or a module, as seen from its side.
#[derive(Clone)]
pub struct Caller {
    pub id: String,
    pub secret: String,
    pub kind: SenderKind,
}

/// Is a request.
#[derive(Clone)]
pub struct Ask {
    method: String,
    path: String,
    host: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Ask {
    pub fn new(method: &str, path: &str) -> Self {
        Ask { method: method.to_owned(), path: path.to_owned(), host: "localhost".to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn basic(self, name: &str, password: &str) -> Self {
        self.header("authorization", &format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    }

    pub fn caller(self, caller: &Caller) -> Self {
        self.basic(&caller.id, &caller.secret)
    }

    pub fn body(mut self, octets: impl Into<Vec<u8>>) -> Self {
        self.body = octets.into();
        self
    }

    pub fn json(self, value: &impl serde::Serialize) -> Self {
        self.header("content-type", "application/json").body(serde_json::to_vec(value).unwrap())
    }

    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded").body(serde_urlencoded::to_string(pairs).unwrap())
    }
}

/// Is an answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

impl Answer {
    fn parse(octets: &[u8]) -> Self {
        let end = octets.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
        let head = std::str::from_utf8(&octets[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Answer { status, headers, body: octets[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Says whether it is a refusal in the form of RFC 9457, with this status.
    pub fn is_problem(&self, status: u16) -> bool {
        let problem = self.json();
        self.status == status
            && self.header("content-type") == Some("application/problem+json")
            && problem["status"] == json!(status)
            && problem["title"].is_string()
            && problem["detail"].is_string()
    }
}

pub fn software() -> Software {
    Software { name: "roundsman-agent".to_owned(), version: "0.1.0".to_owned(), profiles: None }
}

/// Makes the record of a printer that has printed so much.
pub fn record(serial: &str, total: u64, path: ReadPath) -> DeviceRecord {
    let mut record = DeviceRecord::new(path);
    record.address = Some("10.0.0.7".to_owned());
    record.presence = Presence::Ready;
    record.identity = Identity {
        manufacturer: Some("Kyocera".to_owned()),
        model: Some("ECOSYS P2040dw".to_owned()),
        serial_number: Some(serial.to_owned()),
        ..Identity::default()
    };
    record.meters = vec![Meter {
        name: "total".to_owned(),
        value: total,
        unit: None,
        origin: Origin::new("prtMarkerLifeCount", &[1, 1]),
        evidence: model::record::Evidence::Standard,
    }];
    let mut supply = Supply {
        index: 1,
        marker: Some(1),
        class: Some(SupplyClass::Container),
        kind: None,
        colorant: Some("black".to_owned()),
        description: Some("TK-1170".to_owned()),
        part_number: None,
        serial_number: None,
        unit: None,
        capacity: Some(7200),
        level: Level::Measured { value: 5112, step: None },
        remaining: None,
        origin: Origin::new("prtMarkerSuppliesLevel", &[1, 1]),
    };
    supply.remaining = supply.level.share_of(supply.capacity);
    record.supplies = vec![supply];
    record
}

/// Makes a whole report of these records, numbered from 1.
pub fn report(caller: &Caller, sequence: u64, at: Timestamp, records: &[DeviceRecord]) -> Report {
    let mut keys = Keys::default();
    let readings = records
        .iter()
        .enumerate()
        .map(|(place, record)| Reading::whole(place as u32 + 1, at, &wire::facts::of(record, &mut keys)))
        .collect();
    Report {
        sender: Sender { kind: caller.kind, id: caller.id.clone() },
        id: format!("r{sequence}-{}", caller.id),
        sequence,
        created_at: at,
        base: None,
        software: software(),
        schedule: None,
        next_at: None,
        stopping: false,
        host: None,
        site: None,
        withheld: Vec::new(),
        outcomes: Vec::new(),
        readings,
    }
}
