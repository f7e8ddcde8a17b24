//! The record that is claimed: the writer's guard over the bytes of the next one.

use core::fmt;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use crate::handles::writing::{Room, WritingCore};
use crate::sequence::Sequence;
use crate::storage::{Bytes, WriteBorrow};

/// A guard over the bytes of a record that is claimed and not yet published; from
/// [`ByteWriter::claim`](crate::ByteWriter::claim).
///
/// It lends the bytes with whatever they held a lap ago, aligned to 8 bytes. Readers see the record
/// when it is [published](Self::publish). Dropping it, forgetting it, or a panic while it is held
/// publishes nothing.
#[must_use = "a record that is dropped is not published"]
pub struct Record<'w> {
    writer: &'w mut WritingCore<Bytes>,
    room: Room,
    position: u64,
    bytes: NonNull<[u8]>,
    borrow: WriteBorrow,
}

// SAFETY: it lends bytes, which can be sent and shared, like `&mut [u8]`.
unsafe impl Send for Record<'_> {}

// SAFETY: as above.
unsafe impl Sync for Record<'_> {}

impl<'w> Record<'w> {
    /// Lends the next record, whose room the writer must have reserved.
    #[inline]
    pub(super) fn new(writer: &'w mut WritingCore<Bytes>, room: Room) -> Self {
        let (position, bytes, borrow) = writer.place(writer.run(), room);
        Self { writer, room, position, bytes, borrow }
    }

    /// Returns the position at which readers will see the record.
    pub fn position(&self) -> Sequence {
        Sequence::new(self.position)
    }

    /// Publishes the record, and returns its position. Wait-free, unless a reader has to be woken.
    #[inline]
    pub fn publish(self) -> Sequence {
        let len = self.bytes.len();
        self.publish_first(len)
    }

    /// Publishes the first `len` bytes as the record, gives the others up, and returns its position.
    ///
    /// # Panics
    ///
    /// If fewer bytes are claimed.
    #[track_caller]
    #[inline]
    pub fn publish_first(mut self, len: usize) -> Sequence {
        let claimed = self.bytes.len();
        assert!(len <= claimed, "cannot publish {len} bytes of a record of {claimed}");
        self.borrow.release();
        let mut run = self.writer.run();
        self.writer.add(&mut run, self.room, len);
        self.writer.publish_run(run);
        Sequence::new(self.position)
    }
}

impl Deref for Record<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: I1, I6: the bytes are claimed, and initialized; `self` is borrowed for as long as the
        // reference lives.
        unsafe { self.bytes.as_ref() }
    }
}

impl DerefMut for Record<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: I1, I6: the bytes are claimed, and initialized; `self` is borrowed mutably for as long
        // as the reference lives.
        unsafe { self.bytes.as_mut() }
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("position", &self.position)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
