//! Which printers need somebody first, and why: the order of the table and of the page.
//!
//! Only what the device says of itself counts; nothing is judged that it did not tell.

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;

use model::DeviceRecord;
use model::record::{Alert, Evidence, Presence};
use model::standard::{AlertCode, AlertSeverityLevel, DeviceStatus, ErrorState, PrinterStatus};

use crate::supply::{self, Need};
use crate::text::{safe_text, words as label_words};
use crate::words::{self, Language, errors_that_count, page_word};

/// Is how urgent a device is; the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It does not print until somebody comes.
    Fault,
    /// A supply is used up.
    UsedUp,
    /// A supply is nearly used up.
    Low,
    /// It will not talk to us: access is missing.
    Refusing,
    /// It works, and says something that is worth knowing.
    Notice,
    Fine,
    /// It is not there: off, or out of reach.
    Absent,
}

impl Urgency {
    /// Returns whether somebody should do something.
    pub fn needs_attention(self) -> bool {
        self <= Urgency::Refusing
    }

    /// Returns one word for a spreadsheet.
    pub fn word(self) -> &'static str {
        match self {
            Urgency::Fault => "fault",
            Urgency::UsedUp => "used up",
            Urgency::Low => "low",
            Urgency::Refusing => "refusing",
            Urgency::Notice => "notice",
            Urgency::Fine => "fine",
            Urgency::Absent => "absent",
        }
    }
}

/// Is what a device needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    pub urgency: Urgency,
    /// Why, the most urgent first; safe to print.
    pub reasons: Vec<String>,
}

/// Finds out what a device needs.
pub fn of(record: &DeviceRecord) -> Attention {
    told_in(record, Language::English)
}

/// Finds out what a device needs and tells it in a language; what the device said stays as it said it.
pub fn told_in(record: &DeviceRecord, language: Language) -> Attention {
    let word = |english| page_word(english, language).to_owned();
    let mut reasons: Vec<(Urgency, String)> = Vec::new();
    match record.presence {
        Presence::Unreachable | Presence::Off => return Attention { urgency: Urgency::Absent, reasons: Vec::new() },
        Presence::Refusing => reasons.push((Urgency::Refusing, word("refuses to answer"))),
        Presence::Ready | Presence::Printing | Presence::Asleep | Presence::Unknown => {}
    }
    // A supply's own row says more than an alert about it, so it stands before one of the same urgency.
    for supply in &record.supplies {
        let need = supply::need(supply);
        let urgency = if need == Need::UsedUp { Urgency::UsedUp } else { Urgency::Low };
        reasons.extend(supply::complaint_in(supply, need, language).map(|complaint| (urgency, complaint)));
    }
    reasons.extend(record.alerts.iter().filter_map(|alert| of_alert(alert, record, language)));
    for error in errors_that_count(record) {
        let urgency = of_error(error, record.status.device);
        // The bits say in a word what alerts and supplies say in full.
        if !reasons.iter().any(|(known, _)| *known <= urgency) {
            reasons.push((urgency, label(error, words::error_state(error, language), language)));
        }
    }
    if record.status.device == Some(DeviceStatus::Down) && reasons.is_empty() && record.presence != Presence::Asleep {
        reasons.push((Urgency::Fault, word("down")));
    }
    if record.meters.iter().any(|meter| meter.name == "total" && meter.evidence == Evidence::Conflicting) {
        reasons.push((Urgency::Notice, word("total meters disagree")));
    }
    reasons.sort_by_key(|(urgency, _)| *urgency);
    let mut told: Vec<String> = Vec::with_capacity(reasons.len());
    let urgency = reasons.first().map_or(Urgency::Fine, |(urgency, _)| *urgency);
    for (_, reason) in reasons {
        if !told.contains(&reason) {
            told.push(reason);
        }
    }
    Attention { urgency, reasons: told }
}

fn of_alert(alert: &Alert, record: &DeviceRecord, language: Language) -> Option<(Urgency, String)> {
    let code = alert.code.unwrap_or(AlertCode::Unknown);
    let urgency = match alert.severity? {
        AlertSeverityLevel::Critical => Urgency::Fault,
        AlertSeverityLevel::Warning | AlertSeverityLevel::WarningBinaryChangeEvent => Urgency::Notice,
        AlertSeverityLevel::Other(_) => return None,
    };
    // A fuser that is cold while the device sleeps or warms up is as it should be.
    if is_everyday(code) || (is_resting(record) && code == AlertCode::MarkerFuserUnderTemperature) {
        return None;
    }
    Some((supply_urgency(code).unwrap_or(urgency), alert_text_in(alert, language)))
}

/// Returns whether the device sleeps or wakes up, so that what is meant to be warm may be cold.
pub(crate) fn is_resting(record: &DeviceRecord) -> bool {
    record.presence == Presence::Asleep || record.status.printer == Some(PrinterStatus::Warmup)
}

