//! How fast we may send: a ceiling over all, and one for each IPv4 /24.

use std::collections::BTreeMap;
use std::net::IpAddr;

use snmp::Tick;

const SECOND: Tick = 1_000_000;

/// Is a ceiling in packets a second; 0 means none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub overall: u32,
    /// To the addresses of one IPv4 /24.
    pub subnet: u32,
}

impl Rate {
    /// No ceiling at all: for a network of one's own.
    pub const UNLIMITED: Rate = Rate { overall: 0, subnet: 0 };

    /// What any network bears: 5,000 packets a second, 256 to one /24.
    pub const POLITE: Rate = Rate { overall: 5000, subnet: 256 };

    /// Limits all packets to `overall` a second, and a subnet to what is polite.
    pub fn of(overall: u32) -> Rate {
        match overall {
            0 => Rate::UNLIMITED,
            overall => Rate { overall, subnet: Rate::POLITE.subnet.min(overall) },
        }
    }
}

/// Spaces packets evenly: a bucket that never holds more than [`BURST`] of a second.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// When the next packet may leave, if all went evenly.
    due: Tick,
}

/// Is how much of a second may be sent at once after a pause.
const BURST: Tick = SECOND / 50;

impl Bucket {
    /// Returns when the next packet may leave: `now` or later.
    fn opens(&self, now: Tick) -> Tick {
        if self.due <= now + BURST { now } else { self.due - BURST }
    }

    fn take(&mut self, now: Tick, rate: u32) {
        self.due = self.due.max(now) + SECOND / Tick::from(rate);
    }
}

/// Keeps the ceilings.
#[derive(Clone, Debug)]
pub struct Ceiling {
    rate: Rate,
    overall: Bucket,
    subnets: BTreeMap<u32, Bucket>,
}

impl Ceiling {
    pub fn new(rate: Rate) -> Self {
        Ceiling { rate, overall: Bucket::default(), subnets: BTreeMap::new() }
    }

    /// Returns whether a packet may go to `to` now, and counts it; if not, from when on.
    pub fn take(&mut self, now: Tick, to: IpAddr) -> Result<(), Tick> {
        if self.rate.overall == 0 {
            return Ok(());
        }
        let mut opens = self.overall.opens(now);
        let subnet = match to {
            IpAddr::V4(to) => Some(self.subnets.entry(u32::from(to) >> 8).or_default()),
            IpAddr::V6(_) => None,
        };
        if let Some(bucket) = &subnet {
            opens = opens.max(bucket.opens(now));
        }
        if opens > now {
            return Err(opens);
        }
        self.overall.take(now, self.rate.overall);
        if let Some(bucket) = subnet {
            bucket.take(now, self.rate.subnet);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as fast as the ceiling lets it, for `seconds`, to hosts of `subnets` subnets in turn.
    fn sent(rate: Rate, subnets: u32, seconds: u64) -> Vec<u32> {
        let mut ceiling = Ceiling::new(rate);
        let mut counts = vec![0; subnets as usize];
        let mut now = 0;
        let mut turn = 0;
        while now < seconds * SECOND {
            let to = IpAddr::from((0x0a00_0000 + ((turn % subnets) << 8) + 7).to_be_bytes());
            match ceiling.take(now, to) {
                Ok(()) => {
                    counts[(turn % subnets) as usize] += 1;
                    turn += 1;
                }
                Err(opens) => now = opens,
            }
        }
        counts
    }

    #[test]
    fn one_subnet_gets_no_more_than_its_share() {
        let counts = sent(Rate::POLITE, 1, 10);
        assert!((2560..=2570).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn all_subnets_together_stay_under_the_overall_ceiling() {
        let counts = sent(Rate::of(5000), 100, 10);
        let all: u32 = counts.iter().sum();
        assert!((50_000..=50_110).contains(&all), "{all}");
    }
}
