//! The readings that the server does not have yet: each told against the one before it.

use alloc::vec::Vec;

use jiff::Timestamp;
use wire::reading::{Extent, Reading};
use wire::{Change, Facts};

use crate::platform::Seen;
use crate::report::DEVICE;
use crate::state::State;

/// Is the most readings that are kept: a month of days.
pub const MOST_READINGS: usize = 32;

/// Is a reading with all that it says.
struct Full {
    observed_at: Timestamp,
    /// Whether the facts are all there were; otherwise they are those that were seen.
    is_whole: bool,
    facts: Facts,
}

/// Returns what is known of the printer after all readings that are kept.
pub fn known(state: &State) -> Facts {
    after(base_of(state), &state.readings)
}

fn base_of(state: &State) -> Facts {
    state.base.as_ref().map(|base| base.facts.clone()).unwrap_or_default()
}

/// Returns what is known after some readings.
pub fn after(mut facts: Facts, readings: &[Reading]) -> Facts {
    for reading in readings {
        // Readings are made against what stands before them, so they fit. If the flash lied and
        // they do not, the next report is refused by the server and made whole.
        let _ = reading.apply(&mut facts);
    }
    facts
}

/// Keeps what was seen. If that is too much, an old reading is given up and counted.
pub fn keep(state: &mut State, seen: &Seen) {
    while state.readings.len() >= MOST_READINGS {
        thin(state);
    }
    let reading = against(&known(state), state.base.is_none() && state.readings.is_empty(), &full(seen));
    state.readings.push(reading);
}

/// Takes away one of the older readings: the one whose neighbours are closest to each other in time,
/// so that what is left still tells how the weeks went. The newest one is never taken.
///
/// Returns false if there is none to take.
pub fn thin(state: &mut State) -> bool {
    let count = state.readings.len();
    if count < 2 {
        return false;
    }
    let at = |place: usize| state.readings[place].observed_at.as_second();
    // The first one has only one neighbour and counts as alone; it goes when it is all the choice there is.
    let gap = |place: usize| if place == 0 { i64::MAX } else { at(place + 1).saturating_sub(at(place - 1)) };
    let place = (0..(count / 2).max(1)).min_by_key(|place| gap(*place)).unwrap_or(0);
    remove(state, place);
    // The sealed octets still carry it; what they carry of those that are kept is one less.
    if let Some(pending) = &mut state.pending
        && place < pending.readings as usize
    {
        pending.readings -= 1;
    }
    state.dropped = state.dropped.saturating_add(1);
    true
}

/// Takes a reading out; those after it are told anew.
fn remove(state: &mut State, place: usize) {
    let mut facts = after(base_of(state), &state.readings[..place]);
    let mut later = Vec::new();
    let mut so_far = facts.clone();
    for (number, reading) in state.readings.iter().enumerate().skip(place) {
        let _ = reading.apply(&mut so_far);
        if number > place {
            let is_whole = reading.extent != Extent::Glimpse;
            let facts = if is_whole { so_far.clone() } else { seen_in(reading) };
            later.push(Full { observed_at: reading.observed_at, is_whole, facts });
        }
    }
    state.readings.truncate(place);
    for full in later {
        let is_first = state.base.is_none() && state.readings.is_empty();
        let reading = against(&facts, is_first, &full);
        let _ = reading.apply(&mut facts);
        state.readings.push(reading);
    }
}

/// Returns the readings as a server can take them that has nothing of this sender.
///
/// A glimpse says what was seen and needs nothing before it; the others are told whole, for changes
/// need a base.
pub fn whole(state: &State) -> Vec<Reading> {
    let mut facts = base_of(state);
    let told = state.readings.iter().map(|reading| {
        let _ = reading.apply(&mut facts);
        match reading.extent {
            Extent::Glimpse => reading.clone(),
            _ => Reading::whole(DEVICE, reading.observed_at, &facts),
        }
    });
    told.collect()
}

fn full(seen: &Seen) -> Full {
    // Columns and views know whole seconds only.
    let observed_at = Timestamp::from_second(seen.observed_at.as_second()).unwrap_or(seen.observed_at);
    Full { observed_at, is_whole: seen.is_whole, facts: seen.facts.clone() }
}

fn against(before: &Facts, is_first: bool, full: &Full) -> Reading {
    match full.is_whole {
        false => Reading::glimpse(DEVICE, full.observed_at, &full.facts),
        true if is_first => Reading::whole(DEVICE, full.observed_at, &full.facts),
        true => Reading::since(before, DEVICE, full.observed_at, &full.facts),
    }
}

fn seen_in(reading: &Reading) -> Facts {
    let mut facts = Facts::new();
    for (key, change) in &reading.changes {
        if let Change::Set(value) = change {
            facts.insert(key.clone(), value.clone());
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Base;

    fn seen(day: i64, total: i64, is_whole: bool) -> Seen {
        let mut facts = Facts::from([("meters/total/value".into(), total.into())]);
        if is_whole {
            facts.insert("presence".into(), "ready".into());
        }
        Seen { observed_at: Timestamp::from_second(1_800_000_000 + day * 86_400).unwrap(), is_whole, facts }
    }

    fn state(with_base: bool) -> State {
        let base = Base { report: "r1".into(), facts: seen(0, 100, true).facts };
        State { base: with_base.then_some(base), ..State::default() }
    }

    #[test]
    fn each_reading_is_told_against_the_one_before() {
        let mut state = state(false);
        for day in 1..=3 {
            keep(&mut state, &seen(day, 100 + day, true));
        }
        let extents: Vec<_> = state.readings.iter().map(|reading| reading.extent).collect();
        assert_eq!(extents, [Extent::Whole, Extent::Changes, Extent::Changes]);
        assert_eq!(state.readings[2].changes, [("meters/total/value".into(), Change::Add(1))]);
        assert_eq!(known(&state), seen(3, 103, true).facts);
    }

    #[test]
    fn readings_that_are_given_up_leave_the_others_as_they_were() {
        for with_base in [false, true] {
            let mut state = state(with_base);
            for day in 1..=200 {
                keep(&mut state, &seen(day, 100 + day, day % 7 != 0));
            }
            assert_eq!(state.readings.len(), MOST_READINGS);
            assert_eq!(state.dropped as usize, 200 - MOST_READINGS);
            let mut facts = base_of(&state);
            for reading in &state.readings {
                reading.apply(&mut facts).unwrap();
                let day = (reading.observed_at.as_second() - 1_800_000_000) / 86_400;
                assert_eq!(facts["meters/total/value"], (100 + day).into());
            }
            let last = state.readings.last().unwrap();
            assert_eq!(last.observed_at, seen(200, 0, true).observed_at);
            let days: Vec<_> = state.readings.iter().map(|reading| (reading.observed_at.as_second() - 1_800_000_000) / 86_400).collect();
            let widest = days.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
            assert!(days[0] < 20 && widest < 30, "the weeks are still told: {days:?}");
        }
    }

    #[test]
    fn told_whole_the_readings_say_the_same_to_a_server_that_has_nothing() {
        let mut state = state(true);
        for day in 1..=4 {
            keep(&mut state, &seen(day, 100 + day, day != 1));
        }
        let told = whole(&state);
        let extents: Vec<_> = told.iter().map(|reading| reading.extent).collect();
        assert_eq!(extents, [Extent::Glimpse, Extent::Whole, Extent::Whole, Extent::Whole]);
        let mut facts = Facts::new();
        told.iter().for_each(|reading| reading.apply(&mut facts).unwrap());
        assert_eq!(facts, known(&state));
    }
}
