//! The talk with the server: enrol once, then say hello and send reports.

mod connection;

use std::time::Duration;

use rustls_pki_types::CertificateDer;
use serde::de::DeserializeOwned;
use wire::talk::{EnrolReply, EnrolRequest, Hello, Reply};
use zeroize::Zeroizing;

use crate::error::{ProtocolReason, SettingsReason, UplinkError};
use crate::http::Response;
use crate::proxy::Proxy;
use crate::refusal::{is_of_type, refusal};
use crate::server::Server;
use crate::stream::Octets;
use crate::text::shown;
use crate::tls::Identity;
use crate::trust::Trust;

use connection::{Connection, Request};

/// Is how long each step may take, however slowly its octets come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For looking the name up.
    pub resolve: Duration,
    /// For one port, all its addresses together.
    pub connect: Duration,
    /// For the proxy and for the handshake, each.
    pub handshake: Duration,
    /// For a request and its answer.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Timeouts { resolve: seconds(10), connect: seconds(15), handshake: seconds(20), answer: seconds(90) }
    }
}

/// Is what a client needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    pub server: Server,
    pub trust: Trust,
    /// The sender's certificate and key, where the server wants them.
    pub identity: Option<Identity>,
    pub proxy: Option<Proxy>,
    pub timeouts: Timeouts,
    /// Name and version of the program.
    pub user_agent: String,
}

impl Options {
    pub fn new(server: Server, trust: Trust) -> Self {
        let user_agent = concat!("roundsman/", env!("CARGO_PKG_VERSION")).to_owned();
        Options { server, trust, identity: None, proxy: None, timeouts: Timeouts::default(), user_agent }
    }
}

/// Is the user name and password of a sender, as enrolment gave them.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub sender: String,
    pub secret: Zeroizing<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("sender", &self.sender).field("secret", &"…").finish()
    }
}

impl Credentials {
    pub fn new(sender: impl Into<String>, secret: impl Into<String>) -> Self {
        Credentials { sender: sender.into(), secret: Zeroizing::new(secret.into()) }
    }

    /// The id ends at the first colon, so it has none. Source: RFC 7617 §2.
    fn check(&self) -> Result<(), SettingsReason> {
        let is_fit = |text: &str| !text.is_empty() && text.len() <= 1024 && !text.chars().any(char::is_control);
        if is_fit(&self.sender) && !self.sender.contains(':') && is_fit(&self.secret) { Ok(()) } else { Err(SettingsReason::Credentials) }
    }
}

/// Is how a report is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As JSON, as it is.
    Plain,
    Zstd,
}

/// Is what a new sender gets.
#[derive(Clone, Debug)]
pub struct Enrolled {
    pub reply: EnrolReply,
    /// The authority that the enrolment code named; from now on it is the one to trust
    /// ([`Trust::Authorities`]). `None` if the trust was of another kind.
    pub authority: Option<CertificateDer<'static>>,
    pub octets: Octets,
}

/// Talks to one server; see [`Client::session`].
///
/// It holds settings and no connection.
#[derive(Clone, Debug)]
pub struct Client {
    options: Options,
}

impl Client {
    /// Makes a client, after a look at its settings.
    ///
    /// # Errors
    /// [`UplinkError::Settings`], with the setting that cannot be used.
    pub fn new(options: Options) -> Result<Self, UplinkError> {
        check(&options).map_err(|source| UplinkError::Settings { source })?;
        Ok(Client { options })
    }

    /// Connects, verifies the server, shows it the credentials, and hears whether it knows them.
    ///
    /// Only a session can send a report. So none leaves before the server's certificate and the
    /// sender's credentials have both been found good.
    pub fn session(&self, credentials: &Credentials) -> Result<Session, UplinkError> {
        credentials.check().map_err(|source| UplinkError::Settings { source })?;
        let mut connection = Connection::open(&self.options)?;
        let hello = say_hello(&mut connection, credentials)?;
        Ok(Session { options: self.options.clone(), credentials: credentials.clone(), connection, hello, closed: Octets::default() })
    }

    /// Asks for credentials.
    ///
    /// # Errors
    /// As [`Client::session`]; [`UplinkError::Forbidden`] or [`UplinkError::Credentials`] if the code
    /// is used up, expired or unknown.
    pub fn enrol(&self, request: &EnrolRequest) -> Result<Enrolled, UplinkError> {
        let body = Zeroizing::new(serde_json::to_vec(request).expect("a request for enrolment is JSON"));
        let mut connection = Connection::open(&self.options)?;
        let request = Request { content_type: Some("application/json"), body: &body, ..Request::new("POST", "/api/v1/enrol") };
        let response = connection.exchange(&request)?;
        let reply = content(&connection.server, &response, &[200, 201])?;
        Ok(Enrolled { reply, authority: connection.authority(), octets: connection.octets() })
    }
}

