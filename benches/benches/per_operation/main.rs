//! What each operation of broadring costs on one thread, and each clock of
//! broadring-order, for finding out whether a change made one dearer. How fast
//! events go from core to core is not seen here: that is for the
//! `broadring-benches` program.
//!
//! Save what the code before the change does, and compare with that:
//!
//! ```text
//! git switch main
//! cargo bench -p broadring-benches --bench per_operation -- --save-baseline main
//! git switch my-change
//! cargo bench -p broadring-benches --bench per_operation -- --baseline main
//! ```
//!
//! A filter chooses some of them: `--bench per_operation -- --baseline main publish/`.
//! Nothing else should run meanwhile, and `taskset -c 1` in front keeps the thread
//! on one core. Results are of some use from about 3 % on; below that, count
//! instructions instead (`.ci/instructions`).

use std::time::Duration;

use criterion::Criterion;

mod clocks;
mod handles;
mod peers;
mod reading;
mod rig;
mod writing;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    writing::bench::<1>(&mut criterion);
    writing::bench::<8>(&mut criterion);
    writing::bench_with_readers(&mut criterion);
    reading::bench::<1>(&mut criterion);
    reading::bench::<8>(&mut criterion);
    reading::bench_empty(&mut criterion);
    handles::bench(&mut criterion);
    peers::bench::<1>(&mut criterion);
    peers::bench::<8>(&mut criterion);
    clocks::bench(&mut criterion);
    criterion.final_summary();
}
