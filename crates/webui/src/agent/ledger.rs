//! The ledger: every report exactly as it was sent.

use askama::Template;
use jiff::Timestamp;
use report::grouped;

use crate::clock::{Clock, When};
use crate::filters;
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::json;
use crate::paging::{Paging, Ways};
use crate::words::octets;

/// Is the list of what was sent.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The newest first.
    pub entries: Vec<EntryRow>,
    pub chain: Chain,
    pub paging: Paging,
}

/// Is one line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    pub number: u64,
    pub sealed_at: Timestamp,
    /// When the server said that it is on its disk.
    pub acknowledged_at: Option<Timestamp>,
    pub report: String,
    /// Of the report's text, before compression.
    pub octets: u64,
    /// On how many devices it reports.
    pub devices: Option<u64>,
}

/// Is whether the ledger is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Nobody has looked yet.
    Unchecked,
    /// Every entry fits the one before.
    Verified { entries: u64, at: Timestamp },
    /// From this entry on, something was changed or is gone.
    Broken { number: u64, reason: String },
}

/// Is one entry with the report word for word.
#[derive(Clone, Debug)]
pub struct Entry {
    pub row: EntryRow,
    /// The report's JSON exactly as sent. The page adds line breaks and blanks between values, nothing else.
    pub payload: String,
    /// In hexadecimal digits.
    pub hash: String,
    /// The hash of the entry before; `None` of the first.
    pub previous_hash: Option<String>,
    /// Whether this entry fits its hash and the entry before; `None` if that was not checked.
    pub fits: Option<bool>,
    /// The number of the entry before, if it is still kept.
    pub earlier: Option<u64>,
    pub later: Option<u64>,
}

#[derive(Template)]
#[template(path = "agent/ledger.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    chain: Verdict,
    lines: Vec<Line<'a>>,
    ways: Ways<'a>,
}

/// Is what to say of the chain.
struct Verdict {
    class: &'static str,
    words: String,
    checked: Option<When>,
}

struct Line<'a> {
    row: &'a EntryRow,
    sealed: When,
    acknowledged: Option<When>,
    size: String,
}

impl Ledger {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        finish(&ListPage {
            shell: Shell::new(Program::Agent, frame, "/ledger", "Ledger"),
            chain: Verdict::of(&frame.clock, &self.chain),
            lines: self.entries.iter().map(|row| Line::of(&frame.clock, row)).collect(),
            ways: Ways::new(&self.paging, self.entries.len()),
        })
    }
}

impl Verdict {
    fn of(clock: &Clock, chain: &Chain) -> Self {
        match chain {
            Chain::Unchecked => {
                let words = "The ledger has not been checked yet: run roundsman-agent ledger verify.".to_owned();
                Verdict { class: "notice", words, checked: None }
            }
            Chain::Verified { entries, at } => {
                let words = format!("Verified: {} entries, each fits the one before.", grouped(*entries));
                Verdict { class: "fine", words, checked: Some(clock.ago(*at)) }
            }
            Chain::Broken { number, reason } => {
                let words = format!("Broken at entry {number}: {reason}. From there on the ledger proves nothing.");
                Verdict { class: "fault", words, checked: None }
            }
        }
    }
}

impl<'a> Line<'a> {
    fn of(clock: &Clock, row: &'a EntryRow) -> Self {
        Line { row, sealed: clock.ago(row.sealed_at), acknowledged: row.acknowledged_at.map(|at| clock.ago(at)), size: octets(row.octets) }
    }
}

#[derive(Template)]
#[template(path = "agent/entry.html")]
struct EntryPage<'a> {
    shell: Shell<'a>,
    entry: &'a Entry,
    line: Line<'a>,
    payload: String,
    is_whole: bool,
}

impl Entry {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let (payload, is_whole) = json::spread(&self.payload);
        finish(&EntryPage {
            shell: Shell::new(Program::Agent, frame, "/ledger", format!("Ledger, entry {}", self.row.number)),
            entry: self,
            line: Line::of(&frame.clock, &self.row),
            payload,
            is_whole,
        })
    }
}
