//! TLS settings from PEM files.
//!
//! TLS 1.2 and 1.3 only, HTTP/1.1 only, one crypto provider. Everything that can be wrong with
//! the files is found here, at start, and not by the first client.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate;

/// Is how long before its end a certificate is worth a warning.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Names the files that a listener's TLS is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Is the server's certificate in PEM and behind it those that lead to its authority. All of
    /// them are sent: with its authority in the file, a client that knows only the authority's
    /// SHA-256 finds it in the chain.
    pub certificate: PathBuf,
    /// Is the certificate's private key in PEM (PKCS #8, SEC 1 or PKCS #1), not encrypted.
    pub key: PathBuf,
    /// Says whether clients show certificates.
    pub clients: ClientCertificates,
}

/// Says whether clients show certificates, and which authority theirs must come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They are not asked for one.
    #[default]
    Off,
    /// They may show one; one that is shown must come from the authority in this PEM file.
    Optional(PathBuf),
    /// They must show one from the authority in this PEM file, or the handshake fails.
    Required(PathBuf),
}

impl ClientCertificates {
    fn authority(&self) -> Option<&Path> {
        match self {
            Self::Off => None,
            Self::Optional(path) | Self::Required(path) => Some(path),
        }
    }
}

impl TlsFiles {
    /// Names a certificate and its key; clients show none.
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { certificate: certificate.into(), key: key.into(), clients: ClientCertificates::Off }
    }

    /// Returns all the files, for whoever watches them.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        [self.certificate.as_path(), &self.key].into_iter().chain(self.clients.authority())
    }
}

/// Says why TLS settings cannot be made of the files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is missing or must not be read.
    #[error("{}: cannot read this file; check its path and that this program may read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is not PEM.
    #[error("{}: expected PEM, found something else", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: pem::Error,
    },
    /// A file has no certificate.
    #[error("{}: no certificate found; expected a section \"BEGIN CERTIFICATE\"", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// What stands in the PEM section is no certificate.
    #[error("{}: the first section is no X.509 certificate", path.display())]
    NotACertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file has no private key that can be read.
    #[error(
        "{}: no private key found; expected a section \"BEGIN PRIVATE KEY\" (or EC, or RSA), not encrypted",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// Key and certificate do not belong together.
    #[error(
        "{}: this key does not fit the certificate in {}; the server's own certificate must come first in its file",
        key.display(),
        certificate.display()
    )]
    KeyDoesNotFit {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// The certificate is too old.
    #[error("{}: the certificate expired on {}; renew it", path.display(), day(*on))]
    Expired {
        /// The file.
        path: PathBuf,
        /// When it expired.
        on: Timestamp,
    },
    /// The certificate is too young, or this machine's clock is behind.
    #[error("{}: the certificate is not valid before {from}; check this machine's clock", path.display())]
    NotYetValid {
        /// The file.
        path: PathBuf,
        /// When it begins.
        from: Timestamp,
    },
    /// The TLS library does not take certificate and key.
    #[error("{}: certificate and key cannot be used", path.display())]
    Unusable {
        /// The file of the certificate.
        path: PathBuf,
        /// What the library said.
        source: rustls::Error,
    },
    /// The clients' authority cannot be used.
    #[error("{}: this is no authority for client certificates", path.display())]
    ClientAuthority {
        /// The file.
        path: PathBuf,
        /// What the library said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Says what is odd about the files though they work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsWarning {
    /// Everybody on this machine can read the private key.
    KeyReadableByOthers {
        /// The file of the key.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The certificate ends within two weeks.
    ExpiresSoon {
        /// The file of the certificate.
        path: PathBuf,
        /// When it ends.
        on: Timestamp,
    },
}

impl std::fmt::Display for TlsWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyReadableByOthers { path, mode } => {
                write!(f, "{}: others can read this private key (mode {mode:04o}); set its mode to 0600", path.display())
            }
            Self::ExpiresSoon { path, on } => write!(f, "{}: the certificate expires on {}; renew it", path.display(), day(*on)),
        }
    }
}

