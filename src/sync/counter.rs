//! A counter that one thread writes and any thread may read.

#![forbid(unsafe_code)]

use core::fmt;

use super::primitives::{Ordering, PlainU64};

/// A number that one thread changes and other threads may read.
///
/// Changing it is a plain load and store, not a read-modify-write operation.
#[derive(Default)]
pub(crate) struct Counter(PlainU64);

impl Counter {
    #[inline]
    pub(crate) fn get(&self) -> u64 {
        // ORDERING: Relaxed; a counter orders nothing.
        self.0.load(Ordering::Relaxed)
    }

    /// Sets the value. Only the thread that owns the counter may call this.
    #[inline]
    pub(crate) fn set(&self, value: u64) {
        // ORDERING: Relaxed, as above.
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds to the value. Only the thread that owns the counter may call this.
    #[inline]
    pub(crate) fn add(&self, amount: u64) {
        self.set(self.get().wrapping_add(amount));
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
