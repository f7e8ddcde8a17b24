//! A batch of the merged order.

#![forbid(unsafe_code)]

use core::fmt;

use broadring::{Batch, End, Sequence, TryReadError};
use smallvec::SmallVec;

use super::event::Ordered;
use super::lane::{Knowledge, Lane};
use super::merging::{Cursor, Extent, INLINE, MergedIter, Taken};
use crate::source::SourceId;
use crate::stamped::Stamped;

/// Events that can be read now, borrowed in the merged order; from
/// [`Merged::wait_batch`](crate::Merged::wait_batch). Iterate over `&mut batch`.
///
/// Dropping the batch commits the events that the iterator has handed out, and only those: the others
/// come again. So a batch that is dropped at once loses nothing, and a panic in the middle counts the
/// event at hand as read, and none after it. Forgetting the batch commits nothing.
///
/// The events keep their slots until the batch is dropped. It lends at most a quarter of each ring, so
/// that writers can go on meanwhile.
#[must_use = "a batch lends events to whoever iterates over it"]
pub struct MergedBatch<'m, T> {
    lanes: SmallVec<[LaneBatch<'m, T>; INLINE]>,
    extent: Extent,
    /// The position of the next event that is handed out.
    position: u64,
    /// The position of the reader, which changes only when the batch is dropped.
    committed: &'m mut u64,
}

/// The part of a batch that is in the ring of one writer.
struct LaneBatch<'m, T> {
    /// `None` if it has no events.
    batch: Option<Batch<'m, Stamped<T>>>,
    knowledge: &'m mut Knowledge,
    source: SourceId,
    taken: Taken,
}

impl<'m, T> MergedBatch<'m, T> {
    pub(super) fn new(
        lanes: &'m mut [Lane<T>],
        extent: Extent,
        position: &'m mut u64,
    ) -> Result<Self, End> {
        let mut parts = SmallVec::new();
        for Lane { source, reader, knowledge } in lanes {
            let taken = Taken { count: 0, bound: knowledge.bound };
            let limit = (reader.capacity() / 4).max(1);
            let batch = match knowledge.head.map(|_| reader.try_batch_up_to(limit)) {
                None => None,
                Some(Ok(batch)) => Some(batch),
                Some(Err(TryReadError::Ended(end))) => return Err(end),
                Some(Err(TryReadError::Empty)) => unreachable!("the event was there"),
            };
            parts.push(LaneBatch { batch, knowledge, source: source.id, taken });
        }
        Ok(Self { lanes: parts, extent, position: *position, committed: position })
    }

    /// Returns an iterator over the events that were not handed out yet.
    #[inline]
    pub fn iter(&mut self) -> MergedIter<'_, T> {
        let Self { lanes, extent, position, .. } = self;
        MergedIter::new(lanes.iter_mut().map(LaneBatch::cursor), *extent, position)
    }
}

impl<T> Drop for MergedBatch<'_, T> {
    #[inline]
    fn drop(&mut self) {
        *self.committed = self.position;
    }
}

impl<T> LaneBatch<'_, T> {
    /// Returns a cursor at the first event that was not handed out.
    #[inline]
    fn cursor(&mut self) -> Cursor<'_, T> {
        let Self { batch, source, taken, .. } = self;
        let Some(batch) = batch else { return Cursor::new(*source, Sequence::new(0), None, taken) };
        let mut events = batch.events();
        if let Some(passed) = taken.count.checked_sub(1) {
            events.nth(passed);
        }
        let next = batch.sequences().start + taken.count as u64;
        Cursor::new(*source, next, Some(events), taken)
    }
}

impl<T> Drop for LaneBatch<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(batch) = self.batch.take() {
            batch.commit_first(self.taken.count);
            if self.taken.count > 0 {
                self.knowledge.taken(self.taken.bound);
            }
        }
    }
}

impl<'b, T> IntoIterator for &'b mut MergedBatch<'_, T> {
    type Item = Ordered<&'b T>;
    type IntoIter = MergedIter<'b, T>;

    #[inline]
    fn into_iter(self) -> MergedIter<'b, T> {
        self.iter()
    }
}

impl<T> fmt::Debug for MergedBatch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergedBatch").field("position", &self.position).finish_non_exhaustive()
    }
}
