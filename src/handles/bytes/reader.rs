//! The reading handle of a ring of records.

#![forbid(unsafe_code)]

use core::convert::Infallible;
use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;

use super::batch::ByteBatch;
use crate::error::{End, ReadTimeoutError, SubscribeError, TryReadError};
use crate::handles::reading::ReadingCore;
use crate::member::Member;
use crate::sequence::Sequence;
use crate::storage::Bytes;

/// A handle that reads every record of a [`ByteRing`](crate::ByteRing), in order, from where it has
/// joined.
///
/// It lends records as `&[u8]` in batches, or hands them to a closure. As a
/// [`Reader`](crate::Reader), it holds the writer back until it has committed what it has read,
/// leaves when it is dropped, and can be cloned.
///
/// # Examples
///
/// ```
/// let (mut writer, ring) = broadring::ByteRing::builder(1024).build();
/// let mut reader = ring.subscribe()?;
/// writer.publish_all(["some", "records"])?;
/// for (position, record) in &reader.wait_batch()? {
///     println!("{position}: {} bytes", record.len());
/// }
/// assert!(reader.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ByteReader {
    pub(crate) core: ReadingCore<Bytes>,
}

impl ByteReader {
    /// Borrows all available records. Waits until there is at least one.
    ///
    /// # Errors
    ///
    /// [`End`] when there is nothing more to read: [`End::Closed`] once the writer is gone and
    /// everything was read.
    #[inline]
    pub fn wait_batch(&mut self) -> Result<ByteBatch<'_>, End> {
        self.core.fill()?;
        Ok(ByteBatch::new(&mut self.core))
    }

    /// Borrows all available records. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if there is nothing to read now,
    /// [`TryReadError::Ended`] if there never will be.
    #[inline]
    pub fn try_batch(&mut self) -> Result<ByteBatch<'_>, TryReadError> {
        self.core.try_fill()?;
        Ok(ByteBatch::new(&mut self.core))
    }

    /// Borrows all available records. Waits at most for `timeout` until there is at least one.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing came in time,
    /// [`ReadTimeoutError::Ended`] if nothing ever will.
    pub fn batch_timeout(&mut self, timeout: Duration) -> Result<ByteBatch<'_>, ReadTimeoutError> {
        self.core.fill_timeout(timeout)?;
        Ok(ByteBatch::new(&mut self.core))
    }

    /// Hands every record to the closure until there is nothing more to read, and returns how the
    /// stream has ended.
    ///
    /// The closure gets the record, its position, and whether it is the last record of its batch.
    /// Records are committed a batch at a time, and at least every quarter of the ring.
    ///
    /// # Panics
    ///
    /// If the closure does. The record that it was given then counts as read, and none after it.
    pub fn run(&mut self, mut handle: impl FnMut(&[u8], Sequence, bool)) -> End {
        let ended = self.run_until(|record, position, end_of_batch| {
            handle(record, position, end_of_batch);
            ControlFlow::<Infallible>::Continue(())
        });
        match ended {
            Err(end) => end,
        }
    }

    /// Hands every record to the closure until the closure returns [`Break`](ControlFlow::Break) or
    /// there is nothing more to read. Returns the value of the `Break`. The record at which the
    /// closure breaks counts as read, and none after it.
    ///
    /// # Errors
    ///
    /// [`End`] if the stream ended first.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    pub fn run_until<B>(
        &mut self,
        mut handle: impl FnMut(&[u8], Sequence, bool) -> ControlFlow<B>,
    ) -> Result<B, End> {
        loop {
            let batch = self.wait_batch()?;
            let end = batch.end();
            let handled =
                batch.try_for_each(|record, position, next| handle(record, position, next == end));
            if let ControlFlow::Break(found) = handled {
                return Ok(found);
            }
        }
    }

    /// Whether the next read would find no record. Wait-free, and changes nothing: see
    /// [`Reader::is_empty`](crate::Reader::is_empty).
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.core.is_empty()
    }

    /// Returns how many bytes the ring has: the largest lag there can be.
    pub fn capacity(&self) -> usize {
        self.core.shared().slots.capacity() as usize
    }

    /// Returns the position up to which everything is committed: that of the next record to read, or
    /// of the padding before it.
    pub fn position(&self) -> Sequence {
        Sequence::new(self.core.position())
    }

    /// Returns how many bytes this reader is behind the writer, with headers and paddings.
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
    /// options.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    pub fn try_clone(&self) -> Result<Self, SubscribeError> {
        Ok(Self { core: self.core.try_clone()? })
    }

    /// Skips to the next record to be published, and returns how many bytes that skips: see
    /// [`Reader::rejoin`](crate::Reader::rejoin).
    ///
    /// # Errors
    ///
    /// As [`Reader::rejoin`](crate::Reader::rejoin).
    pub fn rejoin(&mut self) -> Result<u64, SubscribeError> {
        self.core.rejoin()
    }
}

/// Adds a reader like [`ByteReader::try_clone`].
///
/// # Panics
///
/// If the ring has all the readers it was built for.
impl Clone for ByteReader {
    #[track_caller]
    fn clone(&self) -> Self {
        match self.try_clone() {
            Ok(clone) => clone,
            Err(error) => panic!("{error}"),
        }
    }
}

impl fmt::Debug for ByteReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteReader")
            .field("name", &self.name())
            .field("position", &self.position())
            .field("lag", &self.lag())
            .field("wait", &self.core.wait())
            .finish_non_exhaustive()
    }
}
