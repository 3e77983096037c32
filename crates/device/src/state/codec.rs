//! The state as octets: small, because flash is, and read without trust.
//!
//! Integers are written seven bits an octet (LEB128, zigzag where they have a sign); texts and lists
//! with their length before them. Facts stand in the order of their keys, and each key says how many
//! octets it shares with the one before: a third of the flash that JSON would take.

mod read;
mod write;

use alloc::vec::Vec;

use super::State;

/// Writes a state.
pub fn encode(state: &State) -> Vec<u8> {
    let mut out = write::Out::default();
    out.state(state);
    out.0
}

/// Reads a state; `None` if the octets are none.
pub fn decode(octets: &[u8]) -> Option<State> {
    let mut input = read::In::new(octets);
    let state = input.state()?;
    input.is_empty().then_some(state)
}
