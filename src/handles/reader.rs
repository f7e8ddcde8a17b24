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
/// It lends events by reference in batches ([`wait_batch`](Self::wait_batch)), clones them one
/// by one ([`recv`](Self::recv)), or hands them to a closure until the ring is closed
/// ([`run`](Self::run)). The plain methods wait, the `try_` methods do not, and the `_timeout`
/// methods wait for a limited time.
///
/// A read is wait-free when an event is available, unless the writer has to be woken. While events
/// stream in, a read that waits may first hold off for less than a microsecond (see the [crate's
/// documentation](crate#waiting)); the `try_` methods never do.
///
/// The reader holds the writer back: events that it has not *committed* are not overwritten. A
/// batch commits when it is dropped; `recv` and `run` commit by themselves. A reader that
/// nobody reads from stops the writer within a lap of the ring, so drop readers that are no
/// longer needed.
///
/// Dropping the reader, also by a panic that unwinds past it, makes it leave: the writer no
/// longer waits for it. Leaving takes a lock for a moment, because the writer may be asleep.
///
/// A clone starts at the same position, and from there on reads on its own. Cloning panics if
/// the ring has all the readers it was built for; [`try_clone`](Self::try_clone) returns an
/// error instead.
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
    /// Borrows all available events. Waits until there is at least one.
    ///
    /// If an earlier batch had a limit, the events that it has left behind come first, by
    /// themselves. Only when they are read does the reader look for newer ones.
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

    /// Borrows at most `max_events` of the available events. Waits until there is at least one.
    /// With a maximum of 0 it returns an empty batch at once.
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

    /// Borrows all available events, or those that a limit has left behind. Never waits.
    ///
    /// A batch borrows the reader, also in the arms of a `match` on this call, and dropping it
    /// commits its events, read or not. To ask only whether there are any, call
    /// [`is_empty`](Self::is_empty).
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if there is nothing to read now,
    /// [`TryReadError::Ended`] if there never will be.
    #[inline]
    pub fn try_batch(&mut self) -> Result<Batch<'_, T>, TryReadError> {
        self.try_batch_up_to(usize::MAX)
    }

    /// Borrows at most `max_events` of the available events. Never waits. With a maximum of 0
    /// it returns an empty batch.
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

    /// Borrows all available events, or those that a limit has left behind. Waits at most for
    /// `timeout` until there is at least one.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing came in time,
    /// [`ReadTimeoutError::Ended`] if nothing ever will.
    #[inline]
    pub fn batch_timeout(&mut self, timeout: Duration) -> Result<Batch<'_, T>, ReadTimeoutError> {
        self.batch_timeout_up_to(usize::MAX, timeout)
    }

    /// Borrows at most `max_events` of the available events. Waits at most for `timeout` until
    /// there is at least one. With a maximum of 0 it returns an empty batch at once.
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

    /// Returns a clone of the next event, and commits it. Waits until there is one.
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
        let position = match self.core.one_at_hand() {
            Some(position) => position,
            None if self.core.find() => self.core.position(),
            None => return self.core.recv_slowly(),
        };
        Ok(self.core.clone_at(position))
    }

    /// Returns a clone of the next event, and commits it. Never waits.
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

    /// Returns a clone of the next event, and commits it. Waits at most for `timeout` until
    /// there is one.
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

    /// Returns an iterator over clones of the events, which waits for each and ends when there
    /// is nothing more to read.
    ///
    /// It does not say how the stream has ended. For a plain reader in a ring without editors
    /// that is [`End::Closed`]. Otherwise ask [`try_recv`](Self::try_recv) afterwards, or use
    /// [`recv`](Self::recv) in the first place.
    pub fn iter(&mut self) -> Events<'_, T>
    where
        T: Clone,
    {
        Events { reader: self }
    }

    /// Hands every event to the closure until there is nothing more to read. Returns how the
    /// stream has ended: with [`End::Closed`], unless the reader comes after other readers or
    /// editors, or is evictable.
    ///
    /// The closure gets the event, its sequence, and whether it is the last event of its batch:
    /// the moment to flush what it has gathered. Events are committed a batch at a time, and at
    /// least every quarter of the ring, so that a slow closure does not keep all of the ring
    /// from the writer.
    ///
    /// # Panics
    ///
    /// If the closure does. The event that it was given then counts as read, and so do the
    /// events before it, but none after it.
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

    /// Hands every event to the closure until the closure returns [`Break`](ControlFlow::Break)
    /// or there is nothing more to read. Returns the value of the `Break`. The event at which
    /// the closure breaks counts as read, and none after it.
    ///
    /// Otherwise it is like [`run`](Self::run).
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

    /// Whether the next read would find no event: nothing to read has come yet, or the stream has
    /// ended. Wait-free, and changes nothing: no event is borrowed, read or committed.
    ///
    /// When this is `false`, the next read returns an event without waiting, unless the reader is
    /// evicted before. When it is `true`, an event may have come by the time you see it.
    ///
    /// To look into a batch instead would lose its events: a batch that is dropped is committed.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// assert!(reader.is_empty());
    /// writer.publish(7);
    /// assert!(!reader.is_empty());
    /// assert_eq!(reader.recv(), Ok(7)); // it is still there
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.core.is_empty()
    }

    /// Returns the number of slots: the largest lag there can be, in events.
    pub fn capacity(&self) -> usize {
        self.core.shared().slots.capacity()
    }

    /// Returns the sequence of the next event to read: everything before it is committed.
    #[inline]
    pub fn position(&self) -> Sequence {
        Sequence::new(self.core.position())
    }

    /// Returns how many published events this reader has not yet read.
    ///
    /// The answer may be too small by the time you see it, because the writer goes on. It is
    /// never too large: only this handle reads the events. But an event that is just being
    /// published counts a moment before it can be read.
    pub fn lag(&self) -> u64 {
        self.core.lag()
    }

    /// Returns the name that the reader was given, which a clone shares.
    pub fn name(&self) -> Option<&str> {
        self.member().name()
    }

    /// Returns the identity of this reader, with which errors and snapshots name it.
    pub fn member(&self) -> &Member {
        self.core.member()
    }

    /// Adds a reader that starts at the position of this one, with the same wait strategy and
    /// options: it comes after the same readers, and is evictable if this one is. Takes a lock
    /// for a moment, as [`subscribe`](crate::ReaderBuilder::subscribe) does.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    pub fn try_clone(&self) -> Result<Self, SubscribeError> {
        Ok(Self { core: self.core.try_clone()? })
    }

    /// Skips to the next event to be published, and returns how many events that skips.
    ///
    /// This is how an evicted reader comes back. A reader that was not evicted may call it to
    /// catch up; for readers that come after it, the skipped events count as committed.
    /// Rejoining does not bring back readers that this one comes after: if one of them has
    /// left, the next read returns that end again.
    ///
    /// Lock-free, as joining is. Takes a lock for a moment if the reader has to join anew,
    /// because other readers come after the gate that it has lost.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the reader has to join anew and the ring has all the readers it
    /// was built for.
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

/// Adds a reader like [`Reader::try_clone`].
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
