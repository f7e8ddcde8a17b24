//! How to model-check your own code over the ring.
//!
//! The program below is one of yours: it loads a configuration, hands every
//! change of it to the workers through a ring, and counts in an atomic of its own
//! how many workers have applied the latest. Loom runs it in every interleaving,
//! with the real ring inside. For this your package needs
//!
//! ```toml
//! [target.'cfg(loom)'.dependencies]
//! loom = "0.7"
//! broadring = { version = "0.1", features = ["loom"] }
//! ```
//!
//! and your model the command
//! `RUSTFLAGS="--cfg loom" cargo test --release --test user_program`.
//!
//! Keep such a model small: a ring of one or two slots, `max_readers` as low as
//! the model allows, two or three events, two or three threads. Readers and the
//! writer must not spin against each other (see loom on `yield_now`), so let them
//! park, which is what they do unless told otherwise. Timeouts do not exist under
//! loom: what waits for a limited time waits for ever.

#![cfg(loom)]

use broadring::{Reader, Ring};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

/// A setting that is only valid as a whole.
#[derive(Clone, Copy, Default)]
struct Limits {
    low: u32,
    high: u32,
}

/// A worker: follows the limits until there are no more, then reports.
fn work(mut changes: Reader<Limits>, done: &AtomicUsize) -> Limits {
    let mut limits = Limits::default();
    changes.run(|change, _sequence, _end_of_batch| {
        assert!(change.low < change.high, "half of one change, half of another");
        limits = *change;
    });
    done.fetch_add(1, Ordering::Release);
    limits
}

#[test]
fn every_worker_ends_with_the_last_limits() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let (mut writer, ring) = Ring::builder(1).max_readers(2).build(Limits::default);
        let done = Arc::new(AtomicUsize::new(0));
        let workers = [(); 2].map(|()| {
            let changes = ring.subscribe().unwrap();
            let done = Arc::clone(&done);
            thread::spawn(move || work(changes, &done))
        });
        writer.publish(Limits { low: 1, high: 2 });
        drop(writer);
        for worker in workers {
            let limits = worker.join().unwrap();
            assert_eq!((limits.low, limits.high), (1, 2));
        }
        assert_eq!(done.load(Ordering::Acquire), 2);
    });
}
