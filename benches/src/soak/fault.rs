//! What is found to be wrong, and where the workers report it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Something that is not as it must be.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which ring it is about, and in which round.
    pub ring: String,
    /// Who has found it.
    pub worker: String,
    /// What was expected, and what was found.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ring, worker, what } = self;
        write!(f, "{ring}, {worker}: {what}")
    }
}

/// Where faults are reported. The first counts: others may follow from it.
#[derive(Debug, Default)]
pub(super) struct Faults {
    all: Mutex<Vec<Fault>>,
    any: AtomicBool,
}

impl Faults {
    pub(super) fn report(&self, fault: Fault) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
        // ORDERING: a flag alone; the faults themselves are behind a lock.
        self.any.store(true, Ordering::Relaxed);
    }

    /// Whether there is a fault.
    pub(super) fn any(&self) -> bool {
        // ORDERING: a flag alone, as above.
        self.any.load(Ordering::Relaxed)
    }

    /// Returns the faults, in the order in which they were found.
    pub(super) fn all(&self) -> Vec<Fault> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
