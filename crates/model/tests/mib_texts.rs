//! Every enumeration against the text of its MIB module.
//!
//! The module texts are not part of this repository: the folder that `ROUNDSMAN_CORPUS` names
//! holds them under `mibs/`.
#![allow(clippy::disallowed_methods, reason = "tests read the module texts")]

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use model::standard::*;

fn module(name: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("ROUNDSMAN_CORPUS").map(PathBuf::from) else {
        println!("the module texts are absent: set ROUNDSMAN_CORPUS to their folder");
        return None;
    };
    Some(String::from_utf8_lossy(&std::fs::read(folder.join("mibs").join(name)).expect("a module text")).into_owned())
}

/// Reads `{ label(number), … }` behind the nth-named definition; comments run to the end of the line.
fn enumerations(text: &str, keyword: &str) -> BTreeMap<String, Vec<(String, u32)>> {
    let text: String = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = BTreeMap::new();
    let starts: Vec<usize> = text.match_indices(keyword).map(|(at, _)| at).collect();
    for (place, start) in starts.iter().enumerate() {
        let name = text[..*start].split_whitespace().rfind(|word| *word != "::=").unwrap_or_default().to_string();
        let part = &text[*start..starts.get(place + 1).copied().unwrap_or(text.len())];
        let Some((_, list)) = part.split_once("SYNTAX").filter(|(_, rest)| rest.trim_start().starts_with("INTEGER {")) else { continue };
        let list = list.split_once('{').and_then(|(_, rest)| rest.split_once('}')).expect("a closed list").0;
        let pairs = list.split(',').map(|item| {
            let (label, number) = item.trim().trim_end_matches(')').split_once('(').expect("label(number)");
            (label.trim().to_string(), number.trim().parse().expect("a number"))
        });
        found.insert(name, pairs.collect());
    }
    found
}

/// Checks one type against its list: each label and number there and back, and nothing more listed.
fn check<T: FromStr + Display + PartialEq + Copy + std::fmt::Debug>(
    lists: &BTreeMap<String, Vec<(String, u32)>>,
    convention: &str,
    from_number: fn(u32) -> T,
    number: fn(T) -> u32,
    listed: usize,
) {
    let list = lists.get(convention).unwrap_or_else(|| panic!("{convention} is in no module"));
    for (label, value) in list {
        let typed = from_number(*value);
        assert_eq!((typed.to_string(), number(typed)), (label.clone(), *value), "{convention}");
        assert_eq!(label.parse::<T>().ok(), Some(typed), "{convention}");
    }
    let named = list.iter().filter(|(label, value)| !(label == "other" && *value == 1)).count();
    assert_eq!(named, listed, "{convention}: the module lists {named} values");
}

macro_rules! check_all {
    ($lists:expr, $($convention:literal => $name:ident),* $(,)?) => {
        $(check($lists, $convention, $name::from_number, $name::number, $name::LISTED.len());)*
    };
}

#[test]
fn iana_printer_mib_round_trips() {
    let Some(text) = module("IANA-PRINTER-MIB") else { return };
    let lists = enumerations(&text, "TEXTUAL-CONVENTION");
    check_all!(&lists,
        "PrtCoverStatusTC" => CoverStatus, "PrtGeneralResetTC" => GeneralReset, "PrtChannelTypeTC" => ChannelType,
        "PrtInterpreterLangFamilyTC" => InterpreterLangFamily, "PrtInputTypeTC" => InputType, "PrtOutputTypeTC" => OutputType,
        "PrtMarkerMarkTechTC" => MarkerMarkTech, "PrtMarkerSuppliesTypeTC" => MarkerSuppliesType, "PrtMediaPathTypeTC" => MediaPathType,
        "PrtConsoleColorTC" => ConsoleColor, "PrtConsoleDisableTC" => ConsoleDisable, "PrtAlertTrainingLevelTC" => AlertTrainingLevel,
    );
    // Two lists are longer here than in the module: finishers are composed, groups are of a newer revision.
    let codes = &lists["PrtAlertCodeTC"];
    assert_eq!(codes.len(), 707);
    check(&lists, "PrtAlertCodeTC", AlertCode::from_number, AlertCode::number, AlertCode::LISTED.len() + 17 * 36);
    check(&lists, "PrtAlertGroupTC", AlertGroup::from_number, AlertGroup::number, AlertGroup::LISTED.len() - 6);
}

#[test]
fn printer_mib_round_trips() {
    let Some(text) = module("Printer-MIB") else { return };
    let lists = enumerations(&text, "TEXTUAL-CONVENTION");
    check_all!(&lists,
        "PrtMediaUnitTC" => MediaUnit, "PrtCapacityUnitTC" => CapacityUnit, "PrtPrintOrientationTC" => PrintOrientation,
        "PresentOnOff" => PresentOnOff, "PrtChannelStateTC" => ChannelState, "PrtOutputStackingOrderTC" => OutputStackingOrder,
        "PrtOutputPageDeliveryOrientationTC" => OutputPageDeliveryOrientation, "PrtMarkerCounterUnitTC" => MarkerCounterUnit,
        "PrtMarkerSuppliesSupplyUnitTC" => MarkerSuppliesSupplyUnit, "PrtMarkerSuppliesClassTC" => MarkerSuppliesClass,
        "PrtMarkerColorantRoleTC" => MarkerColorantRole, "PrtMarkerAddressabilityUnitTC" => MarkerAddressabilityUnit,
        "PrtMediaPathMaxSpeedPrintUnitTC" => MediaPathMaxSpeedPrintUnit, "PrtInterpreterTwoWayTC" => InterpreterTwoWay,
        "PrtAlertSeverityLevelTC" => AlertSeverityLevel,
    );
}

#[test]
fn host_resources_mib_round_trips() {
    let Some(text) = module("HOST-RESOURCES-MIB") else { return };
    let lists = enumerations(&text, "OBJECT-TYPE");
    check_all!(&lists, "hrDeviceStatus" => DeviceStatus, "hrPrinterStatus" => PrinterStatus);
}

#[test]
fn every_charset_has_its_iana_number() {
    let Some(text) = module("IANA-CHARSET-MIB") else { return };
    let lists = enumerations(&text, "TEXTUAL-CONVENTION");
    for charset in Charset::LISTED {
        assert!(lists["IANACharset"].contains(&(charset.to_string(), charset.number())), "{charset}");
    }
}
