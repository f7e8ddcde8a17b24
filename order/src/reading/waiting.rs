//! How a merged reader waits.

#![forbid(unsafe_code)]

use core::mem;
use std::time::Instant;

use broadring::{End, Observer, TryReadError, Waitable};
use smallvec::SmallVec;

use super::merged::Merged;
use crate::clock::Clock;
use crate::sync::yield_now;

impl<T, C: Clock> Merged<T, C> {
    /// Waits until an event can be read, to be borrowed with others. Returns whether that was before the
    /// deadline.
    ///
    /// A reader that finds a few events each time it looks is faster than the writers. Every look takes
    /// cache lines from them, and on a busy machine perhaps their core. So it lets others run before it
    /// looks again, as long as that pays: see `Patience`.
    #[inline]
    pub(super) fn wait_for_batch(&mut self, deadline: Option<Instant>) -> Result<bool, End> {
        let taken = self.position - mem::replace(&mut self.looked_at, self.position);
        if self.patience.lets_others_run(self.at_once, taken) {
            yield_now();
        }
        self.wait_until(deadline)
    }

    /// Waits until an event can be read. Returns whether that was before the deadline.
    #[inline]
    pub(super) fn wait_until(&mut self, deadline: Option<Instant>) -> Result<bool, End> {
        self.at_once = true;
        loop {
            match self.find() {
                Ok(()) => return Ok(true),
                Err(TryReadError::Ended(end)) => return Err(end),
                Err(TryReadError::Empty) => self.at_once = false,
            }
            if !self.sleep(deadline) {
                return Ok(false);
            }
        }
    }

    /// Waits until one of the writers without an event here publishes or leaves, or until another one
    /// comes. Returns whether that was before the deadline.
    #[cold]
    #[inline(never)]
    pub(super) fn sleep(&mut self, deadline: Option<Instant>) -> bool {
        let Self { lanes, bell, waits, .. } = self;
        let awaited = lanes.iter().filter(|lane| lane.knowledge.head.is_none());
        let awaited = awaited.map(|lane| &lane.reader as &dyn Waitable);
        let awaited: SmallVec<[&dyn Waitable; 8]> =
            awaited.chain(bell.iter().map(|bell| bell as &dyn Waitable)).collect();
        let ready = match deadline {
            Some(deadline) => waits.wait_deadline(&awaited, deadline),
            None => Some(waits.wait(&awaited)),
        };
        let rung = ready.is_some_and(|ready| ready + 1 == awaited.len());
        drop(awaited);
        if rung {
            self.hear_bell();
        }
        ready.is_some()
    }

    /// Takes note that the bell has rung: whoever rang it is among the arrivals by now.
    pub(super) fn hear_bell(&mut self) {
        drop(self.bell.as_mut().map(Observer::look));
    }
}
