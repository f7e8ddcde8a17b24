//! The counters of readers and of the writer, for statistics.
//!
//! One thread writes each counter, next to what that thread writes anyway, and any thread may read
//! it. No step of the protocol depends on a counter.

#![forbid(unsafe_code)]

use core::time::Duration;

use crate::sync::Counter;

/// The counters of a reader, on a cache line that other threads read only for statistics.
#[derive(Debug, Default)]
pub(crate) struct ReaderCounters {
    /// How often a poll has found events.
    pub(crate) batches: Counter,
    /// The most events found by one poll.
    pub(crate) largest: Counter,
    /// How often the reader went to sleep.
    pub(crate) parks: Counter,
}

impl ReaderCounters {
    /// Counts a poll that has found so many events.
    #[inline]
    pub(crate) fn found(&self, events: u64) {
        self.batches.add(1);
        if events > self.largest.get() {
            self.largest.set(events);
        }
    }

    /// Starts at 0 again, for another reader.
    pub(crate) fn reset(&self) {
        for counter in [&self.batches, &self.largest, &self.parks] {
            counter.set(0);
        }
    }

    /// Continues the counts of the same reader at its former gate.
    pub(crate) fn continue_from(&self, before: &Self) {
        self.batches.set(before.batches.get());
        self.largest.set(before.largest.get());
        self.parks.set(before.parks.get());
    }
}

/// The counters of the writer, which it writes only when it finds the ring full. On a cache line of
/// their own.
#[derive(Debug, Default)]
pub(crate) struct WriterCounters {
    /// How often the writer found the ring full.
    pub(crate) stalls: Counter,
    /// The total length of all stalls before the present one, in nanoseconds.
    pub(crate) stalled: Counter,
    /// When the present stall began, in nanoseconds since the ring was built, or 0.
    pub(crate) since: Counter,
    /// The smallest gating sequence when the ring was last found full.
    pub(crate) position: Counter,
    /// 1 if an editor held the writer back there, at the cursor.
    by_editor: Counter,
    /// When the ring was first found full at that sequence, in this stall.
    pub(crate) held_since: Counter,
    /// How many readers the writer has evicted.
    pub(crate) evictions: Counter,
    /// How often the writer went to sleep.
    pub(crate) parks: Counter,
}

impl WriterCounters {
    /// Notes that the ring is full because of a member at `position`, and whether that member is an
    /// editor. Reads the clock only if this is new.
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

    /// Notes that the ring is no longer full at `now`.
    pub(crate) fn stall_ended(&self, now: u64) {
        let since = self.since.get();
        self.stalled.add(now.max(since) - since);
        self.since.set(0);
    }

    /// Returns the total length of all stalls up to `now`, including the present one.
    pub(crate) fn stalled_by(&self, now: u64) -> Duration {
        let since = self.since.get();
        let present = if since == 0 { 0 } else { now.saturating_sub(since) };
        Duration::from_nanos(self.stalled.get() + present)
    }
}
