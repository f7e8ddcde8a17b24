//! Pacing: a reader that is as fast as the writer keeps out of the writer's way. (And a writer out of
//! the way of a reader that is as fast, when the ring is full: its events are the free slots.)
//!
//! When both run neck and neck, each poll of the reader takes from the writer the very cache line
//! that it is about to write, and both crawl. A reader that holds off for a moment lets a run of
//! events form, and the two then advance in strides. But a reader whose events come slowly must
//! not hold off: a later poll would only find the event later.
//!
//! So the delay has to prove itself. A reader tries one when its first poll has found events, but
//! fewer than enough.
//!
//! - It doubles the delay while events come as fast as only a writer at full speed publishes
//!   them, and come no slower after the longer delay. No delay is longer than [`LONGEST`].
//! - It halves the delay when a poll finds nothing, or many times what is enough, and ends it when
//!   it would be shorter than [`SHORTEST`].
//! - It drops the delay as soon as it does not pay, and then rests longer and longer before the
//!   next trial.
//!
//! How fast events come is the number found, divided by the time since the last poll. The number
//! alone would not tell: a reader that handles events about as slowly as they come finds many
//! after any delay, because they came meanwhile.

#![forbid(unsafe_code)]

use core::mem;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::sync::{self, MODEL};

/// The first delay that is tried, in nanoseconds.
const SHORTEST: u32 = 80;

/// The longest delay, in nanoseconds.
const LONGEST: u32 = 640;

/// A delay pays while at least one event comes in so many nanoseconds.
const PRICE: u64 = 32;

/// A poll that finds so many events has found enough: a longer run gains nothing more.
const ENOUGH: u64 = 256;

/// The longest rest, in events, between a delay that did not pay and the next trial.
const LONGEST_REST: u64 = 4096;

/// The delay of one reader before it polls for events, or of the writer before it looks at the gates.
#[derive(Debug, Clone)]
pub(crate) struct Pacing {
    /// The current delay in nanoseconds, or 0.
    delay: u32,
    /// How many picoseconds an event took before the delay became as long as it is. 0 if the delay
    /// has proved itself.
    to_beat: u64,
    /// No delay is tried before this sequence.
    rest_until: u64,
    /// The length of the next rest, in events.
    next_rest: u64,
    /// How many events are enough in this ring.
    enough: u64,
    /// How long a pause instruction takes, in nanoseconds.
    pause: u32,
    /// When the last poll was, while there is a delay.
    looked: Instant,
}

impl Pacing {
    pub(crate) fn new(capacity: u64) -> Self {
        let enough = ENOUGH.min(capacity / 4).max(1);
        Self {
            delay: 0,
            to_beat: 0,
            rest_until: 0,
            next_rest: 1,
            enough,
            pause: nanoseconds_per_pause(),
            looked: Instant::now(),
        }
    }

    /// Whether a reader at this position rests, because a delay did not pay a short while ago.
    /// Rests are counted in events, so that nothing has to be counted down.
    #[inline]
    pub(crate) fn rests(&self, position: u64) -> bool {
        position < self.rest_until
    }

    /// Returns the sequence before which the reader rests: 0 if it does not.
    pub(crate) fn rests_until(&self) -> u64 {
        self.rest_until
    }

    /// Waits out the delay.
    pub(crate) fn hold_off(&self) {
        for _ in 0..self.delay.div_ceil(self.pause) {
            sync::spin_loop();
        }
    }

    /// Notes that the first poll, from this position and just now, found so many events.
    pub(crate) fn found(&mut self, position: u64, events: u64) {
        if self.delay > 0 {
            self.judge(position, events, Instant::now());
        } else if events < self.enough && !self.rests(position) && !MODEL {
            self.delay = SHORTEST;
            self.to_beat = 0;
            self.looked = Instant::now();
        }
    }

    /// Notes that the first poll found nothing.
    pub(crate) fn found_nothing(&mut self) {
        self.shorten();
    }

    /// Keeps, changes or drops the delay, by what it has brought.
    fn judge(&mut self, position: u64, events: u64, now: Instant) {
        let since = now.saturating_duration_since(self.looked);
        self.looked = now;
        let each = (since.as_nanos() as u64).saturating_mul(1000) / events.max(1);
        let to_beat = mem::take(&mut self.to_beat);
        let slower = to_beat > 0 && each > to_beat + to_beat / 4;
        if each > PRICE * 1000 || slower {
            self.delay = 0;
            self.rest_until = position + events + self.next_rest;
            self.next_rest = (self.next_rest * 2).min(LONGEST_REST);
            return;
        }
        if to_beat > 0 {
            self.next_rest = 1;
        }
        if events >= 4 * self.enough {
            self.shorten();
        } else if events < self.enough && self.delay < LONGEST {
            self.delay *= 2;
            self.to_beat = each;
        }
    }

    fn shorten(&mut self) {
        self.delay = if self.delay > SHORTEST { self.delay / 2 } else { 0 };
    }
}

/// How long a pause instruction takes, in nanoseconds: from some 10 to some 50, by processor.
/// Measured when the first ring is built. Of several tries the shortest counts, so that an
/// interruption of one of them does not matter.
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
