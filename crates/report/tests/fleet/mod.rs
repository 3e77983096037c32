//! Devices that nobody makes: every kind of level, and names that nobody should have chosen.

use jiff::Timestamp;
use model::record::{
    Alert, Cover, DeviceOption, Evidence, Identity, Input, Meter, Output, Path, Presence, ServiceItem, Supply, SupplyClass,
};
use model::standard::{
    AlertCode, AlertGroup, AlertSeverityLevel, AlertTrainingLevel, CapacityUnit, CoverStatus, DeviceStatus, ErrorState, InputType,
    MarkerCounterUnit, MarkerSuppliesSupplyUnit, MarkerSuppliesType, OutputType, PrinterStatus, SubUnitStatus,
};
use model::{DeviceRecord, Level, Origin};

pub fn made_at() -> Timestamp {
    "2026-11-22T11:04:30Z".parse().unwrap()
}

pub fn fleet() -> Vec<DeviceRecord> {
    vec![quiet(), colour(), jammed(), nasty(), many_levels(), wordless(), foreign(), refusing(), unreachable(), asleep()]
}

fn device(address: &str, manufacturer: &str, model: &str, serial: &str) -> DeviceRecord {
    DeviceRecord {
        address: Some(address.into()),
        observed_at: Some("2026-11-22T11:00:00Z".parse().unwrap()),
        presence: Presence::Ready,
        identity: Identity {
            manufacturer: Some(manufacturer.into()),
            model: Some(model.into()),
            serial_number: Some(serial.into()),
            ..Identity::default()
        },
        ..DeviceRecord::new(Path::Agent)
    }
}

fn meter(name: &str, value: u64, evidence: Evidence) -> Meter {
    let origin = Origin::new("prtMarkerLifeCount", &[1, 1]);
    Meter { name: name.into(), value, unit: Some(MarkerCounterUnit::Impressions), origin, evidence }
}

fn supply(index: u32, kind: MarkerSuppliesType, colorant: &str, level: Level, capacity: Option<u32>) -> Supply {
    Supply {
        index,
        marker: Some(1),
        class: Some(SupplyClass::Container),
        kind: Some(kind),
        colorant: Some(colorant.into()).filter(|colorant: &String| !colorant.is_empty()),
        description: None,
        part_number: None,
        serial_number: None,
        unit: Some(MarkerSuppliesSupplyUnit::Impressions),
        capacity,
        level,
        remaining: level.share_of(capacity),
        origin: Origin::new("prtMarkerSuppliesLevel", &[1, index]),
    }
}

fn measured(value: u32) -> Level {
    Level::Measured { value, step: None }
}

fn toner(index: u32, colorant: &str, value: u32) -> Supply {
    supply(index, MarkerSuppliesType::TonerCartridge, colorant, measured(value), Some(100))
}

/// A black-and-white printer to which nothing happens.
fn quiet() -> DeviceRecord {
    let mut record = device("10.0.0.7", "Acme", "Laser 200", "AC0007");
    record.meters.push(meter("total", 7432, Evidence::Standard));
    record.supplies.push(supply(1, MarkerSuppliesType::Toner, "black", measured(5112), Some(7200)));
    record.status.device = Some(DeviceStatus::Running);
    record.status.printer = Some(PrinterStatus::Idle);
    record
}

