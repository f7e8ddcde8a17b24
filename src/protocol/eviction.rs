//! What becomes of a writer that is held up: who is to blame, for how long it has been, and
//! whom it goes on without.

#![forbid(unsafe_code)]

use core::cell::LazyCell;
use std::time::{Duration, Instant};

use super::counters::WriterCounters;
use super::gate::Gate;
use super::sequencer::Sequencer;
use crate::sync::strong;
use crate::telemetry::trace;

impl Sequencer {
    /// Takes note that the writer, at `next`, is held up by readers at `position`, and
    /// evicts those to blame, if they all may be, and have been so for too long. Returns
    /// whether any was.
    pub(crate) fn note_full(&self, next: u64, position: u64) -> bool {
        let cursor = self.cursor_behind_editors(next);
        // Readers at the cursor wait for editors.
        let by_editor = position >= cursor;
        let now = LazyCell::new(|| self.now().max(1));
        let begins = self.counters.since.get() == 0;
        self.counters.stalled_at(position.min(cursor), by_editor, || *now);
        if begins {
            trace::stall_begins(next, || self.holder());
        }
        !by_editor && self.gates.can_evict() && self.evict_overdue(position, || *now)
    }

    /// As `note_full`, where it has to be found out who is to blame.
    #[cold]
    fn evict_overdue(&self, position: u64, now: impl Fn() -> u64) -> bool {
        self.update_timers(position, &now);
        let due = self.due_at(position);
        let over = due.is_some_and(|due| due <= now());
        over && self.are_idle(position) && self.evict(position, now())
    }

    /// Finds out who is to blame, of the readers at `position`.
    fn update_timers(&self, position: u64, now: impl Fn() -> u64) {
        let (begun, held_since) = (self.counters.since.get(), self.counters.held_since.get());
        for gate in self.gates.taken() {
            let timer = self.stall_timers.of(gate);
            let was_gating = timer.is_gating(position, begun);
            if gate.gating_sequence() == position {
                if !was_gating {
                    // Where nobody was told apart, everybody has been to blame.
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
            && self.gating_readers(position).count() > 1
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

    /// Evicts those to blame at `position`; returns whether any was.
    #[cold]
    fn evict(&self, position: u64, now: u64) -> bool {
        let mut evicted: Vec<_> = self.gating_readers(position).collect();
        // Somebody who was due may have moved on meanwhile, and somebody come who is not.
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
            trace::evicted(|| self.registry.member(gate), position, stalled);
        }
        true
    }

    /// Takes note that the writer is not held up.
    pub(crate) fn stall_ended(&self) {
        let since = self.counters.since.get();
        if since != 0 {
            let now = self.now();
            self.counters.stall_ended(now);
            trace::stall_ends(now.saturating_sub(since));
        }
    }

    /// Returns when those who hold the writer up now will have done so for too long.
    pub(crate) fn next_eviction(&self) -> Option<Instant> {
        let WriterCounters { since, position, .. } = &*self.counters;
        if since.get() == 0 || !self.gates.can_evict() {
            return None;
        }
        let due = self.due_at(position.get())?;
        // Who is overdue and not idle tells when it is; who is idle is evicted at the next look.
        let awaited = due > self.now() || self.are_idle(position.get());
        awaited.then(|| self.built.checked_add(Duration::from_nanos(due)))?
    }

    /// The gates of those to blame at `position`, as was last found out.
    fn gating_readers(&self, position: u64) -> impl Iterator<Item = &Gate> {
        let begun = self.counters.since.get();
        let is_gating = move |gate: &&Gate| self.stall_timers.of(gate).is_gating(position, begun);
        self.gates.taken().filter(is_gating)
    }

    /// When the time is up of all who are to blame at `position`; `None` if one of them may
    /// hold the writer up for ever, or nobody is to blame.
    fn due_at(&self, position: u64) -> Option<u64> {
        let due = self.gating_readers(position).map(|gate| self.due(gate)).max();
        due.filter(|&due| due < u64::MAX)
    }

    /// When the time is up of the reader of a gate: it passes only while all are to blame who
    /// may be evicted, and nobody else.
    fn due(&self, gate: &Gate) -> u64 {
        match self.stall_timers.of(gate).evictable_since.get() {
            0 => u64::MAX,
            since => since.saturating_add(gate.patience()),
        }
    }

    /// Whether nobody of those to blame at `position` looks at anything just now.
    fn are_idle(&self, position: u64) -> bool {
        self.gating_readers(position).all(Gate::is_idle)
    }
}
