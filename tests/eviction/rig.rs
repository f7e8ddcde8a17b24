//! Evictable readers on rings whose writer parks at once, and checks that a reader was evicted or that
//! the ring is full.

use std::time::Duration;

use broadring::{End, Evicted, Reader, Ring, Writer};

use crate::common::{PARK, publish_at_once};

/// Long enough for other threads to do what they do meanwhile; nothing depends on it.
pub(crate) const A_WHILE: Duration = Duration::from_millis(if cfg!(miri) { 2000 } else { 100 });

/// Over as soon as one looks at the clock again a while later.
pub(crate) const BRIEFLY: Duration = Duration::from_millis(2);

/// For ever, but with an end that a clock can hold.
pub(crate) const AN_HOUR: Duration = Duration::from_secs(3600);

/// Adds a reader that may be evicted after that long.
pub(crate) fn evictable(ring: &Ring<u64>, patience: Duration) -> Reader<u64> {
    ring.reader().evict_after(patience).subscribe().unwrap()
}

/// A ring whose writer sleeps at once.
pub(crate) fn ring_that_parks(capacity: usize) -> (Writer<u64>, Ring<u64>) {
    Ring::builder(capacity).writer_wait(PARK).build(|| u64::MAX)
}

/// Publishes until the ring is full.
pub(crate) fn fill(writer: &mut Writer<u64>) {
    while writer.remaining_capacity() > 0 {
        publish_at_once(writer);
    }
}

/// What a reader that was evicted is told.
#[track_caller]
pub(crate) fn eviction(reader: &mut Reader<u64>) -> Evicted {
    match reader.recv() {
        Err(End::Evicted(evicted)) => evicted,
        other => panic!("not evicted: {other:?}"),
    }
}

/// Says that the reader was evicted there, and has missed so many since.
#[track_caller]
pub(crate) fn was_evicted(reader: &mut Reader<u64>, position: u64, missed: u64) {
    let evicted = eviction(reader);
    assert_eq!((evicted.position().get(), evicted.missed()), (position, missed));
    assert_eq!((reader.position().get(), reader.lag()), (position, missed));
}

/// Sees that the ring is full and stays so.
#[track_caller]
pub(crate) fn is_full(writer: &mut Writer<u64>) {
    for _ in 0..3 {
        assert_eq!(writer.try_publish(0).unwrap_err().into_inner(), 0);
    }
    assert!(writer.publish_timeout(0, BRIEFLY).is_err());
    assert!(writer.try_claim(1).unwrap_err().is_full());
}
