//! Why a clock refuses a stamp from elsewhere.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;
use core::time::Duration;

use crate::stamp::Stamp;

/// A stamp from elsewhere is too far ahead of the physical clock. The clock that refused it is
/// unchanged.
///
/// Returned by [`Hlc::observe`](crate::clock::Hlc::observe).
///
/// ```
/// use std::time::Duration;
/// use broadring_order::clock::{Hlc, ManualClock};
///
/// let clock = Hlc::with_physical(ManualClock::new(Duration::from_secs(100)));
/// let refused = clock.observe(Hlc::stamp_at(Duration::from_millis(102_500))).unwrap_err();
/// assert_eq!(refused.ahead(), Duration::from_millis(2500));
/// assert_eq!(refused.allowed(), Duration::from_millis(500));
/// assert_eq!(refused.to_string(), "the stamp is 2.5s ahead of this clock, 500ms are allowed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFarAhead {
    ahead: Duration,
    allowed: Duration,
}

impl TooFarAhead {
    pub(crate) fn new(ahead: Duration, allowed: Duration) -> Self {
        Self { ahead, allowed }
    }

    /// Returns how far the stamp is ahead of the physical clock.
    pub fn ahead(&self) -> Duration {
        self.ahead
    }

    /// Returns how far it may be ahead.
    pub fn allowed(&self) -> Duration {
        self.allowed
    }
}

impl fmt::Display for TooFarAhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ahead, allowed } = self;
        write!(f, "the stamp is {ahead:?} ahead of this clock, {allowed:?} are allowed")
    }
}

impl Error for TooFarAhead {}

/// A logical clock has no stamp that is later than the one it was shown, or than its own latest.
///
/// Returned by [`Lamport::observe`](crate::clock::Lamport::observe).
///
/// ```
/// use broadring_order::Stamp;
/// use broadring_order::clock::Lamport;
///
/// let refused = Lamport::new().observe(Stamp::MAX).unwrap_err();
/// assert_eq!(refused.latest(), Stamp::MAX);
/// assert_eq!(refused.to_string(), "the clock has no stamp after 18446744073709551615");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockExhausted {
    latest: Stamp,
}

impl ClockExhausted {
    pub(crate) fn new(latest: Stamp) -> Self {
        Self { latest }
    }

    /// Returns the stamp that leaves no later one.
    pub fn latest(&self) -> Stamp {
        self.latest
    }
}

impl fmt::Display for ClockExhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the clock has no stamp after {}", self.latest)
    }
}

impl Error for ClockExhausted {}
