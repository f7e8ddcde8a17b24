//! The writing handle of a ring of records.

use core::fmt;
use core::mem;
use core::ops::Range;
use std::time::{Duration, Instant};

use super::record::Record;
use crate::error::{
    ClaimTimeout, RecordTimeoutError, RecordTooLarge, RefusedRecord, TryRecordError,
};
use crate::handles::shared::deadline_after;
use crate::handles::writing::{Room, Run, WritingCore};
use crate::sequence::Sequence;
use crate::storage::Bytes;
use crate::telemetry::{Slowest, Stats};

/// The handle that publishes records of bytes. There is one for each [`ByteRing`](crate::ByteRing). It
/// can be sent to another thread, but not cloned.
///
/// A record is copied in ([`publish`](Self::publish)), written in place ([`claim`](Self::claim)), or
/// several are copied in at once ([`publish_all`](Self::publish_all)). While there is no room, the
/// plain methods wait, the `try_` methods refuse, and the timed methods wait for a limited time and
/// then refuse. A record longer than [`max_record`](Self::max_record) is refused at once.
///
/// Publishing is wait-free while there is room and no reader has to be woken. Dropping the writer
/// closes the ring.
///
/// # Examples
///
/// ```
/// let (mut writer, ring) = broadring::ByteRing::builder(256).build();
/// let mut reader = ring.subscribe()?;
/// writer.publish_all(["a few", "words"])?;
/// let error = writer.publish(&[0; 200]).unwrap_err();
/// assert_eq!((error.requested(), error.max_record()), (200, 120));
/// let words: Vec<_> = reader.try_batch()?.iter().map(|(_, word)| word.to_vec()).collect();
/// assert_eq!(words, [b"a few", b"words"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ByteWriter {
    pub(super) core: WritingCore<Bytes>,
}

impl ByteWriter {
    /// Publishes a copy of a record, and returns its position. Waits while there is no room.
    ///
    /// # Errors
    ///
    /// [`RecordTooLarge`] at once if it is longer than [`max_record`](Self::max_record).
    #[track_caller]
    #[inline]
    pub fn publish(&mut self, record: &[u8]) -> Result<Sequence, RecordTooLarge> {
        self.claim(record.len()).map(|claimed| fill(claimed, record))
    }

    /// Publishes a copy of a record if there is room. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryRecordError::Full`] if there is no room, [`TryRecordError::TooLarge`] if there never is.
    #[track_caller]
    #[inline]
    pub fn try_publish(&mut self, record: &[u8]) -> Result<Sequence, TryRecordError> {
        self.try_claim(record.len()).map(|claimed| fill(claimed, record))
    }

    /// Publishes a copy of a record. Waits at most for `timeout` while there is no room.
    ///
    /// # Errors
    ///
    /// [`RecordTimeoutError::Timeout`] if there was no room until the time was up,
    /// [`RecordTimeoutError::TooLarge`] at once if there never is.
    #[track_caller]
    pub fn publish_timeout(
        &mut self,
        record: &[u8],
        timeout: Duration,
    ) -> Result<Sequence, RecordTimeoutError> {
        self.claim_timeout(record.len(), timeout).map(|claimed| fill(claimed, record))
    }

    /// Publishes a copy of a record. Waits at most until `deadline` while there is no room.
    ///
    /// # Errors
    ///
    /// As [`publish_timeout`](Self::publish_timeout).
    #[track_caller]
    pub fn publish_deadline(
        &mut self,
        record: &[u8],
        deadline: Instant,
    ) -> Result<Sequence, RecordTimeoutError> {
        self.claim_deadline(record.len(), deadline).map(|claimed| fill(claimed, record))
    }

