//! The batch: the reader's guard over several events.

use core::convert::Infallible;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem;
use core::ops::{ControlFlow, Index, Range};
use core::ptr::NonNull;

use super::reader_core::{ReaderCore, Release};
use crate::sequence::Sequence;
use crate::storage::ReadBorrow;
use crate::storage::{Block, Walk};

/// A guard over available events, which lends them by reference; from
/// [`Reader::wait_batch`](crate::Reader::wait_batch).
///
/// While the batch is held, the writer does not touch its events. Dropping the batch, also by a
/// panic, *commits* all of it, read or not: the writer may reuse the slots. Forgetting it
/// commits nothing, and the same events come again. [`commit_through`](Self::commit_through)
/// commits the first part earlier. All of this is wait-free, unless the writer has to be woken.
///
/// In a long batch it matters when events are committed. Iterating over `&batch` lends
/// references that live as long as the batch, so everything is committed together at the end.
/// [`for_each`](Self::for_each) and [`next_event`](Self::next_event) lend one event at a time,
/// and so commit the events that they have passed, every quarter of the ring.
///
/// # Examples
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
/// let mut reader = ring.subscribe()?;
/// writer.publish_all([10, 20, 30]);
///
/// let batch = reader.try_batch()?;
/// assert_eq!((batch.len(), batch[1]), (3, 20));
/// for (sequence, event) in &batch {
///     let flush = batch.is_last(sequence);
///     println!("{sequence}: {event}{}", if flush { ", and flush" } else { "" });
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a batch commits all of its events, read or not: `is_empty` asks the reader \
              whether there are any"]
pub struct Batch<'r, T> {
    reader: &'r mut ReaderCore<T>,
    /// The first event that is still in the batch. The events between the reader's position and
    /// this one were lent one by one and are not yet committed.
    next: u64,
    /// The block of `next`, or the block before if `next` is the first of a block.
    block: Block,
    /// The end of the batch; never below `next`.
    end: u64,
    borrow: ReadBorrow,
}

impl<'r, T> Batch<'r, T> {
    /// Borrows at most `limit` of the available events.
    #[inline]
    pub(crate) fn new(reader: &'r mut ReaderCore<T>, limit: usize) -> Self {
        let Range { start: next, end } = reader.readable();
        let end = end.min(next.saturating_add(limit as u64));
        let borrow = reader.shared().slots.borrows.read(next, end);
        let block = reader.block();
        if reader.options().is_some() {
            reader.lend();
        }
        Self { reader, next, block, end, borrow }
    }

    /// Returns how many events are in the batch.
    #[inline]
    pub fn len(&self) -> usize {
        (self.end - self.next) as usize
    }

    /// Whether there is no event in the batch: it was made with a limit of 0, or all of its
    /// events are committed or handed out.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// Returns the range of the events' sequences. To go through them one by one, iterate over
    /// the batch, or over the range of their [numbers](Sequence::get).
    #[inline]
    pub fn sequences(&self) -> Range<Sequence> {
        Sequence::new(self.next)..Sequence::new(self.end)
    }

    /// Returns the first event and its sequence.
    pub fn first(&self) -> Option<(Sequence, &T)> {
        Some((Sequence::new(self.next), self.get(0)?))
    }

    /// Returns the last event and its sequence.
    pub fn last(&self) -> Option<(Sequence, &T)> {
        let index = self.len().checked_sub(1)?;
        Some((Sequence::new(self.end - 1), self.get(index)?))
    }

    /// Whether the event with this sequence is the last of the batch, also if it was already
    /// handed out.
    #[inline]
    pub fn is_last(&self, sequence: Sequence) -> bool {
        sequence.get() + 1 == self.end
    }

