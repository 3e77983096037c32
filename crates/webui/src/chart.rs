//! A line chart of daily values as inline SVG: axes with labels, and gaps where nobody knows.

use std::fmt::Write;

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::civil::Date;
use report::grouped;

/// Is one line of a chart.
#[derive(Clone, Debug)]
pub struct Series {
    pub name: String,
    /// The style class that gives it its colour.
    pub class: &'static str,
    /// Day and value, in the order of days; `None`, and a day left out, is a gap.
    pub points: Vec<(Date, Option<u64>)>,
}

impl Series {
    fn known(&self) -> impl Iterator<Item = (Date, u64)> {
        self.points.iter().filter_map(|(date, value)| value.map(|value| (*date, value)))
    }

    /// Splits the points into runs of days that follow each other.
    fn runs(&self) -> Vec<Vec<(Date, u64)>> {
        let mut runs: Vec<Vec<(Date, u64)>> = Vec::new();
        for point in self.known() {
            match runs.last_mut() {
                Some(run) if run.last().is_some_and(|(date, _)| date.tomorrow().is_ok_and(|next| next == point.0)) => run.push(point),
                _ => runs.push(vec![point]),
            }
        }
        runs
    }
}

// In units of the drawing, which the style sheet scales.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 28.0;

/// Is a chart as HTML.
#[derive(Template)]
#[template(path = "chart.html")]
pub struct Chart {
    title: String,
    /// What the chart shows, for somebody who does not see it.
    description: String,
    rows: Vec<(String, String)>,
    columns: Vec<(String, String)>,
    lines: Vec<Drawn>,
    bottom: f64,
    left: f64,
    right: f64,
}

impl HtmlSafe for Chart {}

struct Drawn {
    name: String,
    class: &'static str,
    /// Of each run of at least two days: the points, as `polyline` wants them.
    polylines: Vec<String>,
    /// Days that stand alone, which no line can show.
    dots: Vec<(String, String)>,
    last: Option<String>,
}

impl Chart {
    /// Draws the series; `None` unless one of them knows at least two days.
    ///
    /// `title` says what is counted, such as "impressions a day". The value axis begins at 0.
    pub fn draw(title: impl Into<String>, series: &[Series]) -> Option<Self> {
        if !series.iter().any(|series| series.known().nth(1).is_some()) {
            return None;
        }
        let days = || series.iter().flat_map(|series| series.known().map(|(date, _)| date));
        let plane = Plane {
            first: days().min()?,
            last: days().max()?,
            top: round_up(series.iter().flat_map(|series| series.known().map(|(_, value)| value)).max()?),
        };
        let title = title.into();
        Some(Chart {
            description: plane.described(&title, series),
            title,
            rows: plane.rows(),
            columns: plane.columns(),
            lines: series.iter().map(|series| plane.drawn(series)).collect(),
            bottom: HEIGHT - BOTTOM,
            left: LEFT,
            right: WIDTH - RIGHT,
        })
    }
}

/// Is how days and values lie on the drawing.
struct Plane {
    first: Date,
    last: Date,
    /// The value at the upper end of the axis, above 0.
    top: u64,
}

/// Is into how many steps the value axis is divided.
const STEPS: u64 = 4;

impl Plane {
    fn days(&self) -> i64 {
        days_between(self.first, self.last).max(1)
    }

    fn x(&self, date: Date) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * days_between(self.first, date) as f64 / self.days() as f64
    }

    fn y(&self, value: u64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value as f64 / self.top as f64
    }

    fn rows(&self) -> Vec<(String, String)> {
        (0..=STEPS).map(|step| self.top / STEPS * step).map(|value| (place(self.y(value)), grouped(value))).collect()
    }

    /// Labels at most seven days, evenly, the last among them.
    fn columns(&self) -> Vec<(String, String)> {
        let step = (self.days() as u64).div_ceil(6).max(1) as i64;
        let mut columns: Vec<(String, String)> = (0..=self.days() / step)
            .filter_map(|at| self.last.checked_sub(jiff::Span::new().days(at * step)).ok())
            .filter(|date| *date >= self.first)
            .map(|date| (place(self.x(date)), date.strftime("%m-%d").to_string()))
            .collect();
        columns.reverse();
        columns
    }

    fn drawn(&self, series: &Series) -> Drawn {
        let (mut polylines, mut dots) = (Vec::new(), Vec::new());
        for run in series.runs() {
            match run[..] {
                [(date, value)] => dots.push((place(self.x(date)), place(self.y(value)))),
                _ => polylines.push(self.polyline(&run)),
            }
        }
        let last = series.known().last().map(|(date, value)| format!("{} on {date}", grouped(value)));
        Drawn { name: series.name.clone(), class: series.class, polylines, dots, last }
    }

    fn polyline(&self, run: &[(Date, u64)]) -> String {
        let mut points = String::new();
        for (date, value) in run {
            let gap = if points.is_empty() { "" } else { " " };
            write!(points, "{gap}{},{}", place(self.x(*date)), place(self.y(*value))).expect("a string takes everything");
        }
        points
    }

    fn described(&self, title: &str, series: &[Series]) -> String {
        let mut text = format!("{title} from {} to {}", self.first, self.last);
        for series in series {
            let (Some(least), Some(most)) = (series.known().map(|(_, value)| value).min(), series.known().map(|(_, value)| value).max())
            else {
                continue;
            };
            write!(text, "; {} between {} and {}", series.name, grouped(least), grouped(most)).expect("a string takes everything");
        }
        text
    }
}

