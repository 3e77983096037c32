//! Servers that are in the way of a reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use netio::ipp::{Question, Timeouts, read};
use printport::ipp::exchange::What;
use printport::ipp::{Answers, Outcome, groups};

use crate::question;
use crate::server::{Server, http, response};

fn answers(question: &Question<'_>) -> Answers {
    let reading = read(question).expect("no certificate to have changed");
    assert_eq!(reading.certificate, None);
    reading.answers
}

fn problems(answers: &Answers) -> Vec<String> {
    answers.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn one_connection_carries_every_request() {
    let server = Server::of_requests(|request, out| out.write_all(&http(&response(request, &[("printer-state", 3)]))).is_ok());
    let answers = answers(&question(server.address));
    assert_eq!((answers.outcome, answers.attributes.number("printer-state")), (Outcome::Answered, Some(3)));
    assert_eq!((server.requests(), server.connections()), (groups::ALL.len(), 1));
}

#[test]
fn a_connection_that_is_closed_after_each_answer_is_made_anew() {
    let server = Server::of_requests(|request, out| {
        out.write_all(&http(&response(request, &[("printer-state", 3)]))).expect("written");
        false
    });
    assert_eq!(answers(&question(server.address)).outcome, Outcome::Answered);
    assert_eq!((server.requests(), server.connections()), (groups::ALL.len(), groups::ALL.len()));
}

#[test]
fn an_endless_body_is_read_up_to_its_limit() {
    let written = Arc::new(AtomicUsize::new(0));
    let counted = written.clone();
    let server = Server::of_requests(move |request, out| {
        let body = response(request, &[("printer-state", 3)]);
        let start =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len() - 1);
        let _ = out.write_all(&[start.as_bytes(), &body[..body.len() - 1], b"\r\n"].concat());
        let chunk = [&b"10000\r\n"[..], &[4; 0x10000], b"\r\n"].concat();
        while out.write_all(&chunk).is_ok() {
            counted.fetch_add(chunk.len(), Ordering::SeqCst);
        }
        false
    });
    let answers = answers(&Question { groups: &[groups::STATE], ..question(server.address) });
    assert_eq!((answers.outcome, answers.attributes.number("printer-state")), (Outcome::Answered, Some(3)));
    assert!(problems(&answers).iter().any(|problem| problem.contains("of which 4194304 were read")), "{:?}", problems(&answers));
    drop(server);
    assert!(written.load(Ordering::SeqCst) < 64 << 20, "the connection was closed");
}

#[test]
fn an_endless_body_that_trickles_takes_no_longer_than_its_time() {
    let server = Server::of_requests(|_, out| {
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nTransfer-Encoding: chunked\r\n\r\n");
        while out.write_all(b"1\r\n\x00\r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    });
    let started = Instant::now();
    let timeouts = Timeouts { request: Duration::from_millis(400), printer: Duration::from_secs(1), ..question(server.address).timeouts };
    let answers = answers(&Question { timeouts, ..question(server.address) });
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(answers.attributes.is_empty());
}

#[test]
fn a_server_that_never_answers_takes_no_longer_than_its_time() {
    let server = Server::of_requests(|_, _| {
        std::thread::sleep(Duration::from_millis(600));
        false
    });
    let started = Instant::now();
    let timeouts = Timeouts { request: Duration::from_millis(300), ..question(server.address).timeouts };
    let answers = answers(&Question { timeouts, ..question(server.address) });
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!((answers.outcome, problems(&answers)), (Outcome::Unreachable, vec!["identity: no answer in time".to_owned()]));
}

#[test]
fn a_redirection_to_a_stranger_is_not_followed() {
    let stranger = Server::of_requests(|request, out| out.write_all(&http(&response(request, &[]))).is_ok());
    let location = format!("http://localhost:{}/ipp/print", stranger.address.port());
    let server =
        Server::of_requests(move |_, out| write!(out, "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").is_ok());
    let answers = answers(&question(server.address));
    assert_eq!((answers.outcome, server.requests(), stranger.connections()), (Outcome::Failed, 1, 0));
    assert_eq!(problems(&answers), ["identity: redirection to another host, localhost, not followed"]);
}

#[test]
fn a_printer_that_wants_a_password_is_asked_once() {
    let server = Server::of_requests(|_, out| {
        out.write_all(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n").is_ok()
    });
    let answers = answers(&question(server.address));
    assert_eq!((answers.outcome, server.requests()), (Outcome::Refusing, 1));
    assert_eq!(answers.problems[0].what, What::Http(401));
}

#[test]
fn a_truncated_body_gives_what_came_and_says_where_it_ends() {
    let server = Server::of_requests(|request, out| {
        let whole = http(&response(request, &[("printer-state", 3), ("printer-up-time", 9)]));
        let _ = out.write_all(&whole[..whole.len() - 3]);
        false
    });
    let answers = answers(&Question { groups: &[groups::STATE], ..question(server.address) });
    assert_eq!((answers.outcome, answers.attributes.number("printer-state")), (Outcome::Answered, Some(3)));
    assert_eq!(problems(&answers), ["state: attribute printer-up-time ends after 2 of 4 octets"]);
}

#[test]
fn what_is_no_http_is_told() {
    let server = Server::of_requests(|_, out| {
        let _ = out.write_all(b"220 printer FTP server ready\r\n");
        false
    });
    let answers = answers(&question(server.address));
    assert_eq!(answers.outcome, Outcome::Unreachable);
    assert_eq!(problems(&answers), ["identity: bad HTTP: expected HTTP/1.1"]);
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let address = Server::of_connections(drop).address;
    let answers = answers(&question(address));
    assert_eq!((answers.outcome, problems(&answers)), (Outcome::Unreachable, vec!["identity: connection refused".to_owned()]));
}
