//! Eviction: a stalled writer finds out which readers hold it back, for how long they have done so,
//! and goes on without those that are overdue.
//!
//! A *gating reader* stands at the smallest gating sequence and waits for no other reader
//! there. Only gating readers are evicted, and only if all of them may be: otherwise it would
//! not help.

#![forbid(unsafe_code)]

use core::cell::LazyCell;
use std::time::{Duration, Instant};

use super::counters::WriterCounters;
use super::gate::Gate;
use super::sequencer::Sequencer;
use crate::sync::strong;
use crate::telemetry::trace;

impl Sequencer {
    /// Notes that the writer, at `next`, finds the ring full because of members at `position`.
    /// Evicts the gating readers there, if all of them are evictable and overdue. Returns
    /// whether any was evicted.
    pub(crate) fn note_full(&self, next: u64, position: u64) -> bool {
        let cursor = self.cursor_behind_editors(next);
        // Readers at the cursor are waiting for editors.
        let by_editor = position >= cursor;
        let now = LazyCell::new(|| self.now().max(1));
        let begins = self.counters.since.get() == 0;
        self.counters.stalled_at(position.min(cursor), by_editor, || *now);
        if begins {
            trace::stall_begins(self.name(), next, || self.holder());
        }
        !by_editor && self.gates.can_evict() && self.evict_overdue(position, || *now)
    }

    /// The part of `note_full` for rings that have had an evictable reader.
    #[cold]
    fn evict_overdue(&self, position: u64, now: impl Fn() -> u64) -> bool {
        self.update_timers(position, &now);
        let due = self.due_at(position);
        let over = due.is_some_and(|due| due <= now());
        over && self.are_idle(position) && self.evict(position, now())
    }

    /// Finds the gating readers at `position`, and starts, stops and resets the stall timers.
    fn update_timers(&self, position: u64, now: impl Fn() -> u64) {
        let (begun, held_since) = (self.counters.since.get(), self.counters.held_since.get());
        for gate in self.gates.taken() {
            let timer = self.stall_timers.of(gate);
            let was_gating = timer.is_gating(position, begun);
            if gate.gating_sequence() == position {
                if !was_gating {
                    // Before the first update no readers were told apart: all of them have held the
                    // writer back since it first stalled at this position.
                    let updated = self.stall_timers.updated.get() > 0;
                    timer.begin(position, if updated { now() } else { held_since });
                }
            } else if was_gating {
                self.stall_timers.reset(gate);
            }
        }
        self.stall_timers.updated.set(1);
        let has_dependents = |gate: &Gate| gate.dependents().is_some();
        if self.gating_readers(position).any(has_dependents)
            && self.gating_readers(position).nth(1).is_some()
        {
            let waiting =
                self.registry.waiting_for_each_other(self.gating_readers(position).collect());
            waiting.into_iter().for_each(|gate| self.stall_timers.reset(gate));
        }
        let evictable = self.gating_readers(position).all(|gate| gate.patience() < u64::MAX);
        for gate in self.gating_readers(position) {
            let since = &self.stall_timers.of(gate).evictable_since;
            if evictable != (since.get() > 0) {
                since.set(if evictable { now() } else { 0 });
            }
        }
    }

    /// Evicts the gating readers at `position`. Returns whether any was evicted.
    #[cold]
    fn evict(&self, position: u64, now: u64) -> bool {
        let mut evicted: Vec<_> = self.gating_readers(position).collect();
        // A reader that was due may have moved on meanwhile, and another one have come that is not.
        evicted.retain(|&gate| self.due(gate) <= now && gate.evict(position));
        if evicted.is_empty() {
            return false;
        }
        self.counters.evictions.add(evicted.len() as u64);
        if strong!("eviction.wake") {
            self.wake_dependents();
        }
        for gate in evicted {
            let stalled = now.saturating_sub(
                self.stall_timers.gating_since(gate, &self.counters).unwrap_or(now),
            );
            trace::evicted(self.name(), || self.registry.member(gate), position, stalled);
        }
        true
    }

    /// Notes that the writer is not held back: a stall, if there was one, has ended.
    pub(crate) fn stall_ended(&self) {
        let since = self.counters.since.get();
        if since != 0 {
            let now = self.now();
            self.counters.stall_ended(now);
            trace::stall_ends(self.name(), now.saturating_sub(since));
        }
    }

    /// Returns when the next eviction is due, if the gating readers stay where they are.
    pub(crate) fn next_eviction(&self) -> Option<Instant> {
        let WriterCounters { since, position, .. } = &*self.counters;
        if since.get() == 0 || !self.gates.can_evict() {
            return None;
        }
        let due = self.due_at(position.get())?;
        // A reader that is overdue and not idle wakes the writer when it becomes idle. One that
        // is idle is evicted at the next refill.
        let awaited = due > self.now() || self.are_idle(position.get());
        awaited.then(|| self.built.checked_add(Duration::from_nanos(due)))?
    }

    /// Returns the gates of the gating readers at `position`, as of the last update.
    fn gating_readers(&self, position: u64) -> impl Iterator<Item = &Gate> {
        let begun = self.counters.since.get();
        let is_gating = move |gate: &&Gate| self.stall_timers.of(gate).is_gating(position, begun);
        self.gates.taken().filter(is_gating)
    }

    /// Returns when all gating readers at `position` are due for eviction. `None` if one of
    /// them is not evictable, or there are none.
    fn due_at(&self, position: u64) -> Option<u64> {
        let due = self.gating_readers(position).map(|gate| self.due(gate)).max();
        due.filter(|&due| due < u64::MAX)
    }

    /// Returns when the reader of a gate is due for eviction. Its time runs only while all
    /// gating readers are evictable.
    fn due(&self, gate: &Gate) -> u64 {
        match self.stall_timers.of(gate).evictable_since.get() {
            0 => u64::MAX,
            since => since.saturating_add(gate.patience()),
        }
    }

    /// Whether all gating readers at `position` are idle, so that they can be evicted now.
    fn are_idle(&self, position: u64) -> bool {
        self.gating_readers(position).all(Gate::is_idle)
    }
}