/// Returns the urgency of alerts that are about supplies, however severe the device finds them.
fn supply_urgency(code: AlertCode) -> Option<Urgency> {
    use AlertCode as Code;
    match code {
        Code::MarkerTonerEmpty | Code::MarkerInkEmpty | Code::MarkerPrintRibbonEmpty | Code::MarkerDeveloperEmpty => Some(Urgency::UsedUp),
        Code::MarkerWasteTonerReceptacleFull | Code::MarkerWasteInkReceptacleFull | Code::MarkerOpcLifeOver => Some(Urgency::UsedUp),
        Code::MarkerTonerAlmostEmpty | Code::MarkerInkAlmostEmpty | Code::MarkerPrintRibbonAlmostEmpty => Some(Urgency::Low),
        Code::MarkerWasteTonerReceptacleAlmostFull | Code::MarkerWasteInkReceptacleAlmostFull => Some(Urgency::Low),
        Code::MarkerOpcLifeAlmostOver | Code::MarkerDeveloperAlmostEmpty => Some(Urgency::Low),
        _ => None,
    }
}

/// Returns whether a code tells of ordinary life: it wakes nobody.
pub(crate) fn is_everyday(code: AlertCode) -> bool {
    use AlertCode as Code;
    matches!(
        code,
        Code::PowerUp
            | Code::PowerDown
            | Code::PrinterReadyToPrint
            | Code::PrinterNMSReset
            | Code::PrinterManualReset
            | Code::SubunitPowerSaver
            | Code::SubunitWarmingUp
            | Code::SubunitTurnedOn
            | Code::SubunitAdded
            | Code::SubunitResourceAdded
            | Code::SubunitClosed
            | Code::CoverClosed
            | Code::InterlockClosed
            | Code::DoorClosed
            | Code::ConfigurationChange
            | Code::MarkerAdjustingPrintQuality
            | Code::AlertRemovalOfBinaryChangeEntry
    )
}

/// Returns what an alert says: the device's own words, or the standard's.
pub fn alert_text(alert: &Alert) -> String {
    alert_text_in(alert, Language::English)
}

fn alert_text_in(alert: &Alert, language: Language) -> String {
    let said = alert.description.as_deref().map(safe_text).filter(|said| !said.is_empty());
    match (said, alert.code) {
        (Some(said), _) => said.into_owned(),
        (None, Some(code)) => label(code, words::alert_code(code, language), language),
        (None, None) => page_word("an alert without words", language).to_owned(),
    }
}

/// Returns the standard's own words in English, and ours in every other language.
fn label(standard: impl fmt::Display, ours: String, language: Language) -> String {
    match language {
        Language::English => label_words(&standard.to_string()),
        Language::Dutch => ours,
    }
}

fn of_error(error: ErrorState, device: Option<DeviceStatus>) -> Urgency {
    use ErrorState as Bit;
    let prints = matches!(device, Some(DeviceStatus::Running | DeviceStatus::Warning));
    match error {
        Bit::Jammed | Bit::DoorOpen => Urgency::Fault,
        // One of several trays, bins or markers, as long as the device prints on.
        Bit::NoPaper | Bit::InputTrayMissing | Bit::OutputFull | Bit::MarkerSupplyMissing if prints => Urgency::Notice,
        Bit::NoPaper | Bit::InputTrayMissing | Bit::OutputFull | Bit::MarkerSupplyMissing => Urgency::Fault,
        Bit::NoToner => Urgency::UsedUp,
        Bit::LowToner => Urgency::Low,
        Bit::LowPaper | Bit::InputTrayEmpty | Bit::OutputNearFull | Bit::OutputTrayMissing => Urgency::Notice,
        // The first three are no reason at all: see `errors_that_count`.
        Bit::Offline | Bit::ServiceRequested | Bit::OverduePreventMaint | Bit::Other(_) => Urgency::Notice,
    }
}

/// Returns the records with what they need: the most urgent first, then by address.
pub fn sorted(records: &[DeviceRecord]) -> Vec<(&DeviceRecord, Attention)> {
    let mut sorted: Vec<_> = records.iter().map(|record| (record, of(record))).collect();
    sorted.sort_by(|(a, a_needs), (b, b_needs)| a_needs.urgency.cmp(&b_needs.urgency).then_with(|| by_address(a, b)));
    sorted
}

