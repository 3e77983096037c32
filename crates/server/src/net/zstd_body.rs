//! Unpacking of request bodies within bounds: what a sender packs must not cost us memory.

use std::cell::RefCell;
use std::sync::LazyLock;

use axum::body::Bytes;
use wire::dictionary;
use zstd::zstd_safe::{DCtx, DDict, DParameter, InBuffer, OutBuffer, ResetDirective, get_frame_content_size};

/// Is the largest window a frame may ask for, as a power of two: 8 MiB.
///
/// RFC 8878 §3.1.1.1.2 recommends that decoders support windows of at least 8 MB and lets them
/// refuse larger ones. Together with the limit it bounds what one body may cost.
pub const WINDOW_LOG_MAX: u32 = 23;

/// Is how many octets one step unpacks at most.
const STEP_OCTETS: usize = 64 * 1024;

/// Is how a request body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not packed.
    Identity,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl Encoding {
    /// Reads the value of the header `Content-Encoding`; without the header nothing is packed.
    ///
    /// # Errors
    ///
    /// [`UnpackError::UnknownEncoding`] for anything but one `zstd` or `identity`.
    pub fn from_header(value: Option<&[u8]>) -> Result<Self, UnpackError> {
        match value.map(<[u8]>::trim_ascii) {
            None | Some(b"") => Ok(Self::Identity),
            Some(name) if name.eq_ignore_ascii_case(b"identity") => Ok(Self::Identity),
            Some(name) if name.eq_ignore_ascii_case(b"zstd") => Ok(Self::Zstd),
            Some(_) => Err(UnpackError::UnknownEncoding),
        }
    }
}

/// Says why a body could not be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// More came out than the route takes.
    #[error("the body unpacks to more than {limit} octets; send it in parts")]
    TooLarge {
        /// The most octets the route takes.
        limit: usize,
    },
    /// What came in is no Zstandard, is cut short, asks for a window that is too large, or names a dictionary that is not ours.
    #[error("the body is no complete Zstandard frame with a window of at most 8 MiB")]
    Malformed,
    /// It is packed in a way that is not spoken here.
    #[error("the body has a content encoding that is not spoken here; expected \"zstd\" or \"identity\"")]
    UnknownEncoding,
}

/// Unpacks a body in one go.
///
/// # Errors
///
/// See [`UnpackError`].
pub fn unpack(encoding: Encoding, body: Bytes, limit: usize) -> Result<Bytes, UnpackError> {
    match encoding {
        Encoding::Identity if body.len() > limit => Err(UnpackError::TooLarge { limit }),
        Encoding::Identity => Ok(body),
        Encoding::Zstd => {
            let mut unpacking = Unpacking::new(body, limit)?;
            while !unpacking.step()? {}
            Ok(unpacking.into_octets())
        }
    }
}

/// Is how many contexts a thread keeps, and how large one may have grown.
const KEPT: (usize, usize) = (4, 512 * 1024);

thread_local! {
    // To make a context costs ten times as much as to unpack a report with it.
    static CONTEXTS: RefCell<Vec<DCtx<'static>>> = const { RefCell::new(Vec::new()) };
}

/// Is what both sides of a short report know; a frame that names no dictionary does without.
static WORDS: LazyLock<DDict<'static>> = LazyLock::new(|| DDict::create(dictionary::OCTETS));

/// Is a context that goes back to its thread when it is done.
struct Context(Option<DCtx<'static>>);

impl Context {
    fn new() -> Option<Self> {
        let mut context = CONTEXTS.with_borrow_mut(Vec::pop).or_else(DCtx::try_create)?;
        context.reset(ResetDirective::SessionAndParameters).ok()?;
        context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX)).ok()?;
        context.ref_ddict(&WORDS).ok()?;
        Some(Context(Some(context)))
    }

    fn get(&mut self) -> &mut DCtx<'static> {
        self.0.as_mut().expect("it goes back when this is dropped")
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let Some(context) = self.0.take().filter(|context| context.sizeof() <= KEPT.1) else { return };
        // At the end of a thread there is nothing to go back to.
        let _ = CONTEXTS.try_with(|contexts| {
            let mut contexts = contexts.borrow_mut();
            if contexts.len() < KEPT.0 {
                contexts.push(context);
            }
        });
    }
}

