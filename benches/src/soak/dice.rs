//! Decisions that look random, and are the same for the same seed.

use std::ops::Range;

/// Numbers that look random.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of one worker: of the seed, and of where the worker belongs.
    pub fn of(seed: u64, place: &[u64]) -> Self {
        Self(place.iter().fold(mix(seed), |state, &part| mix(state ^ mix(part))))
    }

    /// Returns a number below `sides`, which must not be 0.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % sides
    }

    /// Returns a number in the range, which must not be empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.roll(range.end - range.start)
    }

    /// Whether it is the one case of so many.
    pub fn one_in(&mut self, cases: u64) -> bool {
        self.roll(cases) == 0
    }

    /// Picks one of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len() as u64) as usize]
    }

    /// Returns dice for somebody else, which roll other numbers.
    pub fn child(&mut self) -> Self {
        Self(self.roll(u64::MAX))
    }
}

/// Spreads a number over all bits, so that neighbours look nothing alike.
pub fn mix(number: u64) -> u64 {
    let mixed = (number ^ 0x6272_6f61_6472_696e).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (mixed >> 29)
}
