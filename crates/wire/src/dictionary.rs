//! The words of a report that both sides know before it is sent.
//!
//! A module's report of a day is a few hundred octets of numbers among names that every such report
//! has. A zstd dictionary (RFC 8878 §5) takes the names out: the sender packs with it, and the frame
//! names it by its number. It is part of version 1 of the protocol and never changes; a better one
//! would get another number, and be used with servers that say that they know it.
//!
//! `cargo xtask dictionary` made it from reports of simulated printers; nothing in it is of a real one.

/// Is the dictionary's number, of those that RFC 8878 §3.1.1.1.3 leaves to private use.
pub const NUMBER: u32 = 32_769;

/// Is the dictionary, with the tables that zstd begins with.
pub static OCTETS: &[u8] = include_bytes!("report-32769.zdict");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_its_number() {
        // RFC 8878 §5: magic number, then the number of the dictionary, both little-endian.
        assert_eq!(OCTETS[..4], 0xec30_a437_u32.to_le_bytes());
        assert_eq!(OCTETS[4..8], NUMBER.to_le_bytes());
        assert!(OCTETS.len() <= 8 * 1024, "{}", OCTETS.len());
    }
}
