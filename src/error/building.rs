//! The error of building a ring.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

/// A capacity that no ring can have: it must be a power of two, from 1 up to what
/// memory can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapacityError {
    capacity: usize,
    suggestion: Option<usize>,
}

impl CapacityError {
    pub(crate) fn new(capacity: usize, suggestion: Option<usize>) -> Self {
        Self { capacity, suggestion }
    }

    /// Returns the capacity that was asked for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns the next power of two, if the capacity is not one and a ring can be that large.
    pub fn suggestion(&self) -> Option<usize> {
        self.suggestion
    }
}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capacity = self.capacity;
        match self.suggestion {
            Some(next) => write!(
                f,
                "the capacity of a ring must be a power of two, and {capacity} is not one: try {next}"
            ),
            None => write!(f, "a ring of capacity {capacity} is larger than memory can be"),
        }
    }
}

impl Error for CapacityError {}
