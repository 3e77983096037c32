//! The values of attributes.

use std::collections::BTreeMap;
use std::fmt;

use super::tag;
use crate::text;

/// Is one value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Integer(i32),
    Boolean(bool),
    Enum(i32),
    /// An octetString, as it came.
    Octets(Vec<u8>),
    DateTime(DateTime),
    /// Dots per unit across and along the feed; the unit is 3 for an inch and 4 for a centimetre.
    Resolution {
        cross_feed: i32,
        feed: i32,
        unit: i8,
    },
    /// Both ends belong to the range.
    Range {
        lower: i32,
        upper: i32,
    },
    /// A text, its language left out.
    Text(String),
    /// A name, its language left out.
    Name(String),
    Keyword(String),
    Uri(String),
    UriScheme(String),
    Charset(String),
    NaturalLanguage(String),
    MimeMediaType(String),
    Collection(Attributes),
    /// The printer does not support what was asked for.
    Unsupported,
    /// The printer supports the attribute and does not know its value.
    Unknown,
    /// The attribute has no value at present.
    NoValue,
    /// A tag that this reader does not know, or octets that do not fit their tag.
    Other {
        tag: u8,
        octets: Vec<u8>,
    },
}

impl Value {
    /// Returns the number of an integer or of an enum.
    pub fn number(&self) -> Option<i32> {
        match self {
            Value::Integer(number) | Value::Enum(number) => Some(*number),
            _ => None,
        }
    }

    pub fn boolean(&self) -> Option<bool> {
        match self {
            Value::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the text of whatever kind of character string this is.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Name(text) | Value::Keyword(text) | Value::Uri(text) => Some(text),
            Value::UriScheme(text) | Value::Charset(text) | Value::NaturalLanguage(text) | Value::MimeMediaType(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the octets of a string of octets or of characters: printers use both for packed
    /// values.
    pub fn octets(&self) -> Option<&[u8]> {
        match self {
            Value::Octets(octets) => Some(octets),
            other => other.text().map(str::as_bytes),
        }
    }

    pub fn collection(&self) -> Option<&Attributes> {
        match self {
            Value::Collection(members) => Some(members),
            _ => None,
        }
    }

    /// Returns whether the printer says that there is nothing to know.
    pub fn is_out_of_band(&self) -> bool {
        matches!(self, Value::Unsupported | Value::Unknown | Value::NoValue)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Integer(number) | Value::Enum(number) => write!(f, "{number}"),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Octets(octets) | Value::Other { octets, .. } => write!(f, "{}", Shown(octets)),
            Value::DateTime(time) => write!(f, "{time}"),
            Value::Resolution { cross_feed, feed, unit } => match unit {
                3 => write!(f, "{cross_feed}x{feed} dpi"),
                4 => write!(f, "{cross_feed}x{feed} dots per cm"),
                unit => write!(f, "{cross_feed}x{feed} dots per unit {unit}"),
            },
            Value::Range { lower, upper } => write!(f, "{lower}-{upper}"),
            Value::Collection(members) => write!(f, "{members}"),
            Value::Unsupported => f.write_str("unsupported"),
            Value::Unknown => f.write_str("unknown"),
            Value::NoValue => f.write_str("no-value"),
            text => f.write_str(text.text().unwrap_or_default()),
        }
    }
}

/// Shows octets as text if they are plain printable ASCII, and in hex if they are not.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.0) {
            Ok(text) if self.0.iter().all(|octet| matches!(octet, b' '..=b'~')) => f.write_str(text),
            _ => self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}

/// Is a date and time with its offset from UTC, each field within its range.
///
/// Source: RFC 2579, DateAndTime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    /// 60 is a leap second.
    pub second: u8,
    pub decisecond: u8,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

impl DateTime {
    /// Reads the eleven octets of DateAndTime; `None` if a field is out of its range.
    pub fn from_octets(octets: &[u8]) -> Option<DateTime> {
        let &[y1, y2, month, day, hour, minute, second, decisecond, direction, off_hours, off_minutes] = octets else { return None };
        let in_range = matches!(month, 1..=12) && matches!(day, 1..=31) && hour < 24 && minute < 60 && second < 61 && decisecond < 10;
        let offset = i16::from(off_hours) * 60 + i16::from(off_minutes);
        let offset_minutes = match direction {
            b'+' => offset,
            b'-' => -offset,
            _ => return None,
        };
        let in_range = in_range && off_hours <= 14 && off_minutes < 60;
        let year = u16::from_be_bytes([y1, y2]);
        in_range.then_some(DateTime { year, month, day, hour, minute, second, decisecond, offset_minutes })
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DateTime { year, month, day, hour, minute, second, offset_minutes, .. } = self;
        let sign = if *offset_minutes < 0 { '-' } else { '+' };
        let offset = offset_minutes.unsigned_abs();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

/// Holds attributes by their names. One value and a list of one value are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<String, Vec<Value>>);

impl Attributes {
    /// Returns the values of an attribute, in their order; none if it is absent.
    pub fn values(&self, name: &str) -> &[Value] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the first value of an attribute.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values(name).first()
    }

    /// Returns the first value of an attribute as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.text()
    }

