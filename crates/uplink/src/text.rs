//! What others say, made fit to be shown to a person.

/// Returns at most `most` characters of a text from outside, without anything that moves a
/// terminal's cursor, breaks a line of a log, or turns the direction of writing.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().filter(|character| !is_active(*character)).take(most + 1).collect();
    if let Some((end, _)) = shown.char_indices().nth(most) {
        shown.truncate(end);
        shown.push('…');
    }
    shown
}

fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_terminal_is_left_out() {
        assert_eq!(shown("a\x1b[31mred\r\n\u{9b}2J\u{202e}b", 100), "a[31mred2Jb");
    }

    #[test]
    fn a_long_text_ends_with_a_mark() {
        assert_eq!(shown("größer", 3), "grö…");
        assert_eq!(shown("größer", 6), "größer");
    }
}
