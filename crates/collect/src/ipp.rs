//! What a printer says over IPP, as a device record.
//!
//! IPP tells supplies, trays, states and who the printer is; hardly any printer tells a meter by it.
//! Levels of receptacles run the other way here than in the Printer MIB, and are turned round.
//!
//! Source: RFC 8011; PWG 5100.9, 5100.13, 5100.22; the CUPS attributes `marker-*`.

mod alerts;
mod identity;
mod media;
mod meters;
mod reasons;
mod supplies;

use std::collections::BTreeMap;

use catalog::{Catalog, Section};
use model::record::Presence;
use model::standard::{DeviceStatus, PrinterStatus};
use model::{DeviceRecord, Level};
use printport::ipp::Attributes;

use crate::{Context, status};

/// Makes the device record of what one printer said over IPP.
///
/// Attributes that are absent leave their part of the record empty; an empty answer is a record that
/// says nothing.
pub fn collect(attributes: &Attributes, catalog: &Catalog, context: &Context) -> DeviceRecord {
    let mut record = DeviceRecord::new(context.path);
    record.observed_at = context.observed_at;
    let wanted = |section| context.sections.contains(section);
    let reasons = reasons::read(attributes);
    if wanted(Section::Identity) {
        record.identity = identity::read(attributes, catalog);
    }
    if wanted(Section::Meters) {
        record.meters = meters::read(attributes);
    }
    if wanted(Section::Supplies) {
        record.supplies = supplies::read(attributes, &mut record.problems);
        record.service_items = crate::service_items::of_supplies(&record.supplies);
    }
    if wanted(Section::Inputs) {
        record.inputs = media::inputs(attributes);
    }
    if wanted(Section::Outputs) {
        record.outputs = media::outputs(attributes);
    }
    if wanted(Section::Alerts) {
        record.alerts = alerts::read(attributes, &reasons, &mut record.problems);
    }
    if wanted(Section::Status) {
        record.status.printer = printer_state(attributes);
        record.status.device = record.status.printer.map(|_| device_state(attributes, &reasons));
        record.status.errors = reasons.iter().filter_map(reasons::Reason::error).collect();
        record.status.errors.dedup();
        record.status.console = attributes.text("printer-state-message").map(str::to_string).filter(|text| !text.trim().is_empty());
    }
    if wanted(Section::Status) || wanted(Section::Alerts) {
        record.presence = presence(attributes, &record);
    }
    if wanted(Section::Configuration) {
        record.configuration = configuration(attributes);
    }
    record
}

/// Returns what is set up, and the printer's own counts of its changes; a 0 of these is no information.
///
/// Source: PWG 5100.13, printer-config-change-time; PWG 5100.22, printer-config-changes; RFC 8011, pages-per-minute.
fn configuration(attributes: &Attributes) -> BTreeMap<String, String> {
    const NUMBERS: [&str; 5] =
        ["printer-config-change-time", "printer-config-changes", "printer-state-change-time", "pages-per-minute", "pages-per-minute-color"];
    let numbers = NUMBERS.iter().filter_map(|name| Some((*name, attributes.number(name).filter(|number| *number > 0)?)));
    numbers.map(|(name, number)| (name.to_string(), number.to_string())).collect()
}

/// Source: RFC 8011 §5.4.11, printer-state: idle 3, processing 4, stopped 5.
fn printer_state(attributes: &Attributes) -> Option<PrinterStatus> {
    match attributes.number("printer-state")? {
        3 => Some(PrinterStatus::Idle),
        4 => Some(PrinterStatus::Printing),
        5 => Some(PrinterStatus::Other(1)),
        _ => None,
    }
}

/// Says in the words of hrDeviceStatus what the state and its reasons come to.
fn device_state(attributes: &Attributes, reasons: &[reasons::Reason]) -> DeviceStatus {
    match attributes.number("printer-state") {
        Some(5) => DeviceStatus::Down,
        _ if reasons.iter().any(|reason| reason.severity == reasons::Severity::Warning) => DeviceStatus::Warning,
        _ => DeviceStatus::Running,
    }
}

/// A printer that sleeps answers with states of before, and knows no level of any ink.
fn presence(attributes: &Attributes, record: &DeviceRecord) -> Presence {
    let says_sleep = record.status.console.as_deref().is_some_and(status::speaks_of_sleep);
    let power = attributes.value("power-state-monitor-col").and_then(|value| value.collection()?.text("power-state"));
    let low_power = power.is_some_and(|state| ["standby", "suspend", "hibernate"].iter().any(|low| state.starts_with(low)));
    let levels = attributes.values("marker-levels");
    let none_known = levels.len() > 1 && levels.iter().all(|level| level.number() == Some(-2));
    match attributes.number("printer-state") {
        Some(4) => Presence::Printing,
        _ if says_sleep || low_power || none_known => Presence::Asleep,
        Some(_) => Presence::Ready,
        None => Presence::Unknown,
    }
}

/// Types a number as the levels of the Printer MIB are typed.
fn level(number: Option<i64>) -> Level {
    number.map_or(Level::Unknown, Level::from_raw)
}

/// Reads a word of the standard's that may be its number, may lack its end, and may be of another list.
///
/// Source: what printers write into `printer-input-tray` and `printer-alert`.
fn word<T: std::str::FromStr + std::fmt::Display + Copy>(text: &str, known: &[T], from_number: fn(u32) -> T) -> Option<T> {
    let text = text.trim();
    if let Ok(number) = text.parse::<u32>() {
        return Some(from_number(number));
    }
    let exact = text.parse::<T>().ok();
    exact.or_else(|| known.iter().copied().find(|word| same_word(&word.to_string(), text)))
}

/// Compares a MIB's word with a printer's: case and hyphens do not matter, nor does an end that was left out.
fn same_word(mib: &str, said: &str) -> bool {
    let fold =
        |text: &str| text.chars().filter(|sign| sign.is_ascii_alphanumeric()).map(|sign| sign.to_ascii_lowercase()).collect::<String>();
    let (mib, said) = (fold(mib), fold(said));
    mib == said || said.len() >= 12 && mib.starts_with(&said)
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::testing::Printer;

    #[test]
    fn p_08_a_change_time_of_zero_is_no_information() {
        let configuration = |time: i32| {
            let printer = Printer::new().numbers("printer-config-change-time", &[time]).numbers("pages-per-minute", &[40]);
            printer.collect().configuration.into_iter().collect::<Vec<_>>()
        };
        let speed = ("pages-per-minute".to_string(), "40".to_string());
        assert_eq!(configuration(0), std::slice::from_ref(&speed));
        assert_eq!(configuration(7), [speed, ("printer-config-change-time".to_string(), "7".to_string())]);
    }
}
