//! The time of day.

#![forbid(unsafe_code)]

use core::time::Duration;
use std::time::SystemTime;

use crate::sync::{self, Arc, Mutex};

/// A clock that shows the time of day, for [`Hlc`](super::Hlc). It may step back.
///
/// ```
/// use broadring_order::clock::{Hlc, PhysicalClock, SystemClock};
/// use std::time::Duration;
///
/// /// The system's clock, corrected by what a time server has said.
/// struct Corrected(Duration);
///
/// impl PhysicalClock for Corrected {
///     fn since_epoch(&self) -> Duration {
///         SystemClock.since_epoch() + self.0
///     }
/// }
///
/// let clock = Hlc::with_physical(Corrected(Duration::from_millis(20)));
/// assert!(Hlc::physical(clock.tick()) > Duration::from_secs(1_700_000_000));
/// ```
pub trait PhysicalClock: Send + Sync + 'static {
    /// Returns the time since the beginning of 1970 in UTC, without leap seconds.
    fn since_epoch(&self) -> Duration;
}

/// The system's clock, [`SystemTime`].
///
/// ```
/// use broadring_order::clock::{PhysicalClock, SystemClock};
///
/// assert!(SystemClock.since_epoch().as_secs() > 1_700_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl PhysicalClock for SystemClock {
    /// Returns the time since the beginning of 1970, or zero if the system's clock shows less.
    fn since_epoch(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

/// A clock that shows what it is told to, for tests. Clones share the time.
///
/// Every method takes a lock for a moment.
///
/// ```
/// use broadring_order::clock::{ManualClock, PhysicalClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new(Duration::from_secs(60));
/// let same = clock.clone();
/// clock.advance(Duration::from_secs(5));
/// same.step_back(Duration::from_secs(2));
/// assert_eq!(clock.since_epoch(), Duration::from_secs(63));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    time: Arc<Mutex<Duration>>,
}

impl ManualClock {
    /// Makes a clock that shows this time since the beginning of 1970.
    pub fn new(since_epoch: Duration) -> Self {
        Self { time: Arc::new(Mutex::new(since_epoch)) }
    }

    /// Lets the clock show this time since the beginning of 1970.
    ///
    /// ```
    /// use broadring_order::clock::{ManualClock, PhysicalClock};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::default();
    /// clock.set(Duration::from_secs(7));
    /// assert_eq!(clock.since_epoch(), Duration::from_secs(7));
    /// ```
    pub fn set(&self, since_epoch: Duration) {
        *sync::lock(&self.time) = since_epoch;
    }

    /// Advances the clock. It stops at [`Duration::MAX`].
    pub fn advance(&self, by: Duration) {
        let mut time = sync::lock(&self.time);
        *time = time.saturating_add(by);
    }

    /// Sets the clock back, but not beyond zero.
    pub fn step_back(&self, by: Duration) {
        let mut time = sync::lock(&self.time);
        *time = time.saturating_sub(by);
    }
}

impl PhysicalClock for ManualClock {
    fn since_epoch(&self) -> Duration {
        *sync::lock(&self.time)
    }
}
