//! The figures of one work as a table, as text or as Markdown.

use std::fmt::{self, Write as _};

use super::series::Series;

/// One work's figures: rows × [`Table::heading`]'s columns, ours first.
pub struct Table {
    pub title: String,
    /// What the processor time is divided by: "request", "device".
    pub unit: &'static str,
    pub rows: Vec<Row>,
    /// What the figures do not say.
    pub notes: Vec<String>,
}

/// One row; `None` is shown as a dash.
#[derive(Default)]
pub struct Row {
    pub name: String,
    pub wall_s: Option<f64>,
    pub cpu_s: Option<f64>,
    pub best_cpu_s: Option<f64>,
    /// Median and best.
    pub unit_us: Option<(f64, f64)>,
    pub peak_mib: Option<f64>,
    pub requests: Option<f64>,
    pub found: Option<u64>,
    pub printers_cpu_s: Option<f64>,
    pub budgets: Vec<Budget>,
    pub trouble: Option<String>,
}

/// What a figure should be, and what it is.
pub struct Budget {
    pub what: &'static str,
    pub bound: Bound,
    pub figure: Option<f64>,
}

pub enum Bound {
    Below(f64),
    AtMost(f64),
    AtLeast(f64),
}

impl Row {
    /// Makes the row of a program; `units` is how many units of work it did.
    pub fn of(series: &Series, units: Option<f64>) -> Self {
        Row {
            name: series.name.clone(),
            wall_s: Some(series.wall()),
            cpu_s: Some(series.cpu()),
            best_cpu_s: Some(series.best_cpu()),
            unit_us: units.filter(|units| *units > 0.0).map(|units| (series.cpu() * 1e6 / units, series.best_cpu() * 1e6 / units)),
            peak_mib: Some(series.peak()),
            requests: series.told(|summary| summary.requests),
            found: series.found(),
            printers_cpu_s: Some(series.printers_cpu()),
            budgets: Vec::new(),
            trouble: series.trouble(),
        }
    }

    fn cells(&self) -> Vec<String> {
        let figure = |figure: Option<f64>, digits: usize| figure.map_or("–".to_string(), |figure| format!("{figure:.digits$}"));
        vec![
            self.name.clone(),
            figure(self.wall_s, 2),
            figure(self.cpu_s, 3),
            figure(self.best_cpu_s, 3),
            self.unit_us.map_or("–".to_string(), |(median, best)| format!("{median:.1} ({best:.1})")),
            figure(self.peak_mib, 1),
            figure(self.requests, 0),
            self.found.map_or("–".to_string(), |found| found.to_string()),
            figure(self.printers_cpu_s, 2),
            self.remarks(),
        ]
    }

    fn remarks(&self) -> String {
        let budgets = self.budgets.iter().map(Budget::to_string);
        budgets.chain(self.trouble.clone()).collect::<Vec<_>>().join("; ")
    }
}

impl Budget {
    pub fn new(what: &'static str, bound: Bound, figure: Option<f64>) -> Self {
        Budget { what, bound, figure }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let (sign, limit) = match self.bound {
            Bound::Below(limit) => ("<", limit),
            Bound::AtMost(limit) => ("≤", limit),
            Bound::AtLeast(limit) => ("≥", limit),
        };
        let verdict = match self.figure {
            None => "no figure".to_string(),
            Some(figure) if self.bound.holds(figure) => "met".to_string(),
            Some(figure) => format!("missed: {figure:.2}"),
        };
        write!(formatter, "{} {sign} {limit}: {verdict}", self.what)
    }
}

impl Bound {
    fn holds(&self, figure: f64) -> bool {
        match self {
            Bound::Below(limit) => figure < *limit,
            Bound::AtMost(limit) => figure <= *limit,
            Bound::AtLeast(limit) => figure >= *limit,
        }
    }
}

