//! Walking over the slots of a run of sequences, with a running pointer.

use core::iter::FusedIterator;
use core::ptr::NonNull;

use super::slots::{Block, READ_AHEAD, Slots};

/// An iterator over the slots of a run of sequences, block by block. It gives out addresses; the
/// guards that hold it lend what they point to.
#[derive(Debug)]
pub(crate) struct Walk<'a, T, const WRITES: bool> {
    slots: &'a Slots<T>,
    slot: NonNull<T>,
    /// How many slots are still to come in this block.
    run: usize,
    /// The offset of this block.
    start: usize,
    /// How many slots are still to come after this block.
    rest: usize,
}

impl<T> Slots<T> {
    /// Returns an iterator over `len` slots from `sequence` on, which must be in this block or the
    /// first after it. It prefetches ahead, for writing or for reading.
    #[inline]
    pub(crate) fn walk<const WRITES: bool>(
        &self,
        mut block: Block,
        sequence: u64,
        len: usize,
    ) -> Walk<'_, T, WRITES> {
        debug_assert!(len <= self.capacity());
        if !self.holds(&block, sequence) {
            self.turn(&mut block);
        }
        let left = if Self::LANES == 1 { 1 } else { block.end.wrapping_sub(sequence) as usize };
        let start = self.start(&block, sequence);
        Walk::new(self, start, self.slot_in(&block, sequence), left.min(len), len)
    }
}

impl<'a, T, const WRITES: bool> Walk<'a, T, WRITES> {
    /// A reader prefetches only while more slots than this are still to come. What is not yet
    /// published belongs to the writer, and a reader leaves it alone, but for the end of a cache
    /// line.
    const FAR: usize = READ_AHEAD / Slots::<T>::STRIDE * Slots::<T>::LANES + Slots::<T>::LANES;

    /// Walks over `len` slots. The first is `slot`, in the block at the offset `start`, and
    /// `run` of them are in that block.
    #[inline]
    fn new(slots: &'a Slots<T>, start: usize, slot: NonNull<T>, run: usize, len: usize) -> Self {
        Self { slots, slot, run, start, rest: len - run }
    }

    /// Returns how many of the slots are in the first block.
    #[cfg(test)]
    pub(super) fn run(&self) -> usize {
        self.run
    }

    /// Moves to the next block. `rest` must not be 0.
    #[inline]
    fn turn(&mut self) {
        self.start = self.slots.next_start(self.start);
        self.slot = self.slots.memory.at(self.start + Slots::<T>::FIRST);
        if Slots::<T>::SMALL {
            self.fetch(self.slot, self.rest);
        }
        self.run = self.slots.lanes(self.start).min(self.rest);
        self.rest -= self.run;
    }

    /// Prefetches ahead of a slot, after which `left` slots are to come.
    #[inline]
    fn fetch(&self, slot: NonNull<T>, left: usize) {
        if WRITES {
            self.slots.fetch_to_write(slot);
        } else if left > Self::FAR {
            self.slots.fetch_to_read(slot);
        }
    }
}

impl<T, const WRITES: bool> Iterator for Walk<'_, T, WRITES> {
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
        if !Slots::<T>::SMALL {
            self.fetch(slot, self.run + self.rest);
        }
        // SAFETY: `slot` is in the block that the walk is in, so one slot further is in that block
        // or at its end, inside the memory.
        self.slot = unsafe { slot.byte_add(Slots::<T>::PITCH) };
        Some(slot)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.run + self.rest;
        (len, Some(len))
    }

    /// Two plain nested loops, which compile to better code than `next` in a loop.
    #[inline]
    fn fold<B, F: FnMut(B, NonNull<T>) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = init;
        loop {
            for lane in 0..self.run {
                // SAFETY: `run` slots from `slot` on are in this block.
                let slot = unsafe { self.slot.byte_add(lane * Slots::<T>::PITCH) };
                if !Slots::<T>::SMALL {
                    self.fetch(slot, self.run - lane + self.rest);
                }
                folded = f(folded, slot);
            }
            if self.rest == 0 {
                return folded;
            }
            self.turn();
        }
    }
}

impl<T, const WRITES: bool> ExactSizeIterator for Walk<'_, T, WRITES> {}

impl<T, const WRITES: bool> FusedIterator for Walk<'_, T, WRITES> {}

// SAFETY: a walk only gives out addresses. The guards that hold one lend `&T` or `&mut T`, with the
// lifetimes and auto traits of those.
unsafe impl<T: Send + Sync, const WRITES: bool> Send for Walk<'_, T, WRITES> {}

// SAFETY: as above.
unsafe impl<T: Send + Sync, const WRITES: bool> Sync for Walk<'_, T, WRITES> {}
