//! What happened in a run, counted, so that nobody takes a run in which nothing went wrong for a proof.

use std::collections::BTreeMap;
use std::fmt;

/// Counts steps and accidents.
#[derive(Default)]
pub struct Tally {
    counts: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn count(&mut self, what: &'static str) {
        self.count_many(what, 1);
    }

    pub fn count_many(&mut self, what: &'static str, many: u64) {
        *self.counts.entry(what).or_default() += many;
    }

    /// Tells the counts, a line each, as `cargo xtask faults` reads them.
    pub fn print(&self) {
        for (what, count) in &self.counts {
            println!("faults: simulate.{what}={count}");
        }
    }

    pub fn add(&mut self, other: &Tally) {
        for (what, count) in &other.counts {
            self.count_many(what, *count);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts = self.counts.iter().map(|(what, count)| format!("{count} {what}"));
        f.write_str(&counts.by_ref().collect::<Vec<_>>().join(", "))
    }
}
