//! The Basic Encoding Rules, as far as SNMP uses them: definite lengths and one-octet tags.
//!
//! Source: ITU-T X.690, RFC 3417 §8 (definite form only).

use std::fmt;

/// Lists the tags of SMIv2 and of SNMP messages.
pub mod tag {
    pub const INTEGER: u8 = 0x02;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    pub const SEQUENCE: u8 = 0x30;
    pub const IP_ADDRESS: u8 = 0x40;
    pub const COUNTER32: u8 = 0x41;
    pub const GAUGE32: u8 = 0x42;
    pub const TIME_TICKS: u8 = 0x43;
    pub const OPAQUE: u8 = 0x44;
    pub const COUNTER64: u8 = 0x46;
    pub const NO_SUCH_OBJECT: u8 = 0x80;
    pub const NO_SUCH_INSTANCE: u8 = 0x81;
    pub const END_OF_MIB_VIEW: u8 = 0x82;
}

/// Says what is wrong with the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BerError {
    /// The octets end before the length that was announced.
    Truncated,
    /// A length in the indefinite form, or longer than four octets.
    BadLength,
    /// Another tag than the one that must stand here.
    UnexpectedTag { expected: u8, found: u8 },
    /// An integer of no octets, or one that does not fit its type.
    BadInteger,
    /// An object identifier that is empty, ends in mid-arc or has an arc above 2³²−1.
    BadOid,
    /// A version that this engine does not speak.
    UnknownVersion(i64),
    /// A PDU type that no RFC defines.
    UnknownPdu(u8),
}

impl fmt::Display for BerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BerError::Truncated => f.write_str("ends before its announced length"),
            BerError::BadLength => f.write_str("length in a form that SNMP does not allow"),
            BerError::UnexpectedTag { expected, found } => write!(f, "tag 0x{found:02x}, expected 0x{expected:02x}"),
            BerError::BadInteger => f.write_str("integer does not fit its type"),
            BerError::BadOid => f.write_str("malformed object identifier"),
            BerError::UnknownVersion(version) => write!(f, "SNMP version number {version} is not 0 (v1), 1 (v2c) or 3 (v3)"),
            BerError::UnknownPdu(tag) => write!(f, "PDU tag 0x{tag:02x} is not defined"),
        }
    }
}

impl std::error::Error for BerError {}

/// Reads one element after the other from a slice, without copying.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(octets: &'a [u8]) -> Self {
        Reader { rest: octets }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns what has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads one element: its tag and its contents.
    #[inline]
    pub fn element(&mut self) -> Result<(u8, &'a [u8]), BerError> {
        let [tag, first, rest @ ..] = self.rest else {
            return Err(BerError::Truncated);
        };
        let (length, rest) = if *first < 0x80 { (usize::from(*first), rest) } else { long_length(*first, rest)? };
        let (contents, rest) = rest.split_at_checked(length).ok_or(BerError::Truncated)?;
        self.rest = rest;
        Ok((*tag, contents))
    }

    /// Reads one element that must carry `expected` as its tag, and returns its contents.
    #[inline]
    pub fn expect(&mut self, expected: u8) -> Result<&'a [u8], BerError> {
        match self.element()? {
            (found, contents) if found == expected => Ok(contents),
            (found, _) => Err(BerError::UnexpectedTag { expected, found }),
        }
    }

    /// Reads an INTEGER.
    pub fn integer(&mut self) -> Result<i64, BerError> {
        integer(self.expect(tag::INTEGER)?)
    }
}

/// Reads a length in the long form. Some agents pad with zero octets, so up to four are taken.
fn long_length(first: u8, rest: &[u8]) -> Result<(usize, &[u8]), BerError> {
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return Err(BerError::BadLength);
    }
    let (octets, rest) = rest.split_at_checked(count).ok_or(BerError::Truncated)?;
    Ok((octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest))
}

/// Reads the contents of a signed integer of one to eight octets.
#[inline]
pub fn integer(contents: &[u8]) -> Result<i64, BerError> {
    let (first, rest) = contents.split_first().ok_or(BerError::BadInteger)?;
    if rest.len() > 7 {
        return Err(BerError::BadInteger);
    }
    Ok(rest.iter().fold(i64::from(*first as i8), |value, octet| value << 8 | i64::from(*octet)))
}

/// Reads the contents of an unsigned integer; a ninth octet may only be the leading zero.
///
/// Some agents leave that zero away, so the octets are taken as unsigned as they stand.
#[inline]
pub fn unsigned(contents: &[u8]) -> Result<u64, BerError> {
    let octets = match contents {
        [] => return Err(BerError::BadInteger),
        [0, rest @ ..] if rest.len() == 8 => rest,
        octets => octets,
    };
    if octets.len() > 8 {
        return Err(BerError::BadInteger);
    }
    Ok(octets.iter().fold(0, |value, octet| value << 8 | u64::from(*octet)))
}

