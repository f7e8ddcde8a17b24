//! How far a log has come, for those who read it in the process that writes it: they are woken.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::progress::Progress;

/// What the writer of a log has in common with the readers in its process.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    progress: Progress,
    closed: bool,
    /// How often something has changed that is not told here.
    changes: u64,
    wakers: Vec<Waker>,
}

impl State {
    /// Whether there is something to look at for whoever has read up to `position`.
    fn is_news(&self, position: u64, seen: Option<u64>) -> bool {
        self.progress.committed > position
            || self.closed
            || seen.is_some_and(|seen| seen != self.changes)
    }
}

impl Shared {
    pub(crate) fn new(progress: Progress) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State { progress, ..State::default() }),
            moved: Condvar::new(),
        })
    }

    pub(crate) fn progress(&self) -> Progress {
        self.lock().progress
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Tells the readers how far the log has come.
    pub(crate) fn advance(&self, progress: Progress) {
        self.change(|state| state.progress = progress);
    }

    /// Has the readers look again, at something that is not told here.
    pub(crate) fn notify(&self) {
        self.change(|state| state.changes += 1);
    }

    /// How often there was such a thing.
    pub(crate) fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// Tells the readers that nothing more will come.
    pub(crate) fn close(&self) {
        self.change(|state| state.closed = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let wakers = core::mem::take(&mut state.wakers);
        drop(state);
        self.moved.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until more than `position` is committed, until the log is closed, or until the deadline; and until there
    /// have been other changes than those that were `seen`, if that is given.
    pub(crate) fn wait(&self, position: u64, seen: Option<u64>, deadline: Option<Instant>) {
        let mut state = self.lock();
        while !state.is_news(position, seen) {
            state = match deadline
                .map(|deadline| deadline.saturating_duration_since(Instant::now()))
            {
                None => self.moved.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return,
                Some(left) => {
                    self.moved.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Has a task woken when [`wait`](Self::wait) would return. Returns whether it would already.
    #[cfg(feature = "async")]
    pub(crate) fn wake_behind(&self, position: u64, seen: Option<u64>, waker: &Waker) -> bool {
        let mut state = self.lock();
        let ready = state.is_news(position, seen);
        if !ready && !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        ready
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing here panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
