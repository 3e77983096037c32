//! Messages of SNMP v1 and v2c: borrowed when read, appended to a buffer when written.
//!
//! Version 3 wraps the same PDUs: [`crate::v3`].
//!
//! Source: RFC 1157, RFC 1901, RFC 3416.

use crate::ber::{self, BerError, Reader, tag};
use crate::oid::OidRef;
use crate::value::Value;

/// Is the version of a message, with its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V1 = 0,
    V2c = 1,
    V3 = 3,
}

impl Version {
    /// Reads the version of a datagram, and nothing else of it.
    pub fn of(datagram: &[u8]) -> Result<Self, BerError> {
        match Reader::new(Reader::new(datagram).expect(tag::SEQUENCE)?).integer()? {
            0 => Ok(Version::V1),
            1 => Ok(Version::V2c),
            3 => Ok(Version::V3),
            other => Err(BerError::UnknownVersion(other)),
        }
    }
}

/// Is the type of a PDU, with its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PduType {
    Get = 0xa0,
    GetNext = 0xa1,
    Response = 0xa2,
    Set = 0xa3,
    TrapV1 = 0xa4,
    GetBulk = 0xa5,
    Inform = 0xa6,
    TrapV2 = 0xa7,
    Report = 0xa8,
}

impl PduType {
    fn from_tag(tag: u8) -> Result<Self, BerError> {
        Ok(match tag {
            0xa0 => PduType::Get,
            0xa1 => PduType::GetNext,
            0xa2 => PduType::Response,
            0xa3 => PduType::Set,
            0xa4 => PduType::TrapV1,
            0xa5 => PduType::GetBulk,
            0xa6 => PduType::Inform,
            0xa7 => PduType::TrapV2,
            0xa8 => PduType::Report,
            tag => return Err(BerError::UnknownPdu(tag)),
        })
    }
}

/// Is the error-status of a response.
///
/// Source: RFC 3416 §3; 1 to 5 are those of v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorStatus {
    NoError,
    TooBig,
    NoSuchName,
    BadValue,
    ReadOnly,
    GenErr,
    /// 6 (noAccess) to 18 (inconsistentName), and whatever else a device sends.
    Other(u32),
}

impl ErrorStatus {
    pub fn from_number(number: u32) -> Self {
        match number {
            0 => ErrorStatus::NoError,
            1 => ErrorStatus::TooBig,
            2 => ErrorStatus::NoSuchName,
            3 => ErrorStatus::BadValue,
            4 => ErrorStatus::ReadOnly,
            5 => ErrorStatus::GenErr,
            other => ErrorStatus::Other(other),
        }
    }

    pub fn number(&self) -> u32 {
        match self {
            ErrorStatus::NoError => 0,
            ErrorStatus::TooBig => 1,
            ErrorStatus::NoSuchName => 2,
            ErrorStatus::BadValue => 3,
            ErrorStatus::ReadOnly => 4,
            ErrorStatus::GenErr => 5,
            ErrorStatus::Other(number) => *number,
        }
    }

    /// Names the status as RFC 3416 does.
    pub fn name(&self) -> &'static str {
        const NAMES: [&str; 19] = [
            "noError",
            "tooBig",
            "noSuchName",
            "badValue",
            "readOnly",
            "genErr",
            "noAccess",
            "wrongType",
            "wrongLength",
            "wrongEncoding",
            "wrongValue",
            "noCreation",
            "inconsistentValue",
            "resourceUnavailable",
            "commitFailed",
            "undoFailed",
            "authorizationError",
            "notWritable",
            "inconsistentName",
        ];
        NAMES.get(self.number() as usize).copied().unwrap_or("an undefined error-status")
    }
}

/// Is a received message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message<'a> {
    pub version: Version,
    pub community: &'a [u8],
    pub pdu: Pdu<'a>,
}

/// Is a received PDU of any type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pdu<'a> {
    Plain(PlainPdu<'a>),
    TrapV1(TrapV1<'a>),
}

/// Is every PDU but the trap of v1: they share one shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlainPdu<'a> {
    pub kind: PduType,
    pub request_id: i32,
    /// error-status; of a GETBULK non-repeaters.
    pub first: u32,
    /// error-index; of a GETBULK max-repetitions.
    pub second: u32,
    pub varbinds: Varbinds<'a>,
}

