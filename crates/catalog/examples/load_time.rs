//! Measures how long reading the embedded catalog takes, as every program does at its start.
#![allow(clippy::disallowed_methods, reason = "a measurement needs a clock")]

use std::time::Instant;

fn main() {
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            let start = Instant::now();
            let catalog = catalog::Catalog::embedded().unwrap_or_else(|errors| panic!("{errors}"));
            (start.elapsed(), catalog.standard().objects.len())
        })
        .collect();
    let first = times[0].0;
    times.sort();
    println!("{} objects: first {first:?}, median {:?}", times[0].1, times[times.len() / 2].0);
}
