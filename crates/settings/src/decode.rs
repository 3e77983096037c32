//! TOML values handed to `serde`, with every step watched: which keys a structure knows, where each
//! value stands, and where a value was refused.
//!
//! The deserialiser of the `toml` crate stops at the first unknown key, and only in structures that
//! ask for it; here a structure's own list of fields is compared with the table, so that nobody can
//! forget to ask, every unknown key is told, and the rest is still read.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, IntoDeserializer, value::StrDeserializer};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::suggest;

/// Is one step from a table or list to what stands in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Key(String),
    Item(usize),
}

/// Is the way from the top of the file to a value.
pub(crate) type Path = Vec<Step>;

/// Is what one pass over the file has seen.
#[derive(Default)]
pub(crate) struct Trace {
    /// Offset and message of keys that nobody knows; a set, because a file is passed over repeatedly.
    pub unknown: RefCell<BTreeSet<(usize, String)>>,
    /// Where each value stands.
    pub places: RefCell<BTreeMap<Path, usize>>,
    /// Values to be passed over, because an earlier pass has told what is wrong with them.
    pub skipped: BTreeSet<Path>,
}

/// Says why a value was refused and, once known, where it stands.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub reason: Reason,
    pub at: Option<(Path, usize)>,
}

#[derive(Debug)]
pub(crate) enum Reason {
    Told(String),
    MissingKey(&'static str),
}

impl Refusal {
    fn told(message: String) -> Self {
        Refusal { reason: Reason::Told(message), at: None }
    }

    /// Adds the place; the innermost one, which is added first, stays.
    fn place(mut self, value: &Value<'_>) -> Self {
        self.at.get_or_insert_with(|| (value.path.clone(), value.offset));
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Told(message) => f.write_str(message),
            Reason::MissingKey(key) => write!(f, "missing key \"{key}\""),
        }
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Refusal::told(message.to_string())
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Refusal::told(format!("expected {}, found {}", plain_expected(expected), plain_found(found)))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Refusal::told(format!("expected {}, found {length} items", plain_expected(expected)))
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Refusal::told(format!("unknown word \"{variant}\"{}", suggest::hint(variant, known)))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Refusal::told(format!("unknown key \"{field}\"{}", suggest::hint(field, known)))
    }

    fn missing_field(field: &'static str) -> Self {
        Refusal { reason: Reason::MissingKey(field), at: None }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Refusal::told(format!("\"{field}\" is said twice under different names"))
    }
}

/// Puts what Rust calls a type into words for someone who writes a configuration file.
fn plain_expected(expected: &dyn de::Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" => "a whole number from 0 to 4294967295".to_owned(),
        "u64" | "usize" => "a whole number, not negative".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" | "a borrowed string" | "path string" => "a text in quotes".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        _ if text.starts_with("struct ") => "a table".to_owned(),
        _ if text.starts_with("enum ") || text == "string or map" => "a word in quotes".to_owned(),
        _ => text,
    }
}

fn plain_found(found: de::Unexpected<'_>) -> String {
    use de::Unexpected as Found;
    match found {
        Found::Bool(value) => value.to_string(),
        Found::Unsigned(number) => number.to_string(),
        Found::Signed(number) => number.to_string(),
        Found::Float(number) => number.to_string(),
        Found::Str(text) => format!("\"{text}\""),
        Found::Seq => "a list".to_owned(),
        Found::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

/// Is a value of the file on its way into a structure.
pub(crate) struct Value<'a> {
    value: &'a DeValue<'a>,
    path: Path,
    offset: usize,
    trace: &'a Trace,
}

/// Is the whole file on its way into a structure.
pub(crate) struct Document<'a> {
    pub table: &'a DeTable<'a>,
    pub trace: &'a Trace,
}

impl<'a> Value<'a> {
    fn child(step: Step, path: &Path, value: &'a Spanned<DeValue<'a>>, offset: usize, trace: &'a Trace) -> Self {
        let mut path = path.clone();
        path.push(step);
        trace.places.borrow_mut().insert(path.clone(), offset);
        Value { value: value.get_ref(), path, offset, trace }
    }
}

/// Tells every key of a table that a structure does not know.
fn check_keys(table: &DeTable<'_>, path: &Path, known: &[&str], trace: &Trace) {
    for (key, value) in table.iter().filter(|(key, _)| !known.contains(&key.get_ref().as_ref())) {
        let name = key.get_ref();
        let message = match suggest::nearest(name, known) {
            Some(nearest) if path.is_empty() && value.get_ref().is_table() => {
                format!("unknown section [{name}]; did you mean [{nearest}]?")
            }
            _ => format!("unknown key \"{name}\"{}{}", in_table(path), suggest::hint(name, known)),
        };
        trace.unknown.borrow_mut().insert((key.span().start, message));
    }
}

/// Returns ` in [table]`, or nothing at the top of the file.
pub(crate) fn in_table(path: &[Step]) -> String {
    let names: Vec<&str> = path.iter().filter_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None }).collect();
    match path.last() {
        None => String::new(),
        Some(Step::Key(_)) => format!(" in [{}]", names.join(".")),
        Some(Step::Item(_)) => format!(" in [[{}]]", names.join(".")),
    }
}

