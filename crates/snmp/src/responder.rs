//! The agent's side: answers requests from whatever holds the objects.
//!
//! It only reads. A SET is refused as RFC 3416 asks of a read-only view, for nothing in this
//! project may be changed by a datagram.

use crate::ber::{self, tag};
use crate::message::{ErrorStatus, Head, Message, Pdu, PduHead, PduType, PlainPdu, Version, push_message, push_varbind};
use crate::oid::OidRef;
use crate::usm::authority::{Authority, Opened};
use crate::value::Value;

/// Holds objects in the order of their identifiers.
pub trait Objects {
    /// Returns the value at exactly this identifier.
    fn get(&self, name: OidRef<'_>) -> Option<Value<'_>>;

    /// Returns the first object behind this identifier.
    fn next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)>;
}

/// Is how a responder answers.
#[derive(Clone, Debug)]
pub struct Manners {
    /// The only community that is answered; `None` answers all.
    pub community: Option<Vec<u8>>,
    /// The largest response in octets; RFC 3416 wants at least 484.
    pub largest_response: usize,
    pub v1: bool,
    pub v2c: bool,
}

impl Default for Manners {
    /// Answers both versions to anybody, within an Ethernet frame.
    fn default() -> Self {
        Manners { community: None, largest_response: 1472, v1: true, v2c: true }
    }
}

/// Is the most repetitions that one GETBULK gets, whatever it asks for.
const MOST_REPETITIONS: u32 = 1000;

/// Appends the answer to `request`; returns whether there is one.
///
/// No answer is given to what does not decode, to another community, to a version switched off,
/// and to anything that is no request. Version 3 is asked for through [`respond_v3`].
pub fn respond(request: &[u8], objects: &impl Objects, manners: &Manners, out: &mut Vec<u8>) -> bool {
    let Ok(Message { version, community, pdu: Pdu::Plain(pdu) }) = Message::parse(request) else {
        return false;
    };
    let spoken = match version {
        Version::V1 => manners.v1,
        Version::V2c => manners.v2c,
        Version::V3 => false,
    };
    if !spoken || manners.community.as_ref().is_some_and(|ours| ours != community) {
        return false;
    }
    let room = manners.largest_response.saturating_sub(overhead(community));
    let Some(answer) = answer(&pdu, version, objects, room) else { return false };
    let PduHead { kind, request_id, first, second } = answer.head;
    let head = Head { version, community, kind, request_id, first, second };
    push_message(out, &head, |out| out.extend_from_slice(&answer.bindings));
    true
}

/// Appends the answer of an engine with users to a request of v3; returns whether there is one.
///
/// `time` is snmpEngineTime in seconds. What the engine does not take it answers with a report, where
/// the standard allows one.
pub fn respond_v3(
    request: &[u8],
    objects: &impl Objects,
    manners: &Manners,
    authority: &mut Authority,
    time: u32,
    out: &mut Vec<u8>,
) -> bool {
    let mut room = Vec::new();
    let asked = match authority.open(request, time, &mut room, out) {
        Opened::Request(asked) => asked,
        Opened::Reported => return true,
        Opened::Nothing => return false,
    };
    let largest = manners.largest_response.min(asked.largest_answer as usize);
    let answer_room = largest.saturating_sub(asked.overhead());
    let Some(answer) = answer(&asked.pdu, Version::V3, objects, answer_room) else { return false };
    authority.push_answer(&asked, time, &answer.head, out, |out| out.extend_from_slice(&answer.bindings));
    true
}

/// Is what is answered to a request, in any version.
struct Answer {
    head: PduHead,
    /// The variable bindings as they travel.
    bindings: Vec<u8>,
}

/// Returns the answer to a PDU; `None` if it is no request.
fn answer(pdu: &PlainPdu<'_>, version: Version, objects: &impl Objects, room: usize) -> Option<Answer> {
    let mut bindings = Vec::new();
    let error = match (pdu.kind, version) {
        (PduType::Get | PduType::GetNext, _) => single(pdu, version, objects, room, &mut bindings),
        (PduType::GetBulk, Version::V2c | Version::V3) => bulk(pdu, objects, room, &mut bindings),
        (PduType::Set, Version::V1) => Err((ErrorStatus::ReadOnly, 1)),
        (PduType::Set, _) => Err((ErrorStatus::Other(17), 1)),
        (PduType::Inform, Version::V2c | Version::V3) => {
            bindings.extend_from_slice(pdu.varbinds.as_octets());
            Ok(())
        }
        _ => return None,
    };
    let (status, index) = error.err().unwrap_or((ErrorStatus::NoError, 0));
    match status {
        ErrorStatus::NoError => {}
        // v2c sends an empty list with tooBig; v1 sends the request's own list with every error.
        ErrorStatus::TooBig if version != Version::V1 => bindings.clear(),
        _ => {
            bindings.clear();
            bindings.extend_from_slice(pdu.varbinds.as_octets());
        }
    }
    let index = if status == ErrorStatus::TooBig && version != Version::V1 { 0 } else { index };
    let head = PduHead { kind: PduType::Response, request_id: pdu.request_id, first: status.number(), second: index };
    Some(Answer { head, bindings })
}

