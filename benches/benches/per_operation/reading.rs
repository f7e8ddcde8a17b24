//! What reading costs, with the events in the cache.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use broadring::Reader;
use broadring_benches::event::{Event, event};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};

use crate::rig::{CAPACITY, group, ring, see, sized};

/// The events that are there at each look.
const BATCH: usize = 128;

/// The rings that are read one after the other: so the clock, which costs as much
/// as many events, is asked once for all of them.
const RINGS: usize = 8;

/// Reads 128 events in different ways.
pub(crate) fn bench<const WORDS: usize>(criterion: &mut Criterion) {
    let mut group = group(criterion, "read 128", BATCH * RINGS);
    reads::<WORDS>(&mut group, "events", |reader| {
        let batch = reader.try_batch().expect("the batch is there");
        batch.events().map(see).fold(0, u64::wrapping_add)
    });
    reads::<WORDS>(&mut group, "for_each", |reader| {
        let mut sum = 0_u64;
        let batch = reader.try_batch().expect("the batch is there");
        batch.for_each(|event, _sequence| sum = sum.wrapping_add(see(event)));
        sum
    });
    reads::<WORDS>(&mut group, "run_until", |reader| {
        let mut sum = 0_u64;
        let stopped = reader.run_until(|event, _sequence, end_of_batch| {
            sum = sum.wrapping_add(see(event));
            if end_of_batch { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        stopped.expect("the ring is open");
        sum
    });
    reads::<WORDS>(&mut group, "recv", |reader| {
        let events = (0..BATCH).map(|_| reader.recv().expect("the ring is open"));
        events.map(|event| see(&event)).fold(0, u64::wrapping_add)
    });
    group.finish();
}

/// Measures one way to read a batch and to sum it up.
fn reads<const WORDS: usize>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    way: &str,
    mut read: impl FnMut(&mut Reader<Event<WORDS>>) -> u64,
) {
    let mut rings = [(); RINGS].map(|()| ring::<WORDS>(BATCH, 1));
    let expected = (0..BATCH as u64).map(|number| see(&event::<WORDS>(number))).sum::<u64>();
    group.bench_function(sized::<WORDS>(way), |bencher| {
        bencher.iter_custom(|rounds| {
            let mut took = Duration::ZERO;
            for _ in 0..rounds {
                for (writer, ..) in &mut rings {
                    writer.publish_all((0..BATCH as u64).map(event));
                }
                let start = Instant::now();
                for (.., readers) in &mut rings {
                    assert_eq!(read(&mut readers[0]), expected);
                }
                took += start.elapsed();
            }
            took
        });
    });
}

/// A look when there is nothing new.
pub(crate) fn bench_empty(criterion: &mut Criterion) {
    let mut group = group(criterion, "read nothing", 1);
    let (_writer, _ring, mut readers) = ring::<1>(CAPACITY, 1);
    let reader = &mut readers[0];
    group.bench_function("try_recv", |bencher| {
        bencher.iter(|| assert!(reader.try_recv().is_err()));
    });
    group.bench_function("try_batch", |bencher| {
        bencher.iter(|| assert!(black_box(reader.try_batch()).is_err()));
    });
    group.finish();
}