fn by_address(a: &DeviceRecord, b: &DeviceRecord) -> Ordering {
    let key = |record: &DeviceRecord| {
        let text = record.address.clone().or_else(|| record.recording.clone()).unwrap_or_default();
        // Without a scope: `fe80::7%2`.
        let address: Option<IpAddr> = text.split('%').next().and_then(|address| address.parse().ok());
        (address.is_none(), address, text)
    };
    key(a).cmp(&key(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Origin;
    use model::record::Path;

    fn record(presence: Presence) -> DeviceRecord {
        DeviceRecord { presence, ..DeviceRecord::new(Path::Agent) }
    }

    fn alert(severity: AlertSeverityLevel, code: AlertCode) -> Alert {
        Alert {
            index: 1,
            severity: Some(severity),
            training: None,
            group: None,
            group_index: None,
            code: Some(code),
            location: None,
            description: None,
            raised_at: None,
            origin: Origin::new("prtAlertCode", &[1, 1]),
        }
    }

    fn with_alert(presence: Presence, severity: AlertSeverityLevel, code: AlertCode) -> Attention {
        let mut record = record(presence);
        record.alerts.push(alert(severity, code));
        of(&record)
    }

    /// S-24: a power-up that stays in the table is no reason to come.
    #[test]
    fn critical_alerts_come_first_and_everyday_ones_not_at_all() {
        use AlertSeverityLevel::{Critical, Other, Warning};
        let jam = with_alert(Presence::Ready, Critical, AlertCode::Jam);
        assert_eq!((jam.urgency, jam.reasons), (Urgency::Fault, vec!["jam".to_owned()]));
        assert_eq!(with_alert(Presence::Ready, Warning, AlertCode::PowerUp).urgency, Urgency::Fine);
        assert_eq!(with_alert(Presence::Ready, Other(0), AlertCode::Other(0)).urgency, Urgency::Fine);
        assert_eq!(with_alert(Presence::Ready, Warning, AlertCode::SubunitAlmostFull).urgency, Urgency::Notice);
        assert_eq!(with_alert(Presence::Ready, Critical, AlertCode::MarkerTonerAlmostEmpty).urgency, Urgency::Low);
    }

    /// S-24: a cold fuser is normal while the device sleeps or warms up.
    #[test]
    fn a_cold_fuser_is_a_fault_only_while_awake() {
        let cold = AlertCode::MarkerFuserUnderTemperature;
        assert_eq!(with_alert(Presence::Asleep, AlertSeverityLevel::Critical, cold).urgency, Urgency::Fine);
        assert_eq!(with_alert(Presence::Ready, AlertSeverityLevel::Critical, cold).urgency, Urgency::Fault);
    }

    /// S-25: without an alert the error state speaks.
    #[test]
    fn an_error_bit_speaks_when_nothing_else_does() {
        let mut jammed = record(Presence::Ready);
        jammed.status.errors = vec![ErrorState::Jammed, ErrorState::Offline];
        assert_eq!(of(&jammed).reasons, ["jammed"]);
        jammed.alerts.push(Alert { description: Some("Papierstau Fach 2".into()), ..alert(AlertSeverityLevel::Critical, AlertCode::Jam) });
        assert_eq!(of(&jammed).reasons, ["Papierstau Fach 2"]);
        let mut one_tray = record(Presence::Ready);
        one_tray.status.errors = vec![ErrorState::NoPaper];
        assert_eq!(of(&one_tray).urgency, Urgency::Fault);
        one_tray.status.device = Some(DeviceStatus::Warning);
        assert_eq!(of(&one_tray).urgency, Urgency::Notice);
        let mut offline = record(Presence::Ready);
        offline.status.errors = vec![ErrorState::ServiceRequested];
        assert!(!of(&offline).urgency.needs_attention());
    }

    #[test]
    fn d_18_bits_that_cannot_be_believed_are_no_reason() {
        let mut record = record(Presence::Ready);
        record.status.errors = vec![ErrorState::Offline, ErrorState::ServiceRequested, ErrorState::OverduePreventMaint];
        assert_eq!(of(&record), Attention { urgency: Urgency::Fine, reasons: Vec::new() });
        record.status.errors.push(ErrorState::LowToner);
        assert_eq!(of(&record).reasons, ["low toner"]);
        assert_eq!(told_in(&record, Language::Dutch).reasons, ["toner bijna op"]);
    }

    /// D-16: off is no fault.
    #[test]
    fn absent_devices_are_not_faulty() {
        let mut gone = record(Presence::Unreachable);
        gone.status.device = Some(DeviceStatus::Down);
        assert_eq!(of(&gone).urgency, Urgency::Absent);
        let mut down = record(Presence::Unknown);
        down.status.device = Some(DeviceStatus::Down);
        assert_eq!(of(&down).reasons, ["down"]);
        down.presence = Presence::Asleep;
        assert_eq!(of(&down).urgency, Urgency::Fine);
    }

    #[test]
    fn addresses_are_ordered_as_numbers() {
        let at = |address: &str| DeviceRecord { address: Some(address.into()), ..record(Presence::Ready) };
        let records = [at("10.0.0.10"), at("10.0.0.9"), at("fe80::1%2"), record(Presence::Unreachable), at("9.9.9.9")];
        let order: Vec<_> = sorted(&records).iter().map(|(record, _)| record.address.as_deref().unwrap_or("-")).collect();
        assert_eq!(order, ["9.9.9.9", "10.0.0.9", "10.0.0.10", "fe80::1%2", "-"]);
    }
}
