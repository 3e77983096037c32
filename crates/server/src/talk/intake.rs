//! The body of a report: read, unpacked and decoded within bounds of memory, over all senders.

use std::cell::RefCell;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use store::Coding;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use wire::json::DecodeError;
use wire::{Report, Vocabulary};

use crate::app::{App, MEMORY_UNIT};
use crate::net::{self, BodyError, Encoding, UnpackError, Unpacking};

/// Is the size from which reading a report is moved off the threads that serve others.
const LARGE: usize = 128 * 1024;

thread_local! {
    /// The keys that this thread has met: a fleet says the same ones again and again.
    static VOCABULARY: RefCell<Vocabulary> = RefCell::default();
}

/// Reads a report, without what may not be kept.
fn decode(octets: &[u8]) -> Result<Report, DecodeError> {
    VOCABULARY.with_borrow_mut(|vocabulary| wire::json::decode_listed(octets, vocabulary))
}

/// Is memory that is taken while a report is under way.
pub(super) struct Held {
    permits: Vec<OwnedSemaphorePermit>,
}

impl Held {
    fn more(&mut self, memory: &Arc<Semaphore>, octets: usize) -> Result<(), ReadError> {
        let units = u32::try_from(octets.div_ceil(MEMORY_UNIT)).unwrap_or(u32::MAX);
        match Arc::clone(memory).try_acquire_many_owned(units) {
            Ok(permit) => {
                // One permit that grows, instead of a list of a thousand.
                match self.permits.last_mut() {
                    Some(last) => last.merge(permit),
                    None => self.permits.push(permit),
                }
                Ok(())
            }
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => Err(ReadError::Crowded),
        }
    }
}

/// Is a report as it came, and unpacked.
pub(super) struct Body {
    packed: Bytes,
    encoding: Encoding,
    unpacked: Bytes,
    held: Held,
}

/// Says why a body was not read.
pub(super) enum ReadError {
    Body(BodyError),
    /// Other reports take the memory that there is for them.
    Crowded,
}

impl From<BodyError> for ReadError {
    fn from(error: BodyError) -> Self {
        ReadError::Body(error)
    }
}

/// Reads and unpacks a body.
pub(super) async fn read(app: &App, request: Request) -> Result<Body, ReadError> {
    let limits = &app.settings.limits;
    let (most_packed, most) = (limits.report.count() as usize, limits.report_unpacked.count() as usize);
    let encoding = encoding_of(&request)?;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut held = Held { permits: Vec::new() };
    held.more(&app.memory, announced.unwrap_or(most_packed).min(most_packed))?;
    let packed = net::read(request.into_body(), most_packed).await?;
    let unpacked = match encoding {
        Encoding::Identity => packed.clone(),
        Encoding::Zstd => unpack(&app.memory, &mut held, packed.clone(), most).await?,
    };
    Ok(Body { packed, encoding, unpacked, held })
}

fn encoding_of(request: &Request) -> Result<Encoding, BodyError> {
    let mut encodings = request.headers().get_all(header::CONTENT_ENCODING).iter();
    let encoding = Encoding::from_header(encodings.next().map(HeaderValue::as_bytes))?;
    if encodings.next().is_some() { Err(UnpackError::UnknownEncoding.into()) } else { Ok(encoding) }
}

/// Unpacks step by step; each step first takes the memory that it may need.
async fn unpack(memory: &Arc<Semaphore>, held: &mut Held, packed: Bytes, most: usize) -> Result<Bytes, ReadError> {
    let mut unpacking = Unpacking::new(packed, most).map_err(BodyError::from)?;
    loop {
        held.more(memory, MEMORY_UNIT)?;
        if unpacking.step().map_err(BodyError::from)? {
            return Ok(unpacking.into_octets());
        }
        tokio::task::yield_now().await;
    }
}

impl Body {
    /// Returns how many octets came.
    pub(super) fn travelled(&self) -> usize {
        self.packed.len()
    }

    /// Reads the report. The memory stays taken until what is returned last is dropped.
    pub(super) async fn decode(self) -> (Result<Report, DecodeError>, Vec<u8>, Coding, Held) {
        let unpacked = self.unpacked;
        let report = if unpacked.len() < LARGE {
            decode(&unpacked)
        } else {
            tokio::task::spawn_blocking(move || decode(&unpacked)).await.expect("reading a report does not panic")
        };
        let coding = match self.encoding {
            Encoding::Identity => Coding::Plain,
            Encoding::Zstd => Coding::Zstd,
        };
        (report, self.packed.into(), coding, self.held)
    }
}
