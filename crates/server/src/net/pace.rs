//! The deadlines of one connection, kept by what it is waiting for.
//!
//! The HTTP library has one timer for "idle" and "in the head of a request"; a server wants to be
//! patient with the first and strict with the second. So the stream and the service tell a
//! [`Pace`] what happens, and the loop that drives the connection asks it how long to wait.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::limits::Limits;

/// Knows what a connection waits for, and since when.
#[derive(Debug)]
pub(super) struct Pace {
    limits: Arc<Limits>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// Is set while the peer does not take what we send.
    stuck: Option<Stuck>,
    /// Says whether there is a request body of which not everything was read.
    is_body_unread: bool,
}

/// Is what a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The rest of a request's head, or all of the first one.
    Head,
    /// Us. A body that comes too slowly has its own deadline: see `TimedBody`.
    Serving,
    /// The next request.
    Idle,
    /// The end: it was told to close.
    Closing,
}

/// Is a time in which the peer took octets more slowly than we had them.
#[derive(Clone, Copy, Debug)]
struct Stuck {
    since: Instant,
    taken: u64,
}

/// Says which deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Late {
    #[error("the head of a request took too long")]
    Head,
    #[error("no further request came")]
    Idle,
    #[error("the peer did not take the response")]
    Response,
    #[error("the connection did not close")]
    Closing,
}

impl Pace {
    /// Begins with the head of the first request.
    pub(super) fn new(limits: Arc<Limits>) -> Arc<Self> {
        let state = State { phase: Phase::Head, since: Instant::now(), stuck: None, is_body_unread: false };
        Arc::new(Self { limits, state: Mutex::new(state) })
    }

    pub(super) fn enter(&self, phase: Phase) {
        let mut state = self.state();
        // A connection that was told to close keeps the deadline it got then.
        if state.phase != Phase::Closing {
            state.phase = phase;
            state.since = Instant::now();
        }
    }

    /// Returns the earliest deadline and what it is for; `None` while it is our turn.
    pub(super) fn deadline(&self) -> Option<(Instant, Late)> {
        let state = self.state();
        let waiting = match state.phase {
            Phase::Head => Some((state.since + self.limits.head, Late::Head)),
            Phase::Idle => Some((state.since + self.limits.idle, Late::Idle)),
            Phase::Closing => Some((state.since + self.limits.linger, Late::Closing)),
            Phase::Serving => None,
        };
        let stuck = state.stuck.map(|stuck| (stuck.since + self.limits.patience(stuck.taken), Late::Response));
        match (waiting, stuck) {
            (Some(waiting), Some(stuck)) => Some(if stuck.0 < waiting.0 { stuck } else { waiting }),
            (waiting, stuck) => waiting.or(stuck),
        }
    }

    pub(super) fn set_body_unread(&self, is_unread: bool) {
        self.state().is_body_unread = is_unread;
    }

    pub(super) fn is_body_unread(&self) -> bool {
        self.state().is_body_unread
    }

    fn note_read(&self, octets: usize) {
        let mut state = self.state();
        if octets > 0 && state.phase == Phase::Idle {
            state.phase = Phase::Head;
            state.since = Instant::now();
        }
    }

    fn note_write(&self, written: &Poll<io::Result<usize>>) {
        let mut state = self.state();
        match (written, &mut state.stuck) {
            (Poll::Ready(Ok(octets)), Some(stuck)) => stuck.taken += *octets as u64,
            (Poll::Pending, stuck @ None) => *stuck = Some(Stuck { since: Instant::now(), taken: 0 }),
            _ => {}
        }
    }

    fn note_flush(&self, flushed: &Poll<io::Result<()>>) {
        let mut state = self.state();
        match (flushed, &mut state.stuck) {
            (Poll::Ready(Ok(())), stuck) => *stuck = None,
            (Poll::Pending, stuck @ None) => *stuck = Some(Stuck { since: Instant::now(), taken: 0 }),
            _ => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment, so a panic elsewhere leaves the state usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is a stream that tells its pace what goes through it.
#[derive(Debug)]
pub(super) struct PacedStream<S> {
    stream: S,
    pace: Arc<Pace>,
}

impl<S> PacedStream<S> {
    pub(super) fn new(stream: S, pace: Arc<Pace>) -> Self {
        Self { stream, pace }
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.pace.note_read(buffer.filled().len() - before);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, octets);
        self.pace.note_write(&written);
        written
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.pace.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.pace.note_flush(&flushed);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Is a response's body that tells its pace when it is done with.
#[derive(Debug)]
pub(super) struct Served<B> {
    body: B,
    _end: EndOfResponse,
}

/// Ends the serving of a request when it is dropped, however that comes about.
#[derive(Debug)]
pub(super) struct EndOfResponse(Arc<Pace>);

impl EndOfResponse {
    /// Begins the serving of a request.
    pub(super) fn begin(pace: &Arc<Pace>) -> Self {
        pace.enter(Phase::Serving);
        Self(Arc::clone(pace))
    }

    pub(super) fn with<B>(self, body: B) -> Served<B> {
        Served { body, _end: self }
    }
}

impl Drop for EndOfResponse {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}

impl<B: Body + Unpin> Body for Served<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn pace() -> Arc<Pace> {
        let seconds = Duration::from_secs;
        Pace::new(Arc::new(Limits {
            head: seconds(10),
            idle: seconds(60),
            linger: seconds(2),
            grace: seconds(5),
            least_octets_per_second: 100,
            ..Limits::default()
        }))
    }

    /// Returns for what, and in how many seconds, the connection is given up.
    fn left(pace: &Pace) -> Option<(u64, Late)> {
        pace.deadline().map(|(deadline, late)| ((deadline - Instant::now()).as_secs(), late))
    }

    #[tokio::test(start_paused = true)]
    async fn each_phase_has_its_own_deadline() {
        let pace = pace();
        assert_eq!(left(&pace), Some((10, Late::Head)));
        let serving = EndOfResponse::begin(&pace);
        assert_eq!(left(&pace), None);
        drop(serving);
        assert_eq!(left(&pace), Some((60, Late::Idle)));
        pace.note_read(0);
        assert_eq!(left(&pace), Some((60, Late::Idle)));
        pace.note_read(1);
        assert_eq!(left(&pace), Some((10, Late::Head)));
    }

    #[tokio::test(start_paused = true)]
    async fn further_octets_of_a_head_win_no_time() {
        let pace = pace();
        tokio::time::advance(Duration::from_secs(9)).await;
        pace.note_read(1);
        assert_eq!(left(&pace), Some((1, Late::Head)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up_and_one_that_takes_enough_is_not() {
        let pace = pace();
        let _serving = EndOfResponse::begin(&pace);
        pace.note_write(&Poll::Pending);
        assert_eq!(left(&pace), Some((5, Late::Response)));
        tokio::time::advance(Duration::from_secs(4)).await;
        pace.note_write(&Poll::Ready(Ok(1000)));
        pace.note_write(&Poll::Pending);
        assert_eq!(left(&pace), Some((11, Late::Response)));
        pace.note_flush(&Poll::Ready(Ok(())));
        assert_eq!(left(&pace), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closing_connection_keeps_its_deadline() {
        let pace = pace();
        pace.enter(Phase::Closing);
        pace.enter(Phase::Idle);
        assert_eq!(left(&pace), Some((2, Late::Closing)));
    }
}
