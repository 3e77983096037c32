//! The secure connection: its settings, its handshake, and why it did not come about.

use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::Resumption;
use rustls::{AlertDescription, CertificateError, ClientConfig, ClientConnection, Error, PeerIncompatible, PeerMisbehaved, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::stream::Stream;
use crate::text::shown;
use crate::trust::Trust;

/// Is a verified connection.
pub(crate) type Secure = StreamOwned<ClientConnection, Stream>;

/// Is the certificate and key by which a sender shows who it is.
pub struct Identity {
    /// The sender's own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Identity { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("chain", &self.chain.len()).field("key", &"…").finish()
    }
}

/// Says why there is no secure connection, in words that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsReason {
    #[error("its certificate expired {expired_at} and this host's clock says {now}; renew the certificate, or set the clock")]
    Expired { expired_at: Timestamp, now: Timestamp },
    #[error("its certificate is valid from {valid_from} on and this host's clock says {now}; set the clock, or correct the certificate")]
    NotYetValid { valid_from: Timestamp, now: Timestamp },
    #[error("its certificate is for {}, expected {expected}; correct the server's name in the configuration, or the certificate", list(.presented))]
    WrongName { expected: String, presented: Vec<String> },
    #[error(
        "its certificate is not issued by an authority that is trusted here; somebody may be in between, or the authority is to be configured"
    )]
    UnknownAuthority,
    #[error("it presents no authority with the check sum {expected}; the enrolment code is for another server, or somebody is in between")]
    WrongAuthority { expected: String },
    #[error("its key has the check sum {found}, expected {expected}; it has a new key, or somebody is in between")]
    WrongKey { expected: String, found: String },
    #[error("its certificate has been revoked; do not trust it")]
    Revoked,
    #[error("its certificate cannot be used for a server ({0})")]
    BadCertificate(String),
    #[error("it speaks neither TLS 1.2 nor TLS 1.3; something older is never spoken")]
    NoCommonVersion,
    #[error("somebody in between tried to weaken the connection to an older TLS")]
    Downgraded,
    #[error("it has no cipher or key exchange in common with us")]
    NoCommonCipher,
    #[error("what answers there does not speak TLS; check the port, and whether a proxy is to be used")]
    NotTls,
    #[error("it wants a client certificate; configure this sender's certificate and key")]
    WantsClientCertificate,
    #[error("it refuses this sender's certificate ({0}); renew it")]
    ClientCertificateRefused(&'static str),
    #[error("it is no server for this name; check the server's name in the configuration")]
    NameUnknownToServer,
    #[error("{0}")]
    Other(String),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") }
}

impl TlsReason {
    /// Returns whether the other side may be somebody else: then no other port is tried.
    pub(crate) fn is_about_trust(&self) -> bool {
        !matches!(self, TlsReason::NotTls | TlsReason::NoCommonVersion | TlsReason::NoCommonCipher | TlsReason::NameUnknownToServer)
    }

