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
        let excuse = if position < cursor { self.excuse_at(position) } else { None };
        let evictable = excuse.is_some();
        let begins = self.counters.since.get() == 0;
        let stalled = self.counters.stalled_at(position.min(cursor), evictable, || self.now());
        if begins {
            trace::stall_begins(next, || self.holder());
        }
        let due = excuse.is_some_and(|excuse| stalled >= excuse.patience && excuse.idle);
        due && self.evict(position, stalled)
    }

    /// Evicts those who hold the writer up at `position`; returns whether any was.
    #[cold]
    fn evict(&self, position: u64, stalled: u64) -> bool {
        // All are found before any is gone: who waits for one of them is not to blame then either.
        let mut culprits: Vec<_> = self.culprits(position).collect();
        // Somebody who was due may have moved on meanwhile, and left one behind who is not.
        culprits.retain(|gate| gate.patience() <= stalled && gate.evict(position));
        if culprits.is_empty() {
            return false;
        }
        // Those who have only waited for them have their own time from now on.
        self.counters.evictable_since.set(0);
        self.wake_all_dependents();
        for gate in culprits {
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
        let at = evictable_since.get().checked_add(excuse.patience)?;
        // Who is overdue and not idle tells when it is; who is idle is evicted at the next look.
        let awaited = at > self.now() || excuse.idle;
        awaited.then(|| self.built.checked_add(Duration::from_nanos(at)))?
    }

    /// What those who hold the writer up at `position` can say for themselves; `None` if one
    /// of them may do so for ever.
    #[inline]
    fn excuse_at(&self, position: u64) -> Option<Excuse> {
        if self.gates.can_evict() { self.excuse_of_culprits(position) } else { None }
    }

    #[cold]
    fn excuse_of_culprits(&self, position: u64) -> Option<Excuse> {
        let excuses = self.culprits(position).map(Excuse::of);
        excuses.reduce(Excuse::and).filter(|excuse| excuse.patience < u64::MAX)
    }

    /// Those who hold the writer up at `position`, without those who are there because they
    /// come after another of them.
    fn culprits(&self, position: u64) -> impl Iterator<Item = &Gate> {
        let holders = move || self.gates.taken().filter(move |gate| gate.holds_at() == position);
        let is_culprit = move |gate: &&Gate| !self.roster.comes_after(gate, &mut holders());
        let mut first_two = holders();
        let (first, second) = (first_two.next(), first_two.next());
        let several = second.map(|_| holders().filter(is_culprit));
        let alone = first.filter(|_| second.is_none());
        alone.into_iter().chain(several.into_iter().flatten())
    }
}

/// What a reader that holds the writer up can say for itself.
#[derive(Debug, Clone, Copy)]
struct Excuse {
    /// For how many nanoseconds it may do so.
    patience: u64,
    /// Whether it looks at nothing just now.
    idle: bool,
}

impl Excuse {
    fn of(gate: &Gate) -> Self {
        Self { patience: gate.patience(), idle: gate.is_idle() }
    }

    /// What both can say.
    fn and(self, other: Self) -> Self {
        let patience = self.patience.max(other.patience);
        Self { patience, idle: self.idle && other.idle }
    }
}
