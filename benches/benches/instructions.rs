//! How many instructions the hot paths take, and how many they may: a run fails
//! when one is over its budget. Run it with `.ci/instructions`, which sees to the
//! tools that it needs.
//!
//! Instructions are not time, but they are the same twice, on a machine that is
//! busy with other things too: what makes a path longer is found at once, and by
//! whom. What the cores make of each other's cache lines is not seen here.
//!
//! Every function does its operation 1024 times, on `u64`s, and its budget is for
//! one of them; what was measured stands beside it. The rest of the budget, 3 to
//! 5 %, is for what compilers do differently. These were made with rustc 1.95.0
//! (LLVM 22.1.2) on x86-64: after an update of the compiler, look at what changed,
//! and set them again.

#![expect(missing_docs, reason = "gungraun's macros make public items, and take no docs for them")]

use std::hint::black_box;

use broadring::{Reader, Ring, Wait, Writer};
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, OutputFormat};
use gungraun::{library_benchmark, library_benchmark_group, main};

/// How many operations are counted together.
const OPERATIONS: u64 = 1024;

/// Large enough that what is counted meets the end of an allowance once at most.
const CAPACITY: usize = 8 * OPERATIONS as usize;

/// Allows so many instructions for each operation.
fn at_most(instructions: f64) -> LibraryBenchmarkConfig {
    let limit = (instructions * OPERATIONS as f64) as u64;
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, limit)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

/// A ring, what publishes on it, and what reads.
struct Ends {
    writer: Writer<u64>,
    ring: Ring<u64>,
    readers: Vec<Reader<u64>>,
}

/// A ring that has so many readers and has published so many events, which are
/// still to be read.
fn ends(capacity: usize, readers: usize, unread: u64) -> Ends {
    let builder = Ring::builder(capacity).reader_wait(Wait::SPIN).writer_wait(Wait::SPIN);
    let (mut writer, ring) = builder.build(|| 0);
    let readers = (0..readers).map(|_| ring.subscribe().expect("a gate is free")).collect();
    for number in 0..unread {
        writer.publish(number);
    }
    Ends { writer, ring, readers }
}

/// The writer knows that there is room for a while, and the reader is far behind.
fn room() -> (Writer<u64>, Reader<u64>) {
    let Ends { writer, mut readers, .. } = ends(CAPACITY, 1, 100);
    (writer, readers.remove(0))
}

/// The reader knows that there is something to read for a while.
fn news() -> (Writer<u64>, Reader<u64>) {
    let Ends { writer, mut readers, .. } = ends(CAPACITY, 1, OPERATIONS + 1);
    readers[0].recv().expect("the ring is open");
    (writer, readers.remove(0))
}

/// Nobody has read anything, and there is nothing new.
fn nothing_new() -> (Writer<u64>, Reader<u64>) {
    let Ends { writer, mut readers, .. } = ends(CAPACITY, 1, 0);
    (writer, readers.remove(0))
}

/// The ring is full, and stays so.
fn full(readers: usize) -> Ends {
    let mut ends = ends(16, readers, 16);
    assert!(ends.writer.try_publish(0).is_err());
    ends
}

/// A ring to come to and to leave.
fn nobody() -> Ends {
    ends(16, 0, 10)
}

#[library_benchmark(setup = room)]
#[bench::one(config = at_most(26.5))] // 25.5
fn publish((mut writer, reader): (Writer<u64>, Reader<u64>)) -> (Writer<u64>, Reader<u64>) {
    for number in 0..OPERATIONS {
        writer.publish(number);
    }
    (writer, reader)
}

// Claims, fills and publishes 16 slots at a time.
#[library_benchmark(setup = room)]
#[bench::of_16(config = at_most(16.25))] // 15.7
fn claim((mut writer, reader): (Writer<u64>, Reader<u64>)) -> (Writer<u64>, Reader<u64>) {
    for first in (0..OPERATIONS).step_by(16) {
        let mut claim = writer.claim(16).expect("the ring is larger");
        for (slot, number) in claim.iter_mut().zip(first..) {
            *slot = number;
        }
        claim.publish();
    }
    (writer, reader)
}

