//! `cargo xtask test`: everything that CI runs, in order, each step named and timed.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::needs::{self, Provided};
use crate::{fips, fuzz, layers, process};

/// How long each fuzz target runs as part of the test: long enough to notice a broken decoder,
/// short enough to run every time. `cargo xtask fuzz` is the long run.
const FUZZ_SMOKE: Duration = Duration::from_secs(10);

/// One named step.
pub struct Step {
    name: &'static str,
    action: Action,
}

enum Action {
    Run(Command),
    Call { says: &'static str, function: fn() -> Result<()> },
}

pub fn command(arguments: &[String]) -> Result<()> {
    if arguments == ["--fips"] {
        needs::provide_fips()?;
        return play(fips::steps(&needs::provide()?)?);
    }
    crate::expect_no_arguments("test", arguments)?;
    let provided = needs::provide()?;
    play(steps(&provided)?)?;
    if provided.corpus.is_none() {
        needs::say_recordings_absent();
    }
    if !fuzz::exists().unwrap_or(false) {
        println!("no fuzz targets yet: nothing was fuzzed");
    }
    Ok(())
}

/// Runs the steps in order, up to the first that fails, and says how long each took.
fn play(steps: Vec<Step>) -> Result<()> {
    let count = steps.len();
    let mut times = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        let name = step.name;
        let number = index + 1;
        println!("\n[{number}/{count}] {name}: {}", step.describe());
        let started = Instant::now();
        step.run().with_context(|| {
            let took = started.elapsed().as_secs_f32();
            format!("step {number} of {count}, {name}, failed after {took:.1} s")
        })?;
        times.push((name, started.elapsed()));
    }
    println!("\nall {} steps passed", times.len());
    for (name, time) in times {
        println!("  {name:<10}{:>8.1} s", time.as_secs_f32());
    }
    Ok(())
}

/// Returns what CI runs, in order: what is quick and what fails most often comes first.
fn steps(provided: &Provided) -> Result<Vec<Step>> {
    let mut steps = vec![
        run("format", process::cargo("fmt --all --check")?),
        // The second lint catches `for x in &hash_map`, which the lists of methods in clippy.toml
        // cannot name: the order of a hash map must never decide anything.
        run("clippy", process::cargo("clippy --workspace --all-targets -- -D warnings -D clippy::iter_over_hash_type")?),
        call("layers", "cargo xtask layers", layers::check),
        // Advisories need a database that may be out of reach; they are checked where it is.
        run("licences", process::cargo("deny check licenses bans sources")?),
        // What a device module carries has no operating system to lean on.
        run(
            "bare metal",
            process::cargo(&format!("check -p model -p wire -p device --no-default-features --target {}", needs::BARE_METAL))?,
        ),
        // What firmware that tells its own facts builds: nobody else leaves these features out.
        run("module", process::cargo("clippy -p device --no-default-features --features linux,ring -- -D warnings")?),
        run("release", process::cargo("build --release -p cli")?),
        run("tests", with_tools(tests()?, provided)),
        run("examples", process::cargo("test --doc --workspace")?),
    ];
    if fuzz::exists()? {
        steps.push(call("fuzz", "cargo xtask fuzz", || fuzz::run_all(FUZZ_SMOKE)));
    }
    Ok(steps)
}

/// Returns the command that runs the tests: nextest where it is installed, because it also
/// bounds each test's time and shows the slow ones.
fn tests() -> Result<Command> {
    if needs::has_cargo_tool("nextest") {
        process::cargo("nextest run --workspace --no-tests=pass")
    } else {
        process::cargo("test --workspace --lib --bins --tests")
    }
}

/// Tells the tests where the real peers and the recordings are.
pub fn with_tools(mut command: Command, provided: &Provided) -> Command {
    command.env("ROUNDSMAN_SNMPSIM", &provided.snmpsim).env("ROUNDSMAN_SNMPD", &provided.snmpd);
    match &provided.corpus {
        Some(corpus) => command.env("ROUNDSMAN_CORPUS", corpus),
        None => command.env_remove("ROUNDSMAN_CORPUS"),
    };
    command
}

pub fn run(name: &'static str, command: Command) -> Step {
    Step { name, action: Action::Run(command) }
}

pub fn call(name: &'static str, says: &'static str, function: fn() -> Result<()>) -> Step {
    Step { name, action: Action::Call { says, function } }
}

impl Step {
    fn describe(&self) -> String {
        match &self.action {
            Action::Run(command) => process::line(command),
            Action::Call { says, .. } => (*says).to_owned(),
        }
    }

    fn run(self) -> Result<()> {
        match self.action {
            Action::Run(mut command) => process::run(&mut command),
            Action::Call { function, .. } => function(),
        }
    }
}
