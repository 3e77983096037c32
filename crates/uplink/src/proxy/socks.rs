//! SOCKS 5 with user name and password. Source: RFC 1928, RFC 1929.

use std::io::{Read, Write};
use std::net::IpAddr;

use zeroize::Zeroizing;

use super::{Login, ProxyFailure, ProxyReason};
use crate::stream::Stream;

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_OF_THEM: u8 = 0xff;

pub(super) fn open(stream: &mut Stream, host: &str, port: u16, login: Option<&Login>) -> Result<(), ProxyFailure> {
    greet(stream, login)?;
    let mut request = vec![VERSION, 1, 0];
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => request.extend([&[1], &address.octets()[..]].concat()),
        Ok(IpAddr::V6(address)) => request.extend([&[4], &address.octets()[..]].concat()),
        Err(_) => {
            let length = u8::try_from(host.len()).map_err(|_| ProxyReason::NotAllowed("the name is too long for SOCKS".into()))?;
            request.extend([3, length]);
            request.extend(host.as_bytes());
        }
    }
    request.extend(port.to_be_bytes());
    stream.write_all(&request)?;
    read_reply(stream)
}

/// Agrees on whether there is a login, and logs in.
fn greet(stream: &mut Stream, login: Option<&Login>) -> Result<(), ProxyFailure> {
    let offered: &[u8] = if login.is_some() { &[NO_LOGIN, USER_AND_PASSWORD] } else { &[NO_LOGIN] };
    stream.write_all(&[&[VERSION, offered.len() as u8], offered].concat())?;
    let [version, chosen] = read(stream)?;
    if version != VERSION {
        return Err(ProxyReason::NotAProxy("not SOCKS 5").into());
    }
    match (chosen, login) {
        (NO_LOGIN, _) => Ok(()),
        (USER_AND_PASSWORD, Some(login)) => log_in(stream, login),
        (NONE_OF_THEM | USER_AND_PASSWORD, None) => Err(ProxyReason::WantsPassword.into()),
        (NONE_OF_THEM, Some(_)) => Err(ProxyReason::NotAllowed("it takes no user name and password".into()).into()),
        _ => Err(ProxyReason::NotAProxy("it chose a method that was not offered").into()),
    }
}

fn log_in(stream: &mut Stream, login: &Login) -> Result<(), ProxyFailure> {
    let mut request = Zeroizing::new(Vec::with_capacity(3 + login.user.len() + login.password.len()));
    request.push(1);
    for text in [login.user.as_str(), &login.password] {
        request.push(u8::try_from(text.len()).expect("checked with the proxy's other settings"));
        request.extend(text.as_bytes());
    }
    stream.write_all(&request)?;
    let [_, status] = read(stream)?;
    if status == 0 { Ok(()) } else { Err(ProxyReason::PasswordRefused.into()) }
}

fn read_reply(stream: &mut Stream) -> Result<(), ProxyFailure> {
    let [version, code, _, kind] = read(stream)?;
    if version != VERSION {
        return Err(ProxyReason::NotAProxy("not SOCKS 5").into());
    }
    match code {
        0 => {}
        2 => return Err(ProxyReason::NotAllowed("by its rules".into()).into()),
        3 => return Err(ProxyReason::ServerUnreachable("network unreachable".into()).into()),
        4 => return Err(ProxyReason::ServerUnreachable("host unreachable".into()).into()),
        5 => return Err(ProxyReason::ServerUnreachable("connection refused".into()).into()),
        6 => return Err(ProxyReason::ServerUnreachable("too far away".into()).into()),
        code => return Err(ProxyReason::ServerUnreachable(format!("SOCKS reply {code}")).into()),
    }
    // The address that the proxy calls from is read and not used.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(read::<1>(stream)?[0]),
        _ => return Err(ProxyReason::NotAProxy("an address of an unknown kind").into()),
    };
    stream.read_exact(&mut vec![0; length + 2])?;
    Ok(())
}

fn read<const COUNT: usize>(stream: &mut Stream) -> Result<[u8; COUNT], ProxyFailure> {
    let mut octets = [0; COUNT];
    stream.read_exact(&mut octets)?;
    Ok(octets)
}
