//! `roundsman`, the command line: find, read, record and simulate printers.
//!
//! It is a composition root: clocks, sockets, files and the environment are chosen here, and the
//! engines decide. It deliberately starts no runtime and reads nothing that a command does not need.
//!
//! Start reading at [`args`], then the module of a command.
#![forbid(unsafe_code)]

mod access;
mod args;
mod drive;
mod generate;
mod interrupt;
mod output;
mod probe;
mod profile;
mod progress;
mod record;
mod replay;
mod scan;
mod setup;
mod simulate;
mod up;
mod usage;
mod whereabouts;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command, PassedOn};

fn main() -> ExitCode {
    if let Err(error) = cryptography::self_test() {
        eprintln!("roundsman: {error}");
        return ExitCode::FAILURE;
    }
    up::follow_parent();
    run(Args::parse().command).unwrap_or_else(|error| usage::failed(&error))
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Scan(args) => scan::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Profile(command) => profile::run(&command),
        Command::Sim(args) => simulate::run(&args),
        Command::Up(args) => up::run(&args),
        Command::Agent(passed) => Ok(agent::command(named("roundsman-agent", passed))),
        Command::Device(passed) => Ok(device::command(named("roundsman-device", passed))),
        Command::Server(passed) => Ok(server::command(named("roundsman-server", passed))),
        Command::Completions(args) => generate::completions(args.shell).map(|()| ExitCode::SUCCESS),
        Command::Generate(args) => generate::everything(&args.folder).map(|()| ExitCode::SUCCESS),
    }
}

/// Puts the name of a program before its arguments, where they expect it.
fn named(program: &str, passed: PassedOn) -> impl Iterator<Item = OsString> {
    std::iter::once(OsString::from(program)).chain(passed.arguments)
}
