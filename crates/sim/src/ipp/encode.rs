//! Attributes as octets.
//!
//! Source: RFC 8010 §3.

/// Is one attribute. Members of collections are attributes, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    /// At least one.
    pub values: Vec<Value>,
}

/// Is one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Plain { tag: u8, octets: Vec<u8> },
    Collection(Vec<Attribute>),
}

/// Source: RFC 8010 §3.5.2.
mod tag {
    pub const INTEGER: u8 = 0x21;
    pub const BOOLEAN: u8 = 0x22;
    pub const ENUM: u8 = 0x23;
    pub const OCTET_STRING: u8 = 0x30;
    pub const BEGIN_COLLECTION: u8 = 0x34;
    pub const END_COLLECTION: u8 = 0x37;
    pub const TEXT: u8 = 0x41;
    pub const NAME: u8 = 0x42;
    pub const KEYWORD: u8 = 0x44;
    pub const URI: u8 = 0x45;
    pub const MEMBER_NAME: u8 = 0x4a;
}

impl Attribute {
    pub fn new(name: &str, values: impl IntoIterator<Item = Value>) -> Self {
        Attribute { name: name.to_owned(), values: values.into_iter().collect() }
    }
}

impl Value {
    fn plain(tag: u8, octets: &[u8]) -> Self {
        Value::Plain { tag, octets: octets.to_vec() }
    }

    pub fn integer(number: i32) -> Self {
        Value::plain(tag::INTEGER, &number.to_be_bytes())
    }

    pub fn enumeration(number: i32) -> Self {
        Value::plain(tag::ENUM, &number.to_be_bytes())
    }

    pub fn boolean(value: bool) -> Self {
        Value::plain(tag::BOOLEAN, &[value.into()])
    }

    pub fn text(text: &str) -> Self {
        Value::plain(tag::TEXT, text.as_bytes())
    }

    pub fn name(text: &str) -> Self {
        Value::plain(tag::NAME, text.as_bytes())
    }

    pub fn keyword(text: &str) -> Self {
        Value::plain(tag::KEYWORD, text.as_bytes())
    }

    pub fn uri(text: &str) -> Self {
        Value::plain(tag::URI, text.as_bytes())
    }

    pub fn octet_string(octets: &[u8]) -> Self {
        Value::plain(tag::OCTET_STRING, octets)
    }
}

/// Returns a response of IPP/2.0 with the attributes of one printer, or with none.
pub fn response(status: u16, request_id: u32, printer: &[Attribute]) -> Vec<u8> {
    const OPERATION: u8 = 1;
    const END: u8 = 3;
    const PRINTER: u8 = 4;
    let mut out = [&[2, 0][..], &status.to_be_bytes(), &request_id.to_be_bytes(), &[OPERATION]].concat();
    // RFC 8011 §4.1.4.2: these two come first, in this order, with their own tags.
    push(&mut out, 0x47, "attributes-charset", b"utf-8");
    push(&mut out, 0x48, "attributes-natural-language", b"en");
    if !printer.is_empty() {
        out.push(PRINTER);
        for attribute in printer {
            for (place, value) in attribute.values.iter().enumerate() {
                push_value(&mut out, if place == 0 { &attribute.name } else { "" }, value);
            }
        }
    }
    out.push(END);
    out
}

fn push_value(out: &mut Vec<u8>, name: &str, value: &Value) {
    match value {
        Value::Plain { tag, octets } => push(out, *tag, name, octets),
        Value::Collection(members) => {
            push(out, tag::BEGIN_COLLECTION, name, b"");
            for member in members {
                push(out, tag::MEMBER_NAME, "", member.name.as_bytes());
                member.values.iter().for_each(|value| push_value(out, "", value));
            }
            push(out, tag::END_COLLECTION, "", b"");
        }
    }
}

/// A name or value that is longer than two octets can say is cut.
fn push(out: &mut Vec<u8>, tag: u8, name: &str, octets: &[u8]) {
    out.push(tag);
    for part in [name.as_bytes(), octets] {
        let part = &part[..part.len().min(usize::from(u16::MAX))];
        out.extend((part.len() as u16).to_be_bytes());
        out.extend(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: RFC 8010 appendix A.3, whose form this follows.
    #[test]
    fn a_response_is_what_the_standard_says_octet_for_octet() {
        let printer = [
            Attribute::new("printer-state", [Value::enumeration(3)]),
            Attribute::new("marker-levels", [Value::integer(70), Value::integer(-3)]),
        ];
        let expected = [
            b"\x02\x00\x00\x00\x00\x00\x00\x07\x01".as_slice(),
            b"\x47\x00\x12attributes-charset\x00\x05utf-8",
            b"\x48\x00\x1battributes-natural-language\x00\x02en",
            b"\x04\x23\x00\x0dprinter-state\x00\x04\x00\x00\x00\x03",
            b"\x21\x00\x0dmarker-levels\x00\x04\x00\x00\x00\x46",
            b"\x21\x00\x00\x00\x04\xff\xff\xff\xfd",
            b"\x03",
        ];
        assert_eq!(response(0, 7, &printer), expected.concat());
        assert_eq!(response(0x0501, 7, &[])[2..4], [5, 1]);
    }

    /// Source: RFC 8010 §3.1.6 and appendix A.6.
    #[test]
    fn a_collection_stands_between_its_tags() {
        let members = vec![Attribute::new("x", [Value::integer(1)])];
        let octets = response(0, 1, &[Attribute::new("c", [Value::Collection(members)])]);
        let expected = b"\x34\x00\x01c\x00\x00\x4a\x00\x00\x00\x01x\x21\x00\x00\x00\x04\x00\x00\x00\x01\x37\x00\x00\x00\x00\x03";
        assert!(octets.ends_with(expected), "{octets:02x?}");
    }
}
