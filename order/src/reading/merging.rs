//! The merge: an iterator over the events of several writers in one order.
//!
//! It hands out *runs*: as many events of one lane as come before everything of the others. So most
//! events cost one comparison, with the limit of the run; the lanes are compared when a run is over.

#![forbid(unsafe_code)]

use core::convert::Infallible;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::ControlFlow;

use broadring::{BatchEvents, Sequence};
use smallvec::SmallVec;

use super::choice::choose;
use super::event::Ordered;
use crate::source::SourceId;
use crate::stamp::Stamp;
use crate::stamped::Stamped;

/// How many lanes are kept without allocating.
pub(super) const INLINE: usize = 4;

/// What was handed out of a lane.
pub(super) struct Taken {
    pub(super) count: usize,
    /// The lane's next event that is not there has no smaller stamp.
    pub(super) bound: Stamp,
}

/// Where the merge is in one lane.
pub(super) struct Cursor<'b, T> {
    /// The stamp of the head, or the smallest that it can have.
    least: u64,
    head: Option<&'b Stamped<T>>,
    rest: Option<BatchEvents<'b, Stamped<T>>>,
    next: Sequence,
    source: SourceId,
    taken: &'b mut Taken,
}

impl<'b, T> Cursor<'b, T> {
    #[inline]
    pub(super) fn new(
        source: SourceId,
        next: Sequence,
        mut rest: Option<BatchEvents<'b, Stamped<T>>>,
        taken: &'b mut Taken,
    ) -> Self {
        let head = rest.as_mut().and_then(Iterator::next);
        let least = head.map_or(taken.bound, |head| head.stamp).get();
        Self { least, head, rest, next, source, taken }
    }

    /// Hands out the head, which has this position, and moves on.
    #[inline]
    fn take(&mut self, position: u64) -> Option<Ordered<&'b T>> {
        let Stamped { stamp, event } = self.head?;
        let sequence = self.next;
        self.next = sequence + 1;
        self.taken.count += 1;
        self.taken.bound = *stamp;
        self.head = self.rest.as_mut().and_then(Iterator::next);
        self.least = self.head.map_or(*stamp, |head| head.stamp).get();
        Some(Ordered { position, stamp: *stamp, source: self.source, sequence, event })
    }
}

/// A run on its way to a closure: what changes with each event is here, and may stay in registers.
/// Dropping it, also by a panic of the closure, notes what was handed out.
struct Run<'r, 'b, T> {
    lane: &'r mut Cursor<'b, T>,
    head: Option<&'b Stamped<T>>,
    rest: Option<BatchEvents<'b, Stamped<T>>>,
    next: Sequence,
    bound: Stamp,
    position: &'r mut u64,
}

impl<'r, 'b, T> Run<'r, 'b, T> {
    #[inline]
    fn new(lane: &'r mut Cursor<'b, T>, position: &'r mut u64) -> Self {
        let (head, rest, next, bound) = (lane.head, lane.rest.take(), lane.next, lane.taken.bound);
        Self { lane, head, rest, next, bound, position }
    }

    #[inline]
    fn pass<B>(
        mut self,
        limit: u64,
        most: u64,
        handle: &mut impl FnMut(Ordered<&'b T>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let (first, position, source) = (self.next, *self.position, self.lane.source);
        while let Some(Stamped { stamp, event }) = self.head
            && stamp.get() < limit
            && self.next - first < most
        {
            let sequence = self.next;
            let position = position + (sequence - first);
            self.next = sequence + 1;
            self.bound = *stamp;
            self.head = self.rest.as_mut().and_then(Iterator::next);
            handle(Ordered { position, stamp: *stamp, source, sequence, event })?;
        }
        ControlFlow::Continue(())
    }
}

impl<T> Drop for Run<'_, '_, T> {
    #[inline]
    fn drop(&mut self) {
        let Self { lane, head, rest, next, bound, position } = self;
        let count = *next - lane.next;
        **position += count;
        lane.taken.count += count as usize;
        lane.taken.bound = *bound;
        lane.next = *next;
        lane.head = *head;
        lane.least = head.map_or(*bound, |head| head.stamp).get();
        lane.rest = rest.take();
    }
}

/// An iterator over the events of a batch, in the merged order; from
/// [`MergedBatch::iter`](crate::MergedBatch::iter).
pub struct MergedIter<'b, T> {
    lanes: SmallVec<[Cursor<'b, T>; INLINE]>,
    /// The lane of the run.
    current: usize,
    /// The events of the current lane with smaller stamps are the run.
    limit: u64,
    extent: Extent,
    position: &'b mut u64,
}

/// How far a batch goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// The largest stamp that can be read.
    pub(super) checked: Stamp,
    /// The first position that was not asked for.
    pub(super) stop: u64,
    /// Whether no stamp is ever given to two writers.
    pub(super) exclusive: bool,
}

impl<'b, T> MergedIter<'b, T> {
    /// Merges these lanes, which are in the order of their sources.
    #[inline]
    pub(super) fn new(
        lanes: impl Iterator<Item = Cursor<'b, T>>,
        extent: Extent,
        position: &'b mut u64,
    ) -> Self {
        let lanes = lanes.collect();
        let mut merged = Self { lanes, current: 0, limit: 0, extent, position };
        merged.turn();
        merged
    }

    /// Hands the events to the closure until it breaks.
    #[inline]
    pub(super) fn pass<B>(
        &mut self,
        mut handle: impl FnMut(Ordered<&'b T>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        loop {
            // One event as it is, because runs may be short; then the rest of the run.
            if let Some(lane) = self.lanes.get_mut(self.current)
                && lane.least < self.limit
                && let Some(event) = lane.take(*self.position)
            {
                *self.position += 1;
                handle(event)?;
                let left = self.extent.stop - *self.position;
                if left > 0 && lane.least < self.limit {
                    Run::new(lane, self.position).pass(self.limit, left, &mut handle)?;
                }
            }
            if !self.turn() {
                return ControlFlow::Continue(());
            }
        }
    }

    /// Begins the next run. Returns whether there is one.
    #[inline]
    fn turn(&mut self) -> bool {
        let next = self.lanes.iter().map(|lane| (Stamp::new(lane.least), lane.head.is_some()));
        let Extent { checked, stop, exclusive } = self.extent;
        let Some(choice) = choose(next, exclusive) else { return false };
        let limit = if *self.position < stop { checked.get().saturating_add(1) } else { 0 };
        (self.current, self.limit) = (choice.lane, choice.limit.min(limit));
        choice.is_there && choice.least.get() < self.limit
    }
}

impl<'b, T> Iterator for MergedIter<'b, T> {
    type Item = Ordered<&'b T>;

    #[inline]
    fn next(&mut self) -> Option<Ordered<&'b T>> {
        let lane = self.lanes.get(self.current)?;
        let in_run = lane.head.is_some() && lane.least < self.limit;
        if !(in_run && *self.position < self.extent.stop || self.turn()) {
            return None;
        }
        let event = self.lanes[self.current].take(*self.position);
        *self.position += 1;
        event
    }

    #[inline]
    fn fold<B, F: FnMut(B, Ordered<&'b T>) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = Some(init);
        let passed = self.pass(|event| {
            folded = folded.take().map(|folded| f(folded, event));
            ControlFlow::<Infallible>::Continue(())
        });
        match passed {
            ControlFlow::Continue(()) => folded.expect("it was put back"),
        }
    }
}

impl<T> FusedIterator for MergedIter<'_, T> {}

impl<T> fmt::Debug for MergedIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergedIter").field("position", &self.position).finish_non_exhaustive()
    }
}
