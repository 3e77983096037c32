//! Printers under TLS whose certificates are their own.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use netio::ipp::{Question, read};
use netio::tls::{Changed, Fingerprint};
use printport::ipp::{Outcome, groups};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::question;
use crate::server::{Server, http, request, response};

/// Makes a certificate for `name` that ends in the year `until`.
fn configuration(name: &str, until: i32) -> Arc<ServerConfig> {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
    parameters.not_before = rcgen::date_time_ymd(2001, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let configuration = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    Arc::new(configuration.expect("a certificate and its key"))
}

/// Is a printer under TLS. It counts the octets that it was sent under TLS.
struct Printer {
    server: Server,
    requests: Arc<AtomicUsize>,
}

fn printer(configuration: Arc<ServerConfig>) -> Printer {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    Printer { server: Server::of_connections(move |stream| serve(stream, &configuration, &counted)), requests }
}

fn serve(stream: TcpStream, configuration: &Arc<ServerConfig>, requests: &AtomicUsize) {
    let mut stream = StreamOwned::new(ServerConnection::new(configuration.clone()).expect("a connection"), stream);
    while let Some(body) = request(&mut stream) {
        requests.fetch_add(1, Ordering::SeqCst);
        if stream.write_all(&http(&response(&body, &[("printer-state", 3)]))).is_err() {
            return;
        }
    }
}

fn secure<'a>(printer: &Printer, host: &'a str, known: Option<Fingerprint>) -> Question<'a> {
    Question { host: Some(host), use_tls: true, known, ..question(printer.server.address) }
}

#[test]
fn the_first_certificate_is_trusted_and_told() {
    let printer = printer(configuration("printer.example", 2080));
    let reading = read(&secure(&printer, "printer.example", None)).expect("no certificate known");
    assert_eq!((reading.answers.outcome, reading.answers.problems.len()), (Outcome::Answered, 0));
    let certificate = reading.certificate.expect("a certificate");
    assert_eq!((certificate.is_out_of_date, certificate.names_another_host), (false, false));
    assert_eq!((printer.requests.load(Ordering::SeqCst), printer.server.connections()), (groups::ALL.len(), 1));
    let again = read(&secure(&printer, "printer.example", Some(certificate.fingerprint))).expect("the same certificate");
    assert_eq!(again.certificate, Some(certificate));
}

#[test]
fn a_printer_whose_certificate_has_changed_is_sent_nothing() {
    let printer = printer(configuration("printer.example", 2080));
    let expected = Fingerprint([7; 32]);
    let Changed { found, .. } = read(&secure(&printer, "printer.example", Some(expected))).expect_err("another certificate");
    assert_eq!((printer.requests.load(Ordering::SeqCst), printer.server.connections()), (0, 1));
    let words = Changed { expected, found }.to_string();
    assert_eq!(words, format!("certificate changed: expected {expected}, found {found}"));
    assert_eq!(expected.to_string(), "07".repeat(32));
    let found = read(&secure(&printer, "printer.example", Some(found))).expect("the one that was found");
    assert_eq!(found.answers.outcome, Outcome::Answered);
}

#[test]
fn a_printer_whose_certificate_is_known_is_never_asked_without_tls() {
    let plain = Server::of_requests(|request, out| out.write_all(&http(&response(request, &[]))).is_ok());
    let downgraded = Question { known: Some(Fingerprint([7; 32])), ..question(plain.address) };
    let reading = read(&downgraded).expect("no certificate at all");
    assert_eq!((reading.answers.outcome, plain.requests()), (Outcome::Unreachable, 0));
}

#[test]
fn an_expired_certificate_and_one_for_another_host_are_told_and_used() {
    let expired = printer(configuration("printer.example", 2015));
    let certificate = read(&secure(&expired, "printer.example", None)).expect("none known").certificate.expect("a certificate");
    assert_eq!((certificate.is_out_of_date, certificate.names_another_host), (true, false));
    let other = printer(configuration("printer.example", 2080));
    let reading = read(&secure(&other, "127.0.0.1", None)).expect("none known");
    let certificate = reading.certificate.expect("a certificate");
    assert_eq!((certificate.is_out_of_date, certificate.names_another_host), (false, true));
    assert_eq!(reading.answers.outcome, Outcome::Answered);
}

#[test]
fn a_printer_that_asks_for_tls_gets_it() {
    let secure = printer(configuration("localhost", 2080));
    let location = format!("https://127.0.0.1:{}/ipp/print", secure.server.address.port());
    let plain = Server::of_requests(move |_, out| {
        write!(out, "HTTP/1.1 308 Permanent Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").is_ok()
    });
    let reading = read(&question(plain.address)).expect("none known");
    assert_eq!((reading.answers.outcome, plain.requests()), (Outcome::Answered, 1));
    assert!(reading.certificate.is_some());
}