fn days_between(first: Date, last: Date) -> i64 {
    first.until(last).map_or(0, |span| i64::from(span.get_days()))
}

/// Returns a number of the drawing to a tenth; more would only make the page longer.
fn place(number: f64) -> String {
    format!("{number:.1}")
}

/// Returns the end of an axis that holds the value: four equal steps of 1, 2, 2.5, 3, 4 or 5 and zeros.
fn round_up(value: u64) -> u64 {
    let step = value.div_ceil(STEPS).max(1);
    let mut power = 1_u64;
    loop {
        // 2.5 only where it is a whole number.
        let quarter = power.is_multiple_of(10).then(|| power / 10 * 25);
        let candidates = [Some(power), power.checked_mul(2), quarter, power.checked_mul(3), power.checked_mul(4), power.checked_mul(5)];
        if let Some(fit) = candidates.into_iter().flatten().find(|candidate| *candidate >= step) {
            return fit.saturating_mul(STEPS);
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return u64::MAX / STEPS * STEPS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i8) -> Date {
        jiff::civil::date(2026, 11, day)
    }

    fn series(points: &[(i8, Option<u64>)]) -> Series {
        Series { name: "total".into(), class: "total", points: points.iter().map(|(at, value)| (day(*at), *value)).collect() }
    }

    fn drawn(points: &[(i8, Option<u64>)]) -> Chart {
        Chart::draw("impressions a day", &[series(points)]).unwrap()
    }

    #[test]
    fn a_day_that_nobody_knows_breaks_the_line() {
        let chart = drawn(&[(1, Some(10)), (2, Some(20)), (3, None), (4, Some(5)), (5, Some(6)), (8, Some(7))]);
        assert_eq!(chart.lines[0].polylines.len(), 2, "the unknown day is no point, least of all 0");
        assert_eq!(chart.lines[0].dots.len(), 1, "a day on its own is a dot");
    }

    #[test]
    fn a_day_without_prints_is_a_point_at_the_bottom() {
        let chart = drawn(&[(1, Some(10)), (2, Some(0))]);
        assert!(chart.lines[0].polylines[0].ends_with(&format!(",{:.1}", HEIGHT - BOTTOM)), "{:?}", chart.lines[0].polylines);
    }

    #[test]
    fn one_day_is_no_chart() {
        assert!(Chart::draw("", &[series(&[(1, Some(1)), (2, None)])]).is_none());
        assert!(Chart::draw("", &[]).is_none());
    }

    #[test]
    fn axes_end_at_round_numbers_above_the_values() {
        for (value, end) in [(0, 4), (1, 4), (4, 4), (5, 8), (9, 12), (37, 40), (81, 100), (100, 100), (106, 120), (1_234, 1_600)] {
            assert_eq!(round_up(value), end, "{value}");
        }
        assert!(round_up(u64::MAX) > 0);
        assert_eq!(drawn(&[(1, Some(u64::MAX)), (2, Some(0))]).rows.len(), 5);
    }

    #[test]
    fn every_point_lies_within_the_axes() {
        let chart = drawn(&[(1, Some(3)), (2, Some(1000)), (30, Some(999))]);
        for points in &chart.lines[0].polylines {
            for point in points.split(' ') {
                let (x, y) = point.split_once(',').unwrap();
                let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                assert!((LEFT..=WIDTH - RIGHT).contains(&x) && (TOP..=HEIGHT - BOTTOM).contains(&y), "{point}");
            }
        }
        assert!(chart.columns.len() <= 7, "{:?}", chart.columns);
        assert_eq!(chart.columns.last().unwrap().1, "11-30");
    }

    #[test]
    fn who_does_not_see_the_chart_reads_what_it_says() {
        let chart = drawn(&[(1, Some(10)), (2, Some(2000))]);
        assert_eq!(chart.description, "impressions a day from 2026-11-01 to 2026-11-02; total between 10 and 2,000");
    }
}
