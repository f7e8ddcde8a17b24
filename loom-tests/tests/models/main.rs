//! Models of the ring, on the real types. `docs/design.md` says which model
//! covers which ordering.

#![cfg(loom)]

mod asynch;
mod bytes;
mod close;
#[cfg(broadring_controls)]
mod controls;
mod delivery;
mod editors;
mod evict;
mod graph;
mod group;
mod join;
mod leave;
mod merge;
mod observe;
mod panics;
mod sleep;
mod wait_set;

use broadring::{Reader, Ring, Wait, Writer};

/// An event that shows a torn read: its halves are complements of each other. Three of these
/// events share a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Event(u64, u64);

impl Event {
    fn new(number: u64) -> Self {
        Self(number, !number)
    }

    /// Returns the number of a whole event.
    fn number(self) -> u64 {
        assert_eq!(self.1, !self.0, "a torn event");
        self.0
    }
}

/// Builds a ring whose handles yield to loom while they wait.
fn ring(capacity: usize, readers: usize) -> (Writer<Event>, Ring<Event>) {
    ring_that_waits(Wait::YIELD, capacity, readers)
}

fn ring_that_waits(wait: Wait, capacity: usize, readers: usize) -> (Writer<Event>, Ring<Event>) {
    Ring::builder(capacity)
        .max_readers(readers)
        .reader_wait(wait)
        .writer_wait(wait)
        .build(Event::default)
}

/// Publishes the events with these numbers, one by one.
fn publish(writer: &mut Writer<Event>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        writer.publish(Event::new(number));
    }
}

/// Reads `count` events, whose numbers must be their sequences, and returns where it started.
fn read(reader: &mut Reader<Event>, count: usize) -> u64 {
    let start = reader.position().get();
    for sequence in (start..).take(count) {
        let event = reader.recv().expect("the writer publishes enough");
        assert_eq!(event.number(), sequence);
    }
    start
}

/// Reads what is available, without waiting, and returns how many events that was.
fn read_now(reader: &mut Reader<Event>) -> usize {
    match reader.try_batch() {
        Ok(batch) => {
            for (sequence, event) in &batch {
                assert_eq!(event.number(), sequence.get());
            }
            batch.len()
        }
        Err(_) => 0,
    }
}

/// Reads to the end of the stream, and returns where it started and ended.
fn read_to_end(reader: &mut Reader<Event>) -> (u64, u64) {
    let start = reader.position().get();
    reader.run(|event, sequence, _| assert_eq!(event.number(), sequence.get()));
    (start, reader.position().get())
}
