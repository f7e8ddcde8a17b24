//! What the tests of consumers share: a store in memory, and a log of numbers.

use core::ops::Range;
use std::collections::HashMap;
use std::convert::Infallible;
use std::path::Path;

use broadring_log::codec::Fixed;
use broadring_log::{Log, Position, Transactional};
use tempfile::TempDir;

/// Appends numbers, in frames of ten.
pub(crate) fn push(log: &mut Log, numbers: Range<u64>) {
    for number in numbers.clone() {
        log.push(&Fixed::new(1), &number).unwrap();
        if number % 10 == 9 {
            log.end_batch().unwrap();
        }
    }
    log.sync().unwrap();
}

/// Copies a directory as it is now: what a process leaves behind that is killed now.
pub(crate) fn copy(directory: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

/// A store in memory. A transaction works on a copy.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    pub(crate) effects: Vec<u64>,
    pub(crate) positions: HashMap<String, Position>,
    pub(crate) commits: u64,
}

pub(crate) struct Transaction<'t> {
    store: &'t mut Memory,
    pub(crate) copy: Memory,
}

impl Transactional for Memory {
    type Transaction<'t> = Transaction<'t>;
    type Error = Infallible;

    fn begin(&mut self) -> Result<Transaction<'_>, Infallible> {
        Ok(Transaction { copy: self.clone(), store: self })
    }

    fn position(
        transaction: &mut Transaction<'_>,
        consumer: &str,
    ) -> Result<Option<Position>, Infallible> {
        Ok(transaction.copy.positions.get(consumer).copied())
    }

    fn commit(
        mut transaction: Transaction<'_>,
        consumer: &str,
        position: Position,
    ) -> Result<(), Infallible> {
        transaction.copy.positions.insert(consumer.to_owned(), position);
        transaction.copy.commits += 1;
        *transaction.store = transaction.copy;
        Ok(())
    }
}
