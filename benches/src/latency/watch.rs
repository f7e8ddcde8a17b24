//! What a reader does with every event: check it, and record how late it came.

use hdrhistogram::Histogram;

use super::clock::Clock;
use super::distribution;
use crate::event::Event;

/// The stamp of the events after the last one: it ends the run, and is not recorded.
pub(super) const END: u64 = u64::MAX;

/// One reader's record.
#[derive(Debug)]
pub(super) struct Watch {
    clock: Clock,
    /// Events that arrive before this are the warm-up.
    record_from: u64,
    count: u64,
    first_due: u64,
    last_stamp: u64,
    last_arrival: u64,
    disorder: bool,
    torn: u64,
    latency: Histogram<u64>,
}

/// What a reader saw, in the end.
#[derive(Debug)]
pub(super) struct Seen {
    /// How many events, those that end the run aside.
    pub(super) count: u64,
    /// Events came in an order that they were not sent in.
    pub(super) disorder: bool,
    /// An event had words of another one.
    pub(super) torn: bool,
    /// Ticks from the moment when the first event was due to the last one's arrival.
    pub(super) ticks: u64,
    /// Nanoseconds from due to received, of the events after the warm-up.
    pub(super) latency: Histogram<u64>,
}

impl Watch {
    /// Begins, not recording yet.
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            record_from: u64::MAX,
            count: 0,
            first_due: u64::MAX,
            last_stamp: 0,
            last_arrival: 0,
            disorder: false,
            torn: 0,
            latency: distribution::touched(),
        }
    }

    /// Looks at an event.
    #[inline]
    pub(super) fn see<const WORDS: usize>(&mut self, event: &Event<WORDS>) {
        let stamp = event[0];
        // Received means read: all of it, and before the clock.
        for (offset, word) in (0..).zip(event) {
            self.torn |= word ^ stamp.wrapping_add(offset);
        }
        let now = self.clock.arrival();
        self.disorder |= stamp < self.last_stamp;
        self.last_stamp = stamp;
        if stamp == END {
            return;
        }
        self.count += 1;
        self.first_due = self.first_due.min(stamp);
        self.last_arrival = now;
        if now >= self.record_from {
            self.latency.saturating_record(self.clock.nanos(stamp, now));
        }
    }

    /// Records from so many ticks after the first event was due.
    pub(super) fn record_after(&mut self, warm_up: u64) {
        self.record_from = self.first_due.saturating_add(warm_up);
    }

    /// Whether the last event was one of those that end the run.
    pub(super) fn ended(&self) -> bool {
        self.last_stamp == END
    }

    /// Returns what was seen.
    pub(super) fn finish(self) -> Seen {
        Seen {
            count: self.count,
            disorder: self.disorder,
            torn: self.torn != 0,
            ticks: self.last_arrival.saturating_sub(self.first_due),
            latency: self.latency,
        }
    }
}
