//! How devices misbehave, on purpose and in one place: wrapped around an honest responder.
//!
//! Some vices change what the objects say, the others what becomes of the answer.

use snmp::ber::tag;
use snmp::message::{ErrorStatus, Head, Pdu, PduHead, PlainPdu, push_message, push_varbind};
use snmp::responder::{Manners, Objects, respond, respond_v3};
use snmp::usm::authority::{Authority, Opened};
use snmp::{Message, OidRef, PduType, Value, Version};

use crate::device::ReplyFrom;
use crate::time::Tick;

/// Is how often a vice strikes: every n-th request that the device gets; 0 is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Every(pub u32);

impl Every {
    pub const NEVER: Every = Every(0);
    pub const ALWAYS: Every = Every(1);

    fn strikes(self, nth: u64) -> bool {
        self.0 != 0 && nth.is_multiple_of(u64::from(self.0))
    }
}

/// Is how GETNEXT and GETBULK go wrong in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFault {
    /// At its end the table gives its last object, for ever.
    Stuck,
    /// At its end the table begins again.
    Restarts,
    /// The table is walked from its last object to its first.
    Reversed,
}

/// Lists what is wrong with a device; by default nothing.
///
/// An hrDeviceIndex other than 1 is no vice: see [`crate::ModelSpec::device_index`]. Identifiers
/// are contents as `snmp::oid::encode` writes them, and mean everything beneath them.
#[derive(Clone, Debug, Default)]
pub struct Vices {
    /// Versions 2c and 3 get no answer.
    pub v1_only: bool,
    /// In version 1 this object does not exist, so that a GET of it and others fails as a whole.
    pub hidden_in_v1: Option<Vec<u8>>,
    /// These objects are OCTET STRINGs, whatever the standard says.
    pub mistyped: Vec<Vec<u8>>,
    /// These objects are INTEGERs of nine octets, which no type holds.
    pub nine_octets: Vec<Vec<u8>>,
    /// A table, and what is wrong with it.
    pub table: Option<(Vec<u8>, TableFault)>,
    /// GETBULK gets no answer.
    pub ignores_bulk: bool,
    /// GETBULK gets no more variable bindings than this.
    pub bulk_bindings: Option<usize>,
    /// Answers above this many octets become tooBig, those to GETBULK too.
    pub too_big_above: Option<usize>,
    /// Gives no answer.
    pub drops: Every,
    /// Answers with the request id + 1.
    pub wrong_request_id: Every,
    /// Answers with another community.
    pub wrong_community: Every,
    /// Gives the variable bindings of an answer in the reverse order.
    pub shuffles: Every,
    /// Ends the answer in its middle.
    pub truncates: Every,
    /// Swells the answer to the largest datagram there is.
    pub swells: Every,
    /// Writes the message with the indefinite length that SNMP forbids.
    pub indefinite: Every,
    /// Sends the answer twice.
    pub duplicates: Every,
    /// Sends the answer later by `late_by`.
    pub late: Every,
    pub late_by: Tick,
    /// Sends every answer from here.
    pub answers_from: ReplyFrom,
    /// After its first restart snmpEngineBoots is 0, and stays so.
    pub forgets_boots: bool,
}

/// Is the most octets that a UDP datagram carries over IPv4.
pub const LARGEST_DATAGRAM: usize = 65_507;

/// Is what v2c takes around the bindings, at the most, where there is no community.
const PLAIN_OVERHEAD: usize = 35;

/// Is what a mistyped object says.
const MISTYPED: Value<'static> = Value::OctetString(b"n/a");

/// Is what an object of nine octets says.
const NINE_OCTETS: Value<'static> = Value::Unknown { tag: tag::INTEGER, contents: &[1; 9] };

/// Is one datagram that a device sends, and how long after its usual time.
pub(crate) struct Answer {
    pub octets: Vec<u8>,
    pub late_by: Tick,
}

