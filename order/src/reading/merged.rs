//! The merged reader.

#![forbid(unsafe_code)]

use core::convert::Infallible;
use core::fmt;
use core::mem;
use core::ops::ControlFlow;
use std::time::{Duration, Instant};

use broadring::{End, Observer, ReadTimeoutError, TryReadError, Wait, WaitSet};

use super::batch::MergedBatch;
use super::event::Ordered;
use super::lane::Lane;
use super::merging::Extent;
use super::patience::Patience;
use crate::clock::{Clock, Monotonic};
use crate::error::SubscribeError;
use crate::roster::{Enrolment, Roster, Terms};
use crate::stamp::Stamp;
use crate::sync::Arc;

/// A reader that sees the events of all writers in one order, which is the same for every reader.
///
/// It lends events by reference in batches ([`wait_batch`](Self::wait_batch)), clones them one by one
/// ([`recv`](Self::recv)), or hands them to a closure until the order ends ([`run`](Self::run)). The plain
/// methods wait, the `try_` methods do not, and the `_timeout` and `_deadline` methods wait for a limited
/// time.
///
/// An event can be read as soon as no other writer can publish one that comes before it. A writer that
/// is silent, that holds a claim open, that has left or panicked does not delay anybody: the reader
/// finds out by itself that it is not publishing. Only a thread that loses its core in the middle of a
/// publication, between its reading of the clock and the store that makes the event visible, delays the
/// events with later stamps until it goes on, as the holder of a lock would.
///
/// The reader holds back the writers whose events it has not taken, and only those.
///
/// Dropping the reader, also by a panic that unwinds past it, makes it leave.
///
/// # Examples
///
/// ```
/// use broadring_order::Writers;
///
/// let (writers, order) = Writers::builder(64).build(|| 0);
/// let mut reader = order.subscribe()?;
/// let (mut odd, mut even) = (writers.join(), writers.join());
/// drop(writers);
/// odd.publish(1);
/// even.publish(2);
/// odd.publish(3);
/// drop((odd, even));
///
/// let mut heard = Vec::new();
/// while let Ok(mut batch) = reader.wait_batch() {
///     for event in &mut batch {
///         heard.push((event.position, event.source.get(), *event.event));
///     }
/// }
/// assert_eq!(heard, [(0, 0, 1), (1, 1, 2), (2, 0, 3)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Merged<T, C: Clock = Monotonic> {
    pub(super) roster: Arc<Roster<T, C>>,
    /// Its number in the roster.
    pub(super) number: u64,
    /// One for each writer, in the order of their numbers.
    pub(super) lanes: Vec<Lane<T>>,
    /// How many writers have come, as far as it knows.
    pub(super) seen: u64,
    /// Writers that are not among the lanes will publish nothing with a smaller stamp (O4).
    pub(super) checked: Stamp,
    /// The position of the next event.
    pub(super) position: u64,
    /// Events that can be taken without another look at the lanes.
    pub(super) run: Run,
    /// `None` when it has left.
    pub(super) bell: Option<Observer<()>>,
    /// How the stream has ended for this reader, if it has.
    pub(super) ended: Option<End>,
    /// The position at the beginning of the last wait for a batch.
    pub(super) looked_at: u64,
    /// Whether the last wait found an event at once.
    pub(super) at_once: bool,
    pub(super) patience: Patience,
    pub(super) waits: WaitSet,
    wait: Wait,
    pub(super) terms: Terms,
}

/// Events of one lane that come before everything of the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) lane: usize,
    /// Their stamps are smaller.
    pub(super) limit: u64,
}

impl Run {
    pub(super) const NONE: Self = Self { lane: 0, limit: 0 };
}

impl<T, C: Clock> Merged<T, C> {
    pub(super) fn join(
        roster: Arc<Roster<T, C>>,
        terms: Terms,
        wait: Wait,
    ) -> Result<Self, SubscribeError> {
        let Enrolment { number, arrivals, bell, floor, position, seen } =
            roster.admit(terms.clone())?;
        let lanes = arrivals.into_iter().map(|arrival| Lane::new(arrival, Some(floor))).collect();
        Ok(Self {
            roster,
            number,
            lanes,
            seen,
            checked: Stamp::MIN,
            position,
            run: Run::NONE,
            bell: Some(bell),
            ended: None,
            looked_at: position,
            at_once: false,
            patience: Patience::default(),
            waits: WaitSet::new().strategy(wait),
            wait,
            terms,
        })
    }

