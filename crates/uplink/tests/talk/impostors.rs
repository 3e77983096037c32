//! Peers that are no TLS server of today: nothing but the first message of a handshake reaches them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use uplink::{Client, NetworkReason, Phase, TlsReason, UplinkError};

use crate::certificates::Authority;
use crate::peers::{Memory, closed_port, serve};
use crate::server::{start_with, well_behaved};
use crate::{Trust, client, credentials, network_reason, options, tls_reason};

/// Starts a peer that says `words` after the client's first message; returns what it heard, too.
fn impostor(words: &'static [u8]) -> (u16, Memory) {
    let heard = Memory::default();
    let memory = heard.clone();
    let port = serve(move |mut stream: TcpStream| {
        let mut first = [0; 4096];
        let count = stream.read(&mut first).unwrap();
        memory.add(&first[..count]);
        let _ = stream.write_all(words);
        let _ = stream.shutdown(Shutdown::Write);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        memory.add(&rest);
    });
    (port, heard)
}

/// Checks that all records are handshake or alert, in clear: no application data.
fn only_handshake(heard: &Memory) {
    let octets = heard.octets();
    let mut rest = octets.as_slice();
    while let [kind, 3, _, high, low, after @ ..] = rest {
        assert!(matches!(kind, 0x15 | 0x16), "a record of type {kind:#x}");
        rest = after.get(usize::from(*high) << 8 | usize::from(*low)..).unwrap_or_default();
    }
    assert!(rest.is_empty(), "octets that are no records");
    assert!(!heard.text().contains("/api/") && !heard.text().contains("Basic"));
}

fn met(words: &'static [u8]) -> UplinkError {
    let (port, heard) = impostor(words);
    let trust = Trust::Authorities(vec![Authority::new("ours").certificate()]);
    let error = client(port, trust).session(&credentials()).unwrap_err();
    only_handshake(&heard);
    error
}

#[test]
fn a_server_that_speaks_only_something_older_is_refused() {
    // The alert protocol_version, as such a server answers.
    assert_eq!(tls_reason(&met(b"\x15\x03\x01\x00\x02\x02\x46")), &TlsReason::NoCommonVersion);
    // And a ServerHello that chooses TLS 1.1 all the same.
    let hello = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02\
        01234567890123456789012345678901\x00\xc0\x13\x00";
    assert_eq!(tls_reason(&met(hello)), &TlsReason::NoCommonVersion);
}

#[test]
fn what_is_not_tls_is_called_so() {
    assert_eq!(tls_reason(&met(b"HTTP/1.1 400 Bad Request\r\n\r\n")), &TlsReason::NotTls);
    assert_eq!(tls_reason(&met(b"SSH-2.0-OpenSSH_9.2\r\n")), &TlsReason::NotTls);
}

#[test]
fn a_peer_that_closes_at_once_is_called_so() {
    assert_eq!(network_reason(&met(b"")), &NetworkReason::Closed(Phase::Handshake));
}

#[test]
fn a_peer_that_says_nothing_is_not_waited_for() {
    let port = serve(|mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut options = options(port, Trust::PinnedKey([0; 32]));
    options.timeouts.handshake = Duration::from_millis(50);
    let error = Client::new(options).unwrap().session(&credentials()).unwrap_err();
    assert!(matches!(network_reason(&error), NetworkReason::TimedOut { during: Phase::Handshake, .. }), "{error:?}");
    assert!(error.is_worth_retrying());
}

#[test]
fn a_port_where_nothing_listens_is_called_so() {
    let error = client(closed_port(), Trust::PinnedKey([0; 32])).session(&credentials()).unwrap_err();
    assert_eq!(network_reason(&error), &NetworkReason::Refused);
    assert!(error.to_string().starts_with("cannot reach 127.0.0.1:"), "{error}");
}

#[test]
fn other_ports_are_tried_when_the_first_does_not_lead_there() {
    let authority = Authority::new("ours");
    let server = start_with(authority.issue(), well_behaved);
    let (not_tls, _) = impostor(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let mut options = options(closed_port(), Trust::Authorities(vec![authority.certificate()]));
    options.server.more_ports = vec![not_tls, server.port];
    Client::new(options).unwrap().session(&credentials()).unwrap();
}

#[test]
fn no_other_port_is_tried_when_somebody_else_answers() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (wrong, right) = (start_with(theirs.issue(), well_behaved), start_with(ours.issue(), well_behaved));
    let mut options = options(wrong.port, Trust::Authorities(vec![ours.certificate()]));
    options.server.more_ports = vec![right.port];
    let error = Client::new(options).unwrap().session(&credentials()).unwrap_err();
    assert_eq!(tls_reason(&error), &TlsReason::UnknownAuthority);
    assert_eq!(right.connections(), 0);
}

#[test]
fn when_no_port_leads_there_the_first_is_told() {
    let (not_tls, _) = impostor(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let mut options = options(closed_port(), Trust::PinnedKey([0; 32]));
    options.server.more_ports = vec![not_tls];
    let error = Client::new(options).unwrap().session(&credentials()).unwrap_err();
    assert_eq!(network_reason(&error), &NetworkReason::Refused);
}