/// Writes a length.
pub fn push_length(out: &mut Vec<u8>, length: usize) {
    match length {
        0..0x80 => out.push(length as u8),
        0x80..0x100 => out.extend([0x81, length as u8]),
        0x100..0x1_0000 => out.extend([0x82, (length >> 8) as u8, length as u8]),
        _ => out.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
}

/// Returns how many octets a length takes.
pub fn length_size(length: usize) -> usize {
    match length {
        0..0x80 => 1,
        0x80..0x100 => 2,
        0x100..0x1_0000 => 3,
        _ => 4,
    }
}

/// Writes an element.
pub fn push_element(out: &mut Vec<u8>, tag: u8, contents: &[u8]) {
    out.push(tag);
    push_length(out, contents.len());
    out.extend_from_slice(contents);
}

/// Writes a signed integer in the fewest octets.
pub fn push_integer(out: &mut Vec<u8>, tag: u8, value: i64) {
    let octets = value.to_be_bytes();
    let mut from = 0;
    while from < 7 && (octets[from] == 0 && octets[from + 1] < 0x80 || octets[from] == 0xff && octets[from + 1] >= 0x80) {
        from += 1;
    }
    push_element(out, tag, &octets[from..]);
}

/// Writes an unsigned integer in the fewest octets, with a leading zero where the sign bit is set.
pub fn push_unsigned(out: &mut Vec<u8>, tag: u8, value: u64) {
    match i64::try_from(value) {
        Ok(value) => push_integer(out, tag, value),
        Err(_) => {
            out.extend([tag, 9, 0]);
            out.extend(value.to_be_bytes());
        }
    }
}

/// Writes a constructed element whose contents `fill` writes; the length is set afterwards.
pub fn push_constructed(out: &mut Vec<u8>, tag: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    out.extend([tag, 0]);
    let start = out.len();
    fill(out);
    let length = out.len() - start;
    let extra = length_size(length) - 1;
    if extra > 0 {
        out.resize(out.len() + extra, 0);
        out.copy_within(start..start + length, start + extra);
        out[start - 1] = 0x80 | extra as u8;
        out[start..start + extra].copy_from_slice(&(length as u32).to_be_bytes()[4 - extra..]);
    } else {
        out[start - 1] = length as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: i64) -> Vec<u8> {
        let mut out = Vec::new();
        push_integer(&mut out, tag::INTEGER, value);
        out
    }

    #[test]
    fn integers_take_the_fewest_octets() {
        assert_eq!(written(0), [2, 1, 0]);
        assert_eq!(written(-1), [2, 1, 0xff]);
        assert_eq!(written(127), [2, 1, 127]);
        assert_eq!(written(128), [2, 2, 0, 128]);
        assert_eq!(written(-129), [2, 2, 0xff, 0x7f]);
        assert_eq!(integer(&written(i64::MIN)[2..]), Ok(i64::MIN));
    }

    #[test]
    fn an_integer_of_nine_octets_is_refused_unless_it_is_an_unsigned_with_its_zero() {
        assert_eq!(integer(&[1; 9]), Err(BerError::BadInteger));
        assert_eq!(unsigned(&[1; 9]), Err(BerError::BadInteger));
        assert_eq!(unsigned(&[0, 255, 255, 255, 255, 255, 255, 255, 255]), Ok(u64::MAX));
    }

    #[test]
    fn indefinite_and_over_long_lengths_are_refused() {
        assert_eq!(Reader::new(&[0x30, 0x80, 0, 0]).element(), Err(BerError::BadLength));
        assert_eq!(Reader::new(&[0x30, 0x85, 0, 0, 0, 0, 1, 0]).element(), Err(BerError::BadLength));
        assert_eq!(Reader::new(&[0x04, 0x05, 1, 2]).element(), Err(BerError::Truncated));
        assert_eq!(Reader::new(&[0x04, 0x82, 0, 1, 7]).element(), Ok((4, &[7][..])));
    }

    #[test]
    fn a_constructed_element_grows_its_length_in_place() {
        for size in [0, 1, 127, 128, 255, 256, 70_000] {
            let mut out = Vec::new();
            push_constructed(&mut out, tag::SEQUENCE, |out| out.resize(out.len() + size, 9));
            let contents = Reader::new(&out).expect(tag::SEQUENCE).expect("just written");
            assert_eq!(contents.len(), size);
            assert!(contents.iter().all(|octet| *octet == 9));
        }
    }
}
