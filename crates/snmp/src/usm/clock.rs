//! What is known of another engine: who it is, how often it has started, how late it is there.

use crate::session::Tick;
use crate::usm::crypto::Crypto;
use crate::v3::EngineId;

/// Is how far a message's time may be off, in seconds (RFC 3414 §2.2.3).
pub const WINDOW: u32 = 150;
/// Is the boots of an engine that has started so often that no message of it counts any longer.
pub const LATCHED: u32 = i32::MAX as u32;

const SECOND: Tick = 1_000_000;

/// Is an engine that is asked, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remote {
    pub engine_id: EngineId,
    pub boots: u32,
    /// snmpEngineTime in seconds when it was heard.
    pub time: u32,
    pub heard_at: Tick,
    pub certainty: Certainty,
}

/// Is how far boots and time of an engine can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Anybody could have said so: it only helps to word the next request.
    Told,
    /// Proved once, and kept meanwhile by a clock that may have been set: boots hold, the time does not.
    Remembered,
    /// They came in a message that was proved.
    Proved,
}

/// Says how a proved message stands in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    /// Within the window; the engine's clock has been set by it.
    Timely,
    /// Before the window: the engine counts fewer starts, or less time, than it said before.
    Past,
    /// The engine has used up its boots.
    Latched,
}

impl Remote {
    /// Is what a message says of its engine that nobody has proved.
    pub fn told(engine_id: EngineId, boots: u32, time: u32, now: Tick) -> Self {
        Remote { engine_id, boots, time, heard_at: now, certainty: Certainty::Told }
    }

    /// Returns what the engine's clock shows at `now`: boots and time.
    pub fn clock(&self, now: Tick) -> (u32, u32) {
        let passed = u32::try_from(now.saturating_sub(self.heard_at) / SECOND).unwrap_or(u32::MAX);
        (self.boots, self.time.saturating_add(passed).min(LATCHED))
    }

    /// Sets the clock, whatever it showed before.
    pub fn set(&mut self, boots: u32, time: u32, now: Tick) {
        *self = Remote { boots, time, heard_at: now, certainty: Certainty::Proved, ..*self };
    }

    /// Judges the time of a proved message, and follows it where it is later than what was known.
    ///
    /// Source: RFC 3414 §3.2, step 7b.
    pub fn judge(&mut self, boots: u32, time: u32, now: Tick) -> Timeliness {
        if boots == LATCHED {
            return Timeliness::Latched;
        }
        let went_back = boots < self.boots && self.certainty > Certainty::Told;
        if boots > self.boots || self.certainty < Certainty::Proved && !went_back {
            self.set(boots, time, now);
            return Timeliness::Timely;
        }
        let (_, expected) = self.clock(now);
        if went_back || time.saturating_add(WINDOW) < expected {
            return Timeliness::Past;
        }
        if time > self.time {
            self.set(boots, time, now);
        }
        Timeliness::Timely
    }
}

/// Is the clock of the engine that is asked: one's own.
///
/// Source: RFC 3414 §3.2, step 7a.
pub fn is_timely(own: (u32, u32), told: (u32, u32)) -> bool {
    own.0 != LATCHED && own.0 == told.0 && own.1.abs_diff(told.1) <= WINDOW
}

/// Makes the identifier of an engine of ours from octets that belong to it alone.
///
/// The project has no enterprise number; 0 is reserved, so that it is taken for no other maker's.
///
/// Source: RFC 3411 §5, SnmpEngineID, format 5 (octets).
pub fn own_engine_id(crypto: &dyn Crypto, of: &[u8]) -> EngineId {
    let digest = crypto.digest(super::Authentication::Sha256, of);
    let octets = [&[0x80, 0, 0, 0, 5], &digest[..12]].concat();
    EngineId::new(&octets).expect("17 octets fit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote() -> Remote {
        let mut remote = Remote::told(EngineId::new(b"engine").unwrap(), LATCHED, 0, 0);
        assert_eq!(remote.judge(7, 1000, 0), Timeliness::Timely);
        remote
    }

    #[test]
    fn what_nobody_proved_does_not_stand_in_the_way_of_what_is_proved() {
        assert_eq!(remote().clock(5 * SECOND), (7, 1005));
    }

    #[test]
    fn a_clock_is_followed_forwards_and_not_back() {
        let mut remote = remote();
        assert_eq!(remote.judge(7, 1010, 5 * SECOND), Timeliness::Timely);
        assert_eq!(remote.clock(5 * SECOND), (7, 1010));
        assert_eq!(remote.judge(7, 1010 - WINDOW, 5 * SECOND), Timeliness::Timely);
        assert_eq!(remote.clock(5 * SECOND), (7, 1010));
        assert_eq!(remote.judge(7, 1009 - WINDOW, 5 * SECOND), Timeliness::Past);
        assert_eq!(remote.judge(6, 99_999, 5 * SECOND), Timeliness::Past);
        assert_eq!(remote.judge(8, 0, 5 * SECOND), Timeliness::Timely);
        assert_eq!(remote.clock(6 * SECOND), (8, 1));
    }

    #[test]
    fn of_what_is_remembered_the_boots_hold_and_the_time_does_not() {
        let kept = Remote { certainty: Certainty::Remembered, ..remote() };
        assert_eq!(kept.clone().judge(6, 99_999, SECOND), Timeliness::Past);
        let mut followed = kept;
        assert_eq!(followed.judge(7, 3, SECOND), Timeliness::Timely);
        assert_eq!((followed.clock(SECOND), followed.certainty), ((7, 3), Certainty::Proved));
    }

    #[test]
    fn an_engine_that_has_used_up_its_boots_is_never_timely() {
        assert_eq!(remote().judge(LATCHED, 5, SECOND), Timeliness::Latched);
        assert!(!is_timely((LATCHED, 5), (LATCHED, 5)));
        assert!(is_timely((3, 1000), (3, 850)));
        assert!(!is_timely((3, 1000), (3, 849)));
        assert!(!is_timely((3, 1000), (2, 1000)));
    }
}
