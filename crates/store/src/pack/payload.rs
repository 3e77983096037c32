//! Payloads as they came, and rows of the first form: JSON, compressed.
//!
//! Rows of the first form were compressed by a compressor that begins with a text of the usual names.

use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::DecoderDictionary;
#[cfg(test)]
use zstd::dict::EncoderDictionary;

use crate::error::{Result, StoreError};

/// Names [`WORDS`] as what the compressor began with.
pub const OLD_FORM: u8 = 1;

/// Is the usual names in a view and a day, the most usual ones last, because near ones are cheaper to point to.
static WORDS: &[u8] = include_bytes!("words-1.txt");

/// Saves most of what can be saved; a higher level takes longer for a few octets in a hundred.
const LEVEL: i32 = 3;

/// Is the most that one thing kept may become when it is read: what one report may carry at most.
const MOST_OCTETS: usize = 256 << 20;

#[cfg(test)]
static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(WORDS, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(WORDS));

thread_local! {
    // A context costs more to make than a view to compress.
    static PLAIN: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    #[cfg(test)]
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Runs `work` with this thread's context, which is made when it is first needed.
fn with<C, T>(
    cell: &'static std::thread::LocalKey<RefCell<Option<C>>>,
    make: impl FnOnce() -> io::Result<C>,
    work: impl FnOnce(&mut C) -> io::Result<T>,
) -> io::Result<T> {
    cell.with_borrow_mut(|context| match context {
        Some(context) => work(context),
        None => work(context.insert(make()?)),
    })
}

/// Compresses a payload that came plain.
pub fn pack_payload(payload: &[u8]) -> Vec<u8> {
    with(&PLAIN, || Compressor::new(LEVEL), |compressor| compressor.compress(payload)).expect("memory is all that a compressor needs")
}

/// Reads back a payload that came plain.
pub fn unpack_payload(kept: &[u8]) -> Result<Vec<u8>> {
    let capacity = capacity(kept).ok_or(StoreError::Unreadable { table: "inbox" })?;
    zstd::bulk::decompress(kept, capacity).map_err(|_| StoreError::Unreadable { table: "inbox" })
}

/// Is what both sides of a short report know; see [`wire::dictionary`]. A frame that names none does without.
static REPORT: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(wire::dictionary::OCTETS));

/// Reads a frame that a sender has written, which need not say how long it is.
pub fn unpack_frame(frame: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let decoder = zstd::Decoder::with_prepared_dictionary(frame, &REPORT).ok()?;
    decoder.take(MOST_OCTETS as u64 + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= MOST_OCTETS).then_some(plain)
}

/// Writes a row of the first form.
#[cfg(test)]
pub fn pack_old(json: &[u8]) -> Vec<u8> {
    let make = || {
        let mut compressor = Compressor::with_prepared_dictionary(&ENCODER)?;
        // Thousands of small rows: what a frame says of its length and dictionary is known here.
        compressor.set_parameter(zstd::zstd_safe::CParameter::DictIdFlag(false))?;
        Ok(compressor)
    };
    let mut kept = with(&PACKER, make, |compressor| compressor.compress(json)).expect("memory is all that a compressor needs");
    kept.insert(0, OLD_FORM);
    kept
}

/// Reads a row of the first form, without its first octet.
pub fn unpack_old(frame: &[u8]) -> Option<Vec<u8>> {
    let capacity = capacity(frame)?;
    with(&UNPACKER, || Decompressor::with_prepared_dictionary(&DECODER), |decompressor| decompressor.decompress(frame, capacity)).ok()
}

/// Returns how much a frame becomes, as its head says.
fn capacity(frame: &[u8]) -> Option<usize> {
    let size = zstd::zstd_safe::get_frame_content_size(frame).ok()??;
    usize::try_from(size).ok().filter(|size| *size <= MOST_OCTETS)
}
