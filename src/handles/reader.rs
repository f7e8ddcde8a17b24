//! The reading handle.

#![forbid(unsafe_code)]

use core::convert::Infallible;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::ControlFlow;
use core::time::Duration;

use super::reading::{Batch, ReaderCore};
use crate::error::{End, ReadTimeoutError, SubscribeError, TryReadError};
use crate::member::Member;
use crate::sequence::Sequence;

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
    pub(crate) core: ReaderCore<T>,
}

impl<T> Reader<T> {
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
            self.core.fill()?;
        }
        Ok(Batch::new(&mut self.core, max_events))
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
            self.core.try_fill()?;
        }
        Ok(Batch::new(&mut self.core, max_events))
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
            self.core.fill_timeout(timeout)?;
        }
        Ok(Batch::new(&mut self.core, max_events))
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
        let hold = self.core.fill()?;
        Ok(self.core.take_clone(hold))
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
        let hold = self.core.try_fill()?;
        Ok(self.core.take_clone(hold))
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
        let hold = self.core.fill_timeout(timeout)?;
        Ok(self.core.take_clone(hold))
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
        self.core.shared().slots.capacity()
    }

    /// Returns the sequence of the next event to be read: everything before it is
    /// committed.
    #[inline]
    pub fn position(&self) -> Sequence {
        Sequence::new(self.core.position())
    }

    /// Returns how many published events this reader has not yet read.
    ///
    /// There may be more by the time you see it, because the writer goes on.
    /// There are never fewer: only this handle reads them. An event that is being
    /// published counts a moment before it can be read.
    pub fn lag(&self) -> u64 {
        self.core.lag()
    }

    /// Returns the name that the reader was given, which a clone shares.
    pub fn name(&self) -> Option<&str> {
        self.member().name()
    }

    /// Returns who this reader is, as errors and snapshots name it.
    pub fn member(&self) -> &Member {
        self.core.member()
    }

    /// Makes a reader that starts at this one's position, and comes after the same others.
    /// Takes a lock for a moment, as [`subscribe`](crate::ReaderBuilder::subscribe) does.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    pub fn try_clone(&self) -> Result<Self, SubscribeError> {
        Ok(Self { core: self.core.try_clone()? })
    }

    /// Goes on with the next event to be published, whatever has become of those before it,
    /// and returns how many that leaves out.
    ///
    /// This is how a reader that was evicted comes back. One that was not may call it to
    /// catch up. It does not bring back those that the reader comes after: if one of them
    /// has left, the next read says so again. Those that come after this reader learn
    /// nothing of it if it was not evicted: what is left out counts as committed.
    ///
    /// Lock-free, as joining is; takes a lock for a moment if it has to join anew, because
    /// others come after the place that it has lost.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if it has to join anew and the ring has all its readers.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([1, 2, 3]);
    /// assert_eq!(reader.rejoin()?, 3);
    /// writer.publish(4);
    /// assert_eq!(reader.recv(), Ok(4));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn rejoin(&mut self) -> Result<u64, SubscribeError> {
        self.core.rejoin()
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

impl<T> fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("name", &self.name())
            .field("position", &self.position())
            .field("lag", &self.lag())
            .field("wait", &self.core.wait())
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
