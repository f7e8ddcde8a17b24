//! Building a ring.

#![forbid(unsafe_code)]

use core::array::from_fn;
use core::fmt;
use core::marker::PhantomData;

use super::editor::Editor;
use super::ring::Ring;
use super::shared::{MAX_READERS, Shared};
use super::writer::Writer;
use super::writing::WriterCore;
use crate::error::CapacityError;
use crate::protocol::{Plan, Sequencer};
use crate::sequence::Sequence;
use crate::storage::Slots;
use crate::sync::{Arc, Fences, PlainArc};
use crate::waiting::{Pacing, Wait};

impl<T> Ring<T> {
    /// Starts to build a ring of `capacity` slots.
    ///
    /// # Panics
    ///
    /// If the capacity is not a power of two, or such a ring is larger than memory can be. The
    /// message suggests the next power of two. Use [`try_builder`](Self::try_builder) for a
    /// capacity that comes from outside the program.
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

    /// Starts to build a ring of `capacity` slots, if that is a possible capacity.
    ///
    /// # Errors
    ///
    /// [`CapacityError`] if the capacity is not a power of two, or such a ring is larger than
    /// memory can be. The machine may run out of memory long before that, which aborts the
    /// program when the ring is built. So set a limit of your own on a capacity that comes from
    /// outside.
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
}

/// Describes a ring before it is built; from [`Ring::builder`].
///
/// # Examples
///
/// ```
/// use broadring::{Ring, Wait};
///
/// #[derive(Default)]
/// struct Tick { price: f64, volume: u32 }
///
/// let (mut writer, ring) = Ring::builder(4096)
///     .max_readers(8)
///     .reader_wait(Wait::PARK)
///     .writer_wait(Wait::YIELD)
///     .build(Tick::default);
/// let mut reader = ring.subscribe()?;
/// writer.publish_with(|tick| tick.price = 7.5);
/// assert_eq!(reader.wait_batch().unwrap()[0].price, 7.5);
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct RingBuilder<T> {
    capacity: usize,
    max_readers: usize,
    name: Option<PlainArc<str>>,
    first: u64,
    reader_wait: Wait,
    writer_wait: Wait,
    _builds: PhantomData<fn() -> T>,
}

impl<T> RingBuilder<T> {
    /// Takes a capacity that was checked.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            max_readers: MAX_READERS,
            name: None,
            first: 0,
            reader_wait: Wait::default(),
            writer_wait: Wait::default(),
            _builds: PhantomData,
        }
    }

    /// Names the ring. Snapshots, metrics, tracing events, errors, and managed threads use the name,
    /// so that several rings of one program can be told apart.
    ///
    /// # Examples
    ///
    /// ```
    /// let (writer, ring) = broadring::Ring::builder(8).name("orders").build(|| 0);
    /// let journal = ring.reader().name("journal").subscribe()?;
    /// assert_eq!(ring.name(), Some("orders"));
    /// assert_eq!(journal.member().to_string(), "reader \"journal\" of the ring \"orders\"");
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into().into()), ..self }
    }

    /// Sets the sequence of the first event: 0 unless set. So a stream that goes on after a restart,
    /// or that mirrors another one, keeps its numbers.
    ///
    /// The sequences end at [`Sequence::MAX`]: publishing more panics.
    ///
    /// # Panics
    ///
    /// If the sequence is after [`Sequence::MAX`].
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).first_sequence(1000).build(|| 0);
    /// let reader = ring.subscribe()?;
    /// assert_eq!(writer.publish(7).get(), 1000);
    /// assert_eq!((reader.position().get(), reader.lag()), (1000, 1));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    #[track_caller]
    pub fn first_sequence(self, first: impl Into<Sequence>) -> Self {
        let first = first.into();
        assert!(first <= Sequence::MAX, "no ring can start at {first}, after {}", Sequence::MAX);
        Self { first: first.get(), ..self }
    }

    /// Sets how many readers and observers the ring can have at once: 64 unless set. With 0,
    /// none can ever subscribe. Each possible reader costs a few cache lines of memory.
    pub fn max_readers(self, max_readers: usize) -> Self {
        Self { max_readers, ..self }
    }

    /// Sets the wait strategy of readers and editors that set none of their own: [`Wait::PARK`]
    /// unless set.
    pub fn reader_wait(self, reader_wait: Wait) -> Self {
        Self { reader_wait, ..self }
    }

    /// Sets the wait strategy of the writer, for when the ring is full: [`Wait::PARK`] unless set.
    pub fn writer_wait(self, writer_wait: Wait) -> Self {
        Self { writer_wait, ..self }
    }

    /// Builds the ring, and fills each slot with a value from the factory.
    ///
    /// A reader never sees those values, unless the writer publishes a slot that it did not
    /// write. The memory of all slots and gates is allocated here, and written to, so that the
    /// system has to provide it now.
    ///
    /// `T` must be [`Send`] and [`Sync`]: one thread writes the slots, several read them at
    /// once, and the last handle drops them.
    ///
    /// # Panics
    ///
    /// If the factory panics; the values that it has made by then are dropped. If the gates of
    /// so many readers are larger than memory can be.
    pub fn build(self, factory: impl FnMut() -> T) -> (Writer<T>, Ring<T>)
    where
        T: Send + Sync,
    {
        let (writer, [], ring) = self.build_with_editors([], factory);
        (writer, ring)
    }

    /// Builds a ring with a chain of editors between the writer and the readers, with these
    /// names. Each editor gets the events that the one before it has passed on, may change them
    /// in place, and passes them on: see [`Editor`].
    ///
    /// Otherwise it is like [`build`](Self::build).
    ///
    /// # Panics
    ///
    /// As [`build`](Self::build).
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::Ring;
    ///
    /// let (mut writer, [mut double, mut increment], ring) =
    ///     Ring::builder(8).build_with_editors(["double", "increment"], || 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([1, 2, 3]);
    ///
    /// double.try_batch()?.iter_mut().for_each(|(_sequence, number)| *number *= 2);
    /// increment.try_batch()?.iter_mut().for_each(|(_sequence, number)| *number += 1);
    /// assert!(reader.try_batch()?.events().eq(&[3, 5, 7]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_with_editors<const EDITORS: usize>(
        self,
        names: [&str; EDITORS],
        factory: impl FnMut() -> T,
    ) -> (Writer<T>, [Editor<T>; EDITORS], Ring<T>)
    where
        T: Send + Sync,
    {
        let capacity = self.capacity as u64;
        let Self { first, max_readers: readers, name, .. } = self;
        let plan = Plan { capacity, first, readers, name };
        let shared = Arc::new(Shared {
            sequencer: Sequencer::new(plan, &names, Fences::choose()),
            slots: Slots::new(self.capacity, factory),
            reader_wait: self.reader_wait,
            pacing: Pacing::new(capacity),
        });
        let editors = from_fn(|editor| Editor::new(Arc::clone(&shared), editor));
        let core = WriterCore::new(Arc::clone(&shared), self.writer_wait);
        (Writer { core }, editors, Ring { shared })
    }
}

impl<T> fmt::Debug for RingBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingBuilder")
            .field("capacity", &self.capacity)
            .field("name", &self.name)
            .field("first_sequence", &self.first)
            .field("max_readers", &self.max_readers)
            .field("reader_wait", &self.reader_wait)
            .field("writer_wait", &self.writer_wait)
            .finish()
    }
}
