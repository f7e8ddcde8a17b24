//! The methods of the writer that claim several slots.

#![forbid(unsafe_code)]

use core::mem;
use std::time::{Duration, Instant};

use broadring::{ClaimError, ClaimTimeoutError, TryClaimError};

use super::claim::Claim;
use super::publisher::Publisher;
use super::writer::Writer;
use crate::clock::Clock;
use crate::stamp::Stamp;
use crate::stamped::Stamped;

impl<T, C: Clock> Writer<T, C> {
    /// Claims the next `len` slots. Waits while fewer are free.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] if the ring has fewer slots.
    #[track_caller]
    pub fn claim(&mut self, len: usize) -> Result<Claim<'_, T, C>, ClaimError> {
        Ok(Claim { slots: self.ring.claim(len)?, publisher: &mut self.publisher })
    }

    /// Claims the next `len` slots if they are free. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryClaimError::Full`] if fewer slots are free, [`TryClaimError::TooLarge`] if the ring has
    /// fewer.
    pub fn try_claim(&mut self, len: usize) -> Result<Claim<'_, T, C>, TryClaimError> {
        Ok(Claim { slots: self.ring.try_claim(len)?, publisher: &mut self.publisher })
    }

    /// Claims as many slots as are free, at least one and at most `len`. Waits while none is.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] if the ring has fewer slots than `len`.
    #[track_caller]
    pub fn claim_up_to(&mut self, len: usize) -> Result<Claim<'_, T, C>, ClaimError> {
        Ok(Claim { slots: self.ring.claim_up_to(len)?, publisher: &mut self.publisher })
    }

    /// Claims as many slots as are free now, at least one and at most `len`. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryClaimError::Full`] if no slot is free, [`TryClaimError::TooLarge`] if the ring has fewer
    /// than `len`.
    pub fn try_claim_up_to(&mut self, len: usize) -> Result<Claim<'_, T, C>, TryClaimError> {
        Ok(Claim { slots: self.ring.try_claim_up_to(len)?, publisher: &mut self.publisher })
    }

    /// Claims the next `len` slots. Waits at most for `timeout` while fewer are free. A timeout too long
    /// for the clock is none.
    ///
    /// # Errors
    ///
    /// [`ClaimTimeoutError::Timeout`] if fewer slots were free until then,
    /// [`ClaimTimeoutError::TooLarge`] if the ring has fewer.
    pub fn claim_timeout(
        &mut self,
        len: usize,
        timeout: Duration,
    ) -> Result<Claim<'_, T, C>, ClaimTimeoutError> {
        Ok(Claim { slots: self.ring.claim_timeout(len, timeout)?, publisher: &mut self.publisher })
    }

    /// Claims the next `len` slots. Waits at most until `deadline` while fewer are free.
    ///
    /// # Errors
    ///
    /// As [`claim_timeout`](Self::claim_timeout).
    pub fn claim_deadline(
        &mut self,
        len: usize,
        deadline: Instant,
    ) -> Result<Claim<'_, T, C>, ClaimTimeoutError> {
        Ok(Claim {
            slots: self.ring.claim_deadline(len, deadline)?,
            publisher: &mut self.publisher,
        })
    }

    /// Publishes all events of the iterator, in runs of as many as there is room for, at most a quarter
    /// of the ring and at most 64. Waits while there is none. Returns how many that were.
    ///
    /// Each run has one stamp and stays together in the merged order. For a batch that must stay whole,
    /// use [`claim`](Self::claim).
    ///
    /// # Panics
    ///
    /// If the iterator or the `drop` of an old event does. What the iterator has given out before is
    /// then published.
    #[track_caller]
    pub fn publish_all(&mut self, events: impl IntoIterator<Item = T>) -> u64 {
        let first = self.ring.cursor();
        let most = (self.capacity() / 4).clamp(1, 64);
        let mut events = events.into_iter();
        let mut event = events.next();
        while let Some(next) = event {
            let slots = self.ring.claim_up_to(most).expect("the ring has so many slots");
            let mut run = Run { slots: Some(slots), publisher: &mut self.publisher, written: 0 };
            event = run.fill(next, &mut events);
        }
        self.ring.cursor() - first
    }
}

/// A run of events on their way into the slots. Dropping it publishes what is written.
struct Run<'w, T, C: Clock> {
    slots: Option<broadring::Claim<'w, Stamped<T>>>,
    publisher: &'w mut Publisher<T, C>,
    written: usize,
}

impl<T, C: Clock> Run<'_, T, C> {
    /// Writes the event and those that follow it. Returns the first that found no slot.
    fn fill(&mut self, event: T, events: &mut impl Iterator<Item = T>) -> Option<T> {
        let mut event = Some(event);
        for slot in self.slots.iter_mut().flatten() {
            // An event is taken only when there is a slot for it.
            let next = event.take().or_else(|| events.next())?;
            let old = mem::replace(&mut slot.event, next);
            self.written += 1;
            drop(old);
        }
        events.next()
    }
}

impl<T, C: Clock> Drop for Run<'_, T, C> {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.take() {
            let _: Stamp = Claim { slots, publisher: self.publisher }.publish_first(self.written);
        }
    }
}