/// Returns the octets of a message around its bindings, at the most.
fn overhead(community: &[u8]) -> usize {
    4 + 3 + 2 + community.len() + 4 + 6 + 6 + 6 + 4
}

fn single(pdu: &PlainPdu<'_>, version: Version, objects: &impl Objects, room: usize, out: &mut Vec<u8>) -> Result<(), (ErrorStatus, u32)> {
    for (place, binding) in (1..).zip(pdu.varbinds) {
        let Ok(binding) = binding else {
            return Err((ErrorStatus::GenErr, place));
        };
        let found = match pdu.kind {
            PduType::Get => objects.get(binding.name).map(|value| (binding.name, value)),
            _ => std::iter::successors(objects.next(binding.name), |(name, _)| objects.next(*name))
                .find(|(_, value)| can_tell(version, value)),
        };
        let found = found.filter(|(_, value)| can_tell(version, value));
        match found {
            Some((name, value)) => push_varbind(out, name, value),
            None if version == Version::V1 => return Err((ErrorStatus::NoSuchName, place)),
            None if pdu.kind == PduType::Get => push_varbind(out, binding.name, missing(binding.name, objects)),
            None => push_varbind(out, binding.name, Value::EndOfMibView),
        }
        if out.len() > room {
            return Err((ErrorStatus::TooBig, 0));
        }
    }
    Ok(())
}

/// v1 has no Counter64: a GET misses it, a GETNEXT passes over it (RFC 3584 §4.2.2.1).
fn can_tell(version: Version, value: &Value<'_>) -> bool {
    version != Version::V1 || !matches!(value, Value::Counter64(_))
}

/// Tells the two exceptions of a GET apart: another instance of the object's column exists, or none.
fn missing<'a>(name: OidRef<'_>, objects: &impl Objects) -> Value<'a> {
    let octets = name.as_octets();
    let parent = octets.iter().rev().skip(1).position(|octet| *octet < 0x80).map_or(0, |back| octets.len() - 1 - back);
    let column = &octets[..parent];
    match objects.next(OidRef::new(column)) {
        Some((next, _)) if !column.is_empty() && next.as_octets().starts_with(column) => Value::NoSuchInstance,
        _ => Value::NoSuchObject,
    }
}

fn bulk(pdu: &PlainPdu<'_>, objects: &impl Objects, room: usize, out: &mut Vec<u8>) -> Result<(), (ErrorStatus, u32)> {
    let names: Result<Vec<OidRef<'_>>, _> = pdu.varbinds.map(|binding| binding.map(|b| b.name)).collect();
    let Ok(mut names) = names else {
        return Err((ErrorStatus::GenErr, 0));
    };
    let repeaters = names.split_off(names.len().min(pdu.first as usize));
    for name in names {
        if push_fitting(out, room, name, objects).is_none() {
            return Ok(());
        }
    }
    let mut last: Vec<Vec<u8>> = repeaters.iter().map(|name| name.as_octets().to_vec()).collect();
    for _ in 0..pdu.second.min(MOST_REPETITIONS) {
        let mut live = false;
        for name in &mut last {
            match push_fitting(out, room, OidRef::new(name), objects) {
                None => return Ok(()),
                Some(Some(next)) => {
                    name.clear();
                    name.extend_from_slice(next.as_octets());
                    live = true;
                }
                Some(None) => {}
            }
        }
        if !live {
            break;
        }
    }
    Ok(())
}

/// Appends the object behind `name`, or endOfMibView. Returns `None`, and appends nothing, if it does not fit.
fn push_fitting<'a>(out: &mut Vec<u8>, room: usize, name: OidRef<'_>, objects: &'a impl Objects) -> Option<Option<OidRef<'a>>> {
    let before = out.len();
    let next = objects.next(name);
    match next {
        Some((next, value)) => push_varbind(out, next, value),
        None => push_varbind(out, name, Value::EndOfMibView),
    }
    if out.len() > room {
        out.truncate(before);
        return None;
    }
    Some(next.map(|(next, _)| next))
}

/// Reads one element's value; what it holds is known to be well formed because we wrote it.
pub fn element_value(element: &[u8]) -> Value<'_> {
    match ber::Reader::new(element).element() {
        Ok((tag, contents)) => Value::from_element(tag, contents).unwrap_or(Value::Unknown { tag, contents }),
        Err(_) => Value::Unknown { tag: tag::NULL, contents: &[] },
    }
}
