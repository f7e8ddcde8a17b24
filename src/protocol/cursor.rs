//! The cursor: how many events are published.

#![forbid(unsafe_code)]

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, ordering};

/// The number of published events, on cache lines of its own.
///
/// Only the writer stores it, and it only grows. The writer never loads it: it
/// keeps a plain copy.
#[derive(Debug)]
pub(crate) struct Cursor(CachePadded<AtomicU64>);

impl Cursor {
    pub(crate) fn new() -> Self {
        Self(CachePadded::new(AtomicU64::new(0)))
    }

    /// Makes every event below `end` visible.
    #[inline]
    pub(crate) fn publish(&self, end: u64) {
        // ORDERING: Release pairs with the Acquire in `load`: every slot written
        // below `end` happens before a reader that sees `end` (I2), and so does
        // the announcement of a frontier at or above `end` (`Sequencer::settle`).
        self.0.store(end, ordering!("cursor.publish", Release));
    }

    /// Returns the number of published events; all of them may be borrowed by
    /// whoever holds a gate that protects them.
    #[inline]
    pub(crate) fn load(&self) -> u64 {
        // ORDERING: Acquire pairs with the Release in `publish` (I2).
        self.0.load(ordering!("cursor.load", Acquire))
    }
}
