//! The state that a managed thread shares with its handle and its group.

#![forbid(unsafe_code)]

use std::time::Instant;

use crossbeam_utils::CachePadded;

use super::manageable::Manageable;
use crate::error::End;
use crate::handles::Ring;
use crate::member::Member;
use crate::sequence::Sequence;
use crate::sync::{self, AtomicBool, AtomicU64, Condvar, Mutex, MutexGuard, Ordering};

/// The shared state of a thread: the part that knows the type of the events.
#[derive(Debug)]
pub(super) struct Control<T> {
    pub(super) ring: Ring<T>,
    /// The place in the chain of editors, if it is the thread of an editor.
    stage: Option<usize>,
    pub(super) state: State,
}

/// The shared state of a thread: the part that does not know the type of the events.
#[derive(Debug)]
pub(super) struct State {
    member: Member,
    progress: CachePadded<Progress>,
    phase: Mutex<Phase>,
    changed: Condvar,
}

/// What the thread reads and writes between two events.
#[derive(Debug)]
struct Progress {
    /// The first event that is not handled. Only the thread stores it.
    position: AtomicU64,
    /// Whether the thread was told to stop. Never reset.
    stopped: AtomicBool,
}

/// The phases of a thread's life, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// The thread pins itself to its core.
    Settling,
    /// It waits for the start. No user code has run.
    Ready,
    /// It was started.
    Started,
    /// Its handle has left and its handler is gone.
    Over(Outcome),
}

/// How a thread ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It could not be pinned to its core, or was stopped before the start.
    NeverStarted,
    /// Its handler panicked, with this message if it was text.
    Panicked(Option<Box<str>>),
    /// Its handler was closed.
    Closed(End),
}

/// A thread of a group, whatever the type of its events.
pub(super) trait Controlled {
    fn state(&self) -> &State;

    /// Returns how many events there are for the thread that are not handled.
    fn lag(&self) -> u64;

    /// Whether the writer is gone and everything that it has published is handled.
    fn is_at_the_end(&self) -> bool;

    /// Tells the thread to stop before its next event, and wakes it.
    fn stop(&self);
}

impl<T> Control<T> {
    pub(super) fn new(handle: &impl Manageable<Event = T>, settles: bool) -> Self {
        let progress = Progress {
            position: AtomicU64::new(handle.its_position().get()),
            stopped: AtomicBool::new(false),
        };
        let state = State {
            member: handle.its_member().clone(),
            progress: CachePadded::new(progress),
            phase: Mutex::new(if settles { Phase::Settling } else { Phase::Ready }),
            changed: Condvar::new(),
        };
        Self { ring: handle.its_ring(), stage: handle.its_stage(), state }
    }
}

impl<T> Controlled for Control<T> {
    fn state(&self) -> &State {
        &self.state
    }

    fn lag(&self) -> u64 {
        let sequencer = &self.ring.shared.sequencer;
        let there_is = match self.stage {
            Some(stage) => &sequencer.stages[stage].arrived,
            None => &sequencer.cursor,
        };
        let position = self.state.position().get();
        // The position is never ahead of what there is. But no ordering connects the two loads, so
        // what this thread sees of the latter may be older.
        there_is.load().saturating_sub(position)
    }

    fn is_at_the_end(&self) -> bool {
        let sequencer = &self.ring.shared.sequencer;
        let closed = sequencer.is_closed();
        // Behind an editor, the cursor says only what that has passed on.
        let published = sequencer.stages.first().map_or(&sequencer.cursor, |first| &first.arrived);
        closed && published.load() == self.state.position().get()
    }

    fn stop(&self) {
        self.state.stop();
        // As when a ring is closed, no fence is needed: the lock orders the flag before the poll of
        // a thread that goes to sleep afterwards, and a thread that sleeps finds another epoch
        // (I7).
        let sequencer = &self.ring.shared.sequencer;
        match self.stage {
            Some(stage) => sequencer.stages[stage].arrivals.wake_all(),
            None => sequencer.wake_readers(),
        }
    }
}

impl State {
    pub(super) fn member(&self) -> &Member {
        &self.member
    }

    /// Notes that everything before `position` is handled.
    #[inline]
    pub(super) fn handled_below(&self, position: Sequence) {
        // ORDERING: Relaxed; a report only, nothing depends on it.
        self.progress.position.store(position.get(), Ordering::Relaxed);
    }

    pub(super) fn position(&self) -> Sequence {
        // ORDERING: Relaxed; a report only, nothing depends on it.
        Sequence::new(self.progress.position.load(Ordering::Relaxed))
    }

    /// Whether the thread seems to have been told to stop: a cheap check between two events. The
    /// caller then asks [`is_stopped`](Self::is_stopped), which synchronizes.
    #[inline]
    pub(super) fn seems_stopped(&self) -> bool {
        // ORDERING: Relaxed; an Acquire would force the handler to keep its state in memory.
        self.progress.stopped.load(Ordering::Relaxed)
    }

    /// Whether the thread was told to stop.
    pub(super) fn is_stopped(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `stop`: what happened before the thread was
        // told to stop happens before its handler is closed.
        self.progress.stopped.load(Ordering::Acquire)
    }

    fn stop(&self) {
        let phase = self.phase();
        // ORDERING: Release pairs with the Acquire in `is_stopped`. Stored under the lock, so
        // that a thread that waits for the start does not miss it.
        self.progress.stopped.store(true, Ordering::Release);
        drop(phase);
        self.changed.notify_all();
    }

    /// Notes that the thread is pinned to its core.
    pub(super) fn settled(&self) {
        self.enter(Phase::Ready);
    }

    /// Waits until the thread has tried to pin itself, and returns whether it is pinned. Called
    /// before any other thread can start or stop it.
    pub(super) fn wait_until_settled(&self) -> bool {
        let phase = self.wait_while(None, |phase| *phase == Phase::Settling);
        *phase == Phase::Ready
    }

    /// Starts the thread, if it is ready.
    pub(super) fn start(&self) {
        let mut phase = self.phase();
        if *phase == Phase::Ready && !self.is_stopped() {
            *phase = Phase::Started;
            self.changed.notify_all();
        }
    }

    /// Waits for the start, and returns whether it came before the thread was stopped.
    pub(super) fn wait_for_start(&self) -> bool {
        let waits = |phase: &Phase| *phase == Phase::Ready && !self.is_stopped();
        *self.wait_while(None, waits) == Phase::Started
    }

    /// Notes that the thread has nothing left to do but return.
    pub(super) fn over(&self, outcome: Outcome) {
        self.enter(Phase::Over(outcome));
    }

    /// Waits until the thread is done, at most until the deadline, and returns how it ended.
    pub(super) fn wait_until_over(&self, deadline: Option<Instant>) -> Option<Outcome> {
        let phase = self.wait_while(deadline, |phase| !matches!(phase, Phase::Over(_)));
        match &*phase {
            Phase::Over(outcome) => Some(outcome.clone()),
            _ => None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(*self.phase(), Phase::Over(_))
    }

    fn enter(&self, next: Phase) {
        *self.phase() = next;
        self.changed.notify_all();
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        sync::lock(&self.phase)
    }

    /// Waits as long as the condition holds, at most until the deadline.
    fn wait_while(
        &self,
        deadline: Option<Instant>,
        holds: impl Fn(&Phase) -> bool,
    ) -> MutexGuard<'_, Phase> {
        let mut phase = self.phase();
        while holds(&phase) {
            let in_time;
            (phase, in_time) = sync::wait(&self.changed, phase, deadline);
            if !in_time {
                break;
            }
        }
        phase
    }
}
