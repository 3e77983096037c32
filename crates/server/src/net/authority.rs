//! An own certificate authority, for installations that have none.
//!
//! One folder holds it: `ca.pem` and `ca-key.pem` are the authority, `server.pem` (the server's
//! certificate and behind it the authority's) and `server-key.pem` the server's. Agents are told
//! the authority's SHA-256 when they are enrolled and trust it and nobody else.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, DnsName};

use super::certificate::{self, sha256};
use super::tls::{self, TlsError, TlsFiles};

const AUTHORITY_CERTIFICATE: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca-key.pem";
const SERVER_CERTIFICATE: &str = "server.pem";
const SERVER_KEY: &str = "server-key.pem";

/// Is how long the authority is valid: ten years.
const AUTHORITY_LIFE: SignedDuration = SignedDuration::from_hours(3650 * 24);
/// Is how long a server's certificate is valid. Some clients take none that is longer: CA/Browser
/// Forum Baseline Requirements §6.3.2 had 398 days, of which one is kept for clocks.
const SERVER_LIFE: SignedDuration = SignedDuration::from_hours(397 * 24);
/// Is how long before its end a server's certificate is issued anew.
const REISSUE_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Is how far behind a client's clock may be that meets a certificate made this minute.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_hours(24);

/// Is an own certificate authority in a folder.
pub struct Authority {
    folder: PathBuf,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    not_after: Timestamp,
}

/// Is a server's certificate from an own authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Are the files, as a listener wants them.
    pub files: TlsFiles,
    /// Says whether it was issued now, and not found and still good.
    pub is_new: bool,
    /// Is when it ends.
    pub not_after: Timestamp,
}

/// Says why an own authority cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file cannot be read or written.
    #[error("{}: cannot {what} this file", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was to be done: "read" or "write".
        what: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The authority's certificate is unreadable.
    #[error("the authority's certificate cannot be used; restore it from a backup")]
    Certificate(#[source] TlsError),
    /// There is a certificate and no key to it.
    #[error(
        "{}: the authority's key is missing though its certificate is there; restore it from a backup, or remove {} to begin with a new authority that every agent must be enrolled with again",
        key.display(),
        certificate.display()
    )]
    KeyMissing {
        /// Where the key should be.
        key: PathBuf,
        /// Where the certificate is.
        certificate: PathBuf,
    },
    /// The certificate is none that this program has made with this key.
    #[error(
        "{}: this authority was not made here with the key beside it; restore both from one backup, or use certificates of your own authority as files",
        certificate.display()
    )]
    Foreign {
        /// Where the certificate is.
        certificate: PathBuf,
    },
    /// The authority has come to its end.
    #[error(
        "{}: the authority expired on {}; remove it and its key to begin with a new one that every agent must be enrolled with again",
        certificate.display(),
        on.strftime("%Y-%m-%d")
    )]
    Expired {
        /// Where the certificate is.
        certificate: PathBuf,
        /// When it expired.
        on: Timestamp,
    },
    /// A certificate must be for somebody.
    #[error("a server's certificate needs at least one name; expected a DNS name or an address, for example server.example or 192.0.2.7")]
    NoName,
    /// A name is none.
    #[error("\"{name}\" is no DNS name or address; expected for example server.example or 192.0.2.7")]
    Name {
        /// What was given.
        name: String,
    },
    /// A certificate could not be made.
    #[error("the {what} cannot be made")]
    Make {
        /// What was to be made.
        what: &'static str,
        /// What the library said.
        source: rcgen::Error,
    },
}

impl Authority {
    /// Opens the authority in this folder, or makes one if there is none. The folder must exist.
    ///
    /// # Errors
    ///
    /// See [`AuthorityError`]. An authority that is there and cannot be used is never replaced:
    /// agents trust it.
    pub fn open_or_make(folder: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let (certificate_path, key_path) = (folder.join(AUTHORITY_CERTIFICATE), folder.join(AUTHORITY_KEY));
        // The key is written first. So a key alone is a start that was cut off, and is finished;
        // a certificate alone is a loss.
        let key = match read_if_there(&key_path)? {
            Some(pem) => KeyPair::from_pem(&pem).map_err(|source| AuthorityError::Make { what: "authority's key", source })?,
            None if certificate_path.exists() => {
                return Err(AuthorityError::KeyMissing { key: key_path, certificate: certificate_path });
            }
            None => make_key(&key_path)?,
        };
        let params = authority_params(&key, now);
        if !certificate_path.exists() {
            let certificate =
                params.self_signed(&key).map_err(|source| AuthorityError::Make { what: "authority's certificate", source })?;
            write(&certificate_path, certificate.pem().as_bytes(), PUBLIC)?;
        }
        Self::open(folder, certificate_path, params, key, now)
    }

