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
    /// In nanoseconds since the ring was built, by the index of the gate; 0 for a reader that
    /// was not to blame when the writer last found it in its way.
    since: Box<[Counter]>,
}

impl Blame {
    pub(crate) fn new(gates: usize) -> Self {
        Self { since: (0..gates).map(|_| Counter::default()).collect() }
    }

    /// Since when the reader of a gate is to blame, where the writer has been held up since
    /// `held_since`; `None` if somebody else is.
    pub(crate) fn since(&self, gate: &Gate, held_since: u64) -> Option<u64> {
        let since = self.since[gate.index()].get();
        // What it has held up somewhere else is over.
        (since > 0).then(|| since.max(held_since))
    }

    /// Puts the blame on the reader of a gate, if that has not yet been done.
    fn put_on(&self, gate: &Gate, now: impl FnOnce() -> u64) {
        let since = &self.since[gate.index()];
        if since.get() == 0 {
            since.set(now());
        }
    }

    /// Takes the blame from the reader of a gate, or forgets that of one who had it before.
    pub(crate) fn take_from(&self, gate: &Gate) {
        let since = &self.since[gate.index()];
        if since.get() > 0 {
            since.set(0);
        }
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
        !by_editor && self.gates.differ() && self.evict_late(position, || *now)
    }

    /// As `evict_from`, where it has to be found out who is to blame.
    #[cold]
    fn evict_late(&self, position: u64, now: impl Fn() -> u64) -> bool {
        self.judge(position, &now);
        let excuse = self.excuse_at(position);
        self.counters.evictable_now(excuse.is_some(), &now);
        let due = excuse
            .is_some_and(|excuse| excuse.idle && self.due(excuse.due, excuse.patience) <= now());
        due && self.evict(position, now())
    }

    /// Finds out who is to blame, of the readers at `position`.
    fn judge(&self, position: u64, now: impl Fn() -> u64) {
        let holders = || self.gates.taken().filter(|gate| gate.holds_at() == position);
        let mut upstreams = self.gates.taken().filter(|gate| gate.dependents().is_some());
        let may_wait = upstreams.any(|gate| gate.holds_at() == position) && holders().count() > 1;
        if !may_wait {
            return holders().for_each(|gate| self.blame.put_on(gate, &now));
        }
        let (waiting, to_blame) = self.roster.part(holders().collect());
        waiting.into_iter().for_each(|gate| self.blame.take_from(gate));
        to_blame.into_iter().for_each(|gate| self.blame.put_on(gate, &now));
    }

    /// Since when the reader of a gate is to blame, if it is where the writer is held up;
    /// `None` if somebody else is, as the writer saw it last.
    pub(crate) fn to_blame_since(&self, gate: &Gate) -> Option<u64> {
        let held_since = self.counters.held_since.get();
        if self.gates.differ() { self.blame.since(gate, held_since) } else { Some(held_since) }
    }

    /// Evicts those to blame at `position`; returns whether any was.
    #[cold]
    fn evict(&self, position: u64, now: u64) -> bool {
        let mut evicted: Vec<_> = self.culprits(position).collect();
        // Somebody who was due may have moved on meanwhile, and somebody come who is not.
        let due = |gate: &Gate| self.due(self.due_alone(gate), gate.patience());
        evicted.retain(|&gate| due(gate) <= now && gate.evict(position));
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
        let WriterCounters { since, position, evictable_since, .. } = &*self.counters;
        if since.get() == 0 || evictable_since.get() == 0 {
            return None;
        }
        let excuse = self.excuse_at(position.get())?;
        let due = self.due(excuse.due, excuse.patience);
        // Who is overdue and not idle tells when it is; who is idle is evicted at the next look.
        let awaited = due > self.now() || excuse.idle;
        awaited.then(|| self.built.checked_add(Duration::from_nanos(due)))?
    }

    /// What those to blame at `position` can say for themselves; `None` if one of them may
    /// hold the writer up for ever, or nobody is to blame.
    fn excuse_at(&self, position: u64) -> Option<Excuse> {
        let excuses = self.culprits(position).map(|gate| self.excuse(gate));
        excuses.reduce(Excuse::and).filter(|excuse| excuse.patience < u64::MAX)
    }

    /// The gates of those to blame at `position`, as was last found out.
    fn culprits(&self, position: u64) -> impl Iterator<Item = &Gate> {
        let to_blame = |gate: &&Gate| self.blame.since(gate, 0).is_some();
        self.gates.taken().filter(to_blame).filter(move |gate| gate.holds_at() == position)
    }

    fn excuse(&self, gate: &Gate) -> Excuse {
        Excuse { patience: gate.patience(), due: self.due_alone(gate), idle: gate.is_idle() }
    }

    /// When the reader of a gate will have been to blame for as long as it may be.
    fn due_alone(&self, gate: &Gate) -> u64 {
        let since = self.to_blame_since(gate).unwrap_or(u64::MAX);
        since.saturating_add(gate.patience())
    }

    /// When those are evicted who have so much patience and are due then: their time passes
    /// only while all are there who may be evicted, and nobody else.
    fn due(&self, alone: u64, patience: u64) -> u64 {
        let since = self.counters.evictable_since.get();
        alone.max(since.saturating_add(patience))
    }
}

/// What a reader that holds the writer up can say for itself, or several together.
#[derive(Debug, Clone, Copy)]
struct Excuse {
    /// For how many nanoseconds it may do so.
    patience: u64,
    /// When it will have been to blame for that long, in nanoseconds since the ring was built.
    due: u64,
    /// Whether it looks at nothing just now.
    idle: bool,
}

impl Excuse {
    /// What both can say.
    fn and(self, other: Self) -> Self {
        Self {
            patience: self.patience.max(other.patience),
            due: self.due.max(other.due),
            idle: self.idle && other.idle,
        }
    }
}
