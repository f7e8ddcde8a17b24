//! What a writer announces: how far the publications have come that it has begun.
//!
//! A reader that knows no further event of a writer may still not deliver those of the others: the
//! writer may have read the clock already, and be about to publish something with a smaller stamp. So
//! the writer announces that it *begins*, passes a full fence, and only then reads the clock. A reader
//! reads the clock, passes a full fence, and then looks at the announcement. This is Dekker's
//! problem: either the reader sees that the writer has begun, or the writer's stamp is no smaller
//! than what the reader has read. In the second case the writer has *promised* that reading (O2).
//!
//! The end of a publication is not announced. A reader that has read the first event of a publication
//! knows that it is over, for its events become visible together. So an announcement that is behind the
//! reader says nothing new. If the end were announced, a reader that has read an event could find it
//! still being published, go to sleep, and not be woken by the announcement.

#![forbid(unsafe_code)]

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, Ordering, fence, strong};

/// The announcement of one writer, on a cache line of its own: one more than the sequence of the first
/// event of its latest publication; 0 before the first.
#[derive(Debug, Default)]
pub(crate) struct Announcement(CachePadded<AtomicU64>);

impl Announcement {
    /// Announces a publication that begins with the sequence `first`. The clock must be read after
    /// this, and nothing of the user's may run before the events are visible, but the clock.
    #[inline]
    pub(crate) fn begin(&self, first: u64) {
        // ORDERING: Relaxed: the fence orders it before the reading of the clock.
        self.0.store(first + 1, Ordering::Relaxed);
        if strong!("announcement.begin") {
            // ORDERING: SeqCst fence; pairs with the one in `promise_fence` (O2). What a writer does
            // before its first publication, which is to join, is ordered too (O4).
            fence(Ordering::SeqCst);
        }
    }

    /// Takes back that the publication with this first sequence has begun.
    #[cold]
    pub(crate) fn take_back(&self, first: u64) {
        // ORDERING: Relaxed: the writer gets a new stamp when it begins again.
        self.0.store(first, Ordering::Relaxed);
    }

    /// Whether the writer has begun no publication at or after the sequence `position`. Only meant for
    /// a reader that has passed [`promise_fence`], and that has read everything below `position`.
    #[inline]
    pub(crate) fn is_settled(&self, position: u64) -> bool {
        // ORDERING: Relaxed: nothing is read through it. If it is too old, what it misses has a stamp no
        // smaller than what the reader has read from the clock, because of the fence (O2).
        self.0.load(Ordering::Relaxed) <= position
    }
}

/// The reader's fence, between its reading of the clock and its look at the announcements.
#[inline]
pub(crate) fn promise_fence() {
    if strong!("announcement.promise_fence") {
        // ORDERING: SeqCst fence; pairs with the one in `Announcement::begin`: a writer whose
        // announcement, or whose arrival, is not seen after this reads the clock later than the reader
        // has (O2, O4).
        fence(Ordering::SeqCst);
    }
}