    fn open(folder: &Path, path: PathBuf, params: CertificateParams, key: KeyPair, now: Timestamp) -> Result<Self, AuthorityError> {
        let certificate = tls::certificates(&path).map_err(AuthorityError::Certificate)?.swap_remove(0);
        let foreign = || AuthorityError::Foreign { certificate: path.clone() };
        let facts = certificate::facts(&certificate).ok_or_else(foreign)?;
        // The name of an authority made here follows from its key, so equal names mean the same
        // key: compare with what this key would sign.
        let ours = params.self_signed(&key).map_err(|source| AuthorityError::Make { what: "authority's certificate", source })?;
        if certificate::facts(ours.der()).is_none_or(|ours| ours.subject != facts.subject) {
            return Err(foreign());
        }
        if now > facts.not_after {
            return Err(AuthorityError::Expired { certificate: path, on: facts.not_after });
        }
        let issuer = Issuer::new(params, key);
        Ok(Self { folder: folder.to_owned(), certificate, issuer, not_after: facts.not_after })
    }

    /// Returns the authority's certificate in DER.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Returns the SHA-256 of the authority's certificate in DER, which enrolment codes carry.
    pub fn sha256(&self) -> [u8; 32] {
        sha256(&self.certificate)
    }

    /// Returns where the authority's certificate lies in PEM.
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.join(AUTHORITY_CERTIFICATE)
    }

    /// Returns the server's certificate for exactly these DNS names and addresses.
    ///
    /// The one in the folder is good if it fits its key, comes from this authority, is for the
    /// same names and has 30 days left; else a new one is issued, with a new key.
    ///
    /// # Errors
    ///
    /// See [`AuthorityError`].
    pub fn server_certificate(&self, names: &[impl AsRef<str>], now: Timestamp) -> Result<Issued, AuthorityError> {
        let names = Names::parse(names)?;
        let files = TlsFiles::new(self.folder.join(SERVER_CERTIFICATE), self.folder.join(SERVER_KEY));
        if let Some(not_after) = self.still_good(&files, &names, now) {
            return Ok(Issued { files, is_new: false, not_after });
        }
        let not_after = self.issue(&files, &names, now)?;
        Ok(Issued { files, is_new: true, not_after })
    }

    /// Returns when the certificate in the folder ends if it can go on being used.
    fn still_good(&self, files: &TlsFiles, names: &Names, now: Timestamp) -> Option<Timestamp> {
        tls::load(files, now).ok()?;
        let chain = tls::certificates(&files.certificate).ok()?;
        let facts = certificate::facts(chain.first()?)?;
        let is_ours = chain.last() == Some(&self.certificate);
        // One that ends with the authority cannot be made to last longer.
        let lasts = facts.not_after.duration_since(now) > REISSUE_BEFORE || facts.not_after >= self.not_after;
        (is_ours && lasts && facts.names == names.0).then_some(facts.not_after)
    }

    fn issue(&self, files: &TlsFiles, names: &Names, now: Timestamp) -> Result<Timestamp, AuthorityError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(names.first());
        params.subject_alt_names = names.alternative_names()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let not_after = (now + SERVER_LIFE - CLOCK_SLACK).min(self.not_after);
        params.not_before = date_time_ymd(1970, 1, 1) + since_1970(now - CLOCK_SLACK);
        params.not_after = date_time_ymd(1970, 1, 1) + since_1970(not_after);
        let key = generate("server's key")?;
        let certificate =
            params.signed_by(&key, &self.issuer).map_err(|source| AuthorityError::Make { what: "server's certificate", source })?;
        let authority = pem(&self.certificate_file())?;
        write(&files.key, key.serialize_pem().as_bytes(), SECRET)?;
        write(&files.certificate, [certificate.pem(), authority].concat().as_bytes(), PUBLIC)?;
        Ok(not_after)
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("folder", &self.folder).field("key", &"…").finish_non_exhaustive()
    }
}

