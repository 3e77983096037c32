//! HTTP `CONNECT`. Source: RFC 9110 §9.3.6, §11.7; RFC 7617.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Login, ProxyFailure, ProxyReason};
use crate::http::{HttpFailure, Malformed, read_head};
use crate::server::authority;
use crate::stream::Stream;

pub(super) fn open(stream: &mut Stream, host: &str, port: u16, login: Option<&Login>, user_agent: &str) -> Result<(), ProxyFailure> {
    let to = authority(host, port);
    let mut request = Zeroizing::new(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: {user_agent}\r\n"));
    if let Some(login) = login {
        let both = Zeroizing::new(format!("{}:{}", login.user, login.password.as_str()));
        let encoded = Zeroizing::new(STANDARD.encode(both.as_bytes()));
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&encoded);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;

    let mut pending = Vec::new();
    let head = read_head(stream, &mut pending).map_err(|failure| match failure {
        HttpFailure::Io(error) => ProxyFailure::Io(error),
        HttpFailure::Malformed(Malformed::Closed | Malformed::NoAnswer) => ProxyFailure::Io(std::io::ErrorKind::UnexpectedEof.into()),
        HttpFailure::Malformed(_) => ProxyReason::NotAProxy("not HTTP").into(),
    })?;
    match head.status {
        // A TLS server waits for the client to speak. What comes before that is the proxy's own.
        200..=299 if pending.is_empty() => Ok(()),
        200..=299 => Err(ProxyReason::NotAProxy("octets before the connection").into()),
        407 if login.is_none() => Err(ProxyReason::WantsPassword.into()),
        407 => Err(ProxyReason::PasswordRefused.into()),
        status @ (502..=504) => Err(ProxyReason::ServerUnreachable(format!("HTTP status {status}")).into()),
        status => Err(ProxyReason::NotAllowed(format!("HTTP status {status}")).into()),
    }
}