    /// Returns the event at `index`, counted from the first one in the batch.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len() {
            return None;
        }
        let slots = &self.reader.shared().slots;
        let slot = slots.slot(self.next + index as u64);
        // SAFETY: I2, I4, I6: the event is in the batch, and `self` is borrowed for as long as the
        // reference lives.
        Some(unsafe { slot.as_ref() })
    }

    /// Returns an iterator over the events and their sequences.
    #[inline]
    pub fn iter(&self) -> BatchIter<'_, T> {
        BatchIter { next: self.next, events: self.events() }
    }

    /// Returns an iterator over the events.
    #[inline]
    pub fn events(&self) -> BatchEvents<'_, T> {
        let walk = self.reader.shared().slots.walk(self.block, self.next, self.len());
        BatchEvents { walk, _lends: PhantomData }
    }

    /// Commits the events up to and including `sequence`, which then are no longer in the
    /// batch. Does nothing if they are committed already.
    ///
    /// # Panics
    ///
    /// If `sequence` is after the last event of the batch.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([1, 2, 3, 4]);
    /// let mut batch = reader.try_batch()?;
    /// let mut pairs = Vec::new();
    /// while let Some((sequence, event)) = batch.next_event() {
    ///     pairs.push(*event);
    ///     if sequence.get() % 2 == 1 {
    ///         batch.commit_through(sequence); // the writer may use two more slots
    ///     }
    /// }
    /// # assert_eq!(writer.remaining_capacity(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn commit_through(&mut self, sequence: Sequence) {
        let end = self.end;
        assert!(
            sequence.get() < end,
            "cannot commit through {sequence}: it is not before {end}, the end of the batch"
        );
        let position = sequence.get() + 1;
        if position > self.next {
            self.skip_to(position);
        }
        if position > self.reader.position() {
            self.commit(position, self.reader.shared().slots.block(position));
        }
    }

    /// Commits the first `len` events that are still in the batch, and gives the others up: they are
    /// not committed, and come again. With 0 it only looks: nothing is committed but what was handed
    /// out before.
    ///
    /// # Panics
    ///
    /// If fewer events are in the batch. Then all of them are committed.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([1, 2, 30, 4]);
    /// let batch = reader.try_batch()?;
    /// let small = batch.events().take_while(|event| **event < 10).count();
    /// batch.commit_first(small);
    /// assert_eq!(reader.recv(), Ok(30));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    #[inline]
    pub fn commit_first(mut self, len: usize) {
        assert!(len <= self.len(), "cannot commit {len} events of a batch of {}", self.len());
        self.end = self.next + len as u64;
        self.borrow.release_below(u64::MAX);
    }

    /// Takes the first event out of the batch and lends it, with its sequence, until the next
    /// call. Every quarter of the ring, the events that were taken out before are committed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// # let mut reader = ring.subscribe()?;
    /// # writer.publish_all([1, 2, 3]);
    /// let mut batch = reader.wait_batch()?;
    /// let mut sum = 0;
    /// while let Some((_sequence, event)) = batch.next_event() {
    ///     sum += event;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn next_event(&mut self) -> Option<(Sequence, &T)> {
        if self.is_empty() {
            return None;
        }
        self.commit_passed();
        let slots = &self.reader.shared().slots;
        slots.move_reader(&mut self.block, self.next, self.end);
        let sequence = self.next;
        self.next += 1;
        // SAFETY: I2, I6: the event is in the batch. I4: nothing at or above its sequence is
        // committed before the next call, and until then `self` is borrowed.
        let event = unsafe { slots.slot_in(&self.block, sequence).as_ref() };
        Some((Sequence::new(sequence), event))
    }

    /// Hands every event and its sequence to the closure, and commits as it goes, at least
    /// every quarter of the ring.
    ///
    /// # Panics
    ///
    /// If the closure does. The event that it was given then counts as read, and so do the
    /// events before it, but none after it.
    #[inline]
    pub fn for_each(self, mut handle: impl FnMut(&T, Sequence)) {
        let handled = self.try_for_each(|event, sequence| {
            handle(event, sequence);
            ControlFlow::<Infallible>::Continue(())
        });
        match handled {
            ControlFlow::Continue(()) => (),
        }
    }

    /// Hands the events and their sequences to the closure until it returns
    /// [`Break`](ControlFlow::Break), and commits as it goes, at least every quarter of the
    /// ring. The event at which the closure breaks counts as read, and none after it.
    ///
    /// # Panics
    ///
    /// As [`for_each`](Self::for_each).
    #[inline]
    pub fn try_for_each<B>(
        mut self,
        mut handle: impl FnMut(&T, Sequence) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        while !self.is_empty() {
            let uncommitted = self.commit_passed();
            let len = (self.stride() - uncommitted).min(self.end - self.next);
            let next = self.next;
            Passing { batch: &mut self, next, all: false }.pass(len as usize, &mut handle)?;
        }
        ControlFlow::Continue(())
    }

    /// Returns how many events may be passed before they are committed.
    #[inline]
    fn stride(&self) -> u64 {
        (self.reader.shared().sequencer.capacity() / 4).max(1)
    }

    /// Commits the events that were passed, if they are a whole stride. Returns how many are left
    /// uncommitted: less than a stride.
    #[inline]
    fn commit_passed(&mut self) -> u64 {
        let uncommitted = self.next - self.reader.position();
        if uncommitted < self.stride() {
            return uncommitted;
        }
        self.commit(self.next, self.block);
        0
    }

    /// Removes everything below `position` from the batch.
    #[inline]
    fn skip_to(&mut self, position: u64) {
        self.next = position;
        self.block = self.reader.shared().slots.block_on(self.block, position);
    }

    /// Commits everything below `next`. If the stretch was not handled to its end, empties the
    /// batch.
    #[inline(never)] // so that the loop that calls it stays short
    fn end_stretch(&mut self, next: u64, all: bool) {
        self.skip_to(next);
        // A waker may panic: then the batch is left empty too.
        let end = mem::replace(&mut self.end, next);
        self.commit(next, self.block);
        if all {
            self.end = end;
        }
    }

    #[inline]
    fn commit(&mut self, position: u64, block: Block) {
        self.borrow.release_below(position);
        self.reader.commit(position, block);
    }
}

