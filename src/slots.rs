//! The storage: every event of the ring, packed into cache lines.
//!
//! A *line* holds a stamp, and behind it as many events as fit: seven `u64`s to
//! a line of 64 bytes, one event of 57 bytes or more to a line of as many bytes
//! as it takes. The stamp is a copy of the cursor, and lies where its reader is
//! going to read anyway, so that an event and the news of it cross from one core
//! to another in a single transfer.
//!
//! Nothing here knows when a slot may be read or written: the callers do.
//! Together with the guards that lend from it (`claim.rs`, `batch.rs`, and the
//! handles beneath them), this is the only unsafe code of the crate.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;
use std::alloc;

use crate::sync::{AtomicU64, ordering};
use crate::watch::Watched;

/// The bytes that cross between cores at once, on nearly every processor.
const CACHE_LINE: usize = 64;

/// The bytes of a stamp.
const STAMP: usize = size_of::<u64>();

/// A ring of slots that always hold a valid `T` each (I6).
pub(crate) struct Slots<T> {
    memory: Memory,
    /// The capacity less one; the capacity is a power of two.
    mask: usize,
    /// Where the last slot ends.
    end: usize,
    /// How many slots, from the first, hold a value: all, once built.
    filled: usize,
    /// Where stamps are kept when they cannot lie in the lines: loom's atomics
    /// are larger than the real ones.
    #[cfg(all(loom, feature = "loom"))]
    stamps: Box<[AtomicU64]>,
    /// What loom watches in place of the slots; nothing otherwise.
    pub(crate) watched: Watched,
    /// Owns `T`s that are changed through shared handles. So the type is
    /// invariant in `T`, or a writer of short-lived references could be made from
    /// one whose readers expect long-lived ones.
    _owns: PhantomData<UnsafeCell<T>>,
}

// SAFETY: the slots are reached from many threads, mutably by the writer alone
// (I1) and by shared reference by the readers (I2), and dropped by whichever
// thread lets go last: that asks for `T: Send + Sync`.
unsafe impl<T: Send + Sync> Send for Slots<T> {}

// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Slots<T> {}

// A panic in the middle of a write leaves a valid event behind (I6).
impl<T: RefUnwindSafe> RefUnwindSafe for Slots<T> {}

impl<T: RefUnwindSafe> UnwindSafe for Slots<T> {}

/// Where the slot of a sequence lies: how many bytes into the memory. One word, so
/// that a handle that keeps its place stores no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(usize);

impl<T> Slots<T> {
    /// Where the first event of a line begins.
    const FIRST: usize = if align_of::<T>() > STAMP { align_of::<T>() } else { STAMP };

    /// The bytes from one event of a line to the next: the size of `T`, if it has any.
    const PITCH: usize =
        if size_of::<T>() > align_of::<T>() { size_of::<T>() } else { align_of::<T>() };

    /// How many events a full line holds.
    const LANES: usize = {
        let lanes = CACHE_LINE.saturating_sub(Self::FIRST) / Self::PITCH;
        if lanes == 0 { 1 } else { lanes }
    };

    /// The bytes of a full line, as far as they are used.
    const USED: usize = Self::FIRST + Self::LANES * Self::PITCH;

    /// The bytes from one line to the next: a cache line, unless one event takes more.
    const STRIDE: usize = Self::USED.next_multiple_of(Self::ALIGN);

    /// The alignment of a line.
    const ALIGN: usize = if align_of::<T>() > CACHE_LINE { align_of::<T>() } else { CACHE_LINE };

    /// The layout of a ring of `capacity` slots, if memory can be that large.
    fn layout(capacity: usize) -> Option<Layout> {
        let bytes = capacity.div_ceil(Self::LANES).checked_mul(Self::STRIDE)?;
        Layout::from_size_align(bytes, Self::ALIGN).ok()
    }

    /// Whether a ring of `capacity` slots can be asked of an allocator at all.
    pub(crate) fn fits(capacity: usize) -> bool {
        Self::layout(capacity).is_some()
    }

