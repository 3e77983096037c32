//! A TCP connection that counts its octets and keeps a deadline.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::deadline::Deadline;

/// Is how many octets have gone each way, TLS and HTTP included, TCP and IP not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Octets {
    pub sent: u64,
    pub received: u64,
}

impl std::ops::AddAssign for Octets {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.received += other.received;
    }
}

#[derive(Debug)]
pub(crate) struct Stream {
    tcp: TcpStream,
    deadline: Deadline,
    octets: Octets,
}

impl Stream {
    pub(crate) fn new(tcp: TcpStream, deadline: Deadline) -> io::Result<Self> {
        // Requests are written in few large pieces; waiting to join them gains nothing.
        tcp.set_nodelay(true)?;
        Ok(Stream { tcp, deadline, octets: Octets::default() })
    }

    /// Gives the next step its own time.
    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    pub(crate) fn octets(&self) -> Octets {
        self.octets
    }

    fn left(&self) -> io::Result<Duration> {
        self.deadline.left().ok_or(io::ErrorKind::TimedOut.into())
    }
}

/// Unix says "would block" when the time that a socket was given has passed.
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

impl Read for Stream {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.left()?))?;
        let count = self.tcp.read(octets).map_err(timed_out)?;
        self.octets.received += count as u64;
        Ok(count)
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.left()?))?;
        let count = self.tcp.write(octets).map_err(timed_out)?;
        self.octets.sent += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}
