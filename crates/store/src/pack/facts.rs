//! Facts as octets: each key as the distance to the one before in the list of names, and its value.
//!
//! The first octet of a fact holds the kind of its value in three bits and the distance in five; a
//! distance that does not fit follows, and where the key is on no list, the key itself.

use wire::Value;

use super::names::{NAMES, Named, Table};
use super::octets::{Octets, put_number, put_signed, put_text};

/// Is the distance that says that more follows.
const FAR: usize = 31;

/// The kinds of values.
const TRUE: u8 = 0;
const INTEGER: u8 = 1;
/// One of the list of words.
const WORD: u8 = 2;
const TEXT: u8 = 3;
/// A word and numbers behind it with dots between: an object of a device, such as `prtMarkerLifeCount.1.1`.
const OBJECT: u8 = 4;
const DECIMAL: u8 = 5;
const LIST: u8 = 6;
/// One of the rare kinds, in the next octet.
const RARE: u8 = 7;

const RARE_FALSE: u8 = 0;
const RARE_GONE: u8 = 1;

/// Is a value as it stands, before anything is copied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told<'a> {
    Bool(bool),
    Integer(i64),
    Text(&'a str),
    /// A word and the numbers behind it, not yet put together.
    Object(&'static str, &'a [u8]),
    Decimal(f64),
    /// How many texts, and the texts.
    List(usize, &'a [u8]),
    /// In a list of differences: it is not said.
    Gone,
}

impl Told<'_> {
    /// Makes the value; `None` for what is none.
    pub fn value(self) -> Option<Value> {
        Some(match self {
            Told::Bool(value) => Value::Bool(value),
            Told::Integer(value) => Value::Integer(value),
            Told::Text(text) => Value::Text(text.to_owned()),
            Told::Decimal(value) => Value::Decimal(value),
            Told::Object(word, numbers) => {
                let (mut text, mut numbers) = (word.to_owned(), Octets(numbers));
                for _ in 0..numbers.count()? {
                    text.push('.');
                    text.push_str(&numbers.number()?.to_string());
                }
                Value::Text(text)
            }
            Told::List(count, texts) => {
                let mut texts = Octets(texts);
                Value::List((0..count).map(|_| texts.text().map(str::to_owned)).collect::<Option<_>>()?)
            }
            Told::Gone => return None,
        })
    }
}

/// Writes facts one after the other, in the order of their keys.
pub struct FactWriter<'a> {
    pub out: &'a mut Vec<u8>,
    table: &'a Table,
    /// The number after that of the last key on the list.
    next: usize,
}

impl<'a> FactWriter<'a> {
    pub fn new(out: &'a mut Vec<u8>, table: &'a Table) -> Self {
        FactWriter { out, table, next: 0 }
    }

    pub fn put(&mut self, key: &str, value: &Value) {
        match value {
            Value::Bool(true) => self.head(key, TRUE),
            Value::Bool(false) => {
                self.head(key, RARE);
                self.out.push(RARE_FALSE);
            }
            Value::Integer(value) => self.put_integer(key, *value),
            Value::Decimal(value) => {
                self.head(key, DECIMAL);
                self.out.extend_from_slice(&value.to_le_bytes());
            }
            Value::Text(text) => self.put_words(key, text),
            Value::List(words) => {
                self.head(key, LIST);
                put_number(self.out, words.len() as u64);
                words.iter().for_each(|word| put_text(self.out, word));
            }
        }
    }

    pub fn put_integer(&mut self, key: &str, value: i64) {
        self.head(key, INTEGER);
        put_signed(self.out, value);
    }

    pub fn put_gone(&mut self, key: &str) {
        self.head(key, RARE);
        self.out.push(RARE_GONE);
    }

    fn put_words(&mut self, key: &str, text: &str) {
        if let Some(word) = NAMES.words.number(text) {
            self.head(key, WORD);
            return put_number(self.out, word as u64);
        }
        if let Some((word, numbers)) = object(text) {
            self.head(key, OBJECT);
            put_number(self.out, word as u64);
            put_number(self.out, numbers.clone().count() as u64);
            return numbers.for_each(|number| put_number(self.out, number));
        }
        self.head(key, TEXT);
        put_text(self.out, text);
    }

