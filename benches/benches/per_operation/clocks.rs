//! What reading each clock costs that can stamp events.

use std::time::Instant;

use broadring_order::clock::{Hlc, Lamport, Monotonic, PhysicalClock, SystemClock};
use criterion::Criterion;

use crate::rig::group;

/// Every clock in one group, beside what it reads and what others take for the same. One thread reads,
/// so that what several share is in its cache.
pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = group(criterion, "read a clock", 1);

    group.bench_function("std Instant", |bencher| bencher.iter(Instant::now));
    let counter = quanta::Clock::new();
    group.bench_function("quanta counter", |bencher| bencher.iter(|| counter.raw()));
    let monotonic = Monotonic::new();
    group.bench_function("Monotonic", |bencher| bencher.iter(|| monotonic.now()));

    let lamport = Lamport::new();
    group.bench_function("Lamport", |bencher| bencher.iter(|| lamport.tick()));
    group.bench_function("Lamport observe", |bencher| {
        let remote = lamport.tick();
        bencher.iter(|| lamport.observe(remote).expect("the clock is far from its end"));
    });

    let physical = SystemClock;
    group.bench_function("SystemClock", |bencher| bencher.iter(|| physical.since_epoch()));
    let hlc = Hlc::new();
    group.bench_function("Hlc", |bencher| bencher.iter(|| hlc.tick()));
    group.bench_function("Hlc observe", |bencher| {
        let remote = hlc.tick();
        bencher.iter(|| hlc.observe(remote).expect("the stamp is of the past"));
    });
    let uhlc = uhlc::HLC::default();
    group.bench_function("uhlc", |bencher| bencher.iter(|| uhlc.new_timestamp()));

    group.finish();
}
