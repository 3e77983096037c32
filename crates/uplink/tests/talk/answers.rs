//! What the server answers, and what the client makes of it.

use std::time::Duration;

use uplink::http::Malformed;
use uplink::{Client, NetworkReason, Phase, ProtocolReason, Session, Trust, UplinkError};
use wire::envelope::{SenderKind, Software};
use wire::talk::{EnrolRequest, Taken};

use crate::certificates::Authority;
use crate::server::{Answer, HELLO, REPLY, Request, TestServer, json, problem, start_with, well_behaved};
use crate::{client, credentials, network_reason, options};

fn connect(answer: impl FnMut(&Request) -> Answer + Send + 'static) -> (TestServer, Result<Session, UplinkError>) {
    let authority = Authority::new("ours");
    let server = start_with(authority.issue(), answer);
    let session = client(server.port, Trust::Authorities(vec![authority.certificate()])).session(&credentials());
    (server, session)
}

/// Opens a session with a server that says hello and then answers with `answer`.
fn send(report: &[u8], mut answer: impl FnMut() -> Answer + Send + 'static) -> (TestServer, Result<wire::talk::Reply, UplinkError>) {
    let (server, session) = connect(move |request| if request.head.starts_with("GET") { well_behaved(request) } else { answer() });
    let reply = session.unwrap().send(report);
    (server, reply)
}

fn malformed(error: &UplinkError) -> Malformed {
    let UplinkError::Protocol { source: ProtocolReason::Malformed(malformed), .. } = error else { panic!("{error:?}") };
    *malformed
}

#[test]
fn a_report_is_sent_as_it_is_after_hello_on_one_connection() {
    let report: Vec<u8> = (0..200_000_u32).map(|number| (number * 31) as u8).collect();
    let sent = report.clone();
    let (server, session) = connect(move |request| {
        assert!(request.head.contains("\r\nAuthorization: Basic MDE5Mi1zZW5kZXI6YSBzZWNyZXQgdGhhdCBub2JvZHkgZ3Vlc3Nlcw==\r\n"));
        assert!(request.head.contains("\r\nHost: 127.0.0.1:"));
        if request.head.starts_with("POST") {
            assert!(request.head.contains("\r\nContent-Encoding: zstd\r\n"));
            assert_eq!(request.body, sent);
        }
        well_behaved(request)
    });
    let mut session = session.unwrap();
    for _ in 0..2 {
        let reply = session.send(&report).unwrap();
        assert_eq!((reply.report.as_str(), reply.taken), ("r8", Taken::Accepted));
    }
    assert_eq!(server.connections(), 1);
    let octets = session.octets();
    let heard = server.heard.octets().len() as u64;
    assert!(octets.sent > heard && octets.sent < heard + 4000, "{octets:?}, of it application data: {heard}");
    assert!(octets.received > 1000 && octets.received < 5000, "{octets:?}");
}

