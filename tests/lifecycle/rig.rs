//! Readers from the oldest event, and a writer that runs until it is stopped.

use std::sync::atomic::{AtomicBool, Ordering};

use broadring::{Reader, Ring, Writer};

use crate::common::{events, publish_next};

/// A reader that starts at the oldest event that is still in the ring.
pub(crate) fn from_oldest(ring: &Ring<u64>) -> Reader<u64> {
    ring.reader().from_oldest().subscribe().unwrap()
}

/// Publishes until `stop` is set, then closes the ring; returns the number of events.
pub(crate) fn publish_until(mut writer: Writer<u64>, stop: &AtomicBool) -> u64 {
    while !stop.load(Ordering::Relaxed) {
        let next = writer.cursor().get();
        if next.is_multiple_of(5) {
            let run = (writer.capacity() as u64 / 2).max(1);
            writer.publish_all(events(next..next + run));
        } else {
            publish_next(&mut writer);
        }
    }
    writer.cursor().get()
}
