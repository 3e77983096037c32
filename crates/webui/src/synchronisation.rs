//! The synchronisation window: whether data reach the server, and if not, why.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::clock::{Clock, When};

/// Is how an agent and its server stand, as both of them show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synchronisation {
    /// When the agent last heard from a printer.
    pub last_data_at: Option<Timestamp>,
    /// When agent and server last spoke, with whatever result.
    pub last_contact_at: Option<Timestamp>,
    /// When the server last took a report.
    pub last_success_at: Option<Timestamp>,
    /// When the next report is planned.
    pub next_send_at: Option<Timestamp>,
    /// What failed last, if nothing has succeeded since.
    pub last_error: Option<SyncError>,
}

/// Is a synchronisation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncError {
    pub at: Timestamp,
    /// What happened, such as "certificate expired 2026-10-03".
    pub reason: String,
    /// What somebody can do about it, in a sentence.
    pub advice: Option<String>,
}

/// Is the window as HTML: a verdict, four sentences, the same as a table, and what failed.
#[derive(Template)]
#[template(path = "synchronisation.html")]
pub(crate) struct Window {
    /// Who reports, as the first words of a sentence.
    who: &'static str,
    class: &'static str,
    verdict: &'static str,
    last_data: Option<When>,
    last_contact: Option<When>,
    last_success: Option<When>,
    /// The same three times as a table's rows.
    past: [(&'static str, When); 3],
    next_send: Option<When>,
    is_next_past: bool,
    error: Option<Failure>,
}

impl HtmlSafe for Window {}

struct Failure {
    when: When,
    reason: String,
    advice: Option<String>,
}

impl Window {
    pub fn new(clock: &Clock, who: &'static str, synchronisation: &Synchronisation) -> Self {
        let (class, verdict) = synchronisation.verdict(clock.now);
        let is_next_past = synchronisation.is_next_past(clock.now);
        Window {
            who,
            class,
            verdict,
            last_data: synchronisation.last_data_at.map(|at| clock.ago(at)),
            last_contact: synchronisation.last_contact_at.map(|at| clock.ago(at)),
            last_success: synchronisation.last_success_at.map(|at| clock.ago(at)),
            past: [
                ("Last data from printers", clock.ago_or(synchronisation.last_data_at, "never")),
                ("Last contact with the server", clock.ago_or(synchronisation.last_contact_at, "never")),
                ("Last success: a report taken", clock.ago_or(synchronisation.last_success_at, "never")),
            ],
            next_send: synchronisation.next_send_at.map(|at| clock.until(at)),
            is_next_past,
            error: synchronisation.last_error.as_ref().map(|error| Failure {
                when: clock.ago(error.at),
                reason: error.reason.clone(),
                advice: error.advice.clone(),
            }),
        }
    }
}

/// Is how many seconds after its time a planned report is called missing: a session takes a while.
const GRACE_SECONDS: i64 = 15 * 60;

impl Synchronisation {
    fn is_next_past(&self, now: Timestamp) -> bool {
        self.next_send_at.is_some_and(|at| now.as_second() - at.as_second() > GRACE_SECONDS)
    }

    /// Returns a style class, and in a sentence whether reports reach the server.
    fn verdict(&self, now: Timestamp) -> (&'static str, &'static str) {
        if self.last_error.is_some() {
            return ("fault", "Reports do not get through at the moment.");
        }
        if self.is_next_past(now) {
            return ("low", "A planned report has not come.");
        }
        match self.last_success_at {
            Some(_) => ("fine", "Reports reach the server."),
            None => ("notice", "No report has reached the server yet."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn silence_is_not_called_well() {
        let now = at("2026-11-22T11:00:00Z");
        let mut window = Synchronisation::default();
        assert_eq!(window.verdict(now).0, "notice");
        window.last_success_at = Some(at("2026-11-22T02:00:00Z"));
        window.next_send_at = Some(at("2026-11-22T10:50:00Z"));
        assert_eq!(window.verdict(now).0, "fine");
        window.next_send_at = Some(at("2026-11-22T10:40:00Z"));
        assert_eq!(window.verdict(now).0, "low");
        window.last_error = Some(SyncError { at: now, reason: "certificate expired".into(), advice: None });
        assert_eq!(window.verdict(now).0, "fault");
    }
}
