//! Senders that say too much: slowed down first, switched off when that does not help.

use jiff::{SignedDuration, Timestamp};

/// Is what one sender may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Reports at once, before the pace counts.
    pub burst: u32,
    /// The pace after that.
    pub per_hour: u32,
    /// Refusals within a day that switch a sender off.
    pub refusals_a_day: u32,
}

impl Default for Allowance {
    /// Thirty times what a sender of every minute needs at once, and ten times its pace; a sender that
    /// goes on for five hundred refusals does not listen.
    fn default() -> Self {
        Allowance { burst: 60, per_hour: 600, refusals_a_day: 500 }
    }
}

/// Remembers how much one sender has said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Reports that may come at once, in 3600ths.
    left: u64,
    at: Timestamp,
    refused: u32,
    refused_since: Timestamp,
}

/// Says whether a sender is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    Listen,
    /// Not before so many seconds have passed.
    Wait(u32),
    /// It does not listen itself: it is to be disabled.
    Disable,
}

impl Noise {
    /// Begins with a full allowance.
    pub fn new(allowance: &Allowance, now: Timestamp) -> Self {
        Noise { left: u64::from(allowance.burst) * 3600, at: now, refused: 0, refused_since: now }
    }

    /// Counts one report and says whether to take it.
    pub fn hear(&mut self, allowance: &Allowance, now: Timestamp) -> Hearing {
        let passed = u64::try_from(now.duration_since(self.at).as_secs()).unwrap_or(0);
        self.at = self.at.max(now);
        let pace = u64::from(allowance.per_hour.max(1));
        self.left = self.left.saturating_add(passed.saturating_mul(pace)).min(u64::from(allowance.burst) * 3600);
        if now.duration_since(self.refused_since) >= SignedDuration::from_hours(24) {
            (self.refused, self.refused_since) = (0, now);
        }
        if let Some(left) = self.left.checked_sub(3600) {
            self.left = left;
            return Hearing::Listen;
        }
        self.refused += 1;
        if self.refused > allowance.refusals_a_day {
            return Hearing::Disable;
        }
        Hearing::Wait(u32::try_from((3600 - self.left).div_ceil(pace)).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance { burst: 3, per_hour: 60, refusals_a_day: 2 };

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_608_000 + seconds).unwrap()
    }

    #[test]
    fn a_sender_is_slowed_down_to_its_pace() {
        let mut noise = Noise::new(&ALLOWANCE, after(0));
        let heard: Vec<_> = [0, 0, 0, 10, 60].map(|second| noise.hear(&ALLOWANCE, after(second))).into();
        assert_eq!(heard, [Hearing::Listen, Hearing::Listen, Hearing::Listen, Hearing::Wait(50), Hearing::Listen]);
    }

    #[test]
    fn who_does_not_listen_is_switched_off() {
        let mut noise = Noise::new(&ALLOWANCE, after(0));
        let heard: Vec<_> = (0..6).map(|_| noise.hear(&ALLOWANCE, after(0))).collect();
        assert_eq!(heard[3..], [Hearing::Wait(60), Hearing::Wait(60), Hearing::Disable]);
    }

    #[test]
    fn a_new_day_forgives() {
        let mut noise = Noise::new(&ALLOWANCE, after(0));
        (0..5).for_each(|_| _ = noise.hear(&ALLOWANCE, after(0)));
        assert_eq!(noise.hear(&ALLOWANCE, after(90_000)), Hearing::Listen);
        assert_eq!(noise.refused, 0);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let mut noise = Noise::new(&ALLOWANCE, after(1000));
        (0..3).for_each(|_| _ = noise.hear(&ALLOWANCE, after(1000)));
        assert!(matches!(noise.hear(&ALLOWANCE, after(0)), Hearing::Wait(_)));
        assert!(matches!(noise.hear(&ALLOWANCE, after(1000)), Hearing::Wait(_)));
    }
}
