//! Who the server is to its callers: its certificate, and what an enrolment code says of it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject};

use crate::app::Introduction;
use crate::config::{self, Settings};
use crate::net::{Authority, AuthorityError, ClientCertificates, TlsFiles};

/// Is the server's certificate and whose it is.
#[derive(Debug)]
pub struct Identity {
    pub files: TlsFiles,
    pub introduction: Introduction,
    /// Is there if the server makes its own certificate.
    pub own: Option<OwnCertificate>,
}

/// Is an own authority and the names that it vouches for.
#[derive(Debug)]
pub struct OwnCertificate {
    authority: Authority,
    names: Vec<String>,
}

/// Says why the server has no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("the server cannot make its own certificate")]
    Own(#[source] AuthorityError),
    #[error("{}: no certificate can be read; expected the authority of the server's certificate in PEM", path.display())]
    Authority { path: PathBuf, source: pem::Error },
    #[error("{}: cannot make this folder; name another as \"data\" in server.toml, or with --data", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
}

impl Identity {
    /// Finds the certificate that the settings name, or the own one, which is made if there is none.
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub fn of(settings: &Settings, now: Timestamp) -> Result<Self, IdentityError> {
        let tls = &settings.tls;
        let server = tls.name.clone().or_else(|| own_address(settings));
        let clients = clients(&settings.tls);
        if let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) {
            let files = TlsFiles { clients, ..TlsFiles::new(certificate, key) };
            let authority_sha256 = tls.authority.as_deref().map_or(Ok([0; 32]), digest_of)?;
            return Ok(Identity { files, introduction: Introduction { server, authority_sha256 }, own: None });
        }
        let folder = settings.authority_folder();
        make_folder(&folder).map_err(|source| IdentityError::Folder { path: folder.clone(), source })?;
        let authority = Authority::open_or_make(&folder, now).map_err(IdentityError::Own)?;
        let own = OwnCertificate { names: names(settings), authority };
        let mut files = own.renew(now)?;
        files.clients = clients;
        let introduction = Introduction { server, authority_sha256: own.authority.sha256() };
        Ok(Identity { files, introduction, own: Some(own) })
    }
}

impl OwnCertificate {
    /// Makes the certificate anew if it ends soon, and returns its files.
    ///
    /// # Errors
    /// Fails if the files cannot be written.
    pub fn renew(&self, now: Timestamp) -> Result<TlsFiles, IdentityError> {
        let issued = self.authority.server_certificate(&self.names, now).map_err(IdentityError::Own)?;
        if issued.is_new {
            tracing::info!(certificate.not_after = %issued.not_after, names = ?self.names, "the server made itself a certificate");
        }
        Ok(issued.files)
    }

    /// Returns the file of the authority to trust.
    pub fn authority_file(&self) -> PathBuf {
        self.authority.certificate_file()
    }
}

fn clients(tls: &config::Tls) -> ClientCertificates {
    match (tls.client_certificates, &tls.client_authority) {
        (config::ClientCertificates::Optional, Some(authority)) => ClientCertificates::Optional(authority.clone()),
        (config::ClientCertificates::Required, Some(authority)) => ClientCertificates::Required(authority.clone()),
        (_, _) => ClientCertificates::Off,
    }
}

/// Returns the address of a server that only this host can call: it needs no other name.
fn own_address(settings: &Settings) -> Option<String> {
    let first = settings.listen.first()?.address;
    (first.is_loopback() && first.port() != 0).then(|| first.to_string())
}

/// Returns the names of the own certificate: the public one, and those of this host to itself.
fn names(settings: &Settings) -> Vec<String> {
    let public = settings.tls.name.iter().filter_map(|name| name.rsplit_once(':')).map(|(host, _)| host.trim_matches(['[', ']']));
    let more = settings.tls.more_names.iter().map(String::as_str);
    let mut names: Vec<String> = public.chain(more).chain(["localhost", "127.0.0.1", "::1"]).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

fn digest_of(path: &Path) -> Result<[u8; 32], IdentityError> {
    let authority = CertificateDer::from_pem_file(path).map_err(|source| IdentityError::Authority { path: path.to_owned(), source })?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &authority);
    Ok(digest.as_ref().try_into().expect("a SHA-256 has 32 octets"))
}

/// Makes a folder that only the server's user can look into, unless it is there.
///
/// # Errors
/// Fails as the operating system says.
pub fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
