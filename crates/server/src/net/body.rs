//! Request bodies within bounds of size and time.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::limits::Limits;
use super::pace::Pace;
use super::zstd_body::{Encoding, UnpackError, Unpacking};

/// Says why a request's body was not taken. As a response it is problem details (RFC 9457), and
/// the connection closes where the rest of the body would have to be waited for.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// More octets came than the route takes: 413.
    #[error("the body has more than {limit} octets; send it in parts")]
    TooLarge {
        /// The most octets the route takes.
        limit: usize,
    },
    /// The octets came too slowly: 408.
    #[error("the body came too slowly; send it again over a better line or in smaller parts")]
    TooSlow,
    /// The connection broke off, or the body's framing is wrong: 400.
    #[error("the body broke off")]
    Broken(#[source] axum::Error),
    /// It could not be unpacked: 400, 413 or 415.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
}

impl BodyError {
    /// Returns the status that answers it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } | Self::Unpack(UnpackError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken(_) | Self::Unpack(UnpackError::Malformed) => StatusCode::BAD_REQUEST,
            Self::Unpack(UnpackError::UnknownEncoding) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    fn leaves_octets_behind(&self) -> bool {
        !matches!(self, Self::Unpack(UnpackError::TooLarge { .. } | UnpackError::Malformed))
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = serde_json::json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": self.to_string(),
        });
        let mut response = (status, problem.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.leaves_octets_behind() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            // RFC 9110 §12.5.3: in a response it says which codings requests may have.
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("zstd"));
        }
        response
    }
}

/// Reads a whole body of at most `limit` octets.
///
/// A body that announces more is refused before an octet of it is read.
///
/// # Errors
///
/// [`BodyError::TooLarge`], [`BodyError::TooSlow`] or [`BodyError::Broken`].
pub async fn read(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge { limit });
    }
    let mut first = Bytes::new();
    let mut all: Vec<u8> = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        // Trailers say nothing we use.
        let Ok(data) = frame.map_err(why)?.into_data() else { continue };
        if first.len() + all.len() + data.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        // Most bodies come in one piece, which need not be copied.
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        if all.is_empty() {
            all = std::mem::take(&mut first).into();
        }
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// Reads a whole body of at most `packed` octets and unpacks it to at most `unpacked` octets, as
/// its header `Content-Encoding` says. Without that header both bounds hold for what came.
///
/// # Errors
///
/// See [`BodyError`].
pub async fn read_unpacked(request: Request, packed: usize, unpacked: usize) -> Result<Bytes, BodyError> {
    let mut encodings = request.headers().get_all(header::CONTENT_ENCODING).iter();
    let encoding = Encoding::from_header(encodings.next().map(HeaderValue::as_bytes))?;
    if encodings.next().is_some() {
        return Err(UnpackError::UnknownEncoding.into());
    }
    match encoding {
        Encoding::Identity => read(request.into_body(), packed.min(unpacked)).await,
        Encoding::Zstd => {
            let mut unpacking = Unpacking::new(read(request.into_body(), packed).await?, unpacked)?;
            while !unpacking.step()? {
                tokio::task::yield_now().await;
            }
            Ok(unpacking.into_octets())
        }
    }
}

/// Extracts a body of at most `LIMIT` octets.
///
/// ```
/// use server::net::Bounded;
/// async fn rename(Bounded(name): Bounded<256>) -> String {
///     format!("{} octets", name.len())
/// }
/// # let _: axum::Router = axum::Router::new().route("/name", axum::routing::put(rename));
/// ```
#[derive(Clone, Debug)]
pub struct Bounded<const LIMIT: usize>(pub Bytes);

impl<const LIMIT: usize, S: Sync> FromRequest<S> for Bounded<LIMIT> {
    type Rejection = BodyError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, BodyError> {
        read(request.into_body(), LIMIT).await.map(Self)
    }
}

/// Extracts a body of at most `PACKED` octets, unpacked to at most `UNPACKED`.
#[derive(Clone, Debug)]
pub struct Unpacked<const PACKED: usize, const UNPACKED: usize>(pub Bytes);

impl<const PACKED: usize, const UNPACKED: usize, S: Sync> FromRequest<S> for Unpacked<PACKED, UNPACKED> {
    type Rejection = BodyError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, BodyError> {
        read_unpacked(request, PACKED, UNPACKED).await.map(Self)
    }
}

/// Says that a body came too slowly; it travels through the frameworks as a boxed error.
#[derive(Debug)]
struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body came too slowly")
    }
}

impl std::error::Error for TooSlow {}

fn why(error: axum::Error) -> BodyError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return BodyError::TooSlow;
        }
        cause = error.source();
    }
    BodyError::Broken(error)
}

