//! A TCP connection that never waits beyond a moment.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Bounds every read and write by one deadline: whoever sends an octet a second does not get more
/// time for each.
#[derive(Debug)]
pub(crate) struct Timed {
    stream: TcpStream,
    pub deadline: Instant,
}

impl Timed {
    /// Connects within `patience`, and never beyond `deadline`.
    pub fn connect(address: SocketAddr, patience: Duration, deadline: Instant) -> io::Result<Timed> {
        let patience = left(deadline)?.min(patience);
        let stream = TcpStream::connect_timeout(&address, patience)?;
        // Requests are small and waited for.
        stream.set_nodelay(true)?;
        Ok(Timed { stream, deadline })
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        self.stream.read(buffer).map_err(named)
    }
}

impl Write for Timed {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.deadline)?))?;
        self.stream.write(octets).map_err(named)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Returns how much time there is, or that there is none.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Some systems call a read that took too long one that would block.
fn named(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

/// Returns the moment some time from now; a time beyond the clock's range stands for a day.
pub(crate) fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now + Duration::from_secs(86_400))
}

/// Says what the network did, in words that a person can act on.
pub(crate) fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "no answer in time".to_owned(),
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => "connection broken".to_owned(),
        io::ErrorKind::UnexpectedEof => "connection closed".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to the printer".to_owned(),
        // A line that is down, which says nothing of any printer.
        io::ErrorKind::NetworkUnreachable => "its network cannot be reached".to_owned(),
        _ => error.to_string(),
    }
}
