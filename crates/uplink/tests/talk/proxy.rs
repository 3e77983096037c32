//! Proxies as sites have them: HTTP `CONNECT` and SOCKS 5, with a password or without.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::thread;

use crate::peers::{Memory, serve};

/// Is a proxy that connects to one server whatever name it is asked for.
pub struct TestProxy {
    pub port: u16,
    /// What clients said to the proxy itself.
    pub heard: Memory,
}

pub fn start_connect(login: Option<&'static str>, server: u16) -> TestProxy {
    start(move |stream, heard| {
        let head = read_head(stream)?;
        heard.add(head.as_bytes());
        let is_welcome = login.is_none_or(|login| head.contains(&format!("\r\nProxy-Authorization: Basic {login}\r\n")));
        if !is_welcome {
            stream.write_all(b"HTTP/1.1 407 Who are you?\r\nProxy-Authenticate: Basic realm=\"site\"\r\nContent-Length: 0\r\n\r\n")?;
            return Ok(None);
        }
        let Ok(upstream) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else {
            stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")?;
            return Ok(None);
        };
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        Ok(Some(upstream))
    })
}

pub fn start_socks(login: Option<(&'static str, &'static str)>, server: u16) -> TestProxy {
    start(move |stream, heard| {
        let [version, count] = take(stream)?;
        let methods = take_many(stream, count.into())?;
        heard.add(&[version, count]);
        heard.add(&methods);
        match login {
            None => stream.write_all(&[5, 0])?,
            Some(_) if !methods.contains(&2) => {
                stream.write_all(&[5, 0xff])?;
                return Ok(None);
            }
            Some((user, password)) => {
                stream.write_all(&[5, 2])?;
                let [_, length] = take(stream)?;
                let given_user = take_many(stream, length.into())?;
                let [length] = take(stream)?;
                let given_password = take_many(stream, length.into())?;
                let is_welcome = given_user == user.as_bytes() && given_password == password.as_bytes();
                stream.write_all(&[1, u8::from(!is_welcome)])?;
                if !is_welcome {
                    return Ok(None);
                }
            }
        }
        let [_, _, _, kind] = take(stream)?;
        let address = match kind {
            1 => take_many(stream, 4)?,
            4 => take_many(stream, 16)?,
            _ => {
                let [length] = take(stream)?;
                take_many(stream, length.into())?
            }
        };
        heard.add(&address);
        let port = take_many(stream, 2)?;
        heard.add(&port);
        let Ok(upstream) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else {
            stream.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0])?;
            return Ok(None);
        };
        stream.write_all(b"\x05\x00\x00\x03\x05proxy\x00\x00")?;
        Ok(Some(upstream))
    })
}

fn start(greet: impl Fn(&mut TcpStream, &Memory) -> io::Result<Option<TcpStream>> + Send + 'static) -> TestProxy {
    let heard = Memory::default();
    let memory = heard.clone();
    let port = serve(move |mut stream| {
        if let Ok(Some(upstream)) = greet(&mut stream, &memory) {
            join(stream, upstream);
        }
    });
    TestProxy { port, heard }
}

/// Carries octets both ways until both sides have ended.
fn join(client: TcpStream, server: TcpStream) {
    let carry = |mut from: TcpStream, mut to: TcpStream| {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || carry(from, to));
    thread::spawn(move || carry(client, server));
}

fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 10_000 {
        head.extend(take::<1>(stream)?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn take<const COUNT: usize>(stream: &mut TcpStream) -> io::Result<[u8; COUNT]> {
    let mut octets = [0; COUNT];
    stream.read_exact(&mut octets)?;
    Ok(octets)
}

fn take_many(stream: &mut TcpStream, count: usize) -> io::Result<Vec<u8>> {
    let mut octets = vec![0; count];
    stream.read_exact(&mut octets)?;
    Ok(octets)
}
