//! Request ids that nobody can guess and that say which request they belong to.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// Turns counters into request ids and back, with a secret key.
///
/// A permutation rather than a random number: a sweep of a million silent addresses keeps no
/// table of what it sent, because the id of an answer names the request. A stranger who does not
/// know the key hits an open request with the chance of (open requests) / 2³⁰ a datagram.
///
/// Every id lies in 2³⁰..2³¹, so that it always takes four octets and a ready request can be sent
/// again with only those four changed.
#[derive(Clone, Debug)]
pub struct RequestIds {
    key: [u64; 2],
}

const HALF_BITS: u32 = 15;
const HALF: u32 = (1 << HALF_BITS) - 1;
const ROUNDS: u8 = 4;
const TOP: u32 = 1 << 30;

impl RequestIds {
    /// Is how many counters there are: 2³⁰.
    pub const COUNT: u32 = 1 << (2 * HALF_BITS);

    /// Makes ids from a key, which must be random and secret.
    pub fn new(key: [u64; 2]) -> Self {
        RequestIds { key }
    }

    /// Returns the id of a counter below [`RequestIds::COUNT`]; a larger one is folded into it.
    pub fn id(&self, counter: u32) -> i32 {
        let (mut left, mut right) = (counter >> HALF_BITS & HALF, counter & HALF);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.mix(round, right));
        }
        (TOP | left << HALF_BITS | right) as i32
    }

    /// Returns the counter of an id, or `None` if no counter has it.
    pub fn counter(&self, id: i32) -> Option<u32> {
        let id = u32::try_from(id).ok().filter(|id| id & TOP != 0)?;
        let (mut left, mut right) = (id >> HALF_BITS & HALF, id & HALF);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.mix(round, left), left);
        }
        Some(left << HALF_BITS | right)
    }

    /// Is the round function of the Feistel network.
    fn mix(&self, round: u8, half: u32) -> u32 {
        let mut hasher = SipHasher13::new_with_keys(self.key[0], self.key[1]);
        hasher.write_u32(u32::from(round) << HALF_BITS | half);
        hasher.finish() as u32 & HALF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_counter_and_takes_four_octets() {
        let ids = RequestIds::new([1, 2]);
        for counter in (0..RequestIds::COUNT).step_by(99_991) {
            let id = ids.id(counter);
            assert!(id >= 1 << 30);
            assert_eq!(ids.counter(id), Some(counter));
        }
    }

    #[test]
    fn another_key_gives_other_ids() {
        let (ours, theirs) = (RequestIds::new([1, 2]), RequestIds::new([1, 3]));
        let same = (0..10_000).filter(|counter| ours.id(*counter) == theirs.id(*counter)).count();
        assert!(same < 3, "{same} ids are the same");
        assert_eq!(ours.counter(-1), None);
        assert_eq!(ours.counter(7), None);
    }
}
