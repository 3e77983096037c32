//! `cargo xtask simulate`: agents, server and network on a simulated clock, with everything going
//! wrong by chance, compared with a reference after every step.
//!
//! The simulation is a test of the product (`crates/cli/tests/simulate`); here it is only told
//! which seeds to play.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

const USAGE: &str = "expected `cargo xtask simulate [--seeds N] [--from S]`";

/// Which seeds are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    pub count: u64,
    pub from: u64,
}

impl Default for Seeds {
    fn default() -> Self {
        Seeds { count: 50, from: 1 }
    }
}

pub fn command(arguments: &[String]) -> Result<()> {
    process::run(&mut prepared(parse(arguments)?)?)
}

/// Prepares the test that plays these seeds.
pub fn prepared(seeds: Seeds) -> Result<Command> {
    let mut command = process::cargo("test -p cli --test simulate -- --nocapture")?;
    command.env("ROUNDSMAN_SIMULATE_SEEDS", seeds.count.to_string());
    command.env("ROUNDSMAN_SIMULATE_FROM", seeds.from.to_string());
    Ok(command)
}

fn parse(arguments: &[String]) -> Result<Seeds> {
    let mut seeds = Seeds::default();
    for pair in arguments.chunks(2) {
        let [flag, text] = pair else { bail!("{USAGE}") };
        let Ok(number) = text.parse() else { bail!("{flag}: expected a whole number, found `{text}`") };
        match flag.as_str() {
            "--seeds" if number > 0 => seeds.count = number,
            "--from" => seeds.from = number,
            _ => bail!("{USAGE}"),
        }
    }
    Ok(seeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Seeds> {
        parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn seeds_are_counted_from_a_first_one() {
        assert_eq!(parsed("").unwrap(), Seeds { count: 50, from: 1 });
        assert_eq!(parsed("--seeds 1 --from 17").unwrap(), Seeds { count: 1, from: 17 });
        assert_eq!(parsed("--from 9").unwrap(), Seeds { count: 50, from: 9 });
    }

    #[test]
    fn what_is_no_number_of_seeds_is_said() {
        for wrong in ["--seeds", "--seeds 0", "--seeds many", "--seed 4", "12"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
