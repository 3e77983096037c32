//! hrPrinterTable and what follows from it: is the device there, and what is it doing?

use catalog::Standard;
use catalog::meaning::{DeviationKind, State};
use model::record::{Presence, Status};
use model::standard::{AlertCode, DeviceStatus, ErrorState, PrinterStatus};
use snmp::Value;

use crate::cells::Source;
use crate::{console, text};

/// Reads what the device says of itself as a whole.
pub(crate) fn read(source: &mut Source<'_>) -> Status {
    let error_state = source.of_device(Standard::HrPrinterDetectedErrorState);
    Status {
        device: source.word(source.of_device(Standard::HrDeviceStatus), DeviceStatus::from_number),
        printer: source.word(source.of_device(Standard::HrPrinterStatus), PrinterStatus::from_number),
        errors: source.octets(error_state).map(|octets| reliable(source, octets)).unwrap_or_default(),
        console: console::read(source).or_else(|| vendors_console(source)),
        up_time: source.counter(source.scalar(Standard::SysUpTime)).and_then(|ticks| u32::try_from(ticks).ok()),
    }
}

/// Returns the error bits without telling problems: for those who only want a confirmation.
pub(crate) fn errors(source: &Source<'_>) -> Vec<ErrorState> {
    match source.of_device(Standard::HrPrinterDetectedErrorState).value {
        Some(Value::OctetString(octets)) => reliable(source, octets),
        _ => Vec::new(),
    }
}

/// Returns the bits that mean something on this kind of device.
fn reliable(source: &Source<'_>, octets: &[u8]) -> Vec<ErrorState> {
    let mut errors = ErrorState::from_octets(octets);
    for deviation in &source.profile.meanings.deviations {
        if let DeviationKind::UnreliableErrorBits(bits) = &deviation.kind {
            errors.retain(|bit| !bits.contains(bit));
        }
    }
    errors
}

/// Returns the panel's text where only an object of the vendor's tells it.
fn vendors_console(source: &mut Source<'_>) -> Option<String> {
    let profile = source.profile;
    let consoles = profile.meanings.states.iter().filter(|rule| rule.state == State::Console);
    let mut texts = consoles.filter_map(|rule| {
        let octets = source.octets(source.alone(rule.object))?;
        Some(text::lines(octets, source.console_charset).trim().to_string())
    });
    texts.find(|text| !text.is_empty())
}

/// Returns whether an object of the vendor's, or a row of the alert table that is none, says that the device sleeps.
fn vendor_says_asleep(source: &Source<'_>) -> bool {
    let meanings = &source.profile.meanings;
    let by_state = meanings.states.iter().any(|rule| match (&rule.state, source.alone(rule.object).value) {
        (State::Asleep(numbers), Some(Value::Integer(number))) => numbers.contains(&number),
        _ => false,
    });
    by_state
        || meanings.deviations.iter().any(|deviation| match &deviation.kind {
            DeviationKind::StatusAsAlert { texts, asleep: true } => alert_texts(source).any(|said| is_one_of(&said, texts)),
            _ => false,
        })
}

/// Returns whether a text of the alert table is one that this kind of device puts there for its state.
pub(crate) fn is_known_state(source: &Source<'_>, text: &str) -> bool {
    source.profile.meanings.deviations.iter().any(|deviation| match &deviation.kind {
        DeviationKind::StatusAsAlert { texts, .. } => is_one_of(text, texts),
        _ => false,
    })
}

fn is_one_of(text: &str, texts: &[Box<str>]) -> bool {
    texts.iter().any(|known| known.eq_ignore_ascii_case(text.trim()))
}

fn alert_texts<'a>(source: &Source<'a>) -> impl Iterator<Item = std::borrow::Cow<'a, str>> {
    let charset = source.charset;
    source.answers.column(Standard::PrtAlertDescription).filter_map(move |(_, value)| match value {
        Value::OctetString(octets) => text::said(octets, charset),
        _ => None,
    })
}

