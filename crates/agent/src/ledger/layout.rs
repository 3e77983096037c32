//! JSON laid out for reading, without taking it apart: every octet of the payload is shown.

use std::fmt::Write;

/// Writes JSON text with a line for each value, indented; at most `most` octets, then a word on how
/// much is missing.
///
/// Works on the text alone, so keys stay in their order, numbers keep their digits, and what is no
/// JSON is shown all the same. Characters that could steer a terminal or hide text are written as
/// JSON escapes.
pub(crate) fn laid_out(json: &str, most: usize) -> String {
    let mut out = String::with_capacity(json.len().min(most));
    let mut depth = 0usize;
    let mut in_text = false;
    let mut is_escaped = false;
    let mut characters = json.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if out.len() >= most {
            let _ = write!(out, "\n… {} more octets", json.len() - at);
            break;
        }
        if in_text {
            in_text = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
            push_safe(&mut out, c);
            continue;
        }
        match c {
            '"' => {
                in_text = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while characters.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
                if let Some((_, end)) = characters.next_if(|(_, c)| matches!(c, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => push_safe(&mut out, c),
        }
    }
    out.push('\n');
    out
}

/// Begins a line; a payload nested beyond reason is not indented beyond it.
fn new_line(out: &mut String, depth: usize) {
    let _ = write!(out, "\n{:width$}", "", width = depth.min(32) * 2);
}

fn push_safe(out: &mut String, c: char) {
    let mut octets = [0; 4];
    let text: &str = c.encode_utf8(&mut octets);
    if report::safe_text(text) == text {
        out.push(c);
        return;
    }
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::laid_out;

    #[test]
    fn json_is_laid_out_and_keeps_its_order_and_digits() {
        let laid = laid_out(r#"{"b":1.50,"a":[1,{"x":"a,b:{\"c\"}"}],"e":{},"f":[ ]}"#, 1000);
        let expected =
            "{\n  \"b\": 1.50,\n  \"a\": [\n    1,\n    {\n      \"x\": \"a,b:{\\\"c\\\"}\"\n    }\n  ],\n  \"e\": {},\n  \"f\": []\n}\n";
        assert_eq!(laid, expected);
        assert_eq!(laid_out(&laid, 1000), expected);
    }

    #[test]
    fn the_layout_is_bounded_in_size_and_depth() {
        let laid = laid_out(&format!("[{}]", "1,".repeat(100_000)), 1000);
        assert!(laid.len() < 1100 && laid.contains("… 199") && laid.ends_with("more octets\n"), "{laid}");
        assert!(laid_out(&"[".repeat(10_000), 10_000).len() < 10_200);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(laid_out("\"a\u{9b}b\u{202e}ü \u{1b}[2J\"", 100), "\"a\\u009bb\\u202eü \\u001b[2J\"\n");
        assert_eq!(laid_out("\u{1b}]0;x", 100), "\\u001b\n]0;x\n");
    }
}
