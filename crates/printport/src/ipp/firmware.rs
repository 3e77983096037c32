//! The version of the firmware, out of two attributes that printers fill in strange ways.

use super::value::{Attributes, Value};

/// Is how long a version may be in characters.
const LIMIT: usize = 64;

/// Returns the version of the firmware as a person would write it.
///
/// `printer-firmware-string-version` is text and preferred. `printer-firmware-version` is an octet
/// string for machines to compare: it is shown as text if it is text, and in hex if it is not.
///
/// Source: PWG 5100.13 §5.6.14, printer-firmware-string-version, printer-firmware-version.
pub fn version(attributes: &Attributes) -> Option<String> {
    let text = attributes.values("printer-firmware-string-version").iter().find_map(Value::octets).and_then(plausible);
    text.or_else(|| attributes.values("printer-firmware-version").iter().find_map(Value::octets).and_then(shown))
}

fn shown(octets: &[u8]) -> Option<String> {
    let trimmed = octets.trim_ascii();
    if trimmed.iter().all(|octet| matches!(octet, b' '..=b'~')) {
        return plausible(trimmed);
    }
    // Hex longer than any version is other memory, not a version.
    (octets.len() * 2 <= LIMIT).then(|| octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// Returns the text up to the first character that no version has. Some firmware answers with its
/// version and whatever lay behind it in memory.
fn plausible(octets: &[u8]) -> Option<String> {
    let belongs = |character: &char| character.is_ascii_alphanumeric() || " ._-+/()".contains(*character);
    let text: String = octets.iter().map(|octet| char::from(*octet)).take_while(belongs).take(LIMIT).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: Value) -> Option<String> {
        let mut attributes = Attributes::default();
        attributes.add(name.to_owned(), vec![value]);
        version(&attributes)
    }

    fn octets(octets: &[u8]) -> Option<String> {
        read("printer-firmware-version", Value::Octets(octets.to_vec()))
    }

    #[test]
    fn p_09_a_binary_version_is_shown_in_hex() {
        assert_eq!(octets(&[0, 2, 1, 0]).as_deref(), Some("00020100"));
        assert_eq!(octets(b"2.010").as_deref(), Some("2.010"));
        assert_eq!(octets(&[]), None);
        assert_eq!(octets(&[0xff; 200]), None, "too long to be a version");
    }

    #[test]
    fn p_09_the_text_is_preferred_to_the_octets() {
        let mut attributes = Attributes::default();
        attributes.add("printer-firmware-string-version".into(), vec![Value::Text("2.0".into())]);
        attributes.add("printer-firmware-version".into(), vec![Value::Octets(vec![0, 2])]);
        assert_eq!(version(&attributes).as_deref(), Some("2.0"));
    }

    #[test]
    fn p_10_a_version_ends_at_the_first_character_that_no_version_has() {
        assert_eq!(octets(b"20250101;maxcapacity=125;remaining=-3").as_deref(), Some("20250101"));
        assert_eq!(octets(&[b'7'; 5000]).map(|text| text.len()), Some(64));
        let overrun = read("printer-firmware-string-version", Value::Text("1.4\0\u{1}xyz".into()));
        assert_eq!(overrun.as_deref(), Some("1.4"));
    }
}
