//! The claim window: the sequences that the writer may claim without another scan of the gates, and
//! how the writer moves it on.
//!
//! This is the cached gating sequence of the Disruptor's single producer. It is private to the
//! writer. Its slow path announces the frontier, scans the gates, evicts and waits.

#![forbid(unsafe_code)]

use std::time::Instant;

use super::sequencer::Sequencer;
use crate::sequence::Sequence;
use crate::sync::{Ordering, fence, ordering, strong};
use crate::waiting::Wait;

/// The claim window of the writer: from `next` up to `limit`.
///
/// The writer hands it to the slow paths and gets it back by value, so that the fast path can
/// keep it in registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimWindow {
    /// The next sequence to publish. Always equal to the cursor, if there are no editors.
    next: u64,
    /// The writer may write below this: the result of the last scan, or less. It can fall below
    /// `next` while a reader joins at an old event.
    limit: u64,
    /// A copy of the shared frontier. Too small after a wait that has panicked.
    frontier: u64,
}

impl ClaimWindow {
    /// Makes the claim window of a ring whose first event has the sequence `first`.
    pub(crate) fn new(first: u64) -> Self {
        Self { next: first, limit: first, frontier: first }
    }

    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Whether `events` more may be written without another scan. For 0 events this is always true,
    /// also while `limit` is below `next`.
    #[inline]
    pub(crate) fn covers(&self, events: u64) -> bool {
        events == 0 || self.next + events <= self.limit
    }

    /// Returns how many events may be written without another scan.
    pub(crate) fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.next)
    }

    /// Returns the position that every gate must reach before `needed` more events may be written.
    pub(crate) fn needed_position(&self, sequencer: &Sequencer, needed: u64) -> u64 {
        (self.next + needed).saturating_sub(sequencer.capacity())
    }

    /// Counts `events` as published. The caller stores the cursor.
    #[inline]
    pub(crate) fn advance(&mut self, events: u64) {
        self.next += events;
    }

    /// Scans the gates, to make room for `wanted` more events. If there is room for fewer than
    /// `needed`, the ring is full: notes that, and evicts readers that have held the writer
    /// back for too long.
    ///
    /// # Panics
    ///
    /// If there are not so many sequences left.
    #[cold]
    #[inline(never)]
    #[must_use]
    #[track_caller]
    pub(crate) fn refill(mut self, sequencer: &Sequencer, needed: u64, wanted: u64) -> Self {
        let left = Sequence::MAX.get() - self.next;
        assert!(needed <= left, "nothing more can be published: the sequences are used up");
        let wanted = wanted.min(left);
        loop {
            let smallest = self.scan(sequencer, wanted);
            if self.covers(needed) {
                sequencer.stall_ended();
                return self;
            }
            // Behind an evicted reader there may be others that are due for eviction.
            if !sequencer.note_full(self.next, smallest) {
                // The writer may use the slots that are free only after another refill, which notes
                // the end of the stall.
                self.limit = self.limit.min(self.next);
                return self;
            }
        }
    }

    /// Scans the gates, to see whether `events` more may be written, and returns the smallest
    /// gating sequence.
    ///
    /// The frontier moves in steps of half a ring, unless more is claimed at once. So the
    /// writer pays for a fence twice a lap, and a reader that joins can always read the latest
    /// half of the ring. While the frontier stays where it is, no fence is needed: a reader
    /// whose gate was missed by every scan since the announcement has seen the announcement.
    fn scan(&mut self, sequencer: &Sequencer, events: u64) -> u64 {
        if self.next + events > self.frontier {
            self.frontier = sequencer.announced.get();
            // With editors, the cursor may be far behind the writer, and a reader that joins
            // starts at or before the cursor. So the frontier must not go further than a ring
            // ahead of it.
            let reach = sequencer.cursor_behind_editors(self.next) + sequencer.capacity();
            let reach = reach.min(Sequence::MAX.get());
            let frontier = (self.next + events.max(sequencer.capacity() / 2)).min(reach);
            if frontier > self.frontier {
                self.frontier = frontier;
                sequencer.announced.set(frontier);
                // ORDERING: Release pairs with the Acquire in `Sequencer::place_reader`: a
                // reader that sees the frontier sees a cursor at most `capacity` behind it.
                sequencer.frontier.store(frontier, ordering!("claim_window.announce", Release));
                if strong!("claim_window.fence") {
                    // ORDERING: SeqCst fence; pairs with the one in `Sequencer::place_reader` (I3).
                    fence(Ordering::SeqCst);
                }
            }
        }
        let smallest = sequencer.gates.scan();
        self.limit = self.frontier.min(smallest.saturating_add(sequencer.capacity()));
        smallest
    }

    /// Like [`wait_for`](Self::wait_for), without a deadline.
    ///
    /// # Panics
    ///
    /// If an editor has left, so that there may never be room.
    #[cold]
    #[inline(never)]
    #[must_use]
    #[track_caller]
    pub(crate) fn wait_without_deadline(
        self,
        sequencer: &Sequencer,
        wait: Wait,
        needed: u64,
        wanted: u64,
    ) -> Self {
        let after = self.wait_for(sequencer, wait, needed, wanted, None);
        if !after.covers(needed) {
            let editor = sequencer.departed_editor();
            let editor = editor.unwrap_or_else(|| unreachable!("there is no deadline"));
            panic!("nothing more can be published: the {editor} has left");
        }
        after
    }

    /// Waits until there is room for at least `needed` more events, asking for `wanted`. Also
    /// returns at the deadline, and when an editor has left.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub(crate) fn wait_for(
        mut self,
        sequencer: &Sequencer,
        wait: Wait,
        needed: u64,
        wanted: u64,
        deadline: Option<Instant>,
    ) -> Self {
        let needed_position = self.needed_position(sequencer, needed);
        let parks = &sequencer.counters.parks;
        loop {
            self = self.refill(sequencer, needed, wanted);
            let alarm = sequencer.next_eviction();
            let until = deadline.into_iter().chain(alarm).min();
            let waited = wait.until(&sequencer.freed, needed_position, until, parks, || {
                self = self.refill(sequencer, needed, wanted);
                if self.covers(needed) || sequencer.departed_editor().is_some() {
                    return Some(true);
                }
                // The next eviction is due at another time now: wait until that time instead.
                (sequencer.next_eviction() != alarm).then_some(false)
            });
            // Otherwise the wait has ended because an eviction is due, which the next refill does.
            let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if waited == Some(true) || over {
                return self;
            }
        }
    }
}
