//! How a merged reader takes single events.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use broadring::{Batch, End, ReadTimeoutError, TryReadError};

use super::event::Ordered;
use super::lane::Lane;
use super::merged::Merged;
use crate::clock::Clock;
use crate::stamped::Stamped;

impl<T, C: Clock> Merged<T, C> {
    /// Returns a clone of the next event, and commits it. Waits until there is one.
    ///
    /// # Errors
    ///
    /// As [`wait_batch`](Self::wait_batch).
    ///
    /// # Panics
    ///
    /// If the event's `clone` does. The event is then not read, and comes again.
    #[inline]
    pub fn recv(&mut self) -> Result<Ordered<T>, End>
    where
        T: Clone,
    {
        if let Some(event) = self.take_in_run() {
            return Ok(event);
        }
        self.wait_until(None)?;
        self.take()
    }

    /// Returns a clone of the next event, and commits it. Never waits.
    ///
    /// # Errors
    ///
    /// As [`try_batch`](Self::try_batch).
    ///
    /// # Panics
    ///
    /// As [`recv`](Self::recv).
    #[inline]
    pub fn try_recv(&mut self) -> Result<Ordered<T>, TryReadError>
    where
        T: Clone,
    {
        if let Some(event) = self.take_in_run() {
            return Ok(event);
        }
        self.find()?;
        Ok(self.take()?)
    }

    /// Returns a clone of the next event, and commits it. Waits at most for `timeout` until there is one.
    ///
    /// # Errors
    ///
    /// As [`batch_timeout`](Self::batch_timeout).
    ///
    /// # Panics
    ///
    /// As [`recv`](Self::recv).
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Ordered<T>, ReadTimeoutError>
    where
        T: Clone,
    {
        if self.wait_until(Instant::now().checked_add(timeout))? {
            Ok(self.take()?)
        } else {
            Err(ReadTimeoutError::Timeout)
        }
    }

    /// Clones the next event, which was found, and commits it.
    #[inline]
    pub(super) fn take(&mut self) -> Result<Ordered<T>, End>
    where
        T: Clone,
    {
        if let Some(event) = self.take_in_run() {
            return Ok(event);
        }
        // A writer has evicted the reader since.
        match self.look_again() {
            Err(end) => Err(end),
            Ok(()) => unreachable!("the event was there"),
        }
    }

    /// Clones the next event and commits it, if it belongs to the run.
    #[inline]
    pub(super) fn take_in_run(&mut self) -> Option<Ordered<T>>
    where
        T: Clone,
    {
        let Lane { source, reader, knowledge } = self.lanes.get_mut(self.run.lane)?;
        let sequence = reader.position();
        let next = Unread(Some(reader.try_batch_up_to(1).ok()?));
        let Stamped { stamp, event } = next.event();
        let stamp = *stamp;
        if stamp.get() >= self.run.limit {
            drop(next);
            // Unless it is one of those that are skipped.
            if knowledge.floor.is_none() {
                knowledge.head = Some(stamp);
            }
            return None;
        }
        let event = Ordered {
            position: self.position,
            stamp,
            source: source.id,
            sequence,
            event: event.clone(),
        };
        next.commit();
        knowledge.taken(stamp);
        self.position += 1;
        Some(event)
    }
}

/// An event that is not read until it is committed, also if cloning it panics.
struct Unread<'r, T>(Option<Batch<'r, Stamped<T>>>);

impl<T> Unread<'_, T> {
    #[inline]
    fn event(&self) -> &Stamped<T> {
        self.0.as_ref().and_then(|batch| batch.get(0)).expect("it has one event")
    }

    #[inline]
    fn commit(mut self) {
        drop(self.0.take());
    }
}

impl<T> Drop for Unread<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(batch) = self.0.take() {
            batch.commit_first(0);
        }
    }
}
