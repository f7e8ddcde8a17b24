//! A position in the stream.

#![forbid(unsafe_code)]

use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// A position in the stream: the first event ever published has sequence 0, unless the ring was
/// built to [start elsewhere](crate::RingBuilder::first_sequence), the next has 1, and so on.
///
/// Every reader sees the same event under the same sequence, so two readers can compare what they
/// have seen. A `Range<Sequence>` is half open: `start..end` holds `end - start` events. No stream
/// goes beyond [`Sequence::MAX`], for which it takes 146 years at 10^9 events a second.
///
/// # Examples
///
/// ```
/// use broadring::Sequence;
///
/// let first = Sequence::new(40);
/// assert_eq!(first + 2, Sequence::from(42));
/// assert_eq!((first + 2) - first, 2);
/// assert_eq!((first + 2) - 2, first);
/// assert_eq!(first.to_string(), "40");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Sequence(u64);

impl Sequence {
    /// The end of the longest stream there can be: 2^62 - 1. The last event of such a stream has the
    /// sequence before this.
    pub const MAX: Self = Self((1 << 62) - 1);

    /// Makes the sequence with this number.
    #[inline]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number of this sequence. In a ring that starts at 0, that is the number of events
    /// published before this one.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sequence({})", self.0)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u64> for Sequence {
    #[inline]
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<Sequence> for u64 {
    #[inline]
    fn from(sequence: Sequence) -> Self {
        sequence.0
    }
}

impl Add<u64> for Sequence {
    type Output = Self;

    #[inline]
    fn add(self, events: u64) -> Self {
        Self(self.0 + events)
    }
}

impl AddAssign<u64> for Sequence {
    #[inline]
    fn add_assign(&mut self, events: u64) {
        self.0 += events;
    }
}

impl Sub<u64> for Sequence {
    type Output = Self;

    #[inline]
    fn sub(self, events: u64) -> Self {
        Self(self.0 - events)
    }
}

/// The number of events from the right-hand sequence to the left-hand one.
///
/// It overflows when the right-hand sequence is the later one. As with any unsigned subtraction,
/// that panics in debug builds.
impl Sub for Sequence {
    type Output = u64;

    #[inline]
    fn sub(self, earlier: Self) -> u64 {
        self.0 - earlier.0
    }
}