impl PlainPdu<'_> {
    pub fn error_status(&self) -> ErrorStatus {
        ErrorStatus::from_number(self.first)
    }
}

/// Is the trap of v1.
///
/// Source: RFC 1157 §4.1.6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrapV1<'a> {
    pub enterprise: OidRef<'a>,
    pub agent_address: [u8; 4],
    pub generic: u32,
    pub specific: u32,
    /// sysUpTime in hundredths of a second.
    pub time_stamp: u32,
    pub varbinds: Varbinds<'a>,
}

/// Is one variable binding whose value is still an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Varbind<'a> {
    pub name: OidRef<'a>,
    pub tag: u8,
    pub contents: &'a [u8],
}

impl<'a> Varbind<'a> {
    pub fn value(&self) -> Result<Value<'a>, BerError> {
        Value::from_element(self.tag, self.contents)
    }

    /// Returns whether one of the three exceptions stands in place of a value.
    pub fn is_exception(&self) -> bool {
        (tag::NO_SUCH_OBJECT..=tag::END_OF_MIB_VIEW).contains(&self.tag)
    }
}

/// Iterates variable bindings; after an error it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Varbinds<'a> {
    octets: &'a [u8],
}

impl<'a> Varbinds<'a> {
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// Returns the octets of the whole list, to be sent back as they came.
    pub fn as_octets(&self) -> &'a [u8] {
        self.octets
    }
}

impl<'a> Iterator for Varbinds<'a> {
    type Item = Result<Varbind<'a>, BerError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.octets.is_empty() {
            return None;
        }
        let mut list = Reader::new(self.octets);
        let binding = list.expect(tag::SEQUENCE).and_then(varbind);
        self.octets = if binding.is_ok() { list.rest() } else { &[] };
        Some(binding)
    }
}

#[inline]
fn varbind(contents: &[u8]) -> Result<Varbind<'_>, BerError> {
    let mut binding = Reader::new(contents);
    let name = OidRef::new(binding.expect(tag::OBJECT_IDENTIFIER)?);
    let (tag, contents) = binding.element()?;
    Ok(Varbind { name, tag, contents })
}

impl<'a> Message<'a> {
    /// Reads a datagram. The variable bindings are read when they are iterated.
    ///
    /// Octets behind the message are ignored: some boards pad their datagrams.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, BerError> {
        let mut message = Reader::new(Reader::new(datagram).expect(tag::SEQUENCE)?);
        let version = match message.integer()? {
            0 => Version::V1,
            1 => Version::V2c,
            other => return Err(BerError::UnknownVersion(other)),
        };
        let community = message.expect(tag::OCTET_STRING)?;
        let pdu = Pdu::read(&mut message)?;
        Ok(Message { version, community, pdu })
    }
}

impl<'a> Pdu<'a> {
    /// Reads one PDU of any type.
    pub(crate) fn read(from: &mut Reader<'a>) -> Result<Self, BerError> {
        let (pdu_tag, contents) = from.element()?;
        Ok(match PduType::from_tag(pdu_tag)? {
            PduType::TrapV1 => Pdu::TrapV1(trap_v1(contents)?),
            kind => Pdu::Plain(plain(kind, contents)?),
        })
    }
}

fn plain(kind: PduType, contents: &[u8]) -> Result<PlainPdu<'_>, BerError> {
    let mut pdu = Reader::new(contents);
    let request_id = i32::try_from(pdu.integer()?).map_err(|_| BerError::BadInteger)?;
    // RFC 3416 §4.2.3: negative non-repeaters and max-repetitions count as 0.
    let mut number = || Ok(u32::try_from(pdu.integer()?.clamp(0, i64::from(i32::MAX))).unwrap_or(0));
    let (first, second) = (number()?, number()?);
    let varbinds = Varbinds { octets: pdu.expect(tag::SEQUENCE)? };
    Ok(PlainPdu { kind, request_id, first, second, varbinds })
}

