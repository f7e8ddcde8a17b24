//! The shared handle, which anybody may subscribe through, and what it shares.

#![forbid(unsafe_code)]

use core::fmt;

use crate::builder::RingBuilder;
use crate::error::{CapacityError, SubscribeError};
use crate::member::Role;
use crate::observer::Observer;
use crate::pacing::Pacing;
use crate::reader::Reader;
use crate::sequence::Sequence;
use crate::sequencer::Sequencer;
use crate::slots::Slots;
use crate::subscribe::ReaderBuilder;
use crate::sync::Arc;
use crate::wait::Wait;

/// What all handles of a ring share.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    pub(crate) sequencer: Sequencer,
    pub(crate) slots: Slots<T>,
    /// How readers wait who do not say otherwise.
    pub(crate) reader_wait: Wait,
    /// What every reader's pacing begins with.
    pub(crate) pacing: Pacing,
}

/// The handle that readers are made from.
///
/// It comes with the [`Writer`](crate::Writer) from [`RingBuilder::build`].
/// Clone it and send it to whoever may want to subscribe: readers join and leave
/// at any time, while the writer publishes. Dropping it changes nothing for
/// anybody.
///
/// # Examples
///
/// ```
/// use broadring::Ring;
///
/// let (mut writer, ring) = Ring::builder(16).build(String::new);
/// let mut early = ring.subscribe()?;
/// writer.publish("first".to_owned());
///
/// let other = ring.clone();
/// let late = std::thread::spawn(move || {
///     let mut late = other.subscribe().unwrap();
///     late.position()
/// });
/// assert_eq!(late.join().unwrap().get(), 1); // starts behind the first event
/// assert_eq!(early.recv().as_deref(), Ok("first"));
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
pub struct Ring<T> {
    pub(crate) shared: Arc<Shared<T>>,
}

impl<T> Ring<T> {
    /// Starts to build a ring of `capacity` slots.
    ///
    /// # Panics
    ///
    /// If the capacity is not a power of two, or a ring of it is larger than
    /// memory can be. The message names the next power of two. See
    /// [`try_builder`](Self::try_builder) for a capacity that comes from outside.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::Ring;
    ///
    /// let (writer, ring) = Ring::builder(1024).max_readers(4).build(|| [0_u8; 32]);
    /// assert_eq!(writer.capacity(), 1024);
    /// assert_eq!(ring.max_readers(), 4);
    /// ```
    #[track_caller]
    pub fn builder(capacity: usize) -> RingBuilder<T> {
        match Self::try_builder(capacity) {
            Ok(builder) => builder,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts to build a ring of `capacity` slots, if it can have so many.
    ///
    /// # Errors
    ///
    /// [`CapacityError`] if the capacity is not a power of two, or a ring of it
    /// is larger than memory can be. Long before that the machine may not have the
    /// memory, which ends the program when the ring is built: set a limit of your own
    /// to what comes from outside.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::Ring;
    ///
    /// let error = Ring::<u64>::try_builder(1000).unwrap_err();
    /// assert_eq!(error.suggestion(), Some(1024));
    /// ```
    pub fn try_builder(capacity: usize) -> Result<RingBuilder<T>, CapacityError> {
        let good = |capacity: usize| capacity.is_power_of_two() && Slots::<T>::fits(capacity);
        if good(capacity) {
            return Ok(RingBuilder::new(capacity));
        }
        let suggestion = capacity.checked_next_power_of_two().filter(|&next| good(next));
        Err(CapacityError::new(capacity, suggestion))
    }

    /// Adds a reader that starts with the next event to be published.
    ///
    /// From the moment this returns the writer never laps the reader.
    /// See [`ReaderBuilder::subscribe`] for what it means to the writer.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::Ring;
    ///
    /// let (mut writer, ring) = Ring::builder(8).build(|| 0);
    /// writer.publish(1); // nobody reads this one
    /// let mut reader = ring.subscribe()?;
    /// writer.publish(2);
    /// assert_eq!(reader.recv(), Ok(2));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn subscribe(&self) -> Result<Reader<T>, SubscribeError> {
        self.reader().subscribe()
    }

    /// Adds an observer, which sees what is still there when it looks, and holds nobody up
    /// between two looks. It begins with the next event to be published.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for: an observer
    /// takes the place of one.
    pub fn observe(&self) -> Result<Observer<T>, SubscribeError> {
        self.reader().observe()
    }

    /// Starts to describe a reader: its name, how it waits, where it starts.
    pub fn reader(&self) -> ReaderBuilder<T> {
        ReaderBuilder::new(self.clone())
    }

    /// Returns the number of slots: how far the writer can be ahead of the
    /// slowest reader, in events.
    pub fn capacity(&self) -> usize {
        self.shared.slots.capacity()
    }

    /// Returns how many readers there can be at once.
    pub fn max_readers(&self) -> usize {
        self.shared.sequencer.gates.capacity()
    }

    /// Returns how many readers there are, without observers. Others may join or leave
    /// meanwhile. Takes a lock for a moment.
    pub fn reader_count(&self) -> usize {
        self.shared.sequencer.roster.count(Role::Reader)
    }

    /// Returns the sequence that the next event will have: how many events are
    /// published, and passed on by every editor. There may be more meanwhile, never less.
    pub fn cursor(&self) -> Sequence {
        Sequence::new(self.shared.sequencer.cursor.load())
    }

    /// Whether the writer is gone. Then it stays so, and [`cursor`](Self::cursor)
    /// is final, unless editors have still to pass on what there is; readers may still join, to read what is left.
    pub fn is_closed(&self) -> bool {
        self.shared.sequencer.is_closed()
    }
}

impl<T> Clone for Ring<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("capacity", &self.capacity())
            .field("cursor", &self.cursor())
            .field("readers", &self.reader_count())
            .field("closed", &self.is_closed())
            .finish()
    }
}
