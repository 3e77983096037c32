//! The line that tells how far a scan has come.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use report::grouped;
use survey::scan::Progress;

/// Redraws one line of the standard error, if that is a terminal, and removes it in the end.
pub struct ProgressLine {
    is_shown: bool,
    began: Instant,
    width: usize,
    pace: Pace,
    drawn_at: Option<Duration>,
}

/// Is the least time between two drawings.
const REDRAW: Duration = Duration::from_millis(100);
/// A scan that is over by then shows no progress at all.
const SILENT: Duration = Duration::from_millis(300);

impl ProgressLine {
    /// Begins; the time counts from here.
    pub fn start() -> Self {
        let is_shown = io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        // The standard output may be a file: the size is that of the terminal, whichever stream has it.
        let size = is_shown.then(terminal_size::terminal_size).flatten();
        let width = size.map_or(80, |(width, _)| usize::from(width.0));
        ProgressLine { is_shown, began: Instant::now(), width, pace: Pace::default(), drawn_at: None }
    }

    /// Draws the line anew, at most ten times a second; `read` is how many devices were read.
    pub fn show(&mut self, progress: &Progress, read: u64) {
        if !self.is_shown {
            return;
        }
        let elapsed = self.began.elapsed();
        if elapsed < SILENT || self.drawn_at.is_some_and(|drawn_at| elapsed < drawn_at + REDRAW) {
            return;
        }
        self.drawn_at = Some(elapsed);
        self.pace.take(elapsed, progress);
        // The last column stays free: some terminals wrap when it is written.
        let line: String = line(progress, read, &self.pace).chars().take(self.width.saturating_sub(1)).collect();
        let mut out = io::stderr().lock();
        let _ = write!(out, "\r{line}\x1b[K").and_then(|()| out.flush());
    }

