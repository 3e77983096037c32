//! Messages of SNMP v3: borrowed when read, appended to a buffer when written.
//!
//! This file knows where everything stands; what is proved and hidden how is [`crate::usm`]'s.
//!
//! Source: RFC 3412 §6 (message), RFC 3414 §2.4 (security parameters).

use std::fmt;

use crate::ber::{self, BerError, Reader, tag};
use crate::message::Pdu;
use crate::usm::Level;

/// Is the number of the User-based Security Model.
pub const USM: i64 = 3;
/// Is what we tell that we can take: the most that a UDP datagram of IPv4 holds.
pub const LARGEST_MESSAGE: u32 = 65_507;
/// Is what every engine can take (RFC 3412 §6.2).
pub const SMALLEST_LARGEST_MESSAGE: u32 = 484;

const FLAG_AUTH: u8 = 1;
const FLAG_PRIV: u8 = 2;
const FLAG_REPORTABLE: u8 = 4;

/// Is the identifier of an SNMP engine: up to 32 octets, none of them before it is known.
///
/// Source: RFC 3411 §5, SnmpEngineID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineId {
    length: u8,
    octets: [u8; 32],
}

impl EngineId {
    /// Is no engine: what a request says that is to learn it.
    pub const UNKNOWN: Self = EngineId { length: 0, octets: [0; 32] };

    /// Takes up to 32 octets; `None` if there are more.
    pub fn new(octets: &[u8]) -> Option<Self> {
        let mut id = EngineId { length: octets.len() as u8, octets: [0; 32] };
        id.octets.get_mut(..octets.len())?.copy_from_slice(octets);
        Some(id)
    }

    pub fn as_octets(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }

    pub fn is_unknown(&self) -> bool {
        self.length == 0
    }

    /// Reads hexadecimal digits, as [`fmt::Display`] writes them.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
        let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        let octets: Vec<u8> = pairs.collect::<Option<_>>()?;
        digits.len().is_multiple_of(2).then_some(octets).as_deref().and_then(Self::new)
    }
}

impl fmt::Display for EngineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_octets().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for EngineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Is a received message of v3 before anything of it is believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope<'a> {
    /// msgID.
    pub id: i32,
    /// msgMaxSize: what the sender says it can take. Some say nonsense.
    pub largest_answer: u32,
    pub level: Level,
    pub is_reportable: bool,
    pub engine_id: EngineId,
    /// snmpEngineBoots, 0 to 2³¹−1.
    pub boots: u32,
    /// snmpEngineTime in seconds, 0 to 2³¹−1.
    pub time: u32,
    pub user: &'a [u8],
    /// msgPrivacyParameters.
    pub salt: &'a [u8],
    /// msgAuthenticationParameters.
    pub mac: &'a [u8],
    /// The message around the authentication parameters, without octets that pad the datagram.
    pub around_mac: (&'a [u8], &'a [u8]),
    /// The scoped PDU as an element, or, of level authPriv, what hides it.
    pub data: &'a [u8],
}

/// Says why octets are no message of v3 that can be dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    Ber(BerError),
    /// Hidden, and not proved: RFC 3412 §7.2 knows no such level.
    PrivacyWithoutAuthentication,
    /// Another security model than USM.
    UnknownSecurityModel(i64),
}

impl From<BerError> for Malformed {
    fn from(error: BerError) -> Self {
        Malformed::Ber(error)
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Ber(error) => error.fmt(f),
            Malformed::PrivacyWithoutAuthentication => f.write_str("privacy without authentication, which no level has"),
            Malformed::UnknownSecurityModel(model) => write!(f, "security model {model}, expected 3 (USM)"),
        }
    }
}

impl std::error::Error for Malformed {}

