//! The core of a reader: its gate, its position, and what it knows to be available.
//!
//! It lends slots below `available` (I2) and at or above its gate (I4). How it polls, joins and
//! waits is in the modules beside this one.

use core::mem;
use core::ops::Range;

use super::options::ReaderOptions;
use crate::handles::shared::Shared;
use crate::member::Member;
use crate::protocol::{Gate, Joined, Place};
use crate::storage::{Slots, Storage};
use crate::sync::{Arc, PlainArc};
use crate::telemetry::trace;
use crate::waiting::{Pacing, Wait};

/// How long the gate protects the events that a poll has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Until the reader commits them.
    UntilCommit,
    /// Until `release`, which the caller must see to.
    UntilRelease,
}

/// The state behind every handle that reads, from which it and its guards lend what is stored.
pub(crate) struct ReadingCore<S: Storage> {
    pub(super) shared: Arc<Shared<S>>,
    /// The gate of this reader.
    pub(super) gate: PlainArc<Gate>,
    /// The first sequence that is not committed: always the position of the gate.
    pub(super) position: u64,
    /// The block of `position`, or the block before if `position` is the first of a block.
    pub(super) block: S::Block,
    /// Everything below this may be read without another poll. May be stale, never too large.
    pub(super) available: u64,
    /// A plain reader polls without asking the pacing while it is below this. 0 for others.
    pub(super) unpaced_until: u64,
    /// If a poll for one event finds no more than so many, it does not ask the cursor for others.
    pub(super) few: u64,
    pub(super) pacing: Pacing,
    pub(super) wait: Wait,
    pub(super) member: Member,
    /// `None` for a plain reader, which reads every event as it comes.
    pub(super) options: Option<Box<ReaderOptions>>,
}

/// The state behind a [`Reader`](crate::Reader) and an [`Observer`](crate::Observer).
pub(crate) type ReaderCore<T> = ReadingCore<Slots<T>>;

/// Calls `release` when it is dropped, also by a panic.
pub(crate) struct Release<'r, S: Storage>(pub(crate) &'r mut ReadingCore<S>);

impl<S: Storage> Drop for Release<'_, S> {
    #[inline]
    fn drop(&mut self) {
        if self.0.options.is_some() {
            self.0.release();
        }
    }
}

impl<S: Storage> ReadingCore<S> {
    #[inline]
    pub(crate) fn new(
        shared: Arc<Shared<S>>,
        joined: Joined,
        wait: Wait,
        member: Member,
        options: Option<Box<ReaderOptions>>,
    ) -> Self {
        let Joined { gate, place: Place { position, available } } = joined;
        let block = shared.slots.block(position);
        let pacing = shared.pacing.clone();
        Self {
            shared,
            gate,
            position,
            block,
            available,
            unpaced_until: 0,
            few: 0,
            pacing,
            wait,
            member,
            options,
        }
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

    /// Commits everything below `position`, which must be in `block` or be the first sequence
    /// after it.
    #[inline]
    pub(crate) fn commit(&mut self, position: u64, block: S::Block) {
        debug_assert!(self.position <= position);
        debug_assert!(position <= self.available || self.options.is_some());
        self.position = position;
        self.block = block;
        self.shared.sequencer.commit(&self.gate, position);
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<S>> {
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

    /// Moves the reader to the place where its gate is now.
    pub(super) fn move_to(&mut self, place: Place) {
        self.position = place.position;
        self.available = place.available;
        self.block = self.shared.slots.block(place.position);
    }

    /// Returns the block of `position`, or the block before.
    #[inline]
    pub(crate) fn block(&self) -> S::Block {
        self.block
    }

    /// Moves to the block of `position`.
    #[inline]
    pub(super) fn enter_block(&mut self) {
        self.shared.slots.move_reader(&mut self.block, self.position, self.available);
    }

    /// Returns the range that may be read without another poll.
    pub(crate) fn readable(&self) -> Range<u64> {
        self.position..self.available.max(self.position)
    }

    /// Lends the available events to a batch. If the gate is held only until `release`, they
    /// are not available afterwards: if the batch is forgotten, the reader polls again, and so
    /// releases the gate later.
    #[cold]
    pub(crate) fn lend(&mut self) {
        if self.hold() == Hold::UntilRelease {
            self.available = self.position;
        }
    }

    /// Releases the gate after a batch or a clone, if it was held for that alone: an evictable
    /// reader makes it idle, an observer opens it.
    pub(crate) fn release(&mut self) {
        let Some(options) = &mut self.options else { return };
        if !mem::take(&mut options.held) {
            return;
        }
        self.available = self.position;
        options.rest(&self.gate, self.position);
        self.shared.sequencer.gate_released(&self.gate, self.position);
    }
}

impl<T> ReaderCore<T> {
    /// Clones the next event, which must be available, commits it, and releases the gate if it was
    /// held for that alone.
    #[inline]
    pub(crate) fn take_clone(&mut self, hold: Hold) -> T
    where
        T: Clone,
    {
        match hold {
            Hold::UntilCommit => self.clone_at(self.position),
            Hold::UntilRelease => self.clone_next_and_release(),
        }
    }

    /// Clones the event at the reader's position, which must be available, and commits it.
    #[inline]
    pub(crate) fn clone_at(&mut self, position: u64) -> T
    where
        T: Clone,
    {
        let event = self.clone_of(position);
        self.commit(position + 1, self.block);
        event
    }

    /// Clones and commits the next event, and releases the gate, also if the clone panics.
    pub(super) fn clone_next_and_release(&mut self) -> T
    where
        T: Clone,
    {
        let release = Release(self);
        let position = release.0.position;
        let event = release.0.clone_of(position);
        // One store to the gate both commits the event and releases the gate.
        release.0.position = position + 1;
        event
    }

    /// Clones the event at the reader's position, which must be available.
    #[inline]
    fn clone_of(&self, position: u64) -> T
    where
        T: Clone,
    {
        debug_assert_eq!(position, self.position);
        let slots = &self.shared.slots;
        let mut borrow = slots.borrows.read(position, position + 1);
        // SAFETY: I2: the event is below `available`. I4: it is at the gate, which stays there
        // until the reference is gone. I6: the slot holds a valid `T`.
        let event = unsafe { slots.slot_in(&self.block, position).as_ref() }.clone();
        borrow.release_below(position + 1);
        event
    }
}

impl<S: Storage> Drop for ReadingCore<S> {
    fn drop(&mut self) {
        self.shared.sequencer.leave(&self.gate, self.position);
        trace::left(&self.member, self.position);
    }
}
