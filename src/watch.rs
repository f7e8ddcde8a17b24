//! What lets loom see who borrows which slot.
//!
//! The slots are raw memory, which loom cannot watch. So each has a watched cell
//! beside it when the crate is built for model checking, and a guard that lends
//! slots holds the cells' own guards for as long. Two borrows that exclude each
//! other, or that nothing orders, then fail the model. In every other build all
//! of this is nothing at all.

#![forbid(unsafe_code)]

pub(crate) use imp::{Reading, Watched, Writing};

#[cfg(not(all(loom, feature = "loom")))]
mod imp {
    /// One cell for every slot.
    #[derive(Debug)]
    pub(crate) struct Watched;

    /// A run of slots borrowed for reading.
    #[derive(Debug)]
    pub(crate) struct Reading;

    /// A run of slots borrowed for writing.
    #[derive(Debug)]
    pub(crate) struct Writing;

    impl Watched {
        pub(crate) fn new(_capacity: usize) -> Self {
            Self
        }

        #[inline]
        pub(crate) fn read(&self, _first: u64, _end: u64) -> Reading {
            Reading
        }

        #[inline]
        pub(crate) fn write(&self, _first: u64, _end: u64) -> Writing {
            Writing
        }
    }

    impl Reading {
        /// Ends the borrow of all slots below `sequence`.
        #[inline]
        pub(crate) fn release_below(&mut self, _sequence: u64) {}
    }

    impl Writing {
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
    pub(crate) struct Watched(Box<[UnsafeCell<()>]>);

    pub(crate) struct Reading {
        first: u64,
        borrowed: VecDeque<ConstPtr<()>>,
    }

    pub(crate) struct Writing {
        borrowed: Vec<MutPtr<()>>,
    }

    impl Watched {
        pub(crate) fn new(capacity: usize) -> Self {
            Self((0..capacity).map(|_| UnsafeCell::new(())).collect())
        }

        pub(crate) fn read(&self, first: u64, end: u64) -> Reading {
            Reading { first, borrowed: (first..end).map(|at| self.cell(at).get()).collect() }
        }

        pub(crate) fn write(&self, first: u64, end: u64) -> Writing {
            Writing { borrowed: (first..end).map(|at| self.cell(at).get_mut()).collect() }
        }

        fn cell(&self, sequence: u64) -> &UnsafeCell<()> {
            &self.0[sequence as usize % self.0.len()]
        }
    }

    impl Reading {
        pub(crate) fn release_below(&mut self, sequence: u64) {
            while self.first < sequence && self.borrowed.pop_front().is_some() {
                self.first += 1;
            }
        }
    }

    impl Writing {
        pub(crate) fn release(&mut self) {
            self.borrowed.clear();
        }
    }

    impl fmt::Debug for Reading {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Reading").field("first", &self.first).finish_non_exhaustive()
        }
    }

    impl fmt::Debug for Writing {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Writing").finish_non_exhaustive()
        }
    }
}