fn trap_v1(contents: &[u8]) -> Result<TrapV1<'_>, BerError> {
    let mut pdu = Reader::new(contents);
    let enterprise = OidRef::new(pdu.expect(tag::OBJECT_IDENTIFIER)?);
    let agent_address = pdu.expect(tag::IP_ADDRESS)?.try_into().map_err(|_| BerError::BadLength)?;
    let generic = u32::try_from(pdu.integer()?).map_err(|_| BerError::BadInteger)?;
    let specific = u32::try_from(pdu.integer()?).map_err(|_| BerError::BadInteger)?;
    let time_stamp = u32::try_from(ber::unsigned(pdu.expect(tag::TIME_TICKS)?)?).map_err(|_| BerError::BadInteger)?;
    let varbinds = Varbinds { octets: pdu.expect(tag::SEQUENCE)? };
    Ok(TrapV1 { enterprise, agent_address, generic, specific, time_stamp, varbinds })
}

/// Is what stands before the variable bindings of a message of v1 or v2c to be written.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub version: Version,
    pub community: &'a [u8],
    pub kind: PduType,
    pub request_id: i32,
    /// error-status; of a GETBULK non-repeaters.
    pub first: u32,
    /// error-index; of a GETBULK max-repetitions.
    pub second: u32,
}

/// Is what stands before the variable bindings of a PDU to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PduHead {
    pub kind: PduType,
    pub request_id: i32,
    /// error-status; of a GETBULK non-repeaters.
    pub first: u32,
    /// error-index; of a GETBULK max-repetitions.
    pub second: u32,
}

/// Appends a PDU whose variable bindings `varbinds` writes.
pub fn push_pdu(out: &mut Vec<u8>, head: &PduHead, varbinds: impl FnOnce(&mut Vec<u8>)) {
    ber::push_constructed(out, head.kind as u8, |out| {
        ber::push_integer(out, tag::INTEGER, head.request_id.into());
        ber::push_integer(out, tag::INTEGER, head.first.into());
        ber::push_integer(out, tag::INTEGER, head.second.into());
        ber::push_constructed(out, tag::SEQUENCE, varbinds);
    });
}

/// Appends a message whose variable bindings `varbinds` writes.
pub fn push_message(out: &mut Vec<u8>, head: &Head<'_>, varbinds: impl FnOnce(&mut Vec<u8>)) {
    ber::push_constructed(out, tag::SEQUENCE, |out| {
        out.extend([tag::INTEGER, 1, head.version as u8]);
        ber::push_element(out, tag::OCTET_STRING, head.community);
        let Head { kind, request_id, first, second, .. } = *head;
        push_pdu(out, &PduHead { kind, request_id, first, second }, varbinds);
    });
}

/// Appends a trap of v1.
pub fn push_trap_v1(out: &mut Vec<u8>, community: &[u8], trap: &TrapV1<'_>, varbinds: impl FnOnce(&mut Vec<u8>)) {
    ber::push_constructed(out, tag::SEQUENCE, |out| {
        out.extend([tag::INTEGER, 1, Version::V1 as u8]);
        ber::push_element(out, tag::OCTET_STRING, community);
        ber::push_constructed(out, PduType::TrapV1 as u8, |out| {
            ber::push_element(out, tag::OBJECT_IDENTIFIER, trap.enterprise.as_octets());
            ber::push_element(out, tag::IP_ADDRESS, &trap.agent_address);
            ber::push_integer(out, tag::INTEGER, trap.generic.into());
            ber::push_integer(out, tag::INTEGER, trap.specific.into());
            ber::push_unsigned(out, tag::TIME_TICKS, trap.time_stamp.into());
            ber::push_constructed(out, tag::SEQUENCE, varbinds);
        });
    });
}

/// Appends one binding.
pub fn push_varbind(out: &mut Vec<u8>, name: OidRef<'_>, value: Value<'_>) {
    ber::push_constructed(out, tag::SEQUENCE, |out| {
        ber::push_element(out, tag::OBJECT_IDENTIFIER, name.as_octets());
        value.push(out);
    });
}

