//! Borrow tracking: lets loom see which thread borrows which slot.
//!
//! The slots are raw memory, which loom cannot watch. So in a build for model checking each slot
//! has one of loom's cells beside it, and a guard that lends slots holds the guards of their cells
//! for as long. Two borrows that exclude each other, or that nothing orders, then fail the model.
//! In every other build these types are empty.

#![forbid(unsafe_code)]

pub(crate) use imp::{BorrowTracker, ReadBorrow, WriteBorrow};

#[cfg(not(all(loom, feature = "loom")))]
mod imp {
    /// A cell for every slot.
    #[derive(Debug)]
    pub(crate) struct BorrowTracker;

    /// A run of slots borrowed for reading.
    #[derive(Debug)]
    pub(crate) struct ReadBorrow;

    /// A run of slots borrowed for writing.
    #[derive(Debug)]
    pub(crate) struct WriteBorrow;

    impl BorrowTracker {
        pub(crate) fn new(_capacity: usize) -> Self {
            Self
        }

        #[inline]
        pub(crate) fn read(&self, _first: u64, _end: u64) -> ReadBorrow {
            ReadBorrow
        }

        #[inline]
        pub(crate) fn write(&self, _first: u64, _end: u64) -> WriteBorrow {
            WriteBorrow
        }
    }

    impl ReadBorrow {
        /// Ends the borrow of all slots below `sequence`.
        #[inline]
        pub(crate) fn release_below(&mut self, _sequence: u64) {}
    }

    impl WriteBorrow {
        /// Ends the borrow.
        #[inline]
        pub(crate) fn release(&mut self) {}
    }
}

#[cfg(all(loom, feature = "loom"))]
mod imp {
    use std::collections::VecDeque;
    use std::fmt;

    use loom::cell::{ConstPtr, MutPtr, UnsafeCell};

    #[derive(Debug)]
    pub(crate) struct BorrowTracker(Box<[UnsafeCell<()>]>);

    pub(crate) struct ReadBorrow {
        first: u64,
        borrowed: VecDeque<ConstPtr<()>>,
    }

    pub(crate) struct WriteBorrow {
        borrowed: Vec<MutPtr<()>>,
    }

    impl BorrowTracker {
        pub(crate) fn new(capacity: usize) -> Self {
            Self((0..capacity).map(|_| UnsafeCell::new(())).collect())
        }

        pub(crate) fn read(&self, first: u64, end: u64) -> ReadBorrow {
            ReadBorrow { first, borrowed: (first..end).map(|at| self.cell(at).get()).collect() }
        }

        pub(crate) fn write(&self, first: u64, end: u64) -> WriteBorrow {
            WriteBorrow { borrowed: (first..end).map(|at| self.cell(at).get_mut()).collect() }
        }

        fn cell(&self, sequence: u64) -> &UnsafeCell<()> {
            &self.0[sequence as usize % self.0.len()]
        }
    }

    impl ReadBorrow {
        pub(crate) fn release_below(&mut self, sequence: u64) {
            while self.first < sequence && self.borrowed.pop_front().is_some() {
                self.first += 1;
            }
        }
    }

    impl WriteBorrow {
        pub(crate) fn release(&mut self) {
            self.borrowed.clear();
        }
    }

    impl fmt::Debug for ReadBorrow {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("ReadBorrow").field("first", &self.first).finish_non_exhaustive()
        }
    }

    impl fmt::Debug for WriteBorrow {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("WriteBorrow").finish_non_exhaustive()
        }
    }
}
