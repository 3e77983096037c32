//! TLS at the front door: what is spoken, who may come, certificates that change.

mod net_support;

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use net_support::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use server::net::{Authority, ClientCertificates, Limits, Reload, Reloader, TlsError, TlsFiles, TlsWarning};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

fn load(files: TlsFiles) -> Arc<Reloader> {
    Reloader::load(files, Timestamp::now()).unwrap()
}

/// Returns the server's certificate and those behind it, as this connection got them.
fn shown(stream: &TlsStream<TcpStream>) -> Vec<CertificateDer<'static>> {
    stream.get_ref().1.peer_certificates().unwrap().to_vec()
}

#[tokio::test]
async fn both_versions_are_spoken_and_the_chain_ends_with_the_authority() {
    let folder = Folder::new("net-tls-chain");
    let (authority, files) = issue(&folder);
    let door = Door::tls(load(files), Limits::default()).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.certificate().clone()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut stream = shake(door.address, config).await.unwrap();
        let chain = shown(&stream);
        assert_eq!(chain.len(), 2);
        assert_eq!(&chain[1], authority.certificate());
        assert_eq!(exchange(&mut stream, HELLO).await.2, "hello");
    }
    door.close().await;
}

/// Makes a ClientHello of TLS 1.1 (RFC 4346 §7.4.1.2: version 3.2) in its record, with one suite,
/// TLS_RSA_WITH_AES_128_CBC_SHA.
fn hello_of_tls_1_1(extensions: &[u8]) -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    hello.extend(extensions);
    let length = u8::try_from(hello.len()).unwrap();
    [vec![22, 3, 1, 0, length + 4, 1, 0, 0, length], hello].concat()
}

