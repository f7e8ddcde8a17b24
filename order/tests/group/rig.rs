//! What the tests of groups have in common.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use broadring::{Ring, Writer};
use broadring_order::group::{Change, Group, Member, TryReadError};

/// Rings of the same capacity, whose events are to be their sequences.
pub(crate) fn rings(count: usize, capacity: usize) -> (Vec<Writer<u64>>, Vec<Ring<u64>>) {
    (0..count).map(|_| Ring::builder(capacity).build(|| u64::MAX)).unzip()
}

/// A group of so many partitions.
pub(crate) fn group(partitions: usize, capacity: usize) -> (Vec<Writer<u64>>, Group<u64>) {
    let (writers, rings) = rings(partitions, capacity);
    (writers, Group::new("group", rings).unwrap())
}

/// Calls the member once, when there is nothing to read.
#[track_caller]
pub(crate) fn call(member: &mut Member<u64>) {
    assert_eq!(member.try_batch().map(drop), Err(TryReadError::Empty));
}

/// Reads the next batch: its partition and its events. Commits all of them.
#[track_caller]
pub(crate) fn read(member: &mut Member<u64>) -> (usize, Vec<u64>) {
    let batch = member.try_batch().expect("there is something to read");
    let read = (batch.partition(), batch.events().copied().collect());
    batch.commit().expect("the member owns the partition");
    read
}

/// Reads the next batch and commits nothing.
#[track_caller]
pub(crate) fn peek(member: &mut Member<u64>) -> (usize, Vec<u64>) {
    let batch = member.try_batch().expect("there is something to read");
    (batch.partition(), batch.events().copied().collect())
}

/// Returns the partitions of a member, sorted.
pub(crate) fn partitions(member: &Member<u64>) -> Vec<usize> {
    let mut partitions: Vec<usize> = member.partitions().collect();
    partitions.sort_unstable();
    partitions
}

/// Panics without a message.
pub(crate) fn on_purpose() -> ! {
    resume_unwind(Box::new("on purpose"))
}

/// Calls the closure, which must panic.
#[track_caller]
pub(crate) fn panics<T>(closure: impl FnOnce() -> T) {
    assert!(catch_unwind(AssertUnwindSafe(closure)).is_err(), "no panic");
}

/// A record of changes: "+0@3 a" is that `a` has got partition 0 at position 3, "-" that it was
/// revoked, "!" that it was lost.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    pub(crate) fn write(&self) -> impl Fn(&Change) + Send + Sync + 'static {
        let journal = self.clone();
        move |change| {
            let sign = match change {
                Change::Assigned { .. } => '+',
                Change::Revoked { .. } => '-',
                Change::Lost { .. } => '!',
                _ => unreachable!("there are three kinds"),
            };
            let name = change.member().name().unwrap_or("?");
            let line = format!("{sign}{}@{} {name}", change.partition(), change.position());
            journal.0.lock().unwrap().push(line);
        }
    }

    /// Returns all that was written and not taken.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Returns what was written since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
