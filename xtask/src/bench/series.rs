//! Several runs of several programs against one fleet, and what they have in common.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Bench;
use super::fleet::Fleet;
use super::measure::{self, Ended, Usage};
use super::summary::{Summary, distinct_addresses};
use crate::process;

/// A program with arguments, to be measured.
pub struct Contender {
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// What its output tells.
    pub tells: Tells,
}

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(180);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// One address at the beginning of a line of the standard output.
    Addresses,
    /// A summary on the standard error.
    Summary,
    /// Nothing that is counted.
    Nothing,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Run {
    pub usage: Usage,
    /// What the printers used meanwhile.
    pub printers_cpu: Duration,
    /// Devices found, or read.
    pub found: Option<u64>,
    pub summary: Option<Summary>,
}

/// All runs of one program; at least one.
pub struct Series {
    pub name: String,
    pub runs: Vec<Run>,
}

/// Runs the contenders in turn, so often each, so that what disturbs this machine disturbs all alike.
pub fn in_turn(bench: &Bench, fleet: &Fleet, contenders: &[Contender]) -> Result<Vec<Series>> {
    let mut all: Vec<Series> = contenders.iter().map(|contender| Series { name: contender.name.clone(), runs: Vec::new() }).collect();
    for number in 1..=bench.runs {
        for (contender, series) in contenders.iter().zip(&mut all) {
            eprintln!("run {number} of {}: {}", bench.runs, contender.name);
            series.runs.push(once(bench, fleet, contender)?);
        }
    }
    Ok(all)
}

/// Runs a contender once.
pub fn once(bench: &Bench, fleet: &Fleet, contender: &Contender) -> Result<Run> {
    // Into files: a pipe would make this program a part of what is measured.
    let (out, err) = (bench.folder.join("contender.out"), bench.folder.join("contender.err"));
    let mut command = process::program(&contender.program)?;
    command.args(&contender.arguments).stdout(File::create(&out)?).stderr(File::create(&err)?);
    let before = fleet.cpu();
    let usage = measure::measure(&mut command, LIMIT)?;
    let printers_cpu = fleet.cpu().saturating_sub(before);
    let summary = match contender.tells {
        Tells::Summary => Summary::parse(&String::from_utf8_lossy(&fs::read(&err)?)),
        Tells::Addresses | Tells::Nothing => None,
    };
    let found = match contender.tells {
        Tells::Addresses => Some(distinct_addresses(&out).with_context(|| contender.name.clone())?),
        Tells::Summary => summary.map(|summary| summary.read),
        Tells::Nothing => None,
    };
    Ok(Run { usage, printers_cpu, found, summary })
}

impl Run {
    fn silent(&self) -> u64 {
        self.summary.map_or(0, |summary| summary.silent)
    }
}

impl Series {
    /// Median, in seconds.
    pub fn wall(&self) -> f64 {
        median(self.runs.iter().map(|run| run.usage.wall.as_secs_f64()).collect())
    }

    /// Median, in seconds.
    pub fn cpu(&self) -> f64 {
        median(self.cpus().collect())
    }

    /// Least, in seconds.
    pub fn best_cpu(&self) -> f64 {
        self.cpus().fold(f64::INFINITY, f64::min)
    }

    fn cpus(&self) -> impl Iterator<Item = f64> {
        self.runs.iter().map(|run| run.usage.cpu.as_secs_f64())
    }

    /// Median, in seconds.
    pub fn printers_cpu(&self) -> f64 {
        median(self.runs.iter().map(|run| run.printers_cpu.as_secs_f64()).collect())
    }

    /// The highest of all runs, in MiB.
    pub fn peak(&self) -> f64 {
        self.runs.iter().map(|run| run.usage.peak_kib).max().unwrap_or(0) as f64 / 1024.0
    }

    /// The fewest of all runs.
    pub fn found(&self) -> Option<u64> {
        self.runs.iter().map(|run| run.found).min().flatten()
    }

    /// Median of what the summaries tell; nothing if one run gave no summary.
    pub fn told(&self, figure: impl Fn(&Summary) -> u64) -> Option<f64> {
        let all: Option<Vec<f64>> = self.runs.iter().map(|run| run.summary.as_ref().map(|summary| figure(summary) as f64)).collect();
        all.map(median)
    }

    /// Says what did not go as it should, if anything.
    pub fn trouble(&self) -> Option<String> {
        self.runs.iter().find_map(|run| match run.usage.ended {
            Ended::Stopped => Some(format!("stopped after {:.0} s", run.usage.wall.as_secs_f64())),
            Ended::With(_) if run.silent() > 0 => Some(format!("{} silent in one run", run.silent())),
            Ended::With(status) if !status.success() => Some(status.to_string()),
            Ended::With(_) => None,
        })
    }
}

/// Returns arguments typed as one line.
pub fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(String::from).collect()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => 0.0,
        count if count % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn run(cpu_ms: u64, found: Option<u64>, ended: Ended) -> Run {
        let usage = Usage { wall: Duration::from_millis(2 * cpu_ms), cpu: Duration::from_millis(cpu_ms), peak_kib: 1024 * cpu_ms, ended };
        let summary = found.map(|read| Summary { read, requests: 4 * read, ..Summary::default() });
        Run { usage, printers_cpu: Duration::ZERO, found, summary }
    }

    const DONE: fn() -> Ended = || Ended::With(ExitStatus::from_raw(0));

    #[test]
    fn a_series_is_its_median_its_best_and_its_worst() {
        let runs = vec![run(30, Some(9), DONE()), run(10, Some(10), DONE()), run(20, Some(10), DONE())];
        let series = Series { name: "x".into(), runs };
        assert_eq!((series.cpu(), series.best_cpu(), series.wall(), series.peak()), (0.02, 0.01, 0.04, 30.0));
        assert_eq!((series.found(), series.told(|summary| summary.requests)), (Some(9), Some(40.0)));
        assert_eq!(series.trouble(), None);
    }

    #[test]
    fn a_run_without_figures_is_not_hidden_by_the_others() {
        let series = Series { name: "x".into(), runs: vec![run(30, Some(9), DONE()), run(9, None, Ended::Stopped)] };
        assert_eq!((series.found(), series.told(|summary| summary.requests)), (None, None));
        assert_eq!(series.trouble().as_deref(), Some("stopped after 0 s"));
    }

    #[test]
    fn a_device_that_stayed_silent_is_told() {
        let mut one = run(30, Some(9), Ended::With(ExitStatus::from_raw(1 << 8)));
        let trouble = |run: &Run| Series { name: "x".into(), runs: vec![run.clone()] }.trouble();
        assert_eq!(trouble(&one).as_deref(), Some("exit status: 1"));
        one.summary = Some(Summary { silent: 2, ..Summary::default() });
        assert_eq!(trouble(&one).as_deref(), Some("2 silent in one run"));
    }

    #[test]
    fn between_two_the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0]), 2.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
