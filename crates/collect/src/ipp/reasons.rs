//! `printer-state-reasons`: keywords with a severity at their end.

use std::collections::BTreeSet;

use model::standard::{AlertCode, AlertGroup, ErrorState};
use printport::ipp::{Attributes, Value};

/// Is one reason for the printer's state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reason {
    /// Without the severity.
    pub keyword: String,
    pub severity: Severity,
}

/// Is how much a reason matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Report,
    Warning,
    /// Also where the printer says none.
    Error,
}

/// Reads the reasons as the set that they are; `none` is no reason.
///
/// Source: RFC 8011 §5.4.12: no ending means an error. PWG 5107.3 has keywords that end in `-error`
/// themselves: an ending is taken off only if a known reason is left.
pub(super) fn read(attributes: &Attributes) -> Vec<Reason> {
    let keywords = attributes.values("printer-state-reasons").iter().filter_map(Value::text).map(str::trim);
    let reasons: BTreeSet<Reason> = keywords.filter(|keyword| !keyword.is_empty() && *keyword != "none").map(Reason::of).collect();
    reasons.into_iter().collect()
}

const ENDINGS: [(&str, Severity); 3] = [("-report", Severity::Report), ("-warning", Severity::Warning), ("-error", Severity::Error)];

impl Reason {
    fn of(text: &str) -> Self {
        let stripped = ENDINGS.iter().find_map(|(ending, severity)| Some((text.strip_suffix(ending)?, *severity)));
        let whole = || Reason { keyword: text.to_string(), severity: Severity::Error };
        match stripped {
            // A report or warning ends no keyword of any standard.
            Some((keyword, severity)) if severity != Severity::Error || meaning(keyword).is_some() => {
                Reason { keyword: keyword.to_string(), severity }
            }
            _ => whole(),
        }
    }

    /// Returns the alert that this reason announces; `None` for keywords that are no condition of the printer.
    pub fn alert(&self) -> Option<(AlertGroup, AlertCode)> {
        meaning(&self.keyword)
    }

    /// Returns the bit of hrPrinterDetectedErrorState that means the same.
    pub fn error(&self) -> Option<ErrorState> {
        Some(match self.keyword.as_str() {
            "media-low" => ErrorState::LowPaper,
            "media-empty" | "media-needed" => ErrorState::NoPaper,
            "toner-low" | "marker-supply-low" => ErrorState::LowToner,
            "toner-empty" | "marker-supply-empty" => ErrorState::NoToner,
            "cover-open" | "door-open" | "interlock-open" => ErrorState::DoorOpen,
            "media-jam" => ErrorState::Jammed,
            "input-tray-missing" => ErrorState::InputTrayMissing,
            "output-tray-missing" => ErrorState::OutputTrayMissing,
            "marker-supply-missing" => ErrorState::MarkerSupplyMissing,
            "output-area-almost-full" => ErrorState::OutputNearFull,
            "output-area-full" => ErrorState::OutputFull,
            _ => return None,
        })
    }
}

