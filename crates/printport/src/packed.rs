//! Values that are packed text: `key=value;` pairs in one octet string.
//!
//! `printer-alert`, `printer-supply`, `printer-input-tray` and `printer-output-tray` carry rows of
//! the Printer MIB so, and no two makers write them alike. What does not parse is kept as raw text
//! for a person to see, and means nothing.
//!
//! Source: PWG 5100.9 §5, printer-alert; PWG 5100.13 §5.6, printer-supply and printer-input-tray.

use crate::text;

/// Is how much of one value is read, in octets. The standards end at 1,023.
pub const LIMIT: usize = 4096;

/// Holds one packed value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    pairs: Vec<(String, String)>,
    broken: Vec<String>,
}

impl Packed {
    /// Splits a value into its pairs.
    pub fn parse(octets: &[u8]) -> Packed {
        let whole = text::shown(&octets[..octets.len().min(LIMIT)]);
        let mut packed = Packed::default();
        for part in without_prefix(&whole).split(';').map(str::trim).filter(|part| !part.is_empty()) {
            match pair(part) {
                Some((key, value)) => packed.pairs.push((key.to_ascii_lowercase(), value.to_owned())),
                None => packed.broken.push(part.to_owned()),
            }
        }
        packed
    }

    /// Returns the value of a key, without regard to case. Of a key given twice the first counts.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs().find(|(found, _)| found.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// Returns the value of a key as a number; `-1`, `-2` and `-3` are left to the reader.
    pub fn number(&self, key: &str) -> Option<i64> {
        self.get(key)?.parse().ok()
    }

    /// Returns all pairs, keys in lower case.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns the parts that are no pair, as they stand.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }
}

/// Drops what some firmware puts in front of the first pair, brace and all:
/// `printer-alert[0] = code=jam;…`.
fn without_prefix(text: &str) -> &str {
    let inner = text.trim_start_matches(['{', '}', ' ']);
    match inner.split_once('=') {
        Some((name, rest)) if is_subscript(name.trim_end()) => rest.trim_start(),
        _ => text,
    }
}

/// Returns whether a text is `name[number]`.
fn is_subscript(text: &str) -> bool {
    let Some((name, number)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) else { return false };
    is_key(name) && !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit())
}

fn pair(part: &str) -> Option<(&str, &str)> {
    let (key, value) = part.split_once('=')?;
    let key = key.trim_end();
    is_key(key).then(|| (key, value.trim_start()))
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        Packed::parse(text.as_bytes()).pairs
    }

    #[test]
    fn a_row_gives_its_pairs_without_regard_to_case() {
        let row = Packed::parse(b"index=1;Class=supplyThatIsConsumed;type=toner;maxcapacity=100;level=-3;colorantname=black;");
        assert_eq!(row.get("class"), Some("supplyThatIsConsumed"));
        assert_eq!(row.get("CLASS"), row.get("class"));
        assert_eq!((row.number("level"), row.number("maxcapacity"), row.number("type")), (Some(-3), Some(100), None));
        assert!(row.broken().is_empty());
    }

    #[test]
    fn the_last_semicolon_may_be_missing_and_pairs_may_be_empty() {
        assert_eq!(pairs("type=other;level=5"), pairs("type=other;;level = 5;"));
        assert_eq!(Packed::parse(b"name=;level=5").get("name"), Some(""));
    }

    #[test]
    fn a_value_keeps_its_own_equals_sign() {
        assert_eq!(Packed::parse(b"name=A=B;").get("name"), Some("A=B"));
    }

    #[test]
    fn p_07_a_prefix_before_the_first_pair_is_dropped() {
        for text in ["printer-alert[0] = code=jam;index=1;", "}printer-alert[0] = code=jam;index=1", "code=jam;index=1"] {
            let alert = Packed::parse(text.as_bytes());
            assert_eq!((alert.get("code"), alert.number("index")), (Some("jam"), Some(1)), "{text}");
            assert!(alert.broken().is_empty(), "{text}");
        }
    }

    #[test]
    fn p_07_a_lost_separator_is_kept_as_it_stands_and_makes_no_key() {
        let alert = Packed::parse(b"code=unknown;severity=otherother");
        assert_eq!(alert.get("severity"), Some("otherother"), "no known severity, for the reader to refuse");
        assert_eq!(alert.get("group"), None);
        let alert = Packed::parse(b"code=unknown;warningother;index=4");
        assert_eq!(alert.broken(), ["warningother"]);
        assert_eq!(alert.number("index"), Some(4), "what follows is read");
    }

    #[test]
    fn p_07_a_word_alone_is_no_pair() {
        let none = Packed::parse(b"none");
        assert_eq!((none.pairs().count(), none.broken()), (0, &["none".to_owned()][..]));
        assert_eq!(Packed::parse(b"").broken().len(), 0);
        assert_eq!(Packed::parse(b"=5;a b=1").broken(), ["=5", "a b=1"]);
    }

    #[test]
    fn octets_beyond_the_limit_and_control_characters_are_left_out() {
        let long = Packed::parse(&b"k=v;".repeat(500_000));
        assert_eq!(long.pairs().count(), LIMIT / 4);
        assert_eq!(Packed::parse(b"na\x00me=\x01A\xffB\x00;").get("name"), Some("A\u{ff}B"));
    }
}
