//! Facts as firmware writes them: a small JSON text, read without trust.
//!
//! ```json
//! {"schema":"roundsman.facts/1","observed_at":"2026-11-25T02:17:00Z",
//!  "facts":{"presence":"ready","meters/total/value":1500,"meters/total/unit":"impressions"}}
//! ```
//!
//! `docs/operations/device-module.md` tells firmware what it may say. A value that cannot be is left
//! out and told among the problems; a text that cannot be read as a whole is an error, and the
//! facts before it stay.

mod check;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use wire::Facts;

/// Names the version of the form.
pub const SCHEMA: &str = "roundsman.facts/1";
/// Is the largest text that is read, in octets.
pub const LARGEST: usize = 256 * 1024;
/// A clock that is further ahead than this is wrong.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// Of more problems than this only the number is told.
const MOST_PROBLEMS: usize = 16;

/// Is what firmware said.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub observed_at: Timestamp,
    pub facts: Facts,
    /// What it said that cannot be.
    pub problems: Vec<String>,
}

/// Says why a text is none of facts.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    #[error("it has more than {LARGEST} octets; does something write into it without end?")]
    TooLarge,
    #[error("it is empty")]
    Empty,
    #[error("it is in UTF-16; write UTF-8 without a mark at the beginning")]
    Charset,
    #[error("it is half written; write another file beside it and rename it, so that it is always whole")]
    HalfWritten,
    #[error("it is no JSON of facts")]
    Json(#[source] serde_json::Error),
    #[error("its schema is {0:?}, expected {SCHEMA:?}")]
    Schema(String),
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    schema: String,
    #[serde(default)]
    observed_at: Option<String>,
    #[serde(default)]
    facts: Map<String, Json>,
}

/// Reads facts; `written` is when they were, unless they say so themselves.
///
/// # Errors
/// Fails if the text cannot be read as a whole.
pub fn decode(octets: &[u8], written: Timestamp, now: Timestamp) -> Result<Told, FactsError> {
    if octets.len() > LARGEST {
        return Err(FactsError::TooLarge);
    }
    if octets.starts_with(&[0xff, 0xfe]) || octets.starts_with(&[0xfe, 0xff]) || octets.get(1) == Some(&0) {
        return Err(FactsError::Charset);
    }
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    if octets.trim_ascii().is_empty() {
        return Err(FactsError::Empty);
    }
    let text = String::from_utf8_lossy(octets);
    let written_facts: Written = serde_json::from_str(&text).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => FactsError::HalfWritten,
        _ => FactsError::Json(error),
    })?;
    if written_facts.schema != SCHEMA {
        return Err(FactsError::Schema(written_facts.schema.chars().take(60).collect()));
    }
    let mut problems = Vec::new();
    if let Err(error) = core::str::from_utf8(octets) {
        problems.push(alloc::format!(
            "the facts are not in UTF-8, from octet {} on; texts with such letters are left out",
            error.valid_up_to()
        ));
    }
    let observed_at = observed_at(written_facts.observed_at, written, now, &mut problems);
    let (facts, mut more) = check::check(written_facts.facts);
    problems.append(&mut more);
    if problems.len() > MOST_PROBLEMS {
        let left_out = problems.len() - MOST_PROBLEMS;
        problems.truncate(MOST_PROBLEMS);
        problems.push(alloc::format!("and {left_out} more"));
    }
    Ok(Told { observed_at, facts, problems })
}

/// Returns when the printer said it; a time that cannot be is no time.
fn observed_at(said: Option<String>, written: Timestamp, now: Timestamp, problems: &mut Vec<String>) -> Timestamp {
    let is_possible = |at: &Timestamp| at.as_second() > crate::module::FIRST_DAY && at.duration_since(now) <= AHEAD;
    let written = if is_possible(&written) { written } else { now };
    let Some(said) = said else { return written };
    match said.parse::<Timestamp>() {
        Ok(at) if is_possible(&at) => at,
        _ => {
            let said: String = said.chars().take(40).collect();
            problems.push(alloc::format!("observed_at: {said:?} cannot be; the time of writing is taken"));
            written
        }
    }
}

