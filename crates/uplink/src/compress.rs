//! Reports made small, with a bound on the memory it takes.

use std::io::{self, Read};
use std::sync::LazyLock;

use wire::dictionary;
use zstd::dict::DecoderDictionary;
use zstd::zstd_safe::{CParameter, DParameter, Strategy};

/// Is zstd's level. With tables this small, higher ones take ten times as long and gain a hundredth.
const LEVEL: i32 = 12;
/// The whole of a report of 1 MB is in reach.
const WINDOW_LOG: u32 = 20;
/// Tables of 2^15 entries make 0.7 MiB in all. The level's own would take 10 MiB, and would serve
/// reports worse: 1 MB of them becomes 108 KB instead of 113 KB, since what is alike stands close together.
const TABLE_LOG: u32 = 15;
/// The same for a short report; printers have little memory.
const SHORT_WINDOW_LOG: u32 = 15;
const SHORT_TABLE_LOG: u32 = 13;
/// With the dictionary at hand, the dearer strategies gain nothing, and the fastest loses a quarter: a
/// build for little flash has this one alone (`cargo xtask size`).
const SHORT_STRATEGY: [CParameter; 3] = [CParameter::Strategy(Strategy::ZSTD_greedy), CParameter::MinMatch(4), CParameter::SearchLog(5)];
/// A larger window than this is never needed to read what was sent here.
const MOST_WINDOW_LOG: u32 = 23;

/// Returns a text as zstd; a test holds the memory taken to 1 MiB.
pub fn compress(octets: &[u8]) -> Vec<u8> {
    compressor(&[], WINDOW_LOG, TABLE_LOG).compress(octets).expect("the buffer has room for the worst case")
}

/// Returns the report of a single device as zstd, with the words that every such report has taken out:
/// the server knows them ([`wire::dictionary`]). What is kept to be read by other programs is not for this.
pub fn compress_short(octets: &[u8]) -> Vec<u8> {
    short_compressor().compress(octets).expect("the buffer has room for the worst case")
}

fn short_compressor() -> zstd::bulk::Compressor<'static> {
    let mut compressor = compressor(dictionary::OCTETS, SHORT_WINDOW_LOG, SHORT_TABLE_LOG);
    for parameter in SHORT_STRATEGY {
        compressor.set_parameter(parameter).expect("the parameters are within zstd's bounds");
    }
    compressor
}

fn compressor(dictionary: &[u8], window_log: u32, table_log: u32) -> zstd::bulk::Compressor<'static> {
    let mut compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, dictionary).expect("the level exists");
    // The receiver has TLS's word that nothing changed on the way, so no check sum is added.
    for parameter in [CParameter::WindowLog(window_log), CParameter::HashLog(table_log), CParameter::ChainLog(table_log)] {
        compressor.set_parameter(parameter).expect("the parameters are within zstd's bounds");
    }
    compressor
}

/// Says why something could not be made whole again.
#[derive(Debug, thiserror::Error)]
pub enum DecompressError {
    #[error("it has more than {0} octets when unpacked")]
    TooLarge(usize),
    #[error("it is no zstd, damaged, or needs more memory than is allowed")]
    Damaged(#[source] io::Error),
}

/// Is what a short report leaves out; a frame that names no dictionary does without.
static WORDS: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(dictionary::OCTETS));

/// Returns what was compressed, if it has at most `most` octets; not one more is unpacked.
pub fn decompress(octets: &[u8], most: usize) -> Result<Vec<u8>, DecompressError> {
    let mut decoder = zstd::stream::read::Decoder::with_prepared_dictionary(octets, &WORDS).map_err(DecompressError::Damaged)?;
    decoder.set_parameter(DParameter::WindowLogMax(MOST_WINDOW_LOG)).map_err(DecompressError::Damaged)?;
    let mut text = Vec::new();
    decoder.take(most as u64 + 1).read_to_end(&mut text).map_err(DecompressError::Damaged)?;
    if text.len() > most { Err(DecompressError::TooLarge(most)) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something like a report: the same words again and again, and numbers that differ.
    fn report(octets: usize) -> Vec<u8> {
        let mut state = 7_u64;
        let mut text = Vec::new();
        while text.len() < octets {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.extend(
                format!(r#"{{"name":"total","value":{},"unit":"impressions","serial":"{:08x}"}},"#, state >> 44, state >> 33).bytes(),
            );
        }
        text.truncate(octets);
        text
    }

    #[test]
    fn what_was_compressed_comes_back() {
        for size in [0, 1, 1000, 1_000_000] {
            let text = report(size);
            assert_eq!(decompress(&compress(&text), size).unwrap(), text);
            assert_eq!(decompress(&compress_short(&text), size).unwrap(), text);
        }
    }

    #[test]
    fn a_report_of_a_megabyte_takes_a_mebibyte_of_memory_and_a_short_one_half_of_it() {
        let long = (report(1_000_000), compressor(&[], WINDOW_LOG, TABLE_LOG), 1024 * 1024);
        let short = (report(100_000), short_compressor(), 512 * 1024);
        for (text, mut compressor, most) in [long, short] {
            let packed = compressor.compress(&text).unwrap();
            let taken = compressor.context_mut().sizeof();
            assert!(taken <= most, "{taken} octets");
            assert!(packed.len() < text.len() / 4, "{} octets", packed.len());
        }
    }

    #[test]
    fn a_bomb_is_stopped_at_the_bound() {
        let bomb = compress(&vec![0; 50_000_000]);
        assert!(bomb.len() < 10_000);
        assert!(matches!(decompress(&bomb, 1_000_000), Err(DecompressError::TooLarge(1_000_000))));
        assert_eq!(decompress(&compress(b"four"), 4).unwrap(), b"four");
        assert!(decompress(&compress(b"four"), 3).is_err());
    }

    #[test]
    fn a_window_of_hundreds_of_megabytes_is_refused() {
        let mut compressor = zstd::bulk::Compressor::new(1).unwrap();
        compressor.set_parameter(CParameter::WindowLog(27)).unwrap();
        compressor.set_parameter(CParameter::ContentSizeFlag(false)).unwrap();
        let large = compressor.compress(&report(20_000_000)).unwrap();
        assert!(matches!(decompress(&large, 100_000_000), Err(DecompressError::Damaged(_))));
    }

    #[test]
    fn what_is_cut_or_foreign_is_refused() {
        let packed = compress(&report(1000));
        assert!(decompress(&packed[..packed.len() - 1], 10_000).is_err());
        assert!(decompress(b"{\"not\": \"zstd\"}", 10_000).is_err());
    }
}