impl Vices {
    /// Answers the `nth` request of a device with no datagram, one, or two.
    ///
    /// `engine` is the device's engine of v3 with its snmpEngineTime, if the request is of v3.
    pub(crate) fn answer(
        &self,
        nth: u64,
        request: &[u8],
        objects: &impl Objects,
        manners: &Manners,
        engine: Option<(&mut Authority, u32)>,
        answers: &mut Vec<Answer>,
    ) {
        if self.drops.strikes(nth) {
            return;
        }
        let octets = match engine {
            Some((authority, time)) => self.message_v3(nth, request, objects, manners, authority, time),
            None => self.message(nth, request, objects, manners),
        };
        let Some(octets) = octets else { return };
        let late_by = if self.late.strikes(nth) { self.late_by } else { 0 };
        if self.duplicates.strikes(nth) {
            answers.push(Answer { octets: octets.clone(), late_by });
        }
        answers.push(Answer { octets, late_by });
    }

    fn message(&self, nth: u64, request: &[u8], objects: &impl Objects, manners: &Manners) -> Option<Vec<u8>> {
        let mut honest = Vec::new();
        if !self.touches_messages() {
            return respond(request, objects, manners, &mut honest).then_some(honest);
        }
        let Ok(Message { version, pdu: Pdu::Plain(asked), .. }) = Message::parse(request) else { return None };
        let is_bulk = asked.kind == PduType::GetBulk;
        if self.v1_only && version != Version::V1 || self.ignores_bulk && is_bulk {
            return None;
        }
        let crooked = Crooked { honest: objects, vices: self, version };
        respond(request, &crooked, manners, &mut honest).then_some(())?;
        Some(self.spoil(nth, self.bend(nth, &honest, &asked)))
    }

    fn message_v3(
        &self,
        nth: u64,
        request: &[u8],
        objects: &impl Objects,
        manners: &Manners,
        authority: &mut Authority,
        time: u32,
    ) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        if !self.touches_messages() {
            return respond_v3(request, objects, manners, authority, time, &mut octets).then_some(octets);
        }
        let mut room = Vec::new();
        let asked = match authority.open(request, time, &mut room, &mut octets) {
            Opened::Request(asked) => asked,
            Opened::Reported => return Some(octets),
            Opened::Nothing => return None,
        };
        if self.v1_only || self.ignores_bulk && asked.pdu.kind == PduType::GetBulk {
            return None;
        }
        // The PDUs are those of v2c: they are answered and bent as such, and sealed after that.
        let PlainPdu { kind, request_id, first, second, varbinds } = asked.pdu;
        let head = Head { version: Version::V2c, community: &[], kind, request_id, first, second };
        let (mut plain, mut honest) = (Vec::new(), Vec::new());
        push_message(&mut plain, &head, |out| out.extend_from_slice(varbinds.as_octets()));
        let largest_response =
            manners.largest_response.min(asked.largest_answer as usize).saturating_sub(asked.overhead()) + PLAIN_OVERHEAD;
        let manners = Manners { community: None, largest_response, v1: false, v2c: true };
        let crooked = Crooked { honest: objects, vices: self, version: Version::V3 };
        respond(&plain, &crooked, &manners, &mut honest).then_some(())?;
        let bent = self.bend(nth, &honest, &asked.pdu);
        let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(&bent) else { return None };
        let head = PduHead { kind: pdu.kind, request_id: pdu.request_id, first: pdu.first, second: pdu.second };
        authority.push_answer(&asked, time, &head, &mut octets, |out| out.extend_from_slice(pdu.varbinds.as_octets()));
        Some(self.spoil(nth, octets))
    }

    fn touches_messages(&self) -> bool {
        let often = [self.wrong_request_id, self.wrong_community, self.shuffles, self.truncates, self.swells, self.indefinite];
        self.v1_only
            || self.ignores_bulk
            || self.hidden_in_v1.is_some()
            || self.table.is_some()
            || self.bulk_bindings.is_some()
            || self.too_big_above.is_some()
            || !self.mistyped.is_empty()
            || !self.nine_octets.is_empty()
            || often.iter().any(|every| *every != Every::NEVER)
    }

    /// Writes an honest answer once more, with what is wrong with it.
    fn bend(&self, nth: u64, honest: &[u8], asked: &PlainPdu<'_>) -> Vec<u8> {
        let Ok(Message { version, community, pdu: Pdu::Plain(pdu) }) = Message::parse(honest) else { return honest.to_vec() };
        let mut head = Head { version, community, kind: pdu.kind, request_id: pdu.request_id, first: pdu.first, second: pdu.second };
        let mut bindings: Vec<(OidRef<'_>, Value<'_>)> =
            pdu.varbinds.flatten().map(|binding| (binding.name, Value::Unknown { tag: binding.tag, contents: binding.contents })).collect();
        if let (PduType::GetBulk, Some(most)) = (asked.kind, self.bulk_bindings) {
            bindings.truncate(most);
        }
        if self.too_big_above.is_some_and(|most| honest.len() > most) {
            (head.first, head.second) = (ErrorStatus::TooBig.number(), 0);
            bindings.clear();
        }
        if self.shuffles.strikes(nth) {
            bindings.reverse();
        }
        if self.wrong_request_id.strikes(nth) {
            head.request_id = head.request_id.wrapping_add(1);
        }
        if self.wrong_community.strikes(nth) {
            head.community = b"another";
        }
        let filling = if self.swells.strikes(nth) { vec![b'x'; LARGEST_DATAGRAM.saturating_sub(honest.len() + 40)] } else { Vec::new() };
        let mut octets = Vec::new();
        push_message(&mut octets, &head, |out| {
            bindings.iter().for_each(|(name, value)| push_varbind(out, *name, *value));
            if let (false, Some((name, _))) = (filling.is_empty(), bindings.last()) {
                push_varbind(out, *name, Value::OctetString(&filling));
            }
        });
        octets
    }

    /// Spoils a message as a whole.
    fn spoil(&self, nth: u64, mut octets: Vec<u8>) -> Vec<u8> {
        if self.indefinite.strikes(nth) {
            octets = with_indefinite_length(&octets);
        }
        if self.truncates.strikes(nth) {
            octets.truncate(octets.len() / 2);
        }
        octets
    }
}

