//! What the task of a mirror and its handle have in common.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use broadring::Sequence;
use tokio::sync::Notify;

use super::failure::{MirrorEnd, MirrorError};
use super::stats::MirrorStats;

/// What the task of a mirror and its handle have in common.
#[derive(Debug)]
pub(super) struct Status {
    state: Mutex<State>,
    changed: Condvar,
    pub(super) next: AtomicU64,
    pub(super) epoch: AtomicU64,
    pub(super) pending: AtomicU64,
    pub(super) frames: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) restarts: AtomicU64,
    /// Whether it is to end; the task is notified too.
    stopping: AtomicBool,
    pub(super) stop: Notify,
}

#[derive(Debug, Default)]
struct State {
    end: Option<Result<MirrorEnd, MirrorError>>,
    stalled: Option<Instant>,
}

impl Status {
    pub(super) fn new(next: u64) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            next: AtomicU64::new(next),
            epoch: AtomicU64::new(0),
            pending: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            stop: Notify::new(),
        }
    }

    pub(super) fn ask_to_stop(&self) {
        // ORDERING: Relaxed. Nothing is handed over with it.
        self.stopping.store(true, Ordering::Relaxed);
        self.stop.notify_one();
    }

    pub(super) fn is_to_stop(&self) -> bool {
        // ORDERING: Relaxed, see `ask_to_stop`.
        self.stopping.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics in here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a number for people.
    pub(super) fn set(number: &AtomicU64, value: u64) {
        // ORDERING: Relaxed. The ring orders events; this is for people.
        number.store(value, Ordering::Relaxed);
    }

    /// Adds to a number for people.
    pub(super) fn add(number: &AtomicU64, value: u64) {
        // ORDERING: Relaxed, as in `set`.
        number.fetch_add(value, Ordering::Relaxed);
    }

    pub(super) fn note_stalled(&self, since: Option<Instant>) {
        self.lock().stalled = since;
    }

    pub(super) fn end(&self, end: Result<MirrorEnd, MirrorError>) {
        {
            let mut state = self.lock();
            state.stalled = None;
            state.end = Some(end);
        }
        self.changed.notify_all();
    }

    pub(super) fn failure(&self) -> Option<MirrorError> {
        self.lock().end.as_ref().and_then(|end| end.clone().err())
    }

    pub(super) fn has_ended(&self) -> bool {
        self.lock().end.is_some()
    }

    pub(super) fn wait_end(&self) -> Result<MirrorEnd, MirrorError> {
        let mut state = self.lock();
        loop {
            if let Some(end) = &state.end {
                return end.clone();
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn next(&self) -> Sequence {
        // ORDERING: Relaxed, as in `set`.
        self.next.load(Ordering::Relaxed).into()
    }

    pub(super) fn stats(&self) -> MirrorStats {
        let state = self.lock();
        // ORDERING: Relaxed, as in `set`.
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        MirrorStats {
            next: self.next(),
            epoch: load(&self.epoch),
            pending: load(&self.pending),
            frames: load(&self.frames),
            bytes: load(&self.bytes),
            restarts: load(&self.restarts),
            stalled: state.stalled.map(|since| since.elapsed()),
            failure: match &state.end {
                Some(Err(failure)) => Some(failure.to_string()),
                _ => None,
            },
        }
    }
}