    pub(crate) fn from_rustls(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::from_certificate(error),
            Error::InvalidMessage(_) | Error::InappropriateMessage { .. } | Error::PeerSentOversizedRecord => TlsReason::NotTls,
            Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled,
            ) => TlsReason::NoCommonVersion,
            Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon | PeerIncompatible::NoKxGroupsInCommon) => {
                TlsReason::NoCommonCipher
            }
            Error::PeerMisbehaved(PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported) => TlsReason::Downgraded,
            Error::AlertReceived(alert) => Self::from_alert(*alert),
            Error::NoCertificatesPresented => TlsReason::BadCertificate("there is none".to_owned()),
            error => TlsReason::Other(shown(&error.to_string(), 200)),
        }
    }

    fn from_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::ExpiredContext { time, not_after } => {
                TlsReason::Expired { expired_at: timestamp(*not_after), now: timestamp(*time) }
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                TlsReason::NotYetValid { valid_from: timestamp(*not_before), now: timestamp(*time) }
            }
            CertificateError::NotValidForNameContext { expected, presented } => TlsReason::WrongName {
                expected: expected.to_str().into_owned(),
                presented: presented.iter().take(8).map(|name| shown(name, 100)).collect(),
            },
            CertificateError::UnknownIssuer => TlsReason::UnknownAuthority,
            CertificateError::Revoked => TlsReason::Revoked,
            CertificateError::Other(other) => match other.0.downcast_ref::<TlsReason>() {
                Some(reason) => reason.clone(),
                None => TlsReason::BadCertificate(shown(&other.0.to_string(), 200)),
            },
            error => TlsReason::BadCertificate(shown(&error.to_string(), 200)),
        }
    }

    /// Source: RFC 8446 §6.2.
    fn from_alert(alert: AlertDescription) -> Self {
        match alert {
            AlertDescription::ProtocolVersion | AlertDescription::InappropriateFallback => TlsReason::NoCommonVersion,
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => TlsReason::NoCommonCipher,
            AlertDescription::CertificateRequired | AlertDescription::NoCertificate => TlsReason::WantsClientCertificate,
            AlertDescription::CertificateExpired => TlsReason::ClientCertificateRefused("expired"),
            AlertDescription::CertificateRevoked => TlsReason::ClientCertificateRefused("revoked"),
            AlertDescription::UnknownCA => TlsReason::ClientCertificateRefused("issued by an authority that it does not know"),
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied => TlsReason::ClientCertificateRefused("not accepted"),
            AlertDescription::UnrecognisedName => TlsReason::NameUnknownToServer,
            alert => TlsReason::Other(format!("it ended the connection with the alert {alert:?}")),
        }
    }

    /// Returns the reason in an I/O error, if TLS and not the network is behind it.
    pub(crate) fn from_io(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Error>().map(Self::from_rustls)
    }
}

fn timestamp(time: UnixTime) -> Timestamp {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// Makes the settings of one connection.
///
/// They are made anew for each: what the customer has added to the operating system's store since
/// is known, and nothing of it stays in memory between two reports.
pub(crate) fn configuration(trust: &Trust, identity: Option<&Identity>) -> Result<ClientConfig, Error> {
    // The provider is named, so that no other part of a program can choose one for us.
    let provider = Arc::new(crate::crypto::provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(trust.verifier(&provider)?);
    let mut configuration = match identity {
        Some(identity) => builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?,
        None => builder.with_no_client_auth(),
    };
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A connection that is resumed has its certificate not checked again.
    configuration.resumption = Resumption::disabled();
    Ok(configuration)
}

/// Does the handshake; when this returns, the server is the one that is trusted.
///
/// Octets are carried here and not by the library's own loop, which stops at the first write that
/// fails. A server that refuses a client certificate closes while the client is still writing; what
/// it said before that is why.
pub(crate) fn handshake(configuration: Arc<ClientConfig>, name: ServerName<'static>, mut stream: Stream) -> io::Result<Secure> {
    let mut connection = ClientConnection::new(configuration, name).map_err(io::Error::other)?;
    loop {
        let sent = send(&mut connection, &mut stream);
        if sent.is_ok() && !connection.is_handshaking() {
            return Ok(StreamOwned::new(connection, stream));
        }
        match connection.read_tls(&mut stream) {
            Ok(0) => return Err(sent.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(sent.err().unwrap_or(error)),
        }
        if let Err(error) = connection.process_new_packets() {
            // The alert that tells the other side; if it cannot be sent, it is not missed here.
            let _ = send(&mut connection, &mut stream);
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
    }
}

fn send(connection: &mut ClientConnection, stream: &mut Stream) -> io::Result<()> {
    while connection.wants_write() {
        match connection.write_tls(stream) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_fips_build_tls_is_fips() {
        let configuration = configuration(&Trust::PinnedKey([0; 32]), None).unwrap();
        assert_eq!(configuration.fips(), cfg!(feature = "fips"));
    }
}
