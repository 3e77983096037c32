//! One connection: through the proxy, verified, and then requests and answers in turn.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::StreamOwned;
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::{Credentials, Options};
use crate::deadline::Deadline;
use crate::error::{ProtocolReason, SettingsReason, UplinkError};
use crate::http::{HttpFailure, Malformed, Response, read_response};
use crate::network::{self, NetworkReason, Phase};
use crate::proxy::{Proxy, ProxyFailure, ProxyReason};
use crate::server::authority;
use crate::stream::{Octets, Stream};
use crate::tls::{self, Secure, TlsReason};
use crate::trust::{Trust, authority_with};

/// Is what is asked of the server.
pub(super) struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) credentials: Option<&'a Credentials>,
    pub(super) content_type: Option<&'static str>,
    pub(super) content_encoding: Option<&'static str>,
    pub(super) body: &'a [u8],
}

impl Request<'_> {
    pub(super) fn new(method: &'static str, path: &'static str) -> Self {
        Request { method, path, credentials: None, content_type: None, content_encoding: None, body: &[] }
    }

    fn head(&self, host: &str, user_agent: &str) -> Zeroizing<String> {
        let mut head =
            format!("{} {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {user_agent}\r\nAccept: application/json\r\n", self.method, self.path);
        if let Some(content_type) = self.content_type {
            head.push_str(&format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n", self.body.len()));
        }
        if let Some(encoding) = self.content_encoding {
            head.push_str(&format!("Content-Encoding: {encoding}\r\n"));
        }
        // Room for the secret is made at once: a text that grows leaves copies behind.
        let mut head = Zeroizing::new(head);
        if let Some(Credentials { sender, secret }) = self.credentials {
            let both = Zeroizing::new(format!("{sender}:{}", secret.as_str()));
            let encoded = Zeroizing::new(STANDARD.encode(both.as_bytes()));
            head.reserve(encoded.len() + 32);
            head.push_str("Authorization: Basic ");
            head.push_str(&encoded);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        head
    }
}

/// Is a verified connection; see the module.
pub(super) struct Connection {
    /// Host and port, for messages.
    pub(super) server: String,
    stream: Secure,
    trust: Trust,
    user_agent: String,
    answer: Duration,
    /// Answers had so far.
    answers: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// It was there for one more request, and was found closed before any of the answer came.
    ClosedWhileIdle,
    Closed,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("server", &self.server).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Connection {
    /// Tries the ports in turn. The first port's error is told: the others are for emergencies.
    pub(super) fn open(options: &Options) -> Result<Self, UplinkError> {
        let mut first = None;
        for port in options.server.ports() {
            match Self::open_at(options, port) {
                Ok(connection) => return Ok(connection),
                Err(error) if leaves_hope(&error) => {
                    tracing::debug!(port, %error, "this port does not lead to the server");
                    first.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(first.expect("there is at least one port"))
    }

    fn open_at(options: &Options, port: u16) -> Result<Self, UplinkError> {
        let timeouts = &options.timeouts;
        let server = authority(&options.server.host, port);
        let settings = |source| UplinkError::Settings { source };
        let name = options.server.verified_name().map_err(|error| settings(error.into()))?;
        let configuration = tls::configuration(&options.trust, options.identity.as_ref())
            .map_err(|error| settings(SettingsReason::Certificates(error.to_string())))?;
        let mut stream = match &options.proxy {
            None => direct(options, port).map_err(|source| UplinkError::Network { server: server.clone(), source })?,
            Some(proxy) => through(proxy, options, port, &server)?,
        };
        stream.set_deadline(Deadline::after(timeouts.handshake));
        let stream = tls::handshake(Arc::new(configuration), name, stream).map_err(|error| match TlsReason::from_io(&error) {
            Some(source) => UplinkError::Tls { server: server.clone(), source },
            None => {
                let source = NetworkReason::from_io(&error, Phase::Handshake, timeouts.handshake);
                UplinkError::Network { server: server.clone(), source }
            }
        })?;
        Ok(Connection {
            server,
            stream,
            trust: options.trust.clone(),
            user_agent: options.user_agent.clone(),
            answer: timeouts.answer,
            answers: 0,
            state: State::Open,
        })
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    pub(super) fn was_closed_while_idle(&self) -> bool {
        self.state == State::ClosedWhileIdle
    }

    pub(super) fn octets(&self) -> Octets {
        self.stream.sock.octets()
    }

    /// Returns the authority that an enrolment code named and the server has presented.
    pub(super) fn authority(&self) -> Option<CertificateDer<'static>> {
        let Trust::Enrolment(sum) = &self.trust else { return None };
        let (_, intermediates) = self.stream.conn.peer_certificates()?.split_first()?;
        authority_with(intermediates, sum).map(|authority| authority.clone().into_owned())
    }

    /// Sends a request and reads its answer, in the time that both have together.
    pub(super) fn exchange(&mut self, request: &Request<'_>) -> Result<Response, UplinkError> {
        // Whatever goes wrong from here on, the connection cannot be used again.
        self.state = State::Closed;
        self.stream.sock.set_deadline(Deadline::after(self.answer));
        let sent = self.write(request);
        // A server that refuses a request need not read all of it. So a failure to send is told
        // only if there is no answer either.
        let answer = read_response(&mut Incoming(&mut self.stream));
        match (answer, sent) {
            (Ok(response), sent) => {
                self.answers += 1;
                self.state = if response.stays_open && sent.is_ok() { State::Open } else { State::Closed };
                Ok(response)
            }
            (Err(failure), sent) => {
                let failure = match sent {
                    // A TLS alert that was waiting to be read says more than a broken pipe.
                    Err(error) if !says_why(&failure) => HttpFailure::Io(error),
                    _ => failure,
                };
                let is_cut = matches!(failure, HttpFailure::Malformed(Malformed::Closed));
                let error = self.failure(failure);
                let is_closed = matches!(error, UplinkError::Network { source: NetworkReason::Closed(_), .. });
                if is_closed && !is_cut && self.answers > 0 {
                    self.state = State::ClosedWhileIdle;
                }
                Err(error)
            }
        }
    }

    fn write(&mut self, request: &Request<'_>) -> io::Result<()> {
        let head = request.head(&self.server, &self.user_agent);
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(request.body)?;
        self.stream.flush()
    }

    fn failure(&self, failure: HttpFailure) -> UplinkError {
        let server = self.server.clone();
        match failure {
            HttpFailure::Malformed(Malformed::Closed | Malformed::NoAnswer) => {
                UplinkError::Network { server, source: NetworkReason::Closed(Phase::Answer) }
            }
            HttpFailure::Malformed(malformed) => UplinkError::Protocol { server, source: ProtocolReason::Malformed(malformed) },
            HttpFailure::Io(error) => match TlsReason::from_io(&error) {
                Some(source) => UplinkError::Tls { server, source },
                None => UplinkError::Network { server, source: NetworkReason::from_io(&error, Phase::Answer, self.answer) },
            },
        }
    }
}

/// Reads what the server says, also when nothing can be sent to it any more.
///
/// The library's own stream first sends what is waiting to be sent, and reads nothing if that
/// fails; but a server that has closed its ear may have said why.
struct Incoming<'a>(&'a mut Secure);

impl Read for Incoming<'_> {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let StreamOwned { conn, sock } = &mut *self.0;
        loop {
            match conn.reader().read(octets) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    conn.read_tls(sock)?;
                    conn.process_new_packets().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                }
                result => return result,
            }
        }
    }
}

