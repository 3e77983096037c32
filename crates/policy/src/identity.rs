//! Whether two senders speak of the same device, and on what evidence.
//!
//! A device is looked for by its *marks*, and taken for the same by the weight of all that both tell
//! ([`wire::identity::weigh`]). Where that is not enough, or a sender of the same kind already tells of
//! that device, since each of the two has then seen one of its own, they are *twins*: a cloned
//! module, a printer that two agents see. Who is right about twins a person must say.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::envelope::SenderKind;
use wire::identity::{Reason, Traits, Verdict, weigh};

use crate::view::View;

/// Is what was the same, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// A person said so.
    Person,
    /// Maker and serial number.
    SerialNumber,
    PrinterUuid,
    HardwareAddress,
}

impl fmt::Display for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Evidence::Person => "a person's word",
            Evidence::SerialNumber => "maker and serial number",
            Evidence::PrinterUuid => "printer UUID",
            Evidence::HardwareAddress => "hardware address",
        })
    }
}

/// Is how it came that a sender's word counts for a device that another one told of first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    pub at: Timestamp,
    pub on: Evidence,
    /// Who decided; `None` if it was the evidence alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What spoke for it and against it; empty if a person decided, and where nobody wrote it down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Reason>,
}

/// Is one thing that a device is looked for by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub evidence: Evidence,
    /// What is looked up; no two kinds of evidence have the same.
    pub text: String,
}

/// Returns who a device is as a view tells it.
pub fn traits(view: &View) -> Traits {
    let traits = Traits::of(&view.facts);
    // A clock that is plainly wrong says nothing of when a counter was read.
    if view.has_plausible_clock() { traits.read_between(view.seen("meters/total/value"), view.received_at) } else { traits }
}

/// Returns what a device is looked for by, the strongest first; nothing that thousands share.
pub fn marks(traits: &Traits) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Some(maker) = &traits.maker {
        let texts = traits.serials.iter().map(|serial| format!("{}\n{}", maker.to_lowercase(), serial.to_lowercase()));
        marks.extend(texts.map(|text| Mark { evidence: Evidence::SerialNumber, text }));
    }
    // No maker is empty, so these begin like no serial number's.
    marks.extend(traits.uuid.iter().map(|uuid| Mark { evidence: Evidence::PrinterUuid, text: format!("\nuuid\n{uuid}") }));
    let texts = traits.hardware_addresses.iter().map(|address| format!("\nmac\n{address}"));
    marks.extend(texts.map(|text| Mark { evidence: Evidence::HardwareAddress, text }));
    marks.sort();
    marks.dedup();
    marks
}

/// Is how a device that a sender tells of and a known one stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// They are one device: the strongest mark that they share, and all that was weighed.
    Same(Evidence, Verdict),
    /// They may be one, or one is a copy: the evidence is not enough, or senders of one kind tell of both.
    Twins(Evidence),
    Others,
}

/// Compares what a sender of this kind tells of with a known device: what each of its views tells,
/// and the kinds of senders that tell of it.
///
/// The view that is most like it decides, since each may lack what another has; but a serial number
/// that contradicts one of them counts for all.
pub fn compare(own: &Traits, kind: SenderKind, known: &[Traits], tellers: &[SenderKind]) -> Likeness {
    let borne: Vec<Mark> = known.iter().flat_map(marks).collect();
    let Some(evidence) = marks(own).into_iter().find(|mark| borne.contains(mark)).map(|mark| mark.evidence) else {
        return Likeness::Others;
    };
    if contradict(own, known) {
        return Likeness::Others;
    }
    let verdict = known.iter().map(|known| weigh(known, own)).max_by_key(|verdict| verdict.weight).unwrap_or_default();
    if verdict.is_other() {
        return Likeness::Others;
    }
    let is_new_kind = !tellers.is_empty() && tellers.iter().all(|other| *other != kind);
    if verdict.is_same() && is_new_kind { Likeness::Same(evidence, verdict) } else { Likeness::Twins(evidence) }
}