/// A colour device of which everything is told.
fn colour() -> DeviceRecord {
    let mut record = device("10.0.0.21", "Globex", "Globex MultiColor C4500 series", "GX-C4500-00231");
    record.identity.firmware = Some("2.14.7".into());
    record.identity.system_name = Some("mfp-reception".into());
    record.identity.location = Some("Ground floor, reception".into());
    record.identity.mac_addresses = vec!["00:00:5e:00:53:01".into(), "00:00:5e:00:53:02".into()];
    record.identity.system_object_id = Some("1.3.6.1.4.1.32473.7.1".into());
    record.identity.system_description = Some("Globex print server 3".into());
    record.meters = vec![
        Meter { evidence: Evidence::Verified, ..meter("total", 1_204_512, Evidence::Verified) },
        meter("color", 204_512, Evidence::Reported),
        meter("monochrome", 1_000_000, Evidence::Reported),
    ];
    record.supplies = vec![
        Supply {
            description: Some("Cyan Toner Cartridge GT-45C".into()),
            part_number: Some("GT-45C".into()),
            serial_number: Some("CRG00991".into()),
            ..toner(1, "cyan", 46)
        },
        toner(2, "magenta", 8),
        Supply { level: Level::Measured { value: 90, step: Some(10) }, ..toner(3, "yellow", 90) },
        toner(4, "black", 71),
        Supply { class: Some(SupplyClass::Receptacle), ..supply(5, MarkerSuppliesType::WasteToner, "", measured(0), Some(15_000)) },
        supply(6, MarkerSuppliesType::Opc, "black", measured(61_000), Some(100_000)),
    ];
    record.inputs = vec![
        Input {
            index: 1,
            name: Some("Tray 1".into()),
            kind: Some(InputType::SheetFeedAutoRemovableTray),
            media: Some("iso_a4_210x297mm".into()),
            unit: Some(CapacityUnit::Sheets),
            capacity: Some(550),
            level: measured(250),
            status: SubUnitStatus::from_number(0),
            origin: Origin::new("prtInputCurrentLevel", &[1, 1]),
        },
        Input {
            index: 2,
            name: Some("Tray 2".into()),
            kind: Some(InputType::SheetFeedAutoRemovableTray),
            media: None,
            unit: Some(CapacityUnit::Sheets),
            capacity: Some(550),
            level: measured(0),
            status: SubUnitStatus::from_number(11),
            origin: Origin::new("prtInputCurrentLevel", &[1, 2]),
        },
        Input {
            index: 4,
            name: Some("Bypass".into()),
            kind: Some(InputType::SheetFeedManual),
            media: None,
            unit: None,
            capacity: None,
            level: Level::Some,
            status: None,
            origin: Origin::new("prtInputCurrentLevel", &[1, 4]),
        },
    ];
    record.outputs = vec![Output {
        index: 1,
        name: Some("Standard bin".into()),
        kind: Some(OutputType::UnRemovableBin),
        unit: Some(CapacityUnit::Sheets),
        capacity: Some(500),
        room: Level::Unknown,
        status: SubUnitStatus::from_number(0),
        origin: Origin::new("prtOutputRemainingCapacity", &[1, 1]),
    }];
    record.covers = vec![
        Cover {
            index: 1,
            description: Some("Front cover".into()),
            status: Some(CoverStatus::CoverClosed),
            origin: Origin::new("prtCoverStatus", &[1, 1]),
        },
        Cover {
            index: 2,
            description: Some("Fuser interlock".into()),
            status: Some(CoverStatus::InterlockOpen),
            origin: Origin::new("prtCoverStatus", &[1, 2]),
        },
    ];
    record.alerts = vec![alert(4, AlertSeverityLevel::Warning, AlertCode::InputMediaSupplyEmpty, Some("Load paper in tray 2"))];
    record.status.device = Some(DeviceStatus::Warning);
    record.status.printer = Some(PrinterStatus::Printing);
    record.presence = Presence::Printing;
    record.status.errors = vec![ErrorState::LowPaper, ErrorState::LowToner];
    record.status.console = Some("Printing…\nLoad paper in tray 2".into());
    record.status.up_time = Some(123_456_789);
    record.options =
        vec![DeviceOption { name: "duplex unit".into(), value: "installed".into(), origin: Origin::new("prtMediaPathType", &[1, 2]) }];
    record.configuration.insert("prtGeneralCurrentOperator.1".into(), "reception".into());
    record.configuration.insert("prtInterpreterDescription.1.1".into(), "PCL".into());
    record.configuration.insert("prtInterpreterDescription.1.2".into(), "PostScript\u{1b}[0m".into());
    record.configuration.insert("ipp-versions-supported".into(), "1.1".into());
    record.service_items =
        vec![ServiceItem { name: "fuser".into(), remaining: Some(0.12) }, ServiceItem { name: "transfer belt".into(), remaining: None }];
    record
}

fn alert(index: u32, severity: AlertSeverityLevel, code: AlertCode, description: Option<&str>) -> Alert {
    Alert {
        index,
        severity: Some(severity),
        training: Some(AlertTrainingLevel::Untrained),
        group: Some(AlertGroup::Input),
        group_index: Some(2),
        code: Some(code),
        location: Some(40_210),
        description: description.map(str::to_owned),
        raised_at: Some("2026-11-22T10:41:07Z".parse().unwrap()),
        origin: Origin::new("prtAlertCode", &[1, index]),
    }
}

fn jammed() -> DeviceRecord {
    let mut record = device("10.0.0.112", "Initech", "IT-5 LED", "IT5-99812");
    record.meters.push(Meter { unit: Some(MarkerCounterUnit::Sheets), ..meter("total", 88_120, Evidence::Standard) });
    record.supplies = vec![toner(1, "black", 34), supply(2, MarkerSuppliesType::Fuser, "", measured(2), Some(100))];
    record.alerts = vec![
        Alert { group: Some(AlertGroup::MediaPath), group_index: None, ..alert(17, AlertSeverityLevel::Critical, AlertCode::Jam, None) },
        alert(16, AlertSeverityLevel::Warning, AlertCode::PowerUp, None),
    ];
    record.status.device = Some(DeviceStatus::Down);
    record.status.errors = vec![ErrorState::Jammed, ErrorState::LowPaper];
    record
}

