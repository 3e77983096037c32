//! Object identifiers, kept as the octets they travel in.

use std::cmp::Ordering;
use std::fmt;

use crate::ber::BerError;

/// Is an object identifier inside a received message: the contents of its BER element.
///
/// The octets compare as the standard orders identifiers whenever neither has an arc above 127;
/// [`OidRef::cmp_arcs`] holds always.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OidRef<'a>(&'a [u8]);

impl<'a> OidRef<'a> {
    /// Takes contents that need not be well formed; [`OidRef::check`] tells.
    pub fn new(contents: &'a [u8]) -> Self {
        OidRef(contents)
    }

    pub fn as_octets(&self) -> &'a [u8] {
        self.0
    }

    /// Fails if the contents are empty, end in mid-arc or hold an arc above 2³²−1.
    pub fn check(&self) -> Result<(), BerError> {
        if self.0.last().is_none_or(|octet| *octet >= 0x80) {
            return Err(BerError::BadOid);
        }
        let mut length = 0;
        let mut first = 0;
        for octet in self.0 {
            first = if length == 0 { *octet } else { first };
            length += 1;
            // Five octets hold 35 bits: the first of them may carry no more than four.
            if length > 5 || length == 5 && first > 0x8f {
                return Err(BerError::BadOid);
            }
            if *octet < 0x80 {
                length = 0;
            }
        }
        Ok(())
    }

    /// Iterates the arcs; the first octet group gives the first two.
    pub fn arcs(&self) -> Arcs<'a> {
        Arcs { rest: self.0, held: None, started: false }
    }

    /// Orders two identifiers arc by arc, as walks do, without decoding them.
    ///
    /// Where they first differ, the arc that takes more octets is the larger one; of two equally
    /// long ones the octets decide.
    pub fn cmp_arcs(&self, other: &OidRef<'_>) -> Ordering {
        let (a, b) = (self.0, other.0);
        let Some(differ) = a.iter().zip(b).position(|(a, b)| a != b) else {
            return a.len().cmp(&b.len());
        };
        let start = a[..differ].iter().rposition(|octet| *octet < 0x80).map_or(0, |end| end + 1);
        let size = |octets: &[u8]| octets[start..].iter().position(|octet| *octet < 0x80).unwrap_or(octets.len());
        size(a).cmp(&size(b)).then_with(|| a[differ].cmp(&b[differ]))
    }
}

impl fmt::Display for OidRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, arc) in self.arcs().enumerate() {
            write!(f, "{}{arc}", if place == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

impl fmt::Debug for OidRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Iterates the arcs of an identifier or of the tail of one.
#[derive(Clone, Debug)]
pub struct Arcs<'a> {
    rest: &'a [u8],
    held: Option<u32>,
    started: bool,
}

/// Iterates the arcs of octets that begin in the middle of an identifier (an instance).
pub fn tail_arcs(octets: &[u8]) -> Arcs<'_> {
    Arcs { rest: octets, held: None, started: true }
}

impl Iterator for Arcs<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        let mut value = 0u32;
        let mut taken = 0;
        for octet in self.rest {
            taken += 1;
            value = value << 7 | u32::from(octet & 0x7f);
            if *octet < 0x80 {
                break;
            }
        }
        if taken == 0 {
            return None;
        }
        self.rest = &self.rest[taken..];
        if self.started {
            return Some(value);
        }
        self.started = true;
        let first = (value / 40).min(2);
        self.held = Some(value - first * 40);
        Some(first)
    }
}

/// Writes one arc.
#[inline]
pub fn push_arc(out: &mut Vec<u8>, arc: u32) {
    let octets = (32 - arc.leading_zeros()).div_ceil(7).max(1);
    for place in (1..octets).rev() {
        out.push(0x80 | (arc >> (7 * place)) as u8);
    }
    out.push((arc & 0x7f) as u8);
}

/// Returns the contents of an identifier's element; an identifier of fewer than two arcs is
/// completed with zeros.
pub fn encode(arcs: &[u32]) -> Vec<u8> {
    let first = arcs.first().copied().unwrap_or(0);
    let second = arcs.get(1).copied().unwrap_or(0);
    let mut out = Vec::with_capacity(arcs.len() + 4);
    push_arc(&mut out, first.saturating_mul(40).saturating_add(second));
    arcs.iter().skip(2).for_each(|arc| push_arc(&mut out, *arc));
    out
}

/// Reads dotted text, with or without a leading dot.
pub fn parse(text: &str) -> Option<Vec<u32>> {
    let text = text.trim();
    let arcs: Vec<u32> = text.strip_prefix('.').unwrap_or(text).split('.').map(|arc| arc.parse().ok()).collect::<Option<_>>()?;
    let fits = match arcs[..] {
        [] => false,
        [first] => first <= 2,
        [first, second, ..] => first < 2 && second < 40 || first == 2 && second <= u32::MAX - 80,
    };
    fits.then_some(arcs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_survive_the_octets() {
        for text in ["1.3.6.1.2.1.43.11.1.1.9.1.3", "0.0", "2.999.3", "1.3.6.1.4.1.18334.4294967295"] {
            let arcs = parse(text).expect("dotted text");
            let octets = encode(&arcs);
            assert_eq!(OidRef::new(&octets).check(), Ok(()));
            assert_eq!(OidRef::new(&octets).arcs().collect::<Vec<_>>(), arcs);
            assert_eq!(OidRef::new(&octets).to_string(), text);
        }
    }

    #[test]
    fn identifiers_are_ordered_by_arcs_and_not_by_octets() {
        let texts = [
            "1.3.6",
            "1.3.6.1",
            "1.3.6.1.127",
            "1.3.6.1.127.9",
            "1.3.6.1.128",
            "1.3.6.1.16383",
            "1.3.6.1.16384",
            "1.3.6.1.16384.0",
            "1.3.7",
        ];
        let octets: Vec<_> = texts.iter().map(|text| encode(&parse(text).expect("dotted text"))).collect();
        for (i, a) in octets.iter().enumerate() {
            for (j, b) in octets.iter().enumerate() {
                assert_eq!(OidRef::new(a).cmp_arcs(&OidRef::new(b)), i.cmp(&j), "{} {}", texts[i], texts[j]);
            }
        }
    }

    #[test]
    fn malformed_identifiers_are_told() {
        for octets in [&[][..], &[0x2b, 0x86], &[0x2b, 0x90, 0x80, 0x80, 0x80, 0x00], &[0x2b, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00]] {
            assert_eq!(OidRef::new(octets).check(), Err(BerError::BadOid), "{octets:x?}");
        }
        assert!(parse("1.3.x").is_none() && parse("3.1").is_none() && parse("").is_none() && parse("1.40").is_none());
    }
}
