//! Two places for the state: while one is written, the other is whole.
//!
//! | octets | |
//! |---|---|
//! | 8 | `RMDEV`, 0, 0, the version of the form |
//! | 4 | generation, big-endian; the newer of two whole slots counts |
//! | 4 | length of the state, big-endian |
//! | n | the state |
//! | 4 | CRC-32 of all octets before, big-endian |
//!
//! So a platform needs no file system and no atomic rename: two erase blocks are enough.

use alloc::vec::Vec;

use super::{State, codec};
use crate::platform::{Platform, Slot, StoreFault};

const MAGIC: [u8; 8] = *b"RMDEV\0\0\x01";
const HEAD: usize = 16;
/// Is the most that a slot may hold.
pub const LARGEST: usize = 64 * 1024;

/// Returns whether a state does not fit.
pub fn is_too_large(state: &State) -> bool {
    codec::encode(state).len() + HEAD + 4 > LARGEST
}

/// Remembers which place is to be written next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    next: Slot,
    generation: u32,
}

/// Is what was found on the flash.
#[derive(Debug)]
pub struct Found {
    pub slots: Slots,
    pub state: Option<State>,
    /// Whether there are octets that are no state: a write was cut off, or the flash wears out.
    pub is_damaged: bool,
}

/// Reads both places; the newer whole one counts.
///
/// # Errors
/// Fails if neither can be read at all.
pub fn load(platform: &mut impl Platform) -> Result<Found, StoreFault> {
    let (one, other) = (platform.read(Slot::A), platform.read(Slot::B));
    if let (Err(fault), Err(_)) = (&one, &other) {
        return Err(fault.clone());
    }
    let mut is_damaged = false;
    let mut newest: Option<(Slot, u32, State)> = None;
    for (slot, read) in [(Slot::A, one), (Slot::B, other)] {
        let octets = read.unwrap_or_default();
        match unframe(&octets) {
            Some((generation, state)) => {
                // Generations go round: the newer one is less than half the circle ahead.
                let is_newer = newest.as_ref().is_none_or(|(_, known, _)| generation.wrapping_sub(*known) < u32::MAX / 2);
                if is_newer {
                    newest = Some((slot, generation, state));
                }
            }
            None => is_damaged |= !octets.is_empty(),
        }
    }
    Ok(match newest {
        Some((slot, generation, state)) => {
            Found { slots: Slots { next: slot.other(), generation: generation.wrapping_add(1) }, state: Some(state), is_damaged }
        }
        None => Found { slots: Slots::default(), state: None, is_damaged },
    })
}

impl Default for Slots {
    fn default() -> Self {
        Slots { next: Slot::A, generation: 0 }
    }
}

impl Slots {
    /// Writes the state to the older place, and counts it in the state's wear.
    ///
    /// # Errors
    /// Fails if the flash does not take it; what was kept before is then still there.
    pub fn save(&mut self, state: &mut State, platform: &mut impl Platform) -> Result<(), StoreFault> {
        let before = state.wear;
        state.wear.writes += 1;
        let mut octets = frame(self.generation, state);
        // The length in octets is written with a fixed width, so that counting it does not change it.
        state.wear.octets += octets.len() as u64;
        octets = frame(self.generation, state);
        let written = if octets.len() > LARGEST {
            Err(StoreFault(alloc::format!("it has {} octets, and a slot has room for {LARGEST}", octets.len())))
        } else {
            platform.write(self.next, &octets)
        };
        if let Err(fault) = written {
            state.wear = before;
            return Err(fault);
        }
        self.next = self.next.other();
        self.generation = self.generation.wrapping_add(1);
        Ok(())
    }
}

fn frame(generation: u32, state: &State) -> Vec<u8> {
    let payload = codec::encode(state);
    let mut octets = Vec::with_capacity(payload.len() + HEAD + 4);
    octets.extend_from_slice(&MAGIC);
    octets.extend_from_slice(&generation.to_be_bytes());
    octets.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    octets.extend_from_slice(&payload);
    octets.extend_from_slice(&wire::code::crc32(&octets).to_be_bytes());
    octets
}

/// Reads a slot; `None` if it is not whole. What follows the check sum is old flash and not looked at.
pub fn unframe(octets: &[u8]) -> Option<(u32, State)> {
    let rest = octets.strip_prefix(&MAGIC)?;
    let (generation, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok().filter(|length| *length <= LARGEST)?;
    let (payload, sum) = rest.split_at_checked(length)?;
    let sum = sum.first_chunk::<4>()?;
    if wire::code::crc32(&octets[..HEAD + length]) != u32::from_be_bytes(*sum) {
        return None;
    }
    Some((u32::from_be_bytes(*generation), codec::decode(payload)?))
}
