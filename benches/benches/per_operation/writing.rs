//! What publishing costs.

use std::time::{Duration, Instant};

use broadring_benches::event::event;
use criterion::{BenchmarkId, Criterion};

use crate::rig::{CAPACITY, catch_up, group, ring, sized};

/// Nobody reads: the writer runs free, with a look for readers twice a lap.
pub(crate) fn bench<const WORDS: usize>(criterion: &mut Criterion) {
    one::<WORDS>(criterion);
    several::<WORDS>(criterion);
}

fn one<const WORDS: usize>(criterion: &mut Criterion) {
    let mut group = group(criterion, "publish", 1);
    let (mut writer, ..) = ring::<WORDS>(CAPACITY, 0);
    let mut next = 0;
    group.bench_function(sized::<WORDS>("publish"), |bencher| {
        bencher.iter(|| next = writer.publish(event(next)).get() + 1);
    });
    group.bench_function(sized::<WORDS>("publish_with"), |bencher| {
        bencher.iter(|| next = writer.publish_with(|slot| *slot = event(next)).get() + 1);
    });
    group.bench_function(sized::<WORDS>("try_publish"), |bencher| {
        bencher.iter(|| next = writer.try_publish(event(next)).expect("nobody reads").get() + 1);
    });
    assert_eq!(writer.cursor().get(), next, "every event is published");
    group.finish();
}

fn several<const WORDS: usize>(criterion: &mut Criterion) {
    let (mut writer, ..) = ring::<WORDS>(CAPACITY, 0);
    for len in [16, 128] {
        let mut group = group(criterion, "publish", len);
        let mut next = 0;
        group.bench_function(sized::<WORDS>(&format!("claim {len}")), |bencher| {
            bencher.iter(|| {
                let mut claim = writer.claim(len).expect("the ring is larger");
                for (slot, number) in claim.iter_mut().zip(next..) {
                    *slot = event(number);
                }
                next = claim.publish().end.get();
            });
        });
        group.finish();
    }
    let mut group = group(criterion, "publish", 128);
    let mut next = writer.cursor().get();
    group.bench_function(sized::<WORDS>("publish_all 128"), |bencher| {
        bencher
            .iter(|| next = writer.publish_all((next..next + 128).map(event::<WORDS>)).end.get());
    });
    assert_eq!(writer.cursor().get(), next, "every event is published");
    group.finish();
}

/// More readers cost the writer something only when it looks at them: twice a lap,
/// or each time when the ring is full.
pub(crate) fn bench_with_readers(criterion: &mut Criterion) {
    const READERS: [usize; 3] = [1, 8, 64];
    /// Half a lap, so that there is one look in each.
    const EVENTS: usize = CAPACITY / 2;

    let mut along = group(criterion, "publish with readers", EVENTS);
    for readers in READERS {
        let (mut writer, _ring, mut readers_along) = ring::<1>(CAPACITY, readers);
        along.bench_function(BenchmarkId::new("reading along", readers), |bencher| {
            bencher.iter_custom(|rounds| {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    let start = Instant::now();
                    for number in 0..EVENTS as u64 {
                        writer.publish(event(number));
                    }
                    took += start.elapsed();
                    catch_up(&mut readers_along);
                }
                took
            });
        });
    }
    along.finish();

    let mut full = group(criterion, "publish with readers", 1);
    for readers in READERS {
        let (mut writer, _ring, _stuck) = ring::<1>(CAPACITY, readers);
        writer.publish_all((0..CAPACITY as u64).map(event));
        full.bench_function(BenchmarkId::new("refused", readers), |bencher| {
            bencher.iter(|| assert!(writer.try_publish(event(0)).is_err()));
        });
        full.bench_function(BenchmarkId::new("remaining_capacity", readers), |bencher| {
            bencher.iter(|| assert_eq!(writer.remaining_capacity(), 0));
        });
    }
    full.finish();
}
