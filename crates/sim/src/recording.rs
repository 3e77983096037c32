//! Recordings: what a printer once said, object by object, as text and as something that answers.
//!
//! The text is the `.snmprec` form that SNMP simulators share: `OID|TYPE|VALUE` a line, where
//! TYPE is the BER tag in decimal and a trailing `x` says that VALUE is the value's octets in
//! hexadecimal.

use std::fmt::Write;

use snmp::ber::{self, tag};
use snmp::oid;
use snmp::responder::{Objects, element_value};
use snmp::{OidRef, Value};
use thiserror::Error;

/// Says which line of a recording cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name}:{line}: found {found:?}, expected {expected}")]
pub struct RecordingError {
    /// The recording's name.
    pub name: String,
    /// The line's number, from 1.
    pub line: usize,
    pub expected: &'static str,
    pub found: String,
}

/// Holds what a printer said, in the order of the identifiers.
///
/// Of several lines for one object the last counts.
///
/// ```
/// let text = "1.3.6.1.2.1.1.5.0|4|PRN-1\n1.3.6.1.2.1.43.10.2.1.4.1.1|65|7432\n";
/// let recording = sim::Recording::parse("example", text)?;
/// assert_eq!(recording.len(), 2);
/// assert_eq!(recording.write(), text);
/// # Ok::<(), sim::RecordingError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recording {
    name: String,
    rows: Vec<Row>,
    octets: Vec<u8>,
}

/// Is one object: where its identifier's contents and its value's element stand among the octets.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: u32,
    name: u32,
    element: u32,
}

impl Recording {
    /// Reads the text of a recording. Empty lines and those beginning with `#` are skipped.
    ///
    /// # Errors
    /// Fails at the first line that is not `OID|TYPE|VALUE`, or whose value does not fit its type.
    pub fn parse(name: &str, text: &str) -> Result<Self, RecordingError> {
        let mut builder = RecordingBuilder::new(name);
        for (number, line) in (1..).zip(text.split('\n')) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let located = |(expected, found): Complaint| RecordingError { name: name.to_owned(), line: number, expected, found };
            let (oid, value_tag, contents) = read_line(line).map_err(located)?;
            builder.push_element(&oid, value_tag, &contents);
        }
        Ok(builder.finish())
    }

    /// Returns the name it was given, such as the file's name without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how many objects it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Iterates the objects in the order of their identifiers.
    pub fn iter(&self) -> impl Iterator<Item = (OidRef<'_>, Value<'_>)> {
        self.rows.iter().map(|row| self.object(*row))
    }

    /// Writes the recording as text that [`Recording::parse`] reads back to the same objects.
    ///
    /// Octet strings of printable ASCII stand as they are, all others in hexadecimal.
    pub fn write(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.iter() {
            write_line(&mut text, name, value);
        }
        text
    }

    fn name_of(&self, row: Row) -> OidRef<'_> {
        OidRef::new(&self.octets[row.start as usize..][..row.name as usize])
    }

    fn object(&self, row: Row) -> (OidRef<'_>, Value<'_>) {
        let element = &self.octets[(row.start + row.name) as usize..][..row.element as usize];
        (self.name_of(row), element_value(element))
    }
}

impl Objects for Recording {
    fn get(&self, name: OidRef<'_>) -> Option<Value<'_>> {
        let place = self.rows.binary_search_by(|row| self.name_of(*row).cmp_arcs(&name)).ok()?;
        Some(self.object(self.rows[place]).1)
    }

    fn next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        let place = self.rows.partition_point(|row| self.name_of(*row).cmp_arcs(&after).is_le());
        self.rows.get(place).map(|row| self.object(*row))
    }
}

/// Collects objects in any order into a recording.
#[derive(Clone, Debug, Default)]
pub struct RecordingBuilder {
    recording: Recording,
}

impl RecordingBuilder {
    pub fn new(name: &str) -> Self {
        RecordingBuilder { recording: Recording { name: name.to_owned(), ..Recording::default() } }
    }

