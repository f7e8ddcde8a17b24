//! The writing handle.
//!
//! Its methods that claim several slots are in `claiming`.

#![forbid(unsafe_code)]

use core::fmt;
use core::ops::Range;
use std::time::{Duration, Instant};

use super::shared::deadline_after;
use super::writing::{Claim, WriterCore};
use crate::error::{PublishTimeoutError, TryPublishError};
use crate::sequence::Sequence;
use crate::telemetry::{Slowest, Stats};

/// The handle that publishes. There is one for each ring. It can be sent to another thread, but not
/// cloned.
///
/// An event is moved in ([`publish`](Self::publish)), written in place
/// ([`publish_with`](Self::publish_with)), or several are claimed at once
/// ([`claim`](Self::claim), [`publish_all`](Self::publish_all)).
///
/// While the slowest reader is a whole ring behind, the ring is full. Then the plain methods wait,
/// the `try_` methods refuse, and the timed methods wait for a limited time and then refuse. A ring
/// without readers is never full.
///
/// Publishing is wait-free while there is room and no reader has to be woken: it writes the slot,
/// the cursor and the stamp of the slot's block, and looks once whether a reader sleeps. Twice in
/// every lap of the ring, and whenever the ring seems full, the writer looks at the position of
/// every reader, once.
///
/// In a ring with [editors](crate::Editor) one of which has left, nothing more can be published
/// once the ring is full. Then the methods that wait without a limit panic, and the others name
/// the editor in their errors.
///
/// The sequences of a ring end at [`Sequence::MAX`]. Whatever would publish or claim more panics.
///
/// Dropping the writer closes the ring, also when a panic unwinds past it: readers read what is
/// left, and then get [`End::Closed`](crate::End::Closed). Closing takes a lock for a moment,
/// because readers may be asleep.
///
/// # Examples
///
/// ```
/// use broadring::Ring;
///
/// let (mut writer, ring) = Ring::builder(8).build(|| 0);
/// let mut reader = ring.subscribe()?;
/// let first = writer.publish(10);
/// writer.publish_with(|slot| *slot = 11);
/// writer.publish_all([12, 13]);
/// drop(writer);
/// assert_eq!(first.get(), 0);
/// assert_eq!(reader.iter().collect::<Vec<_>>(), [10, 11, 12, 13]);
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
pub struct Writer<T> {
    pub(crate) core: WriterCore<T>,
}

impl<T> Writer<T> {
    /// Publishes an event, and returns the sequence under which every reader sees it. Waits while
    /// the ring is full.
    ///
    /// The event that was in the slot a lap ago is dropped after the new one is published.
    ///
    /// # Panics
    ///
    /// If the `drop` of the old event does; the new event is then published. If the ring is
    /// full and an [editor](crate::Editor) has left.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let sequence = writer.publish(42);
    /// assert_eq!(writer.cursor(), sequence + 1);
    /// ```
    #[inline(always)] // so that the claim window stays in registers
    #[track_caller]
    pub fn publish(&mut self, event: T) -> Sequence {
        self.core.reserve(1);
        self.core.put(event)
    }

    /// Publishes an event that is written in place, and returns its sequence.
    /// Waits while the ring is full.
    ///
    /// The closure gets the slot with whatever it held a lap ago, so that its memory can be used
    /// again. If writing can fail, [`claim`](Self::claim) one slot instead, and drop the claim when
    /// it has failed.
    ///
    /// # Panics
    ///
    /// If the closure does. Then nothing is published, the slot keeps what the closure has made of
    /// it, and the writer can be used as before. If the ring is full and an
    /// [editor](crate::Editor) has left.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(String::new);
    /// writer.publish_with(|line| {
    ///     line.clear();
    ///     line.push_str("no allocation, once the strings have grown");
    /// });
    /// ```
    #[inline(always)] // so that the claim window stays in registers
    #[track_caller]
    pub fn publish_with(&mut self, write: impl FnOnce(&mut T)) -> Sequence {
        self.core.reserve(1);
        self.core.put_with(write)
    }

