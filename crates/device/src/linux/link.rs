//! The way to the server: configuration and enrolment become a session of `uplink`.

use std::path::{Path, PathBuf};

use ::settings::{Secret, SecretSource};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use uplink::{Client, Credentials, Login, Options, Proxy, Server, Session, Trust, UplinkError};
use wire::code::EnrolmentCode;
use wire::talk::EnrolRequest;

use super::config::Config;
use super::place;
use crate::platform::{Enrolled, Trouble};
use crate::state::Enrolment;

/// Says why there is no way to the server.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("nothing says where the server is; configure address or domain in [server], or an enrolment code")]
    NoServer,
    #[error("DNS does not say where the server of {domain} is")]
    Srv { domain: String, source: super::srv::SrvError },
    #[error("{} has no usable certificate in PEM form", .path.display())]
    Pem { path: PathBuf, source: rustls_pki_types::pem::Error },
    #[error("{} has no certificate in it", .0.display())]
    NoCertificate(PathBuf),
    #[error("the address of the server does not read")]
    Server(#[from] uplink::server::ServerError),
    #[error("the proxy does not read")]
    Proxy(#[from] uplink::proxy::ProxyError),
    #[error("a secret that the configuration names cannot be fetched")]
    Secret(#[source] std::io::Error),
    #[error(transparent)]
    Uplink(#[from] UplinkError),
}

/// Begins a session with the server that the module is enrolled with.
///
/// # Errors
/// Fails with what that means to the module.
pub fn session(config: &Config, enrolment: &Enrolment) -> Result<Session, Trouble> {
    let open = || -> Result<Session, LinkError> {
        let server = place::find(config, Some(&enrolment.server))?;
        let trust = place::trust(config, enrolment.authority.as_deref())?;
        let client = Client::new(options(config, server, trust)?)?;
        Ok(client.session(&Credentials::new(enrolment.sender.clone(), enrolment.secret.clone()))?)
    };
    open().map_err(|error| trouble(&error))
}

/// Asks for credentials; `code` says where and whom to trust, if the module has one.
///
/// # Errors
/// As [`session`].
pub fn enrol(config: &Config, code: Option<&EnrolmentCode>, request: &EnrolRequest) -> Result<Enrolled, Trouble> {
    let enrol = || -> Result<Enrolled, LinkError> {
        let server = place::find(config, code.map(|code| code.server.as_str()))?;
        let trust = match code.and_then(EnrolmentCode::authority) {
            Some(sum) => Trust::Enrolment(sum),
            None => place::trust(config, None)?,
        };
        let address = server.to_string();
        let enrolled = Client::new(options(config, server, trust)?)?.enrol(request)?;
        Ok(Enrolled { reply: enrolled.reply, server: address, authority: enrolled.authority.map(|der| der.to_vec()) })
    };
    enrol().map_err(|error| trouble(&error))
}

fn options(config: &Config, server: Server, trust: Trust) -> Result<Options, LinkError> {
    let mut options = Options::new(server, trust);
    options.user_agent = concat!("roundsman-device/", env!("CARGO_PKG_VERSION")).to_owned();
    if let Some(url) = &config.proxy.url {
        let mut proxy: Proxy = url.parse()?;
        if let Some(user) = &config.proxy.user {
            let password = config.proxy.password.as_ref().map(fetch).transpose().map_err(LinkError::Secret)?;
            proxy.login = Some(Login { user: user.clone(), password: password.unwrap_or_default().into() });
        }
        options.proxy = Some(proxy);
    }
    Ok(options)
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

/// Fetches a secret from where the configuration says it is kept.
///
/// # Errors
/// Fails if the file cannot be read, or there is no such variable.
pub fn fetch(secret: &Secret) -> std::io::Result<String> {
    match secret.source() {
        SecretSource::Inline(text) => Ok(text.to_owned()),
        SecretSource::File(path) => {
            let named = |error: std::io::Error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display()));
            Ok(std::fs::read_to_string(path).map_err(named)?.trim().to_owned())
        }
        SecretSource::Env(name) => std::env::var(name)
            .map_err(|_| std::io::Error::new(std::io::ErrorKind::NotFound, format!("the environment has no variable {name}"))),
    }
}

/// Says what an error means to the module, with all its causes in one line.
pub fn trouble(error: &LinkError) -> Trouble {
    let why = story(error);
    match error {
        LinkError::Srv { source: super::srv::SrvError::Silent(_) | super::srv::SrvError::Failed(_), .. } => {
            Trouble::Later { why, wait: None }
        }
        LinkError::Uplink(error) => refusal(error, why),
        _ => Trouble::Blocked(why),
    }
}

/// Says what a refusal of the server means to the module.
pub fn refusal(error: &UplinkError, why: String) -> Trouble {
    match error {
        UplinkError::Credentials(_) => Trouble::Unknown(why),
        UplinkError::Forbidden(_) => Trouble::Forbidden(why),
        UplinkError::NeedsFull { last_report, .. } => Trouble::NeedsFull(last_report.clone()),
        UplinkError::Stale { last_report, .. } => Trouble::Stale(last_report.clone()),
        UplinkError::AnotherDevice(_) => Trouble::AnotherDevice(why),
        UplinkError::TooLarge(_) | UplinkError::Refused { status: 400 | 409 | 415 | 422, .. } => Trouble::Rejected(why),
        error if error.is_worth_retrying() => Trouble::Later { why, wait: error.retry_after() },
        _ => Trouble::Blocked(why),
    }
}

/// Returns an error and why it came about, joined by colons.
pub fn story(error: &dyn std::error::Error) -> String {
    let mut story = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Transparent errors say the same as their cause.
        if !story.ends_with(&text) {
            story.push_str(": ");
            story.push_str(&text);
        }
        cause = error.source();
    }
    story
}