/// Reads a text as a sentence can show it.
fn shown(json: &Json) -> String {
    json.to_string().chars().filter(|sign| !sign.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Value;

    fn now() -> Timestamp {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    fn decoded(facts: &str) -> Told {
        let text = alloc::format!(r#"{{"schema":"{SCHEMA}","facts":{{{facts}}}}}"#);
        decode(text.as_bytes(), now(), now()).unwrap()
    }

    #[test]
    fn what_firmware_says_becomes_facts_with_an_origin() {
        let told = decoded(r#""presence":"ready","meters/total/value":1500,"identity/serial_number":4711"#);
        assert_eq!(told.problems, Vec::<String>::new());
        assert_eq!(told.facts["meters/total/value"], Value::Integer(1500));
        assert_eq!(told.facts["meters/total/origin"], Value::from("firmware"));
        assert_eq!(told.facts["meters/total/evidence"], Value::from("reported"));
        assert_eq!(told.facts["identity/serial_number"], Value::from("4711"));
    }

    #[test]
    fn values_that_cannot_be_are_problems_and_never_numbers() {
        for (facts, key) in [
            (r#""meters/total/value":-5"#, "meters/total/value"),
            (r#""meters/total/value":1e300"#, "meters/total/value"),
            (r#""meters/total/value":18446744073709551615"#, "meters/total/value"),
            (r#""meters/total/value":"many""#, "meters/total/value"),
            (r#""supplies/1/capacity":-2147483648"#, "supplies/1/capacity"),
            (r#""supplies/1/remaining":1.5"#, "supplies/1/remaining"),
            (r#""supplies/1/level/value":-7"#, "supplies/1/level/value"),
            (r#""supplies/none/type":"toner""#, "supplies/none/type"),
            (r#""presence":"quite""#, "presence"),
            (r#""status/up_time":-1"#, "status/up_time"),
            (r#""contact/name":"Ann""#, "contact/name"),
            (r#""configuration/setting.adminPassword":"x""#, "configuration/setting.adminPassword"),
            (r#""meters/total/value":null"#, "meters/total/value"),
            (r#""identity/model":{"name":"Laser"}"#, "identity/model"),
        ] {
            let told = decoded(facts);
            assert!(!told.facts.contains_key(key), "{facts}");
            assert!(told.problems.iter().any(|problem| problem.starts_with(key)), "{facts}: {:?}", told.problems);
        }
    }

    #[test]
    fn sentinels_of_the_printer_mib_become_words() {
        let told =
            decoded(r#""supplies/1/level/value":-3,"supplies/2/level/value":-2,"supplies/3/level/value":900,"supplies/3/capacity":100"#);
        assert_eq!(told.facts["supplies/1/level/kind"], Value::from("some"));
        assert_eq!(told.facts["supplies/2/level/kind"], Value::from("unknown"));
        assert_eq!(told.facts["supplies/3/level/kind"], Value::from("invalid"));
        assert!(!told.facts.keys().any(|key| key.ends_with("level/value")));
        assert_eq!(told.problems.len(), 1, "{:?}", told.problems);
    }

    #[test]
    fn a_text_cut_off_anywhere_is_half_written_or_no_text_of_facts() {
        let text = alloc::format!(r#"{{"schema":"{SCHEMA}","facts":{{"presence":"ready","meters/total/value":1500}}}}"#);
        for cut in 1..text.len() {
            let error = decode(&text.as_bytes()[..cut], now(), now()).unwrap_err();
            assert!(matches!(error, FactsError::HalfWritten), "{cut}: {error}");
        }
        assert!(matches!(decode(b" \n", now(), now()), Err(FactsError::Empty)));
        assert!(matches!(decode(b"{}", now(), now()), Err(FactsError::Schema(_))));
        assert!(matches!(decode(b"[1]", now(), now()), Err(FactsError::Json(_))));
        assert!(matches!(decode(&alloc::vec![b'{'; LARGEST + 1], now(), now()), Err(FactsError::TooLarge)));
    }

    #[test]
    fn another_charset_costs_its_letters_and_no_number() {
        let mut text = alloc::format!(r#"{{"schema":"{SCHEMA}","facts":{{"meters/total/value":7,"identity/model":"B"#).into_bytes();
        text.extend_from_slice(b"\xfcro\"}}");
        let told = decode(&text, now(), now()).unwrap();
        assert_eq!(told.facts["meters/total/value"], Value::Integer(7));
        assert!(!told.facts.contains_key("identity/model"));
        assert!(told.problems[0].contains("not in UTF-8"), "{:?}", told.problems);
        let wide: Vec<u8> = "{\"schema\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(matches!(decode(&wide, now(), now()), Err(FactsError::Charset)));
    }

    #[test]
    fn a_time_that_cannot_be_is_replaced_and_told() {
        for said in ["2099-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday"] {
            let text = alloc::format!(r#"{{"schema":"{SCHEMA}","observed_at":"{said}","facts":{{}}}}"#);
            let told = decode(text.as_bytes(), now(), now()).unwrap();
            assert_eq!(told.observed_at, now(), "{said}");
            assert!(told.problems[0].starts_with("observed_at"), "{:?}", told.problems);
        }
    }
}
