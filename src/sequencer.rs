//! The protocol: who may write what, who may read what, and who sleeps.
//!
//! Nothing here knows the type of an event or touches a slot. The invariants
//! (I1 to I7) and the argument for each step are in `docs/design.md`.

#![forbid(unsafe_code)]

use std::time::Instant;

use crossbeam_utils::CachePadded;

use crate::cursor::Cursor;
use crate::event_count::EventCount;
use crate::fences::Fences;
use crate::gates::{Gate, Gates};
use crate::sync::{AtomicBool, AtomicU64, Ordering, PlainArc, fence, ordering, strong};
use crate::wait::Wait;

/// Where a new reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the next event to be published.
    Cursor,
    /// With the oldest event that is certainly still there.
    Oldest,
}

/// What a reader gets when it joins.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) gate: PlainArc<Gate>,
    /// The first event to read.
    pub(crate) position: u64,
    /// The end of what may be read at once.
    pub(crate) available: u64,
}

/// The state of the protocol that all handles of a ring share.
#[derive(Debug)]
pub(crate) struct Sequencer {
    capacity: u64,
    pub(crate) cursor: Cursor,
    /// What the writer has announced it may write up to, before it scanned the
    /// gates. Never falls, and is never more than `capacity` ahead of the cursor.
    frontier: CachePadded<AtomicU64>,
    pub(crate) gates: Gates,
    closed: CachePadded<AtomicBool>,
    /// Where readers sleep until something is published.
    pub(crate) published: EventCount,
    /// Where the writer sleeps until a reader has moved on.
    pub(crate) freed: EventCount,
}

impl Sequencer {
    pub(crate) fn new(capacity: u64, readers: usize, fences: Fences) -> Self {
        Self {
            capacity,
            cursor: Cursor::new(),
            frontier: CachePadded::new(AtomicU64::new(0)),
            gates: Gates::new(readers),
            closed: CachePadded::new(AtomicBool::new(false)),
            published: EventCount::new(fences),
            freed: EventCount::new(fences),
        }
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Says that nothing more will be published. The last act of the writer.
    pub(crate) fn close(&self) {
        // ORDERING: Release pairs with the Acquire of `is_closed`: who sees the
        // ring closed sees all that was published.
        self.closed.store(true, ordering!("sequencer.close", Release));
        self.published.wake_all();
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire pairs with the Release of `close`.
        self.closed.load(ordering!("sequencer.is_closed", Acquire))
    }

    /// Adds a reader at the cursor, or at the oldest event that is still there;
    /// `None` if every gate is taken. Lock-free.
    ///
    /// The gate is taken at a position that is certainly not too far ahead, and
    /// moved to its place once the frontier is known. The fence pairs with that
    /// of [`Allowance::refill`]: either the writer's scan sees the gate, or this
    /// sees the frontier that the scan worked under, below which the writer may
    /// write without asking again. Nothing from `frontier − capacity` on is
    /// written under it, so that is where the oldest event is (I3).
    pub(crate) fn join(&self, start: Start) -> Option<Joined> {
        let conservative = match start {
            Start::Cursor => self.cursor.load(),
            Start::Oldest => self.cursor.load().saturating_sub(self.capacity),
        };
        let gate = self.gates.take(conservative)?;
        if strong!("sequencer.join_fence") {
            // ORDERING: SeqCst fence; pairs with the one in `Allowance::refill` (I3).
            fence(Ordering::SeqCst);
        }
        // ORDERING: Acquire pairs with the Release in `Allowance::refill`: the
        // frontier is at most `capacity` ahead of the cursor loaded next, so
        // nobody starts ahead of the cursor.
        let frontier = self.frontier.load(ordering!("sequencer.frontier", Acquire));
        let available = self.cursor.load();
        let intact = frontier.saturating_sub(self.capacity);
        assert!(intact <= available, "a reader would start ahead of the cursor");
        let position = match start {
            Start::Cursor => available,
            Start::Oldest => intact,
        };
        gate.advance(position);
        if strong!("sequencer.join_wake") {
            // The writer may have found the gate where it was at first.
            self.freed.wake(position);
        }
        Some(Joined { gate, position, available })
    }

    /// Adds a reader at `position`, which the caller protects with a gate of its
    /// own; `None` if every gate is taken. Lock-free.
    ///
    /// No fence is needed. The caller's gate holds the writer back for as long as it
    /// stands at `position`, and a scan that misses the new gate but sees the caller's
    /// move on repeats itself: see [`Gates::smallest`].
    pub(crate) fn join_beside(&self, position: u64) -> Option<PlainArc<Gate>> {
        self.gates.take_beside(position)
    }

    /// Releases everything below `position` to the writer.
    #[inline]
    pub(crate) fn commit(&self, gate: &Gate, position: u64) {
        gate.advance(position);
        self.freed.wake(position);
    }

    /// Removes a reader.
    pub(crate) fn leave(&self, gate: &Gate) {
        gate.vacate();
        self.freed.wake_all();
    }
}

/// What the writer may write. All of it private to the writer, who hands it to the
/// slow paths and back by value: so the fast path can keep it in registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// The next sequence to publish: always equal to the cursor.
    next: u64,
    /// The writer may write below this: the result of the last scan. It can
    /// fall below `next` while a reader joins at an old event.
    limit: u64,
    /// Always equal to the shared frontier.
    frontier: u64,
}

impl Allowance {
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

    /// Counts `events` as published. The caller has stored the cursor.
    #[inline]
    pub(crate) fn advance(&mut self, events: u64) {
        self.next += events;
    }

    /// Scans the gates, to learn whether `events` more may be written.
    ///
    /// The frontier moves in steps of half a ring, unless more is claimed at once:
    /// so a fence is paid twice a lap, and the latest half of a ring stays readable
    /// to those who join. While it need not move no fence is needed: a reader whose
    /// gate any scan since the announcement has missed sees the announcement.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub(crate) fn refill(mut self, sequencer: &Sequencer, events: u64) -> Self {
        let end = self.next + events;
        if end > self.frontier {
            self.frontier = self.next + events.max(sequencer.capacity / 2);
            // ORDERING: Release pairs with the Acquire in `Sequencer::join`: who
            // sees the frontier sees a cursor at most `capacity` behind it.
            sequencer.frontier.store(self.frontier, ordering!("allowance.announce", Release));
            if strong!("allowance.fence") {
                // ORDERING: SeqCst fence; pairs with the one in `Sequencer::join` (I3).
                fence(Ordering::SeqCst);
            }
        }
        let smallest = sequencer.gates.smallest();
        self.limit = self.frontier.min(smallest.saturating_add(sequencer.capacity));
        self
    }

    /// Waits until at least `needed` more may be written, or until the deadline,
    /// while asking for `wanted`.
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
        let holdup = (self.next + needed).saturating_sub(sequencer.capacity);
        let _ = wait.until(&sequencer.freed, holdup, deadline, || {
            self = self.refill(sequencer, wanted);
            self.covers(needed).then_some(())
        });
        self
    }
}