    /// Removes the line, so that something else can be written there.
    pub fn clear(&mut self) {
        if self.drawn_at.take().is_some() {
            let mut out = io::stderr().lock();
            let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Is how fast a scan goes, smoothed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pace {
    last: Option<(Duration, u32, u64)>,
    /// Addresses or devices a second.
    rate: Option<f64>,
}

/// Is the time over which the rate is smoothed, in seconds.
const SMOOTHED_OVER: f64 = 3.0;

impl Pace {
    /// Takes the status at a time.
    fn take(&mut self, elapsed: Duration, status: &Progress) {
        let (since, before) = match self.last {
            Some((at, pass, asked)) if pass == status.pass && asked <= status.asked => (at, asked),
            // A new pass begins at none; what the old one did last is not known.
            Some((at, ..)) => (at, 0),
            None => (Duration::ZERO, 0),
        };
        let seconds = elapsed.saturating_sub(since).as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        let now = (status.asked - before) as f64 / seconds;
        let weight = (seconds / SMOOTHED_OVER).min(1.0);
        self.rate = Some(self.rate.map_or(now, |rate| rate + (now - rate) * weight));
        self.last = Some((elapsed, status.pass, status.asked));
    }

    /// Returns addresses or devices a second, once there are any.
    fn rate(&self) -> Option<f64> {
        self.rate.filter(|rate| *rate >= 0.5)
    }

    /// Returns how long the rest takes at this rate. A sweep asks the silent at least twice.
    fn left(&self, status: &Progress) -> Option<Duration> {
        let mut rest = status.of.saturating_sub(status.asked);
        if status.pass == 1 {
            rest += status.of.saturating_sub(status.found);
        }
        Some(Duration::from_secs_f64((rest as f64 / self.rate()?).min(1e9)))
    }
}

/// Returns the line: addresses asked, printers found and read, rate, time left.
fn line(status: &Progress, read: u64, pace: &Pace) -> String {
    let percent = (status.asked.min(status.of) * 100).checked_div(status.of).unwrap_or(100);
    let asked = grouped(status.asked.min(status.of));
    let mut parts = Vec::new();
    match status.pass {
        0 => parts.push(format!("reading {asked} of {}", grouped(status.of))),
        1 => parts.push(format!("asked {asked} of {} ({percent}%)", grouped(status.of))),
        pass => parts.push(format!("asked {asked} of {} still silent, pass {pass}", grouped(status.of))),
    }
    if status.pass > 0 {
        parts.push(format!("{} found", grouped(status.found)));
    }
    if read > 0 || status.reading > 0 {
        parts.push(format!("{} read", grouped(read)));
    }
    let is_asking = status.asked < status.of;
    parts.extend(pace.rate().filter(|_| is_asking).map(|rate| format!("{}/s", grouped(rate.round() as u64))));
    match pace.left(status) {
        Some(left) if left >= Duration::from_secs(2) => parts.push(format!("{} left", rough(left))),
        _ if !is_asking && status.reading > 0 => parts.push(format!("waiting for {}", grouped(status.reading))),
        _ if !is_asking && status.pass > 0 => parts.push("listening for late answers".to_owned()),
        _ => {}
    }
    parts.join(", ")
}

/// Returns a time as a person would say it.
fn rough(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5_999 => format!("{} min", seconds.div_ceil(60)),
        seconds @ 6_000..=172_799 => format!("{} h", seconds.div_ceil(3600)),
        seconds => format!("{} days", seconds.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn sweep(pass: u32, asked: u64, of: u64) -> Progress {
        Progress { pass, asked, of, found: 12, reading: 3 }
    }

    #[test]
    fn the_line_tells_what_is_done_and_how_long_it_takes() {
        let mut pace = Pace::default();
        pace.take(at(1.0), &sweep(1, 5_000, 65_536));
        assert_eq!(line(&sweep(1, 5_000, 65_536), 9, &pace), "asked 5,000 of 65,536 (7%), 12 found, 9 read, 5,000/s, 25 s left");
        assert_eq!(line(&sweep(2, 0, 65_524), 9, &pace), "asked 0 of 65,524 still silent, pass 2, 12 found, 9 read, 5,000/s, 13 s left");
    }

    #[test]
    fn reading_a_list_is_told_in_devices() {
        let status = Progress { asked: 2000, of: 2000, reading: 10, ..Progress::default() };
        assert_eq!(line(&status, 1990, &Pace::default()), "reading 2,000 of 2,000, 1,990 read, waiting for 10");
    }

    #[test]
    fn the_end_of_a_pass_is_told_without_a_rate() {
        let mut pace = Pace::default();
        pace.take(at(1.0), &sweep(2, 256, 256));
        let status = Progress { pass: 2, asked: 256, of: 256, ..Progress::default() };
        assert_eq!(line(&status, 0, &pace), "asked 256 of 256 still silent, pass 2, 0 found, listening for late answers");
    }

    #[test]
    fn the_rate_is_smoothed_and_survives_a_new_pass() {
        let mut pace = Pace::default();
        pace.take(at(1.0), &sweep(1, 1000, 2000));
        pace.take(at(1.1), &sweep(1, 1400, 2000));
        assert!((1000.0..1200.0).contains(&pace.rate().unwrap()), "{pace:?}");
        pace.take(at(1.2), &sweep(2, 0, 2000));
        assert!(pace.rate().unwrap() > 900.0, "{pace:?}");
        pace.take(at(1.2), &sweep(2, 50, 2000));
        assert!(pace.rate().unwrap() > 900.0, "two statuses at one time: {pace:?}");
    }

    #[test]
    fn nothing_asked_promises_nothing() {
        let mut pace = Pace::default();
        pace.take(at(1.0), &sweep(1, 0, 100));
        assert_eq!(pace.rate(), None);
        assert_eq!(line(&Progress { pass: 1, of: 100, ..Progress::default() }, 0, &pace), "asked 0 of 100 (0%), 0 found");
        assert_eq!(line(&Progress::default(), 0, &pace), "reading 0 of 0");
    }

    #[test]
    fn times_are_rough() {
        assert_eq!(rough(at(59.0)), "59 s");
        assert_eq!(rough(at(3355.0)), "56 min");
        assert_eq!(rough(at(7200.0)), "2 h");
        assert_eq!(rough(at(864_000.0)), "10 days");
    }
}