/// Returns the name of a value as its writer calls it: `at in [report]`, `ranges, item 2, in [discovery]`.
pub(crate) fn name_of(path: &[Step]) -> String {
    match path {
        [] => "the file".to_owned(),
        [table @ .., Step::Key(key)] => format!("{key}{}", in_table(table)),
        [Step::Key(key), Step::Item(item)] => format!("{key}, item {}", item + 1),
        [table @ .., Step::Key(key), Step::Item(item)] => format!("{key}, item {},{}", item + 1, in_table(table)),
        [list @ .., Step::Item(item)] => format!("{}, item {}", name_of(list), item + 1),
    }
}

impl<'de> de::Deserializer<'de> for Value<'_> {
    type Error = Refusal;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let result = match self.value {
            DeValue::String(text) => visitor.visit_str(text),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => Err(Refusal::told("this number is larger than can be reckoned with".to_owned())),
            },
            DeValue::Float(float) => match float.as_str().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(Refusal::told("this is no number".to_owned())),
            },
            DeValue::Boolean(value) => visitor.visit_bool(*value),
            DeValue::Datetime(datetime) => visitor.visit_str(&datetime.to_string()),
            DeValue::Array(items) => visitor.visit_seq(Items { items: items.iter().enumerate(), list: &self }),
            DeValue::Table(table) => visitor.visit_map(Entries { entries: table.iter(), path: &self.path, trace: self.trace, value: None }),
        };
        result.map_err(|refusal| refusal.place(&self))
    }

    fn deserialize_struct<V: de::Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if let DeValue::Table(table) = self.value {
            check_keys(table, &self.path, fields, self.trace);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: de::Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: de::Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let place = Value { value: self.value, path: self.path.clone(), offset: self.offset, trace: self.trace };
        let result = match self.value {
            DeValue::String(text) => visitor.visit_enum(IntoDeserializer::<Refusal>::into_deserializer(text.as_ref())),
            DeValue::Table(table) if table.len() == 1 => visitor.visit_enum(Variant { table, of: self }),
            _ => Err(Refusal::told(format!(
                "expected one of {}",
                variants.iter().map(|v| format!("\"{v}\"")).collect::<Vec<_>>().join(", ")
            ))),
        };
        result.map_err(|refusal| refusal.place(&place))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> de::Deserializer<'de> for Document<'_> {
    type Error = Refusal;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_map(Entries { entries: self.table.iter(), path: &Vec::new(), trace: self.trace, value: None })
    }

    fn deserialize_struct<V: de::Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        check_keys(self.table, &Vec::new(), fields, self.trace);
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Hands over the entries of a table, but for those to be skipped.
struct Entries<'a, 'p, I> {
    entries: I,
    path: &'p Path,
    trace: &'a Trace,
    value: Option<Value<'a>>,
}

impl<'a, 'de, I> de::MapAccess<'de> for Entries<'a, '_, I>
where
    I: Iterator<Item = (&'a Spanned<std::borrow::Cow<'a, str>>, &'a Spanned<DeValue<'a>>)>,
{
    type Error = Refusal;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        for (key, value) in self.entries.by_ref() {
            let value = Value::child(Step::Key(key.get_ref().to_string()), self.path, value, key.span().start, self.trace);
            if self.trace.skipped.contains(&value.path) {
                continue;
            }
            let deserializer: StrDeserializer<'_, Refusal> = key.get_ref().as_ref().into_deserializer();
            let key = seed.deserialize(deserializer).map_err(|refusal| refusal.place(&value))?;
            self.value = Some(value);
            return Ok(Some(key));
        }
        Ok(None)
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        seed.deserialize(self.value.take().expect("serde asks for a key first"))
    }
}

/// Hands over the items of a list, but for those to be skipped.
struct Items<'a, 'p, I> {
    items: I,
    list: &'p Value<'a>,
}

impl<'a, 'de, I: Iterator<Item = (usize, &'a Spanned<DeValue<'a>>)>> de::SeqAccess<'de> for Items<'a, '_, I> {
    type Error = Refusal;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        for (place, item) in self.items.by_ref() {
            let item = Value::child(Step::Item(place), &self.list.path, item, item.span().start, self.list.trace);
            if !self.list.trace.skipped.contains(&item.path) {
                return seed.deserialize(item).map(Some);
            }
        }
        Ok(None)
    }
}

/// Is `{ variant = content }`.
struct Variant<'a> {
    table: &'a DeTable<'a>,
    of: Value<'a>,
}

impl<'a, 'de> de::EnumAccess<'de> for Variant<'a> {
    type Error = Refusal;
    type Variant = Value<'a>;

    fn variant_seed<V: de::DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Value<'a>), Refusal> {
        let (key, value) = self.table.iter().next().expect("checked to have one entry");
        let name: StrDeserializer<'_, Refusal> = key.get_ref().as_ref().into_deserializer();
        let variant = seed.deserialize(name)?;
        let step = Step::Key(key.get_ref().to_string());
        Ok((variant, Value::child(step, &self.of.path, value, key.span().start, self.of.trace)))
    }
}

impl<'de> de::VariantAccess<'de> for Value<'_> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        Err(Refusal::told("this word stands alone, in quotes, without a value".to_owned()).place(&self))
    }

    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refusal> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: de::Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Refusal> {
        de::Deserializer::deserialize_any(self, visitor)
    }

    fn struct_variant<V: de::Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        de::Deserializer::deserialize_struct(self, "", fields, visitor)
    }
}
