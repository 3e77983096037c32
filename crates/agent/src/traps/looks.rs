//! Which device is read for a notice, and when.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Printers say one thing in several notices, and are asked when they have said all.
const SETTLE: Duration = Duration::from_secs(1);
/// Is how long it is from one look at a device to the next, however much it sends.
const APART: Duration = Duration::from_secs(60);
/// Is how many devices may want a look at once; the next reading sees the others.
const MOST: usize = 256;
/// Is how many are read in one round.
const AT_ONCE: usize = 24;

/// Is which devices want a look, by their numbers; see the module.
#[derive(Debug, Default)]
pub struct Looks {
    devices: BTreeMap<u32, Look>,
}

/// Is how it stands with one device.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// When a look may begin.
    from: Instant,
    /// Whether a notice came that no look has followed.
    is_wanted: bool,
}

impl Looks {
    /// Takes the news that a device has sent something; returns whether that changes when somebody is to look.
    ///
    /// `None` says that too many others want a look already.
    pub fn notice(&mut self, now: Instant, device: u32) -> Option<bool> {
        self.forget(now);
        if let Some(look) = self.devices.get_mut(&device) {
            return Some(!std::mem::replace(&mut look.is_wanted, true));
        }
        if self.devices.len() >= MOST {
            return None;
        }
        self.devices.insert(device, Look { from: now + SETTLE, is_wanted: true });
        Some(true)
    }

    /// Returns the devices to be read now; what they send from now on is a reason for another look.
    pub fn take(&mut self, now: Instant) -> Vec<u32> {
        let due = self.devices.iter_mut().filter(|(_, look)| look.is_wanted && look.from <= now);
        due.take(AT_ONCE)
            .map(|(device, look)| {
                *look = Look { from: now + APART, is_wanted: false };
                *device
            })
            .collect()
    }

    /// Returns when the next device is to be read.
    pub fn next_at(&self) -> Option<Instant> {
        self.devices.values().filter(|look| look.is_wanted).map(|look| look.from).min()
    }

    fn forget(&mut self, now: Instant) {
        self.devices.retain(|_, look| look.is_wanted || look.from > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_traps_is_one_look_and_one_more_a_minute_later() {
        let began = Instant::now();
        let mut looks = Looks::default();
        let mut taken = Vec::new();
        for tenth in 0..1200 {
            let now = began + Duration::from_millis(100 * tenth);
            // It sends for half a minute.
            if tenth < 300 {
                looks.notice(now, 7);
            }
            taken.extend(looks.take(now).into_iter().map(|device| (tenth, device)));
        }
        assert_eq!(taken, [(10, 7), (610, 7)]);
        assert_eq!(looks.next_at(), None);
    }

    #[test]
    fn several_notices_wake_the_agent_once() {
        let now = Instant::now();
        let mut looks = Looks::default();
        assert_eq!(looks.notice(now, 7), Some(true));
        assert_eq!(looks.notice(now, 7), Some(false));
        assert_eq!(looks.next_at(), Some(now + SETTLE));
        assert!(looks.take(now).is_empty(), "not before it has said all");
        assert_eq!(looks.take(now + SETTLE), [7]);
        assert_eq!(looks.notice(now + SETTLE, 7), Some(true), "what comes while it is read is a reason for another look");
    }

    #[test]
    fn a_fleet_that_sends_at_once_is_read_in_turn_and_no_more_than_that_is_remembered() {
        let now = Instant::now();
        let mut looks = Looks::default();
        let heard = (0..1000).filter(|device| looks.notice(now, *device).is_some()).count();
        assert_eq!(heard, MOST);
        assert_eq!(looks.take(now + SETTLE).len(), AT_ONCE);
        let mut later = now + SETTLE;
        while looks.next_at().is_some() {
            later += Duration::from_secs(1);
            looks.take(later);
        }
        assert_eq!(looks.notice(later + APART, 999), Some(true), "who has been read makes room");
        assert_eq!(looks.devices.len(), 1);
    }
}
