//! Who a device is: makers, models, serial numbers, addresses.

use catalog::Signs;
use model::record::Identity;

use crate::{CATALOG, Printer};

const HP: &[u32] = &[1, 3, 6, 1, 4, 1, 11, 2, 3, 9, 1];
const KYOCERA: &[u32] = &[1, 3, 6, 1, 4, 1, 1347, 41];
const LEXMARK: &[u32] = &[1, 3, 6, 1, 4, 1, 641, 2, 99];

fn described(printer: Printer, system: &str, oid: &[u32]) -> Printer {
    printer.text("sysDescr", &[0], system).named("sysObjectID", &[0], oid)
}

fn conflicts(printer: Printer) -> Vec<String> {
    printer.read().problems.into_iter().filter(|problem| problem.starts_with("identity conflict")).collect()
}

fn interface(printer: Printer, row: u32, kind: i64, status: i64, address: &[u8]) -> Printer {
    printer.number("ifType", &[row], kind).number("ifOperStatus", &[row], status).octets("ifPhysAddress", &[row], address)
}

const ETHERNET: i64 = 6;
const LOOPBACK: i64 = 24;
const TUNNEL: i64 = 131;
const UP: i64 = 1;
const DOWN: i64 = 2;

#[test]
fn d_08_addresses_that_thousands_share_identify_nobody() {
    let printer = interface(Printer::standard(), 1, ETHERNET, UP, &[0; 6]);
    let printer = interface(printer, 2, ETHERNET, UP, &[0xff; 6]);
    let record = interface(printer, 3, ETHERNET, UP, &[0x02, 0x11, 0x22, 0x33, 0x44, 0x55]).read();
    assert_eq!(record.identity.mac_addresses, ["02:11:22:33:44:55"], "told, and no mark to know it by: see wire::identity");
}

/// The sources of a serial number, the better known first, and which of them was taken.
#[test]
fn d_09_a_serial_number_comes_from_the_best_source_that_tells_it_and_says_which() {
    let text = described(Printer::of("hp"), "HP ETHERNET MULTI-ENVIRONMENT,SN:TEXT000001,PID:HP LaserJet 9999", HP);
    let id = text.clone().text("npGdStatusId", &[0], "MFG:HP;MDL:LaserJet 9999;SN:IDID000002;");
    let vendor = id.clone().text("hpSerialNumber", &[0], "VEND000003");
    let standard = vendor.clone().text("prtGeneralSerialNumber", &[1], "STAN000004");
    let filler = vendor.clone().text("prtGeneralSerialNumber", &[1], "XXXXXXXXXX");
    for (printer, serial, origin) in [
        (text, "TEXT000001", "sysDescr.0"),
        (id, "IDID000002", "npGdStatusId.0"),
        (vendor, "VEND000003", "hpSerialNumber.0"),
        (standard, "STAN000004", "prtGeneralSerialNumber.1"),
        (filler, "VEND000003", "hpSerialNumber.0"),
    ] {
        let identity = printer.read().identity;
        assert_eq!(identity.serial_number.as_deref(), Some(serial));
        assert_eq!(identity.origins["serial_number"][0].to_string(), origin);
    }
}

#[test]
fn s_27_a_symbol_set_in_front_of_a_text_is_taken_off() {
    let printer = Printer::of("hp")
        .octets("hpSerialNumber", &[0], b"\x01\x15VNAB123456")
        .octets("hpModelName", &[0], b"\x01\x15LaserJet 9999")
        .octets("hpFirmwareDate", &[0], b"\x01\x1520260101")
        .octets("hpAssetNumber", &[0], b"\x01\x15");
    let record = printer.read();
    let identity = &record.identity;
    assert_eq!((identity.serial_number.as_deref(), identity.firmware.as_deref()), (Some("VNAB123456"), Some("20260101")));
    assert!(identity.model.as_deref().is_some_and(|model| model.ends_with("9999")), "{identity:?}");
    assert!(!record.configuration.contains_key("hpAssetNumber.0"), "the prefix alone is empty");
    let brother = Printer::of("brother").octets("brSerialNumberSecond", &[0], b"\x01\x15E1234567890").read();
    assert_eq!(brother.identity.serial_number.as_deref(), Some("E1234567890"));
}

#[test]
fn s_28_the_network_boards_name_is_no_model() {
    for board in [
        "Brother NC-8700w, Firmware Ver.Y  ,MID 84E-999",
        "EPSON Built-in 10Base-T/100Base-TX Print Server",
        "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD149",
        "KYOCERA Document Solutions Printing System",
        "TA_UTAX Printing System",
        "ZebraNet Wired PS",
    ] {
        let record = Printer::standard().text("sysDescr", &[0], board).read();
        assert_eq!(record.identity.model, None, "{board}");
    }
    let attached = "OKI OkiLAN 8500e Rev.01.23 10/100BASE Ethernet PrintServer: Attached to MC999 Rev.02.70";
    assert_eq!(Printer::standard().text("sysDescr", &[0], attached).read().identity.model.as_deref(), Some("MC999"));
}