    /// Adds an object; one that was added before is replaced.
    ///
    /// The three exceptions say that no value is there, so they are not kept.
    pub fn push(&mut self, name: OidRef<'_>, value: Value<'_>) -> &mut Self {
        if !value.is_exception() && name.check().is_ok() {
            let start = self.begin(name.as_octets());
            value.push(&mut self.recording.octets);
            self.end(start, name.as_octets().len());
        }
        self
    }

    fn push_element(&mut self, name: &[u8], value_tag: u8, contents: &[u8]) {
        let start = self.begin(name);
        ber::push_element(&mut self.recording.octets, value_tag, contents);
        self.end(start, name.len());
    }

    fn begin(&mut self, name: &[u8]) -> usize {
        let start = self.recording.octets.len();
        self.recording.octets.extend_from_slice(name);
        start
    }

    fn end(&mut self, start: usize, name: usize) {
        let element = self.recording.octets.len() - start - name;
        self.recording.rows.push(Row { start: start as u32, name: name as u32, element: element as u32 });
    }

    /// Sorts what was collected.
    pub fn finish(mut self) -> Recording {
        let mut rows = std::mem::take(&mut self.recording.rows);
        // The sort is stable: of equal identifiers the last one pushed stays last.
        rows.sort_by(|a, b| self.recording.name_of(*a).cmp_arcs(&self.recording.name_of(*b)));
        let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
        for row in rows {
            match kept.last_mut() {
                Some(last) if self.recording.name_of(*last) == self.recording.name_of(row) => *last = row,
                _ => kept.push(row),
            }
        }
        self.recording.rows = kept;
        self.recording
    }
}

