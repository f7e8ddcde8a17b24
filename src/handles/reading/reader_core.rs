//! What a reader is made of: its gate, its position, and what it knows to be published.

use core::mem;
use core::ops::Range;

use super::options::ReaderOptions;
use crate::handles::shared::Shared;
use crate::member::Member;
use crate::protocol::{Gate, Joined, Place};
use crate::storage::Block;
use crate::sync::{Arc, PlainArc};
use crate::telemetry::trace;
use crate::waiting::{Pacing, Wait};

/// For how long the gate protects what a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Until the reader moves on.
    UntilCommit,
    /// Until `release`, which must follow.
    UntilRelease,
}

/// The state behind a [`Reader`](crate::Reader) and an [`Observer`](crate::Observer), and what
/// its guards lend from.
pub(crate) struct ReaderCore<T> {
    pub(super) shared: Arc<Shared<T>>,
    /// The gate that this reader holds.
    pub(super) gate: PlainArc<Gate>,
    /// The first sequence that is not committed: always what the gate says.
    pub(super) position: u64,
    /// The block of `position`, or the one before if that is the first of a block.
    pub(super) block: Block,
    /// Everything below this may be read without another look; may be stale, never too large.
    pub(super) available: u64,
    pub(super) pacing: Pacing,
    pub(super) wait: Wait,
    pub(super) member: Member,
    /// `None` for one that just reads every event as it comes.
    pub(super) options: Option<Box<ReaderOptions>>,
}

/// Releases what a reader holds briefly when it is dropped, also by a panic.
pub(crate) struct Release<'r, T>(pub(crate) &'r mut ReaderCore<T>);

impl<T> Drop for Release<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.0.options.is_some() {
            self.0.release();
        }
    }
}

impl<T> ReaderCore<T> {
    #[inline]
    pub(crate) fn new(
        shared: Arc<Shared<T>>,
        joined: Joined,
        wait: Wait,
        member: Member,
        options: Option<Box<ReaderOptions>>,
    ) -> Self {
        let Joined { gate, place: Place { position, available } } = joined;
        let block = shared.slots.block(position);
        let pacing = shared.pacing.clone();
        Self { shared, gate, position, block, available, pacing, wait, member, options }
    }

    /// Returns the first sequence that is not committed.
    #[inline]
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Returns how many published events are not committed.
    pub(crate) fn lag(&self) -> u64 {
        self.shared.sequencer.cursor.load() - self.position
    }

    pub(crate) fn member(&self) -> &Member {
        &self.member
    }

    /// Clones the next event, which is there, and commits it.
    #[inline]
    pub(crate) fn take_clone(&mut self, hold: Hold) -> T
    where
        T: Clone,
    {
        match hold {
            Hold::UntilCommit => self.clone_next(),
            Hold::UntilRelease => self.clone_next_and_release(),
        }
    }

    #[inline]
    fn clone_next(&mut self) -> T
    where
        T: Clone,
    {
        let slots = &self.shared.slots;
        let mut borrow = slots.borrows.read(self.position, self.position + 1);
        // SAFETY: I2: the event is below `available`; I4: and at the gate, which
        // stays there until the reference is gone. I6: the slot holds a valid `T`.
        let event = unsafe { slots.slot_in(&self.block, self.position).as_ref() }.clone();
        borrow.release_below(self.position + 1);
        self.commit(self.position + 1, self.block);
        event
    }

    /// As `clone_next`; also a clone that panics releases the gate.
    #[cold]
    fn clone_next_and_release(&mut self) -> T
    where
        T: Clone,
    {
        Release(self).0.clone_next()
    }

    /// Releases everything below `position`, which is in this block or the first
    /// after it, to the writer.
    #[inline]
    pub(crate) fn commit(&mut self, position: u64, block: Block) {
        debug_assert!(self.position <= position);
        debug_assert!(position <= self.available || self.options.is_some());
        self.position = position;
        self.block = block;
        self.shared.sequencer.commit(&self.gate, position);
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<T>> {
        &self.shared
    }

    pub(crate) fn gate(&self) -> &PlainArc<Gate> {
        &self.gate
    }

    pub(crate) fn options(&self) -> Option<&ReaderOptions> {
        self.options.as_deref()
    }

    pub(crate) fn wait(&self) -> Wait {
        self.wait
    }

    /// Says that the reader stands somewhere else, where its gate is.
    pub(super) fn move_to(&mut self, place: Place) {
        self.position = place.position;
        self.available = place.available;
        self.block = self.shared.slots.block(place.position);
    }

    /// Returns the block of the event at the gate.
    #[inline]
    pub(crate) fn block(&self) -> Block {
        self.block
    }

    /// Moves to the block of the next event.
    #[inline]
    pub(super) fn enter_block(&mut self) {
        self.shared.slots.move_reader(&mut self.block, self.position);
    }

    /// Returns what may be read without another look, from the gate on.
    pub(crate) fn readable(&self) -> Range<u64> {
        self.position..self.available.max(self.position)
    }

    /// Lends a batch what may be read. If the gate is held for that alone, what is left when
    /// the batch is forgotten may not be read without another look, and so will be released.
    #[cold]
    pub(crate) fn lend(&mut self) {
        if self.hold() == Hold::UntilRelease {
            self.available = self.position;
        }
    }

    /// Ends what a batch or a clone has begun: the writer may open the gate again, or it is
    /// opened.
    #[cold]
    pub(crate) fn release(&mut self) {
        let Some(options) = &mut self.options else { return };
        if !mem::take(&mut options.held) {
            return;
        }
        self.available = self.position;
        options.rest(&self.gate, self.position);
        self.shared.sequencer.gate_released();
    }
}

impl<T> Drop for ReaderCore<T> {
    fn drop(&mut self) {
        self.shared.sequencer.leave(&self.gate, self.position);
        trace::left(&self.member, self.position);
    }
}
