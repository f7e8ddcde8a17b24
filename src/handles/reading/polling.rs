//! Polling: how a reader finds out which events are available, when, and where it looks.
//!
//! A plain reader looks at the stamp of the block where its next event will lie, and at the
//! cursor only if there may be more. Readers with options are in `polling_options`.

#![forbid(unsafe_code)]

use core::mem;
use std::time::{Duration, Instant};

use super::reader_core::{Hold, ReaderCore, ReadingCore};
use crate::error::{End, ReadTimeoutError, TryReadError, UpstreamLeft};
use crate::handles::shared::{Shared, deadline_after};
use crate::protocol::Ending;
use crate::storage::{Slots, Storage};

impl<S: Storage> ReadingCore<S> {
    /// Waits until an event is available.
    #[inline]
    pub(crate) fn fill(&mut self) -> Result<Hold, End> {
        if self.at_hand() || self.find() { Ok(Hold::UntilCommit) } else { self.fill_slowly() }
    }

    /// Checks, as quickly as can be, whether an event is available that the gate protects until it
    /// is committed. If not, `find` or `poll_first` must be asked next.
    ///
    /// Events that are still available from an earlier poll need no new one. (A gate that is
    /// held only until `release` leaves none available, not even if a batch is forgotten.) A plain
    /// reader that is not to hold off polls.
    #[inline]
    pub(crate) fn at_hand(&mut self) -> bool {
        self.enter_block();
        self.position < self.available
            || self.position < self.unpaced_until && self.catch_up_plain()
    }

    /// Waits until an event is available to a plain reader that has nothing at hand. If it returns
    /// `false`, the reader is not a plain one, or the stream has ended: `fill_slowly` tells.
    #[inline]
    pub(crate) fn find(&mut self) -> bool {
        self.options.is_none() && self.find_plain()
    }

    #[inline(never)]
    fn find_plain(&mut self) -> bool {
        // A reader that does not hold off has polled already.
        self.position >= self.unpaced_until && self.poll_paced()
            || self.wait_plain(None) == Some(true)
    }

    /// Like `fill`, where `find` has found nothing.
    #[inline(never)]
    fn fill_slowly(&mut self) -> Result<Hold, End> {
        match self.poll_first() {
            Some(hold) => Ok(hold),
            None => self.wait_for(None).unwrap_or_else(|| unreachable!("there is no deadline")),
        }
    }

    /// Waits until an event is available, at most for `timeout`.
    #[inline]
    pub(crate) fn fill_timeout(&mut self, timeout: Duration) -> Result<Hold, ReadTimeoutError> {
        if self.at_hand() {
            return Ok(Hold::UntilCommit);
        }
        if let Some(hold) = self.poll_first() {
            return Ok(hold);
        }
        match self.wait_for(deadline_after(timeout)) {
            Some(filled) => Ok(filled?),
            None => Err(ReadTimeoutError::Timeout),
        }
    }

    /// Checks whether an event is available.
    #[inline]
    pub(crate) fn try_fill(&mut self) -> Result<Hold, TryReadError> {
        self.enter_block();
        if self.position < self.available {
            return Ok(Hold::UntilCommit);
        }
        if self.options.is_some() {
            return self.try_fill_with_options();
        }
        if self.catch_up_plain() {
            return Ok(Hold::UntilCommit);
        }
        match self.shared.sequencer.ending(self.position) {
            Some(ending) => Ok(self.accept(self.ended(ending))?),
            None => Err(TryReadError::Empty),
        }
    }

    /// Polls for the first time in a wait, at the moment that the pacing chooses, if nothing is at
    /// hand.
    #[inline]
    pub(super) fn poll_first(&mut self) -> Option<Hold> {
        if self.options.is_some() {
            return self.poll_first_with_options();
        }
        // A reader that does not hold off has polled already.
        let paced = self.position >= self.unpaced_until;
        (paced && self.poll_paced()).then_some(Hold::UntilCommit)
    }

