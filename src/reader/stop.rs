//! Waiting that can be called off: for readers whose thread is told to stop.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use super::Reader;
use super::look::Hold;
use crate::batch::Batch;
use crate::error::{End, ReadTimeoutError};
use crate::gates::Gate;
use crate::ring::Ring;

impl<T> Reader<T> {
    /// Borrows everything that is there to read; waits until there is something, at most
    /// for `timeout`, and no longer than until `stopped` says so. Whoever makes it say so
    /// then calls [`Ring::wake_readers`].
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

impl<T> Ring<T> {
    /// Has every sleeping reader that joined before look again.
    ///
    /// As when the ring is closed, no fence is needed: the lock orders the caller's last
    /// store before the look of a reader that goes to sleep afterwards, and one that sleeps
    /// finds another epoch (I7).
    pub(crate) fn wake_readers(&self) {
        let sequencer = &self.shared.sequencer;
        sequencer.published.wake_all();
        for dependents in sequencer.gates.taken().filter_map(Gate::dependents) {
            dependents.moved.wake_all();
        }
    }
}
