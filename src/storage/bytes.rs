//! The bytes of a ring of records: records of any length, one behind the other, each with a header.
//!
//! A *record* begins with a header of one word, and takes a multiple of [`ALIGN`] bytes. It lies in one
//! piece: if it does not fit before the end of the memory, a *padding* fills the rest, and the record
//! begins at the start. A sequence is a position in the stream, in bytes.
//!
//! The header of the first record of a publication is its stamp. It is written twice. The first store
//! says how long the record is, and comes before the cursor, so that a reader that has come by the
//! cursor finds its way. The second one adds [`READY`], and comes after the cursor, so that no reader
//! is ahead of it. Before either, the writer stores 0 where the next record will begin: what lies there
//! may be anything, and readers are going to wait for that word.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::borrow_tracking::BorrowTracker;
use super::memory::Memory;
use super::prefetch::{self, CACHE_LINE};
use super::storage::Storage;
use crate::sync::{AtomicU64, Ordering, ordering, strong};

/// Records begin at multiples of so many bytes, which is also the size of a header.
pub(crate) const ALIGN: u64 = size_of::<u64>() as u64;

/// How many bytes the writer and the readers prefetch ahead.
const AHEAD: u64 = prefetch::AHEAD as u64;

/// Set in the header of a padding. The rest is how many bytes the padding takes, header included.
const PADDING: u64 = 1 << 63;

/// Set in a header once the cursor is past it.
const READY: u64 = 1 << 62;

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header(u64);

impl Header {
    /// The header of a record of so many bytes.
    #[inline]
    pub(crate) fn record(len: usize) -> Self {
        Self(len as u64 + 1)
    }

    /// The header of a padding that takes so many bytes.
    #[inline]
    pub(crate) fn padding(bytes: u64) -> Self {
        Self(PADDING | bytes)
    }

    /// Returns the length of the record; `None` if it is a padding.
    #[inline]
    pub(crate) fn len(self) -> Option<usize> {
        let word = self.0 & !READY;
        (word & PADDING == 0).then(|| (word - 1) as usize)
    }

    /// Returns how many bytes the record, or the padding, takes with its header.
    #[inline]
    pub(crate) fn span(self) -> u64 {
        match self.len() {
            Some(len) => span(len),
            None => self.0 & !(PADDING | READY),
        }
    }
}

/// Returns how many bytes a record of so many bytes takes with its header.
#[inline]
pub(crate) fn span(len: usize) -> u64 {
    ALIGN + (len as u64).next_multiple_of(ALIGN)
}

/// The memory of a ring of records.
pub(crate) struct Bytes {
    memory: Memory,
    /// The capacity in bytes, a power of two, minus one.
    mask: u64,
    /// The headers under loom, whose atomics are too large to lie in the memory.
    #[cfg(all(loom, feature = "loom"))]
    headers: Box<[AtomicU64]>,
    /// What loom tracks in place of the memory, a cell for each word; empty otherwise.
    pub(crate) borrows: BorrowTracker,
    /// The memory is changed through shared handles.
    _owns: PhantomData<UnsafeCell<u8>>,
}

// SAFETY: many threads reach the memory: the writer mutably (I1), the readers by shared reference
// (I2). Headers are atomic, and bytes can be sent and shared.
unsafe impl Send for Bytes {}

// SAFETY: as above.
unsafe impl Sync for Bytes {}

impl Bytes {
    /// The layout of a ring of so many bytes, if memory can be that large.
    fn layout(capacity: usize) -> Option<Layout> {
        Layout::from_size_align(capacity, CACHE_LINE).ok()
    }

    /// Whether a ring of so many bytes can be asked of an allocator at all.
    pub(crate) fn fits(capacity: usize) -> bool {
        Self::layout(capacity).is_some()
    }

