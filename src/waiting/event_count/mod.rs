//! An event count: where threads and tasks sleep until another thread's store may have changed
//! what they wait for.
//!
//! The design is the classic one: register, look again, and sleep unless something was woken
//! since the registration. The fences between these steps are those of `sync::fences`.

#![forbid(unsafe_code)]

use core::task::Waker;
use std::time::Instant;

use crossbeam_utils::CachePadded;

use crate::sync::{self, AtomicU64, Condvar, Counter, Fences, MODEL, Mutex, Ordering, strong};

mod tasks;

pub(crate) use tasks::Owner;

/// The threshold while nothing sleeps: no position reaches it.
const NOBODY: u64 = u64::MAX;

/// A threshold that every position reaches.
const ALWAYS: u64 = 0;

/// A place to sleep, and to wake everything that sleeps there.
///
/// A sleeper says which position it waits for, and a waker which position it has just stored. So
/// a store that cannot matter to any sleeper wakes none. While nothing sleeps, waking costs a
/// fence and one load from a cache line that only sleepers and wakers write. Where the system has
/// asymmetric fences, that fence costs nothing.
#[derive(Debug)]
pub(crate) struct EventCount {
    bell: CachePadded<Bell>,
    state: Mutex<State>,
    wakes: Condvar,
}

/// What wakers read, on cache lines that only sleepers and wakers write.
#[derive(Debug)]
struct Bell {
    /// The position from which on a waker has something to do. With asymmetric fences this is the
    /// smallest position that a registered sleeper waits for, or [`NOBODY`]. With symmetric
    /// fences it is [`ALWAYS`], because a waker may only read `behind_fence`, after its fence.
    threshold: AtomicU64,
    /// With symmetric fences: the smallest position that a registered sleeper waits for.
    behind_fence: AtomicU64,
    fences: Fences,
}

#[derive(Debug)]
struct State {
    /// How often sleepers were woken.
    epoch: u64,
    /// The smallest position that a registered sleeper waits for, or [`NOBODY`].
    threshold: u64,
    /// How many threads sleep. One that has registered and is still looking is not among them.
    parked: usize,
    /// The registered tasks, and threads that wait at several places.
    tasks: tasks::Tasks,
}

impl EventCount {
    pub(crate) fn new(fences: Fences) -> Self {
        let threshold = match fences {
            Fences::Asymmetric => NOBODY,
            Fences::Symmetric => ALWAYS,
        };
        let (threshold, behind_fence) = (AtomicU64::new(threshold), AtomicU64::new(NOBODY));
        Self {
            bell: CachePadded::new(Bell { threshold, behind_fence, fences }),
            state: Mutex::new(State {
                epoch: 0,
                threshold: NOBODY,
                parked: 0,
                tasks: tasks::Tasks::default(),
            }),
            wakes: Condvar::new(),
        }
    }

    /// Wakes the sleepers if any of them may wait for `position` or less. Called right after
    /// `position` was stored where the sleepers look.
    #[inline]
    pub(crate) fn wake(&self, position: u64) {
        sync::light();
        if self.may_wake(position) {
            self.wake_behind_fence(position);
        }
    }

    /// Whether `wake_behind_fence` must be called for this position. Called behind the light fence.
    #[inline]
    pub(crate) fn may_wake(&self, position: u64) -> bool {
        // ORDERING: Relaxed; the `membarrier` of `Fences::heavy` orders it. Either this load sees
        // the sleeper's registration, or the sleeper's last look sees `position` (I7).
        MODEL || position >= self.bell.threshold.load(Ordering::Relaxed)
    }

    /// Wakes the sleepers if any of them may wait for `position` or less, where `may_wake` says that
    /// this is not yet settled. Passes the full fence, unless the sleepers' fences are asymmetric.
    #[cold]
    pub(crate) fn wake_behind_fence(&self, position: u64) {
        if self.bell.fences == Fences::Symmetric {
            sync::full();
        }
        self.wake_again(position);
    }

    /// Like [`wake`](Self::wake), right after `wake` was called for the same position at another
    /// event count of the ring: that call's fence serves for both.
    #[inline]
    pub(crate) fn wake_again(&self, position: u64) {
        // ORDERING: Relaxed; ordered as in `wake`.
        if position >= self.registered().load(Ordering::Relaxed) {
            self.wake_all();
        }
    }

    /// The word that says what sleepers wait for.
    #[inline]
    fn registered(&self) -> &AtomicU64 {
        match self.bell.fences {
            Fences::Asymmetric => &self.bell.threshold,
            Fences::Symmetric => &self.bell.behind_fence,
        }
    }