/// Are names as they stand in a certificate: lower case, addresses in their shortest form.
#[derive(Debug)]
struct Names(BTreeSet<String>);

impl Names {
    fn parse(names: &[impl AsRef<str>]) -> Result<Self, AuthorityError> {
        let names: BTreeSet<String> = names.iter().map(|name| parse_name(name.as_ref())).collect::<Result<_, _>>()?;
        if names.is_empty() { Err(AuthorityError::NoName) } else { Ok(Self(names)) }
    }

    fn first(&self) -> &str {
        self.0.first().expect("checked non-empty when parsed")
    }

    fn alternative_names(&self) -> Result<Vec<SanType>, AuthorityError> {
        self.0
            .iter()
            .map(|name| match name.parse::<IpAddr>() {
                Ok(address) => Ok(SanType::IpAddress(address)),
                Err(_) => match name.as_str().try_into() {
                    Ok(dns) => Ok(SanType::DnsName(dns)),
                    Err(_) => Err(AuthorityError::Name { name: name.clone() }),
                },
            })
            .collect()
    }
}

fn parse_name(name: &str) -> Result<String, AuthorityError> {
    match (name.parse::<IpAddr>(), DnsName::try_from(name)) {
        (Ok(address), _) => Ok(address.to_string()),
        (_, Ok(dns)) => Ok(dns.as_ref().trim_end_matches('.').to_ascii_lowercase()),
        _ => Err(AuthorityError::Name { name: name.to_owned() }),
    }
}

/// Describes the authority of this key; the same key always gives the same name.
///
/// The name has a part of the key's digest in it, because a machine may trust the authorities of
/// several installations, and finds the right one by its name.
fn authority_params(key: &KeyPair, now: Timestamp) -> CertificateParams {
    let [a, b, c, d, ..] = sha256(&key.subject_public_key_info());
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(&format!("roundsman authority {a:02x}{b:02x}{c:02x}{d:02x}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(1970, 1, 1) + since_1970(now - CLOCK_SLACK);
    params.not_after = date_time_ymd(1970, 1, 1) + since_1970(now + AUTHORITY_LIFE);
    params
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    // RFC 5280, ub-common-name: a common name has at most 64 characters.
    distinguished.push(DnType::CommonName, name.get(..64).unwrap_or(name));
    distinguished
}

fn since_1970(moment: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(moment.as_second()).unwrap_or(0))
}

fn generate(what: &'static str) -> Result<KeyPair, AuthorityError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|source| AuthorityError::Make { what, source })
}

fn make_key(path: &Path) -> Result<KeyPair, AuthorityError> {
    let key = generate("authority's key")?;
    write(path, key.serialize_pem().as_bytes(), SECRET)?;
    Ok(key)
}

fn read_if_there(path: &Path) -> Result<Option<String>, AuthorityError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(AuthorityError::File { path: path.to_owned(), what: "read", source }),
    }
}

fn pem(path: &Path) -> Result<String, AuthorityError> {
    std::fs::read_to_string(path).map_err(|source| AuthorityError::File { path: path.to_owned(), what: "read", source })
}

/// Are the permissions of a private key.
const SECRET: u32 = 0o600;
/// Are the permissions of a certificate.
const PUBLIC: u32 = 0o644;

/// Writes a file so that it is there wholly or not at all, whenever the power fails.
fn write(path: &Path, octets: &[u8], mode: u32) -> Result<(), AuthorityError> {
    write_whole(path, octets, mode).map_err(|source| AuthorityError::File { path: path.to_owned(), what: "write", source })
}

fn write_whole(path: &Path, octets: &[u8], mode: u32) -> io::Result<()> {
    let beside = path.with_extension("new");
    // Left over from a run that was cut off; it must not keep permissions of its own.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(&beside)?;
    file.write_all(octets)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    sync_folder(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