    fn head(&mut self, key: &str, kind: u8) {
        match self.table.number(key) {
            Some(number) => {
                let distance = number - self.next;
                self.out.push(kind | (distance.min(FAR) as u8) << 3);
                if distance >= FAR {
                    put_number(self.out, (distance - FAR + 1) as u64);
                }
                self.next = number + 1;
            }
            None => {
                self.out.push(kind | (FAR as u8) << 3);
                put_number(self.out, 0);
                put_text(self.out, key);
            }
        }
    }
}

/// Takes a text apart that is a word and numbers with dots before them, written as numbers are.
fn object(text: &str) -> Option<(usize, impl Iterator<Item = u64> + Clone)> {
    let (word, numbers) = text.split_once('.')?;
    let is_plain =
        |number: &str| number.len() < 10 && number.parse::<u32>().is_ok_and(|_| number == "0" || !number.starts_with(['0', '+']));
    if !numbers.split('.').all(is_plain) {
        return None;
    }
    let word = NAMES.words.number(word)?;
    Some((word, numbers.split('.').map(|number| number.parse().unwrap_or(0))))
}

/// Reads facts one after the other.
pub struct FactReader<'a> {
    pub octets: Octets<'a>,
    table: &'a Table,
    next: usize,
}

impl<'a> FactReader<'a> {
    pub fn new(octets: Octets<'a>, table: &'a Table) -> Self {
        FactReader { octets, table, next: 0 }
    }

    /// Reads the next fact; `None` where none stands.
    pub fn fact(&mut self) -> Option<(Named<'a>, Told<'a>)> {
        let head = self.octets.octet()?;
        let mut distance = usize::from(head >> 3);
        let mut own = None;
        if distance == FAR {
            match usize::try_from(self.octets.number()?).ok()? {
                0 => own = Some(self.octets.text()?),
                more => distance = more.checked_add(FAR - 1)?,
            }
        }
        let name = match own {
            Some(text) => Named { text, number: None },
            None => {
                let number = self.next.checked_add(distance)?;
                self.next = number + 1;
                Named { text: self.table.name(number)?, number: Some(number) }
            }
        };
        Some((name, self.told(head & 7)?))
    }

    fn told(&mut self, kind: u8) -> Option<Told<'a>> {
        let octets = &mut self.octets;
        Some(match kind {
            TRUE => Told::Bool(true),
            INTEGER => Told::Integer(octets.signed()?),
            WORD => Told::Text(NAMES.words.name(usize::try_from(octets.number()?).ok()?)?),
            TEXT => Told::Text(octets.text()?),
            OBJECT => {
                let word = NAMES.words.name(usize::try_from(octets.number()?).ok()?)?;
                let all = octets.0;
                for _ in 0..octets.count()? {
                    octets.number()?;
                }
                Told::Object(word, &all[..all.len() - octets.0.len()])
            }
            DECIMAL => {
                let value = f64::from_le_bytes(octets.octets(8)?.try_into().ok()?);
                Told::Decimal(value.is_finite().then_some(value)?)
            }
            LIST => {
                let count = octets.count()?;
                let all = octets.0;
                for _ in 0..count {
                    octets.text()?;
                }
                Told::List(count, &all[..all.len() - octets.0.len()])
            }
            _ => match octets.octet()? {
                RARE_FALSE => Told::Bool(false),
                RARE_GONE => Told::Gone,
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_kind_read_back() {
        let facts: Vec<(&str, Value)> = vec![
            ("!", true.into()),
            ("address", "10.0.0.7".into()),
            ("alerts/16/code", "jam".into()),
            ("meters/total/origin", "prtMarkerLifeCount.1.1".into()),
            ("meters/total/value", i64::MIN.into()),
            ("meters/zz/origin", "prtMarkerLifeCount.01".into()),
            ("presence", "prtMarkerLifeCount.".into()),
            ("status/errors", Value::List(vec!["lowToner".into(), "ärger".into()])),
            ("supplies/1/level/value", Value::Decimal(0.25)),
            ("supplies/20/remaining", false.into()),
            ("supplies/9/remaining", "".into()),
            ("zzz", "prtMarkerLifeCount.4294967296".into()),
        ];
        let mut out = Vec::new();
        let mut writer = FactWriter::new(&mut out, &NAMES.keys);
        facts.iter().for_each(|(key, value)| writer.put(key, value));
        let mut reader = FactReader::new(Octets(&out), &NAMES.keys);
        for (key, value) in &facts {
            let (read, told) = reader.fact().unwrap();
            assert_eq!((read.text, told.value().as_ref()), (*key, Some(value)));
        }
        assert!(reader.fact().is_none());
    }
}
