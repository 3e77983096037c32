//! The way to the server: configuration and enrolment become a client of `uplink`.

use std::path::{Path, PathBuf};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use settings::Trusted;
use uplink::{Client, Credentials, Identity, Login, Options, Proxy, Trust, UplinkError};
use wire::talk::{EnrolRequest, Hello, Reply};

use crate::config::Config;
use crate::enrolment::Enrolment;
use crate::secrets;
use crate::story::story;
use crate::synchronise::{Connect, Refusal, Server};

/// Says why there is no way to the server.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("{} has no usable certificate or key in PEM form", .path.display())]
    Pem { path: PathBuf, source: rustls_pki_types::pem::Error },
    #[error("{} has no certificate in it", .0.display())]
    NoCertificate(PathBuf),
    #[error("the agent was enrolled with a server that the operating system trusts; set `trust = \"system\"` in [server], or enrol again")]
    NoAuthority,
    #[error("the password for the proxy cannot be fetched")]
    ProxyPassword(#[source] std::io::Error),
    #[error("the address of the server does not read")]
    Server(#[from] uplink::server::ServerError),
    #[error("the proxy does not read")]
    Proxy(#[from] uplink::proxy::ProxyError),
    #[error(transparent)]
    Uplink(#[from] UplinkError),
}

/// Is the way to the server the agent has enrolled with.
pub struct Link {
    client: Client,
    credentials: Credentials,
    destination: String,
}

impl Link {
    /// Makes the way; nothing is sent yet.
    ///
    /// # Errors
    /// Fails if a file cannot be read, or a setting cannot be used.
    pub fn new(config: &Config, enrolment: &Enrolment) -> Result<Self, LinkError> {
        let address = config.server.address.as_deref().unwrap_or(&enrolment.server);
        let trust = match &config.server.trust {
            Trusted::Enrolled => match &enrolment.authority {
                Some(authority) => Trust::Authorities(vec![CertificateDer::from(authority.clone())]),
                // Enrolled by a code without an authority, or by token: the system's store vouched for the server.
                None => Trust::System,
            },
            Trusted::System => Trust::System,
            Trusted::File(path) => Trust::Authorities(certificates(path)?),
            Trusted::Pin(pin) => Trust::PinnedKey(*pin),
        };
        let options = options(config, address, trust)?;
        let destination = options.server.to_string();
        let credentials = Credentials::new(enrolment.sender.clone(), enrolment.secret.clone());
        Ok(Link { client: Client::new(options)?, credentials, destination })
    }
}

/// Returns a client's options for a server and whom to trust, with what the configuration says besides.
///
/// # Errors
/// As [`Link::new`].
pub fn options(config: &Config, address: &str, trust: Trust) -> Result<Options, LinkError> {
    let mut server: uplink::Server = address.parse()?;
    server.more_ports.clone_from(&config.server.extra_ports);
    server.name.clone_from(&config.server.name);
    let mut options = Options::new(server, trust);
    options.user_agent = concat!("roundsman-agent/", env!("CARGO_PKG_VERSION")).to_owned();
    options.identity = identity(config)?;
    options.proxy = proxy(config)?;
    Ok(options)
}

fn identity(config: &Config) -> Result<Option<Identity>, LinkError> {
    let (Some(certificate), Some(key)) = (&config.server.certificate, &config.server.key) else { return Ok(None) };
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|source| LinkError::Pem { path: key.clone(), source })?;
    Ok(Some(Identity { chain: certificates(certificate)?, key: key_der }))
}

/// Reads every certificate of a PEM file.
///
/// # Errors
/// Fails if it does not read, or has none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, LinkError> {
    let pem = |source| LinkError::Pem { path: path.to_owned(), source };
    let certificates = CertificateDer::pem_file_iter(path).map_err(pem)?.collect::<Result<Vec<_>, _>>().map_err(pem)?;
    if certificates.is_empty() { Err(LinkError::NoCertificate(path.to_owned())) } else { Ok(certificates) }
}

fn proxy(config: &Config) -> Result<Option<Proxy>, LinkError> {
    let Some(url) = &config.proxy.url else { return Ok(None) };
    let mut proxy: Proxy = url.parse()?;
    if let Some(user) = &config.proxy.user {
        let password = config.proxy.password.as_ref().map(secrets::fetch).transpose().map_err(LinkError::ProxyPassword)?;
        proxy.login = Some(Login { user: user.clone(), password: password.unwrap_or_default().into() });
    }
    Ok(Some(proxy))
}

impl Connect for Link {
    fn connect(&self) -> Result<Box<dyn Server + '_>, Refusal> {
        let session = self.client.session(&self.credentials).map_err(|error| refusal(&error))?;
        Ok(Box::new(Connected(session)))
    }

    fn destination(&self) -> String {
        self.destination.clone()
    }
}

/// Is a session of `uplink` as the agent wants it.
struct Connected(uplink::Session);

impl Server for Connected {
    fn hello(&self) -> &Hello {
        self.0.hello()
    }

    fn send(&mut self, payload: &[u8]) -> Result<Reply, Refusal> {
        self.0.send(payload).map_err(|error| refusal(&error))
    }

    fn octets(&self) -> (u64, u64) {
        let octets = self.0.octets();
        (octets.sent, octets.received)
    }
}

fn refusal(error: &UplinkError) -> Refusal {
    let reason = story(error);
    match error {
        UplinkError::NeedsFull { last_report, .. } => Refusal::NeedsFull(last_report.clone()),
        UplinkError::Stale { last_report, .. } => Refusal::Stale(last_report.clone()),
        UplinkError::TooLarge(_) => Refusal::TooLarge(reason),
        // What the server finds wrong with the report itself; a path that is not there is another matter.
        UplinkError::Refused { status: 400 | 409 | 415 | 422, .. } => Refusal::Rejected(reason),
        _ => {
            let silent = matches!(
                error,
                UplinkError::Tls { .. } | UplinkError::Network { .. } | UplinkError::Proxy { .. } | UplinkError::Settings { .. }
            );
            Refusal::Other { reason, server_answered: !silent, wait: error.retry_after() }
        }
    }
}

/// Asks a server for credentials.
///
/// # Errors
/// Fails if the server is not the one meant, or does not give any.
pub fn enrol(options: Options, request: &EnrolRequest) -> Result<uplink::Enrolled, LinkError> {
    Ok(Client::new(options)?.enrol(request)?)
}