#[test]
fn no_report_leaves_when_the_credentials_are_refused() {
    let (server, session) = connect(|_| Answer::Say(problem("401 Unauthorized", "", r#"{"detail": "revoked on 2026-11-01"}"#)));
    let error = session.unwrap_err();
    assert_eq!(error.to_string(), "the server does not accept this sender's credentials; it says: revoked on 2026-11-01; enrol it again");
    assert!(!error.is_worth_retrying());
    assert!(server.heard.text().starts_with("GET /api/v1/hello") && !server.heard.text().contains("POST"));
}

#[test]
fn only_a_plain_yes_to_hello_opens_a_session() {
    for answer in ["201 Created", "202 Accepted", "206 Partial Content"] {
        let (_, session) = connect(move |_| Answer::Say(json(answer, HELLO)));
        let error = session.unwrap_err();
        assert!(matches!(error, UplinkError::Protocol { source: ProtocolReason::Status(_), .. }), "{error:?}");
    }
}

#[test]
fn refusals_of_a_report_are_told_apart() {
    let refused = |octets: Vec<u8>| send(b"a report", move || Answer::Say(octets.clone())).1.unwrap_err();
    let error = refused(problem("409 Conflict", "", r#"{"type": "urn:roundsman:problem:needs-full"}"#));
    assert!(matches!(error, UplinkError::NeedsFull { .. }) && !error.is_worth_retrying(), "{error:?}");
    let error =
        refused(problem("409 Conflict", "", r#"{"type": "urn:roundsman:problem:stale", "last_report": {"id": "r9", "sequence": 9}}"#));
    assert!(matches!(&error, UplinkError::Stale { last_report: Some(last), .. } if last.sequence == 9), "{error:?}");
    let error = refused(problem("429 Too Many Requests", "Retry-After: 90\r\n", "{}"));
    assert_eq!((error.is_worth_retrying(), error.retry_after()), (true, Some(Duration::from_secs(90))));
    let error = refused(problem("503 Service Unavailable", "Retry-After: 99999999\r\n", "{}"));
    assert_eq!((error.is_worth_retrying(), error.retry_after()), (true, Some(Duration::from_secs(86_400))));
    let error = refused(problem("500 Internal Server Error", "", "{}"));
    assert!(matches!(error, UplinkError::Server { status: 500, .. }) && error.is_worth_retrying(), "{error:?}");
}

#[test]
fn a_redirect_is_not_followed() {
    let authority = Authority::new("ours");
    let elsewhere = start_with(authority.issue(), well_behaved);
    let to = format!("HTTP/1.1 307 Elsewhere\r\nLocation: https://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n", elsewhere.port);
    let (_, reply) = send(b"a report", move || Answer::Say(to.clone().into_bytes()));
    let error = reply.unwrap_err();
    assert!(matches!(error, UplinkError::Protocol { source: ProtocolReason::Redirect { .. }, .. }), "{error:?}");
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn an_answer_that_is_not_ours_is_called_so() {
    let answered = |octets: &'static [u8]| connect(move |_| Answer::SayAndClose(octets.to_vec())).1.unwrap_err();
    assert_eq!(malformed(&answered(b"220 mail.example.com ESMTP\r\n")), Malformed::NotHttp);
    assert_eq!(malformed(&answered(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")), Malformed::Framing);
    let error = answered(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<a>log i");
    assert!(matches!(error, UplinkError::Protocol { source: ProtocolReason::ContentType { .. }, .. }), "{error:?}");
    let error = answered(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"now\": 7");
    assert!(matches!(error, UplinkError::Protocol { source: ProtocolReason::Json(_), .. }), "{error:?}");
    assert!(matches!(network_reason(&answered(b"HTTP/1.1 200 OK\r\nContent-Len")), NetworkReason::Closed(Phase::Answer)));
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let endless = |first: &'static str, again: Vec<u8>| connect(move |_| Answer::Endlessly(first.into(), again.clone())).1.unwrap_err();
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000)).into_bytes();
    assert_eq!(malformed(&endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk)), Malformed::BodyTooLarge);
    assert_eq!(malformed(&endless("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 5000])), Malformed::BodyTooLarge);
    assert_eq!(malformed(&endless("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", vec![b'x'; 5000])), Malformed::BodyTooLarge);
    assert_eq!(malformed(&endless("HTTP/1.1 200 OK\r\n", b"X: y\r\n".to_vec())), Malformed::HeadTooLarge);
    assert_eq!(malformed(&endless("", b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())), Malformed::Interim);
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let authority = Authority::new("ours");
    // One says nothing; the other says something now and then, and never comes to an end.
    for answer in [|| Answer::Hang, || Answer::Say(b"HTTP/1.1 200 OK\r\n".to_vec())] {
        let server = start_with(authority.issue(), move |_| answer());
        let mut options = options(server.port, Trust::Authorities(vec![authority.certificate()]));
        options.timeouts.answer = Duration::from_millis(50);
        let error = Client::new(options).unwrap().session(&credentials()).unwrap_err();
        assert!(matches!(network_reason(&error), NetworkReason::TimedOut { during: Phase::Answer, .. }), "{error:?}");
    }
}

#[test]
fn a_connection_that_the_server_has_closed_is_made_again_hello_included() {
    for closes_politely in [true, false] {
        let mut requests = 0;
        let (server, session) = connect(move |request| {
            requests += 1;
            match requests {
                // The first connection carries one answer only.
                1 if closes_politely => {
                    let text = HELLO.len();
                    Answer::SayAndClose(
                        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {text}\r\n\r\n{HELLO}").into(),
                    )
                }
                1 => Answer::SayAndClose(json("200 OK", HELLO)),
                _ => well_behaved(request),
            }
        });
        let mut session = session.unwrap();
        let before = session.octets();
        session.send(b"a report").unwrap();
        assert_eq!(server.connections(), 2);
        assert_eq!(server.heard.text().matches("GET /api/v1/hello").count(), 2);
        assert!(session.octets().received > 2 * before.received - 200, "octets of both connections count");
    }
}

#[test]
fn a_server_that_always_closes_is_tried_twice_and_no_more() {
    let (server, reply) = send(b"a report", || Answer::Close);
    assert_eq!(network_reason(&reply.unwrap_err()), &NetworkReason::Closed(Phase::Answer));
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_refusal_is_heard_while_the_report_is_still_being_sent() {
    let authority = Authority::new("ours");
    let too_large = problem("413 Content Too Large", "Connection: close\r\n", r#"{"detail": "at most 1 MB"}"#);
    let server = crate::server::start_deaf(authority.issue(), too_large);
    let mut session = client(server.port, Trust::Authorities(vec![authority.certificate()])).session(&credentials()).unwrap();
    let error = session.send(&vec![7; 20_000_000]).unwrap_err();
    assert!(matches!(error, UplinkError::TooLarge(_)), "{error:?}");
    assert!(error.to_string().contains("at most 1 MB"), "{error}");
}

fn enrolment() -> EnrolRequest {
    let software = Software { name: "roundsman-agent".into(), version: "0.1.0".into(), profiles: None };
    EnrolRequest { secret: "one-time".into(), kind: SenderKind::Agent, name: None, software }
}

#[test]
fn enrolment_gives_credentials_and_the_authority_to_trust() {
    let authority = Authority::new("ours");
    let server = start_with(authority.issue(), well_behaved);
    let enrolled = client(server.port, Trust::Enrolment(authority.sum())).enrol(&enrolment()).unwrap();
    assert_eq!((enrolled.reply.sender.as_str(), enrolled.reply.secret.as_str()), ("s1", "x"));
    assert_eq!(enrolled.authority, Some(authority.certificate()));
    let text = server.heard.text();
    assert!(text.starts_with("POST /api/v1/enrol") && text.contains("one-time") && !text.contains("Authorization"));
    let enrolled = client(server.port, Trust::Authorities(vec![authority.certificate()])).enrol(&enrolment()).unwrap();
    assert_eq!(enrolled.authority, None);
}

#[test]
fn a_code_for_another_server_is_not_given_away() {
    let server = start_with(Authority::new("theirs").issue(), well_behaved);
    client(server.port, Trust::Enrolment(Authority::new("ours").sum())).enrol(&enrolment()).unwrap_err();
    assert_eq!(server.heard_in_the_end(), b"");
}

#[test]
fn credentials_that_would_break_the_request_are_refused() {
    let client = client(1, Trust::PinnedKey([0; 32]));
    for (sender, secret) in [("a:b", "c"), ("a\r\nX: y", "c"), ("a", "b\n"), ("", "b"), ("a", "")] {
        let error = client.session(&uplink::Credentials::new(sender, secret)).unwrap_err();
        assert!(matches!(error, UplinkError::Settings { .. }), "{error:?}");
    }
}

#[test]
fn the_answer_to_a_report_is_what_the_server_said() {
    let (_, reply) = send(b"a report", || Answer::Say(json("200 OK", REPLY)));
    assert!(reply.unwrap().commands.is_empty());
}
