//! Text of unknown charset.

/// Reads UTF-8, and anything else as ISO 8859-1, in which every octet means something.
///
/// The second value says whether the octets were UTF-8.
pub(crate) fn decode(octets: &[u8]) -> (String, bool) {
    match std::str::from_utf8(octets) {
        Ok(text) => (text.to_owned(), true),
        Err(_) => (octets.iter().map(|octet| char::from(*octet)).collect(), false),
    }
}

/// Reads text for a person to see: control characters are left out, and so is the space around it.
pub(crate) fn shown(octets: &[u8]) -> String {
    let (text, _) = decode(octets);
    let text: String = text.chars().filter(|character| !character.is_control()).collect();
    text.trim().to_owned()
}

/// Returns at most `limit` octets of a text, cut between characters.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}