impl<'a> Envelope<'a> {
    /// Reads a datagram; octets behind the message are ignored.
    ///
    /// # Errors
    /// Fails if it is no message of v3 under the User-based Security Model.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let mut all = Reader::new(datagram);
        let mut message = Reader::new(all.expect(tag::SEQUENCE)?);
        let whole = &datagram[..datagram.len() - all.rest().len()];
        match message.integer()? {
            3 => {}
            other => return Err(BerError::UnknownVersion(other).into()),
        }
        let mut global = Reader::new(message.expect(tag::SEQUENCE)?);
        let id = i32::try_from(global.integer()?).map_err(|_| BerError::BadInteger)?;
        let largest_answer = number(&mut global)?;
        let [flags] = global.expect(tag::OCTET_STRING)? else { return Err(BerError::BadLength.into()) };
        let level = match flags & (FLAG_AUTH | FLAG_PRIV) {
            0 => Level::NoAuthNoPriv,
            FLAG_AUTH => Level::AuthNoPriv,
            FLAG_PRIV => return Err(Malformed::PrivacyWithoutAuthentication),
            _ => Level::AuthPriv,
        };
        match global.integer()? {
            USM => {}
            other => return Err(Malformed::UnknownSecurityModel(other)),
        }
        let mut security = Reader::new(Reader::new(message.expect(tag::OCTET_STRING)?).expect(tag::SEQUENCE)?);
        let engine_id = EngineId::new(security.expect(tag::OCTET_STRING)?).ok_or(BerError::BadLength)?;
        let (boots, time) = (number(&mut security)?, number(&mut security)?);
        let user = security.expect(tag::OCTET_STRING)?;
        if user.len() > 32 {
            return Err(BerError::BadLength.into());
        }
        let mac = security.expect(tag::OCTET_STRING)?;
        let salt = security.expect(tag::OCTET_STRING)?;
        let data = match level {
            Level::AuthPriv => message.expect(tag::OCTET_STRING)?,
            _ => message.rest(),
        };
        // Both are parts of one slice, so their addresses tell where in the message the parameters stand.
        let mac_at = mac.as_ptr().addr() - whole.as_ptr().addr();
        let around_mac = (&whole[..mac_at], &whole[mac_at + mac.len()..]);
        let is_reportable = flags & FLAG_REPORTABLE != 0;
        Ok(Envelope { id, largest_answer, level, is_reportable, engine_id, boots, time, user, salt, mac, around_mac, data })
    }
}

/// Reads a number from 0 to 2³¹−1.
fn number(from: &mut Reader<'_>) -> Result<u32, BerError> {
    let number = i32::try_from(from.integer()?).map_err(|_| BerError::BadInteger)?;
    u32::try_from(number).map_err(|_| BerError::BadInteger)
}

/// Is a PDU with the context it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scoped<'a> {
    pub context_engine_id: &'a [u8],
    pub context: &'a [u8],
    pub pdu: Pdu<'a>,
}

impl<'a> Scoped<'a> {
    /// Reads a scoped PDU; octets behind it are padding.
    ///
    /// # Errors
    /// Fails if it is none: after decryption with the wrong key, too.
    pub fn parse(octets: &'a [u8]) -> Result<Self, BerError> {
        let mut scoped = Reader::new(Reader::new(octets).expect(tag::SEQUENCE)?);
        let context_engine_id = scoped.expect(tag::OCTET_STRING)?;
        let context = scoped.expect(tag::OCTET_STRING)?;
        Ok(Scoped { context_engine_id, context, pdu: Pdu::read(&mut scoped)? })
    }
}

/// Appends a scoped PDU.
pub fn push_scoped(out: &mut Vec<u8>, context_engine_id: &[u8], context: &[u8], pdu: impl FnOnce(&mut Vec<u8>)) {
    ber::push_constructed(out, tag::SEQUENCE, |out| {
        ber::push_element(out, tag::OCTET_STRING, context_engine_id);
        ber::push_element(out, tag::OCTET_STRING, context);
        pdu(out);
    });
}

/// Is what stands before the scoped PDU of a message to be written.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub id: i32,
    pub level: Level,
    pub is_reportable: bool,
    pub engine_id: EngineId,
    pub boots: u32,
    pub time: u32,
    pub user: &'a [u8],
    /// How many octets the authentication parameters take; they are written as zeros.
    pub mac_octets: usize,
    /// msgPrivacyParameters.
    pub salt: &'a [u8],
}

/// Appends a message whose data `data` writes: a scoped PDU, or the octets that hide it.
///
/// Returns where in `out` the authentication parameters stand.
pub fn push_message(out: &mut Vec<u8>, head: &Head<'_>, data: impl FnOnce(&mut Vec<u8>)) -> usize {
    // Lengths grow in place and push what stands behind them, so the place is counted from the end.
    let mut behind_mac = 0;
    ber::push_constructed(out, tag::SEQUENCE, |out| {
        out.extend([tag::INTEGER, 1, 3]);
        ber::push_constructed(out, tag::SEQUENCE, |out| {
            ber::push_integer(out, tag::INTEGER, head.id.into());
            ber::push_integer(out, tag::INTEGER, LARGEST_MESSAGE.into());
            out.extend([tag::OCTET_STRING, 1, head.flags()]);
            ber::push_integer(out, tag::INTEGER, USM);
        });
        ber::push_constructed(out, tag::OCTET_STRING, |out| {
            ber::push_constructed(out, tag::SEQUENCE, |out| {
                ber::push_element(out, tag::OCTET_STRING, head.engine_id.as_octets());
                ber::push_integer(out, tag::INTEGER, head.boots.into());
                ber::push_integer(out, tag::INTEGER, head.time.into());
                ber::push_element(out, tag::OCTET_STRING, head.user);
                out.extend([tag::OCTET_STRING, head.mac_octets as u8]);
                let mac_at = out.len();
                out.resize(mac_at + head.mac_octets, 0);
                ber::push_element(out, tag::OCTET_STRING, head.salt);
                behind_mac = out.len() - mac_at;
            });
        });
        let before = out.len();
        match head.level {
            Level::AuthPriv => ber::push_constructed(out, tag::OCTET_STRING, data),
            _ => data(out),
        }
        behind_mac += out.len() - before;
    });
    out.len() - behind_mac
}

