//! A database that is far away shows a certificate before it hears a password.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use store::conformance::cluster::Cluster;
use store::postgres::{Options, PostgresStore};
use store::{Place, StoreError};

mod folder;
use folder::Folder;

/// Makes an authority, and a certificate of it for a name: the authority, the certificate and its key, in PEM.
fn certificate(name: &str) -> [String; 3] {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    [authority, certificate.pem(), key.serialize_pem()]
}

fn open(url: &str, password: &str) -> Result<(), StoreError> {
    let address: store::postgres::Address = url.parse().unwrap();
    PostgresStore::open(&address.with_password(password), &Options::default()).map(drop)
}

/// Returns the message of a fault and of its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn whom_it_does_not_know_it_tells_no_password() {
    let folder = Folder::new();
    let [authority, certificate_of_localhost, key] = certificate("localhost");
    let (cluster, port) = Cluster::start_with_tls(&certificate_of_localhost, &key).await;
    cluster.sql("postgres", "CREATE ROLE fleet LOGIN PASSWORD 'correct horse'").await;
    cluster.sql("postgres", "CREATE DATABASE fleet OWNER fleet").await;
    let file = |name: &str, text: &str| -> PathBuf {
        std::fs::write(folder.path(name), text).unwrap();
        folder.path(name)
    };
    let trusted = file("ca.pem", &authority);
    let url = |host: &str, root: &PathBuf| format!("postgres://fleet@{host}:{port}/fleet?sslrootcert={}", root.display());

    open(&url("localhost", &trusted), "correct horse").unwrap();
    let fault = open(&url("localhost", &trusted), "a wrong one").unwrap_err();
    assert!(matches!(fault, StoreError::Login { .. }), "{fault:?}");
    assert!(!format!("{fault:?} {}", chain(&fault)).contains("a wrong one"));
    // The certificate is for the name alone, and of this authority alone.
    let other = file("other.pem", &certificate("localhost")[0]);
    for url in [url("127.0.0.1", &trusted), url("localhost", &other)] {
        let text = chain(&open(&url, "correct horse").unwrap_err());
        assert!(text.contains("certificate"), "{text}");
        assert!(!text.contains("correct horse"));
    }
    assert!(matches!(open(&url("localhost", &folder.path("absent.pem")), "x"), Err(StoreError::Tls(_))));
    assert!(matches!(open(&url("localhost", &file("empty.pem", "nothing")), "x"), Err(StoreError::Tls(_))));
    // Without TLS this database hears nobody.
    let plain = format!("postgres://fleet@localhost:{port}/fleet");
    assert!(matches!(open(&plain, "correct horse"), Err(StoreError::Login { .. })));
    let place: Place = plain.parse().unwrap();
    assert!(!format!("{:?}", place.with_password("correct horse")).contains("correct horse"));
}
