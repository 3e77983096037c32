//! Many connections that send what was made ready, from one process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Knows where the server is, and whom to trust.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    tls: Arc<ClientConfig>,
}

/// Is an answer.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Client {
    /// Trusts the authority of the server; each handshake is a whole one.
    pub fn new(address: SocketAddr, authority: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).expect("the server's authority")).expect("an authority");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]).expect("TLS 1.3");
        let mut tls = builder.with_root_certificates(roots).with_no_client_auth();
        tls.resumption = Resumption::disabled();
        Client { address, tls: Arc::new(tls) }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address).await.expect("the server answers");
        stream.set_nodelay(true).expect("a socket of ours");
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await.expect("a handshake")
    }

    /// Sends requests on one connection, one ahead of the answer that is waited for; every answer must be 200.
    pub async fn send(self, requests: Vec<Vec<u8>>) -> usize {
        const AHEAD: usize = 2;
        let mut stream = self.connect().await;
        let mut buffer = Vec::new();
        let mut sent = 0;
        for answered in 0..requests.len() {
            while sent < requests.len().min(answered + AHEAD) {
                stream.write_all(&requests[sent]).await.expect("the connection stays");
                sent += 1;
            }
            stream.flush().await.expect("the connection stays");
            must_be_taken(&answer(&mut stream, &mut buffer).await);
        }
        requests.len()
    }

    /// Sends each request on a connection of its own.
    pub async fn send_apart(self, requests: Vec<Vec<u8>>) -> usize {
        for request in &requests {
            let mut stream = self.connect().await;
            stream.write_all(request).await.expect("the connection stays");
            stream.flush().await.expect("the connection stays");
            must_be_taken(&answer(&mut stream, &mut Vec::new()).await);
            drop(stream.shutdown().await);
        }
        requests.len()
    }

    /// Asks for something with a token.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.get_as(path, token, "").await
    }

    /// Asks for something as a program with a token, and as a person with a session.
    pub async fn get_as(&self, path: &str, token: &str, session: &str) -> Answer {
        let mut stream = self.connect().await;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncookie: __Host-session={session}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("the connection stays");
        answer(&mut stream, &mut Vec::new()).await
    }
}

fn must_be_taken(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

/// Reads one answer; what comes after it stays in the buffer.
async fn answer(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Answer {
    loop {
        if let Some((status, head, length)) = head(buffer)
            && buffer.len() >= head + length
        {
            let body = buffer[head..head + length].to_vec();
            buffer.drain(..head + length);
            return Answer { status, body };
        }
        assert!(stream.read_buf(buffer).await.expect("the connection stays") > 0, "the server hung up in mid-answer");
    }
}

/// Returns the status, where the head ends, and the length of the body.
fn head(octets: &[u8]) -> Option<(u16, usize, usize)> {
    let end = octets.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&octets[..end]).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length = text.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    Some((status, end + 4, length))
}