    /// Publishes an event unless the ring is full. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryPublishError`] with the event if the ring is full: the slowest reader is a whole ring
    /// behind, or a reader that is just joining may be.
    ///
    /// # Panics
    ///
    /// As [`publish`](Self::publish).
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(1).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// assert!(writer.try_publish(1).is_ok());
    /// assert_eq!(writer.try_publish(2).unwrap_err().into_inner(), 2);
    /// assert_eq!(reader.recv(), Ok(1));
    /// assert!(writer.try_publish(2).is_ok());
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    #[inline(always)] // so that the claim window stays in registers
    #[track_caller]
    pub fn try_publish(&mut self, event: T) -> Result<Sequence, TryPublishError<T>> {
        if self.core.try_reserve(1) {
            Ok(self.core.put(event))
        } else {
            Err(self.core.refuse(event))
        }
    }

    /// Publishes an event that is written in place, unless the ring is full.
    /// Never waits.
    ///
    /// # Errors
    ///
    /// [`TryPublishError`] with the closure, which was not called, if the ring is full.
    ///
    /// # Panics
    ///
    /// As [`publish_with`](Self::publish_with).
    #[inline(always)] // so that the claim window stays in registers
    #[track_caller]
    pub fn try_publish_with<F: FnOnce(&mut T)>(
        &mut self,
        write: F,
    ) -> Result<Sequence, TryPublishError<F>> {
        if self.core.try_reserve(1) {
            Ok(self.core.put_with(write))
        } else {
            Err(self.core.refuse(write))
        }
    }

    /// Publishes an event. Waits at most for `timeout` while the ring is full. A timeout too long
    /// for the clock is no limit.
    ///
    /// # Errors
    ///
    /// [`PublishTimeoutError`] with the event if the ring was full all the time.
    ///
    /// # Panics
    ///
    /// As [`publish`](Self::publish).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(1).build(|| 0);
    /// let _stuck = ring.subscribe()?;
    /// writer.publish(1);
    /// let refused = writer.publish_timeout(2, Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(refused.into_inner(), 2);
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    #[track_caller]
    pub fn publish_timeout(
        &mut self,
        event: T,
        timeout: Duration,
    ) -> Result<Sequence, PublishTimeoutError<T>> {
        self.publish_before(event, || deadline_after(timeout))
    }

    /// Publishes an event. Waits at most until `deadline` while the ring is full.
    ///
    /// # Errors
    ///
    /// [`PublishTimeoutError`] with the event if the ring was full all the time.
    ///
    /// # Panics
    ///
    /// As [`publish`](Self::publish).
    #[track_caller]
    pub fn publish_deadline(
        &mut self,
        event: T,
        deadline: Instant,
    ) -> Result<Sequence, PublishTimeoutError<T>> {
        self.publish_before(event, || Some(deadline))
    }

    /// Publishes an event that is written in place. Waits at most for `timeout` while the ring is full.
    /// A timeout too long for the clock is no limit.
    ///
    /// # Errors
    ///
    /// [`PublishTimeoutError`] with the closure, which was not called, if the ring was full all the
    /// time.
    ///
    /// # Panics
    ///
    /// As [`publish_with`](Self::publish_with).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(1).build(|| [0; 1000]);
    /// let _stuck = ring.subscribe()?;
    /// let limit = Duration::from_millis(1);
    /// assert!(writer.publish_with_timeout(|samples| samples.fill(7), limit).is_ok());
    /// assert!(writer.publish_with_timeout(|samples| samples.fill(8), limit).is_err());
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    #[track_caller]
    pub fn publish_with_timeout<F: FnOnce(&mut T)>(
        &mut self,
        write: F,
        timeout: Duration,
    ) -> Result<Sequence, PublishTimeoutError<F>> {
        self.publish_with_before(write, || deadline_after(timeout))
    }

    /// Publishes an event that is written in place. Waits at most until `deadline` while the ring is
    /// full.
    ///
    /// # Errors
    ///
    /// As [`publish_with_timeout`](Self::publish_with_timeout).
    ///
    /// # Panics
    ///
    /// As [`publish_with`](Self::publish_with).
    #[track_caller]
    pub fn publish_with_deadline<F: FnOnce(&mut T)>(
        &mut self,
        write: F,
        deadline: Instant,
    ) -> Result<Sequence, PublishTimeoutError<F>> {
        self.publish_with_before(write, || Some(deadline))
    }

