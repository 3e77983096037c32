//! A resolver on loopback that says what a test wants.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Is what the resolver says.
#[derive(Clone)]
pub enum Says {
    /// Host (empty: not offered) and port.
    Server(&'static str, u16),
    NoSuchName,
    Failure,
    Rubbish,
    /// Answers with other ids first: somebody guesses.
    Forged(&'static str, u16),
}

/// Runs until it is dropped.
pub struct Resolver {
    pub address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Resolver {
    pub fn that(says: Says) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let address = socket.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut octets = [0; 1024];
            while !stopped.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut octets) else { continue };
                for answer in answers(&octets[..length], &says) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Resolver { address, stop, thread: Some(thread) }
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answers(asked: &[u8], says: &Says) -> Vec<Vec<u8>> {
    // Without the note on room at the end, which is 11 octets.
    let question = &asked[..asked.len() - 11];
    let answer = |code: u8, records: &[u8], count: u8| {
        let mut octets = question.to_vec();
        octets[2..12].copy_from_slice(&[0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
        octets.extend_from_slice(records);
        octets
    };
    match says {
        Says::Server(host, port) => vec![answer(0, &record(host, *port), 1)],
        Says::NoSuchName => vec![answer(3, &[], 0)],
        Says::Failure => vec![answer(2, &[], 0)],
        Says::Rubbish => vec![answer(0, &[0xc0, 12, 0, 33], 1)],
        Says::Forged(host, port) => {
            let mut forged = answer(0, &record("127.0.0.1", 1), 1);
            forged[0] ^= 0xff;
            vec![forged, b"x".to_vec(), answer(0, &record(host, *port), 1)]
        }
    }
}

fn record(host: &str, port: u16) -> Vec<u8> {
    let mut target = Vec::new();
    for label in host.split('.').filter(|label| !label.is_empty()) {
        target.push(label.len() as u8);
        target.extend_from_slice(label.as_bytes());
    }
    target.push(0);
    let mut octets = vec![0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60];
    octets.extend_from_slice(&(6 + target.len() as u16).to_be_bytes());
    octets.extend_from_slice(&[0, 10, 0, 1]);
    octets.extend_from_slice(&port.to_be_bytes());
    octets.extend_from_slice(&target);
    octets
}
