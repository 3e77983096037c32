//! Elsewhere: one datagram a system call, on the standard library alone.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use crate::engine::Tick;
use crate::outbox::{BATCH, Outbox};

const LARGEST: usize = 65_536;

/// Is a socket with room for one datagram in and a batch out.
pub struct Batch {
    socket: UdpSocket,
    received: Vec<u8>,
    pub outbox: Outbox,
}

impl Batch {
    pub fn new(socket: UdpSocket) -> Self {
        Batch { socket, received: vec![0; LARGEST], outbox: Outbox::new() }
    }

    pub fn receive(&mut self, each: &mut impl FnMut(SocketAddr, &[u8])) -> usize {
        let mut count = 0;
        while count < BATCH {
            match self.socket.recv_from(&mut self.received) {
                Ok((length, from)) => each(from, &self.received[..length]),
                // Windows reports an unreachable port here: that one datagram is lost, the others wait.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
                Err(_) => break,
            }
            count += 1;
        }
        count
    }

    pub fn flush(&mut self, failed: &mut impl FnMut(SocketAddr, io::Error)) {
        for (datagram, to) in self.outbox.queued() {
            loop {
                match self.socket.send_to(datagram, to) {
                    Ok(_) => break,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(1)),
                    Err(error) => {
                        failed(to, error);
                        break;
                    }
                }
            }
        }
        self.outbox.clear();
    }

    /// Waits on each socket in turn: the standard library cannot wait on two at once.
    pub fn wait(one: &Batch, other: Option<&Batch>, wait: Tick) {
        let share = match other {
            Some(_) => wait.clamp(1, 2_000),
            None => wait.max(1),
        };
        for batch in std::iter::once(one).chain(other) {
            // A failure here only means that we come back sooner.
            let _ = batch.socket.set_read_timeout(Some(Duration::from_micros(share)));
            let _ = batch.socket.set_nonblocking(false);
            let _ = batch.socket.peek_from(&mut [0]);
            let _ = batch.socket.set_nonblocking(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use socket2::Domain;

    use super::*;

    #[test]
    fn the_portable_socket_moves_datagrams_both_ways() {
        let open = || crate::socket::open(Domain::IPV4, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a socket on loopback");
        let (a, b) = (open(), open());
        let to = b.local_addr().expect("bound");
        let (mut a, mut b) = (Batch::new(a), Batch::new(b));
        a.outbox.buffer().expect("an empty batch").extend(b"hello");
        assert_eq!(a.outbox.pending(), b"hello");
        a.outbox.queue(to);
        a.flush(&mut |to, error| panic!("{to}: {error}"));
        Batch::wait(&b, None, 1_000_000);
        let mut seen = Vec::new();
        assert_eq!(b.receive(&mut |_, datagram| seen.push(datagram.to_vec())), 1);
        assert_eq!(seen, [b"hello"]);
    }
}
