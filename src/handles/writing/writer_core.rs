//! The core of a writer: its claim window, and the steps of a publication.
//!
//! It reserves slots through the claim window, lends them to be written (I1), and makes them
//! visible.

use core::mem;
use core::ops::Range;
use std::time::Instant;

use crate::error::{ClaimError, TryPublishError};
use crate::handles::shared::Shared;
use crate::member::Member;
use crate::protocol::ClaimWindow;
use crate::sequence::Sequence;
use crate::storage::{Block, Slots, Storage, Walk};
use crate::sync::Arc;
use crate::waiting::{Pacing, Wait};

/// The state behind every handle that writes, from which it and its guards lend what is stored.
pub(crate) struct WritingCore<S: Storage> {
    shared: Arc<Shared<S>>,
    window: ClaimWindow,
    /// The block of the latest event, or the block of the next one.
    block: S::Block,
    /// How long it keeps away from the gates when the ring is full.
    pacing: Pacing,
    wait: Wait,
}

/// The state behind a [`Writer`](crate::Writer).
pub(crate) type WriterCore<T> = WritingCore<Slots<T>>;

impl<S: Storage> WritingCore<S> {
    pub(crate) fn new(shared: Arc<Shared<S>>, wait: Wait) -> Self {
        let window = ClaimWindow::new(shared.sequencer.first());
        let block = shared.slots.block(window.next());
        let pacing = shared.pacing.clone();
        Self { shared, window, block, pacing, wait }
    }

    /// Returns the sequence of the next event.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.window.next()
    }

    pub(crate) fn wait(&self) -> Wait {
        self.wait
    }

    /// Waits until at least `needed` slots are free, asking for `wanted`, or until the deadline.
    /// Fails with the member that has held the writer back, if one can be told.
    #[track_caller]
    pub(crate) fn reserve_before(
        &mut self,
        needed: u64,
        wanted: u64,
        deadline: impl FnOnce() -> Option<Instant>,
    ) -> Result<u64, Option<Box<Member>>> {
        self.refill(needed, wanted);
        if !self.window.covers(needed) {
            let Self { shared, window, wait, .. } = self;
            *window = window.wait_for(&shared.sequencer, *wait, needed, wanted, deadline());
        }
        if self.window.covers(needed) {
            Ok(self.window.remaining().min(wanted))
        } else {
            Err(self.holder())
        }
    }

    /// Returns the member that holds the writer back.
    #[cold]
    fn holder(&self) -> Option<Box<Member>> {
        let sequencer = &self.shared.sequencer;
        let left = sequencer.departed_editor().cloned();
        left.or_else(|| sequencer.holder()).map(Box::new)
    }

    /// Gives an event or a closure back, because the ring is full.
    #[cold]
    pub(crate) fn refuse<R>(&self, refused: R) -> TryPublishError<R> {
        let left = self.shared.sequencer.departed_editor().cloned();
        TryPublishError::new(refused, left.map(Box::new))
    }

    /// Waits until the next `events` slots are free.
    #[inline]
    #[track_caller]
    pub(crate) fn reserve(&mut self, events: u64) {
        if !self.window.covers(events) {
            self.wait_for(events, events);
        }
    }

    /// Returns whether the next `events` slots are free.
    #[inline]
    #[track_caller]
    pub(crate) fn try_reserve(&mut self, events: u64) -> bool {
        self.refill(events, events);
        self.window.covers(events)
    }

    /// Returns how many slots are free, at most `events`; `None` if none is and one was asked for.
    #[track_caller]
    pub(crate) fn try_reserve_up_to(&mut self, events: u64) -> Option<u64> {
        let needed = events.min(1);
        self.refill(needed, events);
        self.window.covers(needed).then(|| self.window.remaining().min(events))
    }

    /// Waits until at least one slot is free, and returns how many are free, at most `events`.
    #[inline]
    #[track_caller]
    pub(crate) fn reserve_up_to(&mut self, events: u64) -> u64 {
        let needed = events.min(1);
        self.refill(needed, events);
        if !self.window.covers(needed) {
            self.wait_for(needed, events);
        }
        self.window.remaining().min(events)
    }

    /// Looks at the gates again, unless `wanted` slots are known to be free.
    #[inline]
    #[track_caller]
    fn refill(&mut self, needed: u64, wanted: u64) {
        if !self.window.covers(wanted) {
            self.window = self.window.refill(&self.shared.sequencer, needed, wanted);
        }
    }

    /// Waits until at least `needed` slots are free, and claims up to `wanted`.
    ///
    /// It paces itself like a reader: while the ring is full because a reader is just slower than the
    /// writer, each look at the gate takes it from that reader, who is about to store to it.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn wait_for(&mut self, needed: u64, wanted: u64) {
        let Self { shared, window, pacing, wait, .. } = self;
        pacing.hold_off();
        *window = window.refill(&shared.sequencer, needed, wanted);
        if window.covers(needed) {
            return pacing.found(window.next(), window.remaining().div_ceil(S::UNIT));
        }
        pacing.found_nothing();
        *window = window.wait_without_deadline(&shared.sequencer, *wait, needed, wanted);
    }

    /// Counts so many sequences as published. The caller stores the cursor.
    pub(super) fn advance(&mut self, sequences: u64) {
        self.window.advance(sequences);
    }

    pub(crate) fn shared(&self) -> &Shared<S> {
        &self.shared
    }

    #[cfg(feature = "async")]
    pub(crate) fn window(&self) -> &ClaimWindow {
        &self.window
    }
}

