//! The way through a site's proxy.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use uplink::{Client, NetworkReason, Options, Phase, Proxy, ProxyReason, Trust, UplinkError};

use crate::certificates::{Authority, NAME};
use crate::peers::{closed_port, serve};
use crate::proxy::{TestProxy, start_connect, start_socks};
use crate::server::{TestServer, start_with, well_behaved};
use crate::{credentials, network_reason, options};

/// `fleet:p@ss`, as HTTP Basic has it.
const LOGIN: &str = "ZmxlZXQ6cEBzcw==";

fn server() -> (Authority, TestServer) {
    let authority = Authority::new("ours");
    let server = start_with(authority.issue(), well_behaved);
    (authority, server)
}

/// Returns settings for a server that only the proxy can find: its name does not exist.
fn through(proxy: &str, authority: &Authority) -> Options {
    let mut options = options(8443, Trust::Authorities(vec![authority.certificate()]));
    options.server.host = NAME.to_owned();
    options.server.name = None;
    options.proxy = Some(proxy.parse::<Proxy>().unwrap());
    options
}

fn send(proxy: &str, authority: &Authority) -> Result<(), UplinkError> {
    let mut session = Client::new(through(proxy, authority)).unwrap().session(&credentials())?;
    session.send(b"a report").map(|_| ())
}

fn reason(error: &UplinkError) -> &ProxyReason {
    let UplinkError::Proxy { source, .. } = error else { panic!("{error:?}") };
    source
}

/// What goes through the proxy is not for the proxy.
fn heard_no_secret(proxy: &TestProxy) {
    let text = proxy.heard.text();
    assert!(text.contains(NAME), "{text}");
    assert!(!text.contains("/api/") && !text.contains("\r\nAuthorization"), "{text}");
}

#[test]
fn reports_go_through_an_http_proxy() {
    let (authority, server) = server();
    let proxy = start_connect(None, server.port);
    send(&format!("http://127.0.0.1:{}", proxy.port), &authority).unwrap();
    assert!(proxy.heard.text().starts_with("CONNECT reports.example.com:8443 HTTP/1.1\r\nHost: reports.example.com:8443\r\n"));
    heard_no_secret(&proxy);
}

#[test]
fn an_http_proxy_may_want_a_password() {
    let (authority, server) = server();
    let proxy = start_connect(Some(LOGIN), server.port);
    send(&format!("http://fleet:p%40ss@127.0.0.1:{}", proxy.port), &authority).unwrap();
    heard_no_secret(&proxy);
    let error = send(&format!("http://127.0.0.1:{}", proxy.port), &authority).unwrap_err();
    assert_eq!(reason(&error), &ProxyReason::WantsPassword);
    let error = send(&format!("http://fleet:wrong@127.0.0.1:{}", proxy.port), &authority).unwrap_err();
    assert_eq!(reason(&error), &ProxyReason::PasswordRefused);
    assert!(!error.is_worth_retrying() && !format!("{error:?} {error}").contains("wrong"));
}

#[test]
fn reports_go_through_a_socks_proxy() {
    let (authority, server) = server();
    let proxy = start_socks(None, server.port);
    send(&format!("socks5://127.0.0.1:{}", proxy.port), &authority).unwrap();
    heard_no_secret(&proxy);
    assert!(proxy.heard.octets().ends_with(&8443_u16.to_be_bytes()));
}

#[test]
fn a_socks_proxy_may_want_a_password() {
    let (authority, server) = server();
    let proxy = start_socks(Some(("fleet", "p@ss")), server.port);
    send(&format!("socks5://fleet:p%40ss@127.0.0.1:{}", proxy.port), &authority).unwrap();
    heard_no_secret(&proxy);
    let error = send(&format!("socks5://127.0.0.1:{}", proxy.port), &authority).unwrap_err();
    assert_eq!(reason(&error), &ProxyReason::WantsPassword);
    let error = send(&format!("socks5://fleet:wrong@127.0.0.1:{}", proxy.port), &authority).unwrap_err();
    assert_eq!(reason(&error), &ProxyReason::PasswordRefused);
}

#[test]
fn a_proxy_that_cannot_reach_the_server_says_so() {
    let authority = Authority::new("ours");
    for (kind, proxy) in [("http", start_connect(None, closed_port())), ("socks5", start_socks(None, closed_port()))] {
        let error = send(&format!("{kind}://127.0.0.1:{}", proxy.port), &authority).unwrap_err();
        assert!(matches!(reason(&error), ProxyReason::ServerUnreachable(_)), "{error:?}");
        assert!(error.is_worth_retrying());
    }
}

#[test]
fn the_server_is_verified_also_behind_a_proxy() {
    let theirs = Authority::new("theirs");
    let server = start_with(theirs.issue(), well_behaved);
    let proxy = start_connect(None, server.port);
    let error = send(&format!("http://127.0.0.1:{}", proxy.port), &Authority::new("ours")).unwrap_err();
    assert!(matches!(error, UplinkError::Tls { .. }), "{error:?}");
    assert_eq!(server.heard_in_the_end(), b"");
}

#[test]
fn what_is_no_proxy_is_called_so() {
    let authority = Authority::new("ours");
    for words in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"HTTP/1.1 200 OK\r\n\r\nand more", b"\x05\x07"] {
        let port = serve(move |mut stream: TcpStream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(words);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        for kind in ["http", "socks5"] {
            let error = send(&format!("{kind}://127.0.0.1:{port}"), &authority).unwrap_err();
            assert!(matches!(reason(&error), ProxyReason::NotAProxy(_)), "{kind} {words:?}: {error:?}");
        }
    }
}

#[test]
fn a_proxy_that_says_nothing_is_not_waited_for() {
    let port = serve(|mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    for kind in ["http", "socks5"] {
        let mut options = through(&format!("{kind}://127.0.0.1:{port}"), &Authority::new("ours"));
        options.timeouts.handshake = Duration::from_millis(50);
        let error = Client::new(options).unwrap().session(&credentials()).unwrap_err();
        assert!(matches!(network_reason(&error), NetworkReason::TimedOut { during: Phase::Proxy, .. }), "{error:?}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let port = closed_port();
    let error = send(&format!("http://127.0.0.1:{port}"), &Authority::new("ours")).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot reach the proxy 127.0.0.1:{port}"));
}
