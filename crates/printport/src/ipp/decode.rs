//! Reads responses within bounds, and keeps what came before a fault.
//!
//! A printer that cuts its answer short, nests collections a thousand deep or sends a megabyte of
//! one attribute gets as far as it makes sense; the rest is told in [`Message::problems`]. Nothing
//! recurses, and no length that was announced is believed before the octets are there.
//!
//! Source: RFC 8010 §3.

use std::fmt;

use super::status::Status;
use super::tag;
use super::value::{self, Attributes, Oddity, Value};
use crate::text;

/// Is how much of a message is read, in octets.
pub const LIMIT: usize = 4 << 20;
/// Is how many attributes are kept, members of collections included.
pub const ATTRIBUTES: usize = 10_000;
/// Is how many values of one attribute are kept.
pub const VALUES: usize = 1_000;
/// Is how deep collections may lie in each other; what lies deeper is skipped.
pub const DEPTH: usize = 16;

/// Is how much of a name is kept, in octets: what the standard allows a keyword.
const NAME: usize = 255;
/// Is how many problems are told of one message.
const PROBLEMS: usize = 64;

/// Is a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Major and minor version.
    pub version: (u8, u8),
    pub status: Status,
    pub request_id: u32,
    /// The groups in their order; several printers are several groups.
    pub groups: Vec<Group>,
    pub problems: Vec<Problem>,
}

/// Is one group of attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub kind: GroupKind,
    pub attributes: Attributes,
}

/// Says what a group is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    Operation,
    Job,
    Printer,
    Unsupported,
    /// A group of another standard, by its tag.
    Other(u8),
}

impl Message {
    /// Returns the attributes of each printer.
    pub fn printers(&self) -> impl Iterator<Item = &Attributes> {
        self.of(GroupKind::Printer)
    }

    /// Returns the values of an attribute of the first printer.
    pub fn values(&self, name: &str) -> &[Value] {
        self.printers().next().map_or(&[], |attributes| attributes.values(name))
    }

    /// Returns what the printer says about the status, for people.
    pub fn status_message(&self) -> Option<&str> {
        self.of(GroupKind::Operation).next()?.text("status-message")
    }

    fn of(&self, kind: GroupKind) -> impl Iterator<Item = &Attributes> {
        self.groups.iter().filter(move |group| group.kind == kind).map(|group| &group.attributes)
    }
}

/// Says that octets are no IPP message at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotIpp {
    /// The message ends within its first eight octets.
    Short { octets: usize },
    /// The first octet is no version of the protocol.
    Version { major: u8 },
}

impl fmt::Display for NotIpp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotIpp::Short { octets } => write!(f, "expected an IPP message of at least 8 octets, found {octets}"),
            NotIpp::Version { major } => write!(f, "expected IPP version 1 or 2, found {major}"),
        }
    }
}

impl std::error::Error for NotIpp {}

