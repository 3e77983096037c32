//! What one sender says of one device, with the time of each fact.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wire::reading::Mismatch;
use wire::{Extent, Facts, Key, Reading};

/// Is how far a sender's clock may be ahead before its times count as plainly wrong.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// Is the earliest time that a reading can have: 2025-01-01, before the first release. A clock that
/// has lost its battery says 1970 or 2000.
const EARLIEST: i64 = 1_735_689_600;

/// Is a device as one sender's reports leave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub facts: Facts,
    /// When the facts were seen, but for those in `apart`; by the sender's clock.
    pub seen_at: Timestamp,
    /// Facts seen at another time, such as the presence of a device that has fallen silent.
    #[serde(default)]
    pub apart: BTreeMap<Key, Timestamp>,
    /// When the server took the last reading.
    pub received_at: Timestamp,
}

impl View {
    /// Makes the view of a device of which nothing has been read.
    pub fn unseen(received_at: Timestamp) -> Self {
        View { facts: Facts::new(), seen_at: Timestamp::UNIX_EPOCH, apart: BTreeMap::new(), received_at }
    }

    /// Takes the next reading of the sender's report.
    ///
    /// # Errors
    /// Fails if the reading tells differences from something else; the view is then as it was.
    pub fn take(&mut self, reading: &Reading, received_at: Timestamp) -> Result<(), Mismatch> {
        reading.apply(&mut self.facts)?;
        self.received_at = received_at;
        match reading.extent {
            Extent::Whole | Extent::Changes => {
                self.seen_at = reading.observed_at;
                self.apart.clear();
            }
            Extent::Glimpse => {
                for (key, _) in &reading.changes {
                    self.apart.insert(key.clone(), reading.observed_at);
                }
            }
        }
        Ok(())
    }

    /// Returns when a fact was seen.
    pub fn seen(&self, key: &str) -> Timestamp {
        self.apart.get(key).copied().unwrap_or(self.seen_at)
    }

    /// Returns when the device last answered; `None` if it never has.
    pub fn answered_at(&self) -> Option<Timestamp> {
        (self.seen_at > Timestamp::UNIX_EPOCH).then_some(self.seen_at)
    }

    /// Returns whether the sender's time can be: not ahead of the server's, and not before this program.
    pub fn has_plausible_clock(&self) -> bool {
        let newest = self.apart.values().copied().fold(self.seen_at, Timestamp::max);
        is_plausible(newest, self.received_at)
    }
}

/// Returns whether a time told can be, for a report that arrived at `received_at`.
pub fn is_plausible(at: Timestamp, received_at: Timestamp) -> bool {
    at.as_second() >= EARLIEST && at <= received_at.saturating_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn facts(pairs: &[(&str, i64)]) -> Facts {
        pairs.iter().map(|(key, value)| (Key::from(*key), (*value).into())).collect()
    }

    #[test]
    fn unmentioned_facts_of_changes_were_seen_again() {
        let base = facts(&[("a", 1), ("b", 1)]);
        let mut view = View::unseen(at("2026-01-01T00:00:00Z"));
        view.take(&Reading::whole(1, at("2026-01-01T00:00:00Z"), &base), at("2026-01-01T01:00:00Z")).unwrap();
        let next = Reading::since(&base, 1, at("2026-01-02T00:00:00Z"), &facts(&[("a", 2), ("b", 1)]));
        view.take(&next, at("2026-01-02T01:00:00Z")).unwrap();
        assert_eq!((view.seen("a"), view.seen("b")), (at("2026-01-02T00:00:00Z"), at("2026-01-02T00:00:00Z")));
    }

    /// D-10, D-11: each value keeps the time at which the printer said it, and silence overwrites none.
    #[test]
    fn a_silent_device_keeps_its_facts_and_their_age() {
        let mut view = View::unseen(at("2026-01-01T00:00:00Z"));
        view.take(&Reading::whole(1, at("2026-01-01T00:00:00Z"), &facts(&[("a", 1)])), at("2026-01-01T01:00:00Z")).unwrap();
        let silent = Facts::from([(Key::from("presence"), "unreachable".into())]);
        view.take(&Reading::glimpse(1, at("2026-01-02T00:00:00Z"), &silent), at("2026-01-02T01:00:00Z")).unwrap();
        assert_eq!(view.seen("a"), at("2026-01-01T00:00:00Z"));
        assert_eq!(view.seen("presence"), at("2026-01-02T00:00:00Z"));
        assert_eq!(view.answered_at(), Some(at("2026-01-01T00:00:00Z")));
    }

    #[test]
    fn times_from_the_future_and_from_an_empty_battery_cannot_be() {
        let received = at("2026-11-25T12:00:00Z");
        for (time, expected) in [
            ("2026-11-25T12:09:59Z", true),
            ("2026-11-25T12:10:01Z", false),
            ("2000-01-01T00:00:00Z", false),
            ("2025-11-25T12:00:00Z", true),
        ] {
            assert_eq!(is_plausible(at(time), received), expected, "{time}");
        }
    }
}
