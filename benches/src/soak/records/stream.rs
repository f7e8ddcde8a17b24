//! What the workers at a ring of records share: the ring, the law, and how the stream has ended.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use broadring::ByteRing;

use super::law::RecordLaw;

/// The ring of records of a round.
// ORDERING: everything here is Relaxed, so that it orders nothing that the ring has to order. Who
// has found the ring closed must see how the stream has ended: that is a promise of the ring's.
pub(in crate::soak) struct Records {
    pub(in crate::soak) ring: ByteRing,
    pub(in crate::soak) law: RecordLaw,
    /// How many records were published; not known until the writer is about to leave.
    count: AtomicU64,
    /// Where the stream ends; not known before, either.
    end: AtomicU64,
    over: AtomicBool,
}

impl Records {
    pub(in crate::soak) fn new(ring: ByteRing, law: RecordLaw) -> Self {
        let (count, end) = (AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX));
        Self { ring, law, count, end, over: AtomicBool::new(false) }
    }

    /// Notes how many records there are, and where the stream ends. The writer calls it before it
    /// leaves.
    pub(super) fn published(&self, count: u64, end: u64) {
        self.count.store(count, Ordering::Relaxed);
        self.end.store(end, Ordering::Relaxed);
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether the writer is gone, so that nobody needs to join any more.
    pub(in crate::soak) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Returns how many records were published.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns where the stream ends.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    /// Checks what must hold when everybody has left.
    pub(in crate::soak) fn check_end(&self) -> Result<(), String> {
        let (stats, end) = (self.ring.stats(), self.end());
        let left = self.ring.reader_count() == 0 && stats.members.is_empty();
        if left && stats.closed && stats.cursor.get() == end && stats.published.get() == end {
            return Ok(());
        }
        Err(format!("everybody has left, and the records end at {end}, but: {stats:?}"))
    }
}