#[test]
fn s_29_a_generic_description_is_no_model_and_its_keyed_parts_are_read() {
    let model = |text: &str| Printer::standard().text("sysDescr", &[0], text).read().identity.model;
    assert_eq!(model("Samsung Color Laser"), None);
    assert_eq!(model("Canon MF Printer"), None);
    let identity =
        described(Printer::standard(), "HP ETHERNET MULTI-ENVIRONMENT,SN:VNAB123456,PID:HP LaserJet MFP M999nw", HP).read().identity;
    assert_eq!((identity.model.as_deref(), identity.serial_number.as_deref()), (Some("LaserJet MFP M999nw"), Some("VNAB123456")));
}

fn three(identity: &Identity) -> (Option<&str>, Option<&str>, Option<&str>) {
    let board = identity.board.as_ref().and_then(|board| board.manufacturer.as_deref());
    (identity.manufacturer.as_deref(), identity.builder.as_deref(), board)
}

#[test]
fn s_30_brand_builder_and_board_are_three_facts() {
    let behind_a_board =
        described(Printer::standard(), "HP ETHERNET MULTI-ENVIRONMENT", KYOCERA).text("hrDeviceDescr", &[1], "KYOCERA FS-9999D");
    assert_eq!(three(&behind_a_board.read().identity), (Some("Kyocera"), None, Some("HP")));
    let rebadged = described(Printer::standard(), "TOSHIBA e-STUDIO999CS version NH1.2 kernel 3.0.0 All-N-1", LEXMARK);
    assert_eq!(three(&rebadged.read().identity), (Some("Toshiba TEC"), Some("Lexmark"), None));
    let utax = described(Printer::standard(), "TA_UTAX Printing System", KYOCERA).text("hrDeviceDescr", &[1], "P-9999DN");
    assert_eq!(utax.read().identity.manufacturer.as_deref(), Some("UTAX"));
    let dell = described(Printer::standard(), "Dell S9999dn version NH62 kernel 3.0.0 All-N-1", LEXMARK);
    assert_eq!(three(&dell.read().identity), (Some("Dell"), Some("Lexmark"), None));
}

#[test]
fn s_30_the_profile_is_the_builders_where_the_agent_is() {
    let profile = CATALOG.profile_for(&Signs { sys_object_id: Some(KYOCERA), device: Some("P-9999DN"), ..Signs::default() });
    assert_eq!(profile.name, "kyocera");
}

#[test]
fn s_31_two_models_in_one_device_are_an_identity_conflict() {
    let printer = Printer::of("brother").text("hrDeviceDescr", &[1], "Brother MFC-L9999DW series");
    let printer = printer.text("brDeviceId", &[0], "MFG:Brother;CMD:PJL;MDL:MFC-1111;CLS:PRINTER;");
    let told = "identity conflict: model: hrDeviceDescr.1 says MFC-L9999DW series, brDeviceId.0 says MFC-1111";
    assert_eq!(conflicts(printer), [told]);
    let printer = described(Printer::of("konica-minolta"), "KONICA MINOLTA bizhub C9999", &[1, 3, 6, 1, 4, 1, 18334]);
    let told = "identity conflict: model: kmModelName.0 says ineo+ 111, sysDescr.0 says bizhub C9999";
    assert_eq!(conflicts(printer.text("kmModelName", &[0], "Develop ineo+ 111")), [told]);
}

#[test]
fn s_31_a_familys_name_beside_a_members_is_no_conflict() {
    let printer = Printer::of("hp").text("hrDeviceDescr", &[1], "HP LaserJet MFP M995nw");
    assert_eq!(conflicts(printer.text("npGdStatusId", &[0], "MFG:HP;MDL:HP LaserJet MFP M991-M996;")), Vec::<String>::new());
}

#[test]
fn s_31_two_serial_numbers_in_one_device_are_an_identity_conflict() {
    let printer = Printer::of("brother").text("brInfoSerialNumber", &[0], "000A0J000001").octets(
        "brSerialNumberSecond",
        &[0],
        b"\x01\x15E00000A0N000002",
    );
    let told = "identity conflict: serial number: brInfoSerialNumber.0 says 000A0J000001, brSerialNumberSecond.0 says E00000A0N000002";
    assert_eq!(conflicts(printer), [told]);
    let printer = Printer::of("hp").text("prtGeneralSerialNumber", &[1], "VNAB000001").text("hpSerialNumber", &[0], "VNAB000002");
    let told = "identity conflict: serial number: prtGeneralSerialNumber.1 says VNAB000001, hpSerialNumber.0 says VNAB000002";
    assert_eq!(conflicts(printer), [told]);
}