    /// Borrows the events that can be read, in the merged order. Waits until there is at least one.
    ///
    /// # Errors
    ///
    /// [`End`] when there is nothing more to read: [`End::Closed`] when all writers and all
    /// [`Writers`](crate::Writers) are gone and everything was read, [`End::Evicted`] if a writer has
    /// gone on without this reader.
    #[inline]
    pub fn wait_batch(&mut self) -> Result<MergedBatch<'_, T>, End> {
        self.wait_batch_up_to(usize::MAX)
    }

    /// Borrows at most `max_events` of the events that can be read, in the merged order. Waits until
    /// there is at least one. With a maximum of 0 it returns an empty batch at once.
    ///
    /// # Errors
    ///
    /// As [`wait_batch`](Self::wait_batch).
    #[inline]
    pub fn wait_batch_up_to(&mut self, max_events: usize) -> Result<MergedBatch<'_, T>, End> {
        if max_events > 0 {
            self.wait_for_batch(None)?;
        }
        self.batch(max_events)
    }

    /// Borrows the events that can be read, in the merged order. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if there is nothing to read now, [`TryReadError::Ended`] if there never
    /// will be.
    #[inline]
    pub fn try_batch(&mut self) -> Result<MergedBatch<'_, T>, TryReadError> {
        self.try_batch_up_to(usize::MAX)
    }

    /// Borrows at most `max_events` of the events that can be read, in the merged order. Never waits. With
    /// a maximum of 0 it returns an empty batch.
    ///
    /// # Errors
    ///
    /// As [`try_batch`](Self::try_batch).
    #[inline]
    pub fn try_batch_up_to(
        &mut self,
        max_events: usize,
    ) -> Result<MergedBatch<'_, T>, TryReadError> {
        if max_events > 0 {
            self.find()?;
        }
        Ok(self.batch(max_events)?)
    }

    /// Borrows the events that can be read, in the merged order. Waits at most for `timeout` until there
    /// is at least one. A timeout too long for the clock is none.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing came in time, [`ReadTimeoutError::Ended`] if nothing ever
    /// will.
    pub fn batch_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<MergedBatch<'_, T>, ReadTimeoutError> {
        if self.wait_for_batch(Instant::now().checked_add(timeout))? {
            Ok(self.batch(usize::MAX)?)
        } else {
            Err(ReadTimeoutError::Timeout)
        }
    }

    /// Borrows the events that can be read, in the merged order. Waits at most until `deadline` until
    /// there is at least one.
    ///
    /// # Errors
    ///
    /// As [`batch_timeout`](Self::batch_timeout).
    pub fn batch_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<MergedBatch<'_, T>, ReadTimeoutError> {
        if self.wait_for_batch(Some(deadline))? {
            Ok(self.batch(usize::MAX)?)
        } else {
            Err(ReadTimeoutError::Timeout)
        }
    }

    /// Hands every event to the closure until there is nothing more to read. Returns how the stream has
    /// ended. Events are committed a batch at a time.
    ///
    /// # Panics
    ///
    /// If the closure does. The event that it was given then counts as read, and so do the events before
    /// it, but none after it.
    #[inline]
    pub fn run(&mut self, mut handle: impl FnMut(Ordered<&T>)) -> End {
        let ended = self.run_until(|event| {
            handle(event);
            ControlFlow::<Infallible>::Continue(())
        });
        match ended {
            Err(end) => end,
        }
    }

    /// Hands every event to the closure until the closure returns [`Break`](ControlFlow::Break) or there
    /// is nothing more to read. Returns the value of the `Break`. The event at which the closure breaks
    /// counts as read, and none after it.
    ///
    /// # Errors
    ///
    /// [`End`] if the stream ended first.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    #[inline]
    pub fn run_until<B>(
        &mut self,
        mut handle: impl FnMut(Ordered<&T>) -> ControlFlow<B>,
    ) -> Result<B, End> {
        loop {
            let mut batch = self.wait_batch()?;
            if let ControlFlow::Break(found) = batch.iter().pass(&mut handle) {
                return Ok(found);
            }
        }
    }

    /// Returns the position of the next event: how many events come before it. Not exact before the first
    /// event is read: then it may be too small by the events that were being published while the reader
    /// joined.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns the name that the reader was given.
    pub fn name(&self) -> Option<&str> {
        self.terms.name.as_deref()
    }

    /// Skips to the events that are published from now on. This is how an evicted reader comes back; any
    /// other may call it to catch up. The positions of the events tell how many were skipped.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if others have taken its place meanwhile. The reader then has ended.
    pub fn rejoin(&mut self) -> Result<(), SubscribeError> {
        self.ended.get_or_insert(End::Closed);
        self.leave();
        let anew = Self::join(Arc::clone(&self.roster), self.terms.clone(), self.wait)?;
        drop(mem::replace(self, anew));
        Ok(())
    }

    /// Gives its places up: those in the rings first, and then that on the roster, so that whoever takes
    /// this one finds those free.
    pub(super) fn leave(&mut self) {
        if self.bell.take().is_some() {
            self.lanes.clear();
            self.roster.dismiss(self.number);
        }
    }

    /// Looks at the events that are known to be there. A writer may have evicted this reader since.
    #[cold]
    pub(super) fn look_again(&mut self) -> Result<(), End> {
        let known = self.lanes.iter_mut().filter(|lane| lane.knowledge.head.is_some());
        let evicted = known.filter_map(|lane| match lane.reader.try_batch_up_to(1) {
            Ok(batch) => {
                batch.commit_first(0);
                None
            }
            Err(TryReadError::Ended(end)) => Some(end),
            Err(TryReadError::Empty) => unreachable!("the event was there"),
        });
        let Some(end) = { evicted }.next() else { return Ok(()) };
        self.end(end.clone());
        Err(end)
    }

    /// Borrows the events, of which there must be one.
    #[inline]
    pub(super) fn batch(&mut self, max_events: usize) -> Result<MergedBatch<'_, T>, End> {
        if self.terms.patience.is_some() {
            self.look_again()?;
        }
        let Self { lanes, checked, position, ended, .. } = self;
        let stop = position.saturating_add(max_events as u64);
        let extent = Extent { checked: *checked, stop, exclusive: C::EXCLUSIVE };
        MergedBatch::new(lanes, extent, position)
            // It leaves the other rings when it asks again: here they are borrowed.
            .inspect_err(|end| *ended = Some(end.clone()))
    }
}

impl<T, C: Clock> Drop for Merged<T, C> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<T, C: Clock> fmt::Debug for Merged<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merged")
            .field("name", &self.name())
            .field("position", &self.position)
            .field("sources", &self.lanes.len())
            .finish_non_exhaustive()
    }
}
