//! A power cut under the stores of server and agent: what was not synced vanishes, tears, or is
//! there in another order; what was promised is there all the same, and the file is whole.
//!
//! A store works once, with a recorder below SQLite. Then the power goes at every moment of that
//! work in turn: the disk is made anew as it may be at that moment, and the store is opened on it.
//!
//! Start reading at `recorder.rs`, then `disk.rs`.

mod agent_store;
mod disk;
mod recorder;
mod server_store;

use std::path::Path;

use sim::Chance;
use sim::chance::derive;
use tempfile::TempDir;

use disk::Disk;

/// Returns how many cuts are wanted, where CI makes so many.
fn runs(in_ci: u64) -> u64 {
    match std::env::var("ROUNDSMAN_FAULTS_RUNS") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("ROUNDSMAN_FAULTS_RUNS: expected a number, found {text:?}")),
        Err(_) => in_ci,
    }
}

/// Returns a folder for files that nobody misses; in memory, where there is such a place.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Cuts the power `count` times, spread evenly over all that happened below a folder from `began` on,
/// and lets `judge` look at what is left: the folder, and the moment of the cut.
fn cut_everywhere(row: &str, work: &Path, began: usize, count: u64, mut judge: impl FnMut(&Path, usize)) {
    let changes: Vec<_> = recorder::changes(work);
    let moments: Vec<usize> = changes.iter().map(|(at, _, _)| at + 1).filter(|at| *at > began).collect();
    if std::env::var_os("ROUNDSMAN_FAULTS_TRACE").is_some() {
        for (at, path, change) in &changes {
            let what = match change {
                recorder::Change::Written { at, octets } => format!("{} octets at {at}", octets.len()),
                other => format!("{other:?}"),
            };
            println!("{at} {} {what}", path.display());
        }
    }
    assert!(moments.len() > 100, "there was work: {} changes", moments.len());
    for run in 0..count {
        let moment = moments[(run as usize * moments.len()) / count as usize % moments.len()];
        let place = folder();
        Disk::at(&changes, moment).cut(work, place.path(), &mut Chance::new(derive(moment as u64, run)));
        judge(place.path(), moment);
    }
    println!("faults: {row}={count}");
    println!("power cut {count} times over {} changes of files", moments.len());
}
