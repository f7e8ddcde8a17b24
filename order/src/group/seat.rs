//! When a member was last seen.

#![forbid(unsafe_code)]

use core::time::Duration;
use std::time::Instant;

use crate::sync::{Ordering, PlainU64};

/// Whoever waits, however long, is alive.
const RESTING: u64 = u64::MAX;

/// When a member was last seen: only its own thread writes it, and whoever may evict it looks.
///
/// Nothing depends on how soon the others see it: to evict a member that has just come back is
/// harmless, because its commits are refused (G2).
#[derive(Debug)]
pub(super) struct Seat(PlainU64);

impl Seat {
    pub(super) fn new(now: u64) -> Self {
        Self(PlainU64::new(now))
    }

    /// Notes that the member has done something.
    pub(super) fn seen(&self, now: u64) {
        // ORDERING: Relaxed: nothing depends on how soon it is seen.
        self.0.store(now, Ordering::Relaxed);
    }

    /// Notes that the member waits, until it is seen again.
    pub(super) fn rest(&self) {
        // ORDERING: Relaxed: as in `seen`.
        self.0.store(RESTING, Ordering::Relaxed);
    }

    /// Returns for how long the member has not been seen.
    pub(super) fn idle(&self, now: u64) -> Option<u64> {
        // ORDERING: Relaxed: as in `seen`.
        match self.0.load(Ordering::Relaxed) {
            RESTING => None,
            seen => Some(now.saturating_sub(seen)),
        }
    }
}

/// How long a member may be idle, and since when that is counted.
#[derive(Debug)]
pub(super) struct Patience {
    /// In nanoseconds.
    pub(super) limit: u64,
    start: Instant,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit: nanoseconds(limit), start: Instant::now() }
    }

    /// Returns the time in nanoseconds.
    pub(super) fn now(&self) -> u64 {
        nanoseconds(self.start.elapsed())
    }

    /// Returns for how long a member that waits may sleep before it looks for idle ones.
    pub(super) fn nap(&self) -> Duration {
        Duration::from_nanos(self.limit).max(Duration::from_millis(1))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    // `RESTING` is no time.
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min(RESTING - 1)
}
