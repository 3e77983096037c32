//! What a printer says over IPP, as one response that `roundsman replay` reads.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use agent::ports;
use anyhow::{Context, Result};
use printport::ipp::value::{Attributes, DateTime, Value};
use sim::{ipp, redact_ipp};

use super::Task;
use crate::probe::{ipp_advice, known_printers};

/// Is what came of asking.
pub enum Said {
    /// A recording was written.
    Kept { file: PathBuf, attributes: usize, problems: Vec<String> },
    /// Nobody speaks IPP there; the text says why and what to do.
    Absent(String),
    /// Somebody speaks IPP there and tells nothing, or is not who it was.
    Closed(String),
}

/// Asks the printer and writes what it says beside the SNMP recording of this name.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn record(task: &Task<'_>) -> Result<Said> {
    let args = task.args;
    let at = SocketAddr::new(task.address.ip(), args.ipp.ipp_port);
    let who = format!("{}:{}", args.device.host, at.port());
    let mut known = known_printers(&args.ipp);
    let reading = match ports::read_ipp(at, Some(&args.device.host), known.get(&who)) {
        Ok(reading) => reading,
        Err(silence) => {
            let why = format!("{}; {}", silence.why, ipp_advice(&silence, &known));
            return Ok(if silence.has_changed { Said::Closed(why) } else { Said::Absent(why) });
        }
    };
    let mut problems: Vec<String> = reading.answers.problems.iter().map(|problem| format!("IPP: {problem}")).collect();
    let kept = reading.certificate.map_or(Ok(()), |certificate| known.remember(&who, certificate.fingerprint));
    problems.extend(kept.err());
    let told = &reading.answers.attributes;
    if told.is_empty() {
        return Ok(Said::Closed(format!("IPP: {at}: nothing was told; {}", problems.join("; "))));
    }
    let file = write(&args.output, &task.name, &redact_ipp(&attributes(told), &task.redaction))?;
    Ok(Said::Kept { file, attributes: told.len(), problems })
}

fn write(folder: &Path, name: &str, attributes: &[ipp::Attribute]) -> Result<PathBuf> {
    let file = folder.join(format!("{name}.ipp"));
    std::fs::write(&file, ipp::response(0, 1, attributes)).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// Returns attributes as they are written.
fn attributes(told: &Attributes) -> Vec<ipp::Attribute> {
    told.iter().map(|(name, values)| ipp::Attribute::new(name, values.iter().map(value))).collect()
}

/// Source: RFC 8010 §3.5.2 and §3.9.
fn value(told: &Value) -> ipp::Value {
    let plain = |tag: u8, octets: &[u8]| ipp::Value::Plain { tag, octets: octets.to_vec() };
    match told {
        Value::Unsupported => plain(0x10, b""),
        Value::Unknown => plain(0x12, b""),
        Value::NoValue => plain(0x13, b""),
        Value::Integer(number) => ipp::Value::integer(*number),
        Value::Boolean(value) => ipp::Value::boolean(*value),
        Value::Enum(number) => ipp::Value::enumeration(*number),
        Value::Octets(octets) => ipp::Value::octet_string(octets),
        Value::DateTime(time) => plain(0x31, &date_time(time)),
        Value::Resolution { cross_feed, feed, unit } => {
            plain(0x32, &[&cross_feed.to_be_bytes()[..], &feed.to_be_bytes(), &unit.to_be_bytes()].concat())
        }
        Value::Range { lower, upper } => plain(0x33, &[lower.to_be_bytes(), upper.to_be_bytes()].concat()),
        Value::Collection(members) => ipp::Value::Collection(attributes(members)),
        Value::Text(text) => ipp::Value::text(text),
        Value::Name(text) => ipp::Value::name(text),
        Value::Keyword(text) => ipp::Value::keyword(text),
        Value::Uri(text) => ipp::Value::uri(text),
        Value::UriScheme(text) => plain(0x46, text.as_bytes()),
        Value::Charset(text) => plain(0x47, text.as_bytes()),
        Value::NaturalLanguage(text) => plain(0x48, text.as_bytes()),
        Value::MimeMediaType(text) => plain(0x49, text.as_bytes()),
        Value::Other { tag, octets } => plain(*tag, octets),
    }
}

/// Source: RFC 2579, DateAndTime.
fn date_time(time: &DateTime) -> [u8; 11] {
    let [y1, y2] = time.year.to_be_bytes();
    let direction = if time.offset_minutes < 0 { b'-' } else { b'+' };
    let offset = time.offset_minutes.unsigned_abs();
    // Sixteen hours fit into an octet by far, and so do the minutes of one.
    let (hours, minutes) = ((offset / 60) as u8, (offset % 60) as u8);
    [y1, y2, time.month, time.day, time.hour, time.minute, time.second, time.decisecond, direction, hours, minutes]
}

#[cfg(test)]
mod tests {
    use super::*;
    use printport::ipp::decode;

    /// Every kind of value that the reader knows.
    fn all_kinds() -> Attributes {
        let mut members = Attributes::default();
        members.add("power-state".into(), vec![Value::Keyword("on".into())]);
        members.add("inner".into(), vec![Value::Collection(Attributes::default()), Value::Integer(-3)]);
        let time = DateTime { year: 2026, month: 2, day: 28, hour: 23, minute: 59, second: 60, decisecond: 9, offset_minutes: -210 };
        let mut all = Attributes::default();
        let values = [
            Value::Unsupported,
            Value::Unknown,
            Value::NoValue,
            Value::Integer(i32::MIN),
            Value::Boolean(true),
            Value::Boolean(false),
            Value::Enum(5),
            Value::Octets(vec![0, 255]),
            Value::DateTime(time),
            Value::DateTime(DateTime { offset_minutes: 345, ..time }),
            Value::Resolution { cross_feed: 600, feed: -1, unit: 3 },
            Value::Range { lower: -1, upper: 7 },
            Value::Text("Grün".into()),
            Value::Name("a".into()),
            Value::Keyword("none".into()),
            Value::Uri("urn:x".into()),
            Value::UriScheme("ipp".into()),
            Value::Charset("utf-8".into()),
            Value::NaturalLanguage("en".into()),
            Value::MimeMediaType("text/plain".into()),
            Value::Collection(members),
            Value::Other { tag: 0x7e, octets: vec![1] },
        ];
        for (place, value) in values.iter().enumerate() {
            all.add(format!("kind-{place:02}"), vec![value.clone()]);
        }
        all.add("several".into(), values.to_vec());
        all
    }

    #[test]
    fn what_is_written_is_read_back_as_it_was_told() {
        let told = all_kinds();
        let message = decode(&ipp::response(0, 1, &attributes(&told))).expect("a response");
        assert_eq!(message.problems, []);
        assert_eq!(message.printers().collect::<Vec<_>>(), [&told]);
    }
}
