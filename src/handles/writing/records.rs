//! The steps of a publication of records: where the next one goes, and how it becomes visible.

use core::ptr::NonNull;

use super::writer_core::WritingCore;
use crate::storage::{ALIGN, Bytes, Header, WriteBorrow, span};

/// Where the next record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// How many bytes of padding come first, because the record would reach over the end.
    padding: u64,
    /// The length of the record.
    len: usize,
}

/// Records that are written and not yet published, all of them in the claim window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Where it begins, and the header there, which is its stamp.
    first: u64,
    stamp: Option<Header>,
    end: u64,
}

impl Room {
    /// Returns how many bytes must be free: for the record, and for the header of the next one, which
    /// is cleared beforehand.
    #[inline]
    fn needed(self) -> u64 {
        self.padding + span(self.len) + ALIGN
    }
}

impl Run {
    /// Returns an empty run behind this one.
    #[inline]
    pub(crate) fn behind(self) -> Self {
        Self { first: self.end, stamp: None, end: self.end }
    }

    /// Returns how many bytes the records take.
    #[inline]
    pub(crate) fn bytes(self) -> u64 {
        self.end - self.first
    }
}

impl WritingCore<Bytes> {
    /// Returns the length of the longest record. Wherever the writer is, such a record fits, with the
    /// padding before it and the next header behind it.
    #[inline]
    pub(crate) fn max_record(&self) -> usize {
        (self.shared().slots.capacity() / 2 - ALIGN) as usize
    }

    /// Returns an empty run at the writer's position.
    #[inline]
    pub(crate) fn run(&self) -> Run {
        let first = self.next();
        Run { first, stamp: None, end: first }
    }

    /// Returns where a record of so many bytes, which must not be too many, goes behind a run.
    #[inline]
    pub(crate) fn room(&self, run: Run, len: usize) -> Room {
        let to_end = self.shared().slots.to_end(run.end);
        let padding = if span(len) > to_end { to_end } else { 0 };
        Room { padding, len }
    }

    /// Returns how many bytes must be free for a run and a record behind it.
    #[inline]
    pub(crate) fn needed(&self, run: Run, room: Room) -> u64 {
        run.bytes() + room.needed()
    }

    /// Returns where the record lies, its bytes, and what tells loom that they are borrowed. The room
    /// must be reserved.
    #[inline]
    pub(crate) fn place(&self, run: Run, room: Room) -> (u64, NonNull<[u8]>, WriteBorrow) {
        let bytes = &self.shared().slots;
        let position = run.end + room.padding;
        bytes.fetch_to_write(position, span(room.len));
        let words = position / ALIGN + 1..(position + span(room.len)) / ALIGN;
        let borrow = bytes.borrows.write(words.start, words.end);
        (position, bytes.record(position, room.len), borrow)
    }

    /// Adds a record, whose bytes are written, to a run: its first `len` bytes.
    #[inline]
    pub(crate) fn add(&self, run: &mut Run, room: Room, len: usize) {
        let bytes = &self.shared().slots;
        let record = Header::record(len);
        let position = run.end + room.padding;
        let is_first = run.stamp.is_none();
        if room.padding > 0 {
            let padding = Header::padding(room.padding);
            bytes.write_header(run.end, padding, is_first);
            bytes.write_header(position, record, false);
            run.stamp.get_or_insert(padding);
        } else {
            bytes.write_header(position, record, is_first);
            run.stamp.get_or_insert(record);
        }
        run.end = position + record.span();
    }

    /// Makes the records of a run visible with one release.
    ///
    /// It stores the cursor first and the stamp second, so that no reader is ever ahead of the cursor.
    #[inline]
    pub(crate) fn publish_run(&mut self, run: Run) {
        let Some(stamp) = run.stamp else { return };
        self.shared().slots.terminate(run.end);
        self.advance(run.bytes());
        let shared = self.shared();
        shared.sequencer.cursor.publish(run.end);
        shared.slots.set_stamp(run.first, stamp);
        shared.sequencer.published.wake(run.end);
    }
}
