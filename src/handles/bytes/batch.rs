//! The batch of records: the reader's guard over several of them.

use core::convert::Infallible;
use core::fmt;
use core::iter::FusedIterator;
use core::mem;
use core::ops::ControlFlow;
use core::ptr::NonNull;

use crate::handles::reading::{ReadingCore, Release};
use crate::sequence::Sequence;
use crate::storage::{ALIGN, Bytes, ReadBorrow};

/// A guard over available records, which lends them as `&[u8]`; from
/// [`ByteReader::wait_batch`](crate::ByteReader::wait_batch).
///
/// There is at least one record in it. While the batch is held, the writer does not touch its bytes.
/// Dropping the batch, also by a panic, commits all of it, read or not; forgetting it commits nothing,
/// and the same records come again. [`for_each`](Self::for_each) and
/// [`next_record`](Self::next_record) commit the records that they have passed every quarter of the
/// ring.
#[must_use = "dropping a batch commits all of its records, read or not: `is_empty` asks the reader \
              whether there are any"]
pub struct ByteBatch<'r> {
    reader: &'r mut ReadingCore<Bytes>,
    /// The first record, or the padding before it, that is still in the batch. What lies between the
    /// reader's position and this was lent one by one and is not yet committed.
    next: u64,
    /// The end of the batch: that of a record.
    end: u64,
    borrow: ReadBorrow,
}

impl<'r> ByteBatch<'r> {
    /// Borrows the available records.
    #[inline]
    pub(super) fn new(reader: &'r mut ReadingCore<Bytes>) -> Self {
        let readable = reader.readable();
        let (next, end) = (readable.start, readable.end);
        let borrow = reader.shared().slots.borrows.read(next / ALIGN, end / ALIGN);
        if reader.options().is_some() {
            reader.lend();
        }
        Self { reader, next, end, borrow }
    }

    /// Returns the end of the batch.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Whether all of its records are committed or handed out.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// Returns an iterator over the records and their positions.
    #[inline]
    pub fn iter(&self) -> Records<'_> {
        Records { bytes: &self.reader.shared().slots, next: self.next, end: self.end }
    }

    /// Takes the first record out of the batch and lends it, with its position, until the next call.
    /// Every quarter of the ring, the records that were taken out before are committed.
    #[inline]
    pub fn next_record(&mut self) -> Option<(Sequence, &[u8])> {
        self.commit_passed();
        // SAFETY: I2, I6: the record was in the batch. I4: nothing at or above its position is
        // committed before the next call, and until then `self` is borrowed.
        self.take().map(|(position, record, _)| (position, unsafe { record.as_ref() }))
    }

    /// Takes the first record out of the batch. Returns its position, its bytes and its end.
    #[inline]
    fn take(&mut self) -> Option<(Sequence, NonNull<[u8]>, u64)> {
        let bytes = &self.reader.shared().slots;
        let (position, len, next) = bytes.first_record(self.next, self.end)?;
        self.next = next;
        Some((Sequence::new(position), bytes.record(position, len), next))
    }

    /// Commits the records that were taken out so far.
    pub fn commit(&mut self) {
        if self.next > self.reader.position() {
            self.commit_to(self.next);
        }
    }

    /// Hands every record and its position to the closure, and commits as it goes, at least every
    /// quarter of the ring.
    ///
    /// # Panics
    ///
    /// If the closure does. The record that it was given then counts as read, and so do the records
    /// before it, but none after it.
    pub fn for_each(self, mut handle: impl FnMut(&[u8], Sequence)) {
        let handled = self.try_for_each(|record, position, _| {
            handle(record, position);
            ControlFlow::<Infallible>::Continue(())
        });
        match handled {
            ControlFlow::Continue(()) => (),
        }
    }

    /// Hands the records, their positions and ends to the closure until it breaks.
    pub(super) fn try_for_each<B>(
        mut self,
        mut handle: impl FnMut(&[u8], Sequence, u64) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        while !self.is_empty() {
            // A waker may panic: then the batch is left empty, and the rest comes again.
            let end = mem::replace(&mut self.end, self.next);
            self.commit_passed();
            self.end = end;
            Passing { batch: &mut self, all: false }.pass(&mut handle)?;
        }
        ControlFlow::Continue(())
    }

    /// Commits the records that were passed, if they are a quarter of the ring.
    #[inline]
    fn commit_passed(&mut self) {
        if self.next - self.reader.position() >= self.reader.shared().sequencer.capacity() / 4 {
            self.commit_to(self.next);
        }
    }

    fn commit_to(&mut self, position: u64) {
        self.borrow.release_below(position / ALIGN);
        self.reader.commit(position, ());
    }
}

/// A stretch of a batch while a closure is given its records one by one. Dropping it takes those that
/// the closure was given out of the batch. If the closure broke or panicked, it commits them, and the
/// rest of the batch is left uncommitted and comes again.
struct Passing<'p, 'r> {
    batch: &'p mut ByteBatch<'r>,
    /// Whether the closure was given all records and has returned from the last.
    all: bool,
}

impl Passing<'_, '_> {
    #[inline]
    fn pass<B>(
        mut self,
        handle: &mut impl FnMut(&[u8], Sequence, u64) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let stride = self.batch.reader.shared().sequencer.capacity() / 4;
        let stretch = self.batch.reader.position() + stride;
        while self.batch.next < stretch {
            let Some((position, record, end)) = self.batch.take() else { break };
            // SAFETY: I2, I6: the record was in the batch. I4: nothing is committed before the closure,
            // which cannot keep the reference, has returned.
            handle(unsafe { record.as_ref() }, position, end)?;
        }
        self.all = true;
        ControlFlow::Continue(())
    }
}

impl Drop for Passing<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        if !self.all {
            // Nothing of the rest is committed when the batch is dropped.
            self.batch.end = self.batch.next;
            self.batch.commit();
        }
    }
}

impl Drop for ByteBatch<'_> {
    #[inline]
    fn drop(&mut self) {
        let Self { reader, end, borrow, .. } = self;
        let release = Release(reader);
        if *end > release.0.position() {
            borrow.release_below(*end / ALIGN);
            release.0.commit(*end, ());
        }
    }
}

impl<'a> IntoIterator for &'a ByteBatch<'_> {
    type Item = (Sequence, &'a [u8]);
    type IntoIter = Records<'a>;

    fn into_iter(self) -> Records<'a> {
        self.iter()
    }
}

impl fmt::Debug for ByteBatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// An iterator over the records of a batch and their positions; from [`ByteBatch::iter`].
#[derive(Debug, Clone)]
pub struct Records<'a> {
    bytes: &'a Bytes,
    next: u64,
    end: u64,
}

impl<'a> Iterator for Records<'a> {
    type Item = (Sequence, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<(Sequence, &'a [u8])> {
        let (position, len, next) = self.bytes.first_record(self.next, self.end)?;
        self.next = next;
        // SAFETY: I2, I4, I6: the record is in a batch that is borrowed for `'a`.
        let record = unsafe { self.bytes.record(position, len).as_ref() };
        Some((Sequence::new(position), record))
    }
}

impl FusedIterator for Records<'_> {}
