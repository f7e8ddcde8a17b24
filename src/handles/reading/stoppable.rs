//! Waits that can be cancelled, for readers whose managed thread is told to stop, and looks that
//! tell first what was missed.

#![forbid(unsafe_code)]

use core::mem;
use std::time::{Duration, Instant};

use super::batch::Batch;
use super::reader_core::{Hold, ReaderCore, Release};
use crate::error::{End, ReadTimeoutError};
use crate::handles::shared::deadline_after;
use crate::protocol::Start;

impl<T> ReaderCore<T> {
    /// Borrows all available events. Waits until there is at least one, at most for `timeout`,
    /// and until `stopped` returns `true`. A thread that makes `stopped` return `true` must
    /// then call `Sequencer::wake_readers`.
    #[inline]
    pub(crate) fn batch_unless_stopped(
        &mut self,
        timeout: Option<Duration>,
        stopped: impl Fn() -> bool,
    ) -> Result<Batch<'_, T>, ReadTimeoutError> {
        if !self.at_hand() && self.poll_first().is_none() {
            let deadline = timeout.and_then(deadline_after);
            match self.wait_unless_stopped(deadline, stopped) {
                Some(filled) => drop(filled?),
                None => return Err(ReadTimeoutError::Timeout),
            }
        }
        Ok(Batch::new(self, usize::MAX))
    }

    /// Borrows the events that an observer finds in a look. `max_events` gets how many were missed,
    /// and says how many to look at. If it panics, the look ends before its first event.
    pub(crate) fn look_at_most(&mut self, max_events: impl FnOnce(u64) -> usize) -> Batch<'_, T> {
        let missed = self.begin_look(Start::Oldest(self.position));
        let looking = Release(self);
        let max_events = max_events(missed);
        mem::forget(looking);
        Batch::new(self, max_events)
    }

    /// Waits until an event is available. `None` at the deadline.
    #[inline(never)]
    fn wait_unless_stopped(
        &mut self,
        deadline: Option<Instant>,
        stopped: impl Fn() -> bool,
    ) -> Option<Result<Hold, End>> {
        if self.options.is_some() {
            return self.wait_with_options(deadline, stopped);
        }
        let published = &self.shared.sequencer.published;
        let parks = &self.gate.counters().parks;
        let look = || if stopped() { Some(Err(End::Stopped)) } else { self.poll() };
        let seen = self.wait.until(published, self.position + 1, deadline, parks, look)?;
        Some(self.accept(seen))
    }
}