impl<T> WriterCore<T> {
    pub(crate) fn capacity(&self) -> usize {
        self.shared.slots.capacity()
    }

    /// Refuses a claim of more slots than the ring has.
    pub(crate) fn check_claim(&self, len: usize) -> Result<(), ClaimError> {
        if len > self.capacity() { Err(ClaimError::new(len, self.capacity())) } else { Ok(()) }
    }

    /// Moves an event into the next slot, which must be reserved, and publishes it.
    #[inline]
    pub(crate) fn put(&mut self, event: T) -> Sequence {
        if !mem::needs_drop::<T>() {
            return self.put_with(|slot| *slot = event);
        }
        let mut old = None;
        let sequence = self.put_with(|slot| old = Some(mem::replace(slot, event)));
        drop(old);
        sequence
    }

    /// Lends the next slot, which must be reserved, to be written, and publishes it.
    #[inline]
    pub(crate) fn put_with(&mut self, write: impl FnOnce(&mut T)) -> Sequence {
        let sequence = self.window.next();
        self.shared.slots.move_writer(&mut self.block, sequence);
        let mut borrow = self.shared.slots.borrows.write(sequence, sequence + 1);
        // SAFETY: I1: the caller has reserved the slot, everything below it is published, and
        // `&mut self` makes this the only writer. I6: the slot holds a valid `T`.
        write(unsafe { self.shared.slots.slot_in(&self.block, sequence).as_mut() });
        borrow.release();
        self.make_visible(self.block, 1);
        Sequence::new(sequence)
    }

    /// Makes the next `len` events, which are written, visible with one release. The first is in
    /// `block`. `self.block` must already be where the writer goes on, because a waker that this
    /// wakes may panic.
    ///
    /// It stores the cursor first and the stamp second, so that no reader is ever ahead of the
    /// cursor.
    #[inline]
    fn make_visible(&mut self, block: Block, len: u64) {
        let first = self.window.next();
        let end = first + len;
        self.window.advance(len);
        let Shared { sequencer, slots, .. } = &*self.shared;
        if !sequencer.stages.is_empty() {
            return sequencer.publish_to_editors(end);
        }
        sequencer.cursor.publish(end);
        slots.set_stamp(&block, first, end);
        sequencer.published.wake(end);
    }

    /// Returns an iterator over the next `len` slots.
    #[inline]
    pub(crate) fn walk(&self, len: usize) -> Walk<'_, T, true> {
        self.shared.slots.walk(self.block, self.window.next(), len)
    }

    /// Publishes the first `len` events of a claim.
    pub(crate) fn publish_claimed(&mut self, len: u64) -> Range<Sequence> {
        let start = self.window.next();
        if len > 0 {
            let mut first = self.block;
            self.shared.slots.move_writer(&mut first, start);
            self.block = self.shared.slots.block_on(first, start + len);
            self.make_visible(first, len);
        }
        Sequence::new(start)..Sequence::new(self.window.next())
    }
}

impl<S: Storage> Drop for WritingCore<S> {
    fn drop(&mut self) {
        self.shared.sequencer.close();
    }
}