    /// Returns the first value of an attribute as a number.
    pub fn number(&self, name: &str) -> Option<i32> {
        self.value(name)?.number()
    }

    /// Returns names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an attribute and returns whether its name was free; if it was not, the first stays.
    pub fn add(&mut self, name: String, values: Vec<Value>) -> bool {
        let free = !self.0.contains_key(&name);
        if free {
            self.0.insert(name, values);
        }
        free
    }

    /// Takes over the attributes that `wanted` names.
    pub(super) fn take_over(&mut self, other: Attributes, wanted: impl Fn(&str) -> bool) {
        self.0.extend(other.0.into_iter().filter(|(name, _)| wanted(name)));
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (place, (name, values)) in self.iter().enumerate() {
            write!(f, "{}{name}=", if place > 0 { " " } else { "" })?;
            for (place, value) in values.iter().enumerate() {
                write!(f, "{}{value}", if place > 0 { "," } else { "" })?;
            }
        }
        f.write_str("}")
    }
}

/// Is a value as it came out of its octets, with what was odd about it.
pub(super) struct Read {
    pub value: Value,
    pub oddity: Option<Oddity>,
}

pub(super) enum Oddity {
    /// The octets do not have the form that the tag demands.
    Misshapen,
    /// Text that is not UTF-8.
    NotUtf8,
}

/// Reads the octets of one value that is neither a collection nor a part of one.
pub(super) fn read(value_tag: u8, octets: &[u8]) -> Read {
    let value = match value_tag {
        tag::UNSUPPORTED => Some(Value::Unsupported),
        tag::UNKNOWN => Some(Value::Unknown),
        tag::NO_VALUE => Some(Value::NoValue),
        tag::INTEGER => integer(octets).map(Value::Integer),
        tag::ENUM => integer(octets).map(Value::Enum),
        tag::BOOLEAN => match octets {
            [0] => Some(Value::Boolean(false)),
            [1] => Some(Value::Boolean(true)),
            _ => None,
        },
        tag::OCTET_STRING => Some(Value::Octets(octets.to_vec())),
        tag::DATE_TIME => DateTime::from_octets(octets).map(Value::DateTime),
        tag::RESOLUTION => resolution(octets),
        tag::RANGE_OF_INTEGER => range(octets),
        tag::TEXT_WITH_LANGUAGE | tag::NAME_WITH_LANGUAGE => {
            return with_language(octets).map_or_else(|| misshapen(value_tag, octets), |text| string(value_tag, text));
        }
        tag::TEXT..=tag::MIME_MEDIA_TYPE if value_tag != 0x43 => return string(value_tag, octets),
        _ => return Read { value: Value::Other { tag: value_tag, octets: octets.to_vec() }, oddity: None },
    };
    value.map_or_else(|| misshapen(value_tag, octets), |value| Read { value, oddity: None })
}

fn misshapen(tag: u8, octets: &[u8]) -> Read {
    Read { value: Value::Other { tag, octets: octets.to_vec() }, oddity: Some(Oddity::Misshapen) }
}

fn string(value_tag: u8, octets: &[u8]) -> Read {
    let (text, is_utf8) = text::decode(octets);
    let value = match value_tag {
        tag::NAME | tag::NAME_WITH_LANGUAGE => Value::Name(text),
        tag::KEYWORD => Value::Keyword(text),
        tag::URI => Value::Uri(text),
        tag::URI_SCHEME => Value::UriScheme(text),
        tag::CHARSET => Value::Charset(text),
        tag::NATURAL_LANGUAGE => Value::NaturalLanguage(text),
        tag::MIME_MEDIA_TYPE => Value::MimeMediaType(text),
        _ => Value::Text(text),
    };
    Read { value, oddity: (!is_utf8).then_some(Oddity::NotUtf8) }
}

/// Returns the text behind the language: a length and the language, a length and the text.
fn with_language(octets: &[u8]) -> Option<&[u8]> {
    let (_, rest) = counted(octets)?;
    counted(rest).filter(|(_, rest)| rest.is_empty()).map(|(text, _)| text)
}

fn counted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn integer(octets: &[u8]) -> Option<i32> {
    octets.try_into().ok().map(i32::from_be_bytes)
}

fn range(octets: &[u8]) -> Option<Value> {
    let (lower, upper) = octets.split_at_checked(4)?;
    Some(Value::Range { lower: integer(lower)?, upper: integer(upper)? })
}

fn resolution(octets: &[u8]) -> Option<Value> {
    let &[a, b, c, d, e, f, g, h, unit] = octets else { return None };
    let (cross_feed, feed) = (i32::from_be_bytes([a, b, c, d]), i32::from_be_bytes([e, f, g, h]));
    Some(Value::Resolution { cross_feed, feed, unit: i8::from_be_bytes([unit]) })
}