/// Formulas, markup, terminal controls, turned text, and a name as long as the standard admits.
fn nasty() -> DeviceRecord {
    let mut record = device("10.0.0.66", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "+1\u{1b}[2J\u{9b}31m\u{202e}LAIRES");
    record.identity.location = Some("@SUM(1+1)*cmd\r\n2nd \"line\", with comma\u{7}".into());
    record.identity.system_name = Some("-2+3\u{2028}next\u{e0041}".into());
    record.meters.push(meter("total", u32::MAX.into(), Evidence::Conflicting));
    record.meters.push(meter("total.vendor", 17, Evidence::Conflicting));
    let long: String = "Tonerkartusche ".chars().cycle().take(255).collect();
    record.supplies =
        vec![Supply { kind: None, description: Some(long), ..supply(1, MarkerSuppliesType::Toner, "", measured(50), Some(100)) }];
    record.status.console = Some("\u{1b}]0;owned\u{7}Ready\n\n<b>&amp;</b>".into());
    record.problems =
        vec!["prtMarkerSuppliesLevel.1.3: type OCTET STRING, expected INTEGER".into(), "prtAlertDescription.1.9: \u{1b}[31mred".into()];
    record
}

/// One supply of each kind of level.
fn many_levels() -> DeviceRecord {
    let mut record = device("10.0.0.9", "Acme", "Everything 1", "AC-EV-1");
    let kind = MarkerSuppliesType::InkCartridge;
    record.meters.push(Meter { unit: None, ..meter("total", 500, Evidence::Reported) });
    record.supplies = vec![
        supply(1, kind, "black", Level::Some, Some(100)),
        supply(2, kind, "cyan", Level::Unknown, None),
        supply(3, kind, "magenta", Level::Unrestricted, None),
        supply(4, kind, "yellow", Level::Invalid, Some(100)),
        supply(5, kind, "lightCyan", measured(9), None),
        supply(6, kind, "photoBlack", measured(1), Some(1000)),
        supply(7, kind, "matteBlack", measured(999), Some(1000)),
        supply(30, kind, "gray", Level::Low, None),
        Supply { class: Some(SupplyClass::Receptacle), ..supply(31, MarkerSuppliesType::WasteInk, "", Level::Low, None) },
        Supply { class: None, ..supply(32, MarkerSuppliesType::Other(1), "", Level::Some, None) },
    ];
    record.problems = vec!["prtMarkerSuppliesLevel.1.4: level 140 above capacity 100".into()];
    record
}

/// A device that answers and tells next to nothing.
fn wordless() -> DeviceRecord {
    DeviceRecord { address: Some("fe80::5eff:fe00:5307%2".into()), presence: Presence::Unknown, ..DeviceRecord::new(Path::Agent) }
}

fn foreign() -> DeviceRecord {
    let mut record = device("10.0.0.30", "東洋印刷", "カラー複合機 ＳＰ-30", "TY30-0042");
    record.identity.location = Some("3階 経理部".into());
    record.meters.push(meter("total", 55_001, Evidence::Standard));
    record.supplies = vec![
        Supply { description: Some("黑色碳粉".into()), level: Level::Empty, remaining: None, ..toner(1, "black", 0) },
        toner(2, "cyan", 100),
        toner(3, "magenta", 55),
        toner(4, "yellow", 12),
    ];
    record.status.console = Some("トナーがありません".into());
    record
}

fn refusing() -> DeviceRecord {
    DeviceRecord { address: Some("10.0.0.40".into()), presence: Presence::Refusing, ..DeviceRecord::new(Path::Agent) }
}

fn unreachable() -> DeviceRecord {
    DeviceRecord {
        address: Some("10.0.0.3".into()),
        presence: Presence::Unreachable,
        problems: vec!["no answer in 3 attempts".into()],
        ..DeviceRecord::new(Path::Agent)
    }
}

fn asleep() -> DeviceRecord {
    let mut record = device("10.0.0.8", "Acme", "Laser 300", "AC0008");
    record.presence = Presence::Asleep;
    record.meters.push(meter("total", 12, Evidence::Standard));
    record.supplies = vec![toner(1, "black", 100)];
    record.alerts = vec![alert(2, AlertSeverityLevel::Critical, AlertCode::MarkerFuserUnderTemperature, None)];
    record
}
