//! Who the device says it is: maker, model, serial number, names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use catalog::Standard;
use catalog::meaning::{DeviationKind, IdentityFact};
use model::Origin;
use model::record::{Board, Identity};
use printport::device_id::{DeviceId, text_of_hex};

use crate::cells::Source;
use crate::conflict;
use crate::interfaces;
use crate::naming::{self, Said};

/// Reads what identifies the device.
///
/// The maker is the one that hrDeviceDescr or the IEEE 1284 device ID names, else the one that sysDescr
/// or sysObjectID tells. The model is hrDeviceDescr's, then the vendor's object's, then the device ID's;
/// sysDescr is asked only where it does not speak of the network board. The serial number is the
/// standard's, then the vendor's, the device ID's, that of a descriptive text. What was read from where
/// stands in `origins`; a word that contradicts the one taken is an identity conflict, told as a problem.
pub(crate) fn read(source: &mut Source<'_>) -> Identity {
    let catalog = source.catalog;
    let system = source.text(source.scalar(Standard::SysDescr));
    let device = source.words(source.of_device(Standard::HrDeviceDescr));
    let standards_serial = source.text(source.of_device(Standard::PrtGeneralSerialNumber)).filter(|serial| tells(serial));
    let oid = match source.scalar(Standard::SysObjectID).value {
        Some(snmp::Value::ObjectIdentifier(oid)) => Some(oid),
        Some(_) => {
            source.octets_are_no_oid();
            None
        }
        None => None,
    };
    let mut vendor = Vendors::read(source);
    let device_id = vendor.first(IdentityFact::DeviceId);

    let system_said = system.as_deref().map(|text| naming::of_system_description(text, catalog)).unwrap_or_default();
    let serials = standards_serial.as_deref().or_else(|| vendor.peek(IdentityFact::SerialNumber));
    let device_said = device.as_deref().map(|text| naming::of_device_description(text, catalog, serials)).unwrap_or_default();
    let parsed_id = device_id.as_ref().map(|(id, _)| DeviceId::parse(id.as_bytes())).unwrap_or_default();
    let id_said = naming::of_device_id(&parsed_id, catalog);
    let recognised = oid.map(|oid| catalog.recognise(Some(&oid.arcs().collect::<Vec<u32>>()), None));
    let by_number = recognised.as_ref().and_then(|recognised| recognised.manufacturer);

    let (of_system, of_device) = (source.scalar(Standard::SysDescr).origin(), source.of_device(Standard::HrDeviceDescr).origin());
    let of_id = device_id.as_ref().map(|(_, origin)| origin.clone());
    let mut facts = Facts::default();

    let firmly = |said: &Said<'_>| said.manufacturer.filter(|_| !said.by_model).map(str::to_string);
    let vendors_maker = vendor.first(IdentityFact::Manufacturer);
    let manufacturer = facts.take(
        "manufacturer",
        [
            (firmly(&device_said), Some(&of_device)),
            (firmly(&id_said), of_id.as_ref()),
            (system_said.manufacturer.map(str::to_string), Some(&of_system)),
            (by_number.map(str::to_string), Some(&source.scalar(Standard::SysObjectID).origin())),
            (device_said.manufacturer.map(str::to_string), Some(&of_device)),
            (id_said.manufacturer.map(str::to_string), of_id.as_ref()),
            told(&vendors_maker),
        ],
    );
    let vendors_model = vendor.first(IdentityFact::Model).map(|(text, origin)| (model_of_vendor(&text, catalog), origin));
    let models = [
        (device_said.model, Some(&of_device)),
        told(&vendors_model),
        (id_said.model, of_id.as_ref()),
        (system_said.model.clone(), Some(&of_system)),
    ];
    source.contradictions("model", &models, conflict::models);
    let model = facts.take("model", models);
    let vendors_serial = vendor.serial_number();
    let serial_origin = source.of_device(Standard::PrtGeneralSerialNumber).origin();
    let serials = [
        (standards_serial.clone(), Some(&serial_origin)),
        told(&vendors_serial),
        (
            id_said.serial_number.filter(|serial| tells(serial)).map(|serial| serial_in(serial, catalog, manufacturer.as_deref())),
            of_id.as_ref(),
        ),
        (system_said.serial_number.filter(|serial| tells(serial)).map(str::to_string), Some(&of_system)),
    ];
    // The last of them may be the print server's, so it contradicts nobody.
    source.contradictions("serial number", &serials[..3], conflict::serial_numbers);
    let serial_number = facts.take("serial_number", serials);
    let vendors_firmware = vendor.first(IdentityFact::Firmware);
    let firmware = facts.take(
        "firmware",
        [
            told(&vendors_firmware),
            (id_said.firmware.map(str::to_string), of_id.as_ref()),
            (system_said.firmware.map(str::to_string), Some(&of_system)),
        ],
    );
    let vendors_name = vendor.first(IdentityFact::PrinterName);
    let system_name = source.text(source.scalar(Standard::SysName));
    let name_origin = source.scalar(Standard::SysName).origin();
    let system_name = facts.take("system_name", [(system_name, Some(&name_origin)), told(&vendors_name)]);
    let location = source.text(source.scalar(Standard::SysLocation));
    let location = facts.take("location", [(location, Some(&source.scalar(Standard::SysLocation).origin()))]);
    let vendors_board = Board {
        manufacturer: vendor.first(IdentityFact::BoardManufacturer).map(|(text, _)| text),
        model: vendor.first(IdentityFact::BoardModel).map(|(text, _)| text),
        serial_number: vendor.first(IdentityFact::BoardSerialNumber).map(|(text, _)| text),
    };
    source.problems.append(&mut vendor.problems);

    Identity {
        board: read_board(&system_said, manufacturer.as_deref(), vendors_board),
        builder: recognised.and_then(|recognised| builder(recognised.agent_manufacturer?, manufacturer.as_deref()?, system_said.is_board)),
        manufacturer,
        model,
        serial_number,
        firmware,
        system_name,
        location,
        mac_addresses: interfaces::read(source),
        printer_uuid: None,
        system_object_id: oid.map(|oid| oid.to_string()),
        device_id: device_id.map(|(id, _)| id),
        system_description: system,
        origins: facts.origins,
    }
}

