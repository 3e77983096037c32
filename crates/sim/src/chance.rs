//! Chance from a seed: the only source of it in this crate.

use std::ops::Range;

/// Draws numbers that look random and are the same for the same seed.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", SplitMix64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chance(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(seed)
    }

    /// Draws 64 bits.
    pub fn draw(&mut self) -> u64 {
        let drawn = mix(self.0);
        self.0 = self.0.wrapping_add(STEP);
        drawn
    }

    /// Draws a number below `bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product: even enough for bounds far below 2⁶⁴.
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }

    /// Draws a number from a range; its start where it is empty.
    pub fn within(&mut self, range: &Range<u64>) -> u64 {
        range.start + self.below(range.end.saturating_sub(range.start))
    }

    /// Decides whether something of this probability, from 0.0 to 1.0, happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        // Draws nothing where nothing is to be decided, so that adding an option that is off
        // leaves every other draw as it was.
        probability > 0.0 && ((self.draw() >> 11) as f64 / (1u64 << 53) as f64) < probability
    }
}

/// Mixes 64 bits so that neighbouring numbers end far apart; a bijection.
pub fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(STEP);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// Makes the seed of the `number`th part of something from the seed of the whole.
pub fn derive(seed: u64, number: u64) -> u64 {
    mix(seed ^ mix(number))
}

/// Puts the numbers below a bound into an order of chance without keeping a table.
#[derive(Clone, Debug)]
pub struct Permutation {
    seed: u64,
    size: u32,
    half_bits: u32,
}

impl Permutation {
    /// Orders the numbers below `size`.
    pub fn new(seed: u64, size: u32) -> Self {
        let bits = 64 - u64::from(size.saturating_sub(1)).leading_zeros();
        Permutation { seed, size, half_bits: bits.div_ceil(2).max(1) }
    }

    /// Returns the place of a number below `size`; larger numbers have none and come back as they are.
    pub fn place(&self, number: u32) -> u32 {
        if number >= self.size {
            return number;
        }
        // A Feistel network permutes the next larger power of four; whoever lands above the
        // bound goes on until he is back below it.
        let mut at = u64::from(number);
        loop {
            at = self.permute(at);
            if at < u64::from(self.size) {
                return at as u32;
            }
        }
    }

    fn permute(&self, number: u64) -> u64 {
        let mask = (1u64 << self.half_bits) - 1;
        let (mut left, mut right) = (number >> self.half_bits & mask, number & mask);
        for round in 0..4 {
            (left, right) = (right, left ^ mix(self.seed ^ right << 8 ^ round) & mask);
        }
        left << self.half_bits | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_gives_every_place_once() {
        for size in [1, 2, 3, 4, 5, 254, 1_000] {
            let order = Permutation::new(9, size);
            let mut places: Vec<u32> = (0..size).map(|number| order.place(number)).collect();
            places.sort_unstable();
            assert_eq!(places, (0..size).collect::<Vec<_>>());
        }
        assert_eq!(Permutation::new(9, 0).place(3), 3);
    }

    #[test]
    fn it_is_splitmix64() {
        let mut chance = Chance::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| chance.draw()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn draws_stay_in_their_range_and_are_spread() {
        let mut chance = Chance::new(7);
        let mut counts = [0u32; 10];
        (0..10_000).for_each(|_| counts[chance.below(10) as usize] += 1);
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.within(&(5..5)), 5);
        let happened = (0..10_000).filter(|_| chance.happens(0.05)).count();
        assert!((400..600).contains(&happened), "{happened}");
        assert!(!chance.happens(0.0) && chance.happens(1.0));
    }
}
