//! The protocol: who joins and leaves, who may read what, and who sleeps.
//!
//! Nothing here knows the type of an event or touches a slot. The invariants
//! (I1 to I8) and the argument for each step are in `docs/design.md`.

#![forbid(unsafe_code)]

use core::iter;
use std::time::Instant;

use crossbeam_utils::CachePadded;

use super::barrier::Upstream;
use super::counters::WriterCounters;
use super::cursor::Cursor;
use super::editor_chain::Stage;
use super::gate::{Dependents, Gate};
use super::gates::Gates;
use super::registry::Registry;
use super::stall_timers::StallTimers;
use crate::member::Member;
use crate::sync::{
    AtomicBool, AtomicU64, Counter, Fences, Finally, PlainArc, for_every, ordering, strong,
};
use crate::telemetry::trace;
use crate::waiting::EventCount;

/// The state of the protocol that all handles of a ring share.
#[derive(Debug)]
pub(crate) struct Sequencer {
    pub(super) capacity: u64,
    fences: Fences,
    /// When the ring was built.
    pub(crate) built: Instant,
    /// How many events are there to read.
    pub(crate) cursor: Cursor,
    /// What the writer has announced it may write up to, before it scanned the
    /// gates. Never falls, and is never more than `capacity` ahead of the cursor.
    pub(crate) frontier: CachePadded<AtomicU64>,
    /// The same, for the writer: also after a wait that panicked, and could not hand its
    /// window back.
    pub(crate) announced: Counter,
    pub(crate) gates: Gates,
    closed: CachePadded<AtomicBool>,
    /// Where readers sleep until something is published.
    pub(crate) published: EventCount,
    /// Where the writer sleeps until a reader has moved on.
    pub(crate) freed: EventCount,
    /// What is between the writer and the cursor: in most rings, nothing.
    pub(crate) stages: Box<[Stage]>,
    pub(crate) counters: CachePadded<WriterCounters>,
    pub(super) stall_timers: StallTimers,
    pub(crate) registry: Registry,
}

impl Sequencer {
    /// Makes the protocol of a ring with so many slots and gates, and with editors of
    /// these names.
    pub(crate) fn new(capacity: u64, readers: usize, editors: &[&str], fences: Fences) -> Self {
        Self {
            capacity,
            fences,
            built: Instant::now(),
            cursor: Cursor::new(),
            frontier: CachePadded::new(AtomicU64::new(0)),
            announced: Counter::default(),
            gates: Gates::new(readers),
            closed: CachePadded::new(AtomicBool::new(false)),
            published: EventCount::new(fences),
            freed: EventCount::new(fences),
            stages: Stage::chain(editors, fences),
            counters: CachePadded::default(),
            stall_timers: StallTimers::new(readers),
            registry: Registry::new(readers, editors.len() as u64),
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
        let arrivals = self.stages.iter().map(|stage| &stage.arrivals);
        {
            let _then = Finally(|| self.wake_dependents());
            for_every(iter::once(&self.published).chain(arrivals), EventCount::wake_all);
        }
        trace::closed(|| self.stages.first().map_or(&self.cursor, |stage| &stage.arrived).load());
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire pairs with the Release of `close`.
        self.closed.load(ordering!("sequencer.is_closed", Acquire))
    }

    /// Keeps a gate for one that comes after its reader, which is this.
    pub(crate) fn retain_gate(&self, gate: &PlainArc<Gate>, member: Member) -> Upstream {
        gate.retain(self.fences);
        Upstream::new(PlainArc::clone(gate), member)
    }

    /// Releases everything below `position` to the writer.
    #[inline]
    pub(crate) fn commit(&self, gate: &Gate, position: u64) {
        gate.advance(position);
        self.wake_waiting_for(gate, position);
    }

    /// Wakes those who wait for a gate that was moved to `position`.
    #[inline]
    pub(super) fn wake_waiting_for(&self, gate: &Gate, position: u64) {
        match gate.dependents() {
            None => self.freed.wake(position),
            Some(dependents) => self.wake_with_dependents(dependents, position),
        }
    }

    /// As `moved`, where others come after the reader of the gate.
    #[inline(never)]
    fn wake_with_dependents(&self, dependents: &Dependents, position: u64) {
        let _then = Finally(|| {
            if strong!("sequencer.commit_wake") {
                dependents.moved.wake_again(position);
            }
        });
        self.freed.wake(position);
    }

    /// Wakes everybody who comes after another, whomever of those they sleep behind.
    pub(crate) fn wake_dependents(&self) {
        // Who sleeps there has perhaps been the first to do so.
        self.fences.waker();
        let dependents = self.gates.taken().filter_map(Gate::dependents);
        for_every(dependents, |dependents| dependents.moved.wake_all());
    }

    /// Has every sleeping reader that joined before look again.
    ///
    /// As when the ring is closed, no fence is needed: the lock orders the caller's last
    /// store before the look of a reader that goes to sleep afterwards, and one that sleeps
    /// finds another epoch (I7).
    pub(crate) fn wake_readers(&self) {
        let _then = Finally(|| self.wake_dependents());
        self.published.wake_all();
    }

    /// Tells the writer that a gate has become idle or open, which may end its wait.
    pub(crate) fn gate_released(&self) {
        if strong!("sequencer.gate_released") {
            self.freed.wake(u64::MAX - 1);
        }
    }

    /// Opens the gate of a reader at `position` that will never read on, nor those after it.
    pub(crate) fn retire(&self, gate: &Gate, position: u64) {
        gate.open(position);
        self.has_left(gate);
    }

    /// Removes a reader at `position`.
    pub(crate) fn leave(&self, gate: &Gate, position: u64) {
        self.registry.deregister(gate);
        gate.leave(position);
        self.has_left(gate);
    }

    /// Wakes those who may have waited for a gate that does not hold them up any more.
    fn has_left(&self, gate: &Gate) {
        let _then = Finally(|| {
            if gate.dependents().is_some() {
                // They sleep behind one of those that they come after, which need not be this.
                self.wake_dependents();
            }
        });
        self.freed.wake_all();
    }

    /// Returns how far the cursor is, to a writer who is about to write `next`.
    pub(crate) fn cursor_behind_editors(&self, next: u64) -> u64 {
        if self.stages.is_empty() || !strong!("sequencer.behind_editors") {
            next
        } else {
            self.cursor.load()
        }
    }

    /// Passes everything below `end` on to the first editor.
    #[cold]
    pub(crate) fn publish_to_editors(&self, end: u64) {
        self.stages[0].arrived.publish(end);
        self.stages[0].arrivals.wake(end);
    }

    /// Nanoseconds since the ring was built.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.built.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
