//! Reads answers: what the lines of each category say.
//!
//! An answer repeats the command in its first line and ends with a form feed. Around and between
//! answers anything may stand: unasked status, the rest of somebody else's answer, binary octets.

use super::command::Query;
use crate::text;

/// Is how many lines of one answer are kept.
const LINES: usize = 2_000;
/// Is how much of one line is kept, in octets.
const LINE: usize = 1_024;

/// Is the answer to INFO STATUS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The status code; its class is [`super::Condition::of`].
    pub code: Option<u32>,
    /// What the printer's display shows.
    pub display: Option<String>,
    pub online: Option<bool>,
}

/// Is one entry of INFO CONFIG or INFO VARIABLES.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub value: Option<String>,
    /// What follows in brackets, such as `3 ENUMERATED` or `2 RANGE`.
    pub kind: Option<String>,
    /// The lines below it: what the value may be, or what there is.
    pub choices: Vec<String>,
}

/// Is one answer as its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub subject: Subject,
    pub lines: Vec<String>,
}

/// Says what an answer is about, from its first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Info(Query),
    /// Unasked status of the device.
    DeviceStatus,
    /// Unasked news that a page was printed.
    Page,
    /// Anything else; its lines may name jobs, and nobody reads them.
    Other,
}

/// Splits octets into answers. A line that is cut, at the end of octets that are not `whole`, is
/// left out: half a page count is a wrong page count.
pub(super) fn blocks(octets: &[u8], whole: bool) -> Vec<Block> {
    let octets = if whole { octets } else { &octets[..octets.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1)] };
    let mut blocks: Vec<Block> = Vec::new();
    for line in octets.split(|octet| matches!(octet, b'\n' | b'\x0c')) {
        if let Some(subject) = subject(line) {
            blocks.push(Block { subject, lines: Vec::new() });
        } else if let Some(block) = blocks.last_mut()
            && block.subject != Subject::Other
            && block.lines.len() < LINES
        {
            let line = shown(line);
            if !line.trim().is_empty() {
                block.lines.push(line);
            }
        }
    }
    blocks
}

/// Reads a first line; octets in front of it are rubbish, unless they are a value that quotes it.
fn subject(line: &[u8]) -> Option<Subject> {
    let at = line.windows(5).position(|window| window.eq_ignore_ascii_case(b"@PJL ") || window.eq_ignore_ascii_case(b"@PJL\t"))?;
    if line[..at].iter().any(|octet| matches!(octet, b'"' | b'=')) {
        return None;
    }
    let command = text::shown(&line[at + 5..]).to_ascii_uppercase();
    let mut words = command.split_whitespace();
    Some(match (words.next(), words.next()) {
        (Some("INFO"), Some(category)) => {
            Query::ALL.into_iter().find(|query| query.category() == category).map_or(Subject::Other, Subject::Info)
        }
        (Some("USTATUS"), Some("DEVICE")) => Subject::DeviceStatus,
        (Some("USTATUS"), Some("PAGE")) => Subject::Page,
        _ => Subject::Other,
    })
}

/// Reads a line, its indentation kept as one tab: it says that the line belongs to the one above.
fn shown(line: &[u8]) -> String {
    let line = &line[..line.len().min(LINE)];
    let is_indented = matches!(line.first(), Some(b'\t' | b' '));
    format!("{}{}", if is_indented { "\t" } else { "" }, text::shown(line))
}

/// Returns whether the printer says that it does not know the category.
pub(super) fn is_unknown(lines: &[String]) -> bool {
    lines.iter().all(|line| matches!(unquoted(line), "?" | ""))
}