    /// Holds off as long as the pacing says, polls, and tells the pacing what was found.
    #[inline(never)]
    pub(super) fn poll_paced(&mut self) -> bool {
        self.pacing.hold_off();
        let found = self.catch_up();
        if found {
            let found = (self.available - self.position).div_ceil(S::UNIT);
            self.pacing.found(self.position, found);
        } else {
            self.pacing.found_nothing();
        }
        if self.options.is_none() {
            self.unpaced_until = self.pacing.rests_until();
        }
        found
    }

    /// Polls the stamp that announces the next event. If the event is there already, the reader
    /// is behind, and takes everything that is published. It loads the cursor only if that may
    /// tell more, because the cursor's cache line should stay with the writer.
    #[inline]
    fn catch_up(&mut self) -> bool {
        if self.options.is_some() { self.catch_up_with_options() } else { self.catch_up_plain() }
    }

    /// The same for a reader that comes after no other.
    #[inline]
    fn catch_up_plain(&mut self) -> bool {
        let end = self.published_end(&self.block);
        if let Some(end) = end {
            self.found(end);
        }
        end.is_some()
    }

    /// Returns the end of everything published, if that is past this reader, which comes after
    /// no other. Its next event is in `block`.
    #[inline]
    pub(super) fn published_end(&self, block: &S::Block) -> Option<u64> {
        let stamped = self.shared.slots.stamped(block, self.position);
        if stamped <= self.position {
            return None;
        }
        Some(self.told(block, stamped))
    }

    /// Returns the end of everything published, if a stamp beyond the position was seen.
    #[inline]
    fn told(&self, block: &S::Block, stamped: u64) -> u64 {
        let Shared { sequencer, slots, .. } = &*self.shared;
        let told_all = slots.tells_all(block, stamped);
        if told_all { stamped } else { sequencer.cursor.load() }
    }

    /// Waits until an event is available. `None` at the deadline.
    #[inline(never)]
    fn wait_for(&mut self, deadline: Option<Instant>) -> Option<Result<Hold, End>> {
        if self.options.is_some() {
            return self.wait_with_options(deadline, || false);
        }
        if self.wait_plain(deadline)? {
            return Some(Ok(Hold::UntilCommit));
        }
        let ending = self.shared.sequencer.ending(self.position);
        Some(self.accept(self.ended(ending?)))
    }

    /// Waits until an event is available to a plain reader, or returns `Some(false)` if the stream
    /// has ended. `None` at the deadline.
    ///
    /// What is between the news and the event delays every event that is waited for. So the looks
    /// return a plain word: the end of what may be read, or the position if the stream has ended.
    #[inline]
    fn wait_plain(&mut self, deadline: Option<Instant>) -> Option<bool> {
        let Shared { sequencer, slots, .. } = &*self.shared;
        let (block, position) = (&self.block, self.position);
        let mut looked = false;
        let look = || {
            let stamped = slots.stamped(block, position);
            if stamped > position {
                return Some(stamped);
            }
            if let Some(ending) = sequencer.ending(position) {
                return Some(if let Ending::More(end) = ending { end } else { position });
            }
            // Not at the first look: a writer that is as fast as the reader is about to write there.
            if mem::replace(&mut looked, true) {
                slots.fetch_awaited(block, position);
            }
            None
        };
        let parks = &self.gate.counters().parks;
        let end = self.wait.until(&sequencer.published, position + 1, deadline, parks, look)?;
        let found = end > position;
        if found {
            self.found(end);
        }
        Some(found)
    }

    /// Returns the end of what may be read, or how the stream has ended; `None` if there is
    /// nothing new. A plain reader looks only at the stamp where its next event will be, so
    /// that the news comes in one cache line with the event.
    #[inline]
    pub(super) fn poll(&self) -> Option<Result<u64, End>> {
        self.poll_in(&self.block)
    }

    /// Like `poll`, if the next event is in `block`.
    #[inline]
    fn poll_in(&self, block: &S::Block) -> Option<Result<u64, End>> {
        if let Some(options) = &self.options {
            return self.poll_with(options, block);
        }
        self.poll_plain(block)
    }

