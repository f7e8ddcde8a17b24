//! What is counted on the way.
//!
//! Each counter is written by one thread, next to what that thread writes anyway, and
//! read by whoever asks. No step of the protocol depends on one.

#![forbid(unsafe_code)]

use core::time::Duration;

use crate::sync::Counter;

/// What a reader counts, on a cache line that nobody else looks at unless asked to.
#[derive(Debug, Default)]
pub(crate) struct ReaderCounters {
    /// How many times a look has found events.
    pub(crate) batches: Counter,
    /// The most events found at one look.
    pub(crate) largest: Counter,
    /// How many times it went to sleep.
    pub(crate) parks: Counter,
}

impl ReaderCounters {
    /// Takes note that a look has found so many events.
    #[inline]
    pub(crate) fn found(&self, events: u64) {
        self.batches.add(1);
        if events > self.largest.get() {
            self.largest.set(events);
        }
    }

    /// Begins again, for another reader.
    pub(crate) fn reset(&self) {
        for counter in [&self.batches, &self.largest, &self.parks] {
            counter.set(0);
        }
    }

    /// Goes on where the same reader has stopped to count elsewhere.
    pub(crate) fn continue_from(&self, before: &Self) {
        self.batches.set(before.batches.get());
        self.largest.set(before.largest.get());
        self.parks.set(before.parks.get());
    }
}

/// What the writer counts when it finds the ring full, on a cache line of its own.
#[derive(Debug, Default)]
pub(crate) struct WriterCounters {
    /// How many times it found the ring full.
    pub(crate) stalls: Counter,
    /// How many nanoseconds all stalls before the present one took together.
    pub(crate) stalled: Counter,
    /// When the present stall began, in nanoseconds since the ring was built, or 0.
    pub(crate) since: Counter,
    /// Where who holds the writer up was when it was last found full.
    pub(crate) position: Counter,
    /// 1 if that is an editor, which is where the cursor is.
    by_editor: Counter,
    /// When the ring was first found full because of that, in this stall.
    pub(crate) held_since: Counter,
    /// How many readers it has evicted.
    pub(crate) evictions: Counter,
    /// How many times it went to sleep.
    pub(crate) parks: Counter,
}

impl WriterCounters {
    /// Takes note that the ring is full because of who is at `position`, and whether that is
    /// an editor. Asks for the time only if that is news.
    #[inline]
    pub(crate) fn stalled_at(&self, position: u64, by_editor: bool, now: impl Fn() -> u64) {
        let begins = self.since.get() == 0;
        if begins {
            self.stalls.add(1);
            self.since.set(now());
        }
        let held_by = (self.position.get(), self.by_editor.get());
        if begins || held_by != (position, u64::from(by_editor)) {
            self.position.set(position);
            self.by_editor.set(u64::from(by_editor));
            self.held_since.set(now());
        }
    }

    /// Takes note that at `now` the ring is no longer full.
    pub(crate) fn stall_ended(&self, now: u64) {
        let since = self.since.get();
        self.stalled.add(now.max(since) - since);
        self.since.set(0);
    }

    /// Returns how long all stalls together have taken by `now`.
    pub(crate) fn stalled_by(&self, now: u64) -> Duration {
        let since = self.since.get();
        let present = if since == 0 { 0 } else { now.saturating_sub(since) };
        Duration::from_nanos(self.stalled.get() + present)
    }
}
