//! A ring with an observer, and a check of what a glimpse shows.

use broadring::{Glimpse, Observer, Ring, Writer};

use crate::common::event;

/// A ring of numbers with an observer, and nobody who reads.
pub(crate) fn observed(capacity: usize) -> (Writer<u64>, Observer<u64>, Ring<u64>) {
    let (writer, ring) = Ring::builder(capacity).build(|| u64::MAX);
    let observer = ring.observe().unwrap();
    (writer, observer, ring)
}

/// Sees that a glimpse is made of the events that it says it is, and returns how many it
/// has missed and how many it shows.
#[track_caller]
pub(crate) fn account(glimpse: &Glimpse<'_, u64>) -> (u64, u64) {
    assert!(glimpse.iter().all(|(at, &seen)| seen == event(at.get())), "a torn event");
    assert!(glimpse.events().eq(glimpse.into_iter().map(|(_, event)| event)));
    (glimpse.missed(), glimpse.len() as u64)
}
