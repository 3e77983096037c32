//! What a device counted day by day: a chart of what each day added, and a table of the readings.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::civil::Date;
use report::grouped;

use super::HistoryDay;
use crate::chart::{Chart, Series};

/// Is the history as HTML.
#[derive(Template)]
#[template(path = "history.html")]
pub(crate) struct History {
    chart: Option<Chart>,
    /// The newest day first.
    days: Vec<Row>,
}

impl HtmlSafe for History {}

struct Row {
    date: Date,
    /// Total, black and colour.
    cells: [Cell; 3],
}

/// Is a counter's value, and what the day added to it where the day before is known.
struct Cell {
    value: Option<String>,
    added: Option<String>,
}

/// Names the counters that have a history, with what people call them and their colour.
const COUNTERS: [(&str, &str, Counter); 3] =
    [("total", "total", |day| day.total), ("black", "black", |day| day.monochrome), ("colour", "magenta", |day| day.color)];

type Counter = fn(&HistoryDay) -> Option<u64>;

impl History {
    /// Makes the history; `unit` is what the total meter counts, in the plural.
    pub fn new(days: &[HistoryDay], unit: &str) -> Self {
        let mut days = days.to_vec();
        days.sort_by_key(|day| day.date);
        // A counter of which no day tells gets no line: a black-and-white printer has no colour.
        let told = COUNTERS.iter().filter(|(_, _, counter)| days.iter().any(|day| counter(day).is_some()));
        let series: Vec<Series> =
            told.map(|(name, class, counter)| Series { name: (*name).to_owned(), class, points: added(&days, *counter) }).collect();
        let row = |at: usize| Row { date: days[at].date, cells: COUNTERS.map(|(_, _, counter)| cell(&days, at, counter)) };
        History { chart: Chart::draw(format!("{unit} a day"), &series), days: (0..days.len()).rev().map(row).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }
}

/// Returns what each day added; the first day has no day before it.
fn added(days: &[HistoryDay], counter: Counter) -> Vec<(Date, Option<u64>)> {
    (1..days.len()).map(|at| (days[at].date, difference(days, at, counter))).collect()
}

/// Returns what a day added to a counter.
///
/// `None` unless it and the day before are both known: what was printed in a gap belongs to no day.
/// A counter that fell was reset or exchanged, and what the day added is not known either.
fn difference(days: &[HistoryDay], at: usize, counter: Counter) -> Option<u64> {
    let (before, day) = (days.get(at.checked_sub(1)?)?, days.get(at)?);
    let follows = before.date.tomorrow().is_ok_and(|next| next == day.date);
    if follows { counter(day)?.checked_sub(counter(before)?) } else { None }
}

fn cell(days: &[HistoryDay], at: usize, counter: Counter) -> Cell {
    Cell { value: counter(&days[at]).map(grouped), added: difference(days, at, counter).map(|added| format!("+{}", grouped(added))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(at: i8, total: Option<u64>) -> HistoryDay {
        HistoryDay { date: jiff::civil::date(2026, 11, at), total, color: None, monochrome: None }
    }

    #[test]
    fn a_day_adds_only_what_two_neighbouring_readings_prove() {
        let days = [day(1, Some(100)), day(2, Some(130)), day(3, None), day(4, Some(200)), day(6, Some(210)), day(7, Some(5))];
        let added: Vec<_> = added(&days, |day| day.total).into_iter().map(|(_, added)| added).collect();
        assert_eq!(added, [Some(30), None, None, None, None]);
    }

    #[test]
    fn a_counter_that_nobody_tells_has_no_line() {
        let history = History::new(&[day(3, Some(9)), day(1, Some(1)), day(2, Some(4))], "impressions");
        let page = history.to_string();
        assert!(page.contains("total 5 on 2026-11-03"), "{page}");
        assert!(!page.contains("line magenta"));
    }
}
