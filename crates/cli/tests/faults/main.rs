//! Faults of real programs on real sockets, files and TLS: killed, cut off, out of room, kept waiting.
//!
//! Each test says on a line that begins with `faults:` how many runs stand behind it; `cargo xtask
//! faults` asks for more of them (`ROUNDSMAN_FAULTS_RUNS`) and writes what it finds into
//! `docs/reliability.md`.
//!
//! Start reading at `site.rs`, which starts and kills the programs, then `kills.rs`.
#![cfg(target_os = "linux")]

#[expect(dead_code, reason = "the fate of single reports is the simulation's")]
#[path = "../simulate/model.rs"]
mod model;

mod comeback;
mod cut;
mod idle;
mod kills;
mod reporter;
mod site;
mod verdict;

/// Returns how many runs are wanted, where CI makes so many.
fn runs(in_ci: u64) -> u64 {
    match std::env::var("ROUNDSMAN_FAULTS_RUNS") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("ROUNDSMAN_FAULTS_RUNS: expected a number, found {text:?}")),
        Err(_) => in_ci,
    }
}

/// Returns the seed of a run's chance: another one each time, unless somebody wants one again.
fn seed() -> u64 {
    let seed = match std::env::var("ROUNDSMAN_FAULTS_SEED") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("ROUNDSMAN_FAULTS_SEED: expected a number, found {text:?}")),
        Err(_) => jiff::Timestamp::now().as_nanosecond() as u64,
    };
    println!("ROUNDSMAN_FAULTS_SEED={seed}");
    seed
}

/// Tells how many runs have gone well.
fn passed(row: &str, runs: u64) {
    println!("faults: {row}={runs}");
}
