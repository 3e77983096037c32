//! What is set up and installed: media paths, channels, interpreters, lights, storage and the rest.
//!
//! These tables have no place of their own in the record: each value stands in the map under its
//! object's name and instance, in the standard's words.

use std::collections::BTreeMap;

use catalog::{Instance as Kind, Object, ObjectId, Rows, Section, Standard, Syntax};
use model::Origin;
use model::standard as words;
use snmp::Value;

use crate::answers::Instance;
use crate::cells::Source;
use crate::text;

/// Adds every configuration object that was said; covers have a place of their own.
pub(crate) fn read(source: &mut Source<'_>, configuration: &mut BTreeMap<String, String>) {
    let covers: [ObjectId; 2] = [Standard::PrtCoverDescription.into(), Standard::PrtCoverStatus.into()];
    let profile = source.profile;
    let objects = profile.objects.iter().filter(|object| object.sections.contains(Section::Configuration));
    for object in objects.filter(|object| !covers.contains(&object.id)) {
        let most = object.table.map_or(usize::MAX, |table| profile.table(table).max_rows.into());
        let column = source.answers.column(object.id).filter(|(instance, _)| is_wanted(source, object, instance));
        for (instance, value) in column.take(most) {
            if let Some(text) = as_text(source, object, value) {
                configuration.insert(Origin::new(object.name, instance.as_slice()).to_string(), text);
            }
        }
    }
}

/// Returns whether the reading rules ask for a cell: a recording holds more than a reading does,
/// and both give the same record.
fn is_wanted(source: &Source<'_>, object: &Object, instance: &Instance) -> bool {
    match (object.instance, object.table.map(|table| source.profile.table(table).rows)) {
        (Kind::Device, _) => instance.as_slice() == [source.device],
        (_, Some(Rows::ReferredBy(pointer))) => {
            let row = Value::Integer(instance.row().into());
            source.answers.column(pointer).any(|(from, value)| from.device() == instance.device() && value == row)
        }
        _ => true,
    }
}

/// Writes a value as a person reads it; `None` if it says nothing.
fn as_text(source: &Source<'_>, object: &Object, value: Value<'_>) -> Option<String> {
    match value {
        Value::Integer(number) => Some(label(object.id, number).unwrap_or_else(|| number.to_string())),
        Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => Some(number.to_string()),
        Value::Counter64(number) => Some(number.to_string()),
        Value::ObjectIdentifier(oid) => Some(oid.to_string()),
        Value::IpAddress([a, b, c, d]) => Some(format!("{a}.{b}.{c}.{d}")),
        Value::OctetString(octets) => match object.syntax {
            Syntax::ConsoleText => text::said(octets, source.console_charset).map(Into::into),
            Syntax::Bits | Syntax::MacAddress => Some(octets.iter().map(|octet| format!("{octet:02x}")).collect()),
            _ => text::said(octets, source.charset).map(Into::into),
        },
        _ => None,
    }
}

/// Returns the standard's word for an enumerated object.
fn label(object: ObjectId, number: i64) -> Option<String> {
    use Standard as S;
    let number = u32::try_from(number).ok()?;
    let standard = S::ALL.get(object.index())?;
    let word = match standard {
        S::PrtConsoleDisable => words::ConsoleDisable::from_number(number).to_string(),
        S::PrtAuxiliarySheetStartupPage
        | S::PrtAuxiliarySheetBannerPage
        | S::PrtInputSecurity
        | S::PrtOutputSecurity
        | S::PrtOutputBursting
        | S::PrtOutputDecollating
        | S::PrtOutputPageCollated
        | S::PrtOutputOffsetStacking => words::PresentOnOff::from_number(number).to_string(),
        S::PrtLocalizationCharacterSet | S::PrtInterpreterDefaultCharSetIn | S::PrtInterpreterDefaultCharSetOut => {
            words::Charset::from_number(number).to_string()
        }
        S::PrtInputDimUnit | S::PrtOutputDimUnit | S::PrtMediaPathMediaSizeUnit => words::MediaUnit::from_number(number).to_string(),
        S::PrtOutputStackingOrder => words::OutputStackingOrder::from_number(number).to_string(),
        S::PrtOutputPageDeliveryOrientation => words::OutputPageDeliveryOrientation::from_number(number).to_string(),
        S::PrtMarkerMarkTech => words::MarkerMarkTech::from_number(number).to_string(),
        S::PrtMarkerAddressabilityUnit => words::MarkerAddressabilityUnit::from_number(number).to_string(),
        S::PrtMarkerColorantRole => words::MarkerColorantRole::from_number(number).to_string(),
        S::PrtMediaPathMaxSpeedPrintUnit => words::MediaPathMaxSpeedPrintUnit::from_number(number).to_string(),
        S::PrtMediaPathType => words::MediaPathType::from_number(number).to_string(),
        S::PrtMediaPathStatus | S::PrtChannelStatus => words::SubUnitStatus::from_number(number)?.to_string(),
        S::PrtChannelType => words::ChannelType::from_number(number).to_string(),
        S::PrtChannelState => words::ChannelState::from_number(number).to_string(),
        S::PrtInterpreterLangFamily => words::InterpreterLangFamily::from_number(number).to_string(),
        S::PrtInterpreterDefaultOrientation => words::PrintOrientation::from_number(number).to_string(),
        S::PrtInterpreterTwoWay => words::InterpreterTwoWay::from_number(number).to_string(),
        S::PrtConsoleColor => words::ConsoleColor::from_number(number).to_string(),
        _ => return None,
    };
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    #[test]
    fn only_what_a_reading_asks_for_is_told() {
        let record = Device::new()
            .integer(Standard::PrtGeneralCurrentLocalization, &[1], 2)
            .text(Standard::PrtLocalizationLanguage, &[1, 1], b"en")
            .text(Standard::PrtLocalizationLanguage, &[1, 2], b"fr")
            .integer(Standard::HrDeviceErrors, &[1], 3)
            .integer(Standard::HrDeviceErrors, &[2], 0)
            .collect();
        let found: Vec<_> = record.configuration.keys().map(String::as_str).collect();
        assert_eq!(found, ["hrDeviceErrors.1", "prtGeneralCurrentLocalization.1", "prtLocalizationLanguage.1.2"]);
    }

    #[test]
    fn configuration_speaks_the_standards_words() {
        let record = Device::new()
            .integer(Standard::PrtMediaPathType, &[1, 2], 3)
            .integer(Standard::PrtMediaPathMaxSpeed, &[1, 2], 2400)
            .integer(Standard::PrtInterpreterLangFamily, &[1, 1], 54)
            .integer(Standard::PrtChannelType, &[1, 1], 44)
            .text(Standard::PrtMediaPathDescription, &[1, 2], b"Duplex")
            .text(Standard::PrtChannelInformation, &[1, 1], b"")
            .integer(Standard::HrMemorySize, &[0], 262_144)
            .collect();
        let expected = [
            ("hrMemorySize.0", "262144"),
            ("prtChannelType.1.1", "chIPP"),
            ("prtInterpreterLangFamily.1.1", "langPDF"),
            ("prtMediaPathDescription.1.2", "Duplex"),
            ("prtMediaPathMaxSpeed.1.2", "2400"),
            ("prtMediaPathType.1.2", "longEdgeBindingDuplex"),
        ];
        let found: Vec<_> = record.configuration.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }
}