/// Says what was odd about a message that was read all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The message ends within a value.
    Truncated { attribute: String, found: usize, expected: usize },
    /// The message ends within a name or between its parts.
    Cut { at: usize },
    /// The message ends without the tag that ends it.
    NoEnd,
    /// The message is longer than what is read of it.
    TooLong { octets: usize },
    /// An attribute with more values than are kept.
    TooManyValues { attribute: String },
    /// More attributes than are kept.
    TooManyAttributes,
    /// Collections that lie too deep in each other.
    TooDeep { attribute: String },
    /// A collection without its end.
    UnfinishedCollection { attribute: String },
    /// A name or an end of a collection where there is none, or a value without a name.
    Stray { tag: u8, at: usize },
    /// An attribute before the first group.
    OutsideGroup { attribute: String },
    /// A value whose octets do not have the form that its tag demands.
    Misshapen { attribute: String, tag: u8, octets: usize },
    /// A text that is not UTF-8; it was read as ISO 8859-1.
    NotUtf8 { attribute: String },
    /// A second attribute of one name; the first was kept.
    Repeated { attribute: String },
    /// There is more to tell than is told.
    More,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Truncated { attribute, found, expected } => {
                write!(f, "attribute {attribute} ends after {found} of {expected} octets")
            }
            Problem::Cut { at } => write!(f, "message ends within an attribute, after {at} octets"),
            Problem::NoEnd => f.write_str("message ends without its end tag"),
            Problem::TooLong { octets } => write!(f, "message has {octets} octets, of which {LIMIT} were read"),
            Problem::TooManyValues { attribute } => write!(f, "attribute {attribute} has more than {VALUES} values; the rest was left out"),
            Problem::TooManyAttributes => write!(f, "message has more than {ATTRIBUTES} attributes; the rest was left out"),
            Problem::TooDeep { attribute } => {
                write!(f, "attribute {attribute} has collections more than {DEPTH} deep; the deepest were left out")
            }
            Problem::UnfinishedCollection { attribute } => write!(f, "attribute {attribute} has a collection without an end"),
            Problem::Stray { tag, at } => write!(f, "tag 0x{tag:02x} at octet {at} belongs to no attribute"),
            Problem::OutsideGroup { attribute } => write!(f, "attribute {attribute} belongs to no group"),
            Problem::Misshapen { attribute, tag, octets } => {
                write!(f, "attribute {attribute} has {octets} octets that do not fit tag 0x{tag:02x}")
            }
            Problem::NotUtf8 { attribute } => write!(f, "attribute {attribute} is not UTF-8; read as ISO 8859-1"),
            Problem::Repeated { attribute } => write!(f, "attribute {attribute} is there twice; the first was kept"),
            Problem::More => f.write_str("further problems were left out"),
        }
    }
}

/// Reads a response.
///
/// Returns an error only if the octets are no IPP message at all; of a damaged message it returns
/// what came before the damage.
pub fn decode(octets: &[u8]) -> Result<Message, NotIpp> {
    let Some((head, _)) = octets.split_first_chunk::<8>() else {
        return Err(NotIpp::Short { octets: octets.len() });
    };
    let [major, minor, s1, s2, r1, r2, r3, r4] = *head;
    if !matches!(major, 1 | 2) {
        return Err(NotIpp::Version { major });
    }
    let mut decoder = Decoder { octets: &octets[..octets.len().min(LIMIT)], at: 8, ..Decoder::default() };
    if octets.len() > LIMIT {
        decoder.tell(Problem::TooLong { octets: octets.len() });
    }
    decoder.run();
    Ok(Message {
        version: (major, minor),
        status: Status(u16::from_be_bytes([s1, s2])),
        request_id: u32::from_be_bytes([r1, r2, r3, r4]),
        groups: decoder.groups,
        problems: decoder.problems,
    })
}

#[derive(Default)]
struct Decoder<'a> {
    octets: &'a [u8],
    at: usize,
    groups: Vec<Group>,
    problems: Vec<Problem>,
    attribute: Open,
    /// Collections whose end has not come, the outermost first.
    collections: Vec<Collection>,
    /// How many collections are open beyond the deepest that is kept.
    skipped: usize,
    attributes: usize,
}

/// Is the attribute whose values are being read.
#[derive(Default)]
enum Open {
    #[default]
    Nothing,
    Kept(Named),
    /// One that is left out; its values must be read over all the same.
    LeftOut,
}

struct Named {
    name: String,
    values: Vec<Value>,
    /// Whether the reader was told that there are too many values.
    is_full: bool,
}

#[derive(Default)]
struct Collection {
    members: Attributes,
    member: Open,
}

/// Is one value as it lies in the message.
struct Raw<'a> {
    at: usize,
    tag: u8,
    name: &'a [u8],
    octets: &'a [u8],
}

