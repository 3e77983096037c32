//! A strip of days: one box a day, what was expected of a sender and what came.

use askama::Template;
use askama::filters::HtmlSafe;
use report::text::count;

use crate::server::agent::ExpectedDay;

/// Is the strip with its meaning in words: colours alone tell nobody anything.
#[derive(Template)]
#[template(path = "strip.html")]
pub(crate) struct Strip {
    summary: String,
    days: Vec<Day>,
    /// Days on which something was amiss, the newest first.
    amiss: Vec<Amiss>,
}

impl HtmlSafe for Strip {}

struct Day {
    state: State,
    number: i8,
    words: String,
}

struct Amiss {
    date: String,
    state: State,
    words: String,
    reason: String,
}

/// Is how a day went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Arrived,
    Late,
    /// Some came, some did not.
    Partly,
    Missing,
    /// Due later today.
    Pending,
    /// Nothing was due.
    Nothing,
}

impl State {
    fn of(day: &ExpectedDay) -> Self {
        let due = day.expected.saturating_sub(day.pending);
        match (due, day.arrived) {
            (0, 0) if day.pending > 0 => State::Pending,
            (0, 0) => State::Nothing,
            (due, 0) if due > 0 => State::Missing,
            (due, arrived) if arrived < due => State::Partly,
            _ if day.late > 0 => State::Late,
            _ => State::Arrived,
        }
    }

    fn class(self) -> &'static str {
        match self {
            State::Arrived => "arrived",
            State::Late => "late",
            State::Partly => "partly",
            State::Missing => "missing",
            State::Pending => "pending",
            State::Nothing => "nothing",
        }
    }

    /// Returns the sign in the box, so that it also reads without colour and on paper.
    fn sign(self) -> &'static str {
        match self {
            State::Arrived => "✓",
            State::Late => "◔",
            State::Partly => "±",
            State::Missing => "✕",
            State::Pending => "…",
            State::Nothing => "·",
        }
    }

    fn is_amiss(self) -> bool {
        matches!(self, State::Late | State::Partly | State::Missing)
    }
}

impl Strip {
    /// Makes the strip of these days, whatever their order.
    pub fn new(days: &[ExpectedDay]) -> Self {
        let mut days: Vec<&ExpectedDay> = days.iter().collect();
        days.sort_by_key(|day| day.date);
        Strip {
            summary: summary(&days),
            days: days.iter().map(|day| Day::of(day)).collect(),
            amiss: days.iter().rev().filter_map(|day| Amiss::of(day)).collect(),
        }
    }
}

impl Day {
    fn of(day: &ExpectedDay) -> Self {
        Day { state: State::of(day), number: day.date.day(), words: format!("{}: {}", day.date.strftime("%a %Y-%m-%d"), said(day)) }
    }
}

impl Amiss {
    fn of(day: &ExpectedDay) -> Option<Self> {
        let state = State::of(day);
        state.is_amiss().then(|| Amiss {
            date: day.date.strftime("%a %Y-%m-%d").to_string(),
            state,
            words: said(day),
            reason: day.reason.clone().unwrap_or_else(|| "reason unknown".to_owned()),
        })
    }
}

fn said(day: &ExpectedDay) -> String {
    let due = day.expected.saturating_sub(day.pending);
    let late = if day.late > 0 { format!(", {} late", day.late) } else { String::new() };
    match State::of(day) {
        State::Nothing => "nothing expected".to_owned(),
        State::Pending => "due later today".to_owned(),
        _ if due == 1 && day.arrived == 0 => "missing".to_owned(),
        _ if due == 1 && day.late > 0 => "came late".to_owned(),
        _ if due == 1 => "came".to_owned(),
        _ => format!("{} of {due} came{late}", day.arrived),
    }
}

fn summary(days: &[&ExpectedDay]) -> String {
    let sum = |value: fn(&ExpectedDay) -> u32| days.iter().map(|day| u64::from(value(day))).sum::<u64>();
    let due = sum(|day| day.expected.saturating_sub(day.pending));
    let missing = sum(|day| day.expected.saturating_sub(day.pending).saturating_sub(day.arrived));
    let late = sum(|day| day.late);
    if due == 0 {
        return "No report was due yet.".to_owned();
    }
    let expected = format!("{} due in {}", count(due as usize, "report"), count(days.len(), "day"));
    match (missing, late) {
        (0, 0) => format!("{expected}: every one came in time."),
        (0, late) => format!("{expected}: none is missing, {late} came late."),
        (missing, 0) => format!("{expected}: {missing} missing."),
        (missing, late) => format!("{expected}: {missing} missing, {late} late."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn day(at: i8, expected: u32, arrived: u32, late: u32, pending: u32) -> ExpectedDay {
        ExpectedDay { date: date(2026, 11, at), expected, arrived, late, pending, reason: None }
    }

    #[test]
    fn a_report_that_is_not_due_yet_is_not_missing() {
        assert_eq!(State::of(&day(1, 1, 0, 0, 1)), State::Pending);
        assert_eq!(State::of(&day(1, 1, 0, 0, 0)), State::Missing);
        assert_eq!(State::of(&day(1, 96, 40, 0, 56)), State::Arrived);
        assert_eq!(State::of(&day(1, 96, 39, 0, 56)), State::Partly);
        assert_eq!(State::of(&day(1, 1, 1, 1, 0)), State::Late);
        assert_eq!(State::of(&day(1, 0, 0, 0, 0)), State::Nothing);
        assert_eq!(State::of(&day(1, 0, 2, 0, 0)), State::Arrived);
    }

    #[test]
    fn the_summary_counts_what_is_missing() {
        let days = [day(1, 1, 1, 0, 0), day(2, 1, 0, 0, 0), day(3, 1, 1, 1, 0), day(4, 1, 0, 0, 1)];
        assert_eq!(Strip::new(&days).summary, "3 reports due in 4 days: 1 missing, 1 late.");
        assert_eq!(Strip::new(&days[..1]).summary, "1 report due in 1 day: every one came in time.");
        assert_eq!(Strip::new(&[]).summary, "No report was due yet.");
    }

    #[test]
    fn a_missing_day_without_a_reason_says_so() {
        let strip = Strip::new(&[day(2, 1, 0, 0, 0)]);
        assert_eq!(strip.amiss[0].reason, "reason unknown");
    }

    #[test]
    fn days_stand_in_their_order() {
        let strip = Strip::new(&[day(3, 1, 1, 0, 0), day(1, 1, 1, 0, 0)]);
        assert_eq!(strip.days.iter().map(|day| day.number).collect::<Vec<_>>(), [1, 3]);
    }
}
