//! Status line and header fields.

use super::{MOST_BODY, Malformed};

const MOST_FIELDS: usize = 100;
const BEGINNING: &[u8] = b"HTTP/1.";

/// Is what stands before the body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// From 100 to 599.
    pub status: u16,
    /// The digit after the point: 1 for HTTP/1.1.
    minor: u8,
    /// Names in small letters, in the order they came.
    fields: Vec<(String, String)>,
}

/// Says how the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

/// Returns whether an answer may begin with these octets.
pub(super) fn may_begin(octets: &[u8]) -> bool {
    let count = octets.len().min(BEGINNING.len());
    octets[..count] == BEGINNING[..count]
}

impl Head {
    /// Reads a head that ends with its empty line.
    pub(super) fn parse(octets: &[u8]) -> Result<Self, Malformed> {
        // Octets from 0x80 on are allowed in values and mean what nobody knows: RFC 9110 §5.5.
        let text = String::from_utf8_lossy(octets);
        let mut lines = text.strip_suffix("\r\n\r\n").ok_or(Malformed::Head)?.split("\r\n");
        let (minor, status) = status_line(lines.next().unwrap_or_default())?;
        let fields = lines.map(field).collect::<Option<Vec<_>>>().ok_or(Malformed::Head)?;
        if fields.len() > MOST_FIELDS {
            return Err(Malformed::HeadTooLarge);
        }
        Ok(Head { status, minor, fields })
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Returns the first value of a field; its name is given in small letters.
    pub fn value<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// Says where the body ends. Whatever is ambiguous is refused: RFC 9112 §6.3.
    pub(super) fn framing(&self) -> Result<Framing, Malformed> {
        let codings: Vec<_> = self.values("transfer-encoding").collect();
        let lengths: Vec<_> = self.values("content-length").collect();
        match (codings.as_slice(), lengths.as_slice()) {
            _ if matches!(self.status, 204 | 304) => Ok(Framing::Length(0)),
            ([coding], []) if coding.eq_ignore_ascii_case("chunked") && self.minor == 1 => Ok(Framing::Chunked),
            ([], []) => Ok(Framing::UntilClose),
            ([], [first, others @ ..]) if others.iter().all(|other| other == first) => content_length(first).map(Framing::Length),
            _ => Err(Malformed::Framing),
        }
    }

    /// Returns whether the server will take another request on this connection.
    pub(super) fn stays_open(&self) -> bool {
        let closes = self.values("connection").flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("close"));
        self.minor == 1 && !closes
    }
}

fn content_length(text: &str) -> Result<usize, Malformed> {
    if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(Malformed::Framing);
    }
    text.parse().ok().filter(|length| *length <= MOST_BODY).ok_or(Malformed::BodyTooLarge)
}

/// Reads `HTTP/1.1 200 OK`; the words at the end may be missing.
fn status_line(line: &str) -> Result<(u8, u16), Malformed> {
    let rest = line.strip_prefix("HTTP/1.").ok_or(Malformed::NotHttp)?;
    let (minor, rest) = rest.split_once(' ').ok_or(Malformed::NotHttp)?;
    let minor = match minor {
        "0" => 0,
        "1" => 1,
        _ => return Err(Malformed::NotHttp),
    };
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_number = status.len() == 3 && status.bytes().all(|octet| octet.is_ascii_digit());
    let status = status.parse().ok().filter(|status| is_number && (100..600).contains(status)).ok_or(Malformed::Head)?;
    if reason.chars().all(is_value_character) { Ok((minor, status)) } else { Err(Malformed::Head) }
}

/// Reads `Name: value`. A line that continues the one before is refused: RFC 9112 §5.2.
fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet));
    let value = value.trim_matches([' ', '\t']);
    (is_name && value.chars().all(is_value_character)).then(|| (name.to_ascii_lowercase(), value.to_owned()))
}

fn is_value_character(character: char) -> bool {
    character == '\t' || !character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Head, Malformed> {
        Head::parse(text.as_bytes())
    }

    #[test]
    fn names_are_compared_without_regard_to_capitals() {
        let head = parse("HTTP/1.1 503 Busy\r\nRETRY-after:\t 7 \r\nEmpty:\r\n\r\n").unwrap();
        assert_eq!((head.status, head.value("retry-after"), head.value("empty"), head.value("x")), (503, Some("7"), Some(""), None));
    }

    #[test]
    fn what_the_grammar_does_not_allow_is_refused() {
        for text in [
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/1.1 600 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 +20 OK\r\n\r\n",
            "HTTP/1.1 200 O\x1bK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nName : value\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: value\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n continued\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\nB: c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        ] {
            assert_eq!(parse(text), Err(Malformed::Head), "{text:?}");
        }
        assert_eq!(parse("HTTP/1.2 200 OK\r\n\r\n"), Err(Malformed::NotHttp));
        assert_eq!(parse(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101))), Err(Malformed::HeadTooLarge));
    }

    #[test]
    fn a_server_says_when_it_closes() {
        assert!(parse("HTTP/1.1 200 OK\r\n\r\n").unwrap().stays_open());
        assert!(!parse("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n\r\n").unwrap().stays_open());
        assert!(!parse("HTTP/1.0 200 OK\r\n\r\n").unwrap().stays_open());
    }
}
