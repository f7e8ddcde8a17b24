//! After the power was cut, everything that was durable is there, in order, once, and the log goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::{Disk, disk::Faults, setting};
use crate::stream::Stream;

/// One log, which loses its process and its power again and again.
fn round(seed: u64, disk: Disk) {
    let mut stream = Stream::new(disk, seed);
    stream.open();
    for _ in 0..4 {
        let ends = stream.disk.calls() + stream.random.below(120);
        stream.disk.set_faults(Faults { dead_from: Some(ends), ..Faults::default() });
        while stream.is_open() && stream.disk.calls() <= ends {
            if stream.act().is_err() {
                break;
            }
            if stream.random.once_in(8) {
                stream.kill();
                stream.disk.set_faults(Faults { dead_from: Some(ends), ..Faults::default() });
                stream.try_open();
            }
        }
        // What a process has left that dies may never have come to the disk.
        if stream.random.once_in(2) {
            stream.kill();
        } else {
            stream.cut_power();
        }
        // The power may be cut again while what is left is looked at.
        if stream.random.once_in(2) {
            let ends = stream.disk.calls() + stream.random.below(12);
            stream.disk.set_faults(Faults { dead_from: Some(ends), ..Faults::default() });
            stream.try_open();
            stream.cut_power();
        }
        stream.open();
    }
}

#[test]
fn what_was_durable_outlives_any_loss_of_power() {
    for seed in 0..setting("BROADRING_LOG_POWER_CUTS", 250) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| round(seed, Disk::new(seed)))) {
            eprintln!("the seed is {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn a_disk_that_does_not_sync_is_found_out() {
    let finds = |seed| {
        catch_unwind(AssertUnwindSafe(|| round(seed, Disk::new(seed).without_syncing()))).is_err()
    };
    let found = (0..10).filter(|seed| finds(*seed)).count();
    assert!(found > 5, "a loss was found {found} times");
}