impl<'a> Decoder<'a> {
    fn run(&mut self) {
        while let Some(&next) = self.octets.get(self.at) {
            if next <= tag::LAST_DELIMITER {
                self.at += 1;
                self.close_attribute();
                if next == tag::END_OF_ATTRIBUTES {
                    return;
                }
                self.groups.push(Group { kind: kind(next), attributes: Attributes::default() });
                // A group is as dear as an attribute: a megabyte of tags makes no million groups.
                if self.is_over_full() {
                    return;
                }
            } else {
                match self.raw(next) {
                    Ok(raw) => self.take(raw),
                    Err(problem) => {
                        self.tell(problem);
                        self.close_attribute();
                        return;
                    }
                }
            }
        }
        self.tell(Problem::NoEnd);
        self.close_attribute();
    }

    /// Reads tag, name and octets of one value, and moves behind it.
    fn raw(&mut self, tag: u8) -> Result<Raw<'a>, Problem> {
        let at = self.at;
        let cut = Problem::Cut { at: self.octets.len() };
        let rest = &self.octets[at + 1..];
        let (name, rest) = counted(rest).map_err(|_| cut.clone())?;
        let (octets, rest) = counted(rest).map_err(|short| match short {
            Short::Octets { found, expected } => Problem::Truncated { attribute: self.name_of(name), found, expected },
            Short::Length => cut,
        })?;
        self.at = self.octets.len() - rest.len();
        Ok(Raw { at, tag, name, octets })
    }

    fn take(&mut self, raw: Raw<'a>) {
        if !raw.name.is_empty() {
            self.close_attribute();
            self.open_attribute(raw.name);
        }
        match raw.tag {
            _ if matches!(self.attribute, Open::Nothing) => self.tell(Problem::Stray { tag: raw.tag, at: raw.at }),
            tag::BEGIN_COLLECTION => self.begin_collection(),
            tag::END_COLLECTION if self.skipped > 0 => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            tag::END_COLLECTION => self.end_collection(&raw),
            tag::MEMBER_NAME => self.member(&raw),
            _ => self.value(&raw),
        }
    }

    fn open_attribute(&mut self, name: &[u8]) {
        if self.groups.is_empty() {
            self.tell(Problem::OutsideGroup { attribute: shown_name(name) });
            self.attribute = Open::LeftOut;
        } else {
            self.attribute = self.named(shown_name(name));
        }
    }

    /// Counts one more attribute, and leaves it out if there are too many.
    fn named(&mut self, name: String) -> Open {
        if self.is_over_full() { Open::LeftOut } else { Open::Kept(Named { name, values: Vec::new(), is_full: false }) }
    }

    fn is_over_full(&mut self) -> bool {
        self.attributes += 1;
        if self.attributes == ATTRIBUTES + 1 {
            self.tell(Problem::TooManyAttributes);
        }
        self.attributes > ATTRIBUTES
    }

    fn begin_collection(&mut self) {
        if self.skipped > 0 || self.collections.len() == DEPTH {
            self.skipped += 1;
            if self.skipped == 1 {
                self.tell(Problem::TooDeep { attribute: self.attribute_name() });
            }
        } else {
            self.collections.push(Collection::default());
        }
    }

    fn end_collection(&mut self, raw: &Raw<'_>) {
        match self.collections.pop() {
            Some(collection) => {
                let members = self.finished(collection);
                self.put(Value::Collection(members));
            }
            None => self.tell(Problem::Stray { tag: raw.tag, at: raw.at }),
        }
    }

    fn member(&mut self, raw: &Raw<'_>) {
        let member = self.named(shown_name(raw.octets));
        match self.collections.last_mut() {
            Some(collection) => {
                let before = std::mem::replace(&mut collection.member, member);
                let repeated = keep(&mut collection.members, before);
                repeated.into_iter().for_each(|attribute| self.tell(Problem::Repeated { attribute }));
            }
            None => self.tell(Problem::Stray { tag: raw.tag, at: raw.at }),
        }
    }

    fn value(&mut self, raw: &Raw<'_>) {
        let read = value::read(raw.tag, raw.octets);
        match read.oddity {
            Some(Oddity::Misshapen) => {
                self.tell(Problem::Misshapen { attribute: self.attribute_name(), tag: raw.tag, octets: raw.octets.len() });
            }
            Some(Oddity::NotUtf8) => self.tell(Problem::NotUtf8 { attribute: self.attribute_name() }),
            None => {}
        }
        self.put(read.value);
    }

    /// Adds a value to the innermost member, or to the attribute if no collection is open.
    fn put(&mut self, value: Value) {
        let open = match self.collections.last_mut() {
            Some(collection) => &mut collection.member,
            None => &mut self.attribute,
        };
        match open {
            Open::Kept(named) if named.values.len() < VALUES => named.values.push(value),
            Open::Kept(named) if !named.is_full => {
                named.is_full = true;
                let attribute = named.name.clone();
                self.tell(Problem::TooManyValues { attribute });
            }
            // A value before the first member of its collection has no name to be found under.
            Open::Nothing => self.tell(Problem::Stray { tag: 0, at: self.at }),
            Open::Kept(_) | Open::LeftOut => {}
        }
    }

    /// Ends the attribute that is open, and the collections in it that have no end.
    fn close_attribute(&mut self) {
        if self.skipped > 0 || !self.collections.is_empty() {
            self.tell(Problem::UnfinishedCollection { attribute: self.attribute_name() });
            self.skipped = 0;
        }
        while let Some(collection) = self.collections.pop() {
            let members = self.finished(collection);
            self.put(Value::Collection(members));
        }
        let attribute = std::mem::take(&mut self.attribute);
        if let Some(group) = self.groups.last_mut() {
            let repeated = keep(&mut group.attributes, attribute);
            repeated.into_iter().for_each(|attribute| self.tell(Problem::Repeated { attribute }));
        }
    }

    fn finished(&mut self, mut collection: Collection) -> Attributes {
        let repeated = keep(&mut collection.members, collection.member);
        repeated.into_iter().for_each(|attribute| self.tell(Problem::Repeated { attribute }));
        collection.members
    }

    fn name_of(&self, name: &[u8]) -> String {
        if name.is_empty() { self.attribute_name() } else { shown_name(name) }
    }

    fn attribute_name(&self) -> String {
        match &self.attribute {
            Open::Kept(named) => named.name.clone(),
            Open::Nothing | Open::LeftOut => "without a name".to_owned(),
        }
    }

    fn tell(&mut self, problem: Problem) {
        match self.problems.len() + 1 {
            ..PROBLEMS => self.problems.push(problem),
            PROBLEMS => self.problems.push(Problem::More),
            _ => {}
        }
    }
}

