//! What becomes of a writer that is held up: who is to blame, for how long it has been, and
//! whom it goes on without.

#![forbid(unsafe_code)]

use core::cell::LazyCell;
use std::time::{Duration, Instant};

use crate::counters::{Counter, WriterCounters};
use crate::gates::Gate;
use crate::sequencer::Sequencer;
use crate::sync::strong;
use crate::trace;

/// Since when each reader has been to blame for holding the writer up.
///
/// As with the counters, the writer keeps it, on lines that readers do not touch, and
/// whoever asks may read it. No step of the protocol depends on it.
#[derive(Debug)]
pub(crate) struct Blame {
    /// By the index of the gate.
    entries: Box<[Entry]>,
    /// Whether the writer has ever asked who is to blame.
    judged: Counter,
}

/// What is to be said of one reader. Times are in nanoseconds since the ring was built, or 0.
#[derive(Debug, Default)]
struct Entry {
    /// Where it was to blame.
    position: Counter,
    /// Since when it has been, without a break.
    since: Counter,
    /// Since when nobody who may not be evicted has been to blame with it.
    evictable_since: Counter,
}

impl Blame {
    pub(crate) fn new(gates: usize) -> Self {
        let entries = (0..gates).map(|_| Entry::default()).collect();
        Self { entries, judged: Counter::default() }
    }

    fn of(&self, gate: &Gate) -> &Entry {
        &self.entries[gate.index()]
    }

    /// Takes the blame from the reader of a gate, or forgets that of one who had it before.
    pub(crate) fn take_from(&self, gate: &Gate) {
        let since = &self.of(gate).since;
        if since.get() > 0 {
            since.set(0);
        }
    }
}

impl Entry {
    /// Whether it is to blame at this position, in a stall that began then.
    fn is_to_blame(&self, position: u64, begun: u64) -> bool {
        // What it has held up somewhere else, or in an earlier stall, is over.
        self.since.get() >= begun.max(1) && self.position.get() == position
    }

    fn begin(&self, position: u64, since: u64) {
        self.position.set(position);
        self.since.set(since);
        self.evictable_since.set(0);
    }
}

impl Sequencer {
    /// Takes note that the writer, at `next`, is held up by readers at `position`, and
    /// evicts those to blame, if they all may be, and have been so for too long. Returns
    /// whether any was.
    pub(crate) fn evict_from(&self, next: u64, position: u64) -> bool {
        let cursor = self.cursor_of_writer(next);
        // Readers at the cursor wait for editors.
        let by_editor = position >= cursor;
        let now = LazyCell::new(|| self.now().max(1));
        let begins = self.counters.since.get() == 0;
        self.counters.stalled_at(position.min(cursor), by_editor, || *now);
        if begins {
            trace::stall_begins(next, || self.holder());
        }
        !by_editor && self.gates.can_evict() && self.evict_late(position, || *now)
    }

    /// As `evict_from`, where it has to be found out who is to blame.
    #[cold]
    fn evict_late(&self, position: u64, now: impl Fn() -> u64) -> bool {
        self.judge(position, &now);
        let due = self.due_at(position);
        let over = due.is_some_and(|due| due <= now());
        over && self.are_idle(position) && self.evict(position, now())
    }

    /// Finds out who is to blame, of the readers at `position`.
    fn judge(&self, position: u64, now: impl Fn() -> u64) {
        let (begun, held_since) = (self.counters.since.get(), self.counters.held_since.get());
        for gate in self.gates.taken() {
            let entry = self.blame.of(gate);
            let to_blame = entry.is_to_blame(position, begun);
            if gate.holds_at() == position {
                if !to_blame {
                    // Where nobody was told apart, everybody has been to blame.
                    let judged = self.blame.judged.get() > 0;
                    entry.begin(position, if judged { now() } else { held_since });
                }
            } else if to_blame {
                self.blame.take_from(gate);
            }
        }
        self.blame.judged.set(1);
        let has_dependents = |gate: &Gate| gate.dependents().is_some();
        if self.culprits(position).any(has_dependents) && self.culprits(position).count() > 1 {
            let waiting = self.roster.who_wait(self.culprits(position).collect());
            waiting.into_iter().for_each(|gate| self.blame.take_from(gate));
        }
        let evictable = self.culprits(position).all(|gate| gate.patience() < u64::MAX);
        for gate in self.culprits(position) {
            let since = &self.blame.of(gate).evictable_since;
            if evictable != (since.get() > 0) {
                since.set(if evictable { now() } else { 0 });
            }
        }
    }

    /// Since when the reader of a gate is to blame, if it is where the writer is held up;
    /// `None` if somebody else is, as the writer saw it last.
    pub(crate) fn to_blame_since(&self, gate: &Gate) -> Option<u64> {
        let WriterCounters { since, position, held_since, .. } = &*self.counters;
        if self.blame.judged.get() == 0 {
            return Some(held_since.get());
        }
        let entry = self.blame.of(gate);
        entry.is_to_blame(position.get(), since.get()).then(|| entry.since.get())
    }

    /// Evicts those to blame at `position`; returns whether any was.
    #[cold]
    fn evict(&self, position: u64, now: u64) -> bool {
        let mut evicted: Vec<_> = self.culprits(position).collect();
        // Somebody who was due may have moved on meanwhile, and somebody come who is not.
        evicted.retain(|&gate| self.due(gate) <= now && gate.evict(position));
        if evicted.is_empty() {
            return false;
        }
        self.counters.evictions.add(evicted.len() as u64);
        if strong!("stall.evicted") {
            self.wake_all_dependents();
        }
        for gate in evicted {
            let stalled = now.saturating_sub(self.to_blame_since(gate).unwrap_or(now));
            trace::evicted(|| self.roster.member(gate), position, stalled);
        }
        true
    }

    /// Takes note that the writer is not held up.
    pub(crate) fn goes_on(&self) {
        let since = self.counters.since.get();
        if since != 0 {
            let now = self.now();
            self.counters.goes_on(now);
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
    fn culprits(&self, position: u64) -> impl Iterator<Item = &Gate> {
        let begun = self.counters.since.get();
        let to_blame = move |gate: &&Gate| self.blame.of(gate).is_to_blame(position, begun);
        self.gates.taken().filter(to_blame)
    }

    /// When the time is up of all who are to blame at `position`; `None` if one of them may
    /// hold the writer up for ever, or nobody is to blame.
    fn due_at(&self, position: u64) -> Option<u64> {
        let due = self.culprits(position).map(|gate| self.due(gate)).max();
        due.filter(|&due| due < u64::MAX)
    }

    /// When the time is up of the reader of a gate: it passes only while all are to blame who
    /// may be evicted, and nobody else.
    fn due(&self, gate: &Gate) -> u64 {
        match self.blame.of(gate).evictable_since.get() {
            0 => u64::MAX,
            since => since.saturating_add(gate.patience()),
        }
    }

    /// Whether nobody of those to blame at `position` looks at anything just now.
    fn are_idle(&self, position: u64) -> bool {
        self.culprits(position).all(Gate::is_idle)
    }
}
