//! Stall timers: since when each reader has been holding a stalled writer back.
//!
//! The writer keeps them, in rings that have had an evictable reader. Only eviction and
//! statistics use them.

#![forbid(unsafe_code)]

use super::counters::WriterCounters;
use super::gate::Gate;
use crate::sync::Counter;

/// The stall timers of all readers.
///
/// Only the writer writes them, but for `reset` by a reader that takes a gate. They lie on
/// cache lines that readers do not touch otherwise, and any thread may read them. Memory safety
/// does not depend on them.
#[derive(Debug)]
pub(crate) struct StallTimers {
    /// The timers, by the index of the gate.
    timers: Box<[StallTimer]>,
    /// 1 once the writer has updated the timers for the first time, 0 before.
    pub(super) updated: Counter,
}

/// The timer of one reader. Times are in nanoseconds since the ring was built, or 0 for none.
#[derive(Debug, Default)]
pub(super) struct StallTimer {
    /// The position at which the reader holds the writer back, or did so last.
    pub(super) position: Counter,
    /// Since when it has been a gating reader there, without a break.
    pub(super) since: Counter,
    /// Since when all gating readers there have been evictable.
    pub(super) evictable_since: Counter,
}

impl StallTimers {
    pub(crate) fn new(gates: usize) -> Self {
        let timers = (0..gates).map(|_| StallTimer::default()).collect();
        Self { timers, updated: Counter::default() }
    }

    /// Returns the timer of a gate.
    pub(super) fn of(&self, gate: &Gate) -> &StallTimer {
        &self.timers[gate.index()]
    }

    /// Resets the timer of a gate: its reader no longer holds the writer back, or a new reader
    /// has taken the gate.
    pub(crate) fn reset(&self, gate: &Gate) {
        let since = &self.of(gate).since;
        if since.get() > 0 {
            since.set(0);
        }
    }

    /// Returns since when the reader of a gate, which is at the position where the writer is
    /// held back, has been a gating reader. `None` if it was none when the writer last looked.
    pub(super) fn gating_since(&self, gate: &Gate, counters: &WriterCounters) -> Option<u64> {
        let WriterCounters { since, position, held_since, .. } = counters;
        if self.updated.get() == 0 {
            return Some(held_since.get());
        }
        let timer = self.of(gate);
        timer.is_gating(position.get(), since.get()).then(|| timer.since.get())
    }
}

impl StallTimer {
    /// Whether the reader is a gating reader at this position, in a stall that began at `begun`.
    pub(super) fn is_gating(&self, position: u64, begun: u64) -> bool {
        // At another position, or in an earlier stall, its time is over.
        self.since.get() >= begun.max(1) && self.position.get() == position
    }

    /// Starts the timer of a reader that begins to hold the writer back.
    pub(super) fn begin(&self, position: u64, since: u64) {
        self.position.set(position);
        self.since.set(since);
        self.evictable_since.set(0);
    }
}
