//! A consumer whose effects are stored under the sequence of their event.

use core::fmt;
use core::ops::Range;
use std::time::{Duration, Instant};

use broadring::Sequence;

use super::error::{BoxError, ConsumeError};
use super::feed::{self, Waiting};
use super::limits::Limits;
use crate::bookkeeping::{Checkpoint, CheckpointError};
use crate::codec::Codec;
use crate::reading::{Frames, LogReader};

/// A place for effects that are stored under the sequence of their event, so that an effect which is repeated
/// replaces itself.
///
/// # Examples
///
/// Lines of text in files, one for each event:
///
/// ```
/// use std::fs::File;
/// use std::path::PathBuf;
///
/// use broadring_log::{BoxError, KeyedStore};
///
/// struct Files(PathBuf);
///
/// impl KeyedStore for Files {
///     fn sync(&mut self) -> Result<(), BoxError> {
///         // The closure syncs each file. What is left is which files there are.
///         Ok(File::open(&self.0)?.sync_all()?)
///     }
/// }
/// ```
pub trait KeyedStore {
    /// Makes durable all effects since the last time. Where each effect is durable when the closure returns, there is
    /// nothing to do.
    ///
    /// # Errors
    ///
    /// Why effects may not be durable. They are repeated then.
    fn sync(&mut self) -> Result<(), BoxError>;
}

/// Reads a log, and has an effect for each event at least once: repeated after a crash, under the same sequence.
///
/// This is for stores that have no transaction for effects and position: files, an object store, a service that takes
/// a key with each request. The effect must be idempotent: store it under the [`Sequence`] of its event, and let what
/// is already there be replaced by the same, or be left alone. Do not add to a number. Then what is in the store after
/// any crash is what it had been if each event had its effect once.
///
/// The position is the [`Checkpoint`] of this name beside the log. It is stored after the effects of a batch are
/// [durable](KeyedStore::sync): the position may be behind the effects, and never ahead. Only one consumer may have the
/// name at a time.
///
/// Where a store has transactions, a [`Consumer`](super::Consumer) does without these rules.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// use broadring_log::codec::Bytes;
/// use broadring_log::{BoxError, KeyedConsumer, KeyedStore, Log};
///
/// #[derive(Default)]
/// struct Lengths(BTreeMap<u64, usize>);
///
/// impl KeyedStore for Lengths {
///     fn sync(&mut self) -> Result<(), BoxError> {
///         Ok(()) // this one lives as long as the process
///     }
/// }
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let mut log = Log::open(directory)?;
/// for line in ["one", "three"] {
///     log.push(&Bytes, &line.as_bytes().to_vec())?;
/// }
/// log.end_batch()?;
///
/// let mut consumer = KeyedConsumer::open(&log.reader(), "lengths", Bytes, Lengths::default())?;
/// consumer.run(|lengths, sequence, line| {
///     lengths.0.insert(sequence.into(), line.len());
///     Ok(())
/// })?;
/// assert_eq!(consumer.position(), Some(2.into()));
/// assert_eq!(consumer.store().0, BTreeMap::from([(0, 3), (1, 5)]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct KeyedConsumer<W, C> {
    store: W,
    codec: C,
    reader: LogReader,
    limits: Limits,
    checkpoint: Checkpoint,
    /// What it reads. `None` until it is needed, and after each failure.
    frames: Option<Frames>,
}

impl<W: KeyedStore, C: Codec> KeyedConsumer<W, C> {
    /// Makes the consumer of this name. It goes on with the position of its checkpoint; if there is none, with the
    /// oldest event that the log has. From now on the log's retention keeps what it needs.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] if the name cannot be that of a checkpoint, or if its file cannot be opened in the
    /// directory of the log.
    pub fn open(
        reader: &LogReader,
        name: &str,
        codec: C,
        store: W,
    ) -> Result<Self, CheckpointError> {
        let checkpoint = reader.checkpoint(name)?;
        let limits = Limits::default();
        Ok(Self { store, codec, reader: reader.clone(), limits, checkpoint, frames: None })
    }

    /// Sets how many events a batch has at most: 1000 unless set. So many effects are repeated after a crash, at most.
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

    /// Sets how long a batch takes at most, if the closure does not take longer for one event: 100 milliseconds
    /// unless set.
    #[must_use]
    pub fn time_per_batch(mut self, within: Duration) -> Self {
        self.limits.within = within;
        self
    }