/// Returns what a keyword means in the words of prtAlertTable.
///
/// Source: RFC 8011 §5.4.12; PWG 5100.9 makes a keyword of every alert code, by hyphens.
fn meaning(keyword: &str) -> Option<(AlertGroup, AlertCode)> {
    use {AlertCode as Code, AlertGroup as Group};
    Some(match keyword {
        "media-jam" => (Group::MediaPath, Code::Jam),
        "media-low" => (Group::Input, Code::InputMediaSupplyLow),
        "media-empty" => (Group::Input, Code::InputMediaSupplyEmpty),
        "media-needed" => (Group::Input, Code::InputMediaChangeRequest),
        "cover-open" => (Group::Cover, Code::CoverOpen),
        "door-open" => (Group::Cover, Code::CoverOpen),
        "interlock-open" => (Group::Cover, Code::InterlockOpen),
        "input-tray-missing" => (Group::Input, Code::InputMediaTrayMissing),
        "output-tray-missing" => (Group::Output, Code::OutputMediaTrayMissing),
        "output-area-almost-full" => (Group::Output, Code::OutputMediaTrayAlmostFull),
        "output-area-full" => (Group::Output, Code::OutputMediaTrayFull),
        "toner-low" => (Group::MarkerSupplies, Code::MarkerTonerAlmostEmpty),
        "toner-empty" => (Group::MarkerSupplies, Code::MarkerTonerEmpty),
        "marker-supply-low" => (Group::MarkerSupplies, Code::SubunitAlmostEmpty),
        "marker-supply-empty" => (Group::MarkerSupplies, Code::SubunitEmpty),
        "marker-supply-missing" => (Group::MarkerSupplies, Code::SubunitMissing),
        "marker-waste-almost-full" => (Group::MarkerSupplies, Code::SubunitAlmostFull),
        "marker-waste-full" => (Group::MarkerSupplies, Code::SubunitFull),
        "developer-low" => (Group::MarkerSupplies, Code::MarkerDeveloperAlmostEmpty),
        "developer-empty" => (Group::MarkerSupplies, Code::MarkerDeveloperEmpty),
        "opc-near-eol" => (Group::MarkerSupplies, Code::MarkerOpcLifeAlmostOver),
        "opc-life-over" => (Group::MarkerSupplies, Code::MarkerOpcLifeOver),
        "fuser-over-temp" => (Group::Marker, Code::MarkerFuserOverTemperature),
        "fuser-under-temp" => (Group::Marker, Code::MarkerFuserUnderTemperature),
        "interpreter-resource-unavailable" => (Group::Interpreter, Code::InterpreterResourceUnavailable),
        "other" => (Group::Other(1), Code::Other(1)),
        _ => return by_alert_code(keyword),
    })
}

/// Finds the alert code whose name, hyphenated, is the keyword.
fn by_alert_code(keyword: &str) -> Option<(AlertGroup, AlertCode)> {
    let code = AlertCode::LISTED.iter().copied().find(|code| is_hyphenated(&code.to_string(), keyword))?;
    let group = match code.number() {
        801..=899 => AlertGroup::Input,
        901..=999 => AlertGroup::Output,
        1001..=1099 => AlertGroup::Marker,
        1101..=1199 => AlertGroup::MarkerSupplies,
        1301..=1399 => AlertGroup::MediaPath,
        1501..=1599 => AlertGroup::Interpreter,
        501..=599 => AlertGroup::GeneralPrinter,
        _ => AlertGroup::Unknown,
    };
    Some((group, code))
}

fn is_hyphenated(name: &str, keyword: &str) -> bool {
    let mut said = keyword.chars();
    name.chars().all(|letter| match letter {
        'A'..='Z' => said.next() == Some('-') && said.next() == Some(letter.to_ascii_lowercase()),
        letter => said.next() == Some(letter),
    }) && said.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_a_severity_only_behind_a_known_reason() {
        let reason = |text: &str| (Reason::of(text).keyword, Reason::of(text).severity);
        assert_eq!(reason("toner-low-warning"), ("toner-low".to_string(), Severity::Warning));
        assert_eq!(reason("media-jam-error"), ("media-jam".to_string(), Severity::Error));
        assert_eq!(reason("media-jam"), ("media-jam".to_string(), Severity::Error), "no ending is an error");
        assert_eq!(reason("spool-area-full-report"), ("spool-area-full".to_string(), Severity::Report));
        assert_eq!(reason("fax-modem-protocol-error"), ("fax-modem-protocol-error".to_string(), Severity::Error), "its own name");
    }

    #[test]
    fn keywords_of_alert_codes_are_known_by_their_hyphens() {
        assert_eq!(meaning("input-media-tray-missing"), Some((AlertGroup::Input, AlertCode::InputMediaTrayMissing)));
        assert_eq!(meaning("marker-toner-cartridge-missing"), Some((AlertGroup::MarkerSupplies, AlertCode::MarkerTonerCartridgeMissing)));
        assert_eq!(meaning("spool-area-full"), None);
    }
}
