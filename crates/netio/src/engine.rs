//! What a shell expects of the engine it drives, and the clock it drives it with.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

/// Is a moment in microseconds since the program's start.
pub type Tick = u64;

/// Is a state machine that speaks over datagrams.
pub trait Engine {
    /// Takes a datagram that arrived.
    fn handle_input(&mut self, now: Tick, from: SocketAddr, datagram: &[u8]);

    /// Is called when the moment of [`Engine::poll_timeout`] has come.
    fn handle_timeout(&mut self, now: Tick);

    /// Takes the news that a datagram could not be sent.
    fn handle_send_error(&mut self, now: Tick, to: SocketAddr, error: &io::Error);

    /// Writes the next datagram into `out`, which is empty, and returns where it goes.
    fn poll_transmit(&mut self, now: Tick, out: &mut Vec<u8>) -> Option<SocketAddr>;

    /// Returns when the engine wants to be called again although nothing arrives.
    fn poll_timeout(&self) -> Option<Tick>;

    /// Returns whether there is nothing left to do.
    fn is_done(&self) -> bool;
}

/// Counts microseconds from its making. One clock serves all threads of a run.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Clock { start: Instant::now() }
    }

    pub fn now(&self) -> Tick {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(Tick::MAX)
    }
}
