//! A ring with unread events.

use broadring::{Reader, Ring, Writer};

use crate::common::{publish_at_once, ring_of};

/// A ring with that many events published and none read.
pub(crate) fn ring_with(published: u64) -> (Writer<u64>, Reader<u64>, Ring<u64>) {
    let (mut writer, reader, ring) = ring_of(16);
    for _ in 0..published {
        publish_at_once(&mut writer);
    }
    (writer, reader, ring)
}