    /// Claims the next record, of `len` bytes, to write it in place. Waits while there is no room.
    ///
    /// # Errors
    ///
    /// [`RecordTooLarge`] at once if it is longer than [`max_record`](Self::max_record).
    #[track_caller]
    #[inline]
    pub fn claim(&mut self, len: usize) -> Result<Record<'_>, RecordTooLarge> {
        let room = self.room(len)?;
        self.core.reserve(self.core.needed(self.core.run(), room));
        Ok(Record::new(&mut self.core, room))
    }

    /// Claims the next record if there is room. Never waits.
    ///
    /// # Errors
    ///
    /// As [`try_publish`](Self::try_publish).
    #[track_caller]
    #[inline]
    pub fn try_claim(&mut self, len: usize) -> Result<Record<'_>, TryRecordError> {
        let room = self.room(len)?;
        if self.core.try_reserve(self.core.needed(self.core.run(), room)) {
            Ok(Record::new(&mut self.core, room))
        } else {
            Err(TryRecordError::Full)
        }
    }

    /// Claims the next record. Waits at most for `timeout` while there is no room.
    ///
    /// # Errors
    ///
    /// As [`publish_timeout`](Self::publish_timeout).
    #[track_caller]
    pub fn claim_timeout(
        &mut self,
        len: usize,
        timeout: Duration,
    ) -> Result<Record<'_>, RecordTimeoutError> {
        self.claim_before(len, || deadline_after(timeout))
    }

    /// Claims the next record. Waits at most until `deadline` while there is no room.
    ///
    /// # Errors
    ///
    /// As [`publish_timeout`](Self::publish_timeout).
    #[track_caller]
    pub fn claim_deadline(
        &mut self,
        len: usize,
        deadline: Instant,
    ) -> Result<Record<'_>, RecordTimeoutError> {
        self.claim_before(len, || Some(deadline))
    }

    #[track_caller]
    fn claim_before(
        &mut self,
        len: usize,
        deadline: impl FnOnce() -> Option<Instant>,
    ) -> Result<Record<'_>, RecordTimeoutError> {
        let room = self.room(len)?;
        let needed = self.core.needed(self.core.run(), room);
        match self.core.reserve_before(needed, needed, deadline) {
            Ok(_) => Ok(Record::new(&mut self.core, room)),
            Err(holder) => Err(RecordTimeoutError::Timeout(ClaimTimeout::new(holder))),
        }
    }

    /// Publishes copies of records, and returns the range of their positions. Waits whenever there is
    /// no room.
    ///
    /// The records become visible in runs: as many as there is room for without waiting, and at most a
    /// quarter of the ring.
    ///
    /// # Errors
    ///
    /// [`RefusedRecord`] with the first record that is longer than [`max_record`](Self::max_record).
    /// Those before it are published.
    ///
    /// # Panics
    ///
    /// If the iterator does. Everything that it has yielded by then is published.
    #[track_caller]
    pub fn publish_all<R: AsRef<[u8]>>(
        &mut self,
        records: impl IntoIterator<Item = R>,
    ) -> Result<Range<Sequence>, RefusedRecord<R>> {
        let start = self.cursor();
        let longest = self.core.shared().slots.capacity() / 4;
        let mut run = PublishRun::new(&mut self.core);
        for record in records {
            let bytes = record.as_ref();
            if let Err(error) = check(run.core, bytes.len()) {
                return Err(RefusedRecord::new(record, error));
            }
            let mut room = run.core.room(run.written, bytes.len());
            let needed = run.core.needed(run.written, room);
            if needed > longest || !run.core.try_reserve(needed) {
                run.publish();
                room = run.core.room(run.written, bytes.len());
                run.core.reserve(run.core.needed(run.written, room));
            }
            run.add(room, bytes);
        }
        drop(run);
        Ok(start..self.cursor())
    }

    #[inline]
    fn room(&self, len: usize) -> Result<Room, RecordTooLarge> {
        check(&self.core, len)?;
        Ok(self.core.room(self.core.run(), len))
    }

    /// Returns the length of the longest record, in bytes: a little less than half of the ring.
    pub fn max_record(&self) -> usize {
        self.core.max_record()
    }

    /// Returns how many bytes the ring has.
    pub fn capacity(&self) -> usize {
        self.core.shared().slots.capacity() as usize
    }

    /// Returns the position of the next record, or of the padding before it.
    pub fn cursor(&self) -> Sequence {
        Sequence::new(self.core.next())
    }

    /// Whether the ring has readers. Readers may join or leave meanwhile. Wait-free.
    pub fn has_readers(&self) -> bool {
        self.core.shared().sequencer.gates.count() > 0
    }

    /// Returns the name of the ring, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.core.shared().sequencer.name()
    }

    /// Takes a snapshot of the ring, like [`ByteRing::stats`](crate::ByteRing::stats).
    pub fn stats(&self) -> Stats {
        self.core.shared().sequencer.stats()
    }

    /// Returns the slowest member, like [`ByteRing::slowest`](crate::ByteRing::slowest).
    pub fn slowest(&self) -> Option<Slowest> {
        self.core.shared().sequencer.slowest()
    }
}

/// Refuses a record that is too long.
#[inline]
fn check(core: &WritingCore<Bytes>, len: usize) -> Result<(), RecordTooLarge> {
    let max = core.max_record();
    if len > max { Err(RecordTooLarge::new(len, max)) } else { Ok(()) }
}

/// Copies a record into the one that was claimed, and publishes it.
#[inline]
fn fill(mut claimed: Record<'_>, record: &[u8]) -> Sequence {
    claimed.copy_from_slice(record);
    claimed.publish()
}

/// Records that are written, and are published when this is dropped, also by a panic.
struct PublishRun<'w> {
    core: &'w mut WritingCore<Bytes>,
    written: Run,
}

impl<'w> PublishRun<'w> {
    fn new(core: &'w mut WritingCore<Bytes>) -> Self {
        let written = core.run();
        Self { core, written }
    }

    /// Copies a record behind the others. The room must be reserved.
    #[inline]
    fn add(&mut self, room: Room, record: &[u8]) {
        let (_, mut bytes, mut borrow) = self.core.place(self.written, room);
        // SAFETY: I1: the room is reserved and behind everything published, and `core` is the only
        // writer. I6: bytes are always initialized.
        unsafe { bytes.as_mut() }.copy_from_slice(record);
        borrow.release();
        self.core.add(&mut self.written, room, record.len());
    }

    #[inline]
    fn publish(&mut self) {
        // A waker may panic: then the run is not published again when this is dropped.
        let behind = self.written.behind();
        let written = mem::replace(&mut self.written, behind);
        self.core.publish_run(written);
    }
}

impl Drop for PublishRun<'_> {
    fn drop(&mut self) {
        self.publish();
    }
}

impl fmt::Debug for ByteWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteWriter")
            .field("ring", &self.name())
            .field("capacity", &self.capacity())
            .field("cursor", &self.cursor())
            .field("wait", &self.core.wait())
            .finish_non_exhaustive()
    }
}
