//! Walking over the slots of a run of sequences, with a running pointer.

use core::iter::FusedIterator;
use core::ptr::NonNull;

use super::slots::{Block, Slots};

/// An iterator over the slots of a run of sequences, block by block. It gives out addresses; the
/// guards that hold it lend what they point to.
#[derive(Debug)]
pub(crate) struct Walk<'a, T, const WRITES: bool> {
    slots: &'a Slots<T>,
    slot: NonNull<T>,
    /// The end of the slots that are still to come in this block.
    end: NonNull<T>,
    /// The start of this block.
    start: *mut u8,
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
        let run = self.run(&block, sequence).min(len);
        let slot = self.slot_in(&block, sequence);
        let start = self.start(&block, sequence);
        Walk { slots: self, slot, end: after(slot, run), start, rest: len - run }
    }
}

impl<T, const WRITES: bool> Walk<'_, T, WRITES> {
    /// Returns how many of the slots are in the first block.
    #[inline]
    pub(super) fn run(&self) -> usize {
        (self.end.addr().get() - self.slot.addr().get()) / Slots::<T>::PITCH
    }

    /// Moves to the next block. `rest` must not be 0.
    #[inline]
    fn turn(&mut self) {
        self.start = self.slots.next_start(self.start);
        self.slot = self.slots.first_slot(self.start);
        if Slots::<T>::SMALL {
            self.fetch(self.slot, self.rest);
        } else if WRITES {
            self.slots.fetch_stamp_to_write(self.start);
        }
        let run = self.slots.lanes(self.start).min(self.rest);
        self.end = after(self.slot, run);
        self.rest -= run;
    }

    /// Prefetches ahead of a slot, after which `left` slots are to come.
    #[inline]
    fn fetch(&self, slot: NonNull<T>, left: usize) {
        if WRITES {
            self.slots.fetch_to_write(slot);
        } else if left > Slots::<T>::FAR {
            self.slots.fetch_to_read(slot);
        }
    }
}

/// Returns the end of `count` slots of one block, of which `slot` is the first.
#[inline]
fn after<T>(slot: NonNull<T>, count: usize) -> NonNull<T> {
    // SAFETY: the slots, and so their end, are inside the memory.
    unsafe { slot.byte_add(count * Slots::<T>::PITCH) }
}

impl<T, const WRITES: bool> Iterator for Walk<'_, T, WRITES> {
    type Item = NonNull<T>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<T>> {
        if self.slot == self.end {
            if self.rest == 0 {
                return None;
            }
            self.turn();
        }
        let slot = self.slot;
        self.slot = after(slot, 1);
        if !Slots::<T>::SMALL {
            self.fetch(slot, self.run() + self.rest);
        }
        Some(slot)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.run() + self.rest;
        (len, Some(len))
    }

    /// Two plain nested loops, which compile to better code than `next` in a loop.
    #[inline]
    fn fold<B, F: FnMut(B, NonNull<T>) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = init;
        loop {
            while self.slot != self.end {
                let slot = self.slot;
                self.slot = after(slot, 1);
                if !Slots::<T>::SMALL {
                    self.fetch(slot, self.run() + self.rest);
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
