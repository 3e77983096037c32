//! Who the device says it is: maker, model, serial number, names.

use catalog::Standard;
use model::record::{Board, Identity};

use crate::cells::Source;
use crate::interfaces;
use crate::naming::{self, Said};

/// Reads what identifies the device.
///
/// The maker is the one that hrDeviceDescr begins with, else the one that sysDescr or sysObjectID
/// tells. The model is hrDeviceDescr's; sysDescr is asked only where it does not speak of the
/// network board. No standard object is made for the printer's firmware: it is told only where
/// sysDescr speaks of the printer and names its version plainly.
pub(crate) fn read(source: &mut Source<'_>) -> Identity {
    let catalog = source.catalog;
    let system = source.text(source.scalar(Standard::SysDescr));
    let device = source.words(source.of_device(Standard::HrDeviceDescr));
    let serial_number = source.text(source.of_device(Standard::PrtGeneralSerialNumber));
    let oid = match source.scalar(Standard::SysObjectID).value {
        Some(snmp::Value::ObjectIdentifier(oid)) => Some(oid),
        Some(_) => {
            source.octets_are_no_oid();
            None
        }
        None => None,
    };

    let system_said = system.as_deref().map(|text| naming::of_system_description(text, catalog)).unwrap_or_default();
    let device_said = device.as_deref().map(|text| naming::of_device_description(text, catalog, serial_number.as_deref()));
    let device_said = device_said.unwrap_or_default();
    let by_number = || catalog.recognise(Some(&oid?.arcs().collect::<Vec<u32>>()), None).manufacturer;
    let by_name = device_said.manufacturer.filter(|_| !device_said.by_model).or(system_said.manufacturer);
    let manufacturer = by_name.or_else(by_number).or(device_said.manufacturer).map(str::to_string);

    Identity {
        board: read_board(&system_said, manufacturer.as_deref()),
        manufacturer,
        model: device_said.model.or(system_said.model),
        serial_number: serial_number.or_else(|| system_said.serial_number.map(str::to_string)),
        firmware: system_said.firmware.map(str::to_string),
        system_name: source.text(source.scalar(Standard::SysName)),
        location: source.text(source.scalar(Standard::SysLocation)),
        mac_addresses: interfaces::read(source),
        printer_uuid: None,
        system_object_id: oid.map(|oid| oid.to_string()),
        device_id: None,
        builder: None,
        system_description: system,
    }
}

impl Source<'_> {
    #[cold]
    fn octets_are_no_oid(&mut self) {
        let cell = self.scalar(Standard::SysObjectID);
        let found = cell.value.map_or("nothing", |value| value.type_name());
        self.problem(cell, format_args!("type {found}, expected OBJECT IDENTIFIER"));
    }
}