fn check(options: &Options) -> Result<(), SettingsReason> {
    options.server.verified_name()?;
    if let Some(proxy) = &options.proxy {
        proxy.check()?;
    }
    if matches!(&options.trust, Trust::Authorities(given) if given.is_empty()) {
        return Err(SettingsReason::NoAuthority);
    }
    if options.user_agent.is_empty() || !options.user_agent.bytes().all(|octet| (0x20..0x7f).contains(&octet)) {
        return Err(SettingsReason::UserAgent(shown(&options.user_agent, 100)));
    }
    // The operating system's store is read when there is a connection to make.
    if options.trust != Trust::System || options.identity.is_some() {
        crate::tls::configuration(&options.trust, options.identity.as_ref())
            .map_err(|error| SettingsReason::Certificates(error.to_string()))?;
    }
    Ok(())
}

fn say_hello(connection: &mut Connection, credentials: &Credentials) -> Result<Hello, UplinkError> {
    let response = connection.exchange(&Request { credentials: Some(credentials), ..Request::new("GET", "/api/v1/hello") })?;
    content(&connection.server, &response, &[200])
}

/// Returns the content of an answer with one of the statuses `good`.
fn content<T: DeserializeOwned>(server: &str, response: &Response, good: &[u16]) -> Result<T, UplinkError> {
    if !good.contains(&response.head.status) {
        return Err(refusal(server, response));
    }
    let protocol = |source| UplinkError::Protocol { server: server.to_owned(), source };
    if !is_of_type(&response.head, "application/json") {
        let found = shown(response.head.value("content-type").unwrap_or_default(), 100);
        return Err(protocol(ProtocolReason::ContentType { found }));
    }
    // The message may repeat what the server sent.
    serde_json::from_slice(&response.body).map_err(|error| protocol(ProtocolReason::Json(shown(&error.to_string(), 200))))
}

/// Is a connection on which server and sender have shown who they are.
#[derive(Debug)]
pub struct Session {
    options: Options,
    credentials: Credentials,
    connection: Connection,
    hello: Hello,
    /// Octets of connections that have been closed.
    closed: Octets,
}

impl Session {
    /// Returns what the server said of itself and of this sender.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Sends a report, compressed with zstd; returns when the server has it on its disk.
    ///
    /// If the server has closed the connection in the meantime, another is made, verified and
    /// greeted like the first. A report may thus arrive twice, which changes nothing: it has an id.
    pub fn send(&mut self, report: &[u8]) -> Result<Reply, UplinkError> {
        self.send_as(report, Coding::Zstd)
    }

    /// Sends a report that is packed in this way; otherwise as [`Session::send`].
    ///
    /// # Errors
    /// As [`Session::send`].
    pub fn send_as(&mut self, report: &[u8], coding: Coding) -> Result<Reply, UplinkError> {
        if !self.connection.is_open() {
            self.reconnect()?;
        }
        let response = match self.post(report, coding) {
            Err(error) if self.connection.was_closed_while_idle() => {
                tracing::debug!(%error, "the server has closed the connection; connecting once more");
                self.reconnect()?;
                self.post(report, coding)?
            }
            result => result?,
        };
        content(&self.connection.server, &response, &[200, 201])
    }

    fn post(&mut self, report: &[u8], coding: Coding) -> Result<Response, UplinkError> {
        self.connection.exchange(&Request {
            credentials: Some(&self.credentials),
            content_type: Some("application/json"),
            content_encoding: match coding {
                Coding::Plain => None,
                Coding::Zstd => Some("zstd"),
            },
            body: report,
            ..Request::new("POST", "/api/v1/reports")
        })
    }

    fn reconnect(&mut self) -> Result<(), UplinkError> {
        let mut connection = Connection::open(&self.options)?;
        let hello = say_hello(&mut connection, &self.credentials)?;
        self.closed += self.connection.octets();
        self.connection = connection;
        self.hello = hello;
        Ok(())
    }

    /// Returns how many octets have gone each way so far, TLS and HTTP included.
    pub fn octets(&self) -> Octets {
        let mut octets = self.closed;
        octets += self.connection.octets();
        octets
    }
}
