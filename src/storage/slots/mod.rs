//! The slots: all events of the ring, packed into blocks.
//!
//! A *block* is a stamp, followed by one or more events. The stamp is a copy of the cursor, and
//! lies where the reader is going to read anyway. Small events share one cache line with their
//! stamp, as many as fit: seven `u64`s, for instance. Then an event and the news of it cross from
//! one core to another in a single transfer. Larger events lie end to end behind a stamp in a cache
//! line of its own, up to 4 KiB of them, so that hardly more cache lines have to cross than the
//! bytes need.
//!
//! Nothing here knows when a slot may be read or written: the callers do. Apart from the guards
//! that lend slots (in `handles`) and prefetch hints, this folder has all the unsafe code of the
//! crate.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

use super::borrow_tracking::BorrowTracker;
use super::memory::Memory;
use super::prefetch::CACHE_LINE;
use super::storage::Storage;
use crate::sync::{AtomicU64, ordering};

/// The size of a stamp in bytes.
pub(super) const STAMP: usize = size_of::<u64>();

/// The size in bytes of the large events that share a stamp.
pub(super) const LARGE_BLOCK: usize = 64 * CACHE_LINE;

/// The slots of a ring. Each always holds a valid `T` (I6).
pub(crate) struct Slots<T> {
    pub(super) memory: Memory,
    /// The capacity minus one; the capacity is a power of two.
    mask: usize,
    /// The start of the last block, which may have fewer slots than the others.
    last: *mut u8,
    lanes_in_last: usize,
    /// How many bytes the writer prefetches ahead.
    pub(super) write_ahead: usize,
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
    /// The start of the block, where its stamp is.
    start: *mut u8,
    /// The address where the slot of sequence 0 would be if the block reached back that far.
    origin: *mut u8,
    /// The first sequence after the block.
    pub(super) end: u64,
}

// SAFETY: a block only holds addresses; each use of them has a safety argument of its own.
unsafe impl Send for Block {}

// SAFETY: as above.
unsafe impl Sync for Block {}

