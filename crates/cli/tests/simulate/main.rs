//! Agents, server and network on a simulated clock, with everything going wrong by chance, beside a
//! reference that is slow and obvious: a list of all that was read and of all that was acknowledged.
//!
//! The real parts run without sockets and without waiting: an agenda decides, the agent's store, spool,
//! ledger and synchronisation send, and the server's store takes and merges. After every step both sides
//! are compared with the reference: what was acknowledged is there once, under its own time and value;
//! what was read waits or has arrived; the newest word never gives way to an older one.
//!
//! `cargo xtask simulate --seeds N --from S` runs it; a seed that fails prints the command that replays it.
//!
//! Start reading at `world.rs`; `office.rs` is the server's side, `agent.rs` the customer's.

mod agent;
mod compare;
mod diary;
mod direct;
mod kill;
mod line;
mod model;
mod office;
mod printers;
mod tally;
mod time;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tally::Tally;
use world::World;

/// Is how many seeds run where nobody says otherwise: what CI runs.
const SEEDS: u64 = 50;
/// Two cores are what everybody has.
const THREADS: usize = 2;

fn number(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable}: expected a number, found {text:?}")),
        Err(_) => otherwise,
    }
}

#[test]
fn everything_agrees_with_the_reference_whatever_goes_wrong() {
    let (from, seeds) = (number("ROUNDSMAN_SIMULATE_FROM", 1), number("ROUNDSMAN_SIMULATE_SEEDS", SEEDS));
    if seeds == 1 {
        tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::INFO).without_time().with_ansi(false).init();
    }
    let began = Instant::now();
    let next = AtomicU64::new(from);
    let sum = Mutex::new(Tally::default());
    let failed = Mutex::new(Vec::new());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= from + seeds {
                break;
            }
            match catch_unwind(AssertUnwindSafe(|| World::play(seed, seeds == 1))) {
                Ok(tally) => sum.lock().unwrap().add(&tally),
                Err(_) => {
                    eprintln!("seed {seed} failed; this replays it:\n    cargo xtask simulate --seeds 1 --from {seed}");
                    failed.lock().unwrap().push(seed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort_unstable();
    let mut sum = sum.into_inner().unwrap();
    println!("simulate: {seeds} seeds from {from}, {} failed, {sum}", failed.len());
    sum.count_many("seeds", seeds - failed.len() as u64);
    sum.print();
    println!("simulate: {:.1} s", began.elapsed().as_secs_f64());
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
}
