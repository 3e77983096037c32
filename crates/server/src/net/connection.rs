//! One connection: handshake, requests, end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::Service;

use super::body::TimedBody;
use super::limits::Limits;
use super::pace::{EndOfResponse, Late, Pace, PacedStream, Phase, Served};
use super::peer::{ClientCertificate, Peer};
use super::places::Places;

/// Is the most a connection keeps of what it has read and not handed on.
const BUFFER_OCTETS: usize = 64 * 1024;
/// Is the most that is read and thrown away of a peer that we close; it costs some milliseconds.
const LINGER_OCTETS: usize = 16 * 1024 * 1024;
/// Is the type of a TLS record that begins a handshake: RFC 8446 §5.1.
const TLS_HANDSHAKE: u8 = 22;

/// Answers who speaks plain HTTP to a port that speaks TLS; most often it is a person.
const SPEAKS_HTTPS: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 54\r\n\
    Connection: close\r\n\
    \r\n\
    this port speaks HTTPS; use https:// in place of http\n";

/// Is what all connections share.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) router: Router,
    pub(super) limits: Arc<Limits>,
    pub(super) places: Arc<Places>,
}

/// Serves one connection to its end.
pub(super) async fn serve(
    front: Arc<Front>,
    tls: Option<Arc<ServerConfig>>,
    stream: TcpStream,
    address: SocketAddr,
    local: SocketAddr,
    mut stopped: watch::Receiver<bool>,
) {
    // Answers are small and whole; waiting for more to send (RFC 896) only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(peer = %address, %error, "connection lost before it began");
        return;
    }
    let peer = Peer { address, local, certificate: None };
    let Some(tls) = tls else {
        return requests(&front, stream, peer, stopped).await;
    };
    let shaken = tokio::select! {
        _ = stopped.changed() => return,
        shaken = timeout(front.limits.handshake, handshake(tls, stream, &front.limits)) => shaken,
    };
    match shaken {
        Ok(Ok(Some(stream))) => {
            let certificate = client_certificate(&stream);
            requests(&front, stream, Peer { certificate, ..peer }, stopped).await;
        }
        Ok(Ok(None)) => tracing::debug!(peer = %address, "plain HTTP on a port that speaks TLS"),
        Ok(Err(error)) => tracing::debug!(peer = %address, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(peer = %address, "TLS handshake took too long"),
    }
}

/// Shakes hands; `None` if the peer spoke plain HTTP and has got its answer.
async fn handshake(tls: Arc<ServerConfig>, mut stream: TcpStream, limits: &Limits) -> std::io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    let seen = stream.peek(&mut first).await?;
    // Methods are upper-case letters. Anything else is for the TLS library to refuse.
    if seen == 1 && first[0] != TLS_HANDSHAKE && first[0].is_ascii_uppercase() {
        stream.write_all(SPEAKS_HTTPS).await?;
        linger(stream, limits).await;
        return Ok(None);
    }
    TlsAcceptor::from(tls).accept(stream).await.map(Some)
}

fn client_certificate(stream: &TlsStream<TcpStream>) -> Option<Arc<ClientCertificate>> {
    let own = stream.get_ref().1.peer_certificates()?.first()?;
    Some(Arc::new(ClientCertificate::new(own.clone().into_owned())))
}

/// Serves requests until either side wants no more or a deadline passes.
async fn requests<S>(front: &Front, stream: S, peer: Peer, stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let address = peer.address;
    let pace = Pace::new(Arc::clone(&front.limits));
    let service = {
        let (router, limits, pace) = (front.router.clone(), Arc::clone(&front.limits), Arc::clone(&pace));
        service_fn(move |request| respond(router.clone(), request, &peer, &limits, &pace))
    };
    let mut builder = http1::Builder::new();
    // The deadlines are ours: see `pace`.
    builder.header_read_timeout(None).max_header_size(front.limits.head_octets).max_buf_size(BUFFER_OCTETS.max(front.limits.head_octets));
    let connection = builder.serve_connection(TokioIo::new(PacedStream::new(stream, Arc::clone(&pace))), service);
    let (connection, ended) = drive(connection, &pace, stopped).await;
    match ended {
        Ended::Done(Ok(())) if !pace.is_body_unread() => {
            let mut stream = connection.into_parts().io.into_inner().into_inner();
            let _ = timeout(front.limits.linger, stream.shutdown()).await;
        }
        Ended::Done(outcome) => {
            if let Err(error) = outcome {
                tracing::debug!(peer = %address, %error, "connection ended");
            }
            linger(connection.into_parts().io.into_inner().into_inner(), &front.limits).await;
        }
        Ended::Late(late) => tracing::debug!(peer = %address, %late, "connection given up"),
    }
}

