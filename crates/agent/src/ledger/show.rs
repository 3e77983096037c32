//! The ledger as text: what `ledger show` and `ledger verify` print.

use std::fmt::Write;

use report::safe_text;

use super::entry::{Entry, What};
use super::layout::laid_out;
use super::reader::Page;
use super::verify::Verdict;

/// Returns a page of entries as a table, the newest first, and how to see older ones.
pub fn list(page: &Page) -> String {
    if page.entries.is_empty() {
        return "nothing has left this site\n".to_owned();
    }
    let mut out = format!("{:>8}  {:20}  {:16}  {:>10}  to\n", "number", "time", "what", "octets");
    for entry in &page.entries {
        let octets = entry.payload.map_or_else(|| "-".to_owned(), |mark| mark.octets.to_string());
        let to = safe_text(entry.destination.as_deref().unwrap_or("-"));
        let report = entry.report.as_deref().map(|report| format!("  report {}", safe_text(report))).unwrap_or_default();
        let what = entry.what.to_string();
        let line = format!("{:>8}  {:20}  {what:16}  {octets:>10}  {to}{report}{}", entry.number, seconds(entry), addition(entry));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if page.unreadable > 0 {
        let _ = writeln!(out, "{} lines cannot be read as entries; see `roundsman-agent ledger verify`", page.unreadable);
    }
    if let Some(before) = page.before {
        let _ = writeln!(out, "older entries: `roundsman-agent ledger show --before {before}`");
    }
    out
}

/// Returns the time to the second, which is all a table has room for.
fn seconds(entry: &Entry) -> String {
    let time = entry.time.as_second();
    jiff::Timestamp::from_second(time).map_or_else(|_| entry.time.to_string(), |time| time.to_string())
}

fn addition(entry: &Entry) -> String {
    let pruned = entry.pruned_through.filter(|_| entry.what == What::Pruned);
    let pruned = pruned.map(|through| format!("  payloads up to entry {through}")).unwrap_or_default();
    let note = entry.note.as_deref().map(|note| format!("  ({})", safe_text(note))).unwrap_or_default();
    pruned + &note
}

/// What every zstd frame begins with (RFC 8878 §3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Returns a payload's JSON, unpacked if it was packed; fails if it is damaged or more than `most` octets.
pub fn unpacked(payload: &[u8], most: usize) -> Result<String, uplink::DecompressError> {
    let octets = if payload.starts_with(&ZSTD) { &uplink::decompress(payload, most)?[..] } else { payload };
    // What is no UTF-8 is shown as far as it is.
    Ok(String::from_utf8_lossy(octets).into_owned())
}

/// Is what there is to show of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// The payload, unpacked.
    Json(&'a str),
    Pruned,
    None,
}

/// Returns one entry in full, with its payload laid out; at most about `most` octets of that.
pub fn one(entry: &Entry, content: Content<'_>, most: usize) -> String {
    let mut out = format!("entry {}: {}, {}\n", entry.number, entry.what, entry.time);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name}: {}", safe_text(value));
    };
    if let Some(destination) = &entry.destination {
        line("to", destination);
    }
    if let Some(report) = &entry.report {
        line("report", report);
    }
    if let Some(note) = &entry.note {
        line("note", note);
    }
    if let Some(through) = entry.pruned_through {
        line("pruned", &format!("payloads up to entry {through}"));
    }
    if let Some(mark) = entry.payload {
        line("octets", &format!("{} as sent, SHA-256 {}", mark.octets, mark.sha256));
    }
    line("follows", &entry.previous.to_string());
    match content {
        Content::Json(json) => out + "\n" + &laid_out(json, most),
        Content::Pruned => out + "\nthe payload has had its time and was pruned\n",
        Content::None => out + "\nno payload was sent\n",
    }
}

/// Returns what a verification found, in words.
pub fn verdict(verdict: &Verdict) -> String {
    let counts = format!(
        "{} entries, {} payloads as sent, {} payloads pruned after their time\nlast entry {}, hash {}\n",
        verdict.entries, verdict.payloads, verdict.pruned, verdict.head.0, verdict.head.1
    );
    match verdict.first_broken {
        None => format!("the ledger is sound: every entry follows from the one before\n{counts}"),
        Some(broken) => format!(
            "the ledger is not as it was written: {broken}\nkeep the folder as it is, and find out who or what has changed it\n{counts}"
        ),
    }
}
