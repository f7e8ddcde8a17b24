//! The observer: a lossy reader, and its guard.

#![forbid(unsafe_code)]

use core::fmt;
use core::ops::Deref;
use std::time::{Duration, Instant};

use super::reading::{Batch, BatchIter, ReaderCore};
use super::shared::deadline_after;
use crate::error::{End, ReadTimeoutError, TryReadError};
use crate::member::Member;
use crate::protocol::Start;
use crate::sequence::Sequence;

/// A lossy reader: it may miss events, and knows exactly how many. It sees events by reference,
/// and holds the writer back only while it looks.
///
/// From [`Ring::observe`](crate::Ring::observe), at any time, for any type of event. Each look
/// is a [`Glimpse`] of the events that are still in the ring, from where the last look ended.
/// While the glimpse is held, the writer does not touch those events, and has to wait when it
/// comes round to them, so keep it short. Between two looks, the observer costs the writer and
/// the readers nothing.
///
/// The latest half of a ring can always be seen, unless larger claims are made: see
/// [`ReaderBuilder::from_oldest`](crate::ReaderBuilder::from_oldest). In a ring with one slot
/// there may never be anything to see.
///
/// Looking is lock-free, and waiting blocks. When a look ends, it wakes a writer that may have
/// waited for it.
///
/// # Examples
///
/// ```
/// use broadring::Ring;
///
/// let (mut writer, ring) = Ring::builder(8).build(|| 0);
/// let mut tap = ring.observe()?;
/// writer.publish_all(0..100); // nobody holds the writer up
///
/// let seen = tap.look()?;
/// assert_eq!(seen.missed() + seen.len() as u64, 100);
/// assert_eq!(seen.last().unwrap().1, &99);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Observer<T> {
    reader: ReaderCore<T>,
}

impl<T> Observer<T> {
    /// Takes the core of a reader that observes.
    pub(crate) fn new(reader: ReaderCore<T>) -> Self {
        Self { reader }
    }

