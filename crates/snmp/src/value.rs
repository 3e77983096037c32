//! Values of variable bindings, borrowed from the message they came in.

use crate::ber::{self, BerError, tag};
use crate::oid::OidRef;

/// Is the value of a variable binding: every type of SMIv2, and the three exceptions of v2.
///
/// Source: RFC 2578 §7.1, RFC 3416 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Integer(i64),
    OctetString(&'a [u8]),
    Null,
    ObjectIdentifier(OidRef<'a>),
    IpAddress([u8; 4]),
    Counter32(u32),
    Gauge32(u32),
    TimeTicks(u32),
    Opaque(&'a [u8]),
    Counter64(u64),
    NoSuchObject,
    NoSuchInstance,
    EndOfMibView,
    /// A tag that SMIv2 does not know, with its contents.
    Unknown {
        tag: u8,
        contents: &'a [u8],
    },
}

impl<'a> Value<'a> {
    /// Reads a value from its tag and contents.
    #[inline]
    pub fn from_element(tag: u8, contents: &'a [u8]) -> Result<Self, BerError> {
        Ok(match tag {
            tag::INTEGER => Value::Integer(ber::integer(contents)?),
            tag::OCTET_STRING => Value::OctetString(contents),
            tag::COUNTER32 => Value::Counter32(unsigned32(contents)?),
            tag::GAUGE32 => Value::Gauge32(unsigned32(contents)?),
            tag::TIME_TICKS => Value::TimeTicks(unsigned32(contents)?),
            tag::OBJECT_IDENTIFIER => {
                let oid = OidRef::new(contents);
                oid.check()?;
                Value::ObjectIdentifier(oid)
            }
            tag::NULL => Value::Null,
            tag::NO_SUCH_OBJECT => Value::NoSuchObject,
            tag::NO_SUCH_INSTANCE => Value::NoSuchInstance,
            tag::END_OF_MIB_VIEW => Value::EndOfMibView,
            tag::IP_ADDRESS => Value::IpAddress(contents.try_into().map_err(|_| BerError::BadLength)?),
            tag::OPAQUE => Value::Opaque(contents),
            tag::COUNTER64 => Value::Counter64(ber::unsigned(contents)?),
            tag => Value::Unknown { tag, contents },
        })
    }

    /// Writes the value as an element.
    pub fn push(&self, out: &mut Vec<u8>) {
        match *self {
            Value::Integer(value) => ber::push_integer(out, tag::INTEGER, value),
            Value::OctetString(octets) => ber::push_element(out, tag::OCTET_STRING, octets),
            Value::Null => out.extend([tag::NULL, 0]),
            Value::ObjectIdentifier(oid) => ber::push_element(out, tag::OBJECT_IDENTIFIER, oid.as_octets()),
            Value::IpAddress(octets) => ber::push_element(out, tag::IP_ADDRESS, &octets),
            Value::Counter32(value) => ber::push_unsigned(out, tag::COUNTER32, value.into()),
            Value::Gauge32(value) => ber::push_unsigned(out, tag::GAUGE32, value.into()),
            Value::TimeTicks(value) => ber::push_unsigned(out, tag::TIME_TICKS, value.into()),
            Value::Opaque(octets) => ber::push_element(out, tag::OPAQUE, octets),
            Value::Counter64(value) => ber::push_unsigned(out, tag::COUNTER64, value),
            Value::NoSuchObject => out.extend([tag::NO_SUCH_OBJECT, 0]),
            Value::NoSuchInstance => out.extend([tag::NO_SUCH_INSTANCE, 0]),
            Value::EndOfMibView => out.extend([tag::END_OF_MIB_VIEW, 0]),
            Value::Unknown { tag, contents } => ber::push_element(out, tag, contents),
        }
    }

    /// Returns whether this is one of the three exceptions: no value stands here.
    pub fn is_exception(&self) -> bool {
        matches!(self, Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView)
    }

    /// Names the type as the standards write it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Integer(_) => "INTEGER",
            Value::OctetString(_) => "OCTET STRING",
            Value::Null => "NULL",
            Value::ObjectIdentifier(_) => "OBJECT IDENTIFIER",
            Value::IpAddress(_) => "IpAddress",
            Value::Counter32(_) => "Counter32",
            Value::Gauge32(_) => "Gauge32",
            Value::TimeTicks(_) => "TimeTicks",
            Value::Opaque(_) => "Opaque",
            Value::Counter64(_) => "Counter64",
            Value::NoSuchObject => "noSuchObject",
            Value::NoSuchInstance => "noSuchInstance",
            Value::EndOfMibView => "endOfMibView",
            Value::Unknown { .. } => "a type that SMIv2 does not know",
        }
    }
}

/// Reads a 32-bit unsigned; a fifth octet may only be the leading zero.
#[inline]
fn unsigned32(contents: &[u8]) -> Result<u32, BerError> {
    u32::try_from(ber::unsigned(contents)?).map_err(|_| BerError::BadInteger)
}
