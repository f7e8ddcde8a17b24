//! Polling: how a reader finds out which events are available, when, and where it looks.
//!
//! A plain reader looks at the stamp of the block where its next event will lie, and at the
//! cursor only if there may be more. Readers with options are in `polling_options`.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use super::reader_core::{Hold, ReaderCore};
use crate::error::{End, ReadTimeoutError, TryReadError, UpstreamLeft};
use crate::handles::shared::Shared;
use crate::protocol::Ending;

impl<T> ReaderCore<T> {
    /// Waits until an event is available.
    #[inline]
    pub(crate) fn fill(&mut self) -> Result<Hold, End> {
        self.enter_block();
        match self.poll_first() {
            Some(hold) => Ok(hold),
            None => self.wait_for(None).unwrap_or_else(|| unreachable!("there is no deadline")),
        }
    }

    /// Waits until an event is available, at most for `timeout`.
    #[inline]
    pub(crate) fn fill_timeout(&mut self, timeout: Duration) -> Result<Hold, ReadTimeoutError> {
        self.enter_block();
        if let Some(hold) = self.poll_first() {
            return Ok(hold);
        }
        match self.wait_for(Instant::now().checked_add(timeout)) {
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

    /// Polls for the first time in a wait, at the moment that the pacing chooses. Events that
    /// are still available from an earlier poll need no new one. (A gate that is held only
    /// until `release` leaves none available, not even if a batch is forgotten.)
    #[inline]
    pub(super) fn poll_first(&mut self) -> Option<Hold> {
        if self.position < self.available {
            return Some(Hold::UntilCommit);
        }
        if self.options.is_some() {
            return self.poll_first_with_options();
        }
        let rests = self.pacing.rests(self.position);
        let found = if rests { self.catch_up_plain() } else { self.poll_paced() };
        found.then_some(Hold::UntilCommit)
    }

    /// Holds off as long as the pacing says, polls, and tells the pacing what was found.
    #[inline(never)]
    pub(super) fn poll_paced(&mut self) -> bool {
        self.pacing.hold_off();
        let found = self.catch_up();
        if found {
            self.pacing.found(self.position, self.available - self.position);
        } else {
            self.pacing.found_nothing();
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
        let end = self.published_end();
        if let Some(end) = end {
            self.found(end);
        }
        end.is_some()
    }

    /// Returns the end of everything published, if that is past this reader, which comes after
    /// no other.
    #[inline]
    pub(super) fn published_end(&self) -> Option<u64> {
        let Shared { sequencer, slots, .. } = &*self.shared;
        let stamped = slots.stamped(&self.block, self.position);
        if stamped <= self.position {
            return None;
        }
        let told_all = slots.tells_all(&self.block, stamped);
        Some(if told_all { stamped } else { sequencer.cursor.load() })
    }

    /// Waits until an event is available. `None` at the deadline.
    #[inline(never)]
    fn wait_for(&mut self, deadline: Option<Instant>) -> Option<Result<Hold, End>> {
        if self.options.is_some() {
            return self.wait_with_options(deadline, || false);
        }
        let published = &self.shared.sequencer.published;
        let parks = &self.gate.counters().parks;
        let seen =
            self.wait.until(published, self.position + 1, deadline, parks, || self.poll_plain())?;
        Some(self.accept(seen))
    }

    /// Returns the end of what may be read, or how the stream has ended; `None` if there is
    /// nothing new. A plain reader looks only at the stamp where its next event will be, so
    /// that the news comes in one cache line with the event.
    #[inline]
    pub(super) fn poll(&self) -> Option<Result<u64, End>> {
        if let Some(options) = &self.options {
            return self.poll_with(options);
        }
        self.poll_plain()
    }

    /// The same for a reader that comes after no other.
    #[inline]
    pub(super) fn poll_plain(&self) -> Option<Result<u64, End>> {
        let Shared { sequencer, slots, .. } = &*self.shared;
        let stamped = slots.stamped(&self.block, self.position);
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
