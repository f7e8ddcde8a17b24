//! When a reader looks for events, and where.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use super::Reader;
use crate::error::{End, ReadTimeoutError, TryReadError, UpstreamLeft};
use crate::ring::Shared;
use crate::sequencer::Ending;

/// For how long the gate protects what a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Until the reader moves on.
    Standing,
    /// Until `release`, which must follow.
    Brief,
}

impl<T> Reader<T> {
    /// Waits until there is something to read.
    #[inline]
    pub(super) fn fill(&mut self) -> Result<Hold, End> {
        self.settle();
        match self.look_ahead() {
            Some(hold) => Ok(hold),
            None => self.wait_for(None).unwrap_or_else(|| unreachable!("there is no deadline")),
        }
    }

    /// Waits until there is something to read, at most for `timeout`.
    #[inline]
    pub(super) fn fill_in_time(&mut self, timeout: Duration) -> Result<Hold, ReadTimeoutError> {
        self.settle();
        if let Some(hold) = self.look_ahead() {
            return Ok(hold);
        }
        match self.wait_for(Instant::now().checked_add(timeout)) {
            Some(filled) => Ok(filled?),
            None => Err(ReadTimeoutError::Timeout),
        }
    }

    /// Sees whether there is something to read.
    #[inline]
    pub(crate) fn try_fill(&mut self) -> Result<Hold, TryReadError> {
        self.settle();
        if self.position < self.available {
            return Ok(Hold::Standing);
        }
        if self.terms.is_some() {
            return self.try_fill_on_terms();
        }
        if self.catch_up_with_ring() {
            return Ok(Hold::Standing);
        }
        match self.shared.sequencer.ending(self.position) {
            Some(ending) => Ok(self.take(self.ended(ending))?),
            None => Err(TryReadError::Empty),
        }
    }

    /// Takes a first look, at the right moment, and says whether there is something to
    /// read. What is still there from an earlier look needs none: whoever holds its gate
    /// briefly keeps nothing from one look to the next, not even if it forgets a batch.
    #[inline]
    pub(super) fn look_ahead(&mut self) -> Option<Hold> {
        if self.position < self.available {
            return Some(Hold::Standing);
        }
        if self.terms.is_some() {
            return self.look_ahead_on_terms();
        }
        let rests = self.pacing.rests(self.position);
        let found = if rests { self.catch_up_with_ring() } else { self.look_paced() };
        found.then_some(Hold::Standing)
    }

    /// Takes the first look as the pacing says, and tells it what was found.
    #[inline(never)]
    pub(super) fn look_paced(&mut self) -> bool {
        self.pacing.hold_off();
        let found = self.catch_up();
        if found {
            self.pacing.found(self.position, self.available - self.position);
        } else {
            self.pacing.found_nothing();
        }
        found
    }

    /// Looks at the stamp that announces the next event, and if it is there already asks
    /// for the whole range: this reader is behind. The cursor is on a line that the
    /// writer would rather keep, and so it is asked only if there can be more in it.
    #[inline]
    fn catch_up(&mut self) -> bool {
        if self.terms.is_some() { self.catch_up_on_terms() } else { self.catch_up_with_ring() }
    }

    /// Catches up as one that comes after nobody.
    #[inline]
    fn catch_up_with_ring(&mut self) -> bool {
        let end = self.all_there_is();
        if let Some(end) = end {
            self.found(end);
        }
        end.is_some()
    }

    /// Returns the end of all there is, if this reader, which comes after nobody, is behind.
    #[inline]
    pub(super) fn all_there_is(&self) -> Option<u64> {
        let Shared { sequencer, slots, .. } = &*self.shared;
        let stamped = slots.stamped(&self.block, self.position);
        if stamped <= self.position {
            return None;
        }
        let told_all = slots.tells_all(&self.block, stamped);
        Some(if told_all { stamped } else { sequencer.cursor.load() })
    }

    /// Waits until there is something to read; `None` at the deadline.
    #[inline(never)]
    fn wait_for(&mut self, deadline: Option<Instant>) -> Option<Result<Hold, End>> {
        if self.terms.is_some() {
            return self.wait_on_terms(deadline, || false);
        }
        let published = &self.shared.sequencer.published;
        let parks = &self.gate.counters().parks;
        let seen = self
            .wait
            .until(published, self.position + 1, deadline, parks, || self.look_at_ring())?;
        Some(self.take(seen))
    }

    /// Returns the end of what may be read, if that is anything, or that nothing
    /// more will come. Looks only at the stamp where the next event will be, so
    /// that the news comes in one cache line with the event.
    #[inline]
    pub(super) fn look(&self) -> Option<Result<u64, End>> {
        if let Some(terms) = &self.terms {
            return self.look_on(terms);
        }
        self.look_at_ring()
    }

    /// Looks as one that comes after nobody.
    #[inline]
    pub(super) fn look_at_ring(&self) -> Option<Result<u64, End>> {
        let Shared { sequencer, slots, .. } = &*self.shared;
        let stamped = slots.stamped(&self.block, self.position);
        if stamped > self.position {
            return Some(Ok(stamped));
        }
        sequencer.ending(self.position).map(|ending| self.ended(ending))
    }

    /// Says what it is for this reader that comes after what it has found.
    #[cold]
    pub(crate) fn ended(&self, ending: Ending) -> Result<u64, End> {
        match ending {
            Ending::More(end) => Ok(end),
            Ending::Closed => Err(End::Closed),
            Ending::Broken(editor) => {
                let member = self.shared.sequencer.stages[editor].member.clone();
                Err(End::UpstreamLeft(UpstreamLeft::new(member, self.position)))
            }
        }
    }

    /// Takes what was seen for what may be read.
    #[inline]
    pub(super) fn take(&mut self, seen: Result<u64, End>) -> Result<Hold, End> {
        if self.terms.is_some() {
            return self.take_on_terms(seen);
        }
        self.found(seen?);
        Ok(Hold::Standing)
    }

    /// Takes note of how much may be read.
    #[inline]
    pub(super) fn found(&mut self, end: u64) {
        self.available = end;
        self.gate.counters().found(end - self.position);
    }
}
