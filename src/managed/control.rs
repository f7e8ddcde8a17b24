//! What a managed thread shares with its handle and its group.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use crate::error::End;
use crate::handles::Reader;
use crate::handles::Ring;
use crate::member::Member;
use crate::sequence::Sequence;
use crate::sync::{self, Arc, AtomicBool, AtomicU64, Condvar, Mutex, MutexGuard, Ordering};

/// How far a thread has come, and what it is told: the part that knows the type of an event.
#[derive(Debug)]
pub(super) struct Control<T> {
    ring: Ring<T>,
    pub(super) state: State,
}

/// The part that does not.
#[derive(Debug)]
pub(super) struct State {
    member: Member,
    progress: CachePadded<Progress>,
    phase: Mutex<Phase>,
    changed: Condvar,
}

/// What the thread looks at and writes between two events.
#[derive(Debug)]
struct Progress {
    /// The first event that is not handled. Stored by the thread only.
    position: AtomicU64,
    /// Only ever set.
    stopped: AtomicBool,
}

/// Where a thread is in its life. Each phase comes after those above it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// It finds its core.
    Settling,
    /// It waits for the start. No code of the user's has run.
    Ready,
    /// It was started.
    Started,
    /// Its reader has left and its handler is gone.
    Over(Outcome),
}

/// How a thread ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It found no core, or was stopped before the start.
    NeverStarted,
    /// Its handler panicked, with this message if it was text.
    Panicked(Option<Box<str>>),
    /// Its handler was closed.
    Closed(End),
}

/// A thread of a group, whatever its events are.
pub(super) trait Controlled {
    fn state(&self) -> &State;

    /// Returns how many published events are not handled.
    fn lag(&self) -> u64;

    /// Whether the writer is gone.
    fn is_ring_closed(&self) -> bool;

    /// Has the thread stop before its next event, and wakes it.
    fn stop(&self);
}

impl<T> Control<T> {
    pub(super) fn new(reader: &Reader<T>, settles: bool) -> Self {
        let progress = Progress {
            position: AtomicU64::new(reader.position().get()),
            stopped: AtomicBool::new(false),
        };
        let state = State {
            member: reader.member().clone(),
            progress: CachePadded::new(progress),
            phase: Mutex::new(if settles { Phase::Settling } else { Phase::Ready }),
            changed: Condvar::new(),
        };
        Self { ring: Ring { shared: Arc::clone(reader.core.shared()) }, state }
    }
}

impl<T> Controlled for Control<T> {
    fn state(&self) -> &State {
        &self.state
    }

    fn lag(&self) -> u64 {
        let position = self.state.position().get();
        // A position is never ahead of the cursor, but without an ordering between the two
        // the cursor that is seen may be older.
        self.ring.cursor().get().saturating_sub(position)
    }

    fn is_ring_closed(&self) -> bool {
        self.ring.is_closed()
    }

    fn stop(&self) {
        self.state.stop();
        self.ring.shared.sequencer.wake_readers();
    }
}

impl State {
    pub(super) fn member(&self) -> &Member {
        &self.member
    }

    /// Says that everything before `position` is handled.
    #[inline]
    pub(super) fn handled_below(&self, position: Sequence) {
        // ORDERING: Relaxed; nothing follows from it.
        self.progress.position.store(position.get(), Ordering::Relaxed);
    }

    pub(super) fn position(&self) -> Sequence {
        // ORDERING: Relaxed; nothing follows from it.
        Sequence::new(self.progress.position.load(Ordering::Relaxed))
    }

    /// Whether the thread was told to stop, as far as a glance between two events shows. What
    /// follows from it is left to [`is_stopped`](Self::is_stopped).
    #[inline]
    pub(super) fn seems_stopped(&self) -> bool {
        // ORDERING: Relaxed; an Acquire would have the handler keep its state in memory.
        self.progress.stopped.load(Ordering::Relaxed)
    }

    /// Whether the thread was told to stop.
    pub(super) fn is_stopped(&self) -> bool {
        // ORDERING: Acquire pairs with the Release of `stop`: what happened before the
        // thread was told to stop happens before its handler is closed.
        self.progress.stopped.load(Ordering::Acquire)
    }

    fn stop(&self) {
        let phase = self.phase();
        // ORDERING: Release pairs with the Acquire of `is_stopped`. Stored under the lock,
        // so that a thread that waits for the start does not miss it.
        self.progress.stopped.store(true, Ordering::Release);
        drop(phase);
        self.changed.notify_all();
    }

    /// The thread has its core.
    pub(super) fn settled(&self) {
        self.enter(Phase::Ready);
    }

    /// Waits until the thread has settled, and returns whether it has found its core. Asked
    /// before anybody can start or stop it.
    pub(super) fn wait_until_settled(&self) -> bool {
        let phase = self.wait_while(None, |phase| *phase == Phase::Settling);
        *phase == Phase::Ready
    }

    /// Lets a thread that is ready go on.
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

    /// The thread is done with everything but returning.
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
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let waited = match left {
                Some(Duration::ZERO) => break,
                Some(left) => match self.changed.wait_timeout(phase, left) {
                    Ok((phase, _)) => Ok(phase),
                    Err(poisoned) => Err(poisoned.into_inner().0),
                },
                None => self.changed.wait(phase).map_err(|poisoned| poisoned.into_inner()),
            };
            phase = waited.unwrap_or_else(|phase| phase);
        }
        phase
    }
}