/// A stretch of a batch while a closure is given its events one by one. Dropping it commits the
/// events that the closure was given. If these are not all of them, because the closure broke
/// or panicked, the rest of the batch is left uncommitted and comes again.
struct Passing<'p, 'r, T> {
    batch: &'p mut Batch<'r, T>,
    /// The first event that the closure was not given.
    next: u64,
    /// Whether the closure was given all events and has returned from the last.
    all: bool,
}

impl<T> Passing<'_, '_, T> {
    #[inline]
    fn pass<B>(
        mut self,
        len: usize,
        handle: &mut impl FnMut(&T, Sequence) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let slots = &self.batch.reader.shared().slots;
        for slot in slots.walk::<false>(self.batch.block, self.batch.next, len) {
            let sequence = Sequence::new(self.next);
            self.next += 1;
            // SAFETY: I2, I6: the slot is in the batch. I4: nothing is committed before the
            // closure, which cannot keep the reference, has returned.
            handle(unsafe { lend(slot) }, sequence)?;
        }
        self.all = true;
        ControlFlow::Continue(())
    }
}

impl<T> Drop for Passing<'_, '_, T> {
    #[inline]
    fn drop(&mut self) {
        self.batch.end_stretch(self.next, self.all);
    }
}

impl<T> Drop for Batch<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let Self { reader, block, end, borrow, .. } = self;
        let release = Release(reader);
        if *end > release.0.position() {
            borrow.release_below(*end);
            let block = release.0.shared().slots.block_on(*block, *end);
            release.0.commit(*end, block);
        }
    }
}

impl<T> Index<usize> for Batch<'_, T> {
    type Output = T;

    #[track_caller]
    #[inline]
    fn index(&self, index: usize) -> &T {
        match self.get(index) {
            Some(event) => event,
            None => panic!("the index is {index} but the batch has {} events", self.len()),
        }
    }
}

impl<'a, T> IntoIterator for &'a Batch<'_, T> {
    type Item = (Sequence, &'a T);
    type IntoIter = BatchIter<'a, T>;

    #[inline]
    fn into_iter(self) -> BatchIter<'a, T> {
        self.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Batch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// An iterator over the events of a batch; from [`Batch::events`].
pub struct BatchEvents<'a, T> {
    walk: Walk<'a, T, false>,
    _lends: PhantomData<&'a T>,
}

/// Lends an event of a batch.
///
/// # Safety
///
/// The slot must be in a batch that is borrowed for `'a`.
#[inline]
unsafe fn lend<'a, T>(slot: NonNull<T>) -> &'a T {
    // SAFETY: I2, I4, I6: the caller promises that the slot is in a borrowed batch.
    unsafe { slot.as_ref() }
}

impl<'a, T> Iterator for BatchEvents<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        // SAFETY: the walk passes slots of a batch that is borrowed for `'a`.
        self.walk.next().map(|slot| unsafe { lend(slot) })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.walk.size_hint()
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, mut f: F) -> B {
        // SAFETY: as in `next`.
        self.walk.fold(init, |folded, slot| f(folded, unsafe { lend(slot) }))
    }
}

impl<T> ExactSizeIterator for BatchEvents<'_, T> {}

impl<T> FusedIterator for BatchEvents<'_, T> {}

impl<T> fmt::Debug for BatchEvents<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchEvents").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// An iterator over the events of a batch and their sequences; from
/// [`Batch::iter`].
pub struct BatchIter<'a, T> {
    next: u64,
    events: BatchEvents<'a, T>,
}

impl<'a, T> Iterator for BatchIter<'a, T> {
    type Item = (Sequence, &'a T);

    #[inline]
    fn next(&mut self) -> Option<(Sequence, &'a T)> {
        let event = self.events.next()?;
        let sequence = Sequence::new(self.next);
        self.next += 1;
        Some((sequence, event))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.events.size_hint()
    }

    #[inline]
    fn fold<B, F: FnMut(B, (Sequence, &'a T)) -> B>(self, init: B, mut f: F) -> B {
        let mut next = self.next;
        self.events.fold(init, |folded, event| {
            let sequence = Sequence::new(next);
            next += 1;
            f(folded, (sequence, event))
        })
    }
}

impl<T> ExactSizeIterator for BatchIter<'_, T> {}

impl<T> FusedIterator for BatchIter<'_, T> {}

impl<T> fmt::Debug for BatchIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchIter").field("len", &self.len()).finish_non_exhaustive()
    }
}