#[tokio::test]
async fn tls_1_1_is_refused_with_an_alert() {
    let folder = Folder::new("net-tls-old");
    let (_, files) = issue(&folder);
    let door = Door::tls(load(files), Limits::default()).await;
    // RFC 5246 §7.2: 2 is fatal, 40 handshake_failure, 70 protocol_version. A client of that time
    // names no signature algorithms, and that is what is missed first.
    let signature_algorithms = [0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
    for (extensions, alert) in [(&[][..], 40), (&signature_algorithms, 70)] {
        let mut stream = door.connect().await;
        stream.write_all(&hello_of_tls_1_1(extensions)).await.unwrap();
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
        assert_eq!((answer.first(), answer.get(5..)), (Some(&21), Some(&[2, alert][..])));
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_closed() {
    let folder = Folder::new("net-tls-timeout");
    let (_, files) = issue(&folder);
    let door = Door::tls(load(files), Limits { handshake: SHORT, ..Limits::default() }).await;
    let mut silent = door.connect().await;
    let mut half = door.connect().await;
    half.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    closed(&mut silent).await;
    closed(&mut half).await;
}

#[tokio::test]
async fn plain_http_is_told_to_speak_https() {
    let folder = Folder::new("net-tls-plain");
    let (_, files) = issue(&folder);
    let door = Door::tls(load(files), Limits::default()).await;
    let mut stream = door.connect().await;
    let (status, _, body) = exchange(&mut stream, HELLO).await;
    assert_eq!(status, 400);
    assert_eq!(body, "this port speaks HTTPS; use https:// in place of http\n");
    closed(&mut stream).await;
}

#[tokio::test]
async fn anything_else_gets_no_word_in_clear() {
    let folder = Folder::new("net-tls-rubbish");
    let (_, files) = issue(&folder);
    let door = Door::tls(load(files), Limits::default()).await;
    let mut stream = door.connect().await;
    stream.write_all(b"\x1b%-12345X@PJL INFO ID\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = within(stream.read_to_end(&mut answer)).await;
    assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
}

#[tokio::test]
async fn shutdown_does_not_wait_for_handshakes() {
    let folder = Folder::new("net-tls-drain");
    let (authority, files) = issue(&folder);
    let door = Door::tls(load(files), Limits { handshake: LONG * 9, drain: LONG * 9, ..Limits::default() }).await;
    let mut half = door.connect().await;
    half.write_all(&[22, 3, 1]).await.unwrap();
    let mut idle = shake(door.address, client(authority.certificate(), None)).await.unwrap();
    exchange(&mut idle, HELLO).await;
    door.close().await;
    closed(&mut half).await;
    assert_eq!(within(idle.read(&mut [0; 8])).await.unwrap(), 0, "closed in good order, with close_notify");
}

// ---- Clients with certificates.

/// Is an authority that makes clients' certificates.
struct Clients {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Clients {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn make(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["agent-7".to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

async fn asked_who(door: &Door, config: rustls::ClientConfig) -> std::io::Result<String> {
    let mut stream = shake(door.address, config).await?;
    // In TLS 1.3 the client learns only after the handshake that its certificate was refused.
    stream.write_all(b"GET /peer HTTP/1.1\r\nHost: a\r\n\r\n").await?;
    let mut first = [0];
    within(stream.read_exact(&mut first)).await?;
    let (_, _, body) = response(&mut std::io::Cursor::new(first).chain(stream)).await;
    Ok(body.rsplit(' ').next().unwrap().to_owned())
}

#[tokio::test]
async fn a_required_certificate_is_required_and_handed_on() {
    let folder = Folder::new("net-tls-required");
    let (authority, mut files) = issue(&folder);
    let (ours, strangers) = (Clients::new(), Clients::new());
    std::fs::write(folder.file("clients.pem"), &ours.pem).unwrap();
    files.clients = ClientCertificates::Required(folder.file("clients.pem"));
    let door = Door::tls(load(files), Limits::default()).await;
    let own = ours.make();
    let digest = hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &own.0).as_ref());
    let trust = |own| client(authority.certificate(), own);
    assert_eq!(asked_who(&door, trust(Some(own))).await.unwrap(), digest);
    assert!(asked_who(&door, trust(None)).await.is_err());
    assert!(asked_who(&door, trust(Some(strangers.make()))).await.is_err());
}

#[tokio::test]
async fn an_optional_certificate_may_be_left_out_but_not_be_a_strangers() {
    let folder = Folder::new("net-tls-optional");
    let (authority, mut files) = issue(&folder);
    let (ours, strangers) = (Clients::new(), Clients::new());
    std::fs::write(folder.file("clients.pem"), &ours.pem).unwrap();
    files.clients = ClientCertificates::Optional(folder.file("clients.pem"));
    let door = Door::tls(load(files), Limits::default()).await;
    let trust = |own| client(authority.certificate(), own);
    assert_eq!(asked_who(&door, trust(None)).await.unwrap(), "none");
    assert_ne!(asked_who(&door, trust(Some(ours.make()))).await.unwrap(), "none");
    assert!(asked_who(&door, trust(Some(strangers.make()))).await.is_err());
}

// ---- Certificates that change.

fn copy(from: &TlsFiles, to: &TlsFiles) {
    std::fs::copy(&from.key, &to.key).unwrap();
    std::fs::copy(&from.certificate, &to.certificate).unwrap();
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_old_ones_live_on() {
    let (folder, other) = (Folder::new("net-tls-reload"), Folder::new("net-tls-reload-other"));
    let (authority, files) = issue(&folder);
    let (other_authority, other_files) = issue(&other);
    let reloader = load(files.clone());
    let door = Door::tls(Arc::clone(&reloader), Limits::default()).await;
    let mut old = shake(door.address, client(authority.certificate(), None)).await.unwrap();
    assert!(matches!(reloader.check(Timestamp::now()), Reload::Unchanged));

    copy(&other_files, &files);
    assert!(matches!(reloader.check(Timestamp::now()), Reload::Reloaded(_)));
    assert!(matches!(reloader.check(Timestamp::now()), Reload::Unchanged));
    let new = shake(door.address, client(other_authority.certificate(), None)).await.unwrap();
    assert_eq!(&shown(&new)[1], other_authority.certificate());
    assert!(shake(door.address, client(authority.certificate(), None)).await.is_err());
    assert_eq!(exchange(&mut old, HELLO).await.2, "hello");
}

#[tokio::test]
async fn a_broken_pair_keeps_the_old_certificate_until_it_fits() {
    let (folder, other) = (Folder::new("net-tls-broken"), Folder::new("net-tls-broken-other"));
    let (authority, files) = issue(&folder);
    let (_, other_files) = issue(&other);
    let reloader = load(files.clone());
    let door = Door::tls(Arc::clone(&reloader), Limits::default()).await;
    let good = std::fs::read(&files.certificate).unwrap();

    // Half of a renewal: the certificate is new, the key is not there yet.
    std::fs::copy(&other_files.certificate, &files.certificate).unwrap();
    assert!(matches!(reloader.check(Timestamp::now()), Reload::Kept(TlsError::KeyDoesNotFit { .. })));
    assert!(matches!(reloader.check(Timestamp::now()), Reload::Unchanged), "said once, not every few seconds");
    std::fs::write(&files.certificate, "rubbish").unwrap();
    assert!(matches!(reloader.check(Timestamp::now()), Reload::Kept(TlsError::NoCertificate { .. })));
    std::fs::remove_file(&files.certificate).unwrap();
    assert!(matches!(reloader.check(Timestamp::now()), Reload::Kept(TlsError::Unreadable { .. })));
    assert!(shake(door.address, client(authority.certificate(), None)).await.is_ok());

    std::fs::write(&files.certificate, good).unwrap();
    assert!(matches!(reloader.check(Timestamp::now()), Reload::Reloaded(_)));
}

#[tokio::test]
async fn the_watch_notices_by_itself() {
    let (folder, other) = (Folder::new("net-tls-watch"), Folder::new("net-tls-watch-other"));
    let (_, files) = issue(&folder);
    let (other_authority, other_files) = issue(&other);
    let reloader = load(files.clone());
    let door = Door::tls(Arc::clone(&reloader), Limits::default()).await;
    let watch = tokio::spawn(Arc::clone(&reloader).watch(SHORT / 10));
    copy(&other_files, &files);
    within(async { while shake(door.address, client(other_authority.certificate(), None)).await.is_err() {} }).await;
    watch.abort();
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_signal_reloads_at_once() {
    let (folder, other) = (Folder::new("net-tls-hangup"), Folder::new("net-tls-hangup-other"));
    let (_, files) = issue(&folder);
    let (other_authority, other_files) = issue(&other);
    let reloader = load(files.clone());
    let door = Door::tls(Arc::clone(&reloader), Limits::default()).await;
    let watch = tokio::spawn(Arc::clone(&reloader).watch(LONG * 100));
    // The watch is polled once, and has put its handler in place: else the signal would end us.
    tokio::task::yield_now().await;
    copy(&other_files, &files);
    let kill = format!("kill -HUP {}", std::process::id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    within(async { while shake(door.address, client(other_authority.certificate(), None)).await.is_err() {} }).await;
    watch.abort();
}

// ---- Files that do not work.

fn refused(files: TlsFiles) -> String {
    Reloader::load(files, Timestamp::now()).unwrap_err().to_string()
}

fn named(path: &Path, message: &str) -> String {
    format!("{}: {message}", path.display())
}

#[test]
fn errors_name_the_file_and_what_to_do() {
    let (folder, other) = (Folder::new("net-tls-files"), Folder::new("net-tls-files-other"));
    let (_, files) = issue(&folder);
    let (_, other_files) = issue(&other);
    let missing = folder.file("missing.pem");
    assert_eq!(
        refused(TlsFiles::new(&missing, &files.key)),
        named(&missing, "cannot read this file; check its path and that this program may read it")
    );
    assert_eq!(
        refused(TlsFiles::new(&files.key, &files.key)),
        named(&files.key, "no certificate found; expected a section \"BEGIN CERTIFICATE\"")
    );
    assert!(refused(TlsFiles::new(&files.certificate, &files.certificate)).contains("no private key found"));
    assert_eq!(
        refused(TlsFiles::new(&files.certificate, &other_files.key)),
        named(
            &other_files.key,
            &format!(
                "this key does not fit the certificate in {}; the server's own certificate must come first in its file",
                files.certificate.display()
            )
        )
    );
    let clients = ClientCertificates::Required(missing.clone());
    assert!(refused(TlsFiles { clients, ..files }).starts_with(&missing.display().to_string()));
}

#[test]
fn an_encrypted_key_is_named_as_no_key() {
    let folder = Folder::new("net-tls-encrypted");
    let (_, files) = issue(&folder);
    let encrypted = folder.file("encrypted.pem");
    std::fs::write(&encrypted, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n").unwrap();
    assert!(refused(TlsFiles::new(&files.certificate, &encrypted)).contains("not encrypted"));
}

#[test]
fn a_certificate_out_of_its_time_is_refused_with_the_date() {
    let folder = Folder::new("net-tls-expired");
    let then: Timestamp = "2024-02-29T12:00:00Z".parse().unwrap();
    let authority = Authority::open_or_make(folder.path(), then).unwrap();
    let issued = authority.server_certificate(&["localhost"], then).unwrap();
    assert_eq!(refused(issued.files.clone()), named(&issued.files.certificate, "the certificate expired on 2025-03-31; renew it"));
    let early = then - SignedDuration::from_hours(48);
    let error = Reloader::load(issued.files, early).unwrap_err().to_string();
    assert!(error.ends_with("is not valid before 2024-02-28T12:00:00Z; check this machine's clock"), "{error}");
}

#[cfg(unix)]
#[test]
fn oddities_are_warnings() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("net-tls-odd");
    let (_, files) = issue(&folder);
    assert_eq!(load(files.clone()).warnings(), []);
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let warnings = load(files.clone()).warnings();
    assert_eq!(warnings, [TlsWarning::KeyReadableByOthers { path: files.key.clone(), mode: 0o644 }]);
    assert_eq!(warnings[0].to_string(), named(&files.key, "others can read this private key (mode 0644); set its mode to 0600"));
    let late = Timestamp::now() + SignedDuration::from_hours(24 * 390);
    let warnings = Reloader::load(files, late).unwrap().warnings();
    assert!(warnings.iter().any(|warning| matches!(warning, TlsWarning::ExpiresSoon { .. })), "{warnings:?}");
}