/// Reads INFO ID: the whole of it, in most cases one quoted line.
pub(super) fn id(lines: &[String]) -> Option<String> {
    let text = lines.iter().map(|line| unquoted(line)).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// Reads INFO STATUS.
pub(super) fn status(lines: &[String]) -> Status {
    let mut status = Status::default();
    for (name, value) in lines.iter().filter_map(|line| pair(line)) {
        match name.to_ascii_uppercase().as_str() {
            "CODE" => status.code = value.parse().ok(),
            "DISPLAY" => status.display = Some(value.to_owned()).filter(|text| !text.is_empty()),
            "ONLINE" if value.eq_ignore_ascii_case("TRUE") => status.online = Some(true),
            "ONLINE" if value.eq_ignore_ascii_case("FALSE") => status.online = Some(false),
            _ => {}
        }
    }
    status
}

/// Reads INFO PAGECOUNT: a number alone, or behind its name.
pub(super) fn page_count(lines: &[String]) -> Option<u64> {
    lines.iter().find_map(|line| {
        let number = match pair(line) {
            Some((name, value)) if name.eq_ignore_ascii_case("PAGECOUNT") => value,
            Some(_) => return None,
            None => unquoted(line),
        };
        // `parse` would take a sign.
        number.bytes().all(|octet| octet.is_ascii_digit()).then(|| number.parse().ok())?
    })
}

/// Reads INFO CONFIG or INFO VARIABLES: entries, and below each what is indented.
///
/// Variables that say who prints, or what protects a job or a printer, are left out.
pub(super) fn entries(lines: &[String]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    // Lines below an entry that is left out are left out with it.
    let mut is_left_out = true;
    for line in lines {
        if line.starts_with('\t') {
            if let (Some(entry), false) = (entries.last_mut(), is_left_out) {
                entry.choices.push(unquoted(line).to_owned());
            }
        } else {
            let entry = entry(line);
            is_left_out = is_private(&entry.name);
            if !is_left_out {
                entries.push(entry);
            }
        }
    }
    entries
}

fn entry(line: &str) -> Entry {
    let line = line.trim();
    let (rest, kind) = match line.strip_suffix(']').and_then(|line| line.rsplit_once('[')) {
        Some((rest, kind)) => (rest.trim_end(), Some(kind.trim().to_owned())),
        None => (line, None),
    };
    match pair(rest) {
        Some((name, value)) => Entry { name: name.to_owned(), value: Some(value.to_owned()), kind, choices: Vec::new() },
        None => Entry { name: rest.to_owned(), value: None, kind, choices: Vec::new() },
    }
}

fn is_private(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["USER", "OWNER", "JOB", "PASSWORD", "PASSWD", "HOLD", "PIN", "KEY", "ACCOUNT", "HOST", "STRING", "COMMUNITY"]
        .iter()
        .any(|word| name.contains(word))
}

/// Reads INFO SUPPLIES: pairs as they stand, since no standard says what they mean.
pub(super) fn supplies(lines: &[String]) -> Vec<(String, String)> {
    lines.iter().filter_map(|line| pair(line)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    (!name.is_empty()).then(|| (name, unquoted(value)))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').map_or(text, |text| text.strip_suffix('"').unwrap_or(text)).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(octets: &[u8]) -> Vec<String> {
        let blocks = blocks(octets, true);
        assert_eq!(blocks.len(), 1, "{blocks:?}");
        blocks.into_iter().next().expect("one").lines
    }

    fn subjects(octets: &[u8], whole: bool) -> Vec<Subject> {
        blocks(octets, whole).iter().map(|block| block.subject).collect()
    }

    #[test]
    fn each_category_gives_its_type() {
        assert_eq!(id(&lines(b"@PJL INFO ID\r\n\"LASERWRITER 9\"\r\n\x0c")).as_deref(), Some("LASERWRITER 9"));
        let said = status(&lines(b"@PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY=\"Ready\"\r\nONLINE=TRUE\r\n\x0c"));
        assert_eq!(said, Status { code: Some(10_001), display: Some("Ready".into()), online: Some(true) });
        assert_eq!(page_count(&lines(b"@PJL INFO PAGECOUNT\r\n2346\r\n\x0c")), Some(2346));
        assert_eq!(page_count(&lines(b"@PJL INFO PAGECOUNT\r\nPAGECOUNT=183933\r\n\x0c")), Some(183_933));
        let rows = supplies(&lines(b"@PJL INFO SUPPLIES\r\nBLACK LEVEL=\"40\"\r\nstray\r\n\x0c"));
        assert_eq!(rows, [("BLACK LEVEL".to_owned(), "40".to_owned())]);
    }

    #[test]
    fn what_is_no_number_is_no_page_count() {
        for text in ["-1", "+5", "many", "", "99999999999999999999999", "COUNT=5", "?"] {
            assert_eq!(page_count(&[text.to_owned()]), None, "{text}");
        }
    }

    #[test]
    fn configuration_and_variables_are_a_tree() {
        let config = entries(&lines(
            b"@PJL INFO CONFIG\r\nIN TRAYS [2 ENUMERATED]\r\n\tINTRAY1 MP\r\n\tINTRAY2 PC\r\nENVELOPE TRAY\r\nMEMORY=2097152\r\n\x0c",
        ));
        assert_eq!(config.len(), 3);
        assert_eq!((config[0].name.as_str(), config[0].kind.as_deref()), ("IN TRAYS", Some("2 ENUMERATED")));
        assert_eq!(config[0].choices, ["INTRAY1 MP", "INTRAY2 PC"]);
        assert_eq!((config[1].name.as_str(), config[1].value.as_deref()), ("ENVELOPE TRAY", None));
        assert_eq!(config[2].value.as_deref(), Some("2097152"));
        let variables = entries(&lines(b"@PJL INFO VARIABLES\r\nCOPIES=1 [2 RANGE]\r\n\t1\r\n\t999\r\n\x0c"));
        let copies =
            Entry { name: "COPIES".into(), value: Some("1".into()), kind: Some("2 RANGE".into()), choices: vec!["1".into(), "999".into()] };
        assert_eq!(variables, [copies]);
    }

    #[test]
    fn variables_about_people_and_secrets_are_left_out_with_what_is_below_them() {
        let octets = b"@PJL INFO VARIABLES\r\nUSERNAME=\"ada\" [1 STRING]\r\n\tada\r\nPASSWORD=4711\r\nJOBNAME=\"x\"\r\nDUPLEX=ON\r\n\x0c";
        let kept = entries(&lines(octets));
        assert_eq!(kept.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["DUPLEX"]);
        assert!(!format!("{kept:?}").contains("ada"));
    }

    #[test]
    fn several_answers_and_unasked_status_are_told_apart() {
        let octets =
            b"@PJL USTATUS DEVICE\r\nCODE=10001\r\n\x0c@PJL INFO ID\r\n\"A\"\r\n\x0c@PJL USTATUS JOB\r\nNAME=\"secret\"\r\n\x0c@PJL INFO PAGECOUNT\r\n5\r\n";
        let expected = [Subject::DeviceStatus, Subject::Info(Query::Id), Subject::Other, Subject::Info(Query::PageCount)];
        assert_eq!(subjects(octets, true), expected);
        assert!(!format!("{:?}", blocks(octets, true)).contains("secret"), "lines about jobs are not even kept");
    }

    #[test]
    fn line_feeds_alone_and_binary_octets_in_front_do_no_harm() {
        let octets = b"\x00\xff\x1b%-12345X@PJL INFO PAGECOUNT\n77\n\x0c";
        assert_eq!(page_count(&lines(octets)), Some(77));
        assert_eq!(id(&lines(b"\xfe\xed@pjl info id\n\"Caf\xe9 9\"\n")).as_deref(), Some("Caf\u{e9} 9"));
        assert_eq!(subjects(b"\x00\x01\x02\xff\n\x0c\n", true), []);
    }

    #[test]
    fn a_display_that_quotes_a_command_is_no_answer() {
        let octets = b"@PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY=\"@PJL INFO ID\"\r\nONLINE=FALSE\r\n\x0c";
        assert_eq!(status(&lines(octets)).online, Some(false));
    }

    #[test]
    fn a_line_that_is_cut_is_left_out() {
        let cut = blocks(b"@PJL INFO PAGECOUNT\r\n23", false);
        assert_eq!(page_count(&cut[0].lines), None, "2346 may have been meant");
        let ended = blocks(b"@PJL INFO PAGECOUNT\r\n2346\r\n", false);
        assert_eq!(page_count(&ended[0].lines), Some(2346));
    }

    #[test]
    fn lines_are_kept_within_bounds() {
        let many = [&b"@PJL INFO CONFIG\n"[..], &b"A=1\n".repeat(50_000)].concat();
        assert_eq!(lines(&many).len(), LINES);
        let long = [&b"@PJL INFO ID\n"[..], &[b'x'; 100_000], b"\n"].concat();
        assert_eq!(lines(&long)[0].len(), LINE);
    }

    #[test]
    fn a_question_mark_says_that_the_category_is_not_known() {
        assert!(is_unknown(&lines(b"@PJL INFO SUPPLIES\r\n\"?\"\r\n\x0c")));
        assert!(is_unknown(&lines(b"@PJL INFO SUPPLIES\r\n?\r\n\x0c")));
        assert!(!is_unknown(&lines(b"@PJL INFO ID\r\n\"A\"\r\n\x0c")));
    }
}
