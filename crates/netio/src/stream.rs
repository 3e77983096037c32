//! Carries a conversation over one TCP connection: PJL and LPD.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use printport::Talk;

use crate::engine::Clock;
use crate::timed::{self, Timed};

/// Is how long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// For the whole conversation, the connection included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts { connect: Duration::from_secs(3), total: Duration::from_secs(15) }
    }
}

/// Says how a conversation ended; what was said is in the conversation itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The conversation had no more to say.
    Done,
    /// Nobody listens there, or the connection broke; the text says which.
    Failed(String),
    /// The total time was up.
    OutOfTime,
}

/// Connects to `address` and talks until there is no more to say or no more time.
pub fn converse(address: SocketAddr, talk: &mut impl Talk, timeouts: Timeouts) -> Ended {
    let until = timed::after(timeouts.total);
    let stream = match Timed::connect(address, timeouts.connect, until) {
        Ok(stream) => stream,
        Err(error) => return Ended::Failed(timed::words(&error)),
    };
    match carry(stream, talk, until) {
        Ok(()) => Ended::Done,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Ended::OutOfTime,
        Err(error) => Ended::Failed(timed::words(&error)),
    }
}

fn carry(mut stream: Timed, talk: &mut impl Talk, until: Instant) -> io::Result<()> {
    let clock = Clock::start();
    let started = Instant::now();
    let mut buffer = vec![0; 8192];
    while !talk.is_done() {
        stream.deadline = until;
        while let Some(octets) = talk.poll_transmit(clock.now()) {
            stream.write_all(&octets)?;
        }
        let wanted = talk.poll_timeout().and_then(|tick| started.checked_add(Duration::from_micros(tick)));
        stream.deadline = wanted.map_or(until, |wanted| wanted.min(until));
        match stream.read(&mut buffer) {
            Ok(0) => talk.handle_closed(clock.now()),
            Ok(read) => talk.handle_input(clock.now(), &buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A printer that drops the connection has ended it all the same.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => talk.handle_closed(clock.now()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut && Instant::now() < until => talk.handle_timeout(clock.now()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