/// Returns whether a sighting has a serial number, and so has a known device, and none in common.
pub fn contradict(own: &Traits, known: &[Traits]) -> bool {
    let serials = known.iter().flat_map(|known| known.serials.iter().cloned()).collect();
    wire::identity::contradict(own, &Traits { serials, ..Traits::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{Facts, Key, Value};

    const UUID: &str = "urn:uuid:4509A320-00a0-008f-00b6-002507510eca";

    fn told(pairs: &[(&str, Value)]) -> Traits {
        Traits::of(&pairs.iter().map(|(key, value)| (Key::from(*key), value.clone())).collect())
    }

    fn printer(maker: &str, serial: &str) -> Traits {
        told(&[("identity/manufacturer", maker.into()), ("identity/serial_number", serial.into())])
    }

    fn board(address: &str) -> Traits {
        told(&[("identity/mac_addresses", Value::List(vec![address.to_owned()]))])
    }

    fn named(maker: &str, serial: &str) -> Vec<Mark> {
        marks(&printer(maker, serial))
    }

    fn addressed(address: &str) -> Vec<Mark> {
        marks(&board(address))
    }

    /// Returns on what evidence an agent's sighting joins a device that a module tells of.
    fn joined_on(one: &Traits, other: &[Traits]) -> Option<Evidence> {
        match compare(one, SenderKind::Agent, other, &[SenderKind::DeviceDirect]) {
            Likeness::Same(evidence, _) => Some(evidence),
            Likeness::Twins(_) | Likeness::Others => None,
        }
    }

    #[test]
    fn maker_and_serial_number_tell_a_device() {
        assert_eq!(named("Kyocera", "R8P1234567"), named("KYOCERA ", "r8p1234567"));
        assert_ne!(named("Kyocera", "R8P1234567"), named("Brother", "R8P1234567"));
        assert!(named("", "R8P1234567").is_empty() && named("Kyocera", "serial_number").is_empty());
    }

    #[test]
    fn uuid_and_hardware_address_tell_one_too() {
        let uuid = |text: &str| marks(&told(&[("identity/printer_uuid", text.into())]));
        assert!(!uuid(UUID).is_empty());
        assert_eq!(uuid(UUID), uuid("4509a320-00a0-008f-00b6-002507510eca"));
        assert_eq!(addressed("00:11:22:33:44:AA"), addressed("00:11:22:33:44:aa"));
        assert!(addressed("00:00:00:00:00:00").is_empty());
    }

    #[test]
    fn two_kinds_of_senders_join_and_two_of_a_kind_are_twins() {
        use SenderKind::{Agent, DeviceDirect};
        let own = printer("Acme", "A1234");
        let compare = |kind, tellers: &[SenderKind]| compare(&own, kind, std::slice::from_ref(&own), tellers);
        let Likeness::Same(Evidence::SerialNumber, verdict) = compare(DeviceDirect, &[Agent]) else { panic!("they are one") };
        assert_eq!(verdict.to_string(), "maker and serial number A1234: +60; together +60, 40 make one device");
        assert_eq!(compare(DeviceDirect, &[DeviceDirect]), Likeness::Twins(Evidence::SerialNumber));
        assert_eq!(compare(DeviceDirect, &[Agent, DeviceDirect]), Likeness::Twins(Evidence::SerialNumber));
        assert_eq!(joined_on(&own, &[printer("Acme", "B1234")]), None);
    }

    #[test]
    fn another_serial_number_contradicts_the_same_network_board() {
        let address = "00:11:22:33:44:55";
        let with = |serial: &str| Traits { hardware_addresses: vec![address.to_owned()], ..printer("Acme", serial) };
        assert_eq!(compare(&with("A1234"), SenderKind::Agent, &[with("B1234")], &[SenderKind::DeviceDirect]), Likeness::Others);
        assert_eq!(joined_on(&board(address), &[with("B1234")]), Some(Evidence::HardwareAddress));
        // What one view of a device lacks, another one has.
        assert_eq!(joined_on(&with("A1234"), &[with("B1234"), board(address)]), None);
        assert_eq!(joined_on(&with("A1234"), &[board(address), with("A1234")]), Some(Evidence::SerialNumber));
    }

    #[test]
    fn one_serial_number_and_counters_that_cannot_be_one_are_left_to_a_person() {
        let counted = |total: i64| View {
            facts: Facts::from([
                (Key::from("identity/manufacturer"), "Acme".into()),
                (Key::from("identity/serial_number"), "A1234".into()),
                (Key::from("meters/total/value"), total.into()),
            ]),
            seen_at: "2026-11-25T12:00:00Z".parse().unwrap(),
            received_at: "2026-11-25T12:00:00Z".parse().unwrap(),
            ..View::unseen(Timestamp::UNIX_EPOCH)
        };
        let compare = |one: &View, other: &View| compare(&traits(one), SenderKind::Agent, &[traits(other)], &[SenderKind::DeviceDirect]);
        assert_eq!(compare(&counted(7432), &counted(90_000)), Likeness::Twins(Evidence::SerialNumber));
        assert!(matches!(compare(&counted(7432), &counted(7440)), Likeness::Same(Evidence::SerialNumber, _)));
        // A module without a clock says nothing of when.
        let timeless = View { seen_at: Timestamp::UNIX_EPOCH, ..counted(90_000) };
        assert!(matches!(compare(&counted(7432), &timeless), Likeness::Same(Evidence::SerialNumber, _)));
    }

    #[test]
    fn a_joining_that_was_written_down_without_reasons_is_read() {
        let old = r#"{"at":"2026-11-25T12:00:00Z","on":"serial-number"}"#;
        let joined: Joined = serde_json::from_str(old).unwrap();
        assert_eq!((joined.on, joined.why.len()), (Evidence::SerialNumber, 0));
        assert_eq!(serde_json::to_string(&joined).unwrap(), old);
    }
}