/// Is what was read so far, with where each fact is from.
#[derive(Default)]
struct Facts {
    origins: BTreeMap<String, Vec<Origin>>,
}

impl Facts {
    /// Takes the first of these that says anything, and notes where it is from.
    fn take<const N: usize>(&mut self, fact: &str, words: [(Option<String>, Option<&Origin>); N]) -> Option<String> {
        let (word, origin) = words.into_iter().find_map(|(word, origin)| Some((word?, origin)))?;
        if let Some(origin) = origin {
            self.origins.insert(fact.to_string(), vec![origin.clone()]);
        }
        Some(word)
    }
}

/// Returns a vendor's word as [`Facts::take`] wants it.
fn told(word: &Option<(String, Origin)>) -> (Option<String>, Option<&Origin>) {
    (word.as_ref().map(|(text, _)| text.clone()), word.as_ref().map(|(_, origin)| origin))
}

/// Is what the vendor's objects tell of the identity, the better known first.
struct Vendors {
    words: Vec<(IdentityFact, String, Origin)>,
    problems: Vec<String>,
}

impl Vendors {
    fn read(source: &mut Source<'_>) -> Self {
        let profile = source.profile;
        let mut rules: Vec<_> = profile.meanings.identity.iter().collect();
        rules.sort_by_key(|rule| rule.grade);
        let mut words = Vec::new();
        for rule in rules {
            let cell = source.alone(rule.object);
            let text = match cell.value {
                Some(snmp::Value::OctetString(octets)) if rule.fact == IdentityFact::DeviceId => {
                    Some(DeviceId::parse(octets).to_string()).filter(|id| !id.is_empty())
                }
                Some(snmp::Value::OctetString(_)) => source.words(cell).map(Cow::into_owned),
                Some(snmp::Value::Integer(number)) => Some(number.to_string()),
                _ => None,
            };
            let is_serial = matches!(rule.fact, IdentityFact::SerialNumber | IdentityFact::BoardSerialNumber);
            let text = text.filter(|text| !is_serial || tells(text));
            words.extend(text.map(|text| (rule.fact, text, cell.origin())));
        }
        Vendors { words, problems: Vec::new() }
    }