/// Says how the driving of a connection ended.
enum Ended {
    Done(hyper::Result<()>),
    Late(Late),
}

/// Drives a connection and keeps its deadlines.
async fn drive<S, H, B>(
    mut connection: http1::Connection<TokioIo<PacedStream<S>>, H>,
    pace: &Pace,
    mut stopped: watch::Receiver<bool>,
) -> (http1::Connection<TokioIo<PacedStream<S>>, H>, Ended)
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: HttpService<Incoming, ResBody = B> + Unpin,
    H::Future: Unpin,
    H::Error: Into<axum::BoxError>,
    B: HttpBody<Data = Bytes> + 'static,
    B::Error: Into<axum::BoxError>,
{
    let mut alarm = pin!(sleep_until(Instant::now()));
    let mut stop = pin!(stopped.changed());
    let mut is_closing = false;
    let ended = std::future::poll_fn(|cx| {
        loop {
            if let Poll::Ready(done) = connection.poll_without_shutdown(cx) {
                return Poll::Ready(Ended::Done(done));
            }
            let must_close = if is_closing {
                false
            } else if stop.as_mut().poll(cx).is_ready() {
                true
            } else {
                match poll_late(pace, alarm.as_mut(), cx) {
                    Poll::Pending => return Poll::Pending,
                    // Nobody waits for an answer, so it can close in good order.
                    Poll::Ready(Late::Idle) => {
                        pace.enter(Phase::Closing);
                        true
                    }
                    Poll::Ready(late) => return Poll::Ready(Ended::Late(late)),
                }
            };
            if must_close {
                is_closing = true;
                Pin::new(&mut connection).graceful_shutdown();
                continue;
            }
            return poll_late(pace, alarm.as_mut(), cx).map(Ended::Late);
        }
    })
    .await;
    (connection, ended)
}

/// Is ready when the connection's deadline has passed.
fn poll_late(pace: &Pace, mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Late> {
    loop {
        let Some((deadline, late)) = pace.deadline() else { return Poll::Pending };
        // Deadlines mostly move away, with every request; an alarm that goes off too early and is
        // set anew then is cheaper than one that is moved each time.
        if alarm.is_elapsed() || deadline < alarm.deadline() {
            alarm.as_mut().reset(deadline);
        }
        std::task::ready!(alarm.as_mut().poll(cx));
        if Instant::now() >= deadline {
            return Poll::Ready(late);
        }
    }
}

type Responding = Pin<Box<dyn Future<Output = Result<Response<Served<Body>>, Infallible>> + Send>>;

/// Hands a request to the router, with its peer and with a deadline on its body.
fn respond(mut router: Router, request: Request<Incoming>, peer: &Peer, limits: &Arc<Limits>, pace: &Arc<Pace>) -> Responding {
    let end = EndOfResponse::begin(pace);
    let mut request = request.map(|body| {
        if body.is_end_stream() { Body::empty() } else { Body::new(TimedBody::new(body, Arc::clone(limits), Arc::clone(pace))) }
    });
    request.extensions_mut().insert(peer.clone());
    let response = router.call(request);
    Box::pin(async move { response.await.map(|response| response.map(|body| end.with(body))) })
}

/// Says goodbye and reads on a little, so that our last words are not lost.
///
/// A socket that is closed with octets unread resets the connection, and the peer then may never
/// see the answer that says why.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, limits: &Limits) {
    let goodbye = async {
        stream.shutdown().await?;
        let mut rubbish = vec![0; 8192];
        let mut left = LINGER_OCTETS;
        while left > 0 {
            match stream.read(&mut rubbish).await? {
                0 => break,
                octets => left = left.saturating_sub(octets),
            }
        }
        std::io::Result::Ok(())
    };
    // Whether it works out is the peer's concern.
    let _ = timeout(limits.linger, goodbye).await;
}
