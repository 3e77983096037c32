//! Fault codes of a vendor's own, in the standard's words.

use catalog::meaning::Fault;
use model::record::Alert;
use model::standard::{AlertCode, AlertGroup, AlertTrainingLevel};

use crate::cells::Source;

/// Says in the standard's words what an alert's text names by the vendor's code, where the device
/// itself says nothing better.
pub(crate) fn explain(source: &Source<'_>, alerts: &mut [Alert]) {
    let faults = &source.profile.meanings.faults;
    if faults.is_empty() {
        return;
    }
    for alert in alerts {
        let Some(fault) = alert.description.as_deref().and_then(|text| named_in(faults, text)) else { continue };
        if matches!(alert.group, None | Some(AlertGroup::Unknown | AlertGroup::Other(_))) {
            alert.group = fault.group.or(alert.group);
        }
        if matches!(alert.code, None | Some(AlertCode::Unknown | AlertCode::Other(_))) {
            alert.code = fault.code.or(alert.code);
        }
        if matches!(alert.training, None | Some(AlertTrainingLevel::Unknown | AlertTrainingLevel::Other(_))) {
            alert.training = fault.training.or(alert.training);
        }
    }
}

/// Returns the fault whose code a text names; of several the one with the longest beginning.
///
/// A code begins a word and goes on with a digit, a dash, a dot or nothing: `SC5` is in "SC542-00" and
/// not in "SC5 series".
fn named_in<'f>(faults: &'f [Fault], text: &str) -> Option<&'f Fault> {
    let words = text.split([' ', '(', ')', '[', ']', ':', ',']).filter(|word| !word.is_empty());
    let is_code = |word: &str, fault: &Fault| {
        word.get(..fault.begins.len()).is_some_and(|head| head.eq_ignore_ascii_case(&fault.begins))
            && word[fault.begins.len()..].chars().all(|letter| letter.is_ascii_hexdigit() || matches!(letter, '-' | '.' | 'x' | 'X'))
            && word.bytes().any(|octet| octet.is_ascii_digit())
    };
    let named = words.flat_map(|word| faults.iter().filter(move |fault| is_code(word, fault)));
    named.max_by_key(|fault| fault.begins.len())
}
