//! How a device and its parts are, and which of its error bits can be believed.

use model::DeviceRecord;
use model::record::Presence;
use model::standard::{CoverStatus, DeviceStatus, ErrorState, InputType, OutputType, PrinterStatus, SubUnitStatus};

use super::table::find;
use super::{Language, or_number};
use crate::supply::is_marking;

/// Returns the word for whether a device is there.
pub fn presence(presence: Presence, language: Language) -> &'static str {
    find(language.words().presences, &presence).unwrap_or(language.words().other)
}

/// Returns a short sentence that says what the presence means.
pub fn presence_reason(presence: Presence, language: Language) -> &'static str {
    find(language.words().presence_reasons, &presence).unwrap_or(language.words().other)
}

/// Returns the words of hrDeviceStatus.
pub fn device_status(status: DeviceStatus, language: Language) -> String {
    let words = language.words();
    or_number(find(words.devices, &status), status.number(), words.numbered.status, language)
}

/// Returns the words of hrPrinterStatus.
pub fn printer_status(status: PrinterStatus, language: Language) -> String {
    let words = language.words();
    or_number(find(words.printers, &status), status.number(), words.numbered.status, language)
}

/// Returns the words of a cover's state.
pub fn cover_status(status: CoverStatus, language: Language) -> String {
    let words = language.words();
    or_number(find(words.covers, &status), status.number(), words.numbered.status, language)
}

/// Returns the words of an input's type.
pub fn input_type(kind: InputType, language: Language) -> String {
    let words = language.words();
    or_number(find(words.inputs, &kind), kind.number(), words.numbered.kind, language)
}

/// Returns the words of an output's type.
pub fn output_type(kind: OutputType, language: Language) -> String {
    let words = language.words();
    or_number(find(words.outputs, &kind), kind.number(), words.numbered.kind, language)
}

/// Returns the parts of a sub-unit's state, separated by commas: "available and idle, warning".
///
/// Source: RFC 3805, PrtSubUnitStatusTC.
pub fn sub_unit_status(status: SubUnitStatus, language: Language) -> String {
    let words = language.words();
    let availability = status.availability();
    let [warning, critical, offline, changing] = words.sub_unit_parts;
    let set = [
        (status.has_non_critical_alert(), warning),
        (status.has_critical_alert(), critical),
        (status.is_off_line(), offline),
        (status.is_transitioning(), changing),
    ];
    let mut parts = vec![or_number(find(words.availabilities, &availability), availability.number(), words.numbered.status, language)];
    parts.extend(set.into_iter().filter(|(is_set, _)| *is_set).map(|(_, part)| part.to_owned()));
    parts.join(", ")
}

/// Returns the words of an error bit.
///
/// Source: RFC 2790, hrPrinterDetectedErrorState.
pub fn error_state(error: ErrorState, language: Language) -> String {
    let words = language.words();
    match find(words.errors, &error) {
        Some(error) => error.to_owned(),
        None => format!("{} {}", words.numbered.error, error.number()),
    }
}

/// Returns the error bits that say something by themselves; the others stay in the record as facts.
///
/// Printers set offline, serviceRequested and overduePreventMaint without need. Low and no toner
/// are taken from the supplies where the device measures one that it prints with.
///
/// Source: OpenPrinting CUPS, backend/snmp-supplies.c, where the authors note both.
pub fn errors_that_count(record: &DeviceRecord) -> impl Iterator<Item = ErrorState> {
    let measures = record.supplies.iter().any(|supply| is_marking(supply) && supply.level.measured().is_some());
    record.status.errors.iter().copied().filter(move |error| match error {
        ErrorState::Offline | ErrorState::ServiceRequested | ErrorState::OverduePreventMaint => false,
        ErrorState::LowToner | ErrorState::NoToner => !measures,
        _ => true,
    })
}
