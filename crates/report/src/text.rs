//! Words and numbers: what a device said made safe, what we say made readable.

use std::borrow::Cow;

use model::record::Evidence;
use model::standard::MarkerCounterUnit;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::words::Language;

/// Returns what a device said without anything that could steer a terminal or hide text.
///
/// Controls (C0, DEL, C1), marks that turn the direction of writing and characters that nobody
/// sees are left out; line ends and tabs become blanks, so that one value stays one line.
///
/// ```
/// assert_eq!(report::safe_text("to\u{1b}ner\r\n\u{202e}kcalb"), "toner kcalb");
/// ```
pub fn safe_text(said: &str) -> Cow<'_, str> {
    if said.chars().all(is_safe) {
        return Cow::Borrowed(said);
    }
    let mut safe = String::with_capacity(said.len());
    for c in said.chars() {
        match c {
            c if is_safe(c) => safe.push(c),
            '\n' | '\r' | '\t' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' if !safe.ends_with(' ') => safe.push(' '),
            _ => {}
        }
    }
    Cow::Owned(safe.trim().to_owned())
}

/// Returns whether a character may go to a terminal as it is.
pub fn is_safe(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            // Direction of writing.
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line ends that are no controls.
            | '\u{2028}' | '\u{2029}'
            // Nothing to see: zero-width, soft hyphen, fillers, old tags and interlinear marks.
            | '\u{00ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Returns how many columns of a terminal a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// Cuts a text to at most `width` columns; the mark of the cut belongs to them.
pub(crate) fn shorten<'a>(text: &'a str, width: usize, mark: &str) -> Cow<'a, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let room = width.saturating_sub(columns(mark));
    let mut used = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        used += c.width().unwrap_or(0);
        (used > room).then_some(at)
    });
    let kept = text[..end.unwrap_or(text.len())].trim_end();
    Cow::Owned(if width < columns(mark) { String::new() } else { format!("{kept}{mark}") })
}

/// Returns a number with its thousands apart.
///
/// ```
/// assert_eq!(report::grouped(65_536), "65,536");
/// ```
pub fn grouped(number: u64) -> String {
    grouped_in(number, Language::English)
}

/// Returns a number with its thousands apart as the language writes it: "65.536" in Dutch, where
/// "65,536" would be read as a fraction.
pub(crate) fn grouped_in(number: u64, language: Language) -> String {
    let separator = match language {
        Language::English => ',',
        Language::Dutch => '.',
    };
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a standard's label as words: `inputMediaSupplyLow` reads "input media supply low".
pub fn words(label: &str) -> String {
    let letters: Vec<char> = label.chars().collect();
    let mut words = String::with_capacity(label.len() + 8);
    for (place, letter) in letters.iter().copied().enumerate() {
        let begins = letter.is_ascii_uppercase()
            && place > 0
            && (letters[place - 1].is_ascii_lowercase() || letters.get(place + 1).is_some_and(char::is_ascii_lowercase));
        if begins && !words.ends_with(' ') {
            words.push(' ');
        }
        // `printerNMSReset` keeps its abbreviation.
        let in_abbreviation = letters.get(place + 1).is_some_and(char::is_ascii_uppercase)
            || (place > 0 && letters[place - 1].is_ascii_uppercase() && !begins);
        words.push(if in_abbreviation { letter } else { letter.to_ascii_lowercase() });
    }
    words
}

/// Returns what a meter counts; a unit that the device did not tell is not guessed.
pub fn counted(unit: Option<MarkerCounterUnit>) -> String {
    unit.map_or_else(|| "of a unit not told".to_owned(), |unit| words(&unit.to_string()))
}

/// Returns the record's word for how far a meter can be believed.
pub fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Standard => "standard",
        Evidence::Verified => "verified",
        Evidence::Reported => "reported",
        Evidence::Conflicting => "conflicting",
    }
}

/// Returns "1 printer", "2 printers".
pub fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number as u64), if number == 1 { "" } else { "s" })
}

/// Returns a share as whole percent; what is not all is never 100, what is not nothing never 0.
pub fn percent(share: f64) -> String {
    match (share * 100.0).round() {
        rounded if rounded < 1.0 && share > 0.0 => "<1%".to_owned(),
        rounded if rounded >= 100.0 && share < 1.0 => "99%".to_owned(),
        rounded => format!("{rounded:.0}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(safe_text("ECOSYS P2040dw"), "ECOSYS P2040dw");
        assert_eq!(safe_text("\u{1b}[31mred\u{1b}[0m"), "[31mred[0m");
        assert_eq!(safe_text("\u{9b}2Jgone\u{7f}\u{0}"), "2Jgone");
        assert_eq!(safe_text("one\r\ntwo\tthree"), "one two three");
        assert_eq!(safe_text("\u{202e}ren\u{2066}ot\u{200b}\u{feff}"), "renot");
        assert_eq!(safe_text("黑色碳粉 Тонер"), "黑色碳粉 Тонер");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(columns("黑色"), 4);
        assert_eq!(shorten("黑色碳粉", 5, "…"), "黑色…");
        assert_eq!(shorten("黑色碳粉", 8, "…"), "黑色碳粉");
        assert_eq!(shorten("a name that is long", 7, "…"), "a name…");
        assert_eq!(shorten("name", 0, "…"), "");
        assert_eq!(shorten("a long name", 6, "..."), "a l...");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped_in(1_234_567, Language::Dutch), "1.234.567");
        assert_eq!(grouped_in(999, Language::Dutch), "999");
    }

    #[test]
    fn labels_become_words() {
        assert_eq!(words("inputMediaSupplyLow"), "input media supply low");
        assert_eq!(words("printerNMSReset"), "printer NMS reset");
        assert_eq!(words("jam"), "jam");
        assert_eq!(words("other(7)"), "other(7)");
    }

    #[test]
    fn a_percentage_never_says_all_or_nothing_when_it_is_not() {
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(0.001), "<1%");
        assert_eq!(percent(0.714), "71%");
        assert_eq!(percent(0.999), "99%");
        assert_eq!(percent(1.0), "100%");
    }
}