/// Appends the binding of a request: a name made of a column and an instance, and NULL.
#[inline]
pub fn push_name(out: &mut Vec<u8>, column: &[u8], instance: &[u32]) {
    let start = out.len();
    out.extend([tag::SEQUENCE, 0, tag::OBJECT_IDENTIFIER, 0]);
    out.extend_from_slice(column);
    instance.iter().for_each(|arc| crate::oid::push_arc(out, *arc));
    let length = out.len() - start - 4;
    if length < 0x7c {
        out[start + 3] = length as u8;
        out[start + 1] = length as u8 + 4;
        out.extend([tag::NULL, 0]);
        return;
    }
    // A name of 124 octets and more is rare enough to be written once more, the long way.
    let name = out.split_off(start + 4);
    out.truncate(start);
    push_varbind(out, OidRef::new(&name), Value::Null);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oid;

    fn head(kind: PduType) -> Head<'static> {
        Head { version: Version::V2c, community: b"public", kind, request_id: 0x4000_0001, first: 0, second: 0 }
    }

    /// The bytes of `snmpget -v2c -c public HOST 1.3.6.1.2.1.1.2.0`, as net-snmp 5.9 sends them.
    #[test]
    fn a_get_has_the_bytes_of_net_snmp() {
        let mut out = Vec::new();
        let name = oid::encode(&[1, 3, 6, 1, 2, 1, 1, 2]);
        push_message(&mut out, &head(PduType::Get), |out| push_name(out, &name, &[0]));
        let expected = [
            0x30, 0x29, 0x02, 0x01, 0x01, 0x04, 0x06, b'p', b'u', b'b', b'l', b'i', b'c', 0xa0, 0x1c, 0x02, 0x04, 0x40, 0, 0, 1, 0x02,
            0x01, 0, 0x02, 0x01, 0, 0x30, 0x0e, 0x30, 0x0c, 0x06, 0x08, 0x2b, 6, 1, 2, 1, 1, 2, 0, 0x05, 0,
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn every_value_type_survives_a_response() {
        let sys = oid::encode(&[1, 3, 6, 1, 4, 1, 1347, 41]);
        let values = [
            Value::Integer(-3),
            Value::OctetString(b"TK-1170"),
            Value::Null,
            Value::ObjectIdentifier(OidRef::new(&sys)),
            Value::IpAddress([127, 0, 0, 1]),
            Value::Counter32(u32::MAX),
            Value::Gauge32(0x8000_0000),
            Value::TimeTicks(3_721_980_054),
            Value::Opaque(&[0x9f, 0x78, 4, 0, 0, 0, 0]),
            Value::Counter64(u64::MAX),
            Value::NoSuchObject,
            Value::NoSuchInstance,
            Value::EndOfMibView,
        ];
        let mut out = Vec::new();
        push_message(&mut out, &head(PduType::Response), |out| {
            values.iter().for_each(|value| push_varbind(out, OidRef::new(&sys), *value));
        });
        let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(&out) else { panic!("{out:x?}") };
        let read: Vec<Value> = pdu.varbinds.map(|binding| binding.and_then(|b| b.value()).expect("just written")).collect();
        assert_eq!(read, values);
    }

    #[test]
    fn a_trap_of_v1_survives() {
        let enterprise = oid::encode(&[1, 3, 6, 1, 2, 1, 43, 18, 2]);
        let trap = TrapV1 {
            enterprise: OidRef::new(&enterprise),
            agent_address: [10, 0, 0, 7],
            generic: 6,
            specific: 1,
            time_stamp: 4_000_000_000,
            varbinds: Varbinds { octets: &[] },
        };
        let mut out = Vec::new();
        push_trap_v1(&mut out, b"public", &trap, |_| {});
        assert_eq!(Message::parse(&out).map(|m| m.pdu), Ok(Pdu::TrapV1(trap)));
    }

    #[test]
    fn long_names_are_written_with_long_lengths() {
        let name = vec![0x01; 200];
        let mut out = Vec::new();
        push_message(&mut out, &head(PduType::Get), |out| push_name(out, &name, &[1, 2]));
        let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(&out) else { panic!("{out:x?}") };
        let names: Vec<_> = pdu.varbinds.map(|b| b.expect("just written").name.as_octets().len()).collect();
        assert_eq!(names, [202]);
    }

    #[test]
    fn every_cut_of_a_message_is_an_error_and_never_a_panic() {
        let mut out = Vec::new();
        let name = oid::encode(&[1, 3, 6, 1, 2, 1, 1, 1, 0]);
        push_message(&mut out, &head(PduType::Response), |out| {
            push_varbind(out, OidRef::new(&name), Value::OctetString(&[7; 300]));
        });
        for end in 0..out.len() {
            assert!(Message::parse(&out[..end]).is_err(), "cut at {end}");
        }
    }
}