    /// Makes `capacity` slots, a power of two, each filled by a call of the
    /// factory. Writes to every line, so that no page fault is left for later.
    ///
    /// # Panics
    ///
    /// If `Self::fits` is false, or the factory panics; what it made is dropped.
    pub(crate) fn new(capacity: usize, mut factory: impl FnMut() -> T) -> Self {
        assert!(capacity.is_power_of_two());
        let layout = Self::layout(capacity).expect("the ring fits into memory");
        let mut slots = Self {
            memory: Memory::new(layout),
            mask: capacity - 1,
            end: 0,
            filled: 0,
            #[cfg(all(loom, feature = "loom"))]
            stamps: (0..capacity.div_ceil(Self::LANES)).map(|_| AtomicU64::new(0)).collect(),
            watched: Watched::new(capacity),
            _owns: PhantomData,
        };
        slots.end = slots.place(capacity as u64 - 1).0 + Self::PITCH;
        for line in 0..capacity.div_ceil(Self::LANES) {
            let stamp = slots.memory.at::<u64>(line * Self::STRIDE);
            // SAFETY: `line` is below the number of lines that the memory was
            // laid out for, each begins with an aligned stamp, and nobody else
            // has the memory yet.
            unsafe { stamp.write(0) };
        }
        for index in 0..capacity {
            let slot = slots.slot(slots.place(index as u64));
            let event = factory();
            // SAFETY: `slot` is that of an index below the capacity, aligned and
            // inside the memory, and nobody else has the memory yet.
            unsafe { slot.write(event) };
            slots.filled = index + 1;
        }
        slots
    }

    pub(crate) fn capacity(&self) -> usize {
        self.mask + 1
    }

    /// Returns where the slot of a sequence is.
    #[inline]
    pub(crate) fn place(&self, sequence: u64) -> Place {
        let index = sequence as usize & self.mask;
        let line = index / Self::LANES * Self::STRIDE;
        Place(line + Self::FIRST + index % Self::LANES * Self::PITCH)
    }

    /// Moves to the place of the next sequence, without a division.
    #[inline]
    pub(crate) fn step(&self, place: &mut Place) {
        let next = place.0 + Self::PITCH;
        place.0 = if next == self.end {
            Self::FIRST
        } else if Self::LANES == 1 || next % CACHE_LINE == Self::USED % CACHE_LINE {
            next + (Self::STRIDE - Self::USED) + Self::FIRST
        } else {
            next
        };
    }

    /// Returns the start of the line of a place.
    #[inline]
    fn line(place: Place) -> usize {
        // More than one event share a line only if the line is a cache line.
        if Self::LANES == 1 { place.0 - Self::FIRST } else { place.0 - place.0 % CACHE_LINE }
    }

    /// Returns how many slots there are from a place to the end of its line.
    #[inline]
    fn lanes_from(&self, place: Place) -> usize {
        if Self::LANES == 1 {
            return 1;
        }
        (self.end.min(Self::line(place) + Self::USED) - place.0) / Self::PITCH
    }

    /// Returns the slot at a place: aligned, inside the memory, and initialised.
    #[inline]
    pub(crate) fn slot(&self, place: Place) -> NonNull<T> {
        self.memory.at(place.0)
    }

    /// Returns the stamp of the line of a place.
    #[inline]
    fn stamp(&self, place: Place) -> &AtomicU64 {
        #[cfg(all(loom, feature = "loom"))]
        return &self.stamps[Self::line(place) / Self::STRIDE];
        #[cfg(not(all(loom, feature = "loom")))]
        {
            let stamp = self.memory.at::<AtomicU64>(Self::line(place));
            // SAFETY: every line begins with an aligned and initialised stamp,
            // which nothing touches but by this function once the ring is built,
            // and the memory lives as long as `self`.
            unsafe { stamp.as_ref() }
        }
    }

    /// Announces, in the line of `place`, that everything below `end` is there.
    #[inline]
    pub(crate) fn set_stamp(&self, place: Place, end: u64) {
        // ORDERING: Release pairs with the Acquire in `stamped`: every slot
        // written below `end`, and the store of the cursor, happen before a
        // reader that sees `end` (I2).
        self.stamp(place).store(end, ordering!("slots.set_stamp", Release));
    }

