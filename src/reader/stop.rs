//! Waiting that can be called off: for readers whose thread is told to stop.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use super::Reader;
use super::look::Hold;
use crate::batch::Batch;
use crate::error::{End, ReadTimeoutError};

impl<T> Reader<T> {
    /// Borrows everything that is there to read; waits until there is something, at most
    /// for `timeout`, and no longer than until `stopped` says so. Whoever makes it say so
    /// then calls `Sequencer::wake_readers`.
    #[inline]
    pub(crate) fn batch_unless_stopped(
        &mut self,
        timeout: Option<Duration>,
        stopped: impl Fn() -> bool,
    ) -> Result<Batch<'_, T>, ReadTimeoutError> {
        self.settle();
        if self.look_ahead().is_none() {
            let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
            match self.wait_unless_stopped(deadline, stopped) {
                Some(filled) => drop(filled?),
                None => return Err(ReadTimeoutError::Timeout),
            }
        }
        Ok(Batch::new(self, usize::MAX))
    }

    /// Waits until there is something to read; `None` at the deadline.
    #[inline(never)]
    fn wait_unless_stopped(
        &mut self,
        deadline: Option<Instant>,
        stopped: impl Fn() -> bool,
    ) -> Option<Result<Hold, End>> {
        if self.terms.is_some() {
            return self.wait_on_terms(deadline, stopped);
        }
        let published = &self.shared.sequencer.published;
        let parks = &self.gate.counters().parks;
        let look = || if stopped() { Some(Err(End::Stopped)) } else { self.look() };
        let seen = self.wait.until(published, self.position + 1, deadline, parks, look)?;
        Some(self.take(seen))
    }
}