    /// Makes a ring of so many bytes, a power of two and at least `ALIGN`, and writes to every page.
    ///
    /// # Panics
    ///
    /// If `Self::fits` is false.
    pub(crate) fn new(capacity: usize) -> Self {
        assert!(capacity.is_power_of_two() && capacity as u64 >= ALIGN);
        let layout = Self::layout(capacity).expect("the ring fits into memory");
        let memory = Memory::new(layout);
        // SAFETY: the memory has so many bytes, and no other thread has it yet.
        unsafe { memory.start.as_ptr().write_bytes(0, capacity) };
        let words = capacity / ALIGN as usize;
        Self {
            memory,
            mask: capacity as u64 - 1,
            #[cfg(all(loom, feature = "loom"))]
            headers: (0..words).map(|_| AtomicU64::new(0)).collect(),
            borrows: BorrowTracker::new(words),
            _owns: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn capacity(&self) -> u64 {
        self.mask + 1
    }

    /// Returns how many bytes there are from a position to the end of the memory.
    #[inline]
    pub(crate) fn to_end(&self, position: u64) -> u64 {
        self.capacity() - (position & self.mask)
    }

    /// Returns the header at a position.
    #[inline]
    fn header_at(&self, position: u64) -> &AtomicU64 {
        debug_assert!(position.is_multiple_of(ALIGN));
        let offset = (position & self.mask) as usize;
        #[cfg(all(loom, feature = "loom"))]
        return &self.headers[offset / ALIGN as usize];
        // SAFETY: the offset is inside the memory, and aligned for a word, which is initialized. While
        // a header is used as such, no reference to the bytes there exists: records are lent from
        // behind their headers on, and the writer lends none that a reader may come to.
        #[cfg(not(all(loom, feature = "loom")))]
        unsafe {
            &*self.memory.at::<AtomicU64>(offset).as_ptr()
        }
    }

    /// Returns the header at a position that is below a published end which the caller has loaded.
    #[inline]
    fn header(&self, position: u64) -> Header {
        // ORDERING: Relaxed; the caller has loaded that end with Acquire, or written it.
        Header(self.header_at(position).load(Ordering::Relaxed))
    }

    /// Returns the first record from a position on: where it is, its length, and where the next one
    /// is. `None` if there is none below `end`, which must be that of a published record.
    #[inline]
    pub(crate) fn first_record(&self, mut position: u64, end: u64) -> Option<(u64, usize, u64)> {
        while position < end {
            let header = self.header(position);
            let next = position + header.span();
            if let Some(len) = header.len() {
                self.fetch_to_read(position, next - position, end);
                return Some((position, len, next));
            }
            position = next;
        }
        None
    }

    /// Returns the bytes of the record at a position, which has so many of them.
    #[inline]
    pub(crate) fn record(&self, position: u64, len: usize) -> NonNull<[u8]> {
        debug_assert!(span(len) <= self.to_end(position));
        let offset = (position & self.mask) as usize + ALIGN as usize;
        // An empty record at the end of the memory points behind it, which is allowed.
        NonNull::slice_from_raw_parts(self.memory.at(offset), len)
    }

    /// Prefetches as many bytes as a record takes some way ahead of it, for writing: what readers have
    /// read a lap ago is in their caches.
    #[inline]
    pub(crate) fn fetch_to_write(&self, position: u64, bytes: u64) {
        if self.mask >= 4 * AHEAD {
            prefetch::to_write(self.ahead(position), bytes as usize);
        }
    }

    /// Prefetches as many bytes as a record takes some way ahead of it, for reading, if they are below
    /// `end`. What is not yet published belongs to the writer.
    #[inline]
    fn fetch_to_read(&self, position: u64, bytes: u64, end: u64) {
        if end - position > AHEAD + bytes {
            prefetch::to_read(self.ahead(position), bytes as usize);
        }
    }

    #[inline]
    fn ahead(&self, position: u64) -> *const u8 {
        self.memory.at::<u8>(((position + AHEAD) & self.mask) as usize).as_ptr().cast_const()
    }

    /// Writes the header of a record that the cursor is not yet past. If it is not the first of its
    /// publication, no reader is going to wait for it.
    #[inline]
    pub(crate) fn write_header(&self, position: u64, header: Header, first: bool) {
        let ready = if first { 0 } else { READY };
        if !first || strong!("bytes.length_first") {
            // ORDERING: Relaxed; the cursor comes after it.
            self.header_at(position).store(header.0 | ready, Ordering::Relaxed);
        }
    }

    /// Clears the place of the next header, for which readers are going to wait.
    #[inline]
    pub(crate) fn terminate(&self, end: u64) {
        if strong!("bytes.terminate") {
            // ORDERING: Relaxed; the cursor comes after it.
            self.header_at(end).store(0, Ordering::Relaxed);
        }
    }

    /// Announces in the header of the first record of a publication, which is at `position`, that it
    /// is published. Called after the cursor was stored.
    #[inline]
    pub(crate) fn set_stamp(&self, position: u64, header: Header) {
        let word = header.0 | READY;
        // ORDERING: Release pairs with the Acquire in `stamped`: every byte written below the end of
        // the publication, and the store of the cursor, happen before a reader sees the header (I2).
        self.header_at(position).store(word, ordering!("bytes.set_stamp", Release));
    }
}

impl Storage for Bytes {
    /// A position is all that is needed.
    type Block = ();

    /// A cache line counts as an event.
    const UNIT: u64 = CACHE_LINE as u64;

    #[inline]
    fn block(&self, _position: u64) {}

    #[inline]
    fn move_reader(&self, _block: &mut (), _position: u64, _available: u64) {}

    /// Returns the end of the record at this position, if its publication has been announced. Of a
    /// padding, the end of the record behind it, which was published with it.
    #[inline]
    fn stamped(&self, _block: &(), position: u64) -> u64 {
        // ORDERING: Acquire pairs with the Release in `set_stamp` (I2).
        let word = self.header_at(position).load(ordering!("bytes.stamped", Acquire));
        if word & READY == 0 {
            return position;
        }
        let header = Header(word);
        let end = position + header.span();
        if header.len().is_some() { end } else { end + self.header(end).span() }
    }

    #[inline]
    fn tells_all(&self, block: &(), stamped: u64) -> bool {
        self.stamped(block, stamped) <= stamped
    }

    #[inline]
    fn fetch_awaited(&self, _block: &(), _position: u64) {}
}

impl core::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Bytes").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_what_it_was_made_of() {
        for len in [0, 1, 7, 8, 9, 100, u32::MAX as usize] {
            for ready in [0, READY] {
                let header = Header(Header::record(len).0 | ready);
                assert_eq!((header.len(), header.span()), (Some(len), span(len)));
            }
        }
        for bytes in [8, 16, 1 << 40] {
            for ready in [0, READY] {
                let header = Header(Header::padding(bytes).0 | ready);
                assert_eq!((header.len(), header.span()), (None, bytes));
            }
        }
    }

    #[test]
    fn records_begin_at_multiples_of_a_word_and_do_not_reach_over_the_end() {
        assert_eq!([0, 1, 8, 9].map(span), [8, 16, 16, 24]);
        let bytes = Bytes::new(64);
        for position in (0..640).step_by(8) {
            assert_eq!(bytes.to_end(position), 64 - position % 64);
            let longest = (bytes.to_end(position) - ALIGN) as usize;
            let record = bytes.record(position, longest);
            let offset = record.cast::<u8>().addr().get() - bytes.memory.start.addr().get();
            assert_eq!(offset as u64, position % 64 + ALIGN);
            assert!(offset + longest <= 64);
        }
    }
}
