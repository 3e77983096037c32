//! Who has called lately, so that a sender of many reports is not looked up for each.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::registry::{Caller, SecretHash};

/// Is how long a caller is known: what another program writes, such as a command line that revokes
/// a secret, counts after that at the latest.
const KNOWN_FOR: SignedDuration = SignedDuration::from_secs(2);

/// Is how many callers are known at most; then all are forgotten.
const MOST: usize = 16_384;

/// Remembers callers by the hash of what they showed.
#[derive(Default)]
pub struct Callers(Mutex<Known>);

#[derive(Default)]
struct Known {
    callers: BTreeMap<SecretHash, (Timestamp, Caller)>,
    /// Grows whenever all are forgotten.
    turn: u64,
}

impl Callers {
    /// Returns a caller that was looked up not long ago, or the turn to remember it in.
    pub fn find(&self, hash: SecretHash, now: Timestamp) -> Result<Caller, u64> {
        let known = self.known();
        match known.callers.get(&hash) {
            Some((at, caller)) if (SignedDuration::ZERO..KNOWN_FOR).contains(&now.duration_since(*at)) => Ok(caller.clone()),
            _ => Err(known.turn),
        }
    }

    /// Remembers a caller, unless all were forgotten since its turn: it may have been looked up before.
    pub fn remember(&self, hash: SecretHash, caller: &Caller, now: Timestamp, turn: u64) {
        let mut known = self.known();
        if known.turn == turn {
            if known.callers.len() >= MOST {
                known.callers.clear();
            }
            known.callers.insert(hash, (now, caller.clone()));
        }
    }

    /// Forgets all, because something about a sender was written.
    pub fn forget(&self) {
        let mut known = self.known();
        known.turn += 1;
        known.callers.clear();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is whole, so a panic elsewhere leaves it usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
