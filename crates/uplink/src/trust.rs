//! Whom a sender believes to be its server, and what it checks before it says a word.
//!
//! | | chain | name | dates of the server's certificate | key |
//! |---|---|---|---|---|
//! | [`Trust::System`] | to an authority of the operating system | yes | yes | – |
//! | [`Trust::Authorities`] | to one of those given | yes | yes | – |
//! | [`Trust::Enrolment`] | to the one with this check sum, which the server presents | yes | yes, and the authority's | – |
//! | [`Trust::PinnedKey`] | no | yes | yes | must be this one |
//!
//! The name is always the configured one. Revocation lists are asked only by [`Trust::System`] on
//! operating systems that do so themselves; a server whose key is stolen is best answered with
//! another authority or pin. TLS 1.2 and 1.3 are spoken, nothing older.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::tls::TlsReason;

/// Says whom to trust; see the module for what each checks.
#[derive(Clone, PartialEq, Eq)]
pub enum Trust {
    /// The operating system's authorities, the ones the customer has added among them.
    System,
    /// Exactly these authorities, in DER form.
    Authorities(Vec<CertificateDer<'static>>),
    /// SHA-256 of the server's public key (the DER form of its SubjectPublicKeyInfo, as in RFC 7469).
    ///
    /// Who issued the certificate does not matter, so it may be self-signed, and it may be renewed
    /// as long as the key stays. It must be of X.509 version 3, and its name must be among its
    /// alternative names.
    PinnedKey([u8; 32]),
    /// SHA-256 of an authority's certificate in DER form, which the server presents in its chain.
    ///
    /// For the first call, when all that the sender has is an enrolment code. The authority found
    /// is given out ([`crate::client::Enrolled::authority`]) to be kept for the calls to come.
    Enrolment([u8; 32]),
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trust::System => f.write_str("System"),
            Trust::Authorities(given) => write!(f, "Authorities({} certificates)", given.len()),
            Trust::PinnedKey(sum) => write!(f, "PinnedKey({})", hex(sum)),
            Trust::Enrolment(sum) => write!(f, "Enrolment({})", hex(sum)),
        }
    }
}

impl Trust {
    /// Makes the verifier. For [`Trust::System`] this reads the operating system's store.
    pub(crate) fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        Ok(match self {
            #[cfg(feature = "platform-trust")]
            Trust::System => Arc::new(rustls_platform_verifier::Verifier::new(provider.clone())?),
            #[cfg(not(feature = "platform-trust"))]
            Trust::System => {
                let why = "this program was built without the operating system's trust store; configure an authority or a pin";
                return Err(Error::General(why.to_owned()));
            }
            Trust::Authorities(given) => {
                let mut roots = RootCertStore::empty();
                given.iter().try_for_each(|authority| roots.add(authority.clone()))?;
                from_roots(roots, provider)?
            }
            Trust::PinnedKey(key) => Arc::new(PinnedKey { key: *key, provider: provider.clone() }),
            Trust::Enrolment(sum) => Arc::new(Enrolment { sum: *sum, provider: provider.clone() }),
        })
    }
}

fn from_roots(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Error> {
    WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build().map_err(|error| Error::General(error.to_string()))
}

/// Returns the certificate of a chain whose SHA-256 is `sum`.
///
/// The first is the server's own, and never the authority that vouches for it.
pub(crate) fn authority_with<'a, 'b>(intermediates: &'a [CertificateDer<'b>], sum: &[u8; 32]) -> Option<&'a CertificateDer<'b>> {
    intermediates.iter().find(|certificate| sha256(certificate) == *sum)
}

/// Returns the check sum that [`Trust::Enrolment`] and an enrolment code carry.
pub fn sha256(octets: &[u8]) -> [u8; 32] {
    crate::crypto::sha256(octets)
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn refuse(reason: TlsReason) -> Error {
    CertificateError::Other(OtherError(Arc::new(reason))).into()
}

/// Checks the dates of one certificate, whoever issued it.
///
/// The library looks at a certificate's own properties, its dates first of all, before it looks for
/// an issuer. With no authority to find, the dates are what can be learned; every later complaint
/// is about what is not asked here. The tests hold the library to it.
fn check_dates(certificate: &CertificateDer<'_>, now: UnixTime, provider: &CryptoProvider) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    let algorithms = provider.signature_verification_algorithms.all;
    match verify_server_cert_signed_by_trust_anchor(&parsed, &RootCertStore::empty(), &[], now, algorithms) {
        Err(Error::InvalidCertificate(
            error @ (CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
            | CertificateError::BadEncoding),
        )) => Err(error.into()),
        _ => Ok(()),
    }
}

#[derive(Debug)]
struct PinnedKey {
    key: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl PinnedKey {
    fn verify(&self, end_entity: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let found = sha256(&parsed.subject_public_key_info());
        if found != self.key {
            return Err(refuse(TlsReason::WrongKey { expected: hex(&self.key), found: hex(&found) }));
        }
        check_dates(end_entity, now, &self.provider)?;
        verify_server_name(&parsed, name)
    }
}

#[derive(Debug)]
struct Enrolment {
    sum: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl Enrolment {
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let authority =
            authority_with(intermediates, &self.sum).ok_or_else(|| refuse(TlsReason::WrongAuthority { expected: hex(&self.sum) }))?;
        // What is trusted because it is a root is not asked for its dates by the library.
        check_dates(authority, now, &self.provider)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        from_roots(roots, &self.provider)?.verify_server_cert(end_entity, intermediates, name, &[], now)?;
        Ok(())
    }
}

/// Both of our verifiers check what is signed in the handshake as the library does.
macro_rules! verifies {
    ($kind:ty, |$verifier:ident, $end_entity:ident, $intermediates:ident, $name:ident, $now:ident| $check:expr) => {
        impl ServerCertVerifier for $kind {
            fn verify_server_cert(
                &self,
                $end_entity: &CertificateDer<'_>,
                $intermediates: &[CertificateDer<'_>],
                $name: &ServerName<'_>,
                _ocsp_response: &[u8],
                $now: UnixTime,
            ) -> Result<ServerCertVerified, Error> {
                let $verifier = self;
                $check.map(|()| ServerCertVerified::assertion())
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
    };
}

verifies!(PinnedKey, |pinned, end_entity, _intermediates, name, now| pinned.verify(end_entity, name, now));
verifies!(Enrolment, |enrolment, end_entity, intermediates, name, now| enrolment.verify(end_entity, intermediates, name, now));
