//! A digest that shows that all readers saw the same records in the same order.

use std::hash::{DefaultHasher, Hash, Hasher};

use broadring::Sequence;

use crate::record::Record;

/// A digest of records and of the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order(DefaultHasher);

impl Order {
    /// Takes the next record into the digest.
    pub(crate) fn note(&mut self, sequence: Sequence, record: &Record) {
        (sequence, record.number, &record.bytes).hash(&mut self.0);
    }

    /// Returns the digest of all records so far.
    pub(crate) fn digest(&self) -> u64 {
        self.0.finish()
    }
}
