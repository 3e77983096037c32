//! One line of the ledger, and its hash.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de};

/// The longest line that is read, in octets; longer ones are not of our making.
pub(crate) const MOST_LINE: usize = 4096;

/// Is a SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Stands before the first entry.
    pub const NONE: Digest = Digest([0; 32]);

    pub fn of(octets: &[u8]) -> Self {
        Digest::from_slice(digest(&SHA256, octets).as_ref())
    }

    pub(crate) fn from_slice(octets: &[u8]) -> Self {
        Digest(octets.try_into().expect("SHA-256 has 32 octets"))
    }

    /// Reads exactly what `Display` writes.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut octets = [0; 32];
        if text.len() != 64 {
            return None;
        }
        for (octet, pair) in octets.iter_mut().zip(text.chunks_exact(2)) {
            *octet = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Digest(octets))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Digest::parse(text.as_bytes()).ok_or_else(|| de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// Says what an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A report; written before its first octet goes out.
    Sent,
    /// The server has said that it keeps the report.
    Acknowledged,
    /// What was sent to become known to a server.
    Enrolment,
    /// Somebody looked at what the next report would be; nothing left the site, nothing is kept.
    PreviewNotKept,
    /// Payloads up to a number are no longer kept.
    Pruned,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            What::Sent => "sent",
            What::Acknowledged => "acknowledged",
            What::Enrolment => "enrolment",
            What::PreviewNotKept => "preview-not-kept",
            What::Pruned => "pruned",
        })
    }
}

/// Tells one payload from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadMark {
    /// The number of octets, as they went out.
    pub octets: u64,
    pub sha256: Digest,
}

/// Is one entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// From 1, without gaps.
    pub number: u64,
    pub time: Timestamp,
    pub what: What,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// Host and port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<PayloadMark>,
    /// The last entry whose payload is no longer kept; only with [`What::Pruned`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruned_through: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The hash of the entry before.
    pub previous: Digest,
}

/// Says why a line is no sound entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LineFault {
    /// It is no entry at all.
    Unreadable,
    /// It reads as an entry, and its hash is another one than it says.
    Altered(Box<Entry>, Digest),
}

const HASH: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}";

impl Entry {
    /// Writes the line, with its end, and returns it with its hash.
    pub(crate) fn seal(&self) -> (Vec<u8>, Digest) {
        let mut line = serde_json::to_vec(self).expect("an entry has only texts, numbers and known words");
        line.pop();
        let hash = Digest::of(&line);
        line.extend_from_slice(HASH);
        line.extend_from_slice(hash.to_string().as_bytes());
        line.extend_from_slice(END);
        line.push(b'\n');
        (line, hash)
    }

    /// Reads a line without its end.
    pub(crate) fn unseal(line: &[u8]) -> Result<(Entry, Digest), LineFault> {
        let (body, hash) = Self::split(line).ok_or(LineFault::Unreadable)?;
        let closed = [body, b"}"].concat();
        let entry: Entry = serde_json::from_slice(&closed).map_err(|_| LineFault::Unreadable)?;
        if Digest::of(body) == hash { Ok((entry, hash)) } else { Err(LineFault::Altered(Box::new(entry), hash)) }
    }

    fn split(line: &[u8]) -> Option<(&[u8], Digest)> {
        let rest = line.strip_suffix(END)?;
        let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
        Some((rest.strip_suffix(HASH)?, Digest::parse(hash)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            number: 17,
            time: "2026-11-25T02:13:07Z".parse().unwrap(),
            what: What::Sent,
            report: Some("0193-a".to_owned()),
            destination: Some("reports.example:8443".to_owned()),
            payload: Some(PayloadMark { octets: 5, sha256: Digest::of(b"hello") }),
            pruned_through: None,
            note: None,
            previous: Digest::NONE,
        }
    }

    #[test]
    fn a_line_is_what_the_documentation_says() {
        let (line, hash) = entry().seal();
        let body = "{\"number\":17,\"time\":\"2026-11-25T02:13:07Z\",\"what\":\"sent\",\"report\":\"0193-a\",\
            \"destination\":\"reports.example:8443\",\"payload\":{\"octets\":5,\"sha256\":\
            \"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"},\"previous\":\
            \"0000000000000000000000000000000000000000000000000000000000000000\"";
        // As `printf %s "$body" | sha256sum` says.
        assert_eq!(hash, Digest::of(body.as_bytes()));
        assert_eq!(String::from_utf8(line).unwrap(), format!("{body},\"hash\":\"{hash}\"}}\n"));
    }

    #[test]
    fn every_changed_octet_of_a_line_is_noticed() {
        let (line, hash) = entry().seal();
        let line = &line[..line.len() - 1];
        assert_eq!(Entry::unseal(line), Ok((entry(), hash)));
        for place in 0..line.len() {
            let mut changed = line.to_vec();
            changed[place] ^= 1;
            assert!(Entry::unseal(&changed).is_err(), "octet {place} was changed unnoticed");
            assert!(Entry::unseal(&line[..place]).is_err(), "cut off at {place} unnoticed");
        }
    }
}