impl Head<'_> {
    fn flags(&self) -> u8 {
        let level = match self.level {
            Level::NoAuthNoPriv => 0,
            Level::AuthNoPriv => FLAG_AUTH,
            Level::AuthPriv => FLAG_AUTH | FLAG_PRIV,
        };
        level | if self.is_reportable { FLAG_REPORTABLE } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{PduHead, PduType, push_name, push_pdu};

    fn head(level: Level, mac_octets: usize) -> Head<'static> {
        let engine_id = EngineId::new(&[0x80, 0, 0x1f, 0x88, 4, b'a']).unwrap();
        Head { id: 77, level, is_reportable: true, engine_id, boots: 3, time: 4711, user: b"service", mac_octets, salt: &[] }
    }

    fn get(out: &mut Vec<u8>, names: usize) {
        push_scoped(out, b"engine", b"Jetdirect", |out| {
            let head = PduHead { kind: PduType::Get, request_id: 77, first: 0, second: 0 };
            push_pdu(out, &head, |out| (0..names).for_each(|place| push_name(out, &[0x2b, 6, 1], &[place as u32])));
        });
    }

    #[test]
    fn a_message_survives_at_every_size_and_tells_where_its_mac_stands() {
        for (names, mac_octets) in [(0, 0), (1, 12), (1, 48), (9, 24), (30, 24), (3000, 48)] {
            let mut out = vec![9; 5];
            let level = if mac_octets == 0 { Level::NoAuthNoPriv } else { Level::AuthNoPriv };
            let mac_at = push_message(&mut out, &head(level, mac_octets), |out| get(out, names));
            out[mac_at..mac_at + mac_octets].fill(0xaa);
            let envelope = Envelope::parse(&out[5..]).unwrap();
            assert_eq!(envelope.mac, vec![0xaa; mac_octets]);
            assert_eq!((envelope.id, envelope.boots, envelope.time, envelope.user), (77, 3, 4711, &b"service"[..]));
            assert_eq!((envelope.level, envelope.is_reportable), (level, true));
            let Scoped { context, pdu: Pdu::Plain(pdu), .. } = Scoped::parse(envelope.data).unwrap() else { panic!("a GET") };
            assert_eq!((context, pdu.request_id, pdu.varbinds.count()), (&b"Jetdirect"[..], 77, names));
        }
    }

    #[test]
    fn every_cut_of_a_message_is_an_error_and_never_a_panic() {
        let mut out = Vec::new();
        push_message(&mut out, &head(Level::AuthNoPriv, 24), |out| get(out, 2));
        for end in 0..out.len() {
            assert!(Envelope::parse(&out[..end]).is_err(), "cut at {end}");
        }
        out.extend([0; 7]);
        assert_eq!(Envelope::parse(&out).map(|envelope| envelope.around_mac.1.len()).unwrap(), out.len() - 7 - out_before_mac(&out));
    }

    fn out_before_mac(out: &[u8]) -> usize {
        let envelope = Envelope::parse(out).unwrap();
        envelope.around_mac.0.len() + envelope.mac.len()
    }

    #[test]
    fn an_engine_id_is_written_as_it_is_read() {
        let id = EngineId::parse("0x80001f8804").unwrap();
        assert_eq!(EngineId::parse(&id.to_string()), Some(id));
        assert_eq!(EngineId::parse("8000f"), None);
        assert_eq!(EngineId::parse("zz"), None);
        assert_eq!(EngineId::new(&[0; 33]), None);
        assert!(EngineId::parse("").unwrap().is_unknown());
    }

    #[test]
    fn privacy_without_authentication_and_other_models_are_refused() {
        let mut out = Vec::new();
        push_message(&mut out, &head(Level::NoAuthNoPriv, 0), |out| get(out, 1));
        let flags_at = out.windows(3).position(|three| three == [tag::OCTET_STRING, 1, FLAG_REPORTABLE]).unwrap() + 2;
        let mut hidden = out.clone();
        hidden[flags_at] = FLAG_PRIV;
        assert_eq!(Envelope::parse(&hidden), Err(Malformed::PrivacyWithoutAuthentication));
        let mut other = out.clone();
        other[flags_at + 3] = 2;
        assert_eq!(Envelope::parse(&other), Err(Malformed::UnknownSecurityModel(2)));
    }
}
