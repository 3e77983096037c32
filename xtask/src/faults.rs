//! `cargo xtask faults`: every fault that is tested, many more times than in CI, and the result in
//! `docs/reliability.md`.
//!
//! The tests say on lines such as `faults: kill.agent=200` how many runs have gone well; the
//! document's table is made from them, so that no number in it is anybody's memory.

mod table;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::simulate::{self, Seeds};
use crate::{paths, process};

const USAGE: &str = "expected `cargo xtask faults [--runs N] [--seeds N]`";

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Amount {
    /// Runs of each fault with real programs, sockets and files.
    runs: u64,
    /// Seeds of the simulation.
    seeds: u64,
}

impl Default for Amount {
    fn default() -> Self {
        Amount { runs: 200, seeds: 2000 }
    }
}

/// Counts what went well, by the name of the fault.
type Counts = BTreeMap<String, u64>;

pub fn command(arguments: &[String]) -> Result<()> {
    let amount = parse(arguments)?;
    let began = Instant::now();
    let mut counts = Counts::new();
    let mut failed = Vec::new();
    for (name, command) in parts(amount)? {
        println!("\n{name}: {}", process::line(&command));
        if !run(command, &mut counts).with_context(|| format!("{name} did not start"))? {
            failed.push(name);
        }
    }
    let path = paths::root()?.join("docs/reliability.md");
    let document = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let block = table::block(&counts, &failed, began.elapsed());
    std::fs::write(&path, table::put(&document, &block)?).with_context(|| path.display().to_string())?;
    println!("\n{block}");
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

/// Returns everything that is run, in order.
fn parts(amount: Amount) -> Result<Vec<(&'static str, Command)>> {
    let mut programs = process::cargo("test -p cli --test faults -- --nocapture --test-threads=1")?;
    programs.env("ROUNDSMAN_FAULTS_RUNS", amount.runs.to_string());
    let mut module = process::cargo("test -p device --test server killed -- --nocapture")?;
    module.env("ROUNDSMAN_FAULTS_RUNS", amount.runs.to_string());
    let mut power = process::cargo("test -p cli --test power_cut -- --nocapture")?;
    power.env("ROUNDSMAN_FAULTS_RUNS", (amount.runs * 10).to_string());
    Ok(vec![
        ("programs", programs),
        ("module", module),
        ("power cuts", power),
        ("spool", process::cargo("test -p uplink --lib spool:: -- --nocapture")?),
        ("simulation", simulate::prepared(Seeds { count: amount.seeds, from: 1 })?),
    ])
}

/// Runs a part and takes in what it counts; returns whether it went well.
fn run(mut command: Command, counts: &mut Counts) -> Result<bool> {
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    for line in text.lines() {
        if let Some((name, count)) = counted(line) {
            *counts.entry(name.to_owned()).or_default() += count;
        }
    }
    Ok(output.status.success())
}

/// Reads a line that counts something.
fn counted(line: &str) -> Option<(&str, u64)> {
    // The name of a test may stand before it on the line.
    let (_, rest) = line.split_once("faults: ")?;
    let (name, count) = rest.split_once('=')?;
    Some((name, count.trim().parse().ok()?))
}

fn parse(arguments: &[String]) -> Result<Amount> {
    let mut amount = Amount::default();
    for pair in arguments.chunks(2) {
        let [flag, text] = pair else { bail!("{USAGE}") };
        let Ok(number) = text.parse() else { bail!("{flag}: expected a whole number, found `{text}`") };
        match flag.as_str() {
            "--runs" if number > 0 => amount.runs = number,
            "--seeds" if number > 0 => amount.seeds = number,
            _ => bail!("{USAGE}"),
        }
    }
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_counts_is_read_wherever_it_stands() {
        assert_eq!(counted("faults: kill.agent=200"), Some(("kill.agent", 200)));
        assert_eq!(counted("test kills ... faults: simulate.replies lost=7"), Some(("simulate.replies lost", 7)));
        assert_eq!(counted("seeds that failed: [3]"), None);
        assert_eq!(counted("faults: many"), None);
    }

    #[test]
    fn amounts_are_numbers() {
        let parsed = |text: &str| parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(parsed("").unwrap(), Amount { runs: 200, seeds: 2000 });
        assert_eq!(parsed("--runs 5 --seeds 9").unwrap(), Amount { runs: 5, seeds: 9 });
        assert!(parsed("--runs none").is_err());
        assert!(parsed("--runs").is_err());
    }
}