    /// Looks at the events in the ring from where the last look ended. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if nothing was published since,
    /// [`TryReadError::Ended`] if nothing ever will be.
    #[inline]
    pub fn look(&mut self) -> Result<Glimpse<'_, T>, TryReadError> {
        self.look_up_to(usize::MAX)
    }

    /// Looks at no more than so many events, the oldest that are still in the ring. The next
    /// look begins after them. Never waits.
    ///
    /// # Errors
    ///
    /// As [`look`](Self::look).
    pub fn look_up_to(&mut self, max_events: usize) -> Result<Glimpse<'_, T>, TryReadError> {
        match self.news() {
            Some(news) => news?,
            None => return Err(TryReadError::Empty),
        }
        Ok(self.glimpse(max_events))
    }

    /// Looks at the events in the ring from where the last look ended. Waits until there is at
    /// least one.
    ///
    /// # Errors
    ///
    /// [`End`] when nothing more will be published.
    pub fn wait_look(&mut self) -> Result<Glimpse<'_, T>, End> {
        let news = self.wait_for_news(None, || false);
        news.unwrap_or_else(|| unreachable!("there is no deadline"))?;
        Ok(self.glimpse(usize::MAX))
    }

    /// Looks at the events in the ring from where the last look ended. Waits at most for
    /// `timeout` until there is at least one.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing came in time,
    /// [`ReadTimeoutError::Ended`] if nothing ever will.
    pub fn look_timeout(&mut self, timeout: Duration) -> Result<Glimpse<'_, T>, ReadTimeoutError> {
        match self.wait_for_news(deadline_after(timeout), || false) {
            Some(news) => news?,
            None => return Err(ReadTimeoutError::Timeout),
        }
        Ok(self.glimpse(usize::MAX))
    }

    /// Looks at events in the ring from where the last look ended. Waits until there is at least
    /// one, at most for `timeout`, and until `stopped` returns `true`. A thread that makes `stopped`
    /// return `true` must then call `Sequencer::wake_readers`.
    ///
    /// `max_events` gets how many events were missed, and says how many to look at. If it panics, the
    /// look ends before its first event.
    #[cfg(not(all(loom, feature = "loom")))]
    pub(crate) fn look_unless_stopped(
        &mut self,
        timeout: Option<Duration>,
        stopped: impl Fn() -> bool,
        max_events: impl FnOnce(u64) -> usize,
    ) -> Result<Batch<'_, T>, ReadTimeoutError> {
        match self.wait_for_news(timeout.and_then(deadline_after), stopped) {
            Some(news) => news?,
            None => return Err(ReadTimeoutError::Timeout),
        }
        Ok(self.reader.look_at_most(max_events))
    }

    /// Looks at the latest event alone, whether or not it was seen before. The next look begins
    /// after it. Never waits.
    ///
    /// `None` if nothing was published yet, or if the latest event may be being overwritten.
    /// Then the next look begins where it would have begun without this one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut gauge = ring.observe()?;
    /// assert!(gauge.latest().is_none());
    /// writer.publish_all([1, 2, 3]);
    /// let latest = gauge.latest().unwrap();
    /// assert_eq!((latest[0], latest.missed()), (3, 2));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn latest(&mut self) -> Option<Glimpse<'_, T>> {
        let before = self.position().get();
        let missed = self.reader.begin_look(Start::Latest);
        if self.reader.readable().is_empty() {
            self.reader.end_look_at(before);
            return None;
        }
        Some(Glimpse { batch: Batch::new(&mut self.reader, 1), missed })
    }

    /// Returns the sequence at which the next look begins, if that event is still in the ring then.
    pub fn position(&self) -> Sequence {
        Sequence::new(self.reader.position())
    }

    /// Whether no event was published since the last look. Wait-free, and changes nothing: it is no
    /// look.
    ///
    /// When it is `true`, an event may have come by the time you see it. When it is `false`, a look
    /// shows events or counts them as missed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lag() == 0
    }

    /// Returns how many events were published since the last look. There may be more by the
    /// time you see the answer.
    pub fn lag(&self) -> u64 {
        self.reader.lag()
    }

    /// Returns the name that the observer was given.
    pub fn name(&self) -> Option<&str> {
        self.reader.member().name()
    }

    /// Returns the identity of this observer, with which snapshots name it.
    pub fn member(&self) -> &Member {
        self.reader.member()
    }

    pub(crate) fn core(&self) -> &ReaderCore<T> {
        &self.reader
    }

    /// Closes the gate and looks.
    pub(crate) fn glimpse(&mut self, max_events: usize) -> Glimpse<'_, T> {
        let missed = self.reader.begin_look(Start::Oldest(self.reader.position()));
        Glimpse { batch: Batch::new(&mut self.reader, max_events), missed }
    }

    /// Whether there are new events, or the stream has ended; `None` if neither. The gate stays
    /// open.
    pub(crate) fn news(&self) -> Option<Result<(), End>> {
        let sequencer = &self.reader.shared().sequencer;
        let position = self.position().get();
        if sequencer.cursor.load() > position {
            return Some(Ok(()));
        }
        sequencer.ending(position).map(|ending| self.reader.ended(ending).map(drop))
    }

    /// Waits until there is news; `None` at the deadline. Ends early when `stopped` returns `true`.
    fn wait_for_news(
        &self,
        deadline: Option<Instant>,
        stopped: impl Fn() -> bool,
    ) -> Option<Result<(), End>> {
        let published = &self.reader.shared().sequencer.published;
        let parks = &self.reader.gate().counters().parks;
        let threshold = self.position().get() + 1;
        let look = || if stopped() { Some(Err(End::Stopped)) } else { self.news() };
        self.reader.wait().until(published, threshold, deadline, parks, look)
    }
}

impl<T> fmt::Debug for Observer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("name", &self.name())
            .field("position", &self.position())
            .field("lag", &self.lag())
            .finish_non_exhaustive()
    }
}

/// A guard over the events that an observer sees in one look; from [`Observer::look`].
///
/// It is a [`Batch`] that also knows how many events were missed before it. Dropping it, also
/// by a panic, ends the look, and the next look begins after it. Forgetting it holds the writer
/// back until the next look ends.
#[must_use = "a look ends when the glimpse is dropped, and the next one begins after it: \
              `is_empty` asks whether there is anything to see"]
pub struct Glimpse<'o, T> {
    batch: Batch<'o, T>,
    missed: u64,
}

impl<T> Glimpse<'_, T> {
    /// Returns how many events were missed: those between the last look and the first event of
    /// this one.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

impl<'o, T> Deref for Glimpse<'o, T> {
    type Target = Batch<'o, T>;

    fn deref(&self) -> &Batch<'o, T> {
        &self.batch
    }
}

impl<'a, T> IntoIterator for &'a Glimpse<'_, T> {
    type Item = (Sequence, &'a T);
    type IntoIter = BatchIter<'a, T>;

    fn into_iter(self) -> BatchIter<'a, T> {
        self.batch.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Glimpse<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Glimpse")
            .field("missed", &self.missed)
            .field("events", &self.batch)
            .finish()
    }
}
