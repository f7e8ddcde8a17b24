//! The cursor: up to where events are published, or have been passed on by an editor.

#![forbid(unsafe_code)]

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, ordering};

/// The sequence of the next event to be published, on cache lines of its own.
///
/// It has one writer: the ring's writer, or an editor. It only grows, and its writer never
/// loads it, but keeps a plain copy.
#[derive(Debug)]
pub(crate) struct Cursor(CachePadded<AtomicU64>);

impl Cursor {
    /// Makes a cursor before an event with this sequence.
    pub(crate) fn new(first: u64) -> Self {
        Self(CachePadded::new(AtomicU64::new(first)))
    }

    /// Makes every event below `end` visible.
    #[inline]
    pub(crate) fn publish(&self, end: u64) {
        // ORDERING: Release pairs with the Acquire in `load`: every write to a slot below `end`
        // happens before a reader sees `end` (I2), and so does the announcement of a frontier at or
        // above `end` (`Sequencer::place_reader`).
        self.0.store(end, ordering!("cursor.publish", Release));
    }

    /// Returns the end of the published events. A handle may borrow those that its gate protects.
    #[inline]
    pub(crate) fn load(&self) -> u64 {
        // ORDERING: Acquire pairs with the Release in `publish` (I2).
        self.0.load(ordering!("cursor.load", Acquire))
    }
}
