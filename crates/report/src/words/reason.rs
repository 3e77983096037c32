//! Why a printer is in its state, as IPP says it: a keyword, with or without a severity behind it.

use model::standard::AlertCode;

use super::table::find;
use super::{Language, alert_code};
use crate::text::safe_text;

/// Is one value of `printer-state-reasons`, split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateReason<'a> {
    /// The keyword without its severity.
    pub name: &'a str,
    /// `None` for "none" and for keywords that nobody registered.
    pub severity: Option<ReasonSeverity>,
}

/// Is how bad a reason is.
///
/// Source: RFC 8011 §5.4.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonSeverity {
    Report,
    Warning,
    /// The printer has stopped.
    Error,
}

impl ReasonSeverity {
    const ALL: [ReasonSeverity; 3] = [ReasonSeverity::Report, ReasonSeverity::Warning, ReasonSeverity::Error];

    fn suffix(self) -> &'static str {
        match self {
            ReasonSeverity::Report => "report",
            ReasonSeverity::Warning => "warning",
            ReasonSeverity::Error => "error",
        }
    }
}

impl<'a> StateReason<'a> {
    /// Splits a keyword; a known one without a suffix is an error.
    ///
    /// A suffix is taken off only where a known reason is left: "stapler-recoverable-storage-error"
    /// and "media-path-input-feed-error" are names that end so.
    ///
    /// Source: RFC 8011 §5.4.12; PWG 5100.9.
    ///
    /// ```
    /// # use report::words::{ReasonSeverity, StateReason};
    /// let low = StateReason::split("toner-low-warning");
    /// assert_eq!((low.name, low.severity), ("toner-low", Some(ReasonSeverity::Warning)));
    /// ```
    pub fn split(keyword: &'a str) -> Self {
        if is_known(keyword) {
            let severity = (keyword != "none").then_some(ReasonSeverity::Error);
            return StateReason { name: keyword, severity };
        }
        let split = ReasonSeverity::ALL.into_iter().find_map(|severity| {
            let name = keyword.strip_suffix(severity.suffix())?.strip_suffix('-')?;
            is_known(name).then_some(StateReason { name, severity: Some(severity).filter(|_| name != "none") })
        });
        split.unwrap_or(StateReason { name: keyword, severity: None })
    }
}

/// Returns the words of a reason and its severity: "toner low (warning)".
///
/// Every reason of RFC 8011 and PWG 5100.9 has words; a keyword that nobody registered is given
/// back as the printer said it.
pub fn state_reason(keyword: &str, language: Language) -> String {
    let reason = StateReason::split(keyword);
    let Some(what) = known(reason.name, language) else { return safe_text(keyword).into_owned() };
    match reason.severity {
        Some(severity) => format!("{what} ({})", reason_severity(severity, language)),
        None => what,
    }
}

/// Returns the word for how bad a reason is.
pub fn reason_severity(severity: ReasonSeverity, language: Language) -> &'static str {
    find(language.words().reason_severities, &severity.suffix()).unwrap_or(severity.suffix())
}

fn is_known(name: &str) -> bool {
    known(name, Language::English).is_some()
}

fn known(name: &str, language: Language) -> Option<String> {
    match language.words().reasons.iter().find(|(keyword, _)| *keyword == name) {
        Some((_, what)) => Some((*what).to_owned()),
        None => Some(alert_code(code_of(name)?, language)),
    }
}

/// Returns the alert code that PWG 5100.9 made a keyword of: its label with hyphens.
fn code_of(keyword: &str) -> Option<AlertCode> {
    if !keyword.bytes().all(|c| c.is_ascii_lowercase() || c == b'-') {
        return None;
    }
    let mut label = String::with_capacity(keyword.len());
    for (place, word) in keyword.split('-').enumerate() {
        match word {
            "nms" => label.push_str("NMS"),
            word if place > 0 => {
                let (first, rest) = word.split_at_checked(1)?;
                label.push_str(&first.to_ascii_uppercase());
                label.push_str(rest);
            }
            word => label.push_str(word),
        }
    }
    label.parse().ok()
}
