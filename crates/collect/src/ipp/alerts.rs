//! What is wrong now: the state reasons, and the rows of `printer-alert` that they confirm.

use model::Origin;
use model::record::Alert;
use model::standard::{AlertCode, AlertGroup, AlertSeverityLevel, AlertTrainingLevel};
use printport::ipp::{Attributes, Value};
use printport::packed::Packed;

use super::reasons::{Reason, Severity};
use super::word;
use crate::status;

/// Reads the alerts.
///
/// Many printers keep in printer-alert what happened long ago, so a row counts only if a reason of the
/// state says the same now; a reason that no row tells of is an alert by itself. What does not parse
/// raises nothing.
///
/// Source: PWG 5100.9, printer-alert, printer-alert-description.
pub(super) fn read(attributes: &Attributes, reasons: &[Reason], problems: &mut Vec<String>) -> Vec<Alert> {
    let rows: Vec<Alert> = (0..attributes.values("printer-alert").len()).filter_map(|place| row(attributes, place, problems)).collect();
    let mut alerts: Vec<Alert> = Vec::new();
    for reason in reasons.iter().filter(|reason| reason.severity != Severity::Report) {
        let Some((group, code)) = reason.alert() else { continue };
        let confirmed = rows.iter().filter(|row| is_same(row, group, code) && !alerts.iter().any(|alert| alert.index == row.index));
        let confirmed: Vec<Alert> = confirmed.cloned().collect();
        if confirmed.is_empty() {
            alerts.push(of_reason(reason, group, code, alerts.len()));
        } else {
            alerts.extend(confirmed);
        }
    }
    alerts
}

/// Returns whether a row tells of the condition that a reason announces: the same code, or the same
/// table where the codes are of different revisions.
fn is_same(row: &Alert, group: AlertGroup, code: AlertCode) -> bool {
    row.code == Some(code) || row.group == Some(group) && !matches!(group, AlertGroup::Other(_) | AlertGroup::Unknown)
}

fn of_reason(reason: &Reason, group: AlertGroup, code: AlertCode, before: usize) -> Alert {
    let severity = if reason.severity == Severity::Error { AlertSeverityLevel::Critical } else { AlertSeverityLevel::Warning };
    Alert {
        index: before as u32 + 1,
        severity: Some(severity),
        training: None,
        group: Some(group),
        group_index: None,
        code: Some(code),
        location: None,
        description: None,
        raised_at: None,
        origin: Origin::new(format!("printer-state-reasons {}", reason.keyword), &[]),
    }
}

fn row(attributes: &Attributes, place: usize, problems: &mut Vec<String>) -> Option<Alert> {
    let packed = Packed::parse(attributes.values("printer-alert")[place].octets()?);
    let description = attributes.values("printer-alert-description").get(place).and_then(Value::text).map(str::trim);
    let description = description.filter(|text| !text.is_empty()).map(str::to_string);
    let origin = Origin::new("printer-alert", &[place as u32 + 1]);
    if let Some(broken) = packed.broken().iter().find(|part| !part.eq_ignore_ascii_case("none")) {
        problems.push(format!("{origin}: \"{broken}\" is no pair of key and value"));
    }
    let code = packed.get("code").and_then(|text| word(text, AlertCode::LISTED, AlertCode::from_number))?;
    let says_nothing = matches!(code, AlertCode::Other(_) | AlertCode::Unknown) && description.as_deref().is_none_or(status::is_mere_state);
    let number = |key: &str| packed.number(key).and_then(|number| u32::try_from(number).ok());
    (!says_nothing).then(|| Alert {
        index: number("index").unwrap_or(place as u32 + 1),
        severity: packed.get("severity").and_then(|text| word(text, AlertSeverityLevel::LISTED, AlertSeverityLevel::from_number)),
        training: packed.get("training").and_then(|text| word(text, AlertTrainingLevel::LISTED, AlertTrainingLevel::from_number)),
        group: packed.get("group").and_then(|text| word(text, AlertGroup::LISTED, AlertGroup::from_number)),
        group_index: number("groupindex"),
        code: Some(code),
        location: number("location"),
        description,
        raised_at: None,
        origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipp::testing::Printer;

    #[test]
    fn p_06_a_row_of_the_past_raises_nothing() {
        let old = ["code=jam;severity=critical;group=mediaPath;groupindex=1;location=-2"; 6];
        let record =
            Printer::new().packed("printer-alert", &old).texts("printer-state-reasons", &["none"]).numbers("printer-state", &[3]).collect();
        assert!(record.alerts.is_empty());
    }

    #[test]
    fn p_06_a_row_that_a_reason_confirms_is_told_in_its_own_words() {
        let record = Printer::new()
            .packed("printer-alert", &["code=jam;severity=critical;training=untrained;group=mediaPath;groupindex=1;location=5"])
            .texts("printer-alert-description", &["Paper jam in the rear"])
            .texts("printer-state-reasons", &["media-jam-error"])
            .numbers("printer-state", &[5])
            .collect();
        let alert = &record.alerts[0];
        assert_eq!((alert.code, alert.location, alert.training), (Some(AlertCode::Jam), Some(5), Some(AlertTrainingLevel::Untrained)));
        assert_eq!(alert.description.as_deref(), Some("Paper jam in the rear"));
        assert_eq!(record.alerts.len(), 1);
    }

    #[test]
    fn p_07_a_broken_row_raises_nothing_and_is_told() {
        for broken in ["code=otherother", "severity=otherother;code=unknown", "warningother"] {
            let record = Printer::new().packed("printer-alert", &[broken, "none"]).texts("printer-state-reasons", &["none"]).collect();
            assert!(record.alerts.is_empty(), "{broken}");
        }
        let record = Printer::new().packed("printer-alert", &["warningother"]).collect();
        assert_eq!(record.problems, ["printer-alert.1: \"warningother\" is no pair of key and value"]);
    }

    #[test]
    fn a_reason_without_a_row_is_an_alert_by_itself() {
        let record = Printer::new().texts("printer-state-reasons", &["toner-low-warning", "spool-area-full-report"]).collect();
        let alert = &record.alerts[0];
        assert_eq!((record.alerts.len(), alert.code), (1, Some(AlertCode::MarkerTonerAlmostEmpty)));
        assert_eq!(
            (alert.severity, alert.origin.to_string().as_str()),
            (Some(AlertSeverityLevel::Warning), "printer-state-reasons toner-low")
        );
    }

    #[test]
    fn p_12_the_same_reason_twice_is_one() {
        let record = Printer::new().texts("printer-state-reasons", &["media-empty-error", "media-empty-error"]).collect();
        assert_eq!(record.alerts.len(), 1);
    }
}