#[test]
fn s_32_the_print_servers_serial_number_is_its_own() {
    let printer = Printer::of("zebra").text("sysDescr", &[0], "ZebraNet Wired PS").text("zbSerialNumber", &[0], "99J999999999");
    let identity = printer.text("zbBoardSerialNumber", &[0], "7000001").text("zbBoardModel", &[0], "ZebraNet Wired PS").read().identity;
    assert_eq!(identity.serial_number.as_deref(), Some("99J999999999"));
    assert_eq!(identity.board.and_then(|board| board.serial_number).as_deref(), Some("7000001"));
}

#[test]
fn s_33_a_serial_number_that_only_the_maker_tells_is_read() {
    for (profile, object, instance) in [
        ("brother", "brInfoSerialNumber", &[0][..]),
        ("brother-ink", "brInfoSerialNumber", &[0]),
        ("ricoh", "ricohEngSerialNumber", &[0]),
        ("kyocera", "kySerialNumber", &[]),
        ("zebra", "zbSerialNumber", &[0]),
        ("epson", "epSerialNumber", &[]),
        ("hp", "hpSerialNumber", &[0]),
    ] {
        let identity = Printer::of(profile).text(object, instance, "AB12C345678").read().identity;
        assert_eq!(identity.serial_number.as_deref(), Some("AB12C345678"), "{profile}");
    }
}

#[test]
fn s_34_of_several_interfaces_the_one_in_use_comes_first_and_made_up_addresses_last() {
    let wired: [u8; 6] = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55];
    let printer = interface(Printer::standard(), 1, LOOPBACK, UP, b"");
    let printer = interface(printer, 2, 71, UP, &[0xfa, 0xda, 0x0c, 0, 0, 1]);
    let printer = interface(printer, 3, 71, DOWN, &[0x00, 0xda, 0x0c, 0, 0, 2]);
    let printer = interface(printer, 4, TUNNEL, UP, &[0x00, 0xda, 0x0c, 0, 0, 3]);
    let printer = interface(printer, 5, ETHERNET, UP, &wired);
    let printer = interface(printer, 6, ETHERNET, DOWN, &wired);
    let record = interface(printer, 7, ETHERNET, UP, &[0; 6]).read();
    let expected = ["00:11:22:33:44:55", "00:da:0c:00:00:03", "00:da:0c:00:00:02", "fa:da:0c:00:00:01"];
    assert_eq!(record.identity.mac_addresses, expected);
}

#[test]
fn s_35_an_empty_name_and_a_blanked_one_are_absent() {
    for name in ["", "  ", "<private>", "\0"] {
        let identity = Printer::standard().text("sysName", &[0], name).text("sysLocation", &[0], name).read().identity;
        assert_eq!((identity.system_name, identity.location), (None, None), "{name:?}");
    }
}

#[test]
fn s_36_a_device_that_says_next_to_nothing_gives_a_record_of_next_to_nothing() {
    let record = Printer::standard().text("sysDescr", &[0], "Brother NC-9999h").read();
    assert_eq!((record.supplies.len(), record.meters.len(), record.inputs.len(), record.alerts.len()), (0, 0, 0, 0));
    assert_eq!((record.status.device, record.status.printer, record.identity.serial_number), (None, None, None));
    assert_eq!(record.presence, model::record::Presence::Unknown);
    assert_eq!(record.problems, Vec::<String>::new(), "what is not said is no problem");
    let none = Printer::standard().read();
    assert_eq!((none.identity, none.problems), (Identity::default(), vec![]));
}

#[test]
fn s_37_the_profile_names_the_context_where_supplies_may_be() {
    let hp = CATALOG.profile("hp").expect("a profile");
    assert_eq!(hp.read.contexts.iter().map(|context| &**context).collect::<Vec<_>>(), ["Jetdirect"]);
    assert!(CATALOG.standard().read.contexts.is_empty());
}

/// As `nothing_that_holds_persons_or_credentials_can_be_asked_for` in `catalog`, by the objects that were seen to hold one.
#[test]
fn s_38_no_profile_asks_for_a_community_name() {
    let readable = ["1.3.6.1.4.1.2699.1.2.1.2.1.1.7.1", "1.3.6.1.4.1.1248.1.1.3.1.2.0", "1.3.6.1.4.1.2435.2.4.3.1240.1.7.0"];
    for name in CATALOG.names() {
        let profile = CATALOG.profile(name).unwrap_or_else(|errors| panic!("{errors}"));
        for oid in readable.map(|oid| snmp::oid::encode(&snmp::oid::parse(oid).expect("dotted"))) {
            assert!(profile.locate(&oid).is_none(), "{name}");
        }
    }
}
