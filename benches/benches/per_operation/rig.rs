//! What the benchmarks are made of.

use std::hint::black_box;

use broadring::{Reader, Ring, Wait, Writer};
use broadring_benches::event::Event;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};

/// How many events a ring holds, unless something depends on it.
pub(crate) const CAPACITY: usize = 1024;

/// Makes a ring with so many readers.
pub(crate) fn ring<const WORDS: usize>(
    capacity: usize,
    readers: usize,
) -> (Writer<Event<WORDS>>, Ring<Event<WORDS>>, Vec<Reader<Event<WORDS>>>) {
    let builder = Ring::builder(capacity).reader_wait(Wait::SPIN).writer_wait(Wait::SPIN);
    let (writer, ring) = builder.build(|| [0; WORDS]);
    let readers = (0..readers).map(|_| ring.subscribe().expect("a gate is free")).collect();
    (writer, ring, readers)
}

/// Opens a group of benchmarks that each handle so many events at a time.
pub(crate) fn group<'c>(
    criterion: &'c mut Criterion,
    name: &str,
    events: usize,
) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(events as u64));
    group
}

/// Names a benchmark with events of so many words.
pub(crate) fn sized<const WORDS: usize>(operation: &str) -> BenchmarkId {
    BenchmarkId::new(operation, format!("{} bytes", 8 * WORDS))
}

/// Uses every word of an event.
#[inline]
pub(crate) fn see<const WORDS: usize>(event: &Event<WORDS>) -> u64 {
    event.iter().fold(0, |sum, word| sum.wrapping_add(*word))
}

/// Reads everything that is there.
pub(crate) fn catch_up<const WORDS: usize>(readers: &mut [Reader<Event<WORDS>>]) {
    for reader in readers {
        let batch = reader.try_batch().expect("there is something to read");
        black_box(batch.events().map(see).fold(0, u64::wrapping_add));
    }
}
