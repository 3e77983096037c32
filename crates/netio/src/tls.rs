//! TLS with printers, which are their own authorities: trust on first use.
//!
//! Any certificate is accepted the first time, and its fingerprint is told. Whoever keeps that
//! passes it in the next time, and then nothing is sent to a printer that shows another one. That
//! the printer has the key of its certificate is always checked.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme, StreamOwned,
};

use crate::timed::Timed;

/// Is the SHA-256 of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Is the certificate that a printer showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub fingerprint: Fingerprint,
    /// Whether its dates do not fit this host's clock.
    pub is_out_of_date: bool,
    /// Whether it is for another host than the one that was asked.
    pub names_another_host: bool,
}

/// Says that a printer shows another certificate than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    pub expected: Fingerprint,
    pub found: Fingerprint,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate changed: expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for Changed {}

/// Is an encrypted connection.
pub(crate) type Secure = StreamOwned<ClientConnection, Timed>;

/// Encrypts a connection; when this returns, the printer has the key of the certificate it showed.
pub(crate) fn secure(mut stream: Timed, host: &str, known: Option<Fingerprint>) -> io::Result<(Secure, Certificate)> {
    let verifier = Arc::new(FirstUse { known, seen: Mutex::new(None), provider: Arc::new(provider::default_provider()) });
    let configuration = configuration(&verifier).map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(Arc::new(configuration), server_name(host)?).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        if connection.complete_io(&mut stream)? == (0, 0) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let seen = *verifier.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let certificate = seen.ok_or_else(|| io::Error::other("the printer showed no certificate"))?;
    Ok((StreamOwned::new(connection, stream), certificate))
}

fn configuration(verifier: &Arc<FirstUse>) -> Result<ClientConfig, Error> {
    let mut configuration = ClientConfig::builder_with_provider(verifier.provider.clone())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier.clone())
        .with_no_client_auth();
    // A connection that is resumed shows no certificate.
    configuration.resumption = Resumption::disabled();
    Ok(configuration)
}

fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    // An address of one link has a zone that no certificate knows.
    let host = host.split('%').next().unwrap_or_default();
    match host.parse::<IpAddr>() {
        Ok(address) => Ok(ServerName::from(address)),
        Err(_) => {
            ServerName::try_from(host.to_owned()).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "expected the name of a host"))
        }
    }
}

/// Returns what a failed handshake says about the certificate, if that is what it failed for.
pub(crate) fn changed(error: &io::Error) -> Option<Changed> {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error.get_ref()?.downcast_ref()? else { return None };
    inner.downcast_ref().copied()
}

#[derive(Debug)]
struct FirstUse {
    known: Option<Fingerprint>,
    seen: Mutex<Option<Certificate>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for FirstUse {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = fingerprint(end_entity);
        if let Some(expected) = self.known.filter(|known| *known != found) {
            return Err(CertificateError::Other(OtherError(Arc::new(Changed { expected, found }))).into());
        }
        let parsed = ParsedCertificate::try_from(end_entity);
        let certificate = Certificate {
            fingerprint: found,
            is_out_of_date: parsed.as_ref().is_ok_and(|parsed| self.is_out_of_date(parsed, now)),
            names_another_host: parsed.is_ok_and(|parsed| verify_server_name(&parsed, name).is_err()),
        };
        *self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(certificate);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl FirstUse {
    /// The library looks at a certificate's dates before it looks for an issuer, so with no
    /// authority to find it still complains about them first.
    fn is_out_of_date(&self, certificate: &ParsedCertificate<'_>, now: UnixTime) -> bool {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let judged = verify_server_cert_signed_by_trust_anchor(certificate, &RootCertStore::empty(), &[], now, algorithms);
        use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
        matches!(judged, Err(Error::InvalidCertificate(Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. })))
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    let digest = digest(&SHA256, certificate);
    Fingerprint(digest.as_ref().try_into().expect("SHA-256 has 32 octets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_fips_build_tls_is_fips() {
        let verifier = Arc::new(FirstUse { known: None, seen: Mutex::new(None), provider: Arc::new(provider::default_provider()) });
        assert_eq!(configuration(&verifier).unwrap().fips(), cfg!(feature = "fips"));
    }
}
