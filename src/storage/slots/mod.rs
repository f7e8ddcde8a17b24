//! The slots: all events of the ring, packed into blocks.
//!
//! A *block* is a stamp, followed by one or more events. The stamp is a copy of the cursor, and
//! lies where the reader is going to read anyway. Small events share one cache line with their
//! stamp, as many as fit: seven `u64`s, for instance. Then an event and the news of it cross from
//! one core to another in a single transfer. A larger event has a stamp of its own right before
//! it, and these blocks lie end to end, so that no more cache lines have to cross than the bytes
//! need.
//!
//! Nothing here knows when a slot may be read or written: the callers do. Apart from the guards
//! that lend slots (in `handles`) and prefetch hints, this folder has all the unsafe code of the
//! crate.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;
use std::alloc;

use super::borrow_tracking::BorrowTracker;
use super::prefetch::{self, CACHE_LINE};
use crate::sync::{AtomicU64, ordering};

/// The size of a stamp in bytes.
const STAMP: usize = size_of::<u64>();

/// How many bytes a reader prefetches ahead, in a batch that is long enough.
pub(super) const READ_AHEAD: usize = 16 * CACHE_LINE;

/// The slots of a ring. Each always holds a valid `T` (I6).
pub(crate) struct Slots<T> {
    pub(super) memory: Memory,
    /// The capacity minus one; the capacity is a power of two.
    mask: usize,
    /// The offset of the last block, which may have fewer slots than the others.
    last: usize,
    lanes_in_last: usize,
    /// How many bytes the writer prefetches ahead.
    write_ahead: usize,
    /// How many slots, from the first, hold a value: all of them once the ring is built.
    filled: usize,
    /// The stamps under loom, whose atomics are too large to lie in the blocks.
    #[cfg(all(loom, feature = "loom"))]
    stamps: Box<[AtomicU64]>,
    /// What loom tracks in place of the slots; empty otherwise.
    pub(crate) borrows: BorrowTracker,
    /// Owns values of `T` that are changed through shared handles. So the type must be invariant in
    /// `T`: otherwise a writer of short-lived references could be made from one whose readers
    /// expect long-lived references.
    _owns: PhantomData<UnsafeCell<T>>,
}

// SAFETY: many threads reach the slots: the writer mutably (I1), the readers by shared reference
// (I2), and the thread that drops the last handle drops the events. That takes `T: Send + Sync`.
unsafe impl<T: Send + Sync> Send for Slots<T> {}

// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Slots<T> {}

// A panic in the middle of a write leaves a valid event behind (I6).
impl<T: RefUnwindSafe> RefUnwindSafe for Slots<T> {}

impl<T: RefUnwindSafe> UnwindSafe for Slots<T> {}

/// The block that a handle is at. With it, a handle finds the slots of the block without a
/// division, and without storing a word at every step. Where each event has a block of its own,
/// it is not needed and means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// The offset of the block, in bytes.
    start: usize,
    stamp: NonNull<AtomicU64>,
    /// The address where the slot of sequence 0 would be if the block reached back that far.
    origin: *mut u8,
    /// The first sequence after the block.
    pub(super) end: u64,
}

// SAFETY: a block only holds addresses; each use of them has a safety argument of its own.
unsafe impl Send for Block {}

// SAFETY: as above.
unsafe impl Sync for Block {}

impl<T> Slots<T> {
    /// The distance in bytes from one event of a block to the next: the size of `T`, or its
    /// alignment if `T` has no size.
    pub(super) const PITCH: usize =
        if size_of::<T>() > align_of::<T>() { size_of::<T>() } else { align_of::<T>() };

    /// The offset of the first event in a block.
    pub(super) const FIRST: usize = if align_of::<T>() > STAMP { align_of::<T>() } else { STAMP };

    /// Whether an event fits into one cache line with its stamp.
    pub(super) const SMALL: bool = Self::FIRST + Self::PITCH <= CACHE_LINE;

    /// How many events a full block holds.
    pub(super) const LANES: usize =
        if Self::SMALL { (CACHE_LINE - Self::FIRST) / Self::PITCH } else { 1 };

