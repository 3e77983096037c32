//! How views, days of history and payloads are kept: as JSON, compressed.
//!
//! Views and days are small and much alike, so a compressor that begins with nothing finds little
//! to save in one of them. It begins with a text of the usual names instead, which both sides have.
//! The first octet of what is kept names that text; one that was used once is never changed, a
//! better one becomes another number.

use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::LazyLock;

use policy::View;
use policy::history::Day;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::error::{Result, StoreError};

/// Names [`WORDS`] as what the compressor began with.
const FORM: u8 = 1;

/// Is the usual names in a view and a day, the most usual ones last, because near ones are cheaper to point to.
static WORDS: &[u8] = include_bytes!("pack/words-1.txt");

/// Saves most of what can be saved; a higher level takes longer for a few octets in a hundred.
const LEVEL: i32 = 3;

/// Is the most that one thing kept may become when it is read: what one report may carry at most.
const MOST_OCTETS: usize = 256 << 20;

static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(WORDS, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(WORDS));

thread_local! {
    // A context costs more to make than a view to compress.
    static PLAIN: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
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

/// Reads a frame that a sender has written, which need not say how long it is.
pub fn unpack_frame(frame: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let decoder = zstd::Decoder::new(frame).ok()?;
    decoder.take(MOST_OCTETS as u64 + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= MOST_OCTETS).then_some(plain)
}

/// Writes a view for keeping.
pub fn pack_view(view: &View) -> Vec<u8> {
    pack(&serde_json::to_vec(view).expect("keys are texts, and numbers are finite"))
}

/// Reads a view back.
pub fn unpack_view(kept: &[u8]) -> Result<View> {
    let unreadable = StoreError::Unreadable { table: "views" };
    unpack(kept).and_then(|json| serde_json::from_slice(&json).ok()).ok_or(unreadable)
}

/// Writes a day of history for keeping.
pub fn pack_day(day: &Day) -> Vec<u8> {
    pack(&day.pack())
}

/// Reads a day of history back.
pub fn unpack_day(kept: &[u8]) -> Result<Day> {
    let unreadable = StoreError::Unreadable { table: "history" };
    unpack(kept).and_then(|json| Day::unpack(&json).ok()).ok_or(unreadable)
}

fn pack(json: &[u8]) -> Vec<u8> {
    let make = || {
        let mut compressor = Compressor::with_prepared_dictionary(&ENCODER)?;
        // Thousands of small rows: what a frame says of its length and dictionary is known here.
        compressor.set_parameter(zstd::zstd_safe::CParameter::DictIdFlag(false))?;
        Ok(compressor)
    };
    let mut kept = with(&PACKER, make, |compressor| compressor.compress(json)).expect("memory is all that a compressor needs");
    kept.insert(0, FORM);
    kept
}

fn unpack(kept: &[u8]) -> Option<Vec<u8>> {
    let (&FORM, frame) = kept.split_first()? else { return None };
    let capacity = capacity(frame)?;
    with(&UNPACKER, || Decompressor::with_prepared_dictionary(&DECODER), |decompressor| decompressor.decompress(frame, capacity)).ok()
}

/// Returns how much a frame becomes, as its head says.
fn capacity(frame: &[u8]) -> Option<usize> {
    let size = zstd::zstd_safe::get_frame_content_size(frame).ok()??;
    usize::try_from(size).ok().filter(|size| *size <= MOST_OCTETS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use policy::history::Sample;
    use wire::{Facts, Key, Value};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_572_000 + second).unwrap()
    }

    /// Is what a colour multi-function device says that history keeps: 11 meters, 6 supplies, and whether it is there.
    fn colour_device(turn: i64) -> Facts {
        let mut facts = Facts::from([(Key::from("presence"), Value::from("ready"))]);
        let meters = ["total", "monochrome", "color", "print", "copy", "fax", "scan", "large", "duplex", "copy.color", "print.color"];
        for (place, name) in meters.iter().enumerate() {
            facts.insert(format!("meters/{name}/value").into(), (48_213 * (place as i64 + 3) % 97_001 + turn * 7).into());
        }
        for index in 1..=6 {
            facts.insert(format!("supplies/{index}/level/kind").into(), "measured".into());
            facts.insert(format!("supplies/{index}/level/value").into(), (index * 1713 % 9001 - turn).into());
        }
        facts
    }

    #[test]
    fn what_is_packed_reads_back() {
        let mut view = View::unseen(at(0));
        view.facts = colour_device(0);
        view.facts.insert("supplies/1/remaining".into(), Value::Decimal(0.25));
        view.facts.insert("status/errors".into(), Value::List(vec!["lowToner".into(), "ärger".into()]));
        view.apart.insert("presence".into(), at(60));
        assert_eq!(unpack_view(&pack_view(&view)).unwrap(), view);
        let mut day = Day::default();
        assert!((0..24).all(|hour| day.add(Sample::of(at(hour * 3600), &colour_device(hour)))));
        assert_eq!(unpack_day(&pack_day(&day)).unwrap(), day);
        assert_eq!(unpack_payload(&pack_payload(b"report")).unwrap(), b"report");
        assert_eq!(unpack_frame(&zstd::bulk::compress(b"report", 1).unwrap()).unwrap(), b"report");
    }

    #[test]
    fn a_day_takes_little_room() {
        let mut day = Day::default();
        day.add(Sample::of(at(0), &colour_device(0)));
        let one = pack_day(&day).len();
        assert!(one <= 200, "{one} octets for a daily report of 24 values");
        assert!((1..24).all(|hour| day.add(Sample::of(at(hour * 3600), &colour_device(hour)))));
        let hourly = pack_day(&day).len() / 24;
        assert!(hourly <= 80, "{hourly} octets a report that comes hourly");
    }

    #[test]
    fn what_was_not_packed_here_is_told_and_harms_nobody() {
        let good = pack_day(&Day::default());
        for length in 0..good.len() {
            assert!(unpack_day(&good[..length]).is_err());
        }
        let mut other = good.clone();
        other[0] = 2;
        assert!(matches!(unpack_day(&other), Err(StoreError::Unreadable { table: "history" })));
        assert!(unpack_view(b"\x01no frame").is_err());
        // A head that promises a terabyte.
        assert!(unpack_view(b"\x01\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0").is_err());
        assert!(unpack_payload(b"").is_err());
    }
}
