//! The sequencer: the state of the protocol that all handles of a ring share, and the steps that
//! publish, commit, leave and close.
//!
//! Nothing here knows the type of an event or touches a slot. The invariants (I1 to I8) and the
//! argument for each step are in `docs/design.md`. Joining, the end of the stream and eviction
//! are in modules of their own, which extend this type.

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
    self, AtomicBool, AtomicU64, Counter, Fences, Finally, PlainArc, for_every, ordering, strong,
};
use crate::telemetry::trace;
use crate::waiting::EventCount;

/// The state of the protocol that all handles of a ring share.
#[derive(Debug)]
pub(crate) struct Sequencer {
    pub(super) capacity: u64,
    /// The sequence of the first event.
    pub(super) first: u64,
    name: Option<PlainArc<str>>,
    fences: Fences,
    /// When the ring was built.
    pub(crate) built: Instant,
    /// The end of the events that readers may see.
    pub(crate) cursor: Cursor,
    /// The end of what the writer may write, announced before it scanned the gates. Never
    /// falls, and is never more than `capacity` ahead of the cursor.
    pub(crate) frontier: CachePadded<AtomicU64>,
    /// The writer's own copy of the frontier. It lives here so that it survives a wait that
    /// panicked, and so could not hand the claim window back.
    pub(crate) announced: Counter,
    pub(crate) gates: Gates,
    closed: CachePadded<AtomicBool>,
    /// Where readers sleep until something is published.
    pub(crate) published: EventCount,
    /// Where the writer sleeps until a reader has moved on.
    pub(crate) freed: EventCount,
    /// The editors between the writer and the cursor: in most rings there are none.
    pub(crate) stages: Box<[Stage]>,
    pub(crate) counters: CachePadded<WriterCounters>,
    pub(super) stall_timers: StallTimers,
    pub(crate) registry: Registry,
}

/// What a sequencer is made from.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The number of slots.
    pub(crate) capacity: u64,
    /// The sequence of the first event, at most `Sequence::MAX`.
    pub(crate) first: u64,
    /// How many readers and observers there can be at once.
    pub(crate) readers: usize,
    /// The name of the ring.
    pub(crate) name: Option<PlainArc<str>>,
}