    #[track_caller]
    fn publish_before(
        &mut self,
        event: T,
        deadline: impl FnOnce() -> Option<Instant>,
    ) -> Result<Sequence, PublishTimeoutError<T>> {
        match self.core.reserve_before(1, 1, deadline) {
            Ok(_) => Ok(self.core.put(event)),
            Err(holder) => Err(PublishTimeoutError::new(event, holder)),
        }
    }

    #[track_caller]
    fn publish_with_before<F: FnOnce(&mut T)>(
        &mut self,
        write: F,
        deadline: impl FnOnce() -> Option<Instant>,
    ) -> Result<Sequence, PublishTimeoutError<F>> {
        match self.core.reserve_before(1, 1, deadline) {
            Ok(_) => Ok(self.core.put_with(write)),
            Err(holder) => Err(PublishTimeoutError::new(write, holder)),
        }
    }

    /// Publishes every event of an iterator, and returns their sequences. Waits whenever the
    /// ring is full.
    ///
    /// The events become visible in runs. A run is as long as the iterator says are certainly to
    /// come (the lower bound of its size hint), as slots are free, and at most a quarter of the
    /// ring. The events of an iterator that cannot tell its length, such as one over the lines of a
    /// file, are published one by one.
    ///
    /// So an iterator that knows its length must not wait for a reader to see an event that it has
    /// just yielded: that event may be part of a run that is not yet complete.
    ///
    /// # Panics
    ///
    /// If the iterator does, or the `drop` of an old event. Everything that the iterator has
    /// yielded by then is published. If the ring is full and an [editor](crate::Editor) has
    /// left; then one event that the iterator has yielded is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let published = writer.publish_all((0..1000).map(|n| n * n));
    /// assert_eq!(published.end - published.start, 1000);
    /// ```
    #[track_caller]
    pub fn publish_all(&mut self, events: impl IntoIterator<Item = T>) -> Range<Sequence> {
        let start = self.cursor();
        let longest = (self.capacity() / 4).max(1);
        let mut events = events.into_iter();
        loop {
            let run = events.size_hint().0.clamp(1, longest);
            let Some(event) = events.next() else { return start..self.cursor() };
            let run = self.core.reserve_up_to(run as u64);
            Claim::new(&mut self.core, run).fill(event, &mut events);
        }
    }

    /// Returns the sequence that the next event will have.
    #[inline]
    pub fn cursor(&self) -> Sequence {
        Sequence::new(self.core.next())
    }

    /// Returns the number of slots: by how many events the writer can be ahead of the slowest
    /// reader.
    pub fn capacity(&self) -> usize {
        self.core.capacity()
    }

    /// Returns how many events can be published before the ring is full.
    ///
    /// There may be more room by the time you see it, because readers move on. There is less
    /// only if a reader has joined at an old event, or is just joining. Lock-free; looks at the
    /// position of every reader.
    pub fn remaining_capacity(&self) -> usize {
        let capacity = self.core.shared().sequencer.capacity();
        let next = self.core.next();
        let behind = self.core.shared().sequencer.cursor_behind_editors(next);
        let smallest = self.core.shared().sequencer.gates.scan().min(behind);
        let end = (smallest + capacity).min(Sequence::MAX.get());
        end.saturating_sub(next).min(capacity) as usize
    }

    /// Whether the ring has readers. Readers may join or leave meanwhile. Wait-free.
    pub fn has_readers(&self) -> bool {
        self.core.shared().sequencer.gates.count() > 0
    }

    /// Returns the name of the ring, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.core.shared().sequencer.name()
    }

    /// Takes a snapshot of the ring, like [`Ring::stats`](crate::Ring::stats). What it says of the
    /// writer is exact.
    pub fn stats(&self) -> Stats {
        self.core.shared().sequencer.stats()
    }

    /// Returns the slowest member, like [`Ring::slowest`](crate::Ring::slowest).
    pub fn slowest(&self) -> Option<Slowest> {
        self.core.shared().sequencer.slowest()
    }
}

impl<T> fmt::Debug for Writer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("ring", &self.name())
            .field("capacity", &self.capacity())
            .field("cursor", &self.cursor())
            .field("remaining_capacity", &self.remaining_capacity())
            .field("wait", &self.core.wait())
            .finish_non_exhaustive()
    }
}