impl Table {
    fn heading(&self) -> Vec<String> {
        let unit = format!("µs a {} (best)", self.unit);
        let words = ["", "wall s", "CPU s", "best", &unit, "peak MiB", "requests", "found", "printers' CPU s", "budget"];
        words.map(String::from).to_vec()
    }

    pub fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n", self.title);
        let mut line = |cells: &[String]| writeln!(text, "| {} |", cells.join(" | ")).expect("writing to a string cannot fail");
        let heading = self.heading();
        line(&heading);
        let last = heading.len() - 1;
        let rule: Vec<String> = (0..=last).map(|place| if place == 0 || place == last { "---" } else { "---:" }.to_string()).collect();
        line(&rule);
        self.rows.iter().for_each(|row| line(&row.cells()));
        for note in &self.notes {
            write!(text, "\n{note}\n").expect("writing to a string cannot fail");
        }
        text.truncate(text.trim_end().len());
        text
    }

    pub fn text(&self) -> String {
        let mut lines = vec![self.heading()];
        lines.extend(self.rows.iter().map(Row::cells));
        let widths: Vec<usize> =
            (0..lines[0].len()).map(|place| lines.iter().map(|cells| cells[place].chars().count()).max().unwrap_or(0)).collect();
        let mut text = format!("{}\n", self.title);
        for cells in &lines {
            let mut line = format!("{:<width$}", cells[0], width = widths[0]);
            let last = cells.len() - 1;
            for (cell, width) in cells[1..last].iter().zip(&widths[1..]) {
                write!(line, "  {cell:>width$}").expect("writing to a string cannot fail");
            }
            write!(line, "  {}", cells[last]).expect("writing to a string cannot fail");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        self.notes.iter().for_each(|note| text.push_str(&format!("{note}\n")));
        text.truncate(text.trim_end().len());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let ours = Row {
            name: "roundsman".into(),
            wall_s: Some(1.797),
            cpu_s: Some(0.6),
            best_cpu_s: Some(0.55),
            unit_us: Some((4.58, 4.2)),
            found: Some(2000),
            budgets: vec![
                Budget::new("wall s", Bound::Below(1.5), Some(1.797)),
                Budget::new("found", Bound::AtLeast(1998.0), Some(2000.0)),
                Budget::new("MiB", Bound::AtMost(8.0), None),
            ],
            ..Row::default()
        };
        let peer = Row { name: "peer".into(), trouble: Some("exit status: 1".into()), ..Row::default() };
        Table { title: "sweep".into(), unit: "request", rows: vec![ours, peer], notes: vec!["A note.".into()] }
    }

    #[test]
    fn a_budget_says_whether_it_is_met_and_by_what_it_is_missed() {
        let text = table().text();
        assert!(text.contains("wall s < 1.5: missed: 1.80; found ≥ 1998: met; MiB ≤ 8: no figure"), "{text}");
    }

    #[test]
    fn columns_stand_below_each_other() {
        let text = table().text();
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let end_of = |line: &[char], word: &str| {
            let text: String = line.iter().collect();
            text.find(word).map(|at| text[..at].chars().count() + word.chars().count())
        };
        assert_eq!(end_of(&lines[1], "wall s"), end_of(&lines[2], "1.80"));
        assert!(text.ends_with("exit status: 1\nA note."), "{text}");
    }

    #[test]
    fn markdown_has_one_line_a_row() {
        let text = table().markdown();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            (lines[0], lines[2]),
            ("### sweep", "|  | wall s | CPU s | best | µs a request (best) | peak MiB | requests | found | printers' CPU s | budget |")
        );
        assert!(lines[3].starts_with("| --- | ---: |"), "{text}");
        assert!(lines[4].starts_with("| roundsman | 1.80 | 0.600 | 0.550 | 4.6 (4.2) | – | – | 2000 | – | wall s"), "{text}");
        assert_eq!(lines[5], "| peer | – | – | – | – | – | – | – | – | exit status: 1 |");
    }
}
