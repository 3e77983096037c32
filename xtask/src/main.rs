//! The house's own commands: what a developer types and what CI runs.
//!
//! `cargo xtask` lists them.
//! Nothing here is shipped, and nothing here imports a crate of the product: a broken product
//! must not break the tool that says so.
//!
//! Start reading at [`COMMANDS`]; each command is one module.

// Measures with what Linux counts, against printers that only Linux can simulate.
#[cfg(target_os = "linux")]
mod bench;
#[cfg(target_os = "linux")]
mod dictionary;
mod dist;
mod faults;
mod fips;
mod fuzz;
mod layers;
mod needs;
mod paths;
mod process;
mod simulate;
mod size;
mod test;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

/// One thing that `cargo xtask` can do.
struct Command {
    name: &'static str,
    says: &'static str,
    run: fn(&[String]) -> Result<()>,
}

/// Every command, in the order in which they are listed.
const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        says: "install what is missing, then run everything that CI runs; test --fips: the same of the FIPS build",
        run: test::command,
    },
    Command { name: "needs", says: "install, or name, the tools and packages that the tests need", run: needs::command },
    Command { name: "layers", says: "check that imports go down only and that engines do no I/O", run: layers::command },
    Command { name: "fuzz", says: "fuzz every target: fuzz [--seconds N] for N seconds each (60 by default)", run: fuzz::command },
    Command {
        name: "simulate",
        says: "play accidents by chance beside a reference: simulate [--seeds N] [--from S] (50 from 1)",
        run: simulate::command,
    },
    Command {
        name: "faults",
        says: "everything that can go wrong, many times, into docs/reliability.md: faults [--runs N] [--seeds N] (200 and 2000)",
        run: faults::command,
    },
    #[cfg(target_os = "linux")]
    Command {
        name: "bench",
        says: "measure beside public peers: bench [sweep|read|reread|slow|report|agent|many|all]",
        run: bench::command,
    },
    Command { name: "size", says: "measure what a device module takes of a printer's flash: size [core]", run: size::command },
    #[cfg(target_os = "linux")]
    Command {
        name: "dictionary",
        says: "make the words that both sides of a short report know: dictionary NUMBER",
        run: dictionary::command,
    },
    Command {
        name: "fips",
        says: "fips build: the program with the validated module; fips lock: make its lock file anew",
        run: fips::command,
    },
    Command { name: "dist", says: "build the release: program, man page, completions and checksums", run: dist::command },
];

/// Prints an error as one line, from the outermost cause inwards: whoever reads it wants to know
/// what to do, not where in this program it was noticed.
fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        print_commands();
        return Ok(());
    };
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(rest),
        None => bail!("unknown command `{name}`; `cargo xtask` alone lists the commands"),
    }
}

fn print_commands() {
    println!("cargo xtask COMMAND\n");
    for command in COMMANDS {
        println!("  {:<12}{}", command.name, command.says);
    }
}

/// Refuses arguments, for the commands that take none.
fn expect_no_arguments(command: &str, arguments: &[String]) -> Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => bail!("`cargo xtask {command}` takes no arguments, found `{argument}`"),
    }
}
