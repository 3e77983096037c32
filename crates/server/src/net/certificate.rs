//! What must be known of a certificate: from when until when, for which names, from whom.
//!
//! A small reader of DER (ITU-T X.690) that walks the outline of RFC 5280 §4.1 and skips the
//! rest. It checks nothing: signatures and chains are the TLS library's.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Is what the outline of a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    /// Are the DNS names and addresses it is for (RFC 5280 §4.2.1.6), in lower case.
    pub(super) names: BTreeSet<String>,
    /// Is the issuer's name, as encoded.
    pub(super) issuer: Vec<u8>,
    /// Is the subject's name, as encoded.
    pub(super) subject: Vec<u8>,
}

/// Returns the SHA-256 of these octets.
pub(super) fn sha256(octets: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets);
    digest.as_ref().try_into().expect("a SHA-256 has 32 octets")
}

/// Reads the outline of a certificate, or `None` where it is none.
pub(super) fn facts(der: &[u8]) -> Option<Facts> {
    let mut outer = Reader(der).enter(SEQUENCE)?;
    let mut body = outer.enter(SEQUENCE)?;
    body.skip_if(VERSION);
    body.enter(INTEGER)?;
    body.enter(SEQUENCE)?;
    let issuer = body.enter(SEQUENCE)?.0.to_vec();
    let mut validity = body.enter(SEQUENCE)?;
    let not_before = validity.time()?;
    let not_after = validity.time()?;
    let subject = body.enter(SEQUENCE)?.0.to_vec();
    body.enter(SEQUENCE)?;
    body.skip_if(ISSUER_UNIQUE_ID);
    body.skip_if(SUBJECT_UNIQUE_ID);
    let names = match body.enter(EXTENSIONS) {
        Some(mut extensions) => alternative_names(extensions.enter(SEQUENCE)?)?,
        None => BTreeSet::new(),
    };
    Some(Facts { not_before, not_after, names, issuer, subject })
}

fn alternative_names(mut extensions: Reader<'_>) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    while let Some(mut extension) = extensions.enter(SEQUENCE) {
        let id = extension.enter(OBJECT_IDENTIFIER)?;
        extension.skip_if(BOOLEAN);
        let mut value = extension.enter(OCTET_STRING)?;
        if id.0 != SUBJECT_ALT_NAME {
            continue;
        }
        let mut general_names = value.enter(SEQUENCE)?;
        while let Some((tag, octets)) = general_names.element() {
            match tag {
                DNS_NAME => names.extend(std::str::from_utf8(octets).ok().map(str::to_ascii_lowercase)),
                IP_ADDRESS => names.extend(address(octets).map(|address| address.to_string())),
                _ => {}
            }
        }
    }
    Some(names)
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
    }
}

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
// Context tags of RFC 5280 §4.1 and of GeneralName, §4.2.1.6.
const VERSION: u8 = 0xa0;
const ISSUER_UNIQUE_ID: u8 = 0x81;
const SUBJECT_UNIQUE_ID: u8 = 0x82;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;
/// Is 2.5.29.17 as encoded.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// Reads one element behind the other.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads the next element: its tag and what is in it.
    fn element(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            // A certificate is far below 16 MiB, so three octets of length are plenty.
            let count = usize::from(first & 0x7f);
            if !(1..=3).contains(&count) {
                return None;
            }
            let (length, behind) = rest.split_at_checked(count)?;
            rest = behind;
            length.iter().fold(0, |length, octet| length << 8 | usize::from(*octet))
        };
        let (content, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some((tag, content))
    }

    /// Reads the next element if it has this tag; else moves nowhere.
    fn enter(&mut self, wanted: u8) -> Option<Reader<'a>> {
        let mut ahead = *self;
        let (tag, content) = ahead.element()?;
        if tag != wanted {
            return None;
        }
        *self = ahead;
        Some(Reader(content))
    }

    fn skip_if(&mut self, tag: u8) {
        let _ = self.enter(tag);
    }

    fn time(&mut self) -> Option<Timestamp> {
        let (tag, text) = self.element()?;
        let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
        if !text.bytes().all(|octet| octet.is_ascii_digit()) {
            return None;
        }
        let (year, rest) = match tag {
            // RFC 5280 §4.1.2.5.1: 50 to 99 is 19xx.
            UTC_TIME if text.len() == 12 => {
                let year: i16 = text[..2].parse().ok()?;
                (if year >= 50 { 1900 + year } else { 2000 + year }, &text[2..])
            }
            GENERALIZED_TIME if text.len() == 14 => (text[..4].parse().ok()?, &text[4..]),
            _ => return None,
        };
        let part = |from: usize| rest[from..from + 2].parse::<i8>().ok();
        let civil = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
        // RFC 5280 §4.1.2.5: the last second of 9999 means "no end", and is a day more than a
        // Timestamp can say.
        Some(civil.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(year: i32) -> Vec<u8> {
        let names = vec!["Server.Example".to_owned(), "192.0.2.7".to_owned(), "2001:db8::7".to_owned()];
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 2, 29);
        params.not_after = rcgen::date_time_ymd(year, 12, 31);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn dates_and_names_are_read() {
        let facts = facts(&certificate(2030)).unwrap();
        assert_eq!(facts.not_before.to_string(), "2020-02-29T00:00:00Z");
        assert_eq!(facts.not_after.to_string(), "2030-12-31T00:00:00Z");
        let names: Vec<&str> = facts.names.iter().map(String::as_str).collect();
        assert_eq!(names, ["192.0.2.7", "2001:db8::7", "server.example"]);
        assert_eq!(facts.issuer, facts.subject);
    }

    #[test]
    fn dates_beyond_2049_are_read() {
        assert_eq!(facts(&certificate(2077)).unwrap().not_after.to_string(), "2077-12-31T00:00:00Z");
        assert_eq!(facts(&certificate(9999)).unwrap().not_after, Timestamp::MAX);
    }

    #[test]
    fn what_is_cut_or_damaged_is_no_certificate_and_no_panic() {
        let whole = certificate(2030);
        for cut in 0..whole.len() {
            assert_eq!(facts(&whole[..cut]), None);
        }
        for position in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[position] ^= flip;
                let _ = facts(&damaged);
            }
        }
    }

    #[test]
    fn sha256_is_the_one_of_the_standard() {
        // FIPS 180-4, example "abc".
        assert_eq!(sha256(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
    }
}
