//! Texts in other charsets than they say, or than anybody expects.

use crate::{CONTAINER, Printer};

const LATIN_1: i64 = 4;
const LATIN_2: i64 = 5;
const SHIFT_JIS: i64 = 17;
const UTF_8: i64 = 106;
const UTF_16: i64 = 1015;
const ROMAN_8: i64 = 2004;

/// Returns a supply's name as it is read where this charset is declared.
fn named(charset: Option<i64>, octets: &[u8]) -> Option<String> {
    let mut printer = Printer::standard().supply(1, CONTAINER).octets("prtMarkerSuppliesDescription", &[1, 1], octets);
    if let Some(charset) = charset {
        printer = printer.number("prtGeneralCurrentLocalization", &[1], 1).number("prtLocalizationCharacterSet", &[1, 1], charset);
    }
    printer.read().supplies.remove(0).description
}

#[test]
fn d_15_a_text_is_read_in_the_declared_charset_then_as_utf_8_then_as_latin_1() {
    assert_eq!(named(Some(ROMAN_8), b"B\xcfro").as_deref(), Some("Büro"), "as declared");
    assert_eq!(named(Some(ROMAN_8), "墨粉".as_bytes()).as_deref(), Some("墨粉"), "UTF-8 whatever is declared");
    assert_eq!(named(None, "Bürotoner".as_bytes()).as_deref(), Some("Bürotoner"));
    assert_eq!(named(None, b"B\xfcro").as_deref(), Some("Büro"), "nothing declared and no UTF-8");
    assert_eq!(named(Some(UTF_8), b"B\xfcro").as_deref(), Some("Büro"), "declared wrongly");
}

#[test]
fn d_15_a_name_of_two_lines_is_one() {
    assert_eq!(named(None, b"Black Cartridge\r\nHP 827A").as_deref(), Some("Black Cartridge HP 827A"));
}

#[test]
fn d_15_digits_in_hexadecimal_stay_what_they_are() {
    assert_eq!(named(None, b"546F6E6572").as_deref(), Some("546F6E6572"));
}

#[test]
fn s_26_latin_2_and_roman_8_are_read_as_declared() {
    assert_eq!(named(Some(LATIN_2), b"\xb3\xf3d\xbc").as_deref(), Some("łódź"));
    assert_eq!(named(Some(ROMAN_8), b"B\xcfro").as_deref(), Some("Büro"));
}

#[test]
fn a_text_in_utf_16_is_read() {
    assert_eq!(named(Some(UTF_16), b"\x00T\x00\xf6\x00n\x00e\x00r").as_deref(), Some("Töner"));
    assert_eq!(named(Some(UTF_16), b"\xff\xfeT\x00\xf6\x00").as_deref(), Some("Tö"), "told by its mark to be the other way round");
    assert_eq!(named(Some(UTF_16), b"Toner").as_deref(), Some("Toner"), "declared and not sent");
}

#[test]
fn a_text_in_shift_jis_is_read() {
    assert_eq!(named(Some(SHIFT_JIS), b"\x83g\x83i\x81[").as_deref(), Some("トナー"));
    assert_eq!(named(Some(SHIFT_JIS), b"Toner \x83").as_deref(), Some("Toner"), "half a character is none");
}

#[test]
fn a_text_in_latin_1_is_read() {
    assert_eq!(named(Some(LATIN_1), b"Toner \xe9puis\xe9").as_deref(), Some("Toner épuisé"));
    assert_eq!(named(Some(LATIN_1), "Toner épuisé".as_bytes()).as_deref(), Some("Toner épuisé"), "declared as a default");
}
