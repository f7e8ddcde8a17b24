//! One thread that publishes an event and then receives it: what the operations
//! cost when no cache line ever moves.

use std::time::{Duration, Instant};

use crate::cores::{Places, spawn};
use crate::event::Ledger;
use crate::subject::{Mode, Receiver, Sender, Subject};
use crate::throughput::stream::Pace;

/// Returns a closure that does it for about as long as it is told, and returns the
/// nanoseconds that an event took.
pub(super) fn turns<S: Subject, const WORDS: usize>(
    places: Places,
    capacity: usize,
    mode: Mode,
) -> impl FnMut(Duration) -> Vec<f64> {
    let mut pace = Pace::new(capacity as u64, 4);
    move |turn| {
        let rate = pace.take(turn, |count| {
            let place = places.of(0).0;
            let thread = spawn("both", place, move || alone::<S, WORDS>(capacity, mode, count));
            thread.join().expect("the thread ends")
        });
        vec![1e9 / rate]
    }
}

fn alone<S: Subject, const WORDS: usize>(capacity: usize, mode: Mode, count: u64) -> Duration {
    let mut link = S::open::<WORDS>(capacity, 1, mode);
    let receiver = &mut link.receivers[0];
    let mut ledger = Ledger::default();
    let start = Instant::now();
    for number in 0..count {
        link.sender.send(number);
        ledger.see(&receiver.receive());
    }
    let took = start.elapsed();
    ledger.check::<WORDS>(S::NAME, count);
    took
}