    /// The distance in bytes from one block to the next: a cache line, or as much as a larger event
    /// takes.
    pub(super) const STRIDE: usize = if Self::SMALL {
        CACHE_LINE
    } else {
        (Self::FIRST + Self::PITCH).next_multiple_of(Self::FIRST)
    };

    /// The alignment of the memory.
    const ALIGN: usize = if align_of::<T>() > CACHE_LINE { align_of::<T>() } else { CACHE_LINE };

    /// How many bytes the writer prefetches ahead, in a ring that is large enough.
    const WRITE_AHEAD: usize = CACHE_LINE * if Self::SMALL { 16 } else { 64 };

    /// The layout of a ring of `capacity` slots, if memory can be that large.
    fn layout(capacity: usize) -> Option<Layout> {
        let bytes = capacity.div_ceil(Self::LANES).checked_mul(Self::STRIDE)?;
        Layout::from_size_align(bytes, Self::ALIGN).ok()
    }

    /// Whether a ring of `capacity` slots can be asked of an allocator at all.
    pub(crate) fn fits(capacity: usize) -> bool {
        Self::layout(capacity).is_some()
    }

    /// Makes `capacity` slots, a power of two, and fills each with a value from the factory. Writes
    /// to every page, so that no page fault is left for later.
    ///
    /// # Panics
    ///
    /// If `Self::fits` is false. If the factory panics; the values that it has made are dropped.
    pub(crate) fn new(capacity: usize, mut factory: impl FnMut() -> T) -> Self {
        assert!(capacity.is_power_of_two());
        let layout = Self::layout(capacity).expect("the ring fits into memory");
        let mut slots = Self {
            memory: Memory::new(layout),
            mask: capacity - 1,
            lanes_in_last: (capacity - 1) % Self::LANES + 1,
            last: layout.size() - Self::STRIDE,
            write_ahead: Self::WRITE_AHEAD.min(layout.size() / 4 / CACHE_LINE * CACHE_LINE),
            filled: 0,
            #[cfg(all(loom, feature = "loom"))]
            stamps: (0..capacity.div_ceil(Self::LANES)).map(|_| AtomicU64::new(0)).collect(),
            borrows: BorrowTracker::new(capacity),
            _owns: PhantomData,
        };
        for block in 0..capacity.div_ceil(Self::LANES) {
            let stamp = slots.memory.at::<u64>(block * Self::STRIDE);
            // SAFETY: the memory was laid out for more than `block` blocks, each of which begins
            // with an aligned stamp, and no other thread has the memory yet.
            unsafe { stamp.write(0) };
        }
        for index in 0..capacity {
            let slot = slots.slot(index as u64);
            let event = factory();
            // SAFETY: the slot of an index below the capacity is aligned and inside the memory,
            // and no other thread has the memory yet.
            unsafe { slot.write(event) };
            slots.filled = index + 1;
        }
        slots
    }

    pub(crate) fn capacity(&self) -> usize {
        self.mask + 1
    }

    /// Returns the block of a sequence.
    #[inline]
    pub(crate) fn block(&self, sequence: u64) -> Block {
        if Self::LANES == 1 {
            return self.block_at(0, 0);
        }
        let index = sequence as usize & self.mask;
        let start = index / Self::LANES * Self::STRIDE;
        self.block_at(start, sequence.wrapping_sub((index % Self::LANES) as u64))
    }

    /// Returns the block at the offset `start`, whose first slot has the sequence `first`.
    #[inline]
    fn block_at(&self, start: usize, first: u64) -> Block {
        let before = (first as usize).wrapping_mul(Self::PITCH);
        let origin = self.memory.at::<u8>(start + Self::FIRST).as_ptr().wrapping_sub(before);
        let end = first.wrapping_add(self.lanes(start) as u64);
        Block { start, stamp: self.stamp_at(start), origin, end }
    }

    /// Moves the writer to the block of its next sequence, and prefetches ahead of it.
    #[inline]
    pub(crate) fn move_writer(&self, block: &mut Block, sequence: u64) {
        let turns = !self.holds(block, sequence);
        if turns {
            self.turn(block);
        }
        if turns || Self::LANES == 1 {
            self.fetch_to_write(self.slot_in(block, sequence));
        }
    }