/// Is a request's body with a deadline, which every route gets whatever it does with the body.
pub(super) struct TimedBody<B = Incoming> {
    body: B,
    limits: Arc<Limits>,
    pace: Arc<Pace>,
    octets: u64,
    /// Is when the body was first asked for: what a route does before that is not the peer's delay.
    since: Option<Instant>,
    /// Is made at the first wait; most bodies are there at once and never need it.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<B: HttpBody> TimedBody<B> {
    pub(super) fn new(body: B, limits: Arc<Limits>, pace: Arc<Pace>) -> Self {
        pace.set_body_unread(!body.is_end_stream());
        Self { body, limits, pace, octets: 0, since: None, alarm: None }
    }

    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let deadline = since + self.limits.body.min(self.limits.patience(self.octets));
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        alarm.as_mut().poll(cx).is_ready()
    }
}

impl<B> HttpBody for TimedBody<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<axum::BoxError>,
{
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        self.since.get_or_insert_with(Instant::now);
        match Pin::new(&mut self.body).poll_frame(cx) {
            // Also while octets trickle in, so that the whole never takes longer than it may.
            Poll::Pending if self.is_late(cx) => Poll::Ready(Some(Err(Box::new(TooSlow)))),
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                self.octets += frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.body.is_end_stream() {
                    self.pace.set_body_unread(false);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => {
                self.pace.set_body_unread(false);
                Poll::Ready(None)
            }
        }
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

    /// Is a body that sends one frame of these octets after each pause.
    struct Trickle {
        frames: usize,
        octets: usize,
        pause: Duration,
        next: Pin<Box<Sleep>>,
    }

    impl HttpBody for Trickle {
        type Data = Bytes;
        type Error = axum::BoxError;

        fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
            if self.frames == 0 {
                return Poll::Ready(None);
            }
            std::task::ready!(self.next.as_mut().poll(cx));
            let next = Instant::now() + self.pause;
            self.next.as_mut().reset(next);
            self.frames -= 1;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; self.octets])))))
        }
    }

    fn trickle(frames: usize, octets: usize, pause: Duration) -> Body {
        let limits = Arc::new(Limits {
            body: Duration::from_secs(60),
            grace: Duration::from_secs(10),
            least_octets_per_second: 1000,
            ..Limits::default()
        });
        let pace = Pace::new(Arc::clone(&limits));
        let body = Trickle { frames, octets, pause, next: Box::pin(tokio::time::sleep(pause)) };
        Body::new(TimedBody::new(body, limits, pace))
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_fast_enough_is_read() {
        let read = read(trickle(50, 1000, SECOND), 50_000).await.unwrap();
        assert_eq!(read.len(), 50_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_given_up_when_the_grace_is_over() {
        let start = Instant::now();
        let error = read(trickle(1000, 1, SECOND), 50_000).await.unwrap_err();
        assert!(matches!(error, BodyError::TooSlow), "{error:?}");
        assert_eq!(start.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn no_body_takes_longer_than_a_body_may() {
        let start = Instant::now();
        let error = read(trickle(1000, 1000, SECOND), 5_000_000).await.unwrap_err();
        assert!(matches!(error, BodyError::TooSlow), "{error:?}");
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test]
    async fn a_body_may_fill_its_limit_and_not_exceed_it() {
        assert_eq!(read(Body::from("12345"), 5).await.unwrap(), "12345");
        assert!(matches!(read(Body::from("123456"), 5).await, Err(BodyError::TooLarge { limit: 5 })));
        assert_eq!(read(Body::empty(), 0).await.unwrap(), "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_say_its_size_is_stopped_at_the_limit() {
        let error = read(trickle(usize::MAX, 1000, Duration::ZERO), 10_000).await.unwrap_err();
        assert!(matches!(error, BodyError::TooLarge { limit: 10_000 }), "{error:?}");
    }

    fn packed(encoding: &str, body: impl Into<Body>) -> Request {
        Request::builder().header("content-encoding", encoding).body(body.into()).unwrap()
    }

    #[tokio::test]
    async fn a_packed_body_comes_unpacked() {
        let zstd = zstd::bulk::compress(&[b'a'; 300_000], 3).unwrap();
        assert_eq!(read_unpacked(packed("zstd", zstd.clone()), 100, 300_000).await.unwrap().len(), 300_000);
        let error = read_unpacked(packed("zstd", zstd), 100, 299_999).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(read_unpacked(Request::new(Body::from("plain")), 100, 5).await.unwrap(), "plain");
        let error = read_unpacked(Request::new(Body::from("plain")), 100, 4).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn an_unknown_encoding_is_answered_with_what_is_spoken() {
        let response = read_unpacked(packed("gzip", "x"), 100, 100).await.unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(response.headers()["accept-encoding"], "zstd");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = read(response.into_body(), 1000).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["status"], 415);
        assert_eq!(problem["title"], "Unsupported Media Type");
    }
}