/// Adds what was open to `attributes`, and returns its name if that was taken.
fn keep(attributes: &mut Attributes, open: Open) -> Option<String> {
    match open {
        Open::Kept(named) => (!attributes.add(named.name.clone(), named.values)).then_some(named.name),
        Open::Nothing | Open::LeftOut => None,
    }
}

/// Says what a message that ends too early lacks.
enum Short {
    /// The length itself.
    Length,
    /// Some of what the length counts.
    Octets { found: usize, expected: usize },
}

/// Reads a length of two octets and what it counts, and returns that and the rest.
fn counted(octets: &[u8]) -> Result<(&[u8], &[u8]), Short> {
    let (length, rest) = octets.split_first_chunk().ok_or(Short::Length)?;
    let length = usize::from(u16::from_be_bytes(*length));
    rest.split_at_checked(length).ok_or(Short::Octets { found: rest.len(), expected: length })
}

fn shown_name(octets: &[u8]) -> String {
    text::shown(&octets[..octets.len().min(NAME)])
}

fn kind(group_tag: u8) -> GroupKind {
    match group_tag {
        tag::OPERATION_ATTRIBUTES => GroupKind::Operation,
        tag::JOB_ATTRIBUTES => GroupKind::Job,
        tag::PRINTER_ATTRIBUTES => GroupKind::Printer,
        tag::UNSUPPORTED_ATTRIBUTES => GroupKind::Unsupported,
        other => GroupKind::Other(other),
    }
}

#[cfg(test)]
mod tests;