/// Returns the larger of two sizes or alignments.
const fn larger(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

impl<T> Slots<T> {
    /// The distance in bytes from one event of a block to the next: the size of `T`, or its
    /// alignment if `T` has no size.
    pub(super) const PITCH: usize = larger(size_of::<T>(), align_of::<T>());

    /// The offset of the first event in a block.
    pub(super) const FIRST: usize =
        larger(align_of::<T>(), if Self::SMALL { STAMP } else { CACHE_LINE });

    /// Whether an event fits into one cache line with its stamp.
    pub(super) const SMALL: bool = larger(align_of::<T>(), STAMP) + Self::PITCH <= CACHE_LINE;

    /// How many events a full block holds. Of large ones a power of two, so that every block of a
    /// ring is full if there are several.
    pub(crate) const LANES: usize = if Self::SMALL {
        (CACHE_LINE - Self::FIRST) / Self::PITCH
    } else {
        match (LARGE_BLOCK / Self::PITCH).checked_ilog2() {
            Some(power) => 1 << power,
            None => 1,
        }
    };

    /// The distance in bytes from one block to the next: a cache line, or as much as several large
    /// events take.
    pub(super) const STRIDE: usize = Self::bytes(Self::LANES);

    /// The alignment of the memory.
    const ALIGN: usize = larger(align_of::<T>(), CACHE_LINE);

    /// Returns how many bytes a block of so many slots takes.
    const fn bytes(lanes: usize) -> usize {
        if Self::SMALL {
            CACHE_LINE
        } else {
            (Self::FIRST + lanes * Self::PITCH).next_multiple_of(Self::FIRST)
        }
    }

    /// The layout of a ring of `capacity` slots, if memory can be that large.
    fn layout(capacity: usize) -> Option<Layout> {
        let last = (capacity - 1) / Self::LANES;
        let in_last = (capacity - 1) % Self::LANES + 1;
        let bytes = last.checked_mul(Self::STRIDE)?.checked_add(Self::bytes(in_last))?;
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
        let memory = Memory::new(layout);
        let last = memory.at::<u8>((capacity - 1) / Self::LANES * Self::STRIDE).as_ptr();
        let mut slots = Self {
            memory,
            mask: capacity - 1,
            lanes_in_last: (capacity - 1) % Self::LANES + 1,
            last,
            write_ahead: Self::write_ahead(layout.size()),
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
        let first = self.memory.start.as_ptr();
        if Self::LANES == 1 {
            return self.block_at(first, 0);
        }
        let index = sequence as usize & self.mask;
        let start = first.wrapping_add(index / Self::LANES * Self::STRIDE);
        self.block_at(start, sequence.wrapping_sub((index % Self::LANES) as u64))
    }

    /// Returns the block in which a handle goes on that is at this block now, and then at `sequence`:
    /// this one, also if the sequence is the first after it, or the block of the sequence.
    #[inline]
    pub(crate) fn block_on(&self, block: Block, sequence: u64) -> Block {
        if Self::LANES > 1 && sequence <= block.end { block } else { self.block(sequence) }
    }

    /// Returns the block at `start`, whose first slot has the sequence `first`.
    #[inline]
    fn block_at(&self, start: *mut u8, first: u64) -> Block {
        let before = (first as usize).wrapping_mul(Self::PITCH);
        let origin = start.wrapping_add(Self::FIRST).wrapping_sub(before);
        Block { start, origin, end: first.wrapping_add(self.lanes(start) as u64) }
    }

    /// Moves the writer to the block of its next sequence, and prefetches ahead of it.
    #[inline]
    pub(crate) fn move_writer(&self, block: &mut Block, sequence: u64) {
        let turns = !self.holds(block, sequence);
        if turns {
            self.turn(block);
            self.fetch_stamp_to_write(block.start);
        }
        if turns || Self::EACH {
            self.fetch_to_write(self.slot_in(block, sequence));
        }
    }

    /// Moves a reader to the block of its next sequence, if everything below `available` may be
    /// read, and prefetches ahead of it.
    #[inline]
    pub(crate) fn move_reader(&self, block: &mut Block, sequence: u64, available: u64) {
        let turns = !self.holds(block, sequence);
        if turns {
            self.turn(block);
        }
        if (turns || Self::EACH) && available.saturating_sub(sequence) > Self::FAR as u64 {
            self.fetch_to_read(self.slot_in(block, sequence));
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
        let next = block.start.wrapping_add(Self::STRIDE);
        if next < self.last {
            block.start = next;
            block.origin = block.origin.wrapping_add(Self::STRIDE - Self::LANES * Self::PITCH);
            block.end = block.end.wrapping_add(Self::LANES as u64);
        } else {
            *block = self.turn_around(*block);
        }
    }

    /// Moves to the next block, if that is the last or the first one.
    #[cold]
    #[inline(never)]
    fn turn_around(&self, block: Block) -> Block {
        self.block_at(self.next_start(block.start), block.end)
    }

    /// Returns the start of the block after the one at `start`.
    #[inline]
    pub(super) fn next_start(&self, start: *mut u8) -> *mut u8 {
        if start == self.last {
            self.memory.start.as_ptr()
        } else {
            start.wrapping_add(Self::STRIDE)
        }
    }

    /// Returns how many slots the block at `start` has.
    #[inline]
    pub(super) fn lanes(&self, start: *mut u8) -> usize {
        if Self::LANES > 1 && start == self.last { self.lanes_in_last } else { Self::LANES }
    }

    /// Returns the start of this block, which is that of the sequence.
    #[inline]
    pub(super) fn start(&self, block: &Block, sequence: u64) -> *mut u8 {
        if Self::LANES == 1 {
            let offset = (sequence as usize & self.mask) * Self::STRIDE;
            return self.memory.at(offset).as_ptr();
        }
        debug_assert_eq!(*block, self.block(sequence));
        block.start
    }

    /// Returns the first slot of the block at `start`.
    #[inline]
    pub(super) fn first_slot(&self, start: *mut u8) -> NonNull<T> {
        let slot = start.wrapping_add(Self::FIRST);
        // SAFETY: the first slot of a block is inside the memory.
        unsafe { NonNull::new_unchecked(slot) }.cast()
    }

    /// Returns the slot of a sequence: aligned, inside the memory, and initialized.
    #[inline]
    pub(crate) fn slot(&self, sequence: u64) -> NonNull<T> {
        self.slot_in(&self.block(sequence), sequence)
    }

    /// Returns the slot of a sequence, which must be in this block.
    #[inline]
    pub(crate) fn slot_in(&self, block: &Block, sequence: u64) -> NonNull<T> {
        let slot = if Self::LANES == 1 {
            self.start(block, sequence).wrapping_add(Self::FIRST)
        } else {
            debug_assert_eq!(*block, self.block(sequence));
            block.origin.wrapping_add((sequence as usize).wrapping_mul(Self::PITCH))
        };
        // SAFETY: the sequence is in the block, so the address is inside the memory.
        unsafe { NonNull::new_unchecked(slot) }.cast()
    }

    /// Returns the stamp of this block, which is that of the sequence.
    #[inline]
    fn stamp(&self, block: &Block, sequence: u64) -> &AtomicU64 {
        let start = self.start(block, sequence);
        #[cfg(all(loom, feature = "loom"))]
        return &self.stamps[(start.addr() - self.memory.start.addr().get()) / Self::STRIDE];
        // SAFETY: every block begins with an aligned and initialized stamp, which lives as long as
        // `self`. Once the ring is built, only this function reaches it.
        #[cfg(not(all(loom, feature = "loom")))]
        unsafe {
            &*start.cast()
        }
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

    /// Returns how many slots of the block there are from a sequence on.
    #[inline]
    pub(super) fn run(&self, block: &Block, sequence: u64) -> usize {
        if Self::LANES == 1 { 1 } else { block.end.wrapping_sub(sequence) as usize }
    }
}

impl<T> Storage for Slots<T> {
    type Block = Block;

    const UNIT: u64 = 1;

    #[inline]
    fn block(&self, sequence: u64) -> Block {
        self.block(sequence)
    }

    #[inline]
    fn move_reader(&self, block: &mut Block, sequence: u64, available: u64) {
        self.move_reader(block, sequence, available);
    }

    #[inline]
    fn stamped(&self, block: &Block, sequence: u64) -> u64 {
        self.stamped(block, sequence)
    }

    #[inline]
    fn tells_all(&self, block: &Block, stamped: u64) -> bool {
        self.tells_all(block, stamped)
    }

    #[inline]
    fn fetch_awaited(&self, block: &Block, sequence: u64) {
        self.fetch_awaited(block, sequence);
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

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;
