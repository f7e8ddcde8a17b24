//! The clock that both sides read: raw ticks, compared between cores.

use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

use serde::Serialize;

/// So many ticks are converted at once to learn how long a tick is. With ticks of
/// a third of a nanosecond, the answer is right to a few parts in a million million.
pub(super) const SPAN: u64 = 1 << 40;

/// A monotonic clock in ticks: the processor's own counter where it is steady.
#[derive(Clone, Debug)]
pub(super) struct Clock(quanta::Clock);

/// What reading the clock takes, so much of which is in every latency.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Cost {
    /// One read, as the writer does it while it waits for an event to be due.
    pub(super) read_ns: f64,
    /// One read that waits for the event to be loaded, as the readers do it.
    pub(super) arrival_ns: f64,
}

impl Clock {
    /// Finds out which clock there is, and calibrates it.
    pub(super) fn new() -> Self {
        Self(quanta::Clock::new())
    }

    /// Reads the clock.
    #[inline]
    pub(super) fn raw(&self) -> u64 {
        self.0.raw()
    }

    /// Reads the clock once everything that was loaded before has really come.
    ///
    /// The processor reads its counter ahead of loads that miss the cache, and a
    /// subject whose event lies in another line than its index would look faster
    /// than it is by that miss.
    #[inline]
    pub(super) fn arrival(&self) -> u64 {
        // ORDERING: pairs with nothing: on x86 this is `mfence`, which the counter
        // is not read ahead of.
        fence(Ordering::SeqCst);
        self.0.raw()
    }

    /// Returns the time between two readings, or 0 if the second is the earlier one.
    #[inline]
    pub(super) fn nanos(&self, from: u64, to: u64) -> u64 {
        self.0.delta_as_nanos(from, to)
    }

    /// Returns how many nanoseconds [`SPAN`] ticks are.
    pub(super) fn span_nanos(&self) -> u64 {
        self.nanos(0, SPAN)
    }

    /// Returns how many ticks pass in this time.
    pub(super) fn ticks(&self, time: Duration) -> u64 {
        let ticks = time.as_nanos() * u128::from(SPAN) / u128::from(self.span_nanos());
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// Measures what reading the clock takes: the least over many tries of the time
    /// that a thousand reads take, so that interruptions are left out.
    pub(super) fn cost(&self) -> Cost {
        const READS: u32 = 1_000;
        let least = |read: &dyn Fn() -> u64| {
            let once = |_| {
                let from = self.raw();
                let last = (0..READS).map(|_| read()).last();
                self.nanos(from, last.unwrap_or(from))
            };
            let least = (0..100).map(once).min().unwrap_or_default();
            least as f64 / f64::from(READS)
        };
        Cost { read_ns: least(&|| self.raw()), arrival_ns: least(&|| self.arrival()) }
    }
}
