//! Polling for readers with options: dependent, evictable, or observing.
//!
//! A dependent reads up to its barrier. An evictable reader must close its idle gate before it
//! reads, and learns there whether it was evicted.

#![forbid(unsafe_code)]

use core::mem;
use std::time::Instant;

use super::options::ReaderOptions;
use super::reader_core::{Hold, ReadingCore};
use crate::error::{End, Evicted, TryReadError, UpstreamLeft};
use crate::protocol::Ending;
use crate::storage::Storage;

impl<S: Storage> ReadingCore<S> {
    /// Holds the gate of an evictable reader, if the last poll has seen the next event and the reader
    /// was not evicted since.
    #[inline]
    pub(super) fn hold_seen(&mut self) -> bool {
        let Some(options) = &mut self.options else { return false };
        let seen = options.seen > self.position && options.patience.is_some();
        if !seen || options.held || options.has_ended() || !self.gate.hold(self.position) {
            return false;
        }
        options.held = true;
        self.available = options.seen;
        true
    }

    /// Like `poll_first`, for a reader with options that has nothing available.
    pub(super) fn poll_first_with_options(&mut self) -> Option<Hold> {
        if self.hold_seen() {
            return Some(Hold::UntilRelease);
        }
        let seen = self.options.as_ref().is_some_and(|options| options.seen > self.position);
        let at_once = seen || self.pacing.rests(self.position);
        let found = if at_once { self.catch_up_with_options() } else { self.poll_paced() };
        found.then(|| self.hold())
    }

    /// Returns how long the gate protects the events that were found.
    pub(crate) fn hold(&self) -> Hold {
        if self.options.as_ref().is_some_and(|options| options.held) {
            Hold::UntilRelease
        } else {
            Hold::UntilCommit
        }
    }

    /// Like `catch_up`, for a reader with options.
    #[cold]
    pub(super) fn catch_up_with_options(&mut self) -> bool {
        match self.poll() {
            Some(seen @ Ok(_)) => self.accept_with_options(seen).is_ok(),
            _ => false,
        }
    }

    /// Like `try_fill`, for a reader with options that has nothing available.
    pub(super) fn try_fill_with_options(&mut self) -> Result<Hold, TryReadError> {
        if self.hold_seen() {
            return Ok(Hold::UntilRelease);
        }
        let seen = self.poll().ok_or(TryReadError::Empty)?;
        Ok(self.accept_with_options(seen)?)
    }

    /// Like `poll_in`, for a reader with these options.
    #[cold]
    pub(super) fn poll_with(
        &self,
        options: &ReaderOptions,
        block: &S::Block,
    ) -> Option<Result<u64, End>> {
        if let Some(end) = &options.end {
            return Some(Err(end.clone()));
        }
        if options.patience.is_some() && self.gate.is_open() {
            return Some(Err(self.evicted()));
        }
        if options.seen > self.position {
            return Some(Ok(options.seen));
        }
        if options.barrier.is_empty() {
            return self.published_end(block).map(Ok).or_else(|| self.poll_plain(block));
        }
        let reach = options.barrier.reach(self.position);
        if reach.end > self.position {
            return Some(Ok(reach.end));
        }
        // An upstream that leaves at the end of the stream leaves after the ring was closed. So
        // the end is asked for after the barrier.
        match (self.shared.sequencer.ending(self.position), reach.stopped) {
            (Some(ending @ (Ending::Closed | Ending::EditorLeft(_))), _) => {
                Some(self.ended(ending))
            }
            (_, Some((stopped, at))) => {
                Some(Err(End::UpstreamLeft(UpstreamLeft::new(stopped.member().clone(), at))))
            }
            (_, None) => None,
        }
    }

    /// Like `accept`, for a reader with options. From now until `release`, the writer cannot
    /// open the gate of an evictable reader.
    #[cold]
    pub(super) fn accept_with_options(&mut self, seen: Result<u64, End>) -> Result<Hold, End> {
        match (seen, &mut self.options) {
            (Ok(end), Some(options)) => {
                if options.patience.is_some() && !options.held {
                    if !self.gate.hold(self.position) {
                        return Err(self.evicted());
                    }
                    options.held = true;
                }
                if mem::replace(&mut options.seen, end) < end {
                    self.found(end);
                } else {
                    self.available = end;
                }
                Ok(self.hold())
            }
            (Err(end @ End::UpstreamLeft(_)), Some(options)) => {
                if options.end.is_none() {
                    // This reader will never read on, so its gate must hold nobody back.
                    options.end = Some(end.clone());
                    options.held = false;
                    self.shared.sequencer.retire(&self.gate, self.position);
                }
                Err(end)
            }
            (Ok(_), None) => unreachable!("the reader has options"),
            (Err(end), _) => Err(end),
        }
    }

    /// Like `wait_for`, for a reader with options. Waits for one lagging upstream after the
    /// other, and for the cursor if none lags. Ends early when `stopped` returns `true`.
    #[cold]
    pub(super) fn wait_with_options(
        &mut self,
        deadline: Option<Instant>,
        stopped: impl Fn() -> bool,
    ) -> Option<Result<Hold, End>> {
        let parks = &self.gate.counters().parks;
        let seen = loop {
            if stopped() {
                break Err(End::Stopped);
            }
            if let Some(seen) = self.poll() {
                break seen;
            }
            let sequencer = &self.shared.sequencer;
            let barrier = self.options.as_ref().map(|options| &options.barrier);
            let laggard = barrier.and_then(|barrier| barrier.laggard(self.position));
            let moved = laggard.and_then(|laggard| laggard.gate().dependents());
            let events = moved.map_or(&sequencer.published, |dependents| &dependents.moved);
            let passed = || laggard.is_some_and(|it| it.gate().progress().position > self.position);
            self.wait.until(events, self.position + 1, deadline, parks, || {
                (stopped() || passed() || self.poll().is_some()).then_some(())
            })?;
        };
        Some(self.accept_with_options(seen))
    }

    /// Returns the end of an evicted reader, with the number of events that it has missed so far.
    pub(super) fn evicted(&self) -> End {
        let missed = self.shared.sequencer.cursor.load() - self.position;
        End::Evicted(Evicted::new(self.member.clone(), self.position, missed))
    }
}
