//! TLS to the database: rustls under the client, and the certificate is verified against the name that was called.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use tokio_rustls::TlsConnector;

use super::address::Security;

/// Says why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: cannot read the authority of the database's certificate; check sslrootcert")]
    Unreadable { path: String, source: rustls_pki_types::pem::Error },
    #[error("{path}: there is no certificate in this file; expected PEM")]
    Empty { path: String },
    #[error("TLS to the database cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// Makes TLS connections; without a configuration there is no TLS.
#[derive(Clone)]
pub struct Tls(Option<Arc<ClientConfig>>);

impl Tls {
    /// Prepares what an address asks for. It reads a file.
    pub fn of(security: &Security) -> Result<Self, TlsError> {
        match security {
            Security::Plain => Ok(Tls(None)),
            Security::VerifyFull { authority } => Ok(Tls(Some(Arc::new(configuration(authority.as_deref())?)))),
        }
    }
}

fn configuration(authority: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(TlsError::Setup)?;
    let Some(file) = authority else {
        return Ok(builder.with_platform_verifier().map_err(TlsError::Setup)?.with_no_client_auth());
    };
    let path = file.display().to_string();
    let unreadable = |source| TlsError::Unreadable { path: path.clone(), source };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
        let certificate = certificate.map_err(|source| TlsError::Unreadable { path: path.clone(), source })?;
        roots.add(certificate).map_err(TlsError::Setup)?;
    }
    if roots.is_empty() {
        return Err(TlsError::Empty { path });
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Stream<S>;
    type TlsConnect = To;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<To> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        Ok(To { configuration: self.0.clone(), name: name.ok() })
    }
}

/// Is one connection to be made.
pub struct To {
    configuration: Option<Arc<ClientConfig>>,
    name: Option<ServerName<'static>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for To {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let missing = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what);
            let configuration = self.configuration.ok_or_else(|| missing("TLS was not configured"))?;
            let name = self.name.ok_or_else(|| missing("a certificate cannot be for this host name"))?;
            Ok(Stream(Box::new(TlsConnector::from(configuration).connect(name, stream).await?)))
        })
    }
}

/// Is a connection under TLS.
pub struct Stream<S>(Box<tokio_rustls::client::TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> tokio_postgres::tls::TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        // The certificate is verified against the name, so nobody stands in between.
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_fips_build_tls_is_fips() {
        assert_eq!(configuration(None).unwrap().fips(), cfg!(feature = "fips"));
    }
}
