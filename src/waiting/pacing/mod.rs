//! How a reader that is as fast as the writer keeps out of its way.
//!
//! When both run neck and neck, each look of the reader takes from the writer
//! the very cache line that it is about to write, and both crawl. A reader that
//! holds off for a moment lets a run of events form, and the two then move in
//! strides. Who must not wait, though, is a reader to whom events come slowly:
//! there a look that comes later only finds the event later.
//!
//! So the delay has to prove itself. A reader tries one when its first look has found
//! events, but fewer than are enough. It keeps the delay and doubles it as long as events
//! come as fast as only a writer at full speed publishes them; halves it whenever it
//! finds nothing, or many times what is enough, and ends it when it is shorter than the
//! first; and drops it as soon as it does not pay, after which it waits longer and longer
//! before it tries again. No delay is ever longer than [`LONGEST`].
//!
//! How fast events come is how many were found and how long ago, by the clock, that last
//! happened. The number alone would not tell: a reader that handles events about
//! as slowly as they come finds many after any delay, because they came meanwhile.

#![forbid(unsafe_code)]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::sync::{self, MODEL};

/// The first delay that is tried, in nanoseconds.
const SHORTEST: u32 = 80;

/// The longest delay, in nanoseconds.
const LONGEST: u32 = 640;

/// What one event is worth, in nanoseconds: a delay pays while at least one comes in each.
const PRICE: u64 = 32;

/// As many events at once as are enough: a longer run gains nothing more.
const ENOUGH: u64 = 256;

/// The most events between a delay that did not pay and the next trial.
const LONGEST_REST: u64 = 1024;

/// The delay of one reader before it looks for events.
#[derive(Debug, Clone)]
pub(crate) struct Pacing {
    /// The delay in nanoseconds, or 0.
    delay: u32,
    /// The sequence before which no delay is tried.
    rest_until: u64,
    /// How many events the next rest lasts.
    next_rest: u64,
    /// As many events as are enough in this ring.
    enough: u64,
    /// How long a pause of the processor takes, in nanoseconds.
    pause: u32,
    /// When the last look was, while there is a delay.
    looked: Instant,
}

impl Pacing {
    pub(crate) fn new(capacity: u64) -> Self {
        let enough = ENOUGH.min(capacity / 4).max(1);
        Self {
            delay: 0,
            rest_until: 0,
            next_rest: 1,
            enough,
            pause: nanoseconds_per_pause(),
            looked: Instant::now(),
        }
    }

    /// Whether a reader at this position need not care: a delay did not pay a short
    /// while ago. Rests are counted in events, so that nothing has to be counted down.
    #[inline]
    pub(crate) fn rests(&self, position: u64) -> bool {
        position < self.rest_until
    }

    /// Waits out the delay.
    pub(crate) fn hold_off(&self) {
        for _ in 0..self.delay.div_ceil(self.pause) {
            sync::spin_loop();
        }
    }

    /// Takes note that the first look, from this position and just now, found that many
    /// events.
    pub(crate) fn found(&mut self, position: u64, events: u64) {
        if self.delay > 0 {
            self.judge(position, events, Instant::now());
        } else if events < self.enough && !self.rests(position) && !MODEL {
            self.delay = SHORTEST;
            self.looked = Instant::now();
        }
    }

    /// Takes note that the first look found nothing.
    pub(crate) fn found_nothing(&mut self) {
        self.shorten();
    }

    /// Keeps, changes or drops a delay, by what it has brought.
    fn judge(&mut self, position: u64, events: u64, now: Instant) {
        let since = now.saturating_duration_since(self.looked);
        self.looked = now;
        if since > Duration::from_nanos(events * PRICE) {
            self.delay = 0;
            self.rest_until = position + events + self.next_rest;
            self.next_rest = (self.next_rest * 2).min(LONGEST_REST);
            return;
        }
        self.next_rest = 1;
        if events < self.enough {
            self.delay = (self.delay * 2).min(LONGEST);
        } else if events >= 4 * self.enough {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.delay = if self.delay > SHORTEST { self.delay / 2 } else { 0 };
    }
}

/// How long a pause takes: from some 10 to some 50 nanoseconds, by processor.
/// Measured when the first ring is built; of several tries the shortest, so that
/// being interrupted in one of them does not matter.
fn nanoseconds_per_pause() -> u32 {
    const PAUSES: u32 = 64;
    static MEASURED: OnceLock<u32> = OnceLock::new();

    let measure = || {
        let start = Instant::now();
        for _ in 0..PAUSES {
            sync::spin_loop();
        }
        start.elapsed()
    };
    if MODEL {
        return 1;
    }
    *MEASURED.get_or_init(|| {
        let shortest = (0..5).map(|_| measure()).min().unwrap_or(Duration::ZERO);
        (shortest.as_nanos() as u32 / PAUSES).max(1)
    })
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;
