//! The post of a worker: its name, what it is doing, how far it is, and whom it tells of a fault.

use std::fmt;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::Fault;
use super::run::Run;

/// What a worker unwinds with that has reported a fault.
pub(super) struct Struck;

/// What the watch-dog knows of a worker.
// ORDERING: everything here is Relaxed. The watch-dog looks at numbers that only it compares, and
// what it looks at must not order the workers, or it would hide what they lack.
pub(super) struct Post {
    pub(super) run: Arc<Run>,
    ring: String,
    name: String,
    doing: Mutex<&'static str>,
    steps: AtomicU64,
    gone: AtomicBool,
}

impl Post {
    pub(super) fn new(run: Arc<Run>, ring: String, name: String) -> Self {
        Self {
            run,
            ring,
            name,
            doing: Mutex::new("begins"),
            steps: AtomicU64::new(0),
            gone: AtomicBool::new(false),
        }
    }

    /// Notes what the worker does next. That is progress too.
    pub(super) fn doing(&self, what: &'static str) {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner) = what;
        self.step();
    }

    /// Notes that the worker has made progress.
    pub(super) fn step(&self) {
        self.steps.store(self.steps() + 1, Ordering::Relaxed);
    }

    /// Notes that the worker is done: nothing more is expected of it.
    pub(super) fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// Returns how often the worker has made progress.
    pub(super) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Reports a fault, and gives up.
    pub(super) fn blame(&self, what: impl Into<String>) -> ! {
        self.report(what);
        panic::resume_unwind(Box::new(Struck))
    }

    /// Reports a fault.
    pub(super) fn report(&self, what: impl Into<String>) {
        let (ring, worker) = (self.ring.clone(), self.to_string());
        self.run.faults.report(Fault { ring, worker, what: what.into() });
    }

    /// Reports the error, if it is one.
    pub(super) fn must<R>(&self, result: Result<R, String>) -> R {
        result.unwrap_or_else(|what| self.blame(what))
    }

    /// Reports a fault unless it holds.
    pub(super) fn check(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.blame(what());
        }
    }
}

impl fmt::Display for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = *self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "{} ({doing}, step {})", self.name, self.steps())
    }
}
