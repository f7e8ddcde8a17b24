//! A reading of a clock, with which events are ordered.

#![forbid(unsafe_code)]

use core::fmt;

/// A reading of a clock, with which events of different writers are ordered.
///
/// What a unit is depends on the clock: see the [clocks](crate::clock). Stamps of different clocks
/// cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(u64);

impl Stamp {
    /// The smallest stamp.
    pub const MIN: Self = Self(0);

    /// The largest stamp. No event has it.
    pub const MAX: Self = Self(u64::MAX);

    /// Makes the stamp with this number.
    #[inline]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u64> for Stamp {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<Stamp> for u64 {
    fn from(stamp: Stamp) -> Self {
        stamp.0
    }
}