/// Is a body that is being unpacked in small steps, so that a large one does not hold up others.
///
/// It costs at most `limit` octets for what comes out and one window, however small the body
/// and however much it would unpack to.
pub struct Unpacking {
    context: Context,
    packed: Bytes,
    read: usize,
    unpacked: Vec<u8>,
    limit: usize,
    /// Is how many octets the next step may bring.
    room: usize,
}

impl Unpacking {
    /// Begins; `limit` is how many octets may come out.
    ///
    /// # Errors
    ///
    /// [`UnpackError::TooLarge`] if the frame itself says so, [`UnpackError::Malformed`] if it is none.
    pub fn new(packed: Bytes, limit: usize) -> Result<Self, UnpackError> {
        let announced = get_frame_content_size(&packed).map_err(|_| UnpackError::Malformed)?;
        if announced.is_some_and(|octets| octets > limit as u64) {
            return Err(UnpackError::TooLarge { limit });
        }
        let context = Context::new().ok_or(UnpackError::Malformed)?;
        // Most bodies say how large they are and are small: then one step with just the room they
        // need is enough, and zstd needs no window of its own. A lie costs the sender more steps.
        let first_room = announced.and_then(|octets| usize::try_from(octets).ok()).unwrap_or(STEP_OCTETS).clamp(1, STEP_OCTETS);
        Ok(Self { context, packed, read: 0, unpacked: Vec::new(), limit, room: first_room })
    }

    /// Unpacks up to 64 KiB more; returns whether that was all.
    ///
    /// # Errors
    ///
    /// [`UnpackError::TooLarge`] or [`UnpackError::Malformed`].
    pub fn step(&mut self) -> Result<bool, UnpackError> {
        let had = self.unpacked.len();
        // One octet more than the limit, so that "exactly full" and "too much" can be told apart.
        self.grow(had + self.room.min(self.limit + 1 - had));
        self.room = STEP_OCTETS;
        let mut output = OutBuffer::around(&mut self.unpacked[had..]);
        let mut input = InBuffer::around(&self.packed[self.read..]);
        let left_in_frame = self.context.get().decompress_stream(&mut output, &mut input).map_err(|_| UnpackError::Malformed)?;
        let (wrote, took) = (output.pos(), input.pos());
        self.unpacked.truncate(had + wrote);
        self.read += took;
        if self.unpacked.len() > self.limit {
            return Err(UnpackError::TooLarge { limit: self.limit });
        }
        let all_read = self.read == self.packed.len();
        if all_read && left_in_frame == 0 {
            return Ok(true);
        }
        // Nothing more comes out of what there is: the frame is cut short.
        if wrote == 0 && (all_read || took == 0) {
            return Err(UnpackError::Malformed);
        }
        Ok(false)
    }

    /// Makes the output this long. A vector left to itself would double beyond the limit.
    fn grow(&mut self, length: usize) {
        if length > self.unpacked.capacity() {
            let doubled = self.unpacked.capacity().saturating_mul(2).min(self.limit + 1);
            self.unpacked.reserve_exact(doubled.max(length) - self.unpacked.len());
        }
        self.unpacked.resize(length, 0);
    }