    fn peek(&self, fact: IdentityFact) -> Option<&str> {
        self.words.iter().find(|(of, ..)| *of == fact).map(|(_, text, _)| text.as_str())
    }

    /// Returns the best word on a fact.
    fn first(&self, fact: IdentityFact) -> Option<(String, Origin)> {
        self.words.iter().find(|(of, ..)| *of == fact).map(|(_, text, origin)| (text.clone(), origin.clone()))
    }

    /// Returns the best word on the serial number; tells if the vendor's objects contradict one another.
    fn serial_number(&mut self) -> Option<(String, Origin)> {
        let fact = IdentityFact::SerialNumber;
        let first = self.first(fact)?;
        let others = self.words.iter().filter(|(of, text, _)| *of == fact && conflict::serial_numbers(&first.0, text));
        let (word, here) = &first;
        let told =
            |(_, text, origin): &(_, String, Origin)| format!("identity conflict: serial number: {here} says {word}, {origin} says {text}");
        self.problems.extend(others.map(told));
        Some(first)
    }
}

/// Returns the model in a text that holds nothing else.
fn model_of_vendor(text: &str, catalog: &catalog::Catalog) -> String {
    match catalog.name_in(text) {
        Some(named) if !named.rest.is_empty() => named.rest.to_string(),
        _ => text.to_string(),
    }
}

/// Returns whether a serial number is more than a filler.
fn tells(serial: &str) -> bool {
    model::filler::serial_tells(serial)
}

/// Returns the serial number in a device ID of this maker: some makers write the digits of its octets.
///
/// Only where a profile says so of the maker, and where every pair of digits is a letter or digit.
pub(crate) fn serial_in(text: &str, catalog: &catalog::Catalog, manufacturer: Option<&str>) -> String {
    let decoded = || {
        let profile = manufacturer.map(|maker| catalog.profile_of_maker(maker))?;
        profile.meanings.deviations(|kind| (*kind == DeviationKind::SerialNumberInHex).then_some(())).next()?;
        text_of_hex(text).filter(|serial| serial.bytes().all(|octet| octet.is_ascii_alphanumeric()))
    };
    decoded().unwrap_or_else(|| text.to_string())
}

/// Returns who built a device that bears another's name: the maker of its SNMP agent, unless that is a print server's.
fn builder(agent: &str, manufacturer: &str, is_board: bool) -> Option<String> {
    (!is_board && agent != manufacturer).then(|| agent.to_string())
}

impl Source<'_> {
    #[cold]
    fn octets_are_no_oid(&mut self) {
        let cell = self.scalar(Standard::SysObjectID);
        let found = cell.value.map_or("nothing", |value| value.type_name());
        self.problem(cell, format_args!("type {found}, expected OBJECT IDENTIFIER"));
    }
}

/// Returns the board's identity, if it has one: a model or serial number of its own, or another maker than the printer's.
fn read_board(said: &Said<'_>, manufacturer: Option<&str>, vendors: Board) -> Option<Board> {
    let tells = said.is_board && (said.board_model.is_some() || said.manufacturer != manufacturer);
    let of_text = || said.manufacturer.filter(|_| said.is_board).map(str::to_string);
    (tells || vendors != Board::default()).then(|| Board {
        manufacturer: vendors.manufacturer.or_else(of_text),
        model: vendors.model.or_else(|| said.board_model.clone()),
        serial_number: vendors.serial_number,
    })
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
    fn each_fact_tells_where_it_is_from() {
        let record = Device::new()
            .text(Standard::SysName, &[0], b"PR-3-east")
            .text(Standard::SysLocation, &[0], b"Floor 3")
            .text(Standard::HrDeviceDescr, &[1], b"HL-L8260CDW series")
            .collect();
        let from = |fact: &str| record.identity.origins.get(fact).map(|origins| origins[0].to_string());
        assert_eq!(from("system_name").as_deref(), Some("sysName.0"));
        assert_eq!(from("location").as_deref(), Some("sysLocation.0"));
        assert_eq!(from("model").as_deref(), Some("hrDeviceDescr.1"));
        // The model alone names the maker.
        assert_eq!((record.identity.manufacturer.as_deref(), from("manufacturer").as_deref()), (Some("Brother"), Some("hrDeviceDescr.1")));
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
