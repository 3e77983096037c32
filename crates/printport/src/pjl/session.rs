//! The conversation: one query at a time, and none while the printer prints.

use std::collections::BTreeSet;
use std::fmt;

use super::answer::{self, Block, Entry, Status, Subject};
use super::command::Query;
use super::status::is_busy;
use crate::talk::{Talk, Tick};

/// Is how much one answer may take, in octets.
const ANSWER: usize = 64 << 10;

const FORM_FEED: u8 = 0x0c;

/// Is how long a session waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one answer, in microseconds.
    pub answer: Tick,
    /// For the whole session, in microseconds.
    pub session: Tick,
}

/// Is what a printer said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub status: Option<Status>,
    pub id: Option<String>,
    /// Pages as the printer counts them for this purpose; which pages those are differs by model.
    pub page_count: Option<u64>,
    pub config: Vec<Entry>,
    pub variables: Vec<Entry>,
    pub supplies: Vec<(String, String)>,
    /// Whether the printer was at work, so that nothing more was asked.
    pub is_busy: bool,
    pub problems: Vec<Problem>,
}

/// Says what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Not one octet came.
    Silent,
    /// What came was no answer to the query.
    NoAnswer(Query),
    /// The answer did not end with a form feed.
    NoFormFeed(Query),
    /// The printer does not know the category.
    Unknown(Query),
    /// The answer was longer than is read.
    TooLong(Query),
    /// The printer closed the connection.
    Closed(Query),
    /// The session's time was up.
    OutOfTime(Query),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (query, what) = match self {
            Problem::Silent => return f.write_str("no answer to PJL"),
            Problem::NoAnswer(query) => (query, "no answer"),
            Problem::NoFormFeed(query) => (query, "answer without the form feed that ends it"),
            Problem::Unknown(query) => (query, "not known to the printer"),
            Problem::TooLong(query) => (query, "answer longer than 64 KiB"),
            Problem::Closed(query) => (query, "connection closed before the answer"),
            Problem::OutOfTime(query) => (query, "no time left"),
        };
        write!(f, "INFO {}: {what}", query.category())
    }
}

/// Asks one printer.
///
/// INFO STATUS always comes first, whether it was asked for or not: a printer that is at work is
/// not to be held up by questions.
#[derive(Debug)]
pub struct Session {
    /// What is still to be asked; the first is the present one.
    queries: Vec<Query>,
    patience: Patience,
    /// When the present answer and the session must be there; none before the first query is sent.
    deadlines: Option<(Tick, Tick)>,
    is_sent: bool,
    buffer: Vec<u8>,
    has_heard: bool,
    silent: u8,
    answered: BTreeSet<Query>,
    report: Report,
}

impl Session {
    pub fn new(asked: &[Query], patience: Patience) -> Session {
        let queries = Query::ALL.into_iter().filter(|query| *query == Query::Status || asked.contains(query)).collect();
        Session {
            queries,
            patience,
            deadlines: None,
            is_sent: false,
            buffer: Vec::new(),
            has_heard: false,
            silent: 0,
            answered: BTreeSet::new(),
            report: Report::default(),
        }
    }

    /// Returns what was said, at whatever point the session stands.
    pub fn finish(self) -> Report {
        self.report
    }

    fn present(&self) -> Option<Query> {
        self.queries.first().copied()
    }

    /// Takes what has come as far as it is whole: up to the last form feed.
    fn take_whole(&mut self, now: Tick) {
        if let Some(end) = self.buffer.iter().rposition(|octet| *octet == FORM_FEED) {
            let octets: Vec<u8> = self.buffer.drain(..=end).collect();
            self.take(answer::blocks(&octets, true));
            self.go_on(now);
        }
    }

    fn take(&mut self, blocks: Vec<Block>) {
        for block in blocks {
            match block.subject {
                Subject::Info(query) if self.answered.insert(query) => self.put(query, &block.lines),
                Subject::DeviceStatus if answer::status(&block.lines).code.is_some_and(is_busy) => self.report.is_busy = true,
                Subject::Page => self.report.is_busy = true,
                _ => {}
            }
        }
    }

