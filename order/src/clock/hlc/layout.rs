//! What the bits of a stamp mean.

#![forbid(unsafe_code)]

use core::time::Duration;

use super::hybrid::Hlc;
use crate::stamp::Stamp;

/// The low bits of a stamp, which count the events of one unit of time.
const COUNTER_BITS: u32 = 16;

/// Units of time in a second.
const UNITS: u64 = 1 << 16;

const NANOS: u64 = 1_000_000_000;

/// The last unit of time, in 2106.
const LAST_UNIT: u64 = u64::MAX >> COUNTER_BITS;

impl Hlc {
    /// Returns the time of a stamp since the beginning of 1970, rounded up to a nanosecond.
    ///
    /// ```
    /// use broadring_order::clock::Hlc;
    /// use std::time::Duration;
    ///
    /// let stamp = Hlc::stamp_at(Duration::from_millis(1_500));
    /// assert_eq!(Hlc::physical(stamp), Duration::from_millis(1_500));
    /// ```
    pub const fn physical(stamp: Stamp) -> Duration {
        let units = stamp.get() >> COUNTER_BITS;
        // Rounded up, so that `stamp_at` finds the same unit again.
        let nanos = (units % UNITS * NANOS).div_ceil(UNITS);
        Duration::new(units / UNITS, nanos as u32)
    }

    /// Returns the counter of a stamp: how many others of the same time come before it, at most.
    ///
    /// ```
    /// use broadring_order::Stamp;
    /// use broadring_order::clock::Hlc;
    ///
    /// assert_eq!(Hlc::counter(Stamp::new(5 << 16 | 3)), 3);
    /// ```
    pub const fn counter(stamp: Stamp) -> u16 {
        stamp.get() as u16
    }

    /// Returns the smallest stamp of the unit that this time since the beginning of 1970 is in. After
    /// the last unit, in 2106, it is the smallest of that.
    ///
    /// ```
    /// use broadring_order::clock::Hlc;
    /// use std::time::Duration;
    ///
    /// let clock = Hlc::new();
    /// let now = clock.tick();
    /// let a_minute_ago = Hlc::stamp_at(Hlc::physical(now) - Duration::from_secs(60));
    /// assert!(a_minute_ago < now);
    /// ```
    pub const fn stamp_at(since_epoch: Duration) -> Stamp {
        let units = if since_epoch.as_secs() > LAST_UNIT / UNITS {
            LAST_UNIT
        } else {
            since_epoch.as_secs() * UNITS + since_epoch.subsec_nanos() as u64 * UNITS / NANOS
        };
        Stamp::new(units << COUNTER_BITS)
    }
}
