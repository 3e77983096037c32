//! A report's JSON made readable: line breaks and blanks between values, and nothing else.

/// Is how much of a report a page shows; the rest is a download.
pub const LONGEST: usize = 256 * 1024;

/// Is the longest list or object that stays on one line, in octets.
const LINE: usize = 100;

/// Is how deep lines are set in; deeper ones stay there, so that no text can grow without bound.
const DEEPEST: usize = 16;

/// Returns the text over many lines, and whether all of it is there.
///
/// It works on the text as sent: no number, no escape and no order changes. What could steer a
/// terminal or hide is written as `\u…`, which means the same in JSON. What is no JSON comes back
/// as it is, only broken at its brackets and commas.
pub fn spread(text: &str) -> (String, bool) {
    let shown = cut(text, LONGEST);
    let octets = shown.as_bytes();
    let mut out = Out { text: String::with_capacity(shown.len() * 2), depth: 0 };
    let mut at = 0;
    while at < octets.len() {
        let end = match octets[at] {
            b'"' => end_of_string(octets, at),
            b'{' | b'[' => match short_end(octets, at) {
                Some(end) => end,
                None => {
                    out.text.push_str(&shown[at..at + 1]);
                    out.depth += 1;
                    out.new_line();
                    at += 1;
                    continue;
                }
            },
            b'}' | b']' => {
                out.depth = out.depth.saturating_sub(1);
                out.new_line();
                at + 1
            }
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            _ => at + shown[at..].chars().next().map_or(1, char::len_utf8),
        };
        out.push(&shown[at..end]);
        match octets[end - 1] {
            b',' if end == at + 1 => out.new_line(),
            b':' if end == at + 1 => out.text.push(' '),
            _ => {}
        }
        at = end;
    }
    (report::json::escape(out.text), shown.len() == text.len())
}

struct Out {
    text: String,
    depth: usize,
}

impl Out {
    fn new_line(&mut self) {
        self.text.push('\n');
        (0..self.depth.min(DEEPEST)).for_each(|_| self.text.push_str("  "));
    }

    /// Adds a token; of a short list or object also its blanks.
    fn push(&mut self, token: &str) {
        if token.len() == 1 || !token.starts_with(['{', '[']) {
            self.text.push_str(token);
            return;
        }
        let octets = token.as_bytes();
        let mut at = 0;
        while at < octets.len() {
            let end =
                if octets[at] == b'"' { end_of_string(octets, at) } else { at + token[at..].chars().next().map_or(1, char::len_utf8) };
            if !matches!(octets[at], b' ' | b'\t' | b'\r' | b'\n') {
                self.text.push_str(&token[at..end]);
            }
            if matches!(octets[at], b',' | b':') {
                self.text.push(' ');
            }
            at = end;
        }
    }
}

/// Returns where the string that begins at `at` ends, behind its closing quote.
fn end_of_string(octets: &[u8], at: usize) -> usize {
    let mut place = at + 1;
    while place < octets.len() {
        match octets[place] {
            b'\\' => place += 2,
            b'"' => return place + 1,
            _ => place += 1,
        }
    }
    octets.len()
}

/// Returns the end of a list or object that holds no other and is short enough for one line.
fn short_end(octets: &[u8], at: usize) -> Option<usize> {
    let mut place = at + 1;
    while place < octets.len().min(at + LINE) {
        match octets[place] {
            b'"' => place = end_of_string(octets, place),
            b'{' | b'[' => return None,
            b'}' | b']' => return Some(place + 1),
            _ => place += 1,
        }
    }
    None
}

/// Cuts a text to at most so many octets, never within a character.
fn cut(text: &str, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_things_stay_on_a_line_and_long_ones_do_not() {
        let (text, all) = spread(r#"{"a":[1,2.50,"x, y"],"b":{"c":{"d":null}},"e":{}}"#);
        assert!(all);
        assert_eq!(text, "{\n  \"a\": [1, 2.50, \"x, y\"],\n  \"b\": {\n    \"c\": {\"d\": null}\n  },\n  \"e\": {}\n}");
    }

    #[test]
    fn what_was_sent_is_not_changed() {
        let sent = r#"{"text":"a \"quoted\" {brace} \\","number":1.0e+05,"big":184467440737095516150,"long":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]}"#;
        let (text, _) = spread(sent);
        let without_blanks = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(without_blanks(&text), without_blanks(sent));
        assert!(text.contains(r#"a \"quoted\" {brace} \\"#) && text.contains("1.0e+05"));
    }

    #[test]
    fn what_could_hide_is_written_out() {
        let (text, _) = spread("{\"name\":\"\u{202e}evil\u{9b}\"}");
        assert_eq!(text, r#"{"name": "\u202eevil\u009b"}"#);
    }

    #[test]
    fn what_is_no_json_harms_nobody() {
        for text in ["", "{", "}}}]]", "\"", "\"\\", "{\"a", "äöü{ß}[", "[[[[", ",,::"] {
            spread(text);
        }
        let deep = "[".repeat(100_000);
        assert!(spread(&deep).0.len() < 100_000 * (2 * DEEPEST + 3));
    }

    #[test]
    fn a_very_long_report_is_cut_between_characters() {
        let long = format!("\"{}\"", "ä".repeat(LONGEST));
        let (text, all) = spread(&long);
        assert!(!all && text.len() <= LONGEST);
    }
}
