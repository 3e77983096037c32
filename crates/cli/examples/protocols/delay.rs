//! The network in front of a TCP server: everything arrives half a round trip later, in either direction.

use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Stands at a free port of `address` for as long as the program runs, and leads to `server`.
///
/// The kernel makes a connection of loopback at once. What the client says first pays for the handshake:
/// it arrives a whole round trip later than the rest would.
pub fn lead(address: IpAddr, server: SocketAddr, round_trip: Duration) -> u16 {
    let listener = TcpListener::bind((address, 0)).expect("loopback has a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(server) else { continue };
            for stream in [&client, &server] {
                stream.set_nodelay(true).expect("a connected socket");
            }
            let (there, back) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
            carry(there, server, round_trip / 2, round_trip);
            carry(back, client, round_trip / 2, Duration::ZERO);
        }
    });
    port
}

/// Carries octets one way, each piece as long after it came as the way takes.
fn carry(mut from: TcpStream, mut to: TcpStream, way: Duration, mut handshake: Duration) {
    let (sender, pieces) = channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        loop {
            let read = from.read(&mut buffer).unwrap_or(0);
            let arrives = Instant::now() + way + std::mem::take(&mut handshake);
            if sender.send((arrives, buffer[..read].to_vec())).is_err() || read == 0 {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        for (arrives, piece) in pieces {
            std::thread::sleep(arrives.saturating_duration_since(Instant::now()));
            // An empty piece is the end.
            if piece.is_empty() || to.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