/// Returns the board's identity, if it has one: a model of its own, or another maker than the printer's.
fn read_board(said: &Said<'_>, manufacturer: Option<&str>) -> Option<Board> {
    let tells = said.is_board && (said.board_model.is_some() || said.manufacturer != manufacturer);
    tells.then(|| Board { manufacturer: said.manufacturer.map(str::to_string), model: said.board_model.clone(), serial_number: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    fn identity(system: &str, device: Option<&str>, oid: &[u32]) -> Identity {
        let mut answers = Device::new().text(Standard::SysDescr, &[0], system.as_bytes()).oid(Standard::SysObjectID, &[0], oid);
        if let Some(device) = device {
            answers = answers.text(Standard::HrDeviceDescr, &[1], device.as_bytes());
        }
        answers.collect().identity
    }

    fn maker_and_model(system: &str, device: Option<&str>, oid: &[u32]) -> (Option<String>, Option<String>) {
        let identity = identity(system, device, oid);
        (identity.manufacturer, identity.model)
    }

    fn some(manufacturer: &str, model: &str) -> (Option<String>, Option<String>) {
        (Some(manufacturer.to_string()), Some(model.to_string()))
    }

    #[test]
    fn the_model_is_hr_device_descr_and_never_the_network_board() {
        let brother = identity(
            "Brother NC-8700w, Firmware Ver.Y  ,MID 84E-822",
            Some("Brother HL-L8260CDW series"),
            &[1, 3, 6, 1, 4, 1, 2435, 2, 3, 9, 1],
        );
        assert_eq!((brother.manufacturer, brother.model), some("Brother", "HL-L8260CDW series"));
        assert_eq!(brother.board.and_then(|board| board.model).as_deref(), Some("NC-8700w"));
        let board_only = identity("HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD149", None, &[1, 3, 6, 1, 4, 1, 11, 2, 3, 9, 1]);
        assert_eq!((board_only.manufacturer.as_deref(), board_only.model, board_only.board), (Some("HP"), None, None));
        let foreign = identity("HP ETHERNET MULTI-ENVIRONMENT", Some("KYOCERA FS-2000D"), &[1, 3, 6, 1, 4, 1, 1347, 41]);
        assert_eq!(foreign.board.and_then(|board| board.manufacturer).as_deref(), Some("HP"), "another maker's print server");
    }

    #[test]
    fn the_makers_word_is_believed_before_its_number() {
        assert_eq!(maker_and_model("TA_UTAX Printing System", Some("P-4532DN"), &[1, 3, 6, 1, 4, 1, 1347, 41]), some("UTAX", "P-4532DN"));
        assert_eq!(
            maker_and_model("TOSHIBA e-STUDIO305CS version NH63.GM.N639 kernel 3.0.0 All-N-1", None, &[1, 3, 6, 1, 4, 1, 641, 2, 71107164]),
            some("Toshiba TEC", "e-STUDIO305CS")
        );
    }

    #[test]
    fn a_system_description_of_the_printer_gives_the_model() {
        let ricoh = "RICOH MP C2503 1.35 / RICOH Network Printer C model / RICOH Network Scanner C model";
        assert_eq!(maker_and_model(ricoh, None, &[1, 3, 6, 1, 4, 1, 367, 1, 1]), some("Ricoh", "MP C2503"));
        assert_eq!(maker_and_model("Canon iR-ADV C5235 /P", None, &[1, 3, 6, 1, 4, 1, 1602, 4, 7]), some("Canon", "iR-ADV C5235"));
        assert_eq!(maker_and_model("Develop ineo  280", None, &[1, 3, 6, 1, 4, 1, 18334]), some("Develop", "ineo 280"));
        let oki = "OKI OkiLAN 8500e Rev.01.23 10/100BASE Ethernet PrintServer: Attached to MC342 Rev.02.70 : Copyright (c)2011";
        assert_eq!(maker_and_model(oki, None, &[1, 3, 6, 1, 4, 1, 2001, 1, 1, 1, 1]), some("OKI", "MC342"));
        assert_eq!(maker_and_model("Dell Color Laser", None, &[1, 3, 6, 1, 4, 1, 674]), (Some("Dell".to_string()), None));
        assert_eq!(maker_and_model("Linux host 6.1.0-18-amd64", None, &[1, 3, 6, 1, 4, 1, 8072, 3, 2, 10]), (None, None));
    }

    #[test]
    fn firmware_is_told_only_where_it_is_plainly_the_printers() {
        let firmware = |text: &str| identity(text, None, &[1, 3, 6, 1, 4, 1, 367, 1, 1]).firmware;
        assert_eq!(firmware("RICOH MP C2503 1.35 / RICOH Network Printer C model").as_deref(), Some("1.35"));
        assert_eq!(firmware("Dell S5830dn version NH62.YS.N636 kernel 3.0.0 All-N-1").as_deref(), Some("NH62.YS.N636"));
        assert_eq!(firmware("Brother NC-6800h, Firmware Ver.1.01  (08.12.12),MID 84UB05"), None, "the board's");
        assert_eq!(firmware("Xerox Color 570;System 55.40.61,ESS1.208.6,IOT 64.24.0"), None, "one of many");
        assert_eq!(firmware("Linux host version 6.1"), None);
    }

    #[test]
    fn keyed_parts_are_the_last_resort() {
        let text = "HP ETHERNET MULTI-ENVIRONMENT,SN:VNCRC48198,FN:4Q817L4,SVCID:31339,PID:HP LaserJet MFP M130nw";
        let identity = identity(text, None, &[1, 3, 6, 1, 4, 1, 11, 2, 3, 9, 1]);
        assert_eq!((identity.model.as_deref(), identity.serial_number.as_deref()), (Some("LaserJet MFP M130nw"), Some("VNCRC48198")));
        // A site may name the device as it likes.
        let renamed = "HP ETHERNET MULTI-ENVIRONMENT,SN:CNBW6DW3R8,PID:l0713a";
        assert_eq!(self::identity(renamed, None, &[1, 3, 6, 1, 4, 1, 11]).model, None);
    }

    #[test]
    fn the_serial_number_is_no_part_of_the_model() {
        let record = Device::new()
            .text(Standard::HrDeviceDescr, &[1], b"Dell S5830dn 7XQ1R92 LW62.DN4.P636")
            .text(Standard::PrtGeneralSerialNumber, &[1], b"7XQ1R92-132-13")
            .collect();
        assert_eq!(record.identity.model.as_deref(), Some("S5830dn"));
        assert_eq!(record.identity.serial_number.as_deref(), Some("7XQ1R92-132-13"));
    }

    #[test]
    fn names_that_say_nothing_are_absent() {
        let record = Device::new().text(Standard::SysName, &[0], b"").text(Standard::SysLocation, &[0], b"<private>").collect();
        assert_eq!((record.identity.system_name, record.identity.location), (None, None));
    }

    #[test]
    fn a_system_object_id_of_another_type_is_a_problem() {
        let record = Device::new().text(Standard::SysObjectID, &[0], b"1.3.6").collect();
        assert_eq!(record.problems, ["sysObjectID.0: type OCTET STRING, expected OBJECT IDENTIFIER"]);
    }
}