/// Is what was expected, and what was found.
type Complaint = (&'static str, String);

/// Reads one line into an identifier's contents, a tag and a value's contents.
fn read_line(line: &str) -> Result<(Vec<u8>, u8, Vec<u8>), Complaint> {
    let mut parts = line.splitn(3, '|');
    let (Some(name), Some(kind), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(("OID|TYPE|VALUE", line.to_owned()));
    };
    let name = oid::parse(name).ok_or(("a dotted object identifier", name.to_owned()))?;
    let unknown = || ("a type of 2, 4, 4x, 5, 6, 64, 64x, 65, 66, 67, 68, 68x or 70", kind.to_owned());
    let (number, is_hex) = kind.strip_suffix('x').map_or((kind, false), |number| (number, true));
    let value_tag: u8 = number.parse().map_err(|_| unknown())?;
    let contents = if is_hex {
        hex(value).ok_or(("an even number of hexadecimal digits", value.to_owned()))?
    } else {
        plain_contents(value_tag, value).ok_or_else(unknown)??
    };
    match Value::from_element(value_tag, &contents) {
        Ok(read) if !read.is_exception() => Ok((oid::encode(&name), value_tag, contents)),
        Ok(_) => Err(unknown()),
        Err(_) => Err(("octets that fit the type", value.to_owned())),
    }
}

/// Reads a value that is not in hexadecimal into its contents; `None` where the type is unknown.
fn plain_contents(value_tag: u8, value: &str) -> Option<Result<Vec<u8>, Complaint>> {
    let complain = |expected| (expected, value.to_owned());
    let contents = match value_tag {
        tag::OCTET_STRING | tag::OPAQUE => Ok(value.as_bytes().to_vec()),
        tag::NULL => Ok(Vec::new()),
        tag::INTEGER => value.trim().parse().map(|v| contents_of(Value::Integer(v))).map_err(|_| complain("a whole number")),
        tag::OBJECT_IDENTIFIER => oid::parse(value).map(|arcs| oid::encode(&arcs)).ok_or(complain("a dotted object identifier")),
        tag::IP_ADDRESS => value.trim().parse().map(|a: std::net::Ipv4Addr| a.octets().to_vec()).map_err(|_| complain("a dotted address")),
        tag::COUNTER32 | tag::GAUGE32 | tag::TIME_TICKS => {
            // The three share one form; the tag is set by the caller.
            value.trim().parse().map(|v| contents_of(Value::Counter32(v))).map_err(|_| complain("a number from 0 to 4294967295"))
        }
        tag::COUNTER64 => {
            value.trim().parse().map(|v| contents_of(Value::Counter64(v))).map_err(|_| complain("a number from 0 to 18446744073709551615"))
        }
        _ => return None,
    };
    Some(contents)
}

/// Returns a number's contents without tag and length, which take one octet each.
fn contents_of(number: Value<'_>) -> Vec<u8> {
    let mut element = Vec::with_capacity(11);
    number.push(&mut element);
    element.split_off(2)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().as_bytes();
    let digit = |octet: u8| char::from(octet).to_digit(16).map(|digit| digit as u8);
    digits.len().is_multiple_of(2).then_some(())?;
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn write_line(text: &mut String, name: OidRef<'_>, value: Value<'_>) {
    let written = match value {
        Value::OctetString(octets) => write_octets(text, name, tag::OCTET_STRING, octets),
        Value::Opaque(octets) => write_octets(text, name, tag::OPAQUE, octets),
        Value::Unknown { tag, contents } => write_hex(text, name, tag, contents),
        Value::Integer(number) => writeln!(text, "{name}|2|{number}"),
        Value::Null => writeln!(text, "{name}|5|"),
        Value::ObjectIdentifier(oid) => writeln!(text, "{name}|6|{oid}"),
        Value::IpAddress([a, b, c, d]) => writeln!(text, "{name}|64|{a}.{b}.{c}.{d}"),
        Value::Counter32(number) => writeln!(text, "{name}|65|{number}"),
        Value::Gauge32(number) => writeln!(text, "{name}|66|{number}"),
        Value::TimeTicks(number) => writeln!(text, "{name}|67|{number}"),
        Value::Counter64(number) => writeln!(text, "{name}|70|{number}"),
        Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView => Ok(()),
    };
    written.expect("a String takes everything");
}

fn write_octets(text: &mut String, name: OidRef<'_>, value_tag: u8, octets: &[u8]) -> std::fmt::Result {
    match std::str::from_utf8(octets) {
        Ok(plain) if octets.iter().all(|octet| (0x20..0x7f).contains(octet)) => writeln!(text, "{name}|{value_tag}|{plain}"),
        _ => write_hex(text, name, value_tag, octets),
    }
}

fn write_hex(text: &mut String, name: OidRef<'_>, value_tag: u8, octets: &[u8]) -> std::fmt::Result {
    write!(text, "{name}|{value_tag}x|")?;
    octets.iter().try_for_each(|octet| write!(text, "{octet:02x}"))?;
    writeln!(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_TYPE: &str = "1.3.6.1.2.1.1.1.0|4|Exemplar C4500; SN:12|34 \n\
        1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.32473.1.1\n\
        1.3.6.1.2.1.1.3.0|67|4294967295\n\
        1.3.6.1.2.1.2.2.1.5.1|66|1000000000\n\
        1.3.6.1.2.1.2.2.1.6.1|4x|00005e0a0b0c\n\
        1.3.6.1.2.1.4.20.1.1.10.0.0.7|64|10.0.0.7\n\
        1.3.6.1.2.1.31.1.1.1.6.1|70|18446744073709551615\n\
        1.3.6.1.2.1.43.10.2.1.4.1.1|65|7432\n\
        1.3.6.1.2.1.43.11.1.1.9.1.1|2|-3\n\
        1.3.6.1.4.1.32473.9.1.0|5|\n\
        1.3.6.1.4.1.32473.9.2.0|68x|9f780442280000\n\
        1.3.6.1.4.1.32473.9.3.0|71x|0102\n\
        1.3.6.1.4.1.32473.9.4.0|4|\n";

    fn name(text: &str) -> Vec<u8> {
        oid::encode(&oid::parse(text).unwrap())
    }

    #[test]
    fn every_type_survives_reading_and_writing() {
        let recording = Recording::parse("every-type", EVERY_TYPE).unwrap();
        assert_eq!(recording.write(), EVERY_TYPE);
        assert_eq!(recording.len(), 13);
        assert_eq!(recording.get(OidRef::new(&name("1.3.6.1.2.1.4.20.1.1.10.0.0.7"))), Some(Value::IpAddress([10, 0, 0, 7])));
    }

    #[test]
    fn order_duplicates_line_ends_and_comments_are_forgiven() {
        let text = "# made up\r\n\r\n.1.3.6.1.2.1.1.7.0|2|72\r\n1.3.6.1.2.1.1.5.0|4|first\r\n1.3.6.1.2.1.1.5.0|4|last\r\n\
            1.3.6.1.2.1.1.1.0|64x|0A000007\r\n1.3.6.1.2.1.128.0|4x|C3A9\r\n1.3.6.1.2.1.43.0|4|é";
        let expected = "1.3.6.1.2.1.1.1.0|64|10.0.0.7\n1.3.6.1.2.1.1.5.0|4|last\n1.3.6.1.2.1.1.7.0|2|72\n\
            1.3.6.1.2.1.43.0|4x|c3a9\n1.3.6.1.2.1.128.0|4x|c3a9\n";
        assert_eq!(Recording::parse("x", text).unwrap().write(), expected);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_with_what_was_expected() {
        let told = |line: &str| Recording::parse("acme", &format!("# head\n{line}\n")).unwrap_err().to_string();
        assert_eq!(told("1.3.6.1|2"), "acme:2: found \"1.3.6.1|2\", expected OID|TYPE|VALUE");
        assert_eq!(told("1.3.x|2|1"), "acme:2: found \"1.3.x\", expected a dotted object identifier");
        assert_eq!(told("1.3|65|-1"), "acme:2: found \"-1\", expected a number from 0 to 4294967295");
        assert_eq!(told("1.3|4x|abc"), "acme:2: found \"abc\", expected an even number of hexadecimal digits");
        assert_eq!(told("1.3|4x|é0"), "acme:2: found \"é0\", expected an even number of hexadecimal digits");
        assert_eq!(told("1.3|2x|"), "acme:2: found \"\", expected octets that fit the type");
        assert!(told("1.3|text|1").ends_with("expected a type of 2, 4, 4x, 5, 6, 64, 64x, 65, 66, 67, 68, 68x or 70"));
        assert!(told("1.3|130x|").contains("expected a type of"));
        assert!(told("1.3|300|1").contains("found \"300\""));
    }

    #[test]
    fn next_finds_the_first_object_behind_any_identifier() {
        let recording = Recording::parse("x", EVERY_TYPE).unwrap();
        let after = |text: &str| recording.next(OidRef::new(&name(text))).map(|(name, _)| name.to_string());
        assert_eq!(after("1.3.6.1.2.1.1.1.0").as_deref(), Some("1.3.6.1.2.1.1.2.0"));
        assert_eq!(after("1.3.6.1.2.1.43").as_deref(), Some("1.3.6.1.2.1.43.10.2.1.4.1.1"));
        assert_eq!(after("0.0").as_deref(), Some("1.3.6.1.2.1.1.1.0"));
        assert_eq!(after("1.3.6.1.4.1.32473.9.4.0"), None);
    }

    #[test]
    fn what_was_walked_becomes_a_recording_without_the_exceptions() {
        let mut builder = RecordingBuilder::new("walked");
        builder.push(OidRef::new(&name("1.3.6.1.2.1.1.7.0")), Value::Integer(72));
        builder.push(OidRef::new(&name("1.3.6.1.2.1.1.5.0")), Value::OctetString(b"PRN"));
        builder.push(OidRef::new(&name("1.3.6.1.2.1.1.8.0")), Value::NoSuchObject);
        builder.push(OidRef::new(&[0x2b, 0x86]), Value::Null);
        assert_eq!(builder.finish().write(), "1.3.6.1.2.1.1.5.0|4|PRN\n1.3.6.1.2.1.1.7.0|2|72\n");
    }
}
