//! What is in a ring, read on a thread of its own.

use std::thread::{self, JoinHandle};

use broadring::{End, Ring};

/// A reader on a thread of its own.
pub(crate) struct Reading<T>(JoinHandle<(Vec<(u64, T)>, End)>);

/// Reads everything that a ring gets from now on.
pub(crate) fn read<T: Clone + Send + Sync + 'static>(ring: &Ring<T>) -> Reading<T> {
    let mut reader = ring.subscribe().unwrap();
    Reading(thread::spawn(move || {
        let mut events = Vec::new();
        let end = reader.run(|event, sequence, _| events.push((sequence.into(), event.clone())));
        (events, end)
    }))
}

impl<T> Reading<T> {
    /// Waits for the end of the ring, and returns what was in it.
    pub(crate) fn events(self) -> Vec<(u64, T)> {
        let (events, end) = self.0.join().unwrap();
        assert_eq!(end, End::Closed);
        events
    }
}

/// What an event says that is this one: no two say the same.
pub(crate) fn event(sequence: u64) -> u64 {
    sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ sequence.rotate_left(17)
}

/// A number that depends on every event, its sequence, and the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest(u64, u64);

impl Digest {
    pub(crate) fn add(&mut self, sequence: u64, event: u64) {
        let mixed = (self.1 ^ event).wrapping_mul(0x1000_0000_01b3).wrapping_add(sequence);
        *self = Self(self.0 + 1, mixed.rotate_left(23));
    }

    /// That of the events from one sequence to another that [say](event) what they are.
    pub(crate) fn of(sequences: std::ops::Range<u64>) -> Self {
        let mut digest = Self::default();
        sequences.for_each(|sequence| digest.add(sequence, event(sequence)));
        digest
    }
}

/// Reads a ring to its end, and returns what came.
pub(crate) fn digest(ring: &Ring<u64>) -> JoinHandle<Digest> {
    let mut reader = ring.subscribe().unwrap();
    thread::spawn(move || {
        let mut digest = Digest::default();
        let end = reader.run(|&event, sequence, _| digest.add(sequence.into(), event));
        assert_eq!(end, End::Closed);
        digest
    })
}