fn says_why(failure: &HttpFailure) -> bool {
    match failure {
        HttpFailure::Malformed(malformed) => !matches!(malformed, Malformed::Closed | Malformed::NoAnswer),
        HttpFailure::Io(error) => TlsReason::from_io(error).is_some(),
    }
}

/// Returns whether another port may lead to the server when this one did not.
fn leaves_hope(error: &UplinkError) -> bool {
    match error {
        UplinkError::Network { source, .. } => !matches!(source, NetworkReason::NameNotFound(_)),
        UplinkError::Tls { source, .. } => !source.is_about_trust(),
        UplinkError::Proxy { source, .. } => matches!(source, ProxyReason::NotAllowed(_) | ProxyReason::ServerUnreachable(_)),
        _ => false,
    }
}

fn direct(options: &Options, port: u16) -> Result<Stream, NetworkReason> {
    let timeouts = &options.timeouts;
    let tcp = network::connect(&options.server.host, port, timeouts.resolve, timeouts.connect)?;
    Stream::new(tcp, Deadline::after(timeouts.handshake))
        .map_err(|error| NetworkReason::from_io(&error, Phase::Connecting, timeouts.connect))
}

fn through(proxy: &Proxy, options: &Options, port: u16, server: &str) -> Result<Stream, UplinkError> {
    let timeouts = &options.timeouts;
    let unreachable = |source| UplinkError::Network { server: format!("the proxy {proxy}"), source };
    let tcp = network::connect(&proxy.host, proxy.port, timeouts.resolve, timeouts.connect).map_err(unreachable)?;
    let failed = |error: io::Error| NetworkReason::from_io(&error, Phase::Proxy, timeouts.handshake);
    let mut stream = Stream::new(tcp, Deadline::after(timeouts.handshake)).map_err(|error| unreachable(failed(error)))?;
    match proxy.open(&mut stream, &options.server.host, port, &options.user_agent) {
        Ok(()) => Ok(stream),
        Err(ProxyFailure::Io(error)) => Err(unreachable(failed(error))),
        Err(ProxyFailure::Reason(source)) => Err(UplinkError::Proxy { proxy: proxy.to_string(), server: server.to_owned(), source }),
    }
}
