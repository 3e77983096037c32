//! The loop that takes connections, and its orderly end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::connection::{self, Front};
use super::limits::Limits;
use super::listener::Listener;
use super::places::Places;

/// Is the shortest and the longest pause after connections could not be taken.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Says why nothing was served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// There was no listener.
    #[error("there is no address to listen on; name at least one")]
    NoListener,
    /// A listener's loop broke off, which is a mistake in this program.
    #[error("a listener broke off")]
    Broken(#[source] JoinError),
}

/// Serves the router on all the listeners until `shutdown` is ready; then takes no more
/// connections, lets requests under way finish for [`Limits::drain`], and closes what is left.
///
/// Every request carries a [`Peer`](super::Peer) among its extensions.
///
/// # Errors
///
/// [`ServeError`]; trouble with single connections or with taking them ends nothing.
pub async fn serve(listeners: Vec<Listener>, router: Router, limits: Limits, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
    if listeners.is_empty() {
        return Err(ServeError::NoListener);
    }
    let places = Places::new(limits.connections, limits.connections_per_address);
    let front = Arc::new(Front { router, limits: Arc::new(limits), places });
    let (stop, stopped) = watch::channel(false);
    let mut loops = JoinSet::new();
    for listener in listeners {
        loops.spawn(run(listener, Arc::clone(&front), stopped.clone()));
    }
    drop(stopped);
    let mut outcome = Ok(());
    tokio::select! {
        () = shutdown => {}
        // A loop ends only when it is told to: this one broke.
        Some(Err(error)) = loops.join_next() => outcome = Err(ServeError::Broken(error)),
    }
    stop.send_replace(true);
    while let Some(ended) = loops.join_next().await {
        outcome = outcome.and(ended.map_err(ServeError::Broken));
    }
    outcome
}

/// Takes connections of one listener until it is stopped, then drains them.
async fn run(listener: Listener, front: Arc<Front>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut pause = PAUSES.0;
    loop {
        tokio::select! {
            biased;
            _ = stopped.changed() => break,
            Some(ended) = connections.join_next() => report(ended),
            accepted = listener.socket.accept() => match accepted {
                Ok((stream, address)) => {
                    pause = PAUSES.0;
                    take(&listener, &front, &stopped, &mut connections, stream, address);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    // Typically no file descriptor is free (EMFILE): the connection stays in the
                    // queue, and asking again at once would only burn the processor.
                    if pause == PAUSES.0 {
                        tracing::error!(%error, address = %listener.address, "connections cannot be taken; raise the limit of open files if this stays");
                    }
                    tokio::select! {
                        _ = stopped.changed() => break,
                        () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSES.1),
                    }
                }
            },
        }
    }
    let drain = front.limits.drain;
    drop(listener);
    let all_ended = async { while connections.join_next().await.map(report).is_some() {} };
    if tokio::time::timeout(drain, all_ended).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections were cut off at shutdown");
        connections.shutdown().await;
    }
}

/// Lets a connection in, or closes it at once.
fn take(
    listener: &Listener,
    front: &Arc<Front>,
    stopped: &watch::Receiver<bool>,
    connections: &mut JoinSet<()>,
    stream: TcpStream,
    address: SocketAddr,
) {
    let address = SocketAddr::new(address.ip().to_canonical(), address.port());
    if !listener.allow.allows(address.ip()) {
        tracing::debug!(peer = %address, listener = %listener.address, "connection refused: the address is not on the list");
        return;
    }
    let place = match front.places.take(address.ip()) {
        Ok(place) => place,
        Err(refusal) => {
            tracing::debug!(peer = %address, %refusal, "connection refused");
            return;
        }
    };
    let tls = listener.tls.as_ref().map(|tls| tls.config());
    let serving = connection::serve(Arc::clone(front), tls, stream, address, listener.address, stopped.clone());
    connections.spawn(async move {
        serving.await;
        drop(place);
    });
}

/// Says whether an error of `accept` is about the connection it would have brought, which has
/// gone away meanwhile.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a request broke its connection; this is a mistake in this program");
    }
}
