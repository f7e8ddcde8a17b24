//! Records whose length and bytes depend on their number.

use broadring::{ByteReader, ByteRing, ByteWriter};

use crate::common::event;

/// The record with this number: from 0 to 40 bytes, now and then more.
pub(crate) fn record(number: u64) -> Vec<u8> {
    let dice = event(number);
    let len = if dice.is_multiple_of(11) { dice / 64 % 100 } else { dice / 64 % 41 };
    (0..len).map(|index| (event(number) >> (index % 7 * 8)) as u8 ^ index as u8).collect()
}

/// A ring with a reader that has joined before anything.
pub(crate) fn ring_of(capacity: usize) -> (ByteWriter, ByteReader, ByteRing) {
    let (writer, ring) = ByteRing::builder(capacity).build();
    let reader = ring.subscribe().expect("the first reader");
    (writer, reader, ring)
}

/// What a reader has seen: which records, in order.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) next: u64,
    pub(crate) at: u64,
}

impl Seen {
    /// Counts a record, which must be the next one, behind the one before.
    #[track_caller]
    pub(crate) fn take(&mut self, position: u64, bytes: &[u8]) {
        assert_eq!(bytes, record(self.next), "record {}", self.next);
        assert!(
            position >= self.at,
            "record {} is at {position}, not behind {}",
            self.next,
            self.at
        );
        assert_eq!(bytes.as_ptr().addr() % 8, 0, "records are aligned");
        self.at = position + 8 + bytes.len() as u64;
        self.next += 1;
    }
}