    fn put(&mut self, query: Query, lines: &[String]) {
        if answer::is_unknown(lines) {
            return self.report.problems.push(Problem::Unknown(query));
        }
        match query {
            Query::Status => {
                let status = answer::status(lines);
                self.report.is_busy |= status.code.is_some_and(is_busy);
                self.report.status = Some(status);
            }
            Query::Id => self.report.id = answer::id(lines),
            Query::PageCount => self.report.page_count = answer::page_count(lines),
            Query::Config => self.report.config = answer::entries(lines),
            Query::Variables => self.report.variables = answer::entries(lines),
            Query::Supplies => self.report.supplies = answer::supplies(lines),
        }
    }

    /// Moves on to the next query once the present one is answered.
    fn go_on(&mut self, now: Tick) {
        if self.report.is_busy {
            return self.end();
        }
        while self.present().is_some_and(|query| self.answered.contains(&query)) {
            self.silent = 0;
            self.next(now);
        }
    }

    fn next(&mut self, now: Tick) {
        self.queries.remove(0);
        self.is_sent = false;
        if let Some((answer, session)) = &mut self.deadlines {
            *answer = now.saturating_add(self.patience.answer).min(*session);
        }
    }

    fn end(&mut self) {
        self.queries.clear();
        self.buffer.clear();
    }

    /// Takes an answer that did not end. Returns whether there was one.
    fn take_unfinished(&mut self, query: Query) -> bool {
        let octets = std::mem::take(&mut self.buffer);
        let blocks = answer::blocks(&octets, false);
        let has_answer = blocks.iter().any(|block| block.subject == Subject::Info(query) && !block.lines.is_empty());
        self.take(blocks.into_iter().filter(|block| !block.lines.is_empty()).collect());
        if has_answer {
            self.report.problems.push(Problem::NoFormFeed(query));
        }
        has_answer
    }
}

impl Talk for Session {
    fn poll_transmit(&mut self, now: Tick) -> Option<Vec<u8>> {
        let query = self.present().filter(|_| !self.is_sent)?;
        self.is_sent = true;
        let (_, session) = self.deadlines.unwrap_or((0, now.saturating_add(self.patience.session)));
        self.deadlines = Some((now.saturating_add(self.patience.answer).min(session), session));
        Some(query.octets().to_vec())
    }

    fn handle_input(&mut self, now: Tick, octets: &[u8]) {
        let Some(query) = self.present() else { return };
        self.has_heard |= !octets.is_empty();
        let room = ANSWER - self.buffer.len();
        self.buffer.extend(&octets[..octets.len().min(room)]);
        self.take_whole(now);
        if octets.len() > room && self.present() == Some(query) {
            self.report.problems.push(Problem::TooLong(query));
            self.end();
        }
    }

    fn handle_closed(&mut self, _now: Tick) {
        let Some(query) = self.present() else { return };
        if !self.take_unfinished(query) {
            self.report.problems.push(if self.has_heard { Problem::Closed(query) } else { Problem::Silent });
        }
        self.end();
    }

    fn handle_timeout(&mut self, now: Tick) {
        let (Some(query), Some((answer, session))) = (self.present(), self.deadlines) else { return };
        if now < answer {
            return;
        }
        let has_answer = self.take_unfinished(query);
        if self.report.is_busy {
            return self.end();
        }
        if !self.has_heard {
            self.report.problems.push(Problem::Silent);
            return self.end();
        }
        if !has_answer {
            self.silent += 1;
            self.report.problems.push(if now >= session { Problem::OutOfTime(query) } else { Problem::NoAnswer(query) });
        }
        // A printer of which nothing is known does not get further questions into its job channel.
        if now >= session || self.silent > 1 || query == Query::Status && !has_answer {
            return self.end();
        }
        if has_answer {
            self.silent = 0;
        }
        self.next(now);
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.present().and(self.deadlines).map(|(answer, _)| answer)
    }

    fn is_done(&self) -> bool {
        self.queries.is_empty()
    }
}

#[cfg(test)]
mod tests;