/// Replaces the length of a message by the indefinite form, which ends with two zero octets.
fn with_indefinite_length(message: &[u8]) -> Vec<u8> {
    let length_octets = match message.get(1) {
        Some(first) if *first > 0x80 => usize::from(first & 0x7f) + 1,
        _ => 1,
    };
    let mut octets = vec![tag::SEQUENCE, 0x80];
    octets.extend_from_slice(message.get(1 + length_octets..).unwrap_or_default());
    octets.extend([0, 0]);
    octets
}

/// Holds the objects of a device that does not tell them as they are.
struct Crooked<'a, O> {
    honest: &'a O,
    vices: &'a Vices,
    version: Version,
}

impl<O: Objects> Objects for Crooked<'_, O> {
    fn get(&self, name: OidRef<'_>) -> Option<Value<'_>> {
        let value = self.honest.get(name).filter(|_| !self.hides(name))?;
        Some(self.retype(name, value))
    }

    fn next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        let (name, value) = self.crooked_next(after)?;
        Some((name, self.retype(name, value)))
    }
}

impl<O: Objects> Crooked<'_, O> {
    fn hides(&self, name: OidRef<'_>) -> bool {
        self.version == Version::V1 && self.vices.hidden_in_v1.as_ref().is_some_and(|hidden| lies_in(name, hidden))
    }

    fn retype<'v>(&self, name: OidRef<'_>, value: Value<'v>) -> Value<'v> {
        let is_among = |columns: &[Vec<u8>]| columns.iter().any(|column| lies_in(name, column));
        match value {
            _ if is_among(&self.vices.mistyped) => MISTYPED,
            _ if is_among(&self.vices.nine_octets) => NINE_OCTETS,
            honest => honest,
        }
    }

    fn straight_next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        let mut found = self.honest.next(after)?;
        while self.hides(found.0) {
            found = self.honest.next(found.0)?;
        }
        Some(found)
    }

    fn crooked_next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        let straight = self.straight_next(after);
        let Some((table, fault)) = &self.vices.table else { return straight };
        let (from_inside, to_inside) = (lies_in(after, table), straight.is_some_and(|(name, _)| lies_in(name, table)));
        match fault {
            TableFault::Stuck if from_inside && !to_inside => self.rows(table).last().or(straight),
            TableFault::Restarts if from_inside && !to_inside => self.rows(table).next().or(straight),
            TableFault::Reversed if to_inside && !from_inside => self.rows(table).last(),
            TableFault::Reversed if from_inside => {
                let before = self.rows(table).take_while(|(name, _)| name.cmp_arcs(&after).is_lt()).last();
                before.or_else(|| self.rows(table).last().and_then(|(last, _)| self.straight_next(last)))
            }
            _ => straight,
        }
    }

    fn rows<'s>(&'s self, table: &'s [u8]) -> impl Iterator<Item = (OidRef<'s>, Value<'s>)> {
        let first = self.straight_next(OidRef::new(table));
        std::iter::successors(first, |(name, _)| self.straight_next(*name)).take_while(move |(name, _)| lies_in(*name, table))
    }
}