#[library_benchmark(setup = room)]
#[bench::of_1024(config = at_most(14.7))] // 14.1
fn publish_all((mut writer, reader): (Writer<u64>, Reader<u64>)) -> (Writer<u64>, Reader<u64>) {
    writer.publish_all(0..OPERATIONS);
    (writer, reader)
}

#[library_benchmark(setup = news)]
#[bench::one(config = at_most(26.25))] // 25.2
fn recv((writer, mut reader): (Writer<u64>, Reader<u64>)) -> (Writer<u64>, Reader<u64>, u64) {
    let mut sum = 0;
    for _ in 0..OPERATIONS {
        sum += reader.recv().expect("the ring is open");
    }
    (writer, reader, sum)
}

// Looks for an event when there is none.
#[library_benchmark(setup = nothing_new)]
#[bench::empty(config = at_most(24.0))] // 23.1
fn try_recv((writer, mut reader): (Writer<u64>, Reader<u64>)) -> (Writer<u64>, Reader<u64>) {
    for _ in 0..OPERATIONS {
        assert!(reader.try_recv().is_err());
    }
    (writer, reader)
}

// Reads and commits 128 events at a time, and looks for none of them.
#[library_benchmark(setup = news)]
#[bench::of_128(config = at_most(8.2))] // 7.9
fn batch_events(
    (writer, mut reader): (Writer<u64>, Reader<u64>),
) -> (Writer<u64>, Reader<u64>, u64) {
    let mut sum = 0;
    for _ in (0..OPERATIONS).step_by(128) {
        let batch = reader.wait_batch_up_to(128).expect("the ring is open");
        sum += batch.events().sum::<u64>();
    }
    (writer, reader, sum)
}

// The same, one event after the other through a closure.
#[library_benchmark(setup = news)]
#[bench::of_128(config = at_most(10.25))] // 9.9
fn batch_for_each(
    (writer, mut reader): (Writer<u64>, Reader<u64>),
) -> (Writer<u64>, Reader<u64>, u64) {
    let mut sum = 0;
    for _ in (0..OPERATIONS).step_by(128) {
        let batch = reader.wait_batch_up_to(128).expect("the ring is open");
        batch.for_each(|event, _| sum += event);
    }
    (writer, reader, sum)
}

// By turns, on one thread: every event asks both sides for a look.
#[library_benchmark(setup = nothing_new)]
#[bench::one(config = at_most(77.0))] // 74.2
fn publish_and_recv(
    (mut writer, mut reader): (Writer<u64>, Reader<u64>),
) -> (Writer<u64>, Reader<u64>) {
    for number in 0..OPERATIONS {
        writer.publish(number);
        assert_eq!(reader.recv(), Ok(number));
    }
    (writer, reader)
}

// Refuses to publish: what the writer pays for a look at every reader.
#[library_benchmark(setup = full)]
#[bench::past_1_reader(args = (1), config = at_most(211.0))] // 203.0
#[bench::past_8_readers(args = (8), config = at_most(291.0))] // 280.0
fn refill(mut ends: Ends) -> Ends {
    for number in 0..OPERATIONS {
        assert!(black_box(ends.writer.try_publish(number)).is_err());
    }
    ends
}

#[library_benchmark(setup = nobody)]
#[bench::and_leave(config = at_most(805.0))] // 775.0
fn subscribe(ends: Ends) -> Ends {
    for _ in 0..OPERATIONS {
        drop(black_box(ends.ring.subscribe()));
    }
    ends
}

library_benchmark_group!(name = writing, benchmarks = [publish, claim, publish_all, refill]);

library_benchmark_group!(
    name = reading,
    benchmarks = [recv, try_recv, batch_events, batch_for_each, subscribe]
);

library_benchmark_group!(name = both, benchmarks = publish_and_recv);

main!(
    config = LibraryBenchmarkConfig::default()
        .output_format(OutputFormat::default().truncate_description(None)),
    library_benchmark_groups = [writing, reading, both]
);
