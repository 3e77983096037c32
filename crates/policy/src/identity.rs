//! Whether two senders speak of the same device, and on what evidence.
//!
//! A device is known across senders by its *marks*. The same mark makes two the same unless
//! something contradicts: another serial number, or a sender of the same kind that already tells of
//! that device, since each of the two has then seen one of its own. Those are *twins*: a cloned
//! module, a printer that two agents see. Who is right about twins a person must say.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::envelope::SenderKind;
use wire::identity::{hardware_address_tells, serial_tells, uuid_tells};
use wire::{Facts, Value};

/// Is how many hardware addresses count; a device has one or two, and a liar has any number.
const MOST_ADDRESSES: usize = 4;

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
}

/// Is one thing that a device is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub evidence: Evidence,
    /// What is looked up; no two kinds of evidence have the same.
    pub text: String,
}

/// Returns what a device is known by, the strongest first; nothing that thousands share.
pub fn marks(facts: &Facts) -> Vec<Mark> {
    let text = |key: &str| match facts.get(key) {
        Some(Value::Text(text)) => Some(text.trim().to_lowercase()),
        _ => None,
    };
    let mut marks = Vec::new();
    if let (Some(maker), Some(serial)) = (text("identity/manufacturer"), text("identity/serial_number"))
        && !maker.is_empty()
        && serial_tells(&serial)
    {
        marks.push(Mark { evidence: Evidence::SerialNumber, text: format!("{maker}\n{serial}") });
    }
    if let Some(uuid) = text("identity/printer_uuid").filter(|uuid| uuid_tells(uuid)) {
        // No maker is empty, so this begins like no serial number's.
        marks.push(Mark { evidence: Evidence::PrinterUuid, text: format!("\nuuid\n{}", uuid.trim_start_matches("urn:uuid:")) });
    }
    if let Some(Value::List(addresses)) = facts.get("identity/mac_addresses") {
        let telling = addresses.iter().map(|address| address.to_lowercase()).filter(|address| hardware_address_tells(address));
        marks.extend(
            telling.take(MOST_ADDRESSES).map(|address| Mark { evidence: Evidence::HardwareAddress, text: format!("\nmac\n{address}") }),
        );
    }
    marks.sort();
    marks.dedup();
    marks
}

/// Is what two sets of marks say of those who bear them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// They are one device.
    Same(Evidence),
    /// They may be one, or one is a copy; both are told of by senders of the same kind.
    Twins(Evidence),
    Others,
}

/// Compares what a sender of this kind tells of with a known device: its marks, and the kinds of
/// senders that tell of it.
pub fn compare(own: &[Mark], kind: SenderKind, known: &[Mark], tellers: &[SenderKind]) -> Likeness {
    let shared = own.iter().find(|mark| known.contains(mark)).map(|mark| mark.evidence);
    match shared {
        None => Likeness::Others,
        Some(_) if contradict(own, known) => Likeness::Others,
        Some(evidence) if !tellers.is_empty() && tellers.iter().all(|other| *other != kind) => Likeness::Same(evidence),
        Some(evidence) => Likeness::Twins(evidence),
    }
}

/// Returns whether both have a serial number, and none in common. A network board, and with it
/// hardware address and UUID, can be moved to another printer.
pub fn contradict(one: &[Mark], other: &[Mark]) -> bool {
    let serials = |marks: &[Mark]| marks.iter().filter(|mark| mark.evidence == Evidence::SerialNumber).cloned().collect::<Vec<_>>();
    let (one, other) = (serials(one), serials(other));
    !one.is_empty() && !other.is_empty() && !one.iter().any(|serial| other.contains(serial))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Key;

    fn named(maker: &str, serial: &str) -> Vec<Mark> {
        marks(&Facts::from([(Key::from("identity/manufacturer"), maker.into()), (Key::from("identity/serial_number"), serial.into())]))
    }

    fn addressed(address: &str) -> Vec<Mark> {
        marks(&Facts::from([(Key::from("identity/mac_addresses"), Value::List(vec![address.to_owned()]))]))
    }

    #[test]
    fn maker_and_serial_number_tell_a_device() {
        assert_eq!(named("Kyocera", "R8P1234567"), named("KYOCERA ", "r8p1234567"));
        assert_ne!(named("Kyocera", "R8P1234567"), named("Brother", "R8P1234567"));
        assert!(named("", "R8P1234567").is_empty() && named("Kyocera", "serial_number").is_empty());
    }

    #[test]
    fn uuid_and_hardware_address_tell_one_too() {
        let uuid = |text: &str| marks(&Facts::from([(Key::from("identity/printer_uuid"), text.into())]));
        assert_eq!(uuid("urn:uuid:4509A320-00a0-008f-00b6-002507510eca"), uuid("4509a320-00a0-008f-00b6-002507510eca"));
        assert_eq!(addressed("00:11:22:33:44:AA"), addressed("00:11:22:33:44:aa"));
        assert!(addressed("00:00:00:00:00:00").is_empty());
    }

    #[test]
    fn two_kinds_of_senders_join_and_two_of_a_kind_are_twins() {
        use SenderKind::{Agent, DeviceDirect};
        let marks = named("Acme", "A1234");
        assert_eq!(compare(&marks, DeviceDirect, &marks, &[Agent]), Likeness::Same(Evidence::SerialNumber));
        assert_eq!(compare(&marks, DeviceDirect, &marks, &[DeviceDirect]), Likeness::Twins(Evidence::SerialNumber));
        assert_eq!(compare(&marks, DeviceDirect, &marks, &[Agent, DeviceDirect]), Likeness::Twins(Evidence::SerialNumber));
        assert_eq!(compare(&marks, Agent, &named("Acme", "B1234"), &[DeviceDirect]), Likeness::Others);
    }

    #[test]
    fn another_serial_number_contradicts_the_same_network_board() {
        let with = |serial: &str| [named("Acme", serial), addressed("00:11:22:33:44:55")].concat();
        let compare = |one: &[Mark], other: &[Mark]| compare(one, SenderKind::Agent, other, &[SenderKind::DeviceDirect]);
        assert_eq!(compare(&with("A1234"), &with("B1234")), Likeness::Others);
        assert_eq!(compare(&addressed("00:11:22:33:44:55"), &with("B1234")), Likeness::Same(Evidence::HardwareAddress));
    }
}