impl Sequencer {
    /// Makes the sequencer of a ring with editors of these names.
    pub(crate) fn new(plan: Plan, editors: &[&str], fences: Fences) -> Self {
        let Plan { capacity, first, readers, name } = plan;
        let announced = Counter::default();
        announced.set(first);
        Self {
            capacity,
            first,
            fences,
            built: Instant::now(),
            cursor: Cursor::new(first),
            frontier: CachePadded::new(AtomicU64::new(first)),
            announced,
            gates: Gates::new(readers, fences),
            closed: CachePadded::new(AtomicBool::new(false)),
            published: EventCount::new(fences),
            freed: EventCount::new(fences),
            stages: Stage::chain(editors, name.as_ref(), first, fences),
            counters: CachePadded::default(),
            stall_timers: StallTimers::new(readers),
            registry: Registry::new(readers, editors.len() as u64, name.clone()),
            name,
        }
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Returns the sequence of the first event.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Returns the name of the ring.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn shared_name(&self) -> Option<PlainArc<str>> {
        self.name.clone()
    }

    /// Closes the ring. Called when the writer is dropped.
    pub(crate) fn close(&self) {
        // ORDERING: Release pairs with the Acquire in `is_closed`: a thread that sees the ring
        // closed sees everything that was published.
        self.closed.store(true, ordering!("sequencer.close", Release));
        let arrivals = self.stages.iter().map(|stage| &stage.arrivals);
        {
            let _then = Finally(|| self.wake_dependents());
            for_every(iter::once(&self.published).chain(arrivals), EventCount::wake_all);
        }
        trace::closed(self.name(), || {
            self.stages.first().map_or(&self.cursor, |stage| &stage.arrived).load()
        });
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `close`.
        self.closed.load(ordering!("sequencer.is_closed", Acquire))
    }

    /// Retains the gate of the reader `member` for a dependent. `None` if that reader has left.
    ///
    /// The reader may be running, and leaving, on any thread. The registry says which gate it has,
    /// and in which generation; the count of holders, whether it still has it.
    pub(crate) fn retain_gate(&self, member: &Member) -> Option<Upstream> {
        let (gate, generation) = self.registry.gate(&self.gates, member)?;
        let retained = gate.retain(generation, self.fences);
        retained.then(|| Upstream::new(PlainArc::clone(gate), member.clone()))
    }

    /// Releases everything below `position` to the writer.
    #[inline]
    pub(crate) fn commit(&self, gate: &Gate, position: u64) {
        gate.advance(position);
        self.wake_waiting_for(gate, position);
    }

    /// Wakes the writer and the dependents that wait for a gate which was moved to `position`.
    #[inline]
    pub(super) fn wake_waiting_for(&self, gate: &Gate, position: u64) {
        self.wake_both(gate, position, position);
    }

    /// Wakes a writer that waits for `freed` or less, and the dependents that wait for a gate which
    /// was moved to `position`.
    #[inline]
    fn wake_both(&self, gate: &Gate, freed: u64, position: u64) {
        // Dependents may join while the reader runs. So this thread looks whether there are any, as
        // it looks for sleepers: behind the store of the gate and a fence (I7).
        sync::light();
        match gate.dependents() {
            None if self.freed.may_wake(freed) => self.wake_behind_fence(gate, freed, position),
            None => (),
            Some(dependents) => self.wake_with_dependents(dependents, freed, position),
        }
    }

    /// Like `wake_both`, for a gate whose reader had no dependents a moment ago. Where the light fence
    /// is not enough, this is where the waker passes the full one, and looks for them again.
    #[cold]
    #[inline(never)]
    fn wake_behind_fence(&self, gate: &Gate, freed: u64, position: u64) {
        let _then = Finally(|| {
            if strong!("sequencer.look_for_dependents")
                && let Some(dependents) = gate.dependents()
            {
                dependents.moved.wake_again(position);
            }
        });
        self.freed.wake_behind_fence(freed);
    }

    /// Like `wake_both`, for a gate whose reader has dependents.
    #[inline(never)]
    fn wake_with_dependents(&self, dependents: &Dependents, freed: u64, position: u64) {
        let _then = Finally(|| {
            if strong!("sequencer.commit_wake") {
                dependents.moved.wake_again(position);
            }
        });
        self.freed.wake(freed);
    }

    /// Wakes all dependents, at whichever gate they sleep.
    pub(crate) fn wake_dependents(&self) {
        // The event counts of gates are made on demand: without the fence, this thread might
        // not see one that a sleeper has just made.
        self.fences.waker();
        let dependents = self.gates.taken().filter_map(Gate::dependents);
        for_every(dependents, |dependents| dependents.moved.wake_all());
    }

    /// Wakes every sleeping reader, so that it polls again.
    ///
    /// As in `close`, no fence is needed: the lock orders the caller's last store before the
    /// poll of a reader that goes to sleep afterwards, and a reader that sleeps finds another
    /// epoch (I7).
    pub(crate) fn wake_readers(&self) {
        let _then = Finally(|| self.wake_dependents());
        self.published.wake_all();
    }

    /// Wakes the writer, whatever it waits for, because a gate has become idle or open at `position`;
    /// and the dependents of its reader, because the gate may have moved there.
    #[inline]
    pub(crate) fn gate_released(&self, gate: &Gate, position: u64) {
        if strong!("sequencer.gate_released") {
            self.wake_both(gate, u64::MAX - 1, position);
        }
    }

    /// Opens the gate of a reader at `position` that will never read on.
    pub(crate) fn retire(&self, gate: &Gate, position: u64) {
        gate.open(position);
        self.has_stopped();
    }

    /// Removes a reader at `position` from the ring.
    pub(crate) fn leave(&self, gate: &Gate, position: u64) {
        self.registry.deregister(gate);
        if gate.leave(position) {
            self.freed.wake_all();
        } else {
            self.has_stopped();
        }
    }

    /// Wakes the writer and the dependents that may have waited for a gate which is now open. A
    /// dependent sleeps at one of its upstream gates, which need not be this one, and may be joining
    /// just now.
    fn has_stopped(&self) {
        let _then = Finally(|| self.wake_dependents());
        self.freed.wake_all();
    }

    /// Returns how far the cursor is, for a writer that is about to write `next`. Without
    /// editors the two are the same.
    pub(crate) fn cursor_behind_editors(&self, next: u64) -> u64 {
        if self.stages.is_empty() || !strong!("sequencer.behind_editors") {
            next
        } else {
            self.cursor.load()
        }
    }

    /// Publishes everything below `end` to the first editor.
    #[cold]
    pub(crate) fn publish_to_editors(&self, end: u64) {
        self.stages[0].arrived.publish(end);
        self.stages[0].arrivals.wake(end);
    }

    /// Returns the nanoseconds since the ring was built.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.built.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
