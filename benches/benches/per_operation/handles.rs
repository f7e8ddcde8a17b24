//! What coming and going costs.

use criterion::Criterion;

use crate::rig::{CAPACITY, group, ring};

/// Readers that join and leave at once, alone and as the last of 64.
pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = group(criterion, "join and leave", 1);
    for others in [1, 63] {
        let (_writer, ring, readers) = ring::<1>(CAPACITY, others);
        group.bench_function(format!("subscribe beside {others}"), |bencher| {
            bencher.iter(|| ring.subscribe().expect("a gate is free"));
        });
        group.bench_function(format!("clone beside {others}"), |bencher| {
            bencher.iter(|| readers[0].clone());
        });
        assert_eq!(ring.reader_count(), others, "all the others have left");
    }
    group.finish();
}
