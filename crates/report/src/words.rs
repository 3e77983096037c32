//! What is wrong, where, and who can mend it, in English or Dutch.
//!
//! Every word of a language stands in one table; the functions here only choose and put together.
//! What a device said in its own words is never translated: it is shown beside ours. A number that
//! no revision of a standard lists keeps its number ("alert 12345"), and what is not told is left
//! out rather than guessed.
//!
//! Start reading at [`sentence`].

mod alert;
mod dutch;
mod english;
mod reason;
mod service;
mod state;
mod supply;
mod table;

pub use alert::{alert_code, alert_group, location, place, sentence, severity, who};
pub use reason::{ReasonSeverity, StateReason, reason_severity, state_reason};
pub use service::{ServicePart, service_parts};
pub use state::{
    cover_status, device_status, error_state, errors_that_count, input_type, output_type, presence, presence_reason, printer_status,
    sub_unit_status,
};
pub(crate) use supply::kind_name;
pub use supply::{colorant, supply_class, supply_name, supply_type, unit};

use table::Words;

/// Is a language that people are told things in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Dutch,
}

impl Language {
    /// Every language, the default first.
    pub const ALL: [Language; 2] = [Language::English, Language::Dutch];

    /// Returns the language of a POSIX locale such as `nl_NL.UTF-8`; English where there is no better one.
    ///
    /// ```
    /// # use report::words::Language;
    /// assert_eq!(Language::of_locale("nl_BE.UTF-8"), Language::Dutch);
    /// assert_eq!(Language::of_locale("C"), Language::English);
    /// ```
    pub fn of_locale(locale: &str) -> Language {
        // Only `nl` itself: the codes of other languages may begin with these letters.
        match locale.split(['_', '.', '@', '-']).next().unwrap_or_default() {
            language if language.eq_ignore_ascii_case("nl") => Language::Dutch,
            _ => Language::English,
        }
    }

    fn words(self) -> &'static Words {
        match self {
            Language::English => &english::ENGLISH,
            Language::Dutch => &dutch::DUTCH,
        }
    }
}

/// Returns what stands around the values of a page, named by its English words.
pub(crate) fn page_word(english: &'static str, language: Language) -> &'static str {
    table::find(language.words().page, &english).unwrap_or(english)
}

/// Returns "12% left".
pub(crate) fn share_left(share: f64, language: Language) -> String {
    table::fill(language.words().left, &crate::text::percent(share))
}

/// Returns the words that were found; otherwise "other" for other(1) and the number for the rest.
fn or_number(found: Option<&'static str>, number: u32, name: &str, language: Language) -> String {
    match (found, number) {
        (Some(found), _) => found.to_owned(),
        (None, 1) => language.words().other.to_owned(),
        (None, number) => format!("{name} {number}"),
    }
}

#[cfg(test)]
mod tests;
