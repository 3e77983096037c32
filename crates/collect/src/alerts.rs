//! prtAlertTable: what is wrong now.

use catalog::Standard;
use jiff::{SignedDuration, Timestamp};
use model::record::Alert;
use model::standard::{AlertCode, AlertGroup, AlertSeverityLevel, AlertTrainingLevel};

use crate::cells::{Cell, Grid, Source};
use crate::{faults, status};

/// The most rows that one record keeps.
const MOST: usize = 200;

/// Reads the alerts, ordered by index; rows that are none are left out.
pub(crate) fn read(source: &mut Source<'_>) -> Vec<Alert> {
    let grid = Grid::read(
        source,
        [
            Standard::PrtAlertSeverityLevel,
            Standard::PrtAlertTrainingLevel,
            Standard::PrtAlertGroup,
            Standard::PrtAlertGroupIndex,
            Standard::PrtAlertLocation,
            Standard::PrtAlertCode,
            Standard::PrtAlertDescription,
            Standard::PrtAlertTime,
        ],
    );
    if grid.len() == 0 {
        return Vec::new();
    }
    let up_time = source.counter(source.scalar(Standard::SysUpTime));
    let mut alerts = Vec::with_capacity(grid.len().min(MOST));
    for (instance, [severity, training, group, group_index, location, code, description, time]) in grid.rows() {
        if alerts.len() == MOST {
            source.problem(severity, format_args!("{} rows, of which {MOST} are kept", grid.len()));
            break;
        }
        let alert = Alert {
            index: instance.row(),
            severity: source.word(severity, AlertSeverityLevel::from_number),
            training: source.word(training, AlertTrainingLevel::from_number),
            group: source.word(group, AlertGroup::from_number),
            group_index: known(source, group_index),
            code: source.word(code, AlertCode::from_number),
            location: known(source, location),
            description: source.text(description),
            raised_at: source.counter(time).and_then(|time| raised_at(time, up_time?, source.context.observed_at?)),
            origin: code.origin(),
        };
        let is_state = alert.description.as_deref().is_some_and(|text| status::is_known_state(source, text));
        if !is_state && !is_no_alert(&alert) {
            alerts.push(alert);
        }
    }
    faults::explain(source, &mut alerts);
    alerts
}

/// Returns a number that is not one of the words -1 (not applicable) and -2 (unknown).
fn known<'a>(source: &mut Source<'a>, cell: Cell<'a>) -> Option<u32> {
    source.integer(cell).and_then(|number| u32::try_from(number).ok())
}

/// Returns when an alert was raised: `up_time - time` hundredths of a second before the answer.
///
/// Many agents answer 0 for a time they do not know, and a time after the answer has been
/// overtaken by a restart of the agent: neither is one.
fn raised_at(time: u64, up_time: u64, observed_at: Timestamp) -> Option<Timestamp> {
    let age = up_time.checked_sub(time).filter(|_| time > 0)?;
    observed_at.checked_sub(SignedDuration::from_millis(i64::try_from(age).ok()? * 10)).ok()
}

/// Returns whether a row only fills the table: zeros without a text, or a state such as "Sleep"
/// that names neither severity nor cause.
fn is_no_alert(alert: &Alert) -> bool {
    let says_nothing = |number: Option<u32>| number.is_none_or(|number| number <= 1);
    let blank = says_nothing(alert.severity.map(AlertSeverityLevel::number)) && says_nothing(alert.code.map(AlertCode::number));
    blank && alert.description.as_deref().is_none_or(status::is_mere_state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    fn alert(device: Device, row: u32, numbers: [i64; 6], text: &str) -> Device {
        let columns = [
            Standard::PrtAlertSeverityLevel,
            Standard::PrtAlertTrainingLevel,
            Standard::PrtAlertGroup,
            Standard::PrtAlertGroupIndex,
            Standard::PrtAlertLocation,
            Standard::PrtAlertCode,
        ];
        let device = columns.into_iter().zip(numbers).fold(device, |device, (column, number)| device.integer(column, &[1, row], number));
        device.text(Standard::PrtAlertDescription, &[1, row], text.as_bytes())
    }

    #[test]
    fn an_alert_is_read_in_the_standards_words() {
        let record = alert(Device::new(), 4, [3, 3, 13, 1, -2, 8], "Paper jam").collect();
        let found = &record.alerts[0];
        assert_eq!((found.severity, found.training), (Some(AlertSeverityLevel::Critical), Some(AlertTrainingLevel::Untrained)));
        assert_eq!((found.group, found.code), (Some(AlertGroup::MediaPath), Some(AlertCode::Jam)));
        assert_eq!((found.group_index, found.location, found.raised_at), (Some(1), None, None));
    }

    #[test]
    fn rows_of_zeros_and_mere_states_are_no_alerts() {
        let device = alert(Device::new(), 1, [0, 0, 0, 0, 40000, 0], "Sleep");
        let device = alert(device, 4, [5, 3, 11, 2, -2, 1105], "Ink is low.");
        let device = alert(device, 276, [1, 1, 1, -1, -2, 1], "Idle");
        let device = alert(device, 277, [0; 6], "");
        let record = device.collect();
        assert_eq!(record.alerts.iter().map(|alert| alert.index).collect::<Vec<_>>(), [4]);
        assert_eq!(record.alerts[0].code, Some(AlertCode::MarkerInkAlmostEmpty));
    }

    #[test]
    fn numbers_of_no_revision_are_kept() {
        let record = alert(Device::new(), 1, [9, 8, 61, 0, 3, 30212], "Stapler").collect();
        let found = &record.alerts[0];
        assert_eq!(found.severity, Some(AlertSeverityLevel::Other(9)));
        assert_eq!(found.group, Some(AlertGroup::FaxModem));
        assert_eq!(found.code.unwrap().to_string(), "staplerAlmostEmpty");
    }

    #[test]
    fn the_time_is_counted_back_from_the_answer() {
        let at = |time, up_time| {
            let device = alert(Device::new(), 1, [4, 3, 8, 1, 1, 13], "Tray empty");
            let device = device.ticks(Standard::PrtAlertTime, &[1, 1], time).ticks(Standard::SysUpTime, &[0], up_time);
            device.observed_at("2026-11-22T11:00:00Z").collect().alerts[0].raised_at.map(|time| time.to_string())
        };
        assert_eq!(at(100_000, 460_000).as_deref(), Some("2026-11-22T10:00:00Z"));
        assert_eq!(at(0, 460_000), None, "not known");
        assert_eq!(at(500_000, 460_000), None, "the agent was restarted in between");
    }

    #[test]
    fn two_hundred_rows_are_kept_and_more_are_told() {
        let rows = |count| (1..=count).fold(Device::new(), |device, row| alert(device, row, [4, 3, 8, 1, 1, 13], "Tray empty")).collect();
        let record = rows(200);
        assert_eq!((record.alerts.len(), record.problems.len()), (200, 0));
        let record = rows(205);
        assert_eq!(record.alerts.len(), 200);
        assert_eq!(record.problems, ["prtAlertSeverityLevel.1.201: 205 rows, of which 200 are kept"]);
    }
}
