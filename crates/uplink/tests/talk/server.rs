//! A TLS server that remembers every octet of application data it was ever sent.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use crate::certificates::{Authority, Certified};
use crate::peers::{Memory, serve};

type Secure = StreamOwned<ServerConnection, TcpStream>;

/// Is one request as it came.
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
}

/// Is what the server does with a request.
pub enum Answer {
    /// Says this and waits for the next request.
    Say(Vec<u8>),
    /// Says this and closes.
    SayAndClose(Vec<u8>),
    /// Says this again and again until the client has had enough.
    Endlessly(Vec<u8>, Vec<u8>),
    /// Says nothing until the client has had enough.
    Hang,
    Close,
}

pub struct TestServer {
    pub port: u16,
    /// Every octet of application data.
    pub heard: Memory,
    pub connections: Arc<AtomicUsize>,
    /// Tells of each connection that has ended.
    ended: Receiver<()>,
}

impl TestServer {
    /// Returns what was heard on the first connection, when it has ended.
    pub fn heard_in_the_end(&self) -> Vec<u8> {
        self.ended.recv_timeout(Duration::from_secs(30)).expect("the connection ends");
        self.heard.octets()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub fn configuration(certified: Certified, versions: &[&'static SupportedProtocolVersion], clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.certificate()).unwrap();
            builder.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap())
        }
    };
    builder.with_single_cert(certified.chain, certified.key).unwrap()
}

/// Starts a server that does what `answer` says with each request of all its connections.
pub fn start(configuration: ServerConfig, mut answer: impl FnMut(&Request) -> Answer + Send + 'static) -> TestServer {
    let (heard, connections) = (Memory::default(), Arc::new(AtomicUsize::new(0)));
    let (configuration, memory, count) = (Arc::new(configuration), heard.clone(), connections.clone());
    let (has_ended, ended) = mpsc::channel();
    let port = serve(move |stream| {
        count.fetch_add(1, Ordering::SeqCst);
        let connection = ServerConnection::new(configuration.clone()).unwrap();
        let _ = talk(StreamOwned::new(connection, stream), &memory, &mut answer);
        let _ = has_ended.send(());
    });
    TestServer { port, heard, connections, ended }
}

/// Starts a server for a certificate, with both versions of TLS.
pub fn start_with(certified: Certified, answer: impl FnMut(&Request) -> Answer + Send + 'static) -> TestServer {
    start(configuration(certified, rustls::ALL_VERSIONS, None), answer)
}

fn talk(mut stream: Secure, heard: &Memory, answer: &mut impl FnMut(&Request) -> Answer) -> std::io::Result<()> {
    while let Some(request) = request(&mut stream, heard)? {
        match answer(&request) {
            Answer::Say(octets) => stream.write_all(&octets).and_then(|()| stream.flush())?,
            Answer::SayAndClose(octets) => {
                stream.write_all(&octets)?;
                break;
            }
            Answer::Endlessly(first, again) => {
                stream.write_all(&first)?;
                while stream.write_all(&again).is_ok() {}
                return Ok(());
            }
            Answer::Hang => return stream.read(&mut [0; 1]).map(|_| ()),
            Answer::Close => break,
        }
    }
    stream.conn.send_close_notify();
    stream.flush()
}

fn request(stream: &mut Secure, heard: &Memory) -> std::io::Result<Option<Request>> {
    let mut octets = Vec::new();
    loop {
        if let Some(end) = octets.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&octets[..end + 4]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |length| length.parse().unwrap());
            if octets.len() - end - 4 >= length {
                return Ok(Some(Request { head, body: octets[end + 4..].to_vec() }));
            }
        }
        let mut more = [0; 4096];
        let count = stream.read(&mut more)?;
        if count == 0 {
            return Ok(None);
        }
        heard.add(&more[..count]);
        octets.extend_from_slice(&more[..count]);
    }
}

pub fn json(status: &str, text: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

pub fn problem(status: &str, fields: &str, text: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/problem+json\r\n{fields}Content-Length: {}\r\n\r\n{text}", text.len())
        .into_bytes()
}

pub const HELLO: &str = r#"{"speaks": ["roundsman.report/1"], "now": "2026-11-22T11:00:00Z", "last_report": {"id": "r7", "sequence": 7}}"#;
pub const REPLY: &str = r#"{"report": "r8", "taken": "accepted"}"#;

/// Does what a server should: hello, and reports are taken.
pub fn well_behaved(request: &Request) -> Answer {
    let (method, rest) = request.head.split_once(' ').unwrap();
    match (method, rest.split(' ').next().unwrap()) {
        ("GET", "/api/v1/hello") => Answer::Say(json("200 OK", HELLO)),
        ("POST", "/api/v1/reports") => Answer::Say(json("200 OK", REPLY)),
        ("POST", "/api/v1/enrol") => Answer::Say(json("201 Created", r#"{"sender": "s1", "secret": "x"}"#)),
        _ => Answer::Say(problem("404 Not Found", "", "{}")),
    }
}

/// Starts a server that says hello, and answers the head of the next request without reading on.
pub fn start_deaf(certified: Certified, answer: Vec<u8>) -> TestServer {
    let (heard, connections) = (Memory::default(), Arc::new(AtomicUsize::new(0)));
    let (configuration, memory) = (Arc::new(configuration(certified, rustls::ALL_VERSIONS, None)), heard.clone());
    let (has_ended, ended) = mpsc::channel();
    let port = serve(move |stream| {
        let mut stream = StreamOwned::new(ServerConnection::new(configuration.clone()).unwrap(), stream);
        if request(&mut stream, &memory).is_ok() {
            let _ = stream.write_all(&json("200 OK", HELLO));
            let _ = stream.read(&mut [0; 100]);
            let _ = stream.write_all(&answer);
        }
        let _ = has_ended.send(());
    });
    TestServer { port, heard, connections, ended }
}
