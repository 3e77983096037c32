//! A million devices that come back to one server after an outage.
//!
//! The senders' own backoff and the server's own throttle run on a simulated clock; the network and
//! the disk are replaced by what they carry: so many connections at once, so many reports a second.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use server::net::{Rate, Throttle};
use sim::Chance;
use uplink::Backoff;

use crate::passed;

const DEVICES: usize = 1_000_000;
/// The first wait after a failure and the longest one, as the agenda has them.
const FIRST: Duration = Duration::from_secs(30);
const MOST: Duration = Duration::from_secs(600);
/// A server on two cores takes at least this many reports a second, each with a handshake of its own.
const CAPACITY: u64 = 1_600;
/// As the server answers when more are under way than it takes.
const ASKED: Duration = Duration::from_secs(10);
/// Behind one office's address stand so many devices, and it may have so many connections at once.
const BEHIND_ONE: u32 = 500;

/// Is what came of it.
struct Comeback {
    /// When the last one was in, and when half of them were.
    all_in: Duration,
    half_in: Duration,
    /// The most attempts in any second.
    peak: u64,
    most_attempts: u32,
    attempts: u64,
}

/// Lets everybody come back: each has failed for a while before, and stands anywhere in its waits.
fn come_back(seed: u64) -> Comeback {
    let mut chance = Chance::new(seed);
    let mut backoffs: Vec<Backoff> = (0..DEVICES)
        .map(|_| {
            let mut backoff = Backoff::new(FIRST, MOST);
            // The outage was long: everybody waits as long as ever.
            (0..6).for_each(|_| _ = backoff.next(0, None));
            backoff
        })
        .collect();
    // The next attempts, by millisecond.
    let mut next: BinaryHeap<Reverse<(u64, u32)>> =
        (0..DEVICES as u32).map(|device| Reverse((millis(backoffs[device as usize].next(chance.draw(), None)), device))).collect();
    let per_address = Rate { burst: 64, every: Duration::from_millis(50) };
    let mut throttle = Throttle::new(per_address, 100_000);
    let mut attempts = vec![0_u32; DEVICES];
    let mut comeback = Comeback { all_in: Duration::ZERO, half_in: Duration::ZERO, peak: 0, most_attempts: 0, attempts: 0 };
    let (mut second, mut in_second, mut taken_in_second, mut taken) = (0, 0, 0, 0);
    while let Some(Reverse((now, device))) = next.pop() {
        if now / 1000 != second {
            (second, in_second, taken_in_second) = (now / 1000, 0, 0);
        }
        in_second += 1;
        comeback.peak = comeback.peak.max(in_second);
        attempts[device as usize] += 1;
        let refused = match throttle.take(device / BEHIND_ONE, Duration::from_millis(now)) {
            Err(wait) => Some(wait.0),
            Ok(()) if taken_in_second >= CAPACITY => Some(ASKED),
            Ok(()) => None,
        };
        match refused {
            None => {
                taken_in_second += 1;
                taken += 1;
                comeback.all_in = Duration::from_millis(now);
                if taken == DEVICES / 2 {
                    comeback.half_in = comeback.all_in;
                }
            }
            Some(asked) => {
                let wait = backoffs[device as usize].next(chance.draw(), Some(asked));
                next.push(Reverse((now + millis(wait).max(1), device)));
            }
        }
    }
    comeback.most_attempts = attempts.iter().copied().max().unwrap_or(0);
    comeback.attempts = attempts.iter().copied().map(u64::from).sum();
    comeback
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).expect("nobody waits for ever")
}

#[test]
fn a_million_devices_come_back_without_trampling_the_server_or_each_other() {
    let comeback = come_back(20);
    let minutes = |time: Duration| time.as_secs_f64() / 60.0;
    println!(
        "a million devices are back after {:.1} min (half of them after {:.1} min); {:.1} attempts each, {} at most; {} attempts in the worst second",
        minutes(comeback.all_in),
        minutes(comeback.half_in),
        comeback.attempts as f64 / DEVICES as f64,
        comeback.most_attempts,
        comeback.peak,
    );
    // At this capacity it takes ten and a half minutes at least.
    assert!(comeback.all_in < Duration::from_secs(3600), "all are in after {:?}", comeback.all_in);
    assert!(comeback.peak < 4 * CAPACITY, "{} in one second", comeback.peak);
    assert!(comeback.most_attempts <= 20, "somebody starves: {} attempts", comeback.most_attempts);
    passed("comeback.devices", DEVICES as u64);
}