    /// Moves a reader to the block of its next sequence.
    #[inline]
    pub(crate) fn move_reader(&self, block: &mut Block, sequence: u64) {
        if !self.holds(block, sequence) {
            self.turn(block);
        }
    }

    /// Whether the sequence is in this block. It must be, or be the first after the block.
    #[inline]
    pub(super) fn holds(&self, block: &Block, sequence: u64) -> bool {
        Self::LANES == 1 || sequence != block.end
    }

    /// Whether `stamped`, the stamp of this block, tells everything that is published. The next
    /// publication begins with that sequence: in this block, unless the block is full. Where each
    /// event has a block of its own, it begins in the next one.
    #[inline]
    pub(crate) fn tells_all(&self, block: &Block, stamped: u64) -> bool {
        if Self::LANES == 1 { self.stamped(block, stamped) <= stamped } else { stamped < block.end }
    }

    /// Moves to the next block.
    #[inline]
    pub(super) fn turn(&self, block: &mut Block) {
        let next = block.start + Self::STRIDE;
        *block = if next < self.last {
            Block {
                start: next,
                stamp: self.stamp_at(next),
                origin: block.origin.wrapping_add(Self::STRIDE - Self::LANES * Self::PITCH),
                end: block.end.wrapping_add(Self::LANES as u64),
            }
        } else {
            self.block_at(self.next_start(block.start), block.end)
        };
    }

    /// Returns the offset of the block after the one at `start`.
    #[inline]
    pub(super) fn next_start(&self, start: usize) -> usize {
        if start == self.last { 0 } else { start + Self::STRIDE }
    }

    /// Returns how many slots the block at `start` has.
    #[inline]
    pub(super) fn lanes(&self, start: usize) -> usize {
        if Self::LANES > 1 && start == self.last { self.lanes_in_last } else { Self::LANES }
    }

    /// Returns the offset of this block, which is that of the sequence.
    #[inline]
    pub(super) fn start(&self, block: &Block, sequence: u64) -> usize {
        if Self::LANES == 1 {
            (sequence as usize & self.mask) * Self::STRIDE
        } else {
            debug_assert_eq!(*block, self.block(sequence));
            block.start
        }
    }

    /// Returns the slot of a sequence: aligned, inside the memory, and initialized.
    #[inline]
    pub(crate) fn slot(&self, sequence: u64) -> NonNull<T> {
        self.slot_in(&self.block(sequence), sequence)
    }

    /// Returns the slot of a sequence, which must be in this block.
    #[inline]
    pub(crate) fn slot_in(&self, block: &Block, sequence: u64) -> NonNull<T> {
        if Self::LANES == 1 {
            return self.memory.at(self.start(block, sequence) + Self::FIRST);
        }
        debug_assert_eq!(*block, self.block(sequence));
        let slot = block.origin.wrapping_add((sequence as usize).wrapping_mul(Self::PITCH));
        // SAFETY: the sequence is in the block, so the address is inside the memory.
        unsafe { NonNull::new_unchecked(slot) }.cast()
    }

    /// Returns the stamp of the block at `start`.
    #[inline]
    fn stamp_at(&self, start: usize) -> NonNull<AtomicU64> {
        #[cfg(all(loom, feature = "loom"))]
        return NonNull::from(&self.stamps[start / Self::STRIDE]);
        #[cfg(not(all(loom, feature = "loom")))]
        self.memory.at(start)
    }

    /// Returns the stamp of this block, which is that of the sequence.
    #[inline]
    fn stamp(&self, block: &Block, sequence: u64) -> &AtomicU64 {
        let stamp = if Self::LANES == 1 {
            self.stamp_at(self.start(block, sequence))
        } else {
            debug_assert_eq!(*block, self.block(sequence));
            block.stamp
        };
        // SAFETY: every block has an aligned and initialized stamp, which lives as long as `self`.
        // Once the ring is built, only this function reaches it.
        unsafe { stamp.as_ref() }
    }

