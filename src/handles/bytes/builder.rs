//! Building a ring of records, and describing a reader of it.

#![forbid(unsafe_code)]

use core::fmt;
use core::time::Duration;

use super::reader::ByteReader;
use super::ring::ByteRing;
use super::writer::ByteWriter;
use crate::error::{AfterError, CapacityError, SubscribeError};
use crate::handles::reading::{ReaderOptions, ReadingCore};
use crate::handles::shared::{MAX_READERS, Shared};
use crate::handles::writing::WritingCore;
use crate::member::Role;
use crate::protocol::{Plan, Sequencer, Start};
use crate::storage::{ALIGN, Bytes, Storage};
use crate::sync::{Arc, Fences, PlainArc};
use crate::waiting::{Pacing, Wait};

/// The smallest capacity: for a record of one byte, and the header behind it.
const SMALLEST: usize = 4 * ALIGN as usize;

impl ByteRing {
    /// Starts to build a ring of `capacity` bytes.
    ///
    /// # Panics
    ///
    /// If the capacity is not a power of two, is less than 32, or such a ring is larger than memory
    /// can be. Use [`try_builder`](Self::try_builder) for a capacity that comes from outside the
    /// program.
    #[track_caller]
    pub fn builder(capacity: usize) -> ByteRingBuilder {
        match Self::try_builder(capacity) {
            Ok(builder) => builder,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts to build a ring of `capacity` bytes, if that is a possible capacity.
    ///
    /// # Errors
    ///
    /// [`CapacityError`] if the capacity is not a power of two, is less than 32, or such a ring is
    /// larger than memory can be.
    pub fn try_builder(capacity: usize) -> Result<ByteRingBuilder, CapacityError> {
        let good = |capacity: usize| {
            capacity.is_power_of_two() && capacity >= SMALLEST && Bytes::fits(capacity)
        };
        if good(capacity) {
            return Ok(ByteRingBuilder::new(capacity));
        }
        let next = capacity.max(SMALLEST).checked_next_power_of_two();
        Err(CapacityError::new(capacity, next.filter(|&next| good(next))))
    }

    /// Adds a reader that starts with the next record to be published.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    pub fn subscribe(&self) -> Result<ByteReader, SubscribeError> {
        self.reader().subscribe()
    }

    /// Starts to describe a reader: its name, its wait strategy, and which readers it comes after.
    pub fn reader(&self) -> ByteReaderBuilder {
        ByteReaderBuilder::new(self.clone())
    }
}

/// Describes a ring of records before it is built; from [`ByteRing::builder`].
#[must_use = "a builder does nothing until `build` is called"]
#[derive(Debug)]
pub struct ByteRingBuilder {
    capacity: usize,
    max_readers: usize,
    name: Option<PlainArc<str>>,
    reader_wait: Wait,
    writer_wait: Wait,
}

impl ByteRingBuilder {
    /// Takes a capacity that was checked.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            max_readers: MAX_READERS,
            name: None,
            reader_wait: Wait::default(),
            writer_wait: Wait::default(),
        }
    }

    /// Names the ring: see [`RingBuilder::name`](crate::RingBuilder::name).
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into().into()), ..self }
    }

    /// Sets how many readers the ring can have at once: 64 unless set.
    pub fn max_readers(self, max_readers: usize) -> Self {
        Self { max_readers, ..self }
    }

    /// Sets the wait strategy of readers that set none of their own: [`Wait::PARK`] unless set.
    pub fn reader_wait(self, reader_wait: Wait) -> Self {
        Self { reader_wait, ..self }
    }

    /// Sets the wait strategy of the writer, for when the ring is full: [`Wait::PARK`] unless set.
    pub fn writer_wait(self, writer_wait: Wait) -> Self {
        Self { writer_wait, ..self }
    }

    /// Builds the ring. All memory is allocated here, and written to.
    ///
    /// # Panics
    ///
    /// If the gates of so many readers are larger than memory can be.
    pub fn build(self) -> (ByteWriter, ByteRing) {
        let Self { capacity, max_readers: readers, name, reader_wait, writer_wait } = self;
        let capacity = capacity as u64;
        let plan = Plan { capacity, first: 0, readers, name };
        let shared = Arc::new(Shared {
            sequencer: Sequencer::new(plan, &[], Fences::choose()),
            slots: Bytes::new(self.capacity),
            reader_wait,
            pacing: Pacing::new(capacity / Bytes::UNIT),
        });
        let core = WritingCore::new(Arc::clone(&shared), writer_wait);
        (ByteWriter { core }, ByteRing { shared })
    }
}

/// Describes a reader of a ring of records before it joins; from [`ByteRing::reader`].
#[must_use = "a description does nothing until `subscribe` is called"]
pub struct ByteReaderBuilder {
    ring: ByteRing,
    name: Option<PlainArc<str>>,
    wait: Wait,
    options: ReaderOptions,
}

impl ByteReaderBuilder {
    pub(super) fn new(ring: ByteRing) -> Self {
        let wait = ring.shared.reader_wait;
        Self { ring, name: None, wait, options: ReaderOptions::default() }
    }

    /// Names the reader. Errors and snapshots use the name.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into().into()), ..self }
    }

    /// Sets the wait strategy of the reader. Unless set, it is the ring's default.
    pub fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }

    /// Makes the reader come after another reader of the same ring: see
    /// [`ReaderBuilder::after`](crate::ReaderBuilder::after).
    ///
    /// # Errors
    ///
    /// [`AfterError::OtherRing`] if the upstream reads another ring.
    pub fn after(mut self, upstream: &ByteReader) -> Result<Self, AfterError> {
        if !Arc::ptr_eq(&self.ring.shared, upstream.core.shared()) {
            return Err(AfterError::OtherRing);
        }
        self.options.come_after(&self.ring.shared.sequencer, upstream.member())?;
        Ok(self)
    }

    /// Makes the reader evictable: see
    /// [`ReaderBuilder::evict_after`](crate::ReaderBuilder::evict_after).
    pub fn evict_after(mut self, patience: Duration) -> Self {
        self.options.patience = Some(patience);
        self
    }

    /// Adds the reader to the ring. It starts with the next record to be published. From the moment
    /// this returns, the writer never laps it. Takes a lock for a moment.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    pub fn subscribe(self) -> Result<ByteReader, SubscribeError> {
        let Self { ring, name, wait, options } = self;
        let options = (!options.are_none()).then(|| Box::new(options));
        let core =
            ReadingCore::join(ring.shared, Start::Cursor, Role::Reader, name, wait, options)?;
        Ok(ByteReader { core })
    }
}

impl fmt::Debug for ByteReaderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteReaderBuilder")
            .field("name", &self.name)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}
