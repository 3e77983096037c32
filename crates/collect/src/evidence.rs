//! Is it a printer? Decided by what it says, and by the maker's numbers last.

use std::fmt;

use catalog::{Catalog, DeviceKind, Standard};
use snmp::Value;

use crate::answers::Answers;

/// Is whether something is a printer, and what says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub kind: DeviceKind,
    pub evidence: Evidence,
}

/// Is what decided whether something is a printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It answers objects of the Printer MIB.
    PrinterMib,
    /// hrDeviceType names a printer.
    DeviceType,
    /// sysObjectID lies in a branch given to printers, or to something else.
    SystemObjectId,
    /// sysDescr says so.
    SystemDescription,
    /// Nothing does.
    Nothing,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Evidence::PrinterMib => "Printer MIB",
            Evidence::DeviceType => "hrDeviceType",
            Evidence::SystemObjectId => "sysObjectID",
            Evidence::SystemDescription => "sysDescr",
            Evidence::Nothing => "nothing",
        })
    }
}

/// Decides whether what answered is a printer.
///
/// A host with print queues lists printers in hrDeviceTable too, so a maker's number that is given
/// to something else outweighs hrDeviceType, and only the Printer MIB outweighs that number.
pub fn is_printer(catalog: &Catalog, answers: &Answers) -> Verdict {
    let verdict = |kind, evidence| Verdict { kind, evidence };
    if has_printer_mib(answers) {
        return verdict(DeviceKind::Printer, Evidence::PrinterMib);
    }
    let text = match answers.get(Standard::SysDescr, &[0]) {
        Some(Value::OctetString(octets)) => std::str::from_utf8(octets).ok(),
        _ => None,
    };
    let arcs: Option<Vec<u32>> = match answers.get(Standard::SysObjectID, &[0]) {
        Some(Value::ObjectIdentifier(oid)) => Some(oid.arcs().collect()),
        _ => None,
    };
    let recognised = catalog.recognise(arcs.as_deref(), text).kind;
    if recognised == DeviceKind::NotPrinter {
        return verdict(DeviceKind::NotPrinter, Evidence::SystemObjectId);
    }
    if printer_devices(answers).next().is_some() || answers.first(Standard::HrPrinterStatus).is_some() {
        return verdict(DeviceKind::Printer, Evidence::DeviceType);
    }
    if recognised == DeviceKind::Printer {
        return verdict(DeviceKind::Printer, Evidence::SystemObjectId);
    }
    if text.is_some_and(|text| catalog.names_board(text) || speaks_of_printing(text)) {
        return verdict(DeviceKind::Printer, Evidence::SystemDescription);
    }
    verdict(DeviceKind::Undecided, Evidence::Nothing)
}

/// Returns the instances of hrDeviceTable that are printers.
pub(crate) fn printer_devices(answers: &Answers) -> impl Iterator<Item = crate::Instance> {
    /// RFC 2790, hrDevicePrinter: 1.3.6.1.2.1.25.3.1.5 as BER contents.
    const PRINTER: &[u8] = &[0x2b, 6, 1, 2, 1, 25, 3, 1, 5];
    answers.column(Standard::HrDeviceType).filter_map(|(instance, value)| match value {
        Value::ObjectIdentifier(oid) if oid.as_octets() == PRINTER => Some(instance),
        _ => None,
    })
}

fn has_printer_mib(answers: &Answers) -> bool {
    const OBJECTS: [Standard; 6] = [
        Standard::PrtGeneralConfigChanges,
        Standard::PrtGeneralCurrentLocalization,
        Standard::PrtGeneralSerialNumber,
        Standard::PrtMarkerLifeCount,
        Standard::PrtMarkerSuppliesLevel,
        Standard::PrtInputCurrentLevel,
    ];
    OBJECTS.iter().any(|object| answers.first(*object).is_some())
}

fn speaks_of_printing(text: &str) -> bool {
    const WORDS: [&[u8]; 4] = [b"printer", b"printing system", b"print server", b"printserver"];
    WORDS.iter().any(|word| text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    fn verdict(device: Device) -> (DeviceKind, Evidence) {
        let verdict = device.verdict();
        (verdict.kind, verdict.evidence)
    }

    const SWITCH: &[u32] = &[1, 3, 6, 1, 4, 1, 11, 2, 3, 7, 11, 17];
    const PRINTER_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 1, 5];

    #[test]
    fn the_printer_mib_proves_a_printer_whatever_its_number() {
        let device = Device::new().oid(Standard::SysObjectID, &[0], SWITCH).integer(Standard::PrtGeneralConfigChanges, &[1], 0);
        assert_eq!(verdict(device), (DeviceKind::Printer, Evidence::PrinterMib));
    }

    #[test]
    fn a_device_type_decides_unless_the_number_belongs_to_something_else() {
        let device = || Device::new().oid(Standard::HrDeviceType, &[1], PRINTER_TYPE);
        assert_eq!(verdict(device()), (DeviceKind::Printer, Evidence::DeviceType));
        assert_eq!(verdict(device().oid(Standard::SysObjectID, &[0], SWITCH)), (DeviceKind::NotPrinter, Evidence::SystemObjectId));
    }

    #[test]
    fn numbers_and_descriptions_are_the_last_resort() {
        let oid = |arcs: &[u32]| Device::new().oid(Standard::SysObjectID, &[0], arcs);
        assert_eq!(verdict(oid(&[1, 3, 6, 1, 4, 1, 1347, 41])), (DeviceKind::Printer, Evidence::SystemObjectId));
        assert_eq!(verdict(oid(&[1, 3, 6, 1, 4, 1, 8072, 3, 2, 10])), (DeviceKind::Undecided, Evidence::Nothing));
        let text = |text: &str| Device::new().text(Standard::SysDescr, &[0], text.as_bytes());
        assert_eq!(
            verdict(text("Xerox DocuPrint N2125 Network Laser Printer - 2.12-02")),
            (DeviceKind::Printer, Evidence::SystemDescription)
        );
        assert_eq!(verdict(text("Linux nas 5.10")), (DeviceKind::Undecided, Evidence::Nothing));
    }
}
