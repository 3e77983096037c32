//! Records as JSON: one a line, or one to read.

use std::fmt::Write;

use model::DeviceRecord;

use crate::text::is_safe;

/// Returns the record as one line of JSON, without a line feed.
///
/// Characters that could steer a terminal are written as `\u…`: the value stays what the device said.
pub fn line(record: &DeviceRecord) -> String {
    escape(serde_json::to_string(record).expect("a record has only text as keys and no infinite numbers"))
}

/// Returns the record as JSON of many lines, for people; the last one ends, too.
pub fn pretty(record: &DeviceRecord) -> String {
    let mut text = escape(serde_json::to_string_pretty(record).expect("a record has only text as keys and no infinite numbers"));
    text.push('\n');
    text
}

/// Escapes what JSON lets through raw and a terminal or page would obey.
///
/// Such characters stand in strings only, so the value is the same.
pub fn escape(json: String) -> String {
    if json.chars().all(|c| c == '\n' || is_safe(c)) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if c == '\n' || is_safe(c) {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(escaped, "\\u{unit:04x}").expect("a string takes everything");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::record::Path;

    #[test]
    fn escapes_change_the_text_and_not_the_value() {
        let mut record = DeviceRecord::new(Path::Agent);
        record.identity.location = Some("a\u{9b}2J\u{202e}b\u{e0041}\n\u{1b}c".into());
        for text in [line(&record), pretty(&record)] {
            assert!(text.trim_end().chars().all(|c| c == '\n' || is_safe(c)), "{text:?}");
            assert_eq!(serde_json::from_str::<DeviceRecord>(&text).unwrap(), record);
        }
        assert_eq!(line(&record).lines().count(), 1);
    }
}
