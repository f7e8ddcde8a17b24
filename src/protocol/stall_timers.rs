//! Stall timers: since when each reader has been holding the writer back.

#![forbid(unsafe_code)]

use super::counters::WriterCounters;
use super::gate::Gate;
use crate::sync::Counter;

/// Since when each reader has been to blame for holding the writer up.
///
/// As with the counters, the writer keeps it, on lines that readers do not touch, and
/// whoever asks may read it. No step of the protocol depends on it.
#[derive(Debug)]
pub(crate) struct StallTimers {
    /// By the index of the gate.
    timers: Box<[StallTimer]>,
    /// Whether the writer has ever asked who is to blame.
    pub(super) updated: Counter,
}

/// What is to be said of one reader. Times are in nanoseconds since the ring was built, or 0.
#[derive(Debug, Default)]
pub(super) struct StallTimer {
    /// Where it was to blame.
    pub(super) position: Counter,
    /// Since when it has been, without a break.
    pub(super) since: Counter,
    /// Since when nobody who may not be evicted has been to blame with it.
    pub(super) evictable_since: Counter,
}

impl StallTimers {
    pub(crate) fn new(gates: usize) -> Self {
        let timers = (0..gates).map(|_| StallTimer::default()).collect();
        Self { timers, updated: Counter::default() }
    }

    pub(super) fn of(&self, gate: &Gate) -> &StallTimer {
        &self.timers[gate.index()]
    }

    /// Takes the blame from the reader of a gate, or forgets that of one who had it before.
    pub(crate) fn reset(&self, gate: &Gate) {
        let since = &self.of(gate).since;
        if since.get() > 0 {
            since.set(0);
        }
    }

    /// Since when the reader of a gate is to blame, if it is where the writer is held up;
    /// `None` if somebody else is, as the writer saw it last.
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
    /// Whether it is to blame at this position, in a stall that began then.
    pub(super) fn is_gating(&self, position: u64, begun: u64) -> bool {
        // What it has held up somewhere else, or in an earlier stall, is over.
        self.since.get() >= begun.max(1) && self.position.get() == position
    }

    pub(super) fn begin(&self, position: u64, since: u64) {
        self.position.set(position);
        self.since.set(since);
        self.evictable_since.set(0);
    }
}
