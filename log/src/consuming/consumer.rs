//! A consumer whose position is in the transaction of its effects.

use core::fmt;
use core::ops::Range;
use std::time::{Duration, Instant};

use broadring::Sequence;

use super::error::{BoxError, ConsumeError};
use super::feed::{self, Waiting};
use super::limits::Limits;
use super::place::Position;
use super::transactional::Transactional;
use crate::bookkeeping::{Checkpoint, CheckpointError};
use crate::codec::Codec;
use crate::reading::{Frames, LogReader};

/// Reads a log, and has an effect for each event: once, whatever crashes.
///
/// The events of a batch and the position behind them are one transaction of the [store](Transactional). The
/// transaction is committed, or nothing of the batch has happened: when the closure fails or panics, when the
/// process is killed, or when the power fails. The next call, or the next process, goes on with the position that
/// the store has.
///
/// What the closure does elsewhere than in the transaction is not taken back, and may happen again.
///
/// The consumer also keeps a [`Checkpoint`] beside the log, so that the [retention](crate::Retention) keeps what it
/// has still to read. That one is only a hint: it is stored after the commit, may be behind, and is never where the
/// consumer goes on.
///
/// # Examples
///
/// Payments, and what they add up to. (This needs the feature `sqlite`. There is another one with a store in memory
/// at [`Transactional`].)
///
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use broadring_log::codec::Postcard;
/// use broadring_log::{Consumer, Log};
/// use rusqlite::Connection;
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let mut log = Log::open(directory)?;
/// for payment in [("ann", 5), ("bob", 7), ("ann", 2)] {
///     log.push(&Postcard::new(0), &(payment.0.to_owned(), payment.1))?;
/// }
/// log.end_batch()?;
///
/// let database = Connection::open_in_memory()?;
/// database.execute("CREATE TABLE balances (account TEXT PRIMARY KEY, amount INTEGER)", ())?;
///
/// let codec = Postcard::<(String, i64)>::new(0);
/// let mut consumer = Consumer::open(&log.reader(), "balances", codec, database)?;
/// let events = consumer.run(|transaction, _, (account, amount)| {
///     transaction.execute(
///         "INSERT INTO balances VALUES (?1, ?2) ON CONFLICT DO UPDATE SET amount = amount + ?2",
///         (account, amount),
///     )?;
///     Ok(())
/// })?;
/// assert_eq!(events, 3);
///
/// let database = consumer.close()?;
/// let balance = "SELECT amount FROM balances WHERE account = 'ann'";
/// assert_eq!(database.query_row(balance, (), |row| row.get::<_, i64>(0))?, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Consumer<S, C> {
    store: S,
    codec: C,
    reader: LogReader,
    limits: Limits,
    checkpoint: Checkpoint,
    checkpoint_every: Duration,
    checkpoint_stored: Option<Instant>,
    /// Where it reads. `None` until the store was asked, and after each failure.
    place: Option<Place>,
}

/// Where a consumer reads.
struct Place {
    frames: Frames,
    /// What the store has, unless somebody else has changed it.
    stored: Option<Position>,
}

