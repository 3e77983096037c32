//! The loop that moves octets: receive a batch, let the engine think, send a batch, sleep.

use crate::engine::{Clock, Engine, Tick};
use crate::socket::Sockets;

/// Is the longest sleep: after it the caller is asked whether to go on.
const LONGEST_SLEEP: Tick = 50_000;

/// Says how a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The engine had nothing left to do.
    Done,
    /// The caller wanted no more.
    Stopped,
}

/// Drives the engine until it is done or `go_on` says no.
///
/// `go_on` is called after every batch, at least 20 times a second, and takes the engine's events.
pub fn run<E: Engine>(sockets: &mut Sockets, engine: &mut E, clock: &Clock, mut go_on: impl FnMut(&mut E, Tick) -> bool) -> Outcome {
    loop {
        let now = clock.now();
        let received = sockets.receive(|from, datagram| engine.handle_input(now, from, datagram));
        if engine.poll_timeout().is_some_and(|due| due <= now) {
            engine.handle_timeout(now);
        }
        let sent = transmit(sockets, engine, now);
        if !go_on(engine, now) {
            return Outcome::Stopped;
        }
        if engine.is_done() {
            return Outcome::Done;
        }
        if received == 0 && sent == 0 {
            let due = engine.poll_timeout().unwrap_or(Tick::MAX);
            sockets.wait(due.saturating_sub(clock.now()).min(LONGEST_SLEEP));
        }
    }
}

/// Sends up to a batch of what the engine has to say; returns how much it was.
fn transmit<E: Engine>(sockets: &mut Sockets, engine: &mut E, now: Tick) -> usize {
    let mut count = 0;
    let mut refused = Vec::new();
    while let Some(buffer) = sockets.buffer() {
        let Some(to) = engine.poll_transmit(now, buffer) else { break };
        count += 1;
        if let Err(to) = sockets.queue(to) {
            refused.push((to, std::io::Error::from(std::io::ErrorKind::AddrNotAvailable)));
        }
    }
    sockets.flush(|to, error| refused.push((to, error)));
    for (to, error) in refused {
        engine.handle_send_error(now, to, &error);
    }
    count
}
