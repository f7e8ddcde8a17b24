//! The reading handle.

use core::convert::Infallible;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::ControlFlow;
use core::time::Duration;

use crate::batch::Batch;
use crate::error::{End, ReadTimeoutError, SubscribeError, TryReadError};
use crate::gates::Gate;
use crate::member::Member;
use crate::pacing::Pacing;
use crate::ring::Shared;
use crate::sequence::Sequence;
use crate::sequencer::{Joined, Place};
use crate::slots::Block;
use crate::subscribe;
use crate::sync::{Arc, PlainArc};
use crate::trace;
use crate::wait::Wait;

mod look;
mod terms;

use look::Hold;
pub(crate) use terms::{Release, Terms};

/// A handle that reads every event, in order, from where it has joined.
///
/// Events are lent in batches, by reference ([`wait_batch`](Self::wait_batch)),
/// cloned one by one ([`recv`](Self::recv)), or handed to a closure until the
/// ring is closed ([`run`](Self::run)). The plain methods wait, the `try_`
/// methods do not, and the `_timeout` methods wait for a limited time. A read is
/// wait-free when there is something to read, unless the writer has to be woken. One
/// that waits may first hold off for less than a microsecond while events stream in
/// (see the [crate's documentation](crate#waiting)); the `try_` methods never do.
///
/// The reader holds the writer back: what it has not *committed* is not
/// overwritten. A batch commits when it is dropped; `recv` and `run` commit by
/// themselves. A reader that is not read from stops the writer within a lap of
/// the ring, so drop readers that are no longer needed.
///
/// Dropping the reader, also by a panic that unwinds past it, makes it leave:
/// the writer no longer waits for it. Leaving takes a lock for a moment, because
/// the writer may be asleep.
///
/// A clone starts at the same position, and from there on reads on its own. Cloning
/// panics if the ring has all its readers; [`try_clone`](Self::try_clone) does not.
///
/// # Examples
///
/// ```
/// use broadring::{End, Ring};
///
/// let (mut writer, ring) = Ring::builder(64).build(|| 0_u64);
/// let mut sum = ring.subscribe()?;
/// let mut last = sum.clone();
///
/// writer.publish_all(1..=10);
/// drop(writer);
///
/// let mut total = 0;
/// while let Ok(batch) = sum.wait_batch() {
///     total += batch.events().sum::<u64>();
/// }
/// assert_eq!(total, 55);
/// assert_eq!(last.iter().last(), Some(10));
/// assert_eq!(last.recv(), Err(End::Closed));
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
pub struct Reader<T> {
    shared: Arc<Shared<T>>,
    /// The gate that this reader holds.
    gate: PlainArc<Gate>,
    /// The first sequence that is not committed: always what the gate says.
    position: u64,
    /// The block of `position`, or the one before if that is the first of a block.
    block: Block,
    /// Everything below this may be read without another look; may be stale, never too large.
    available: u64,
    pacing: Pacing,
    wait: Wait,
    member: Member,
    /// `None` for one that just reads every event as it comes.
    terms: Option<Box<Terms>>,
}

impl<T> Reader<T> {
    pub(crate) fn new(
        shared: Arc<Shared<T>>,
        joined: Joined,
        wait: Wait,
        member: Member,
        terms: Option<Box<Terms>>,
    ) -> Self {
        let Joined { gate, place: Place { position, available } } = joined;
        let block = shared.slots.block(position);
        let pacing = shared.pacing.clone();
        Self { shared, gate, position, block, available, pacing, wait, member, terms }
    }

