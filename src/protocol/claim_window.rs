//! What the writer may write, and how it learns that it may write more.

#![forbid(unsafe_code)]

use std::time::Instant;

use super::sequencer::Sequencer;
use crate::sync::{Ordering, fence, ordering, strong};
use crate::waiting::Wait;

/// What the writer may write. All of it private to the writer, who hands it to the
/// slow paths and back by value: so the fast path can keep it in registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimWindow {
    /// The next sequence to publish: always equal to the cursor, where no editors are in
    /// between.
    next: u64,
    /// The writer may write below this: the result of the last scan, or less. It can
    /// fall below `next` while a reader joins at an old event.
    limit: u64,
    /// The shared frontier; less after a wait that has panicked, and could hand nothing back.
    frontier: u64,
}

impl ClaimWindow {
    pub(crate) fn new() -> Self {
        Self { next: 0, limit: 0, frontier: 0 }
    }

    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Whether `events` more may be written without another scan. No events
    /// always may, also while `limit` is below `next`.
    #[inline]
    pub(crate) fn covers(&self, events: u64) -> bool {
        events == 0 || self.next + events <= self.limit
    }

    /// How many events may be written without another scan.
    pub(crate) fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.next)
    }

    /// Where every reader must at least be before `needed` more may be written.
    pub(crate) fn needed_position(&self, sequencer: &Sequencer, needed: u64) -> u64 {
        (self.next + needed).saturating_sub(sequencer.capacity())
    }

    /// Counts `events` as published. The caller has stored the cursor.
    #[inline]
    pub(crate) fn advance(&mut self, events: u64) {
        self.next += events;
    }

    /// Learns whether `wanted` more may be written. Takes note if fewer than `needed` may:
    /// then the ring is full, and whoever has held it for too long is evicted.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub(crate) fn refill(mut self, sequencer: &Sequencer, needed: u64, wanted: u64) -> Self {
        loop {
            let smallest = self.scan(sequencer, wanted);
            if self.covers(needed) {
                sequencer.stall_ended();
                return self;
            }
            // Behind those who are evicted others may come, who are not to be waited for either.
            if !sequencer.note_full(self.next, smallest) {
                // What is free the writer takes only after another look, which takes note
                // that it goes on.
                self.limit = self.limit.min(self.next);
                return self;
            }
        }
    }

    /// Scans the gates, to learn whether `events` more may be written, and returns the
    /// smallest.
    ///
    /// The frontier moves in steps of half a ring, unless more is claimed at once:
    /// so a fence is paid twice a lap, and the latest half of a ring stays readable
    /// to those who join. While it need not move no fence is needed: a reader whose
    /// gate any scan since the announcement has missed sees the announcement.
    fn scan(&mut self, sequencer: &Sequencer, events: u64) -> u64 {
        if self.next + events > self.frontier {
            self.frontier = sequencer.announced.get();
            // Where editors are in between, the cursor may be far behind the writer. It is
            // what nobody may be lapped by who joins.
            let reach = sequencer.cursor_behind_editors(self.next) + sequencer.capacity();
            let frontier = (self.next + events.max(sequencer.capacity() / 2)).min(reach);
            if frontier > self.frontier {
                self.frontier = frontier;
                sequencer.announced.set(frontier);
                // ORDERING: Release pairs with the Acquire in `Sequencer::settle`: who
                // sees the frontier sees a cursor at most `capacity` behind it.
                sequencer.frontier.store(frontier, ordering!("claim_window.announce", Release));
                if strong!("claim_window.fence") {
                    // ORDERING: SeqCst fence; pairs with the one in `Sequencer::settle` (I3).
                    fence(Ordering::SeqCst);
                }
            }
        }
        let smallest = sequencer.gates.smallest();
        self.limit = self.frontier.min(smallest.saturating_add(sequencer.capacity()));
        smallest
    }

    /// As [`wait_for`](Self::wait_for), without a deadline.
    ///
    /// # Panics
    ///
    /// If so many can never be written.
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

    /// Waits until at least `needed` more may be written, or until the deadline, or until
    /// that can never be; while asking for `wanted`.
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
                // Others hold the writer up by now, for whom it is to wait differently.
                (sequencer.next_eviction() != alarm).then_some(false)
            });
            // Without a deadline of the caller's it was time for an eviction, which the
            // next look sees to.
            let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if waited == Some(true) || over {
                return self;
            }
        }
    }
}