/// Returns whether an object lies beneath an identifier, or is it.
fn lies_in(name: OidRef<'_>, above: &[u8]) -> bool {
    name.as_octets().starts_with(above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;
    use snmp::oid;

    const TEXT: &str = "1.3.6.1.2.1.1.1.0|4|Exemplar\n1.3.6.1.2.1.1.3.0|67|17\n\
        1.3.6.1.2.1.43.18.1.1.2.1.1|2|3\n1.3.6.1.2.1.43.18.1.1.2.1.2|2|4\n1.3.6.1.2.1.43.18.1.1.7.1.1|2|8\n\
        1.3.6.1.4.1.32473.1.0|2|5\n";

    fn name(text: &str) -> Vec<u8> {
        oid::encode(&oid::parse(text).unwrap())
    }

    fn alerts() -> Vec<u8> {
        name("1.3.6.1.2.1.43.18.1.1")
    }

    fn ask(version: Version, kind: PduType, second: u32, names: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        let head = Head { version, community: b"public", kind, request_id: 77, first: 0, second };
        push_message(&mut out, &head, |out| {
            names.iter().for_each(|text| push_varbind(out, OidRef::new(&name(text)), Value::Null));
        });
        out
    }

    fn answers(vices: &Vices, request: &[u8]) -> Vec<Vec<u8>> {
        let recording = Recording::parse("x", TEXT).unwrap();
        let mut answers = Vec::new();
        vices.answer(1, request, &recording, &Manners::default(), None, &mut answers);
        answers.into_iter().map(|answer| answer.octets).collect()
    }

    fn plain(datagram: &[u8]) -> (PlainPdu<'_>, Vec<String>) {
        let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(datagram) else { panic!("{datagram:x?}") };
        let told = pdu.varbinds.map(|b| b.unwrap()).map(|b| format!("{} {:?}", b.name, b.value().unwrap())).collect();
        (pdu, told)
    }

    fn walked(vices: &Vices, steps: usize) -> Vec<String> {
        let recording = Recording::parse("x", TEXT).unwrap();
        let crooked = Crooked { honest: &recording, vices, version: Version::V2c };
        let first = crooked.next(OidRef::new(&[]));
        std::iter::successors(first, |(name, _)| crooked.next(*name)).take(steps).map(|(name, _)| name.to_string()).collect()
    }

    #[test]
    fn tables_get_stuck_begin_again_or_run_backwards() {
        let vices = |fault| Vices { table: Some((alerts(), fault)), ..Vices::default() };
        let tails = |fault| -> Vec<String> {
            walked(&vices(fault), 8).iter().map(|name| name.trim_start_matches("1.3.6.1.").replace("2.1.43.18.1.1.", "a")).collect()
        };
        assert_eq!(tails(TableFault::Stuck), ["2.1.1.1.0", "2.1.1.3.0", "a2.1.1", "a2.1.2", "a7.1.1", "a7.1.1", "a7.1.1", "a7.1.1"]);
        assert_eq!(tails(TableFault::Restarts), ["2.1.1.1.0", "2.1.1.3.0", "a2.1.1", "a2.1.2", "a7.1.1", "a2.1.1", "a2.1.2", "a7.1.1"]);
        assert_eq!(tails(TableFault::Reversed), ["2.1.1.1.0", "2.1.1.3.0", "a7.1.1", "a2.1.2", "a2.1.1", "4.1.32473.1.0"]);
    }

    #[test]
    fn one_object_is_missing_in_version_1_only() {
        let vices = Vices { hidden_in_v1: Some(name("1.3.6.1.2.1.1.3")), ..Vices::default() };
        let names = ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.3.0"];
        let v1 = answers(&vices, &ask(Version::V1, PduType::Get, 0, &names));
        assert_eq!((plain(&v1[0]).0.error_status(), plain(&v1[0]).0.second), (ErrorStatus::NoSuchName, 2));
        let v2c = answers(&vices, &ask(Version::V2c, PduType::Get, 0, &names));
        assert_eq!(plain(&v2c[0]).1[1], "1.3.6.1.2.1.1.3.0 TimeTicks(17)");
    }

    #[test]
    fn bulk_answers_are_cut_refused_or_missing() {
        let bulk = ask(Version::V2c, PduType::GetBulk, 10, &["1.3.6.1.2.1"]);
        let few = answers(&Vices { bulk_bindings: Some(2), ..Vices::default() }, &bulk);
        assert_eq!(plain(&few[0]).1.len(), 2);
        let refused = answers(&Vices { too_big_above: Some(60), ..Vices::default() }, &bulk);
        assert_eq!((plain(&refused[0]).0.error_status(), plain(&refused[0]).1.len()), (ErrorStatus::TooBig, 0));
        assert!(answers(&Vices { ignores_bulk: true, ..Vices::default() }, &bulk).is_empty());
        assert!(answers(&Vices { v1_only: true, ..Vices::default() }, &bulk).is_empty());
        assert!(answers(&Vices { drops: Every::ALWAYS, ..Vices::default() }, &bulk).is_empty());
    }

    #[test]
    fn answers_are_bent_in_every_way_that_was_asked_for() {
        let get = ask(Version::V2c, PduType::Get, 0, &["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.3.0"]);
        let mistyped = answers(&Vices { mistyped: vec![name("1.3.6.1.2.1.1.3")], ..Vices::default() }, &get);
        assert_eq!(plain(&mistyped[0]).1[1], format!("1.3.6.1.2.1.1.3.0 {MISTYPED:?}"));
        let long = answers(&Vices { nine_octets: vec![name("1.3.6.1.2.1.1.3")], ..Vices::default() }, &get);
        let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(&long[0]) else { panic!("{long:x?}") };
        let values: Vec<bool> = pdu.varbinds.map(|binding| binding.unwrap().value().is_ok()).collect();
        assert_eq!(values, [true, false]);
        let shuffled = answers(&Vices { shuffles: Every::ALWAYS, ..Vices::default() }, &get);
        assert!(plain(&shuffled[0]).1[0].starts_with("1.3.6.1.2.1.1.3.0"));
        let wrong = answers(&Vices { wrong_request_id: Every::ALWAYS, wrong_community: Every::ALWAYS, ..Vices::default() }, &get);
        assert_eq!((plain(&wrong[0]).0.request_id, Message::parse(&wrong[0]).unwrap().community), (78, &b"another"[..]));
        assert_eq!(answers(&Vices { duplicates: Every::ALWAYS, ..Vices::default() }, &get).len(), 2);
    }

    #[test]
    fn datagrams_are_cut_swollen_or_of_indefinite_length() {
        let get = ask(Version::V2c, PduType::Get, 0, &["1.3.6.1.2.1.1.1.0"]);
        let cut = answers(&Vices { truncates: Every::ALWAYS, ..Vices::default() }, &get);
        assert!(Message::parse(&cut[0]).is_err());
        let swollen = answers(&Vices { swells: Every::ALWAYS, ..Vices::default() }, &get);
        assert!((65_000..=LARGEST_DATAGRAM).contains(&swollen[0].len()) && Message::parse(&swollen[0]).is_ok());
        for swells in [Every::NEVER, Every::ALWAYS] {
            let indefinite = answers(&Vices { indefinite: Every::ALWAYS, swells, ..Vices::default() }, &get);
            assert!(indefinite[0].starts_with(&[0x30, 0x80, 2, 1, 1, 4, 6]) && indefinite[0].ends_with(&[0, 0]));
        }
    }

    #[test]
    fn a_vice_strikes_every_so_often() {
        let struck: Vec<u64> = (1..=9).filter(|nth| Every(3).strikes(*nth)).collect();
        assert_eq!(struck, [3, 6, 9]);
        assert!(!(1..=9).any(|nth| Every::NEVER.strikes(nth)));
    }
}