/// Returns whether the printer prints, sleeps or is ready; a fault is no presence.
///
/// Asleep is a printer that says so on its panel or in its alert table, or whose device runs while
/// the printer is in the state `other`: standby.
///
/// Source: RFC 3805 appendix on the overall printer status; RFC 2790, hrDeviceStatus, hrPrinterStatus.
pub(crate) fn presence(source: &mut Source<'_>, status: &Status) -> Presence {
    let said = status.console.as_deref().is_some_and(speaks_of_sleep) || alerts_speak_of_sleep(source) || vendor_says_asleep(source);
    match (status.device, status.printer) {
        (_, Some(PrinterStatus::Printing)) => Presence::Printing,
        _ if said => Presence::Asleep,
        (Some(DeviceStatus::Running), Some(PrinterStatus::Other(1))) => Presence::Asleep,
        (None | Some(DeviceStatus::Unknown), None | Some(PrinterStatus::Unknown)) => Presence::Unknown,
        _ => Presence::Ready,
    }
}

fn alerts_speak_of_sleep(source: &Source<'_>) -> bool {
    let power_saver = Value::Integer(AlertCode::SubunitPowerSaver.number().into());
    source.answers.column(Standard::PrtAlertCode).any(|(_, code)| code == power_saver)
        || alert_texts(source).any(|text| speaks_of_sleep(&text))
}

/// Returns whether a text of the panel or of an alert says that the device sleeps.
pub(crate) fn speaks_of_sleep(text: &str) -> bool {
    const BEGINNINGS: [&str; 12] = [
        "sleep",
        "deep sleep",
        "power sav",
        "powersav",
        "energy sav",
        "low power",
        "standby",
        "stand-by",
        "hibernat",
        "ruhezustand",
        "veille",
        "スリープ",
    ];
    text.split('\n').any(|line| begins_with_any(line.trim(), &BEGINNINGS))
}

/// Returns whether a text of an alert names an ordinary state and no cause.
pub(crate) fn is_mere_state(text: &str) -> bool {
    const STATES: [&str; 7] = ["idle", "ready", "printing", "warming up", "warmup", "preparing to print", "processing"];
    let text = text.trim_end_matches('.');
    speaks_of_sleep(text) || STATES.iter().any(|state| text.eq_ignore_ascii_case(state))
}

fn begins_with_any(text: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| text.get(..beginning.len()).is_some_and(|head| head.eq_ignore_ascii_case(beginning)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    fn device(status: i64, printer: i64) -> Device {
        Device::new().integer(Standard::HrDeviceStatus, &[1], status).integer(Standard::HrPrinterStatus, &[1], printer)
    }

    #[test]
    fn presence_follows_the_combined_status() {
        assert_eq!(device(2, 3).collect().presence, Presence::Ready);
        assert_eq!(device(2, 4).collect().presence, Presence::Printing);
        assert_eq!(device(3, 4).collect().presence, Presence::Printing);
        assert_eq!(device(2, 1).collect().presence, Presence::Asleep, "running and other is standby");
        assert_eq!(device(5, 1).collect().presence, Presence::Ready, "a fault is no presence");
        assert_eq!(device(5, 5).collect().presence, Presence::Ready);
        assert_eq!(device(1, 2).collect().presence, Presence::Unknown);
        assert_eq!(Device::new().collect().presence, Presence::Unknown);
    }

    #[test]
    fn a_printer_that_says_it_sleeps_is_asleep() {
        let console = |text: &str| device(2, 3).text(Standard::PrtConsoleDisplayBufferText, &[1, 1], text.as_bytes()).collect().presence;
        assert_eq!(console("Sleeping"), Presence::Asleep);
        assert_eq!(console("Power Saver On"), Presence::Asleep);
        assert_eq!(console("Ready"), Presence::Ready);
        assert_eq!(console("スリープ中"), Presence::Asleep);
        let alert =
            device(2, 3).integer(Standard::PrtAlertCode, &[1, 1], 0).text(Standard::PrtAlertDescription, &[1, 1], b"Sleep").collect();
        assert_eq!((alert.presence, alert.alerts.len()), (Presence::Asleep, 0));
    }

    #[test]
    fn the_error_bits_are_octets_and_never_text() {
        let bits = |octets: &[u8]| device(3, 3).text(Standard::HrPrinterDetectedErrorState, &[1], octets).collect().status.errors;
        assert_eq!(bits(b" "), [ErrorState::LowToner], "0x20 is the blank character");
        assert_eq!(bits(&[0x80, 0x04]), [ErrorState::LowPaper, ErrorState::InputTrayEmpty]);
        assert_eq!(bits(b""), []);
        assert_eq!(bits(&[0x00]), []);
    }
}