    /// The name of the consumer.
    pub fn name(&self) -> &str {
        self.checkpoint.name()
    }

    /// The store.
    pub fn store(&self) -> &W {
        &self.store
    }

    /// The store, for other things between the batches.
    pub fn store_mut(&mut self) -> &mut W {
        &mut self.store
    }

    /// Ends the consumer, and returns the store.
    pub fn into_store(self) -> W {
        self.store
    }

    /// The event that the consumer goes on with. `None` if it has not come to the end of a batch yet.
    pub fn position(&self) -> Option<Sequence> {
        self.checkpoint.position()
    }

    /// Hands the events that there are now to the closure, as one batch; then syncs the store, and stores the
    /// position. Returns which events they were, or `None` if there is none now.
    ///
    /// # Errors
    ///
    /// [`ConsumeError`]. Some of the effects may have happened, and will be repeated: the position stays.
    ///
    /// # Panics
    ///
    /// If the closure does. The position stays, and the consumer can be used again.
    pub fn next_batch<F>(&mut self, effect: F) -> Result<Option<Range<Sequence>>, ConsumeError>
    where
        F: FnMut(&mut W, Sequence, C::View<'_>) -> Result<(), BoxError>,
    {
        self.batch(Waiting::No, effect)
    }

    /// As [`next_batch`](Self::next_batch), and waits for an event if there is none: until the deadline, if there is
    /// one. Then, and where nobody writes the log any more, it returns `None`.
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
        F: FnMut(&mut W, Sequence, C::View<'_>) -> Result<(), BoxError>,
    {
        self.batch(Waiting::Until(deadline), effect)
    }

    /// Hands batch after batch to the closure until there is nothing more to read now. Returns how many events there
    /// were.
    ///
    /// # Errors
    ///
    /// As [`next_batch`](Self::next_batch), for the batch that fails. The position is then behind those before it.
    ///
    /// # Panics
    ///
    /// As [`next_batch`](Self::next_batch).
    pub fn run<F>(&mut self, mut effect: F) -> Result<u64, ConsumeError>
    where
        F: FnMut(&mut W, Sequence, C::View<'_>) -> Result<(), BoxError>,
    {
        let mut events = 0;
        while let Some(batch) = self.next_batch(&mut effect)? {
            events += batch.end - batch.start;
        }
        Ok(events)
    }

    /// Goes on with a later event. Those before it that had no effect yet never have one here. Returns which they
    /// are.
    ///
    /// This is for events that are [lost](ConsumeError::Lost), [damaged](crate::Damage::sequences), or that the
    /// closure will always refuse.
    ///
    /// # Errors
    ///
    /// [`ConsumeError::Checkpoint`]. Where the consumer then goes on is not sure.
    ///
    /// # Panics
    ///
    /// If the consumer has passed that event already.
    #[track_caller]
    pub fn skip_to(&mut self, next: impl Into<Sequence>) -> Result<Range<Sequence>, ConsumeError> {
        let next = next.into();
        let start = match self.position() {
            Some(position) => position,
            None => self.reader.oldest()?.min(next),
        };
        assert!(start <= next, "the consumer cannot go back from event {start} to event {next}");
        self.frames = None;
        self.checkpoint.store(next).map_err(ConsumeError::checkpoint)?;
        Ok(start..next)
    }

    fn batch<F>(
        &mut self,
        waiting: Waiting,
        mut effect: F,
    ) -> Result<Option<Range<Sequence>>, ConsumeError>
    where
        F: FnMut(&mut W, Sequence, C::View<'_>) -> Result<(), BoxError>,
    {
        // They are put back only when all is well. After a failure or a panic it begins at the position again.
        let mut frames = match self.frames.take() {
            Some(frames) => frames,
            None => feed::start(&self.reader, self.checkpoint.position())?,
        };
        if !feed::ready(&mut frames, waiting)? {
            self.frames = Some(frames);
            return Ok(None);
        }
        let events = feed::batch(&mut frames, &self.codec, self.limits, |sequence, event| {
            effect(&mut self.store, sequence, event)
        })?;
        self.store.sync().map_err(ConsumeError::store)?;
        self.checkpoint.store(events.end).map_err(ConsumeError::checkpoint)?;
        self.frames = Some(frames);
        Ok(Some(events))
    }
}

impl<W, C> fmt::Debug for KeyedConsumer<W, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedConsumer")
            .field("name", &self.checkpoint.name())
            .field("position", &self.checkpoint.position())
            .finish_non_exhaustive()
    }
}