    /// Announces in the block of `sequence` that everything below `end` is published.
    #[inline]
    pub(crate) fn set_stamp(&self, block: &Block, sequence: u64, end: u64) {
        // ORDERING: Release pairs with the Acquire in `stamped`: every slot written below `end`,
        // and the store of the cursor, happen before a reader sees `end` (I2).
        self.stamp(block, sequence).store(end, ordering!("slots.set_stamp", Release));
    }

    /// Returns the stamp of the block of `sequence`. If it is above `sequence`, everything
    /// below the stamp may be read.
    #[inline]
    pub(crate) fn stamped(&self, block: &Block, sequence: u64) -> u64 {
        // ORDERING: Acquire pairs with the Release in `set_stamp` (I2).
        self.stamp(block, sequence).load(ordering!("slots.stamped", Acquire))
    }

    /// Prefetches memory some way ahead of a slot for writing: a cache line if several events share
    /// one, otherwise as much as an event takes.
    ///
    /// Memory that readers have read a lap ago is in their cores' caches. A write to it takes a
    /// round trip to them, and meanwhile all later stores queue up behind it. Fetched ahead of
    /// time, the memory is there when its turn comes.
    #[inline]
    pub(super) fn fetch_to_write(&self, slot: NonNull<T>) {
        let bytes = if Self::SMALL { CACHE_LINE } else { Self::PITCH };
        prefetch::to_write(self.ahead(slot, self.write_ahead), bytes);
    }

    /// Prefetches memory some way ahead of a slot for reading. Unasked, the processor looks no
    /// further ahead than it can hold instructions.
    #[inline]
    pub(super) fn fetch_to_read(&self, slot: NonNull<T>) {
        let bytes = if Self::SMALL { CACHE_LINE } else { Self::PITCH };
        prefetch::to_read(self.ahead(slot, READ_AHEAD), bytes);
    }

    /// Returns the address `bytes` ahead of a slot, wrapped at the end of the memory.
    #[inline]
    fn ahead(&self, slot: NonNull<T>, bytes: usize) -> *const u8 {
        let size = self.memory.layout.size();
        let ahead = slot.as_ptr().cast::<u8>().wrapping_add(bytes);
        let end = self.memory.start.as_ptr().wrapping_add(size);
        if ahead >= end { ahead.wrapping_sub(size) } else { ahead }
    }
}

impl<T> core::fmt::Debug for Slots<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Slots").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

/// Drops every event. If the drop of one panics, the others are still dropped.
impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        struct DropRest<'a, T> {
            slots: &'a Slots<T>,
            next: usize,
        }

        impl<T> DropRest<'_, T> {
            fn drop_all(&mut self) {
                while self.next < self.slots.filled {
                    let slot = self.slots.slot(self.next as u64);
                    self.next += 1;
                    // SAFETY: I6: the slot holds a value; this is the last handle, and `next`
                    // passes every slot once.
                    unsafe { slot.drop_in_place() };
                }
            }
        }

        impl<T> Drop for DropRest<'_, T> {
            fn drop(&mut self) {
                self.drop_all();
            }
        }

        if core::mem::needs_drop::<T>() {
            DropRest { slots: self, next: 0 }.drop_all();
        }
    }
}

/// A block of memory, freed when dropped.
pub(super) struct Memory {
    start: NonNull<u8>,
    layout: Layout,
}

impl Memory {
    fn new(layout: Layout) -> Self {
        assert!(layout.size() > 0);
        // SAFETY: the size is not zero.
        let start = unsafe { alloc::alloc(layout) };
        match NonNull::new(start) {
            Some(start) => Self { start, layout },
            None => alloc::handle_alloc_error(layout),
        }
    }

    /// Returns the address at an offset, which must not be larger than the size.
    #[inline]
    pub(super) fn at<U>(&self, offset: usize) -> NonNull<U> {
        debug_assert!(offset <= self.layout.size());
        // SAFETY: the caller's offset is that of a block or of a slot, inside the memory.
        unsafe { self.start.add(offset) }.cast()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: `start` was allocated with this layout and is freed once.
        unsafe { alloc::dealloc(self.start.as_ptr(), self.layout) };
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;
