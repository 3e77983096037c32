//! `cargo xtask bench`: what the work costs, beside public peers, in one run.
//!
//! Simulated printers on loopback are the other side; docs/benchmarks.md says what is counted.
//! A measurement is no test: a budget that is missed is said, and the command succeeds.
//!
//! Start reading at [`works`]; each work gives one or more tables.

mod agent;
pub mod fleet;
mod machine;
mod measure;
mod peers;
mod series;
mod summary;
mod table;
mod v3;
mod works;

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::{paths, process};
use table::Table;

/// The fleet that the budgets speak of.
const DEVICES: u32 = 2000;
const RUNS: usize = 5;
/// More would not fit into the network of [`works::many`], where each counts fifty times.
const MOST_DEVICES: u32 = 5000;

const USAGE: &str = "expected `cargo xtask bench [sweep|read|reread|v3|slow|protocols|report|agent|ingest|many|all] [--devices N] [--runs N] [--quick] [--markdown]`";

/// One thing that is measured; returns its tables.
type Work = fn(&Bench) -> Result<Vec<Table>>;

/// Every work by its name, in the order of `all`.
const WORKS: &[(&str, Work)] = &[
    ("sweep", works::sweep),
    ("read", works::read),
    ("reread", works::reread),
    ("v3", v3::v3),
    ("slow", works::slow),
    ("protocols", protocols),
    ("report", report),
    ("agent", agent::agent),
    ("ingest", ingest),
    ("many", works::many),
];

/// Take minutes and much memory or disk, so they are measured only when asked for.
const ON_REQUEST: [&str; 2] = ["ingest", "many"];

/// Lets the program's own example measure a day's report on the wire; it prints its table itself.
fn report(bench: &Bench) -> Result<Vec<Table>> {
    println!("\nreport: a day's report on the wire; budgets: changes of everything ≤ 75 KB, of meters, supplies, alerts ≤ 20 KB\n");
    process::run(&mut process::cargo(&format!("run --quiet --release -p cli --example report_size -- {}", bench.devices))?)?;
    Ok(Vec::new())
}

/// Lets the program's own example measure one printer behind a slow network; it prints its table itself.
fn protocols(bench: &Bench) -> Result<Vec<Table>> {
    println!("\nprotocols: one awake printer by everything it speaks; budget: all of it ≤ 1,000 ms\n");
    let runs = if bench.quick { 3 } else { 20 };
    process::run(&mut process::cargo(&format!("run --quiet --release -p cli --example protocols -- {runs}"))?)?;
    Ok(Vec::new())
}

/// Lets the server's own load generator measure what taking reports costs; it prints its tables itself.
fn ingest(bench: &Bench) -> Result<Vec<Table>> {
    println!("\ningest: reports over TLS 1.3, each on disk before it is answered\n");
    // The example starts the program that lies beside it.
    process::run(&mut process::cargo("build --release -p server --bin roundsman-server --example load")?)?;
    let quick = if bench.quick { " -- --quick" } else { "" };
    process::run(&mut process::cargo(&format!("run --quiet --release -p server --example load{quick}"))?)?;
    Ok(Vec::new())
}

/// What every work needs to know.
pub struct Bench {
    /// The program that is measured, and that is also the printers.
    program: PathBuf,
    /// Where lists and outputs go.
    folder: PathBuf,
    devices: u32,
    runs: usize,
    /// Whether to measure less and sooner, where a work can.
    quick: bool,
}

impl Bench {
    /// Returns whether the fleet is the one that the budgets speak of.
    fn has_budgets(&self) -> bool {
        self.devices == DEVICES
    }
}

pub fn command(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    // Before the build, which would be a load of its own.
    println!("{}", machine::describe());
    // The others build what they measure.
    if options.works.iter().any(|(name, _)| !["ingest", "report"].contains(name)) {
        process::run(&mut process::cargo("build --release -p cli")?)?;
    }
    let target = paths::target_dir()?;
    let (program, folder) = (target.join("release").join("roundsman"), target.join("bench"));
    fs::create_dir_all(&folder)?;
    let bench = Bench { program, folder, devices: options.devices, runs: options.runs, quick: options.quick };

    peers::say_absent();
    if !bench.has_budgets() {
        println!("budgets are for {DEVICES} devices, so none is shown");
    }
    for (_, work) in options.works {
        for table in work(&bench)? {
            println!("\n{}", if options.markdown { table.markdown() } else { table.text() });
        }
    }
    Ok(())
}

#[derive(Debug)]
struct Options {
    works: Vec<&'static (&'static str, Work)>,
    devices: u32,
    runs: usize,
    quick: bool,
    markdown: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Options { works: Vec::new(), devices: DEVICES, runs: RUNS, quick: false, markdown: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--devices" => options.devices = number(argument, arguments.next(), MOST_DEVICES)?,
                "--runs" => options.runs = number(argument, arguments.next(), 100)? as usize,
                "--quick" => options.quick = true,
                "--markdown" => options.markdown = true,
                "all" => options.works.extend(WORKS),
                name => match WORKS.iter().find(|(known, _)| *known == name) {
                    Some(work) => options.works.push(work),
                    None => bail!("unknown argument `{name}`; {USAGE}"),
                },
            }
        }
        if options.works.is_empty() {
            options.works.extend(WORKS.iter().filter(|(name, _)| !ON_REQUEST.contains(name)));
        }
        Ok(options)
    }
}

fn number(option: &str, text: Option<&String>, most: u32) -> Result<u32> {
    match text.map(|text| text.parse()) {
        Some(Ok(number)) if (1..=most).contains(&number) => Ok(number),
        _ => bail!("{option}: expected a whole number from 1 to {most}, found `{}`", text.map_or("nothing", String::as_str)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        Options::parse(&words)
    }

    fn names(options: &Options) -> Vec<&str> {
        options.works.iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn the_long_work_is_measured_on_request_only() {
        assert_eq!(names(&parse("").unwrap()), ["sweep", "read", "reread", "v3", "slow", "protocols", "report", "agent"]);
        assert_eq!(names(&parse("ingest --quick many").unwrap()), ["ingest", "many"]);
        assert_eq!(names(&parse("all").unwrap()).last(), Some(&"many"));
    }

    #[test]
    fn options_stand_anywhere() {
        let options = parse("--runs 1 read --devices 100 --markdown").unwrap();
        assert_eq!((names(&options), options.devices, options.runs, options.markdown), (vec!["read"], 100, 1, true));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        assert!(parse("--devices").unwrap_err().to_string().contains("found `nothing`"));
        assert!(parse("--runs 0").unwrap_err().to_string().contains("from 1 to 100"));
        assert!(parse("walk").unwrap_err().to_string().contains("unknown argument `walk`"));
    }
}