    /// Wakes every sleeper. Needs no fence: the lock orders the caller's last store before the
    /// look of a sleeper that registers afterwards, and a sleeper that registered before finds
    /// another epoch.
    #[cold]
    pub(crate) fn wake_all(&self) {
        if !strong!("event_count.wake_all") {
            return;
        }
        let mut state = sync::lock(&self.state);
        state.epoch += 1;
        self.set_threshold(&mut state, NOBODY);
        let tasks = (!state.tasks.is_empty()).then(|| state.tasks.take());
        let parked = state.parked;
        drop(state);
        // A notification is a system call.
        if parked > 0 {
            self.wakes.notify_all();
        }
        if let Some(tasks) = tasks {
            tasks.wake();
        }
    }

    /// Sleeps until `look` finds something, and returns it; or until the deadline, and returns
    /// `None`. Woken by positions from `threshold` up. Counts in `parks` how often the thread
    /// really slept.
    #[cold]
    pub(crate) fn sleep<R>(
        &self,
        threshold: u64,
        deadline: Option<Instant>,
        parks: &Counter,
        mut look: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        loop {
            let epoch = self.register(threshold);
            self.bell.fences.heavy();
            if let Some(found) = look() {
                return Some(found);
            }
            parks.add(1);
            let in_time = self.park(epoch, deadline);
            let found = look();
            if found.is_some() || !in_time {
                return found;
            }
        }
    }

    /// Registers a sleeper, and returns the epoch that it may sleep through.
    fn register(&self, threshold: u64) -> u64 {
        let mut state = sync::lock(&self.state);
        let smallest = threshold.min(state.threshold);
        self.set_threshold(&mut state, smallest);
        state.epoch
    }

    /// Sleeps until the epoch is over (`true`) or the deadline has come (`false`).
    fn park(&self, epoch: u64, deadline: Option<Instant>) -> bool {
        let mut state = sync::lock(&self.state);
        if strong!("event_count.parked") {
            state.parked += 1;
        }
        let in_time = loop {
            if state.epoch != epoch {
                break true;
            }
            let in_time;
            (state, in_time) = sync::wait(&self.wakes, state, deadline);
            if !in_time {
                break false;
            }
        };
        state.parked = state.parked.saturating_sub(1);
        in_time
    }

    /// Returns how often sleepers were woken.
    pub(crate) fn wakes(&self) -> u64 {
        sync::lock(&self.state).epoch
    }

    /// Registers a task, in place of an earlier one of the same owner, and passes the heavy fence.
    /// The caller must look again afterwards. Returns `false` if the task was registered before, for
    /// the same position, and was not woken since.
    ///
    /// A registration lasts until the task is woken or deregistered. So the heavy fence is passed
    /// once, and not at every poll that happens for another reason. The thread that stores the
    /// position passes its own fence either before the heavy one, and then the look behind that
    /// one saw the store; or after it, and then that thread finds the registration (I7).
    #[cfg(feature = "async")]
    pub(crate) fn register_task(&self, owner: Owner, threshold: u64, waker: &Waker) -> bool {
        let (anew, replaced) = self.enlist(owner, threshold, waker);
        if anew {
            self.heavy_fence();
        }
        // It runs a user's code, which may panic.
        drop(replaced);
        anew
    }

    /// Registers a wait set, as `register_task` does, but passes no fence. If this returns `true`, the
    /// caller must pass `heavy_fence` before it looks again, or else deregister.
    pub(crate) fn register_set(&self, owner: Owner, threshold: u64, waker: &Waker) -> bool {
        self.enlist(owner, threshold, waker).0
    }

    fn enlist(&self, owner: Owner, threshold: u64, waker: &Waker) -> (bool, Option<tasks::Task>) {
        // Cloning and dropping a waker run a user's code, so neither happens under the lock.
        let waker = waker.clone();
        let mut state = sync::lock(&self.state);
        let replaced = state.tasks.put(owner, tasks::Task { threshold, waker });
        let anew = replaced.as_ref().is_none_or(|task| task.threshold != threshold);
        if anew {
            let smallest = threshold.min(state.threshold);
            self.set_threshold(&mut state, smallest);
        }
        drop(state);
        (anew, replaced)
    }

    /// Passes the heavy fence of a sleeper, between its registrations and its last look: one fence
    /// for all event counts of the program, because all rings have chosen the same fences.
    pub(crate) fn heavy_fence(&self) {
        self.bell.fences.heavy();
    }

    /// Removes the registration of a task. What it waited for may still wake the other sleepers
    /// once, spuriously.
    pub(crate) fn deregister_task(&self, owner: Owner) {
        let struck = sync::lock(&self.state).tasks.remove(owner);
        drop(struck);
    }

    fn set_threshold(&self, state: &mut State, threshold: u64) {
        state.threshold = threshold;
        if strong!("event_count.register") || threshold == NOBODY {
            // ORDERING: Relaxed; the sleeper's heavy fence comes after it (I7).
            self.registered().store(threshold, Ordering::Relaxed);
        }
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;
