//! What becomes of a writer that is held up: how long it was, and whom it goes on without.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use crate::counters::WriterCounters;
use crate::gates::Gate;
use crate::sequencer::Sequencer;
use crate::trace;

impl Sequencer {
    /// Takes note that the writer, at `next`, is held up by readers at `position`, and
    /// evicts those who do, if they all may be, and have been there for too long. Returns
    /// whether any was.
    pub(crate) fn evict_from(&self, next: u64, position: u64) -> bool {
        let cursor = self.cursor_of_writer(next);
        // With editors in between, readers at the cursor wait for them.
        let patience = if position < cursor { self.patience(position) } else { None };
        let evictable = patience.is_some();
        let begins = self.counters.since.get() == 0;
        let stalled = self.counters.stalled_at(position.min(cursor), evictable, || self.now());
        if begins {
            trace::stall_begins(next, || self.holder());
        }
        if patience.is_none_or(|patience| stalled < patience) || !self.are_idle(position) {
            return false;
        }
        let mut evicted = false;
        for gate in self.culprits(position).filter(|gate| gate.evict(position)) {
            evicted = true;
            trace::evicted(|| self.roster.member(gate), position, stalled);
        }
        if evicted {
            // Those who have only waited for them have their own time from now on.
            self.counters.evictable_since.set(0);
            self.wake_all_dependents();
        }
        evicted
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
        let patience = self.patience(position.get())?;
        let at = evictable_since.get().checked_add(patience)?;
        // Who is overdue and not idle tells when it is; who is idle is evicted at the next look.
        let awaited = at > self.now() || self.are_idle(position.get());
        awaited.then(|| self.built.checked_add(Duration::from_nanos(at)))?
    }

    /// For how many nanoseconds those who hold the writer up at `position` may do so; `None`
    /// if one of them may do it for ever.
    fn patience(&self, position: u64) -> Option<u64> {
        if !self.gates.can_evict() {
            return None;
        }
        let longest = self.culprits(position).map(Gate::patience).max();
        longest.filter(|patience| *patience < u64::MAX)
    }

    /// Whether nobody who holds the writer up at `position` looks at anything.
    fn are_idle(&self, position: u64) -> bool {
        self.culprits(position).all(Gate::is_idle)
    }

    /// Those who hold the writer up at `position`, without those who are there because they
    /// come after another of them.
    fn culprits(&self, position: u64) -> impl Iterator<Item = &Gate> {
        let holders = move || self.gates.taken().filter(move |gate| gate.holds_at() == position);
        let alone = holders().nth(1).is_none();
        holders().filter(move |gate| alone || !self.roster.comes_after(gate, &mut holders()))
    }
}