fn day(moment: Timestamp) -> impl std::fmt::Display {
    moment.strftime("%Y-%m-%d")
}

/// Is what came of the files.
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    pub(super) not_after: Timestamp,
    pub(super) warnings: Vec<TlsWarning>,
}

/// Returns the one crypto provider, named so that no process-wide default can stand in for it.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Makes TLS settings of the files.
pub(super) fn load(files: &TlsFiles, now: Timestamp) -> Result<Loaded, TlsError> {
    let chain = certificates(&files.certificate)?;
    let not_after = check_validity(&files.certificate, &chain, now)?;
    let key = private_key(&files.key)?;
    let mut warnings = Vec::new();
    warnings.extend(others_can_read(&files.key));
    if not_after.duration_since(now) < EXPIRES_SOON {
        warnings.push(TlsWarning::ExpiresSoon { path: files.certificate.clone(), on: not_after });
    }
    let clients = client_verifier(&files.clients)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .expect("the provider has suites for both versions")
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(|error| unusable(files, error))?;
    // Tickets let a client come back without a full handshake. Senders keep one connection and
    // come back a day later: one ticket is plenty, and a report's octets are counted.
    config.send_tls13_tickets = 1;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Loaded { config: Arc::new(config), not_after, warnings })
}

fn unusable(files: &TlsFiles, error: rustls::Error) -> TlsError {
    match error {
        rustls::Error::InconsistentKeys(_) => TlsError::KeyDoesNotFit { key: files.key.clone(), certificate: files.certificate.clone() },
        source => TlsError::Unusable { path: files.certificate.clone(), source },
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

/// Reads all certificates of a PEM file, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<_, _>>()
        .map_err(|source| TlsError::NotPem { path: path.to_owned(), source })?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate { path: path.to_owned() });
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey { path: path.to_owned() },
        source => TlsError::NotPem { path: path.to_owned(), source },
    })
}

/// Returns when the server's own certificate ends.
///
/// Those behind it are not looked at: chains with an expired cross-signature work all over the
/// web, because clients find another way to an authority they know.
fn check_validity(path: &Path, chain: &[CertificateDer<'_>], now: Timestamp) -> Result<Timestamp, TlsError> {
    let own = chain.first().expect("checked non-empty when read");
    let facts = certificate::facts(own).ok_or_else(|| TlsError::NotACertificate { path: path.to_owned() })?;
    if now > facts.not_after {
        return Err(TlsError::Expired { path: path.to_owned(), on: facts.not_after });
    }
    if now < facts.not_before {
        return Err(TlsError::NotYetValid { path: path.to_owned(), from: facts.not_before });
    }
    Ok(facts.not_after)
}

fn client_verifier(clients: &ClientCertificates) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let Some(path) = clients.authority() else {
        return Ok(WebPkiClientVerifier::no_client_auth());
    };
    let refuse = |source: Box<dyn std::error::Error + Send + Sync>| TlsError::ClientAuthority { path: path.to_owned(), source };
    let mut roots = RootCertStore::empty();
    for authority in certificates(path)? {
        roots.add(authority).map_err(|error| refuse(error.into()))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let builder = match clients {
        ClientCertificates::Optional(_) => builder.allow_unauthenticated(),
        ClientCertificates::Off | ClientCertificates::Required(_) => builder,
    };
    builder.build().map_err(|error| refuse(error.into()))
}

/// Warns if others than owner and group can read the key. The group may: on Debian keys belong
/// to the group `ssl-cert`, for servers that do not run as root.
#[cfg(unix)]
fn others_can_read(path: &Path) -> Option<TlsWarning> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    (mode & 0o007 != 0).then(|| TlsWarning::KeyReadableByOthers { path: path.to_owned(), mode })
}

#[cfg(not(unix))]
fn others_can_read(_path: &Path) -> Option<TlsWarning> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_fips_build_tls_is_fips() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&certificate, own.cert.pem()).unwrap();
        std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
        let loaded = load(&TlsFiles::new(&certificate, &key), "2026-11-30T12:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(loaded.config.fips(), cfg!(feature = "fips"));
    }
}