    /// Returns the latest announcement in the line of `place`. When it is above
    /// the sequence of the place, everything below it may be read.
    #[inline]
    pub(crate) fn stamped(&self, place: Place) -> u64 {
        // ORDERING: Acquire pairs with the Release in `set_stamp` (I2).
        self.stamp(place).load(ordering!("slots.stamped", Acquire))
    }

    /// Returns an iterator over `len` slots from `place` on.
    #[inline]
    pub(crate) fn walk(&self, place: Place, len: usize) -> Walk<'_, T> {
        debug_assert!(len <= self.capacity());
        let run = self.lanes_from(place).min(len);
        let line = Self::line(place);
        Walk { slots: self, slot: self.slot(place), run, line, rest: len - run }
    }
}

impl<T> core::fmt::Debug for Slots<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Slots").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

/// Drops every event, even when the drop of one of them panics: then the rest,
/// and the panic goes on.
impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        struct DropRest<'a, T>(Walk<'a, T>);

        impl<T> DropRest<'_, T> {
            fn drop_all(&mut self) {
                for slot in self.0.by_ref() {
                    // SAFETY: I6; this is the last handle, and the walk passes
                    // every slot once.
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
            DropRest(self.walk(self.place(0), self.filled)).drop_all();
        }
    }
}

/// The slots of a run of sequences, line by line with a running pointer. To lend
/// what they point to is for the guards that hold them.
#[derive(Debug)]
pub(crate) struct Walk<'a, T> {
    slots: &'a Slots<T>,
    slot: NonNull<T>,
    /// The slots still to come in this line.
    run: usize,
    /// The start of this line.
    line: usize,
    /// The slots still to come after this line.
    rest: usize,
}

impl<T> Walk<'_, T> {
    /// Goes on to the next line. There is one: `rest` is not zero.
    #[inline]
    fn turn(&mut self) {
        let next = self.line + Slots::<T>::STRIDE;
        self.line = if next == self.slots.memory.layout.size() { 0 } else { next };
        let place = Place(self.line + Slots::<T>::FIRST);
        self.slot = self.slots.slot(place);
        self.run = self.slots.lanes_from(place).min(self.rest);
        self.rest -= self.run;
    }
}

impl<T> Iterator for Walk<'_, T> {
    type Item = NonNull<T>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<T>> {
        if self.run == 0 {
            if self.rest == 0 {
                return None;
            }
            self.turn();
        }
        self.run -= 1;
        let slot = self.slot;
        // SAFETY: `slot` is in the line that the walk is in, so one slot further
        // is in it or at its end, inside the memory.
        self.slot = unsafe { slot.byte_add(Slots::<T>::PITCH) };
        Some(slot)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.run + self.rest;
        (len, Some(len))
    }

    /// Two plain loops, one inside the other, which compilers like.
    #[inline]
    fn fold<B, F: FnMut(B, NonNull<T>) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = init;
        loop {
            for lane in 0..self.run {
                // SAFETY: `run` slots from `slot` on are in this line.
                folded = f(folded, unsafe { self.slot.byte_add(lane * Slots::<T>::PITCH) });
            }
            if self.rest == 0 {
                return folded;
            }
            self.turn();
        }
    }
}

impl<T> ExactSizeIterator for Walk<'_, T> {}

impl<T> FusedIterator for Walk<'_, T> {}

// SAFETY: a walk gives out addresses only; the guards that hold one lend `&T` or
// `&mut T` with the lifetime and the auto traits that go with it.
unsafe impl<T: Send + Sync> Send for Walk<'_, T> {}

// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Walk<'_, T> {}

/// A block of memory, freed when dropped.
struct Memory {
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

    /// Returns the address `offset` bytes in. Offsets are those of a place or of the
    /// start of a line, and so never more than the size.
    #[inline]
    fn at<U>(&self, offset: usize) -> NonNull<U> {
        debug_assert!(offset <= self.layout.size());
        // SAFETY: `offset` is inside the memory.
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