    /// Returns what came out.
    pub fn into_octets(self) -> Bytes {
        self.unpacked.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(octets: &[u8]) -> Bytes {
        zstd::bulk::compress(octets, 3).unwrap().into()
    }

    /// Packs as a stream, so that the frame does not say how large it is.
    fn pack_unannounced(octets: &[u8]) -> Bytes {
        zstd::stream::encode_all(octets, 3).unwrap().into()
    }

    fn zstd(body: impl Into<Bytes>, limit: usize) -> Result<Bytes, UnpackError> {
        unpack(Encoding::Zstd, body.into(), limit)
    }

    #[test]
    fn what_was_packed_comes_out() {
        for length in [0, 1, 1000, STEP_OCTETS - 1, STEP_OCTETS, STEP_OCTETS + 1, 1_000_000] {
            let octets: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            assert_eq!(zstd(pack(&octets), length).unwrap(), octets, "{length}");
            assert_eq!(zstd(pack_unannounced(&octets), length).unwrap(), octets, "{length}");
        }
    }

    #[test]
    fn frames_name_the_dictionary_of_short_reports_and_no_other() {
        let short = br#"{"schema":"roundsman.report/1","sender":{"kind":"device-direct"}}"#;
        let packed = |dictionary: &[u8]| zstd::bulk::Compressor::with_dictionary(3, dictionary).unwrap().compress(short).unwrap();
        let ours = packed(dictionary::OCTETS);
        assert!(ours.len() < pack(short).len());
        assert_eq!(zstd(ours.clone(), 100).unwrap(), &short[..]);
        // The next body on this thread gets the same context, and names no dictionary.
        assert_eq!(zstd(pack(b"plain"), 100).unwrap(), "plain");
        let mut another = dictionary::OCTETS.to_vec();
        another[4] ^= 1;
        assert_eq!(zstd(packed(&another), 100), Err(UnpackError::Malformed));
        assert_eq!(zstd([&ours[..], &pack(b"plain")].concat(), 100).unwrap(), [&short[..], b"plain"].concat());
        assert_eq!(zstd([&pack(b"plain"), &ours[..]].concat(), 100).unwrap(), [b"plain", &short[..]].concat());
    }

    #[test]
    fn frames_one_behind_the_other_come_out_as_one() {
        let two = [pack(b"first "), pack(b"second")].concat();
        assert_eq!(zstd(two.clone(), 12).unwrap(), "first second");
        assert_eq!(zstd(two, 11), Err(UnpackError::TooLarge { limit: 11 }));
    }

    #[test]
    fn one_octet_over_the_limit_is_too_large() {
        let octets = vec![7; 100_001];
        for packed in [pack(&octets), pack_unannounced(&octets)] {
            assert_eq!(zstd(packed, 100_000), Err(UnpackError::TooLarge { limit: 100_000 }));
        }
    }

    #[test]
    fn a_bomb_is_defused_at_the_limit() {
        // 1 GB of zeros, packed as a stream: it says nothing of its size.
        let mut packer = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 1 << 30), &mut packer).unwrap();
        let bomb = packer.finish().unwrap();
        assert!(bomb.len() < 200_000);
        let mut unpacking = Unpacking::new(bomb.into(), 1 << 20).unwrap();
        let end = loop {
            match unpacking.step() {
                Ok(done) => assert!(!done),
                Err(error) => break error,
            }
            assert!(unpacking.unpacked.capacity() <= (1 << 20) + 1);
        };
        assert_eq!(end, UnpackError::TooLarge { limit: 1 << 20 });
        assert!(unpacking.context.get().sizeof() < (1 << WINDOW_LOG_MAX) + (1 << 20));
    }

    #[test]
    fn a_frame_that_asks_for_a_large_window_is_refused() {
        let mut packer = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        packer.window_log(27).unwrap();
        std::io::Write::write_all(&mut packer, &[1; 100]).unwrap();
        assert_eq!(zstd(packer.finish().unwrap(), 1000), Err(UnpackError::Malformed));
    }

    #[test]
    fn a_frame_cut_anywhere_is_malformed() {
        let octets: Vec<u8> = (0..5000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let packed = pack(&octets);
        for cut in (0..packed.len()).step_by(97) {
            assert_eq!(zstd(packed.slice(..cut), 100_000), Err(UnpackError::Malformed), "{cut}");
        }
    }

    #[test]
    fn what_is_no_frame_is_malformed() {
        assert_eq!(zstd(&b""[..], 10), Err(UnpackError::Malformed));
        assert_eq!(zstd(&b"{\"plain\": true}"[..], 100), Err(UnpackError::Malformed));
        let trailing = [pack(b"report").to_vec(), b"rubbish".to_vec()].concat();
        assert_eq!(zstd(trailing, 100), Err(UnpackError::Malformed));
    }

    #[test]
    fn damaged_frames_never_panic() {
        let packed = pack_unannounced(&[b"printer ".repeat(400), vec![3; 900]].concat());
        for position in 0..packed.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = packed.to_vec();
                damaged[position] ^= flip;
                let _ = zstd(damaged, 5000);
            }
        }
    }

    #[test]
    fn encodings_are_read_from_the_header() {
        assert_eq!(Encoding::from_header(None), Ok(Encoding::Identity));
        assert_eq!(Encoding::from_header(Some(b"ZSTD")), Ok(Encoding::Zstd));
        assert_eq!(Encoding::from_header(Some(b" identity ")), Ok(Encoding::Identity));
        for unknown in [&b"gzip"[..], b"zstd, zstd", b"zstd;q=1"] {
            assert_eq!(Encoding::from_header(Some(unknown)), Err(UnpackError::UnknownEncoding));
        }
        assert_eq!(unpack(Encoding::Identity, "plain".into(), 5).unwrap(), "plain");
        assert_eq!(unpack(Encoding::Identity, "plain".into(), 4), Err(UnpackError::TooLarge { limit: 4 }));
    }
}
