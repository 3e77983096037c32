//! Words that stand where an identity should and tell nobody from anybody.

/// Are words that stand where a serial number, or a name, should.
const FILLERS: [&str; 9] =
    ["unknown", "none", "default", "not available", "notavailable", "undefined", "to be filled", "empty", "<private>"];

/// Returns whether a text is one of the words that stand where a name should.
fn is_filler(text: &str) -> bool {
    let word = text.trim_ascii();
    FILLERS.iter().any(|filler| filler.eq_ignore_ascii_case(word))
}

/// Returns whether a serial number is more than a filler: devices say `0000000000`, `XXXXXX`, `-`,
/// `serial_number`, and thousands say the same.
pub fn serial_tells(serial: &str) -> bool {
    // Letters beyond ASCII count without being looked up: the tables for that are more than a module has room for.
    let mut signs = serial.chars().filter(|sign| sign.is_ascii_alphanumeric() || !sign.is_ascii());
    let first = signs.next();
    let (mut count, mut differs) = (1, false);
    for sign in signs {
        count += 1;
        differs |= Some(sign) != first;
    }
    let is_title = serial.trim_ascii().get(..6).is_some_and(|start| start.eq_ignore_ascii_case("serial"));
    count >= 4 && differs && !is_title && !is_filler(serial)
}
