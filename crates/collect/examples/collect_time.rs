//! Measures how long it takes to make a record of a colour printer's answers, on a warm path.
#![allow(clippy::disallowed_methods, reason = "a measurement needs a clock")]

use std::time::Instant;

use catalog::{Catalog, Sections, Standard};
use collect::{Answers, Context, collect};
use model::record::Path;
use snmp::{OidRef, Value};

fn main() {
    let catalog = Catalog::embedded().unwrap_or_else(|errors| panic!("{errors}"));
    let sections = Sections::parse("identity,meters,supplies,inputs,alerts,status").expect("six sections");
    let context = Context { sections, observed_at: "2026-11-22T11:00:00Z".parse().ok(), path: Path::Agent };
    let answers = colour_printer();
    let mut best = f64::MAX;
    for _ in 0..20 {
        let rounds = 20_000;
        let start = Instant::now();
        for _ in 0..rounds {
            std::hint::black_box(collect(catalog.standard(), &catalog, std::hint::black_box(&answers), &context));
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds));
    }
    let record = collect(catalog.standard(), &catalog, &answers, &context);
    println!("{} cells, {} supplies, {} problems: {best:.2} µs", answers.len(), record.supplies.len(), record.problems.len());
}

fn colour_printer() -> Answers {
    let mut answers = Answers::new();
    let oid = snmp::oid::encode(&[1, 3, 6, 1, 4, 1, 1347, 41]);
    let printer = snmp::oid::encode(&[1, 3, 6, 1, 2, 1, 25, 3, 1, 5]);
    let text = |text: &'static str| Value::OctetString(text.as_bytes());
    answers.put(Standard::SysDescr, &[0], text("KYOCERA Document Solutions Printing System"));
    answers.put(Standard::SysObjectID, &[0], Value::ObjectIdentifier(OidRef::new(&oid)));
    answers.put(Standard::SysUpTime, &[0], Value::TimeTicks(260_868_990));
    answers.put(Standard::SysName, &[0], text("KM65E2B9"));
    answers.put(Standard::SysLocation, &[0], text("second floor"));
    for row in 1..=2 {
        answers.put(Standard::IfType, &[row], Value::Integer(6));
        answers.put(Standard::IfPhysAddress, &[row], Value::OctetString(&[0, 0x17, 0xc8, 0x65, 0xe2, row as u8]));
        answers.put(Standard::IfOperStatus, &[row], Value::Integer(1));
    }
    answers.put(Standard::HrDeviceType, &[1], Value::ObjectIdentifier(OidRef::new(&printer)));
    answers.put(Standard::HrDeviceDescr, &[1], text("TASKalfa 4053ci"));
    for (object, number) in [
        (Standard::HrDeviceStatus, 2),
        (Standard::HrPrinterStatus, 3),
        (Standard::PrtGeneralConfigChanges, 7),
        (Standard::PrtGeneralCurrentLocalization, 1),
        (Standard::PrtConsoleLocalization, 1),
        (Standard::PrtConsoleNumberOfDisplayLines, 1),
        (Standard::PrtAlertCriticalEvents, 83),
        (Standard::PrtAlertAllEvents, 1845),
    ] {
        answers.put(object, &[1], Value::Integer(number));
    }
    answers.put(Standard::HrPrinterDetectedErrorState, &[1], Value::OctetString(&[0]));
    answers.put(Standard::PrtLocalizationCharacterSet, &[1, 1], Value::Integer(106));
    answers.put(Standard::PrtGeneralPrinterName, &[1], text("CS 4053ci"));
    answers.put(Standard::PrtGeneralSerialNumber, &[1], text("RH28Y00024"));
    answers.put(Standard::PrtConsoleDisplayBufferText, &[1, 1], text("Ready."));
    answers.put(Standard::PrtMarkerCounterUnit, &[1, 1], Value::Integer(7));
    answers.put(Standard::PrtMarkerLifeCount, &[1, 1], Value::Counter32(76498));
    answers.put(Standard::PrtMarkerPowerOnCount, &[1, 1], Value::Counter32(52));
    answers.put(Standard::PrtMarkerStatus, &[1, 1], Value::Integer(0));
    let toners = [("TK-8525C", "cyan"), ("TK-8525M", "magenta"), ("TK-8525Y", "yellow"), ("TK-8525K", "black"), ("Waste Toner Box", "")];
    for (row, (name, colour)) in (1..).zip(toners) {
        let waste = colour.is_empty();
        for (object, number) in [
            (Standard::PrtMarkerSuppliesMarkerIndex, 1),
            (Standard::PrtMarkerSuppliesColorantIndex, if waste { 0 } else { i64::from(row) }),
            (Standard::PrtMarkerSuppliesClass, if waste { 4 } else { 3 }),
            (Standard::PrtMarkerSuppliesType, if waste { 4 } else { 3 }),
            (Standard::PrtMarkerSuppliesSupplyUnit, 7),
            (Standard::PrtMarkerSuppliesMaxCapacity, if waste { -2 } else { 20_000 }),
            (Standard::PrtMarkerSuppliesLevel, if waste { -3 } else { 11_400 }),
        ] {
            answers.put(object, &[1, row], Value::Integer(number));
        }
        answers.put(Standard::PrtMarkerSuppliesDescription, &[1, row], text(name));
        if !waste {
            answers.put(Standard::PrtMarkerColorantValue, &[1, row], text(colour));
        }
    }
    for row in 1..=4 {
        for (object, number) in [
            (Standard::PrtInputType, 3),
            (Standard::PrtInputCapacityUnit, 8),
            (Standard::PrtInputMaxCapacity, 500),
            (Standard::PrtInputCurrentLevel, -3),
            (Standard::PrtInputStatus, 0),
        ] {
            answers.put(object, &[1, row], Value::Integer(number));
        }
        answers.put(Standard::PrtInputMediaName, &[1, row], text("iso-a4-white"));
        answers.put(Standard::PrtInputName, &[1, row], text("Tray"));
        answers.put(Standard::PrtInputDescription, &[1, row], text("Cassette"));
    }
    for row in [2, 1835] {
        for (object, number) in [
            (Standard::PrtAlertSeverityLevel, 4),
            (Standard::PrtAlertTrainingLevel, 3),
            (Standard::PrtAlertGroup, 11),
            (Standard::PrtAlertGroupIndex, 1),
            (Standard::PrtAlertLocation, -2),
            (Standard::PrtAlertCode, 1104),
        ] {
            answers.put(object, &[1, row], Value::Integer(number));
        }
        answers.put(Standard::PrtAlertDescription, &[1, row], text("Toner low"));
        answers.put(Standard::PrtAlertTime, &[1, row], Value::TimeTicks(260_405_424));
    }
    answers.sort();
    answers
}