    /// Looks what the next read would find: events, the end of the stream, or nothing yet. Changes
    /// nothing. Whoever evicts the reader afterwards makes it find that instead.
    pub(crate) fn peek(&self) -> Option<Result<(), End>> {
        if self.position < self.available {
            return Some(Ok(()));
        }
        let mut block = self.block;
        self.shared.slots.move_reader(&mut block, self.position, self.available);
        self.poll_in(&block).map(|seen| seen.map(drop))
    }

    /// Whether the next read would find no event.
    pub(crate) fn is_empty(&self) -> bool {
        !matches!(self.peek(), Some(Ok(())))
    }

    /// Like `poll_in`, for a reader that comes after no other.
    #[inline]
    pub(super) fn poll_plain(&self, block: &S::Block) -> Option<Result<u64, End>> {
        let Shared { sequencer, slots, .. } = &*self.shared;
        let stamped = slots.stamped(block, self.position);
        if stamped > self.position {
            return Some(Ok(stamped));
        }
        sequencer.ending(self.position).map(|ending| self.ended(ending))
    }

    /// Translates what the sequencer knows about the end of the stream for this reader.
    #[cold]
    pub(crate) fn ended(&self, ending: Ending) -> Result<u64, End> {
        match ending {
            Ending::More(end) => Ok(end),
            Ending::Closed => Err(End::Closed),
            Ending::EditorLeft(editor) => {
                let member = self.shared.sequencer.stages[editor].member.clone();
                Err(End::UpstreamLeft(UpstreamLeft::new(member, self.position)))
            }
        }
    }

    /// Accepts the result of a poll: makes the events available, or returns the end.
    #[inline]
    pub(super) fn accept(&mut self, seen: Result<u64, End>) -> Result<Hold, End> {
        if self.options.is_some() {
            return self.accept_with_options(seen);
        }
        self.found(seen?);
        Ok(Hold::UntilCommit)
    }

    /// Makes the events below `end` available, and counts them.
    #[inline]
    pub(super) fn found(&mut self, end: u64) {
        self.available = end;
        self.gate.counters().found(end - self.position);
    }
}

/// For readers that take one event at a time.
impl<T> ReaderCore<T> {
    /// Like `at_hand`, for a reader that takes one event: returns the position if that event is
    /// available. If it finds only a few, it does not ask the cursor for more.
    #[inline(always)] // so that the position stays in a register
    pub(crate) fn one_at_hand(&mut self) -> Option<u64> {
        let position = self.position;
        self.shared.slots.move_reader(&mut self.block, position, self.available);
        if position < self.available {
            return Some(position);
        }
        if position >= self.unpaced_until {
            return None;
        }
        let stamped = self.shared.slots.stamped(&self.block, position);
        if stamped <= position {
            return None;
        }
        if stamped - position <= self.few {
            self.available = stamped;
            self.gate.counters().batches.add(1);
        } else {
            self.found_many(stamped);
        }
        Some(position)
    }

    /// Makes the events available that a stamp beyond the position tells of, and those of which the
    /// cursor does, and prefetches them.
    #[inline(never)]
    fn found_many(&mut self, stamped: u64) {
        self.found(self.told(&self.block, stamped));
        let found = self.available - self.position;
        // Fewer than a block has, and no more than were found before, so that the largest batch
        // stays what it is.
        self.few = self.few.max(found.min(Slots::<T>::LANES as u64 - 1));
        self.shared.slots.fetch_found(&self.block, self.position, self.available);
    }

    /// Waits until an event is available, clones it, and commits it, where `find` has found nothing.
    #[inline(never)]
    pub(crate) fn recv_slowly(&mut self) -> Result<T, End>
    where
        T: Clone,
    {
        if self.hold_seen() { Ok(self.clone_next_and_release()) } else { self.recv_filled() }
    }

    /// The same if the event was not seen before.
    #[inline(never)]
    fn recv_filled(&mut self) -> Result<T, End>
    where
        T: Clone,
    {
        let hold = self.fill_slowly()?;
        Ok(self.take_clone(hold))
    }
}