    /// Borrows everything that is there to read; waits until there is something.
    ///
    /// What a limit has left behind from an earlier look comes first, by itself: only
    /// when it is read does the reader look again.
    ///
    /// # Errors
    ///
    /// [`End`] when there is nothing more to read: [`End::Closed`] once the writer is gone
    /// and everything was read.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([5, 6]);
    /// for (sequence, event) in &reader.wait_batch()? {
    ///     println!("{sequence}: {event}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn wait_batch(&mut self) -> Result<Batch<'_, T>, End> {
        self.wait_batch_up_to(usize::MAX)
    }

    /// Borrows at most `max_events` of what is there to read; waits until
    /// there is something. With a maximum of 0 it returns an empty batch at once.
    ///
    /// # Errors
    ///
    /// [`End`] when there is nothing more to read: [`End::Closed`] once the writer is gone
    /// and everything was read.
    #[inline]
    pub fn wait_batch_up_to(&mut self, max_events: usize) -> Result<Batch<'_, T>, End> {
        if max_events > 0 {
            self.fill()?;
        }
        Ok(Batch::new(self, max_events))
    }

    /// Borrows everything that is there to read, or what a limit has left behind from
    /// an earlier look. Never waits.
    ///
    /// A batch borrows the reader, also in the arms of a `match` on this call. To
    /// try first and wait otherwise, ask whether [`lag`](Self::lag) is 0, or call
    /// [`batch_timeout`](Self::batch_timeout).
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if there is nothing to read now,
    /// [`TryReadError::Ended`] if there never will be.
    #[inline]
    pub fn try_batch(&mut self) -> Result<Batch<'_, T>, TryReadError> {
        self.try_batch_up_to(usize::MAX)
    }

    /// Borrows at most `max_events` of what is there to read. Never waits.
    /// With a maximum of 0 it returns an empty batch.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if there is nothing to read now,
    /// [`TryReadError::Ended`] if there never will be.
    #[inline]
    pub fn try_batch_up_to(&mut self, max_events: usize) -> Result<Batch<'_, T>, TryReadError> {
        if max_events > 0 {
            self.try_fill()?;
        }
        Ok(Batch::new(self, max_events))
    }

    /// Borrows everything that is there to read, or what a limit has left behind from
    /// an earlier look; waits at most for `timeout` until there is something.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing came in time,
    /// [`ReadTimeoutError::Ended`] if nothing ever will.
    #[inline]
    pub fn batch_timeout(&mut self, timeout: Duration) -> Result<Batch<'_, T>, ReadTimeoutError> {
        self.batch_timeout_up_to(usize::MAX, timeout)
    }

    /// Borrows at most `max_events` of what is there to read; waits at most for
    /// `timeout` until there is something. With a maximum of 0 it returns an empty
    /// batch at once.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing came in time,
    /// [`ReadTimeoutError::Ended`] if nothing ever will.
    #[inline]
    pub fn batch_timeout_up_to(
        &mut self,
        max_events: usize,
        timeout: Duration,
    ) -> Result<Batch<'_, T>, ReadTimeoutError> {
        if max_events > 0 {
            self.fill_in_time(timeout)?;
        }
        Ok(Batch::new(self, max_events))
    }

    /// Returns a clone of the next event; waits until there is one.
    ///
    /// # Errors
    ///
    /// [`End`] when there is nothing more to read: [`End::Closed`] once the writer is gone
    /// and everything was read.
    ///
    /// # Panics
    ///
    /// If the event's `clone` does. The event is then not read, and comes again.
    #[inline]
    pub fn recv(&mut self) -> Result<T, End>
    where
        T: Clone,
    {
        let hold = self.fill()?;
        Ok(self.take_clone(hold))
    }

    /// Returns a clone of the next event. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if there is nothing to read now,
    /// [`TryReadError::Ended`] if there never will be.
    ///
    /// # Panics
    ///
    /// As [`recv`](Self::recv).
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryReadError>
    where
        T: Clone,
    {
        let hold = self.try_fill()?;
        Ok(self.take_clone(hold))
    }

    /// Returns a clone of the next event; waits at most for `timeout` until there
    /// is one.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing came in time,
    /// [`ReadTimeoutError::Ended`] if nothing ever will.
    ///
    /// # Panics
    ///
    /// As [`recv`](Self::recv).
    #[inline]
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<T, ReadTimeoutError>
    where
        T: Clone,
    {
        let hold = self.fill_in_time(timeout)?;
        Ok(self.take_clone(hold))
    }

    /// Returns an iterator over clones of the events, which waits for each and
    /// ends when there is nothing more to read.
    ///
    /// It does not say why: that is [`End::Closed`], unless the reader comes after others or
    /// editors, or may be evicted. Then ask [`try_recv`](Self::try_recv), or use
    /// [`recv`](Self::recv) in the first place.
    pub fn iter(&mut self) -> Events<'_, T>
    where
        T: Clone,
    {
        Events { reader: self }
    }

    /// Hands every event to the closure, until there is nothing more to read. Returns why,
    /// which is [`End::Closed`] unless the reader comes after others or editors, or may be
    /// evicted.
    ///
    /// The closure gets the event, its sequence, and whether it is the last of
    /// those that were there together: the moment to flush what it has gathered.
    /// Events are committed a batch at a time, and at least every quarter of the
    /// ring, so that a slow closure does not keep the writer from all of it.
    ///
    /// # Panics
    ///
    /// If the closure does. The event that it was given then counts as read, and
    /// so do those before it, but none after it.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0_u64);
    /// let mut reader = ring.subscribe()?;
    /// let sum = std::thread::spawn(move || {
    ///     let mut sum = 0;
    ///     reader.run(|event, _sequence, _end_of_batch| sum += event);
    ///     sum
    /// });
    /// writer.publish_all(1..=100);
    /// drop(writer);
    /// assert_eq!(sum.join().unwrap(), 5050);
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    #[inline]
    pub fn run(&mut self, mut handle: impl FnMut(&T, Sequence, bool)) -> End {
        let ended = self.run_until(|event, sequence, end_of_batch| {
            handle(event, sequence, end_of_batch);
            ControlFlow::<Infallible>::Continue(())
        });
        match ended {
            Err(end) => end,
        }
    }

    /// Hands every event to the closure, until the closure breaks off or there is nothing
    /// more to read. Returns what the closure broke off
    /// with. The event at which it did counts as read, and none after it.
    ///
    /// For the rest it is like [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// [`End`] if the stream ended first.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([1, 2, 3, 4]);
    /// let found = reader.run_until(|event, sequence, _| match event {
    ///     3 => ControlFlow::Break(sequence),
    ///     _ => ControlFlow::Continue(()),
    /// });
    /// assert_eq!(found?.get(), 2);
    /// assert_eq!(reader.recv(), Ok(4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn run_until<B>(
        &mut self,
        mut handle: impl FnMut(&T, Sequence, bool) -> ControlFlow<B>,
    ) -> Result<B, End> {
        loop {
            let batch = self.wait_batch()?;
            let end = batch.sequences().end;
            let handled =
                batch.try_for_each(|event, sequence| handle(event, sequence, sequence + 1 == end));
            if let ControlFlow::Break(found) = handled {
                return Ok(found);
            }
        }
    }

    /// Returns the number of slots: the largest lag there can be, in events.
    pub fn capacity(&self) -> usize {
        self.shared.slots.capacity()
    }

    /// Returns the sequence of the next event to be read: everything before it is
    /// committed.
    #[inline]
    pub fn position(&self) -> Sequence {
        Sequence::new(self.position)
    }

    /// Returns how many published events this reader has not yet read.
    ///
    /// There may be more by the time you see it, because the writer goes on.
    /// There are never fewer: only this handle reads them. An event that is being
    /// published counts a moment before it can be read.
    pub fn lag(&self) -> u64 {
        self.shared.sequencer.cursor.load() - self.position
    }

    /// Returns the name that the reader was given, which a clone shares.
    pub fn name(&self) -> Option<&str> {
        self.member.name()
    }

    /// Returns who this reader is, as errors and snapshots name it.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// Makes a reader that starts at this one's position, and comes after the same others.
    /// Takes a lock for a moment, as [`subscribe`](crate::ReaderBuilder::subscribe) does.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    pub fn try_clone(&self) -> Result<Self, SubscribeError> {
        subscribe::clone(self)
    }

    /// Clones the next event, which is there, and commits it.
    #[inline]
    pub(crate) fn take_clone(&mut self, hold: Hold) -> T
    where
        T: Clone,
    {
        match hold {
            Hold::Standing => self.clone_next(),
            Hold::Brief => self.clone_next_and_release(),
        }
    }

    #[inline]
    fn clone_next(&mut self) -> T
    where
        T: Clone,
    {
        let slots = &self.shared.slots;
        let mut watch = slots.watched.read(self.position, self.position + 1);
        // SAFETY: I2: the event is below `available`; I4: and at the gate, which
        // stays there until the reference is gone. I6: the slot holds a valid `T`.
        let event = unsafe { slots.slot_in(&self.block, self.position).as_ref() }.clone();
        watch.release_below(self.position + 1);
        self.commit(self.position + 1, self.block);
        event
    }

    /// As `clone_next`; also a clone that panics releases the gate.
    #[cold]
    fn clone_next_and_release(&mut self) -> T
    where
        T: Clone,
    {
        Release(self).0.clone_next()
    }

    /// Releases everything below `position`, which is in this block or the first
    /// after it, to the writer.
    #[inline]
    pub(crate) fn commit(&mut self, position: u64, block: Block) {
        debug_assert!(self.position <= position);
        debug_assert!(position <= self.available || self.terms.is_some());
        self.position = position;
        self.block = block;
        self.shared.sequencer.commit(&self.gate, position);
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<T>> {
        &self.shared
    }

    pub(crate) fn gate(&self) -> &PlainArc<Gate> {
        &self.gate
    }

    pub(crate) fn terms(&self) -> Option<&Terms> {
        self.terms.as_deref()
    }

    pub(crate) fn wait(&self) -> Wait {
        self.wait
    }

    /// Says that the reader stands somewhere else, where its gate is.
    fn stand_at(&mut self, place: Place) {
        self.position = place.position;
        self.available = place.available;
        self.block = self.shared.slots.block(place.position);
    }

    /// Returns the block of the event at the gate.
    #[inline]
    pub(crate) fn block(&self) -> Block {
        self.block
    }

    /// Moves to the block of the next event.
    #[inline]
    fn settle(&mut self) {
        self.shared.slots.move_reader(&mut self.block, self.position);
    }

    /// Returns what may be read without another look, from the gate on.
    pub(crate) fn readable(&self) -> core::ops::Range<u64> {
        self.position..self.available.max(self.position)
    }
}

/// Like [`Reader::try_clone`].
///
/// # Panics
///
/// If the ring has all the readers it was built for.
impl<T> Clone for Reader<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        match self.try_clone() {
            Ok(clone) => clone,
            Err(error) => panic!("{error}"),
        }
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.shared.sequencer.leave(&self.gate, self.position);
        trace::left(&self.member, self.position);
    }
}

impl<T> fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("name", &self.name())
            .field("position", &self.position())
            .field("lag", &self.lag())
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

/// An iterator over clones of the events; from [`Reader::iter`].
pub struct Events<'r, T> {
    reader: &'r mut Reader<T>,
}

impl<T: Clone> Iterator for Events<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.reader.recv().ok()
    }
}

impl<T: Clone> FusedIterator for Events<'_, T> {}

impl<T> fmt::Debug for Events<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("reader", &self.reader).finish()
    }
}

#[cfg(not(all(loom, feature = "loom")))]
mod stop;
#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;