impl<S: Transactional, C: Codec> Consumer<S, C> {
    /// Makes the consumer of this name. It goes on with the position in the store; if there is none, with the oldest
    /// event that the log has. From now on the log's retention keeps what it needs.
    ///
    /// The store is not asked before the first batch. Two consumers of one name at once are found out: then one of
    /// them gets [`ConsumeError::Moved`].
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] if the name cannot be that of a checkpoint, or if its file cannot be opened in the
    /// directory of the log.
    pub fn open(
        reader: &LogReader,
        name: &str,
        codec: C,
        store: S,
    ) -> Result<Self, CheckpointError> {
        Ok(Self {
            store,
            codec,
            checkpoint: reader.checkpoint(name)?,
            reader: reader.clone(),
            limits: Limits::default(),
            checkpoint_every: Duration::from_secs(1),
            checkpoint_stored: None,
            place: None,
        })
    }

    /// Sets how many events a batch has at most: 1000 unless set. More events in a transaction cost less each.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub fn events_per_batch(mut self, events: u64) -> Self {
        assert!(events > 0, "a batch has at least one event");
        self.limits.events = events;
        self
    }

    /// Sets for how long a transaction is open at most, if the closure does not take longer for one event: 100
    /// milliseconds unless set. No time is spent in a transaction on waiting for events.
    #[must_use]
    pub fn time_per_batch(mut self, within: Duration) -> Self {
        self.limits.within = within;
        self
    }

    /// Sets how often the checkpoint for the retention is stored while there is always something to read: every
    /// second unless set. Whenever there is nothing to read, it is stored as well.
    #[must_use]
    pub fn checkpoint_every(mut self, time: Duration) -> Self {
        self.checkpoint_every = time;
        self
    }

    /// The name of the consumer.
    pub fn name(&self) -> &str {
        self.checkpoint.name()
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The store, for other things between the batches.
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// Asks the store which event the consumer goes on with. `None` if it has not committed anything yet.
    ///
    /// # Errors
    ///
    /// [`ConsumeError::Store`] or [`ConsumeError::OtherLog`].
    pub fn position(&mut self) -> Result<Option<Sequence>, ConsumeError> {
        Ok(self.stored()?.map(|position| position.next))
    }

    /// Hands the events that there are now to the closure, as one batch, and commits it. Returns which events they
    /// were, or `None` if there is none now.
    ///
    /// # Errors
    ///
    /// [`ConsumeError`]. Unless it is [`Checkpoint`](ConsumeError::Checkpoint), nothing of the batch has happened;
    /// where the store could not tell whether it has committed, the batch may have, as a whole.
    ///
    /// # Panics
    ///
    /// If the closure does. Nothing of the batch has happened, and the consumer can be used again.
    pub fn next_batch<F>(&mut self, effect: F) -> Result<Option<Range<Sequence>>, ConsumeError>
    where
        F: FnMut(&mut S::Transaction<'_>, Sequence, C::View<'_>) -> Result<(), BoxError>,
    {
        self.batch(Waiting::No, effect)
    }

    /// As [`next_batch`](Self::next_batch), and waits for an event if there is none: until the deadline, if there is
    /// one. Then, and where nobody writes the log any more, it returns `None`. No transaction is open meanwhile.
    ///
    /// In the process that writes the log the thread sleeps until it is woken; in another one it looks every two
    /// milliseconds, and every tenth of a second whether the log is still written.
    ///
    /// # Errors
    ///
    /// As [`next_batch`](Self::next_batch).
    ///
    /// # Panics
    ///
    /// As [`next_batch`](Self::next_batch).
    pub fn wait_batch<F>(
        &mut self,
        deadline: Option<Instant>,
        effect: F,
    ) -> Result<Option<Range<Sequence>>, ConsumeError>
    where
        F: FnMut(&mut S::Transaction<'_>, Sequence, C::View<'_>) -> Result<(), BoxError>,
    {
        self.batch(Waiting::Until(deadline), effect)
    }

    /// Hands batch after batch to the closure until there is nothing more to read now. Returns how many events there
    /// were.
    ///
    /// # Errors
    ///
    /// As [`next_batch`](Self::next_batch), for the batch that fails. Those before it are committed.
    ///
    /// # Panics
    ///
    /// As [`next_batch`](Self::next_batch).
    pub fn run<F>(&mut self, mut effect: F) -> Result<u64, ConsumeError>
    where
        F: FnMut(&mut S::Transaction<'_>, Sequence, C::View<'_>) -> Result<(), BoxError>,
    {
        let mut events = 0;
        while let Some(batch) = self.next_batch(&mut effect)? {
            events += batch.end - batch.start;
        }
        Ok(events)
    }

    /// Goes on with a later event. Those before it never have an effect here. Returns which they are.
    ///
    /// This is for events that are [lost](ConsumeError::Lost), [damaged](crate::Damage::sequences), or that the
    /// closure will always refuse.
    ///
    /// # Errors
    ///
    /// [`ConsumeError`]: the store refuses, the position is one in another log, or the checkpoint cannot be stored.
    ///
    /// # Panics
    ///
    /// If the consumer has passed that event already: its effect would be repeated.
    #[track_caller]
    pub fn skip_to(&mut self, next: impl Into<Sequence>) -> Result<Range<Sequence>, ConsumeError> {
        let next = next.into();
        self.place = None;
        let stored = self.stored()?;
        let start = match stored {
            Some(position) => position.next,
            None => self.reader.oldest()?.min(next),
        };
        assert!(start <= next, "the consumer cannot go back from event {start} to event {next}");
        let mut transaction = self.store.begin().map_err(ConsumeError::store)?;
        check_unmoved::<S>(&mut transaction, self.checkpoint.name(), stored)?;
        let position = Position { log: self.reader.id(), next };
        S::commit(transaction, self.checkpoint.name(), position).map_err(ConsumeError::store)?;
        self.note(next)?;
        Ok(start..next)
    }

    /// Stores the checkpoint for the retention, and returns the store.
    ///
    /// # Errors
    ///
    /// [`ConsumeError::Store`] or [`ConsumeError::Checkpoint`]. The effects are committed all the same.
    pub fn close(mut self) -> Result<S, ConsumeError> {
        if let Some(next) = self.position()? {
            self.note(next)?;
        }
        Ok(self.store)
    }

    fn batch<F>(
        &mut self,
        waiting: Waiting,
        mut effect: F,
    ) -> Result<Option<Range<Sequence>>, ConsumeError>
    where
        F: FnMut(&mut S::Transaction<'_>, Sequence, C::View<'_>) -> Result<(), BoxError>,
    {
        // The place is put back only when all is well. After a failure or a panic the store is asked again.
        let Place { mut frames, stored } = match self.place.take() {
            Some(place) => place,
            None => self.find_place()?,
        };
        if !feed::ready(&mut frames, waiting)? {
            self.place = Some(Place { frames, stored });
            if let Some(position) = stored {
                self.note(position.next)?;
            }
            return Ok(None);
        }
        let name = self.checkpoint.name();
        let mut transaction = self.store.begin().map_err(ConsumeError::store)?;
        check_unmoved::<S>(&mut transaction, name, stored)?;
        let events = feed::batch(&mut frames, &self.codec, self.limits, |sequence, event| {
            effect(&mut transaction, sequence, event)
        })?;
        let position = Position { log: self.reader.id(), next: events.end };
        S::commit(transaction, name, position).map_err(ConsumeError::store)?;
        self.place = Some(Place { frames, stored: Some(position) });
        if self.checkpoint_stored.is_none_or(|stored| stored.elapsed() >= self.checkpoint_every) {
            self.note(events.end)?;
        }
        Ok(Some(events))
    }

    /// Asks the store for the position.
    fn stored(&mut self) -> Result<Option<Position>, ConsumeError> {
        let mut transaction = self.store.begin().map_err(ConsumeError::store)?;
        let stored =
            S::position(&mut transaction, self.checkpoint.name()).map_err(ConsumeError::store)?;
        let expected = self.reader.id();
        match stored {
            Some(Position { log: found, .. }) if found != expected => {
                Err(ConsumeError::OtherLog { expected, found })
            }
            stored => Ok(stored),
        }
    }

    fn find_place(&mut self) -> Result<Place, ConsumeError> {
        let stored = self.stored()?;
        let next = stored.map(|position| position.next);
        if self.checkpoint.position() > next {
            // The store has gone back, for instance to a copy of yesterday. What it needs is to be kept.
            self.note(next.unwrap_or_default())?;
        }
        Ok(Place { frames: feed::start(&self.reader, next)?, stored })
    }

    /// Stores the checkpoint for the retention, unless it is there already.
    fn note(&mut self, next: Sequence) -> Result<(), ConsumeError> {
        if self.checkpoint.position() != Some(next) {
            self.checkpoint.store(next).map_err(ConsumeError::checkpoint)?;
        }
        self.checkpoint_stored = Some(Instant::now());
        Ok(())
    }
}

/// Checks that the position in the store is the one that this consumer has left there.
fn check_unmoved<S: Transactional>(
    transaction: &mut S::Transaction<'_>,
    name: &str,
    expected: Option<Position>,
) -> Result<(), ConsumeError> {
    let found = S::position(transaction, name).map_err(ConsumeError::store)?;
    if found != expected {
        return Err(ConsumeError::Moved { expected, found });
    }
    Ok(())
}

impl<S, C> fmt::Debug for Consumer<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("name", &self.checkpoint.name())
            .field("stored", &self.place.as_ref().map(|place| place.stored))
            .finish_non_exhaustive()
    }
}
